"""A mapping says what a form means; a wrong one is refused with the place and the mending."""

from pathlib import Path

import pytest

from app.errors import Invalid, NotFound
from app.jobs.sources import mapping_by_code, mapping_lines, read_mappings
from app.records.catalogue import read_catalogue
from tests.jobs.sources.conftest import CATALOGUE, MAPPINGS, SOURCES, Desk
from tests.numbers import resident

CERTIFICATES = """
mapping: training_certificates
title: {zh: 农民培训证书（另一个部门）, en: training certificates}
source: land_transfer
subject: household
find: [{by: id_number, columns: [学员证件号]}]
observed_on: {period: day, columns: [发证日期]}
facts: [{name: training_certificate, columns: [是否合格], words: {合格: 1, 不合格: 0}, together: any}]
"""
TWELVE = {
    "land_right", "land_transfer", "subsidy", "tax", "insurance", "construction", "bank_return",
    "market_register", "family_farm_list", "judgment_defaulters", "e_commerce", "green_projects",
}  # fmt: skip


def test_every_source_of_article_28_has_a_mapping_and_two_have_a_second_county_form() -> None:
    sources = [mapping.source for mapping in MAPPINGS.values()]
    assert set(sources) == TWELVE
    assert {"land_right_parcels", "subsidy_card"} <= set(MAPPINGS)


def test_a_new_source_is_a_mapping_file_and_no_python(desk: Desk) -> None:
    household = desk.district.household({})
    form = desk.csv(
        ["学员证件号", "发证日期", "是否合格"],
        [resident(household), "2026-03-01", "不合格"],
        [resident(household), "2026-03-01", "合格"],
    )
    assert desk.deliver(form, desk.mapping(CERTIFICATES)).added == 1
    assert [(name, value) for name, value, _, _ in desk.records(household)] == [("training_certificate", 1)]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ("name: training_certificate", "name: blood_type", r"facts\[blood_type\]: name: .*may never"),
        ("columns: [是否合格]", "columns: [宗教信仰]", "宗教信仰"),
        ("name: training_certificate", "name: shoe_size", r"name: the catalogue has no such fact"),
        ("together: any", "together: sum", "cannot be summed up"),
        ("words:", "unit: 亩, words:", "unit: '亩' does not fit training_certificate"),
        ("by: id_number", "by: uscc", "a household is not found by uscc"),
        ("source: land_transfer", "source: unheard", "'unheard' is none of"),
        ("subject: household", "subject: household\nsurprise: 1", "unknown keys: surprise"),
        ("columns: [学员证件号]", "columns: [发证日期]", "stands for two different columns"),
        ("name: training_certificate", "name: annual_income_fen", "restricted"),
        ("period: day", "period: fortnight", "none of day, month"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_refused(desk: Desk, written: str, instead: str, complaint: str) -> None:
    text = CERTIFICATES.replace(written, instead)
    if "annual_income_fen" in instead:
        text = text.replace("words: {合格: 1, 不合格: 0}, together: any", "unit: 元")
    with pytest.raises(Invalid, match=complaint):
        desk.mapping(text)


def test_no_shipped_mapping_names_anything_prohibited() -> None:
    catalogue = read_catalogue(CATALOGUE)
    names = [
        name
        for mapping in MAPPINGS.values()
        for rule in mapping.facts
        if rule.field
        for name in rule.field.names
    ]
    assert [name for name in names if catalogue.prohibited_in(name)] == []


def test_the_list_of_mappings_says_what_each_records_and_an_unknown_one_is_refused() -> None:
    lines = list(mapping_lines(MAPPINGS))
    assert len(lines) == len(MAPPINGS)
    assert any(line.startswith("subsidy: ") and "年度农业补贴" in line for line in lines)
    with pytest.raises(NotFound, match="the mappings are bank_return"):
        mapping_by_code(MAPPINGS, "weather")


def test_two_mappings_have_two_codes(tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(CERTIFICATES, encoding="utf-8")
    with pytest.raises(Invalid, match=r"'training_certificates' is taken by one\.yaml"):
        read_mappings(tmp_path, catalogue_file=CATALOGUE, sources=SOURCES)
