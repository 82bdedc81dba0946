"""A number or a day that is too large is refused in a sentence, never with a traceback."""

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from app import cli
from tests.cli.conftest import Run, refused

WHO = ("--by", "town.daxing", "--password", "not-his-password")
HUGE = 99999999999999999999


@pytest.mark.parametrize(
    "words",
    [
        ("designations", "show", HUGE, *WHO),
        ("designations", "award", HUGE, *WHO),
        ("designations", "propose", "--kind", "credit_entity", "--subject", HUGE, *WHO),
        ("designations", "documents", "--ending-within", 99999999999, *WHO),
        ("designations", "withdraw-document", HUGE, *WHO),
        ("appraisal", "invite", HUGE, "张三", *WHO),
        ("appraisal", "result", HUGE, *WHO),
        ("approval", "show", HUGE, *WHO),
        ("override", "end", HUGE, *WHO),
        ("trace", HUGE),
        ("record", "restore", HUGE, "--document", "x", "--by", "x", "--reason", "x"),
        ("household", "undo-merge", HUGE, "--document", "x", "--by", "x"),
        ("household", "merge", 1, HUGE, "--document", "x", "--by", "x", "--on", "2026-01-01"),
    ],
)
def test_a_number_no_row_can_have_is_refused_by_the_command(run: Run, words: tuple[object, ...]) -> None:
    status, _, said = run(*words)
    assert status == 2
    assert "less than or equal to" in " ".join(said.replace("│", " ").split())
    assert "Traceback" not in said


@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "--from", "9999-12-01"),
        ("simulate", "--from", "0001-01-01"),
        ("rescore", "--as-of", "9999-12-31"),
        ("replay", "--as-of", "9999-12-31"),
    ],
)
def test_a_day_outside_the_calendar_of_the_office_is_refused(run: Run, words: tuple[object, ...]) -> None:
    refused(run(*words), because="不在 1900-01-01 至 2199-12-31 之间")


@pytest.mark.parametrize("overflow", [lambda: date.max + timedelta(days=1), lambda: timedelta(days=HUGE)])
def test_what_overflows_anywhere_is_told_in_a_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, overflow: Callable[[], object]
) -> None:
    monkeypatch.setattr(cli, "app", overflow)
    refused(run("rescore"), because="过大")


def test_a_wrong_password_is_said_in_both_languages(run: Run) -> None:
    refused(run("designations", "list", *WHO), because="账号、密码或动态口令不对 · the username or")
