"""An installation of its own, and the command `credit-village` in it."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from app import cli
from app.db import make_engine
from app.jobs.night import columns
from app.models import Base

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def url(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An installation of its own."""
    file = tmp_path / "var" / "village.db"
    file.parent.mkdir()
    shutil.copyfile(sqlite_template, file)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{file}")
    monkeypatch.setenv("CREDIT_VILLAGE_KEY_FILE", str(tmp_path / "var" / "master.key"))
    monkeypatch.setattr(columns, "_arrow_connection", lambda engine: None)
    return f"sqlite:///{file}"


@pytest.fixture
def run(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run `credit-village` with these words: the exit status, and what it said."""

    def command(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["credit-village", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return command


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    """Everything in the database."""
    engine = make_engine(url)
    with engine.connect() as connection:
        found = {
            name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for name, table in Base.metadata.tables.items()
        }
    engine.dispose()
    return found


def refused(outcome: tuple[int, str, str], *, because: str) -> None:
    """Exit status 1 and one line that says why."""
    status, _, said = outcome
    assert status == 1
    assert said.startswith("credit-village: ")
    assert because in said
    assert said.count("\n") == 1
    assert "Traceback" not in said
