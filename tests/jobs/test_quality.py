"""What a town office has to ask for: counted by fact and source, with what sources disagree about."""

from datetime import date, timedelta

import pytest

from app.corrections.service import Act, correct
from app.db import reading, transaction
from app.jobs.quality import as_table, data_quality, facts_asked_for
from app.models import SubjectKind
from app.places.service import place_by_code
from tests.app.corrections.test_service import number_of
from tests.district import COMMUNITY, DAY, DISTRICT, GOOD, TOWN, VILLAGE, morning


def reports(district, code: str = VILLAGE, *, on: date = DAY):
    """The quality of the data of a place."""
    with reading(district.engine) as session:
        names = facts_asked_for(session, district.policies, on=on)
        return data_quality(district.engine, session, place_by_code(session, code, on=on), on=on, names=names)


def counts(district, name: str, *, kind: SubjectKind = SubjectKind.HOUSEHOLD, on: date = DAY):
    """Subjects, known, fresh, conflicts and implausible of one fact of the village."""
    [report] = reports(district, on=on)
    one = next(one for one in report.facts if (one.fact.subject_kind, one.fact.name) == (kind, name))
    return (
        one.subject_count, one.known_count, one.fresh_count, one.conflict_count, one.implausible_count
    )  # fmt: skip


@pytest.mark.parametrize(("age", "fresh"), [(364, 1), (365, 0)])
def test_a_value_is_known_for_ever_and_fresh_for_its_months(district, age, fresh):
    district.household({})
    district.household({"household_size": 3}, on=DAY - timedelta(days=age))
    assert counts(district, "household_size") == (2, 1, fresh, 0, 0)


@pytest.mark.parametrize(("other", "conflicts"), [(95.0, 0), (94.9, 1)])
def test_two_sources_disagree_beyond_the_tolerance_of_the_domain(district, other, conflicts):
    household = district.household({"operated_land_mu": 100})
    district.observe(household, {"operated_land_mu": other}, source="land_right")
    assert counts(district, "operated_land_mu") == (1, 1, 1, conflicts, 0)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_source_that_said_something_else_before_or_that_was_corrected_is_no_conflict(district):
    household = district.household({"household_size": 3}, on=DAY - timedelta(days=9))
    district.observe(household, {"household_size": 4})
    assert counts(district, "household_size") == (1, 1, 1, 0, 0)
    district.observe(household, {"household_size": 9}, source="village_appraisal")
    assert counts(district, "household_size") == (1, 1, 1, 1, 0)
    wrong = number_of(district, household, "household_size")
    with transaction(district.engine) as session:
        correct(session, wrong, value=None, reason="错", act=Act(DAY, morning(DAY), "test", "文件"))
    assert counts(district, "household_size") == (1, 1, 1, 0, 0)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_more_labourers_than_persons_are_implausible(district):
    district.household({"household_size": 2, "labourer_count": 3})
    district.household({"household_size": 3, "labourer_count": 3})
    assert counts(district, "labourer_count") == (2, 2, 2, 0, 1)


def test_a_town_reads_what_it_has_to_ask_for_first_what_a_valid_file_needs(district):
    for number in range(3):
        district.household(GOOD if number else {"appraisal_score": 80})
    district.household({}, code=COMMUNITY)
    [report] = reports(district, TOWN)
    lines = list(report.lines())
    assert any("1 户没有 12 个月以内的“家庭年收入”记录" in line for line in lines[1:9])
    assert all("逾期" not in line for line in lines)
    assert "来源 镇街采集：" in lines[-1]
    first = report.work_list()[0]
    assert (first.is_mandatory, first.to_ask_count) == (True, 1)
    names = [part.place for part in reports(district, DISTRICT)]
    assert report.place in names
    assert len(names) > 1
    table = as_table([report])
    assert {len(column) for column in table.values()} == {len(report.facts)}
