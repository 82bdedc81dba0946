"""What a card says stands where PMML has a place for it; what PMML cannot carry exactly is refused."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from scoring import CardError, Scorecard
from scoring.exchange.pmml_write import write_pmml

CHINESE = (Path(__file__).resolve().parent / "chinese_card.yaml").read_text(encoding="utf-8")
PMML = {"": "http://www.dmg.org/PMML-4_4"}


def written(text=CHINESE):
    return ElementTree.fromstring(write_pmml(Scorecard.parse(text).definition))


def test_a_characteristic_has_its_maximum_as_baseline_and_a_reason_only_where_points_are_lost():
    table = written().find(".//Characteristic[@name='age']", PMML)
    assert table.get("baselineScore") == "25"
    found = [(one.get("partialScore"), one.get("reasonCode")) for one in table.findall("Attribute", PMML)]
    assert found == [
        ("5", "R4"), ("4", "R2"), ("30", "NO_REASON"), ("-9", "R2"), ("25", "NO_REASON"), ("12", "R2"),
    ]  # fmt: skip


def test_an_edge_is_written_as_the_card_writes_it():
    table = written().find(".//Characteristic[@name='age']", PMML)
    asked = [(one.get("operator"), one.get("value")) for one in table.iter(f"{{{PMML['']}}}SimplePredicate")]
    assert asked == [
        ("isMissing", None), ("equal", "-8.0"), ("equal", "-9.0"), ("equal", "999.0"),
        ("lessThan", "26.0"), ("greaterOrEqual", "26.0"), ("lessOrEqual", "60.1"), ("greaterThan", "60.1"),
    ]  # fmt: skip


def test_the_dictionary_says_what_is_valid_and_everything_else_counts_as_missing():
    root = written()
    housing = root.find(".//DataField[@name='housing']", PMML)
    assert [one.get("value") for one in housing.findall("Value", PMML)] == ['"借"住', "a\\b", "租 住", "自有"]
    ranges = root.findall(".//DataField[@name='age']/Interval", PMML)
    assert [(one.get("leftMargin"), one.get("rightMargin")) for one in ranges] == [
        ("18.0", "100.0"), ("-9.0", "-9.0"), ("-8.0", "-8.0"), ("999.0", "999.0"),
    ]  # fmt: skip
    treated = {one.get("invalidValueTreatment") for one in root.findall(".//MiningField", PMML)}
    assert treated == {"asMissing"}


def test_an_input_that_refuses_what_is_invalid_does_so_in_pmml():
    text = CHINESE.replace("name: years, label", "name: years, invalid: refuse, label")
    field = written(text).find(".//MiningField[@name='years']", PMML)
    assert field.get("invalidValueTreatment") == "returnInvalid"


TWICE = "{name: twice, label: {zh: 倍, en: t}, unit: 分, operation: product, of: [years_share, age]}"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("zh: 演示数据（合成）：中文类别", 'zh: "演\\x01示"', "the character '\\x01' cannot be written"),
        ("years", "total", "total: the PMML document has a result of this name"),
        ("R5", "NO_REASON", "reason NO_REASON: stands for 'no reason'"),
        ("maximum: 80", "maximum: 1.0e+99", "years: computing with values beyond 1e+60"),
        (
            "years, age]",
            f"years, age]\n    endless: 1\n  - {TWICE}",
            "twice: product reads the endless value",
        ),
    ],
)
def test_what_pmml_cannot_carry_exactly_is_refused(old, new, message):
    assert old in CHINESE
    with pytest.raises(CardError, match=re.escape(message)):
        write_pmml(Scorecard.parse(CHINESE.replace(old, new)).definition)
