"""Promises to banks: what tests/contracts/for_banks/ shows is answered, name by name and value by value.

An answer that becomes another one fails here until its example is edited, which is a decision about every
bank that relies on it. A text that begins with `~` stands for whatever fits the expression.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app import clock
from app.main import create_app
from app.settings import ROOT, Settings
from tests.contracts.bank import GIVEN, NOON, TODAY, Bank, make_bank
from tests.district import KEY, District, district
from tests.district_databases import district_url, postgres_district, sqlite_district

__all__ = ["district", "district_url", "postgres_district", "sqlite_district"]
FOLDER = Path(__file__).parent / "for_banks"
EXAMPLES = sorted(path.stem for path in FOLDER.glob("*.json"))


@pytest.fixture
def backend() -> str:
    """What is promised does not depend on the database."""
    return "sqlite"


@pytest.fixture
def bank(district: District, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    """The bank of the examples at the service."""
    monkeypatch.setattr(clock, "now", lambda: NOON)
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    app = create_app(Settings(database_url=district_url, master_key=KEY.hex()))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield make_bank(district, client)
    app.state.engine.dispose()


def example(name: str) -> Any:
    """An example as it is written."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def differences(promised: Any, told: Any, where: str = "body") -> list[str]:
    """Where an answer is not what was promised; the order of names counts too."""
    if isinstance(promised, str) and promised.startswith("~"):
        fits = isinstance(told, str) and re.fullmatch(promised[1:], told)
        return [] if fits else [f"{where}: {told!r} does not fit {promised[1:]}"]
    if isinstance(promised, dict) and isinstance(told, dict):
        if list(promised) != list(told):
            return [f"{where}: {list(told)} instead of {list(promised)}"]
        return [
            each for name in promised for each in differences(promised[name], told[name], f"{where}.{name}")
        ]
    if isinstance(promised, list) and isinstance(told, list) and len(promised) == len(told):
        pairs = enumerate(zip(promised, told, strict=True))
        return [each for place, (one, other) in pairs for each in differences(one, other, f"{where}.{place}")]
    same = promised == told and type(promised) is type(told)
    return [] if same else [f"{where}: {told!r} instead of {promised!r}"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_an_example_shows_is_answered(bank: Bank, name: str) -> None:
    shown = example(name)
    request, promised = shown["request"], shown["response"]
    GIVEN[shown["given"]](bank, request)
    answer = bank.send(request)
    assert answer.status_code == promised["status"], answer.text
    told = {header: answer.headers.get(header) for header in promised["headers"]}
    assert not differences(promised["headers"], told, "headers")
    assert not differences(promised["body"], answer.json())


def test_what_is_answered_again_is_the_same_to_the_byte(bank: Bank) -> None:
    request = example("inquiry_again")["request"]
    assert bank.send(request).content == bank.send(request).content


def test_every_refusal_the_document_for_banks_names_has_its_example() -> None:
    text = (ROOT / "docs" / "api-for-banks.md").read_text(encoding="utf-8")
    table = text[text.index("## 4. Refusals") :]
    named = {(int(status), code) for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", table, re.M)}
    shown = [example(name)["response"] for name in EXAMPLES]
    assert len(named) >= 8
    assert not named - {(each["status"], each["body"].get("code", "")) for each in shown}


@pytest.mark.parametrize(
    ("promised", "told"),
    [
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": None}, {"a": ""}),
        ({"a": 1}, {"a": True}),
        ({"a": [1, 2]}, {"a": [1]}),
        ({"a": "~[0-9]+"}, {"a": "x"}),
        ({"a": "~[0-9]+"}, {"a": 1}),
    ],
)
def test_an_answer_that_is_another_one_is_noticed(promised: Any, told: Any) -> None:
    assert differences(promised, told)
    assert not differences(promised, promised) or "~" in str(promised)
