"""The interface breaks nobody who relies on it: tests/contracts/interface.json holds what is promised."""

import copy
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contracts.interface import Interface, breaks, present

PROMISED: Interface = json.loads(Path(__file__).with_name("interface.json").read_text(encoding="utf-8"))
ASK = "POST /v1/inquiries"


@pytest.fixture(scope="module")
def now() -> Interface:
    """The interface as it is."""
    return present()


def test_nothing_that_was_promised_is_taken_away_or_becomes_another_thing(now: Interface) -> None:
    assert list(breaks(PROMISED, now)) == []


def test_every_operation_is_promised(now: Interface) -> None:
    new = sorted(now.keys() - PROMISED.keys())
    assert not new, "write them down: python -m tests.contracts.interface > tests/contracts/interface.json"


def _without_an_operation(after: Interface) -> None:
    del after[ASK]


def _without_a_field_of_the_answer(after: Interface) -> None:
    del after[ASK]["answers"]["200.rating.grade"]


def _with_a_field_that_is_needed(after: Interface) -> None:
    after[ASK]["takes"][".branch"] = "needed string"


def _with_a_field_of_another_kind(after: Interface) -> None:
    after[ASK]["answers"]["200.inquiry_id"] = "needed string"


def _with_a_field_that_may_be_missing(after: Interface) -> None:
    after[ASK]["answers"]["200.inquiry_id"] = "optional integer"


def _with_a_field_no_longer_taken(after: Interface) -> None:
    del after[ASK]["takes"][".consent_id"]


def _with_a_purpose_less(after: Interface) -> None:
    del after[ASK]["takes"][".purpose = collection"]


def _with_a_header_that_is_needed(after: Interface) -> None:
    after[ASK]["parameters"]["header Idempotency-Key"] = "needed string"


@pytest.mark.parametrize(
    "change",
    [
        _without_an_operation,
        _without_a_field_of_the_answer,
        _with_a_field_that_is_needed,
        _with_a_field_of_another_kind,
        _with_a_field_that_may_be_missing,
        _with_a_field_no_longer_taken,
        _with_a_header_that_is_needed,
        _with_a_purpose_less,
    ],
)
def test_what_would_break_a_client_is_noticed(change: Callable[[Interface], None]) -> None:
    after = copy.deepcopy(PROMISED)
    change(after)
    assert len(list(breaks(PROMISED, after))) == 1


def test_what_is_added_breaks_nobody() -> None:
    after = copy.deepcopy(PROMISED)
    after["GET /v1/news"] = {"parameters": {}, "takes": {}, "answers": {"200": "application/json"}}
    after[ASK]["answers"]["200.more"] = "needed string"
    after[ASK]["takes"][".more"] = "optional string"
    assert list(breaks(PROMISED, after)) == []
