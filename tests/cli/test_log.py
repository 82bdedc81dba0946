"""`credit-village log compare`: a look without an entry of the log is found, and an entry without a look."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete
from typer.testing import CliRunner

from app.cli_log import logs
from app.errors import AppError, Invalid
from app.inquiries.service import log_of, log_rows
from app.models import Inquiry, InquiryOutcome, Purpose
from app.settings import Settings
from tests.app.alerts.audit import AT, audit
from tests.district import district
from tests.district_databases import district_url, postgres_district, sqlite_district
from tests.office_steps import transaction
from tests.sealed_looks import sealed_log

__all__ = ["audit", "district", "district_url", "postgres_district", "sealed_log", "sqlite_district"]
Look = Callable[..., str]


@pytest.fixture
def look(audit, sealed_log, district_url):
    """Write a look, with its entry in the log or without; its number."""
    log = log_of(Settings(database_url=district_url, log_folder=sealed_log), audit.district.cipher)

    def written(*, logged: bool) -> str:
        viewer = audit.viewers["officer"]
        with transaction(audit.district.engine) as session:
            row = Inquiry(
                inquired_at=AT, user_id=viewer.user_id, organisation_id=viewer.organisation_id,
                purpose=Purpose.OFFICIAL_DUTY, outcome=InquiryOutcome.ANSWERED, refusal_code="",
            )  # fmt: skip
            session.add(row)
            session.flush()
            if logged:
                log_rows(log, session, [row], at=AT)
        return str(row.uid)

    yield written
    log.close(AT + timedelta(minutes=1))


@pytest.fixture
def compared(district_url: str, sealed_log: Path, monkeypatch: pytest.MonkeyPatch):
    """Run the command: its exit status and what it said."""
    monkeypatch.setenv("DATABASE_URL", district_url)

    def run(*words: str) -> tuple[int, str]:
        done = CliRunner().invoke(logs, ["compare", *words])
        if isinstance(done.exception, AppError):
            raise done.exception
        return done.exit_code, done.output

    return run


def test_where_every_look_has_its_entry_the_log_and_the_database_are_the_same(look: Look, compared):
    for _ in range(3):
        look(logged=True)
    status, said = compared()
    assert status == 0
    assert "entries              3" in said
    assert "一致 the same" in said


def test_a_look_without_an_entry_is_named(look: Look, compared):
    look(logged=True)
    missing = look(logged=False)
    status, said = compared()
    assert status == 1
    assert "rows without an entry: 1" in said
    assert "entries without a row: 0" in said
    assert missing in said


def test_an_entry_whose_look_was_taken_out_of_the_database_is_named(look: Look, compared, audit):
    gone = look(logged=True)
    look(logged=True)
    with transaction(audit.district.engine) as session:
        session.execute(delete(Inquiry).where(Inquiry.uid == gone))
    status, said = compared()
    assert status == 1
    assert "entries without a row: 1" in said
    assert gone in said


def test_where_nothing_was_ever_logged_every_look_is_one_without_an_entry(look: Look, compared):
    assert compared()[0] == 0
    missing = look(logged=False)
    status, said = compared()
    assert (status, missing in said) == (1, True)


def test_only_the_first_numbers_are_listed(look: Look, compared):
    look(logged=True)
    missing = {look(logged=False) for _ in range(5)}
    _, said = compared("--first", "2")
    assert "rows without an entry: 5" in said
    assert sum(number in said for number in missing) == 2


def test_a_folder_that_is_not_there_and_a_line_that_is_no_entry_are_refused(
    look: Look, compared, sealed_log: Path
):
    status, said = compared(str(sealed_log / "nowhere"))
    assert status == 2
    assert "does not exist" in said
    look(logged=True)
    with (sealed_log / "inquiries-0.log").open("a", encoding="utf-8") as file:
        file.write("no entry\n")
    with pytest.raises(Invalid, match="log verify"):
        compared()
