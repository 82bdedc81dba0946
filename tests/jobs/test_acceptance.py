"""The cases a district asks about first, each by its letter: refusal, expiry, forbidden facts, rosters."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from app.coverage.service import By, coverage
from app.db import reading, transaction
from app.errors import Invalid
from app.jobs.trace import trace
from app.models import (
    Consent,
    ConsentChannel,
    ConsentKind,
    EntityType,
    Place,
    PlaceKind,
    PlaceMeasure,
    PlaceStatus,
    Rating,
    UnratedReason,
)
from app.ratings.service import current_rating
from app.records.catalogue import read_catalogue
from app.records.exclusions import years_after
from app.settings import ROOT
from tests.district import COMMUNITY, DAY, DISTRICT, GOOD, VILLAGE, District, morning
from tests.numbers import credit_code

LISTED = {"judgment_defaulter": 1.0}
COURT = "judgment_defaulters"


def rating(district: District, subject_id: int) -> Rating:
    """The rating of a subject that holds now."""
    with reading(district.engine) as session:
        found = current_rating(session, subject_id)
    assert found is not None
    return found


def say(district: District, subject_id: int, *, agreed: bool, on: date = DAY) -> None:
    """What a household says about being rated."""
    with transaction(district.engine) as session:
        session.add(
            Consent(
                subject_id=subject_id, kind=ConsentKind.RATING, agreed=agreed, facts=[], reference="评级 1",
                effective_from=on, channel=ConsentChannel.PAPER, evidence="原件", recorded_at=morning(on),
                recorded_by="test",
            )
        )  # fmt: skip


def measure(district: District, code: str, name: str) -> tuple[float | None, float | None]:
    """Numerator and denominator of a measure of a place as it holds now."""
    found = (
        select(PlaceMeasure.numerator, PlaceMeasure.denominator)
        .join(PlaceStatus, PlaceStatus.place_status_id == PlaceMeasure.place_status_id)
        .where(PlaceStatus.place_id == district.place_id(code), PlaceMeasure.name == name)
        .order_by(PlaceStatus.run_id.desc())
    )
    with reading(district.engine) as session:
        row = session.execute(found).first()
    assert row is not None
    return row[0], row[1]


def test_d_a_household_that_refuses_consent_stays_in_the_denominator_and_is_not_rated(district):
    willing, unwilling = district.household(), district.household()
    district.village({"registered_household_count": 2})
    say(district, unwilling, agreed=False)
    district.night()
    assert rating(district, willing).score is not None
    refused = rating(district, unwilling)
    assert (refused.grade, refused.score, refused.unrated_reason) == ("N", None, UnratedReason.NO_CONSENT)
    assert measure(district, VILLAGE, "file_coverage") == (1, 2)
    with reading(district.engine) as session:
        assert trace(session, refused.rating_id).lines[0].records == ()
    say(district, unwilling, agreed=True, on=DAY + timedelta(days=1))
    district.night(DAY + timedelta(days=1))
    assert rating(district, unwilling).score == rating(district, willing).score


@pytest.mark.parametrize(("days", "grade"), [(0, "B"), (1, "AAA")])
def test_e_an_adverse_item_is_gone_five_years_and_a_day_after_its_end_and_the_grade_follows(
    district, days, grade
):
    ended = date(DAY.year - 5, DAY.month, DAY.day)
    household = district.household(GOOD)
    district.observe(household, LISTED, on=ended - timedelta(days=90), ended_on=ended, source=COURT)
    assert years_after(ended, 5) == DAY
    night = DAY + timedelta(days=days)
    district.night(night)
    found = rating(district, household)
    assert found.grade == grade
    with reading(district.engine) as session:
        records = trace(session, found.rating_id).told.record_ids
    assert ("judgment_defaulter" in records) == (days == 0)


@pytest.mark.parametrize("word", ["宗教信仰", "既往病史", "血型", "指纹编号", "基因检测结果"])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_i_a_forbidden_fact_cannot_be_created(district, tmp_path, word):
    listed = (ROOT / "seed_data" / "facts.yaml").read_text(encoding="utf-8")
    written = listed.replace("zh: 家庭人口数", f"zh: {word}")
    assert written != listed
    (tmp_path / "facts.yaml").write_text(written, encoding="utf-8")
    with pytest.raises(Invalid, match="征信业管理条例 第十四条第一款: this may not be collected"):
        read_catalogue(tmp_path / "facts.yaml")


def test_j_a_roster_that_changes_after_the_snapshot_leaves_the_coverage_of_that_day_as_it_was(district):
    one, other = district.entity(), district.entity()
    farm = EntityType.FAMILY_FARM
    district.roster([(credit_code(one), farm, VILLAGE, None)])
    district.night()
    later = DAY + timedelta(days=31)
    stranger = credit_code(9_000_000)
    district.roster(
        [(credit_code(one), farm, VILLAGE, None), (credit_code(other), farm, VILLAGE, None),
         (stranger, farm, VILLAGE, None)],
        as_of=later,
    )  # fmt: skip
    district.night(later)
    with reading(district.engine) as session:
        then = coverage(session, DISTRICT, on=DAY, by=By.TYPE).total
        now = coverage(session, DISTRICT, on=later, by=By.TYPE).total
    assert (then.roster_count, then.on_file_count) == (1, 1)
    assert (now.roster_count, now.on_file_count) == (3, 2)


def test_k_a_village_converted_to_a_community_mid_year_hands_over_its_households_and_holds_no_title(district):
    household = district.household(code=VILLAGE)
    district.village({"registered_household_count": 1}, code=VILLAGE)
    district.night()
    assert measure(district, VILLAGE, "file_coverage") == (1, 1)
    later = DAY + timedelta(days=1)
    heir = district.place_id(COMMUNITY)
    with transaction(district.engine) as session:
        session.execute(update(Place).where(Place.code == VILLAGE).values(valid_to=later, successor_id=heir))
    district.night(later)
    assert rating(district, household).grade == "AAA"
    archived, _ = measure(district, COMMUNITY, "credit_household_share")
    assert archived == 1
    with reading(district.engine) as session:
        status = session.scalars(
            select(PlaceStatus).where(PlaceStatus.place_id == heir).order_by(PlaceStatus.run_id.desc())
        ).first()
        kind = session.get_one(Place, heir).kind
    assert status is not None
    assert (kind, status.state.value) == (PlaceKind.COMMUNITY, "not_applicable")
