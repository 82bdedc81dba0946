"""A merged household is stood for by another one, and the undo of a wrong merge leaves no trace."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import AppError, Conflict, Invalid, NotFound
from app.models import Lineage, Place, PlaceKind, Subject, SubjectKind
from app.subjects.lineage import heirs, kin, merge, split, undo_merge
from tests.numbers import resident

DAY, TODAY = date(2026, 5, 1), date(2026, 6, 1)
AT = datetime(2026, 6, 1, 2, tzinfo=UTC)
HOUSEHOLDS = 6
on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def subject(
    session: Session, kind: SubjectKind = SubjectKind.HOUSEHOLD, *, village: str = "500120104200"
) -> int:
    """A new subject of a village; its id."""
    place = session.scalar(select(Place).where(Place.code == village)) or Place(
        code_system="NBS", code=village, name="长隆村", kind=PlaceKind.VILLAGE, valid_from=date(2020, 6, 30)
    )
    session.add(place)
    session.flush()
    made = Subject(kind=kind, place_id=place.place_id, recorded_at=AT, synthetic=True)
    session.add(made)
    session.flush()
    return made.subject_id


def merged(session: Session, from_id: int, into_id: int, **changes: Any) -> Lineage:
    """A merge as an official would enter it."""
    given: dict[str, Any] = {"happened_on": DAY, "document": "", "on": TODAY, "at": AT, "by": "town.daxing"}
    return merge(session, from_id, into_id, **given | changes)


def parted(session: Session, from_id: int, new_id: int) -> Lineage:
    """A split as an official would enter it."""
    return split(session, from_id, new_id, happened_on=DAY, document="", on=TODAY, at=AT, by="town.daxing")


def undone(session: Session, made: Lineage) -> None:
    """The undo of a merge."""
    undo_merge(session, made.lineage_id, document="更正单（演示）", at=AT, by="town.daxing")


def test_a_chain_of_merges_ends_at_the_household_that_still_stands(session):
    first, second, last = (subject(session) for _ in range(3))
    merged(session, first, second)
    merged(session, second, last)
    assert heirs(session, on=TODAY) == {first: last, second: last}


@on_sqlite
@pytest.mark.parametrize(("on", "counts"), [(date(2026, 4, 30), False), (DAY, True)])
def test_a_merge_counts_from_its_day_on(session, on, counts):
    gone, stays = subject(session), subject(session)
    merged(session, gone, stays)
    assert heirs(session, on=on) == ({gone: stays} if counts else {})


def test_the_undo_of_a_wrong_merge_restores_both_households_on_every_day(session):
    gone, stays = subject(session), subject(session)
    undone(session, merged(session, gone, stays))
    assert heirs(session, on=TODAY) == {}
    assert merged(session, stays, gone).to_subject_id == gone


def test_with_the_last_ids_of_an_earlier_moment_the_answer_is_the_one_known_then(session):
    gone, stays, other = (subject(session) for _ in range(3))
    wrong = merged(session, gone, stays)
    undone(session, wrong)
    merged(session, other, stays)
    then = heirs(session, on=TODAY, last_lineage_id=wrong.lineage_id, last_undo_id=0)
    assert (then, heirs(session, on=TODAY)) == ({gone: stays}, {other: stays})


@on_sqlite
def test_ids_of_two_moments_that_make_a_circle_are_refused_and_do_not_hang(session):
    one, two = subject(session), subject(session)
    undone(session, merged(session, one, two))
    merged(session, two, one)
    with pytest.raises(Conflict, match="circle"):
        heirs(session, on=TODAY, last_undo_id=0)


@on_sqlite
def test_a_household_that_is_merged_away_is_neither_merged_again_nor_merged_into(session):
    gone, stays, other = (subject(session) for _ in range(3))
    merged(session, gone, stays)
    for from_id, into_id in ((gone, other), (other, gone), (stays, gone)):
        with pytest.raises(Conflict, match=f"{gone} is merged into {stays}"):
            merged(session, from_id, into_id)


@on_sqlite
def test_households_of_different_villages_are_merged_only_with_a_document(session):
    gone, stays = subject(session), subject(session, village="500120104201")
    with pytest.raises(Invalid, match="different villages"):
        merged(session, gone, stays, document="  ")
    assert merged(session, gone, stays, document="并户证明（演示）").document == "并户证明（演示）"


@on_sqlite
@pytest.mark.parametrize("kind", [SubjectKind.AGRI_ENTITY, SubjectKind.VILLAGE])
def test_only_households_are_merged(session, kind):
    with pytest.raises(Invalid, match="only households"):
        merged(session, subject(session), subject(session, kind))


@on_sqlite
def test_a_household_is_not_merged_with_itself_or_with_nobody(session):
    one = subject(session)
    with pytest.raises(Invalid, match="named twice"):
        merged(session, one, one)
    with pytest.raises(NotFound, match="id 999"):
        merged(session, one, 999)


@on_sqlite
def test_a_merge_does_not_lie_in_the_future(session):
    with pytest.raises(Invalid, match="after today"):
        merged(session, subject(session), subject(session), happened_on=date(2026, 6, 2))


@on_sqlite
def test_the_name_of_a_document_fits_its_column(session):
    with pytest.raises(Invalid, match="255"):
        merged(session, subject(session), subject(session), document="证" * 256)


@on_sqlite
@pytest.mark.parametrize("field", ["document", "by"])
def test_a_merge_and_its_undo_name_nobody_by_a_number(session, field):
    made = merged(session, subject(session), subject(session))
    given = {"document": "更正单", "by": "town.daxing"} | {field: f"户主 {resident(7)}"}
    with pytest.raises(Invalid, match=f"^{field}: 内含居民身份证号"):
        merged(session, subject(session), subject(session), **given)
    with pytest.raises(Invalid, match=f"^{field}: 内含居民身份证号"):
        undo_merge(session, made.lineage_id, at=AT, **given)
    assert heirs(session, on=TODAY) == {made.from_subject_id: made.to_subject_id}


@on_sqlite
def test_a_household_that_was_split_off_stands_for_itself(session):
    origin, new = subject(session), subject(session)
    parted(session, origin, new)
    assert heirs(session, on=TODAY) == {}
    merged(session, new, origin)
    assert heirs(session, on=TODAY) == {new: origin}


def test_a_household_comes_out_of_one_other_and_not_out_of_its_own_offspring(session):
    origin, new, other = (subject(session) for _ in range(3))
    parted(session, origin, new)
    with pytest.raises(Conflict, match="already on file"):
        parted(session, other, new)
    with pytest.raises(Conflict, match="itself came out"):
        parted(session, new, origin)


@on_sqlite
def test_only_a_merge_is_undone_once_and_with_a_document(session):
    one, two, three = (subject(session) for _ in range(3))
    wrong = merged(session, one, two)
    with pytest.raises(Invalid, match="document"):
        undo_merge(session, wrong.lineage_id, document=" ", at=AT, by="town.daxing")
    undone(session, wrong)
    with pytest.raises(Conflict, match="undone already"):
        undone(session, wrong)
    with pytest.raises(NotFound):
        undone(session, parted(session, two, three))


STEP = st.tuples(st.booleans(), st.integers(0, HOUSEHOLDS - 1), st.integers(0, HOUSEHOLDS - 1))


@on_sqlite
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(STEP, max_size=25))
def test_any_sequence_of_merges_and_undos_equals_a_list_of_pointers(session, steps):
    session.rollback()
    ids = [subject(session) for _ in range(HOUSEHOLDS)]
    parent: dict[int, int] = {}
    merges: dict[int, Lineage] = {}
    for is_undo, one, other in steps:
        gone, into = ids[one], ids[other]
        if is_undo and gone in parent:
            undone(session, merges[gone])
            del parent[gone]
        elif not is_undo:
            possible = gone != into and gone not in parent and into not in parent
            try:
                merges[gone] = merged(session, gone, into)
                parent[gone] = into
                assert possible
            except AppError:
                assert not possible
        assert heirs(session, on=TODAY) == {start: _end(start, parent) for start in parent}
        stood_for = {
            one: [one, *(gone for gone in sorted(parent) if _end(gone, parent) == one)] for one in ids
        }
        assert kin(session, ids, on=TODAY) == stood_for
        assert kin(session, ids[:1], on=TODAY) == {ids[0]: stood_for[ids[0]]}


def _end(subject_id: int, parent: dict[int, int]) -> int:
    while subject_id in parent:
        subject_id = parent[subject_id]
    return subject_id
