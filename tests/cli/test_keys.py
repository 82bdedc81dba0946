"""The command `credit-village keys`: from one key to another, as an operator does it."""

import re
import stat
from datetime import timedelta
from pathlib import Path

import pytest

from app import clock
from app.subjects.keys import SETTLED
from tests.cli.conftest import Run, refused, rows

NAME = re.compile(r"(?:aes|sm4)-[0-9a-f]{4}")


def key_file(tmp_path: Path) -> Path:
    """Where the keys are."""
    return tmp_path / "var" / "master.key"


def test_a_key_is_added_moved_to_and_the_former_one_retired(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("demo", "--households", "50", "--entities", "5")
    _, before, _ = run("keys", "status")
    old = NAME.findall(before)[0]
    assert f"{old}  加密 seals" in before
    assert "households.head_name_cipher: 50" in before
    _, added, _ = run("keys", "add")
    new = NAME.findall(added)[0]
    assert stat.S_IMODE(key_file(tmp_path).stat().st_mode) == 0o600
    assert len(key_file(tmp_path).read_text().split()) == 2
    refused(run("keys", "retire", old), because="seals; let another key seal first")
    status, said, _ = run("keys", "rotate")
    assert status == 0
    assert f"{new}  加密 seals" in said
    assert f"{old}  解密 opens  0 values" in said
    refused(run("keys", "retire", old), because="may still seal")
    later = clock.now() + SETTLED + timedelta(seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert run("keys", "retire", old)[0] == 0
    key_file(tmp_path).write_text(key_file(tmp_path).read_text().split()[0])
    status, after, _ = run("keys", "status")
    assert (status, NAME.findall(after)) == (0, [new])
    assert run("rescore")[0] == 0


def test_the_suite_is_switched_by_the_same_way(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("demo", "--households", "20", "--entities", "2")
    monkeypatch.setenv("CREDIT_VILLAGE_CIPHER_SUITE", "sm4")
    status, said, _ = run("keys", "rotate")
    assert status == 0
    assert re.search(r"sm4-\w{4}  加密 seals  [1-9]", said)
    assert re.search(r"aes-\w{4}  解密 opens  0 values", said)


def test_a_key_taken_away_too_early_stops_everything(run: Run, tmp_path: Path, url: str) -> None:
    run("demo", "--households", "20", "--entities", "2")
    run("keys", "add")
    key_file(tmp_path).write_text(key_file(tmp_path).read_text().split()[0])
    before = rows(url)
    refused(run("keys", "rotate"), because="that key was not given; nothing was changed")
    refused(run("rescore"), because="was not given to this process")
    assert rows(url) == before
    _, said, _ = run("keys", "status")
    assert "未提供 not given" in said


def test_a_key_from_the_environment_is_added_there(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDIT_VILLAGE_KEY", "ab" * 32)
    refused(run("keys", "add"), because="put the new one in front of the old one there")
    run("demo", "--households", "20", "--entities", "2")
    monkeypatch.setenv("CREDIT_VILLAGE_KEY", "cd" * 32 + " " + "ab" * 32)
    assert run("keys", "rotate")[0] == 0
    refused(run("keys", "retire", "one"), because="is not the name of a key")


def test_what_leaked_must_not_be_what_seals(run: Run) -> None:
    run("demo", "--households", "20", "--entities", "2")
    refused(run("keys", "rotate", "--leaked"), because="make a new one first")
    run("keys", "add")
    status, said, _ = run("keys", "rotate", "--leaked")
    assert status == 0
    assert "已泄露 leaked" in said
