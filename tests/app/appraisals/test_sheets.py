"""The sheet of one appraiser: sealed while it is filled in, whole and final once it is handed in."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.appraisals import service
from app.appraisals.appraisal import Mark
from app.errors import Conflict, Invalid, PreconditionFailed
from app.models import Appraiser
from tests.app.appraisals.village import CLOSES, OPENS, Village, mark, village
from tests.district import district, morning
from tests.office_steps import transaction

__all__ = ["district", "village"]

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@sqlite
def test_a_submitted_sheet_is_final_and_its_hash_is_that_of_what_it_says(village: Village):
    village.settled(2)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1", "appraiser.2")
    one = village.submitted(round_id, "appraiser.1", [mark(1), mark(2, None)])
    with pytest.raises(Conflict, match="final"):
        village.saved(round_id, "appraiser.1", [mark(1)])
    assert one.sheet is not None
    assert len(one.sheet.fingerprint) == 64
    other = village.submitted(round_id, "appraiser.2", [mark(2, None), mark(1)])
    assert other.sheet is not None
    assert one.sheet.fingerprint != other.sheet.fingerprint
    assert village.district.counts()["appraisal_drafts"] == 0


def test_nothing_of_a_draft_can_be_read_in_the_database(village: Village):
    village.settled(1)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1")
    village.saved(round_id, "appraiser.1", [mark(1, 4)])
    kept = str(village.district.rows()["appraisal_drafts"])
    assert "P01" not in kept
    assert "repayment_will" not in kept
    names = str(village.district.rows(Appraiser)["appraisers"])
    assert "评议员" not in names


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([mark(3)], "not on this sheet"),
        ([mark(1), mark(1)], "twice"),
        ([replace(mark(1), answers={"repayment_will": "Z"})], "write one of"),
        ([replace(mark(1), answers={"health": "A"})], "no such item"),
        ([replace(mark(1), reasons=("P77",))], "write each code once"),
        ([replace(mark(1), suggested_limit_fen=30_000_001)], "0 to 300000 yuan"),
        ([replace(mark(1, None), reasons=("P01",))], "leave the rest empty"),
    ],
)
@sqlite
def test_what_is_no_answer_of_the_form_is_not_even_saved(village: Village, wrong: Sequence[Mark], words: str):
    village.settled(2)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1")
    with pytest.raises(Invalid, match=words):
        village.saved(round_id, "appraiser.1", wrong)


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ([mark(1)], "`knows` is missing"),
        ([mark(1), replace(mark(2), answers={})], "not answered"),
        ([mark(1), replace(mark(2, 46), reasons=())], "takes a reason"),
    ],
)
@sqlite
def test_a_sheet_is_saved_in_part_and_submitted_whole(village: Village, marks: Sequence[Mark], words: str):
    village.settled(2)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1")
    assert village.saved(round_id, "appraiser.1", marks).marks == [*marks]
    with pytest.raises(Invalid, match=words):
        village.submitted(round_id, "appraiser.1", marks)
    assert village.district.counts()["appraisal_sheets"] == 0


@sqlite
def test_before_the_first_day_nothing_is_filled_in_nor_closed(village: Village):
    village.settled(1)
    round_id = village.opened(opens=OPENS + timedelta(days=2))
    village.invited(round_id, "appraiser.1")
    with pytest.raises(Conflict, match="begins on"):
        village.saved(round_id, "appraiser.1", [mark(1)])
    with pytest.raises(Conflict, match="begins on"):
        village.closed(round_id, on=OPENS)


def hand_in(village: Village, round_id: int, *, revision: int, on: date = OPENS) -> None:
    """Hand in the sheet of the first appraiser as it was saved at a revision."""
    with transaction(village.district.engine) as session:
        service.submit_sheet(
            session, village.district.cipher, round_id, revision=revision,
            viewer=village.viewers["appraiser.1"], at=morning(on),
        )  # fmt: skip


@sqlite
def test_a_closed_round_takes_no_sheet_online_or_on_paper(village: Village):
    village.settled(1)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1", "王")
    revision = village.saved(round_id, "appraiser.1", [mark(1)]).revision
    village.closed(round_id)
    with pytest.raises(Conflict, match="closed"):
        hand_in(village, round_id, revision=revision, on=CLOSES)
    with pytest.raises(Conflict, match="closed"):
        village.handed_in(round_id, 2, [mark(1)], on=CLOSES)
    with pytest.raises(Conflict, match="closed"):
        village.awaited(round_id, 2, on=CLOSES)
    assert village.district.counts()["appraisal_sheets"] == 0


@sqlite
def test_a_sheet_that_was_saved_elsewhere_meanwhile_is_not_handed_in(village: Village):
    village.settled(1)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1")
    read = village.saved(round_id, "appraiser.1", [mark(1, 46)]).revision
    village.saved(round_id, "appraiser.1", [mark(1, 100)])
    with pytest.raises(PreconditionFailed, match="saved elsewhere"):
        hand_in(village, round_id, revision=read)
    assert village.district.counts()["appraisal_sheets"] == 0


@sqlite
def test_paper_is_taken_once_of_an_appraiser_without_an_account(village: Village):
    village.settled(1)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1", "王")
    for number, told in ((1, "has an account"), (2, "final")):
        if number == 2:
            village.awaited(round_id, number)
            village.handed_in(round_id, number, [mark(1)])
        with pytest.raises(Conflict, match=told):
            village.awaited(round_id, number)
        with pytest.raises(Conflict, match=told):
            village.handed_in(round_id, number, [mark(1)], sha256="b" * 64)
    assert village.district.counts()["appraisal_sheets"] == 1
