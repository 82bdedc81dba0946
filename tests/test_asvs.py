"""docs/asvs.md has every requirement of ASVS 5.0 of level 1 and 2, and what it names and counts is there."""

import csv
import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module

import pytest

from app.logs import REQUEST_FACTS
from app.settings import Settings
from tests.named_tests import ROOT, missing, named

TEXT = (ROOT / "docs" / "asvs.md").read_text(encoding="utf-8")
VERDICTS = ("met", "does not apply", "not met yet")
# A reason is a sentence.
REASON = re.compile(r"\S.{12,}\.$")


@dataclass(frozen=True)
class Requirement:
    """One row of the document."""

    id: str
    level: str
    about: str
    verdict: str
    shown_by: str


ROWS = [
    Requirement(*(cell.strip() for cell in line.strip("|").split("|")))
    for line in TEXT.splitlines()
    if line.startswith("| V") and re.match(r"\| V\d+\.\d+\.\d+ \|", line)
]
NUMBERS = re.findall(
    r"^\| ([^|]+) \| ([^|]+) \| `([A-Za-z_.]+:\w+|CREDIT_VILLAGE_\w+)` \|$", TEXT, re.MULTILINE
)


def test_the_standard_has_70_requirements_of_level_1_and_183_of_level_2() -> None:
    assert Counter(_standard().values()) == {"1": 70, "2": 183}


def test_every_requirement_of_the_standard_is_answered_once() -> None:
    assert [(row.id, row.level) for row in ROWS] == list(_standard().items())


def test_what_is_met_names_its_test_and_what_is_not_says_why() -> None:
    wanting = [
        row.id
        for row in ROWS
        if not row.about
        or row.verdict not in VERDICTS
        or not (named(row.shown_by) if row.verdict == "met" else REASON.search(row.shown_by))
    ]
    assert wanting == []


def test_every_test_that_is_named_exists() -> None:
    names = named(TEXT)
    assert len(names) > 200
    assert missing(names) == set()
    assert missing(["tests/test_asvs.py::test_nobody_wrote"]) == {"tests/test_asvs.py::test_nobody_wrote"}


def test_the_counts_are_those_of_the_rows() -> None:
    counted = Counter((row.id.partition(".")[0], row.level, row.verdict) for row in ROWS)
    told = dict(re.findall(r"^\| (V\d+|\*\*all\*\*) ?[^|]*\|((?: \d+ \|){6})$", TEXT, re.MULTILINE))
    columns = [(level, verdict) for level in "12" for verdict in VERDICTS]
    for chapter in [f"V{number}" for number in range(1, 18)]:
        assert _numbers(told[chapter]) == [counted[chapter, *column] for column in columns]
    every = [sum(n for (_, *column), n in counted.items() if tuple(column) == wanted) for wanted in columns]
    assert _numbers(told["**all**"]) == every


@pytest.mark.parametrize(("what", "value", "where"), NUMBERS, ids=[where for _, _, where in NUMBERS])
def test_the_numbers_written_down_are_those_of_the_code(what: str, value: str, where: str) -> None:
    assert value == _in_code(where), what


def test_the_numbers_are_found() -> None:
    assert len(NUMBERS) >= 25


def test_every_key_derived_from_the_master_key_is_in_the_inventory() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "app").rglob("*.py")))
    purposes = set(re.findall(r'derived_key\([^)]*purpose="([\w-]+)"', code))
    assert purposes == set(re.findall(r"^\| `([\w-]+)` \|", _section("Keys"), re.MULTILINE))


def test_every_library_that_connects_is_used_where_the_document_says() -> None:
    said = set(re.findall(r"`(app/[\w/.]+)`", _section("Connections")))
    connects = re.compile(r"^ *(import (httpx2|smtplib)|from urllib.request)|create_engine\(", re.MULTILINE)
    files = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "app").rglob("*.py")
        if connects.search(path.read_text(encoding="utf-8"))
    }
    assert files == said


def test_how_identity_is_proved_again_is_written_down() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    procedure = text.partition("## A lost second factor\n")[2].partition("\n## ")[0]
    assert {"in person", "identity card", "second member"} <= set(
        re.findall(r"in person|identity card|second member", procedure)
    )
    assert "account reset NAME --second-factor" in procedure


def test_the_log_inventory_names_every_field_of_a_request() -> None:
    named_fields = set(re.findall(r"`(\w+)`", _section("Logs")))
    assert {*REQUEST_FACTS, "time", "level", "message", "request_id", "user_id"} <= named_fields


def _standard() -> dict[str, str]:
    """The ids of level 1 and 2 with their levels, as the standard lists them."""
    with (ROOT / "tests" / "asvs_ids.csv").open(encoding="utf-8") as file:
        return {row["id"]: row["level"] for row in csv.DictReader(file)}


def _in_code(where: str) -> str:
    """What a setting is where nobody sets it, or a constant of a module; a list as its words."""
    module, _, name = where.partition(":")
    if not name:
        fields = {str(field.validation_alias): field.default for field in Settings.model_fields.values()}
        return str(fields[where])
    value = getattr(import_module(module), name)
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value if isinstance(value, str | int | timedelta) else repr(value))


def _section(title: str) -> str:
    """The text under a heading of the third level."""
    found = re.search(rf"^### {title}\n(.*?)(?=^##)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, title
    return found.group(1)


def _numbers(cells: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", cells)]
