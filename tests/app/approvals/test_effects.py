"""A grant puts rules in force and admits a bank; nothing does so before it, or for anything else."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from app import clock
from app.access.recipients import is_admitted
from app.access.service import viewer
from app.approvals import effects, proposals, service
from app.approvals.proposals import Proposal
from app.db import Session, reading, transaction
from app.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.models import Organisation, OrganisationKind, SubjectKind
from app.rules.service import activated_fingerprints, load_rules, profile_in_force, record_rules_in_force
from tests.app.approvals.people import AT, People, people
from tests.district import DAY, OTHER_VILLAGE, POLICIES, VILLAGE, VILLAGE_OF_OTHER_TOWN, district

__all__ = ["district", "people"]

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
OLD, NEW = date(2023, 1, 1), date(2025, 11, 1)
PROFILE = "cq-bishan-2023-coverage"
PIA = "个人信息保护影响评估 2025-11（演示）"
FOLDER = "cq_bishan/coverage"


@pytest.fixture
def newer(people: People, tmp_path: Path) -> Path:
    """A coverage profile that is added to a district that has published a night, and loaded."""
    policies = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    people.district.policies = policies
    people.district.household()
    people.district.night(DAY)
    add_profile(policies, due="2031")
    load(people, policies)
    return policies


def add_profile(policies: Path, *, due: str) -> None:
    text = (policies / FOLDER / f"{OLD}.yaml").read_text("utf-8")
    assert "goal_year: 2023" in text
    text = text.replace(f"effective_from: {OLD}", f"effective_from: {NEW}").replace(
        "goal_year: 2023", f"goal_year: {due}"
    )
    (policies / FOLDER / f"{NEW}.yaml").write_text(text, "utf-8")


def load(people: People, policies: Path) -> None:
    with transaction(people.district.engine) as session:
        load_rules(session, policies, at=clock.now())


def ask(people: People, *, by: str = "maker", pia: str = PIA, day: date = NEW) -> int:
    with transaction(people.district.engine) as session:
        maker = people.viewers[by]
        wanted = proposals.activation(session, PROFILE, effective_from=day, pia=pia, maker=maker, on=DAY)
        return filed(session, people, wanted, by=by)


def filed(session: Session, people: People, wanted: Proposal, *, by: str = "maker") -> int:
    return service.request(
        session, kind=wanted.kind, target=wanted.target, content=wanted.content, reason="演示",
        maker=people.viewers[by], at=AT,
    ).approval_id  # fmt: skip


def decide(people: People, number: int, *, granted: bool = True, by: str = "checker") -> None:
    with transaction(people.district.engine) as session:
        effects.decide(session, number, granted=granted, reason="演示", checker=people.viewers[by], at=AT)


def in_force(people: People) -> date:
    with reading(people.district.engine) as session:
        return profile_in_force(session, "coverage", on=DAY).effective_from


def test_rules_added_to_a_running_district_wait_for_a_second_person(people: People, newer: Path):
    assert in_force(people) == OLD
    number = ask(people)
    assert in_force(people) == OLD
    decide(people, number)
    assert in_force(people) == NEW


@sqlite
def test_the_night_says_which_rules_wait_and_takes_them_once_they_are_granted(people: People, newer: Path):
    held = people.district.night(DAY).rules_held
    assert len(held) == 1
    assert held[0].startswith("新版本 coverage 2025-11-01 尚未经第二人批准，仍用 2023-01-01")
    decide(people, ask(people))
    assert people.district.night(DAY).rules_held == ()


@sqlite
def test_the_summary_of_a_night_says_so_to_the_operator(people: People, newer: Path):
    lines = list(people.district.night(DAY).lines())
    assert any("尚未经第二人批准" in line and "waits for a second person" in line for line in lines)


@sqlite
def test_rules_that_were_refused_stay_out_of_force(people: People, newer: Path):
    decide(people, ask(people), granted=False)
    assert in_force(people) == OLD


@sqlite
def test_the_maker_of_new_rules_cannot_put_them_in_force(people: People, newer: Path):
    number = ask(people)
    with pytest.raises(Forbidden):
        decide(people, number, by="maker")
    assert in_force(people) == OLD


@sqlite
def test_rules_that_were_edited_after_the_request_are_not_put_in_force(people: People, newer: Path):
    number = ask(people)
    add_profile(newer, due="2032")
    load(people, newer)
    with pytest.raises(Conflict, match="carry out exactly that"):
        decide(people, number)
    assert in_force(people) == OLD
    assert people.district.counts()["approval_decisions"] == 0


@sqlite
def test_rules_that_are_edited_after_the_grant_wait_again(people: People, newer: Path):
    decide(people, ask(people))
    add_profile(newer, due="2032")
    load(people, newer)
    assert in_force(people) == OLD


@sqlite
def test_the_rules_an_installation_begins_with_need_no_second_person(people: People):
    with reading(people.district.engine) as session:
        before = activated_fingerprints(session)
        assert record_rules_in_force(session, on=DAY) is not None
    people.district.household()
    people.district.night(DAY)
    with reading(people.district.engine) as session:
        assert activated_fingerprints(session) == before
    with pytest.raises(Conflict, match="activated already"):
        ask(people, day=OLD)


@pytest.mark.parametrize("pia", ["", "   "])
@sqlite
def test_no_rules_are_put_in_force_without_an_assessment_of_their_impact(
    people: People, newer: Path, pia: str
):
    with pytest.raises(Invalid, match="pia"):
        ask(people, pia=pia)


@sqlite
def test_the_rules_of_the_whole_district_are_not_asked_for_by_a_part_of_it(people: People, newer: Path):
    with pytest.raises(Forbidden, match="whole district"):
        ask(people, by="admin_of_town")


@sqlite
def test_rules_nobody_has_loaded_cannot_be_asked_for(people: People):
    with pytest.raises(NotFound, match="credit-village init"):
        ask(people, day=date(2030, 1, 1))


def recipient(people: People, organisation_id: int, *, by: str = "maker") -> int:
    with transaction(people.district.engine) as session:
        wanted = proposals.new_recipient(
            session, organisation_id, document="合作协议（演示）", maker=people.viewers[by]
        )
        return filed(session, people, wanted, by=by)


def admitted(people: People) -> bool:
    with reading(people.district.engine) as session:
        return is_admitted(session.get_one(Organisation, people.bank_id))


def test_a_bank_receives_ratings_once_two_persons_have_admitted_it(people: People):
    assert not admitted(people)
    number = recipient(people, people.bank_id)
    assert not admitted(people)
    decide(people, number)
    assert admitted(people)
    with pytest.raises(Conflict, match="admitted as a recipient already"):
        recipient(people, people.bank_id)


@sqlite
def test_of_two_grants_for_one_bank_the_second_finds_it_admitted(people: People):
    first, second = recipient(people, people.bank_id), recipient(people, people.bank_id)
    decide(people, first)
    with pytest.raises(Conflict):
        decide(people, second, by="third")


@sqlite
def test_only_a_bank_is_admitted_and_only_by_the_district(people: People):
    with pytest.raises(NotFound, match="no bank"):
        recipient(people, people.viewers["maker"].organisation_id)
    with pytest.raises(NotFound, match="no bank"):
        recipient(people, 999)
    with pytest.raises(Forbidden, match="whole district"):
        recipient(people, people.bank_id, by="admin_of_town")


@pytest.mark.parametrize("kind", list(OrganisationKind))
def test_every_organisation_but_a_bank_is_a_recipient_of_itself(kind: OrganisationKind):
    fresh = Organisation(code="x", name="x", kind=kind, admitted_at=None)
    assert is_admitted(fresh) is (kind is not OrganisationKind.BANK)


@pytest.mark.parametrize(
    ("by", "place", "refused"),
    [
        ("clerk", VILLAGE, None),
        ("clerk", OTHER_VILLAGE, None),
        ("clerk", VILLAGE_OF_OTHER_TOWN, NotFound),
        ("clerk", "500119000000", NotFound),
        ("maker", VILLAGE_OF_OTHER_TOWN, None),
    ],
)
@sqlite
def test_an_export_is_asked_for_inside_the_own_division(
    people: People, by: str, place: str, refused: type[AppError] | None
):
    def asked() -> dict[str, Any]:
        with transaction(people.district.engine) as session:
            wanted = proposals.bulk_export(
                session, place, subjects=SubjectKind.HOUSEHOLD, form="csv", maker=people.viewers[by], on=DAY
            )
            return dict(wanted.content)

    if refused is None:
        assert asked()["place_code"] == place
    else:
        with pytest.raises(refused):
            asked()


@sqlite
def test_a_deletion_is_asked_for_inside_the_own_division(people: People):
    subject_id = people.district.household(code=VILLAGE_OF_OTHER_TOWN)
    with transaction(people.district.engine) as session:
        thing = {"ground": "目的已实现", "document": "申请书（演示）"}
        wanted = proposals.erasure(session, subject_id, **thing, maker=people.viewers["maker"])
        assert (wanted.target, wanted.content) == (
            f"subject/{subject_id}", {"subject_id": subject_id, **thing}
        )  # fmt: skip
        with pytest.raises(NotFound):
            proposals.erasure(session, subject_id, **thing, maker=people.viewers["admin_of_town"])


@sqlite
def test_a_bank_that_is_not_admitted_is_told_from_one_that_is(people: People):
    number = recipient(people, people.bank_id)
    with transaction(people.district.engine) as session:
        officer = people.users["officer"]
        session.merge(officer).organisation_id = people.bank_id
        session.flush()
        assert not viewer(session, officer.user_id).admitted
    decide(people, number)
    with reading(people.district.engine) as session:
        assert viewer(session, officer.user_id).admitted
