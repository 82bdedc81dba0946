"""Where the master key comes from, and what is said when it does not come."""

import sys
from pathlib import Path

import pytest

from app.errors import SetupError
from app.settings import Settings
from app.subjects.key_source import master_keys_of

KEY = "ab" * 32


def settings(tmp_path: Path, **given: str) -> Settings:
    """An installation whose key file does not exist."""
    return Settings(key_file=tmp_path / "master.key", **given)  # type: ignore[arg-type]


def prints(text: str, *, status: int = 0) -> str:
    """A command that prints a text and ends with a status."""
    return f"{sys.executable} -c \"import sys; print('{text}'); sys.exit({status})\""


def test_a_command_may_print_the_key_and_a_setting_goes_before_it(tmp_path: Path) -> None:
    assert master_keys_of(settings(tmp_path, key_command=prints(KEY))) == [bytes.fromhex(KEY)]
    both = settings(tmp_path, key_command=prints(KEY), master_key="cd" * 32)
    assert master_keys_of(both) == [bytes.fromhex("cd" * 32)]


SLOW = f"{sys.executable} -c 'import time; time.sleep(60)'"


@pytest.mark.parametrize("command", [prints(KEY, status=1), "/nowhere/keys", "'", SLOW])
def test_a_command_that_fails_is_told_without_the_command_or_the_key(
    tmp_path: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.subjects.key_source.COMMAND_SECONDS", 1)
    with pytest.raises(SetupError, match="gave no key") as told:
        master_keys_of(settings(tmp_path, key_command=command))
    assert KEY not in told.value.detail
    assert "nowhere" not in told.value.detail


def test_what_a_command_prints_must_be_a_key(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="CREDIT_VILLAGE_KEY_COMMAND: the key"):
        master_keys_of(settings(tmp_path, key_command=prints("secret words")))
