"""`card compare` says who moves and which villages gain or lose, over a file or over the district."""

from pathlib import Path

import pytest

from app.errors import Invalid
from app.jobs.cards import load_card
from app.jobs.compare import VillageRule, compare_cards, coverage_rule, village_rule
from app.jobs.population import from_district, from_file
from app.models import EntityStatus, EntityType
from tests.district import DAY, DISTRICT, GOOD, VILLAGE_OF_OTHER_TOWN

HOUSEHOLD = "scoring/policies/cq_bishan/household/2023-01-01.yaml"
ENTITY = "scoring/policies/cq_bishan/agri_entity/2023-01-01.yaml"
RULE = VillageRule("A", 0.6)
PLAIN = {
    "annual_net_income_fen": 8_000_000, "household_size": 4, "labourer_count": 2, "debt_fen": 0,
    "annual_income_fen": 12_000_000, "guarantee_fen": 0, "income_source_count": 2, "income_source_years": 5,
    "operated_land_mu": 12, "credit_relation_years": 6, "confirmed_right_count": 1,
}  # fmt: skip


@pytest.fixture
def stricter(tmp_path):
    """The household card with a cut that takes more points for an A."""
    text = Path(HOUSEHOLD).read_text(encoding="utf-8").replace("minimum: 60", "minimum: 70")
    file = tmp_path / "2027-01-01.yaml"
    file.write_text(
        text.replace("effective_from: 2023-01-01", "effective_from: 2027-01-01"), encoding="utf-8"
    )
    return str(file)


def population_file(tmp_path, rows):
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [",".join(names), *(",".join(str(row.get(name, "")) for name in names) for row in rows)]
    file = tmp_path / "people.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


def test_a_file_is_compared_by_its_groups(tmp_path, stricter):
    rows = [PLAIN | {"town": "大兴镇", "village": "甲村", "sex": "女", "age": 29 + n} for n in range(3)]
    file = population_file(tmp_path, rows)
    found = compare_cards(HOUSEHOLD, stricter, [from_file(file, load_card(HOUSEHOLD))], rule=RULE)
    assert (found.comparison.up, found.comparison.down) == (0, 3)
    bands = {one.group: one.count for one in found.comparison.groups["age_band"]}
    assert bands == {"不满30岁": 1, "30–44岁": 2}
    assert [(one.village, one.before, one.after, one.loses) for one in found.villages] == [
        ("大兴镇甲村", 3, 0, True)
    ]
    told = "\n".join(found.lines())
    assert "| A | 0 | 0 | 0 | 3 | 0 |" in told
    assert "villages that lose: 1" in told


def test_a_file_without_groups_is_compared_as_a_whole(tmp_path, stricter):
    file = population_file(tmp_path, [PLAIN])
    found = compare_cards(HOUSEHOLD, stricter, [from_file(file, load_card(HOUSEHOLD))], rule=RULE)
    assert (found.comparison.down, found.comparison.groups, found.villages) == (1, {}, ())


def part_of(district, card):
    return list(
        from_district(
            district.engine,
            district.cipher,
            load_card(card),
            policy_folder=district.policies,
            district_code=DISTRICT,
            files=coverage_rule(district.policies, on=DAY),
            as_of=DAY,
        )
    )


def test_the_district_is_compared_by_town_sex_and_age(district, stricter):
    for _ in range(3):
        district.household(PLAIN)
    district.household(GOOD, code=VILLAGE_OF_OTHER_TOWN)
    found = compare_cards(HOUSEHOLD, stricter, part_of(district, HOUSEHOLD), rule=RULE)
    assert (found.comparison.up, found.comparison.down) == (0, 3)
    assert sum(one.count for one in found.comparison.groups["sex"]) == 4
    # Everybody in the test district is born in 1970.
    assert [one.group for one in found.comparison.groups["age_band"]] == ["45–59岁"]
    assert sorted(one.count for one in found.comparison.groups["town"]) == [1, 3]
    assert len(found.villages) == 2


def test_entities_are_compared_type_by_type(district):
    district.entity()
    district.entity(kind=EntityType.COOPERATIVE)
    district.entity(status=EntityStatus.SUSPENDED)
    found = compare_cards(ENTITY, ENTITY, part_of(district, ENTITY), rule=RULE)
    assert {one.group: one.count for one in found.comparison.groups["kind"]} == {
        "家庭农场": 1,
        "农民合作社": 1,
    }
    assert found.comparison.matrix.sum() == 2


def test_an_empty_population_is_refused():
    with pytest.raises(Invalid, match="the population is empty"):
        compare_cards(HOUSEHOLD, HOUSEHOLD, [], rule=RULE)


def test_the_shipped_profile_names_the_share():
    assert village_rule(Path("scoring/policies"), on=DAY) == RULE
