"""What the database and the sealed log each hold of who looked, for tests to hold against each other."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import Engine
from app.inquiry_log.lines import Seal
from app.models import Inquiry


@pytest.fixture
def sealed_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the commands of a test log who looked."""
    monkeypatch.setenv("CREDIT_VILLAGE_LOG_FOLDER", str(tmp_path / "log"))
    return tmp_path / "log"


def kept(engine: Engine) -> set[str]:
    """The numbers of all looks in the database."""
    with Session(engine) as session:
        return {str(uid) for uid in session.scalars(select(Inquiry.uid))}


def logged(folder: Path) -> set[str]:
    """The numbers of all entries of a log."""
    lines = [line for file in folder.glob("inquiries-*.log") for line in file.read_bytes().splitlines()]
    return {json.loads(line.partition(b" ")[2])["uid"] for line in lines}


def unsealed(folder: Path) -> int:
    """How many entries of a log wait for their seal."""
    waiting = 0
    for file in folder.glob("inquiries-*.log"):
        seals = file.with_name(file.name.replace("inquiries", "seals")).read_bytes().splitlines(keepends=True)
        waiting += len(file.read_bytes().splitlines()) - (Seal.read(seals[-1]).position if seals else 0)
    return waiting
