"""An inquiry tells the titles that are held on its day: the subject's own, its village's, its town's."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.db import transaction
from app.models import DesignationAction as Action
from app.models import DesignationKind as Kind
from app.models import DesignationState as State
from app.models import RuleVersion
from scoring import Profile
from tests.app.inquiries.desk import SQLITE_ONLY, TODAY
from tests.district import DAY, GOOD, TOWN, VILLAGE, VILLAGE_OF_OTHER_TOWN
from tests.numbers import resident
from tests.titles import title

AWARDED = (Action.AWARD, State.DESIGNATED, DAY)
LADDER = Path("tests/app/designations/ladder.yaml")
TOMORROW = TODAY + timedelta(days=1)


def kinds(held):
    return [(one["kind"], one["state"], one["since"], one["valid_until"]) for one in held]


def test_the_titles_of_the_subject_its_village_and_its_town_are_told_each_where_it_belongs(desk):
    district = desk.district
    household, neighbour = district.household(GOOD), district.household(GOOD)
    district.household(code=VILLAGE_OF_OTHER_TOWN)
    district.night()
    own = title(district, Kind.CREDIT_HOUSEHOLD, AWARDED, until=TOMORROW, subject_id=household)
    title(district, Kind.CREDIT_VILLAGE, AWARDED, until=TOMORROW, code=VILLAGE_OF_OTHER_TOWN)
    probation = (Action.PUT_ON_PROBATION, State.ON_PROBATION, TODAY)
    title(district, Kind.CREDIT_VILLAGE, AWARDED, probation, until=TOMORROW, code=VILLAGE)
    title(district, Kind.CREDIT_TOWN, AWARDED, until=TOMORROW, code=TOWN)
    given, until = DAY.isoformat(), TOMORROW.isoformat()
    questions = [
        {"id_number": resident(each), "purpose": "pre_loan", "consent_id": desk.consent(each)}
        for each in (household, neighbour)
    ]
    batch = desk.client.post(
        "/v1/inquiry-batches", json={"inquiries": questions}, headers=desk.headers("officer.one")
    )
    mine, its = [one["answer"] for one in batch.json()["inquiries"]]
    assert mine["subject"]["designations"] == [
        {
            "designation_id": own, "kind": "credit_household", "kind_label": "信用户", "rung": "",
            "state": "designated", "state_label": "已授牌", "since": given, "valid_until": until,
        }
    ]  # fmt: skip
    assert its["subject"]["designations"] == []
    for answer in (mine, its):
        assert kinds(answer["village"]["designations"]) == [("credit_village", "on_probation", given, until)]
        assert kinds(answer["town"]["designations"]) == [("credit_town", "designated", given, until)]


@SQLITE_ONLY
def test_a_rung_of_a_ladder_is_called_by_its_own_name(desk):
    household = desk.district.household(GOOD)
    desk.district.night()
    definition = Profile.load(LADDER).definition
    with transaction(desk.district.engine) as session:
        of_villages = select(RuleVersion).where(RuleVersion.kind == "credit_village")
        oldest = session.scalars(of_villages.order_by(RuleVersion.effective_from).limit(1)).one()
        oldest.content, oldest.fingerprint = definition.content, definition.fingerprint
    title(desk.district, Kind.CREDIT_VILLAGE, AWARDED, until=TOMORROW, code=VILLAGE, rung="AA")
    answer = desk.ask(id_number=resident(household), consent_id=desk.consent(household)).json()
    [held] = answer["village"]["designations"]
    assert (held["rung"], held["kind_label"]) == ("AA", "AA级信用村")


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("steps", "until", "held"),
    [
        ([AWARDED], TOMORROW, 1),
        ([AWARDED], TODAY, 0),
        ([(Action.AWARD, State.DESIGNATED, TOMORROW)], TOMORROW, 0),
        ([(Action.POST_NOTICE, State.NOTICED, DAY)], TOMORROW, 0),
        ([AWARDED, (Action.REVOKE, State.REVOKED, TODAY)], TOMORROW, 0),
        ([AWARDED, (Action.REVOKE, State.REVOKED, TOMORROW)], TOMORROW, 1),
    ],
)
def test_a_title_is_told_from_the_day_it_is_given_until_it_ends(desk, steps, until, held):
    household = desk.district.household(GOOD)
    desk.district.night()
    title(desk.district, Kind.CREDIT_HOUSEHOLD, *steps, until=until, subject_id=household)
    answer = desk.ask(id_number=resident(household), consent_id=desk.consent(household)).json()
    assert len(answer["subject"]["designations"]) == held
