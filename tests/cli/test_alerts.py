"""`credit-village alerts`: scan the last days, list what is open, refuse what cannot be."""

from datetime import timedelta

import pytest
from typer.testing import CliRunner

from app import clock
from app.cli_alerts import alerts
from app.errors import AppError
from tests.app.alerts.audit import AT, WEDNESDAY, audit
from tests.district import district, morning
from tests.district_databases import district_url, postgres_district, sqlite_district

__all__ = ["audit", "district", "district_url", "postgres_district", "sqlite_district"]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def run(audit, district_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", district_url)
    monkeypatch.setattr(clock, "now", lambda: AT)
    monkeypatch.setattr(clock, "today", lambda: WEDNESDAY + timedelta(days=1))

    def ran(*words):
        found = CliRunner().invoke(alerts, words)
        if isinstance(found.exception, AppError):
            raise found.exception
        assert found.exit_code == 0, found.output
        return found.output

    return ran


def test_a_scan_tells_what_it_found_and_the_list_shows_it(run, audit):
    audit.ask("officer", 3, at=morning(WEDNESDAY) - timedelta(hours=7))
    assert "深夜查询 · at_night: 1" in run("scan")
    assert "new alerts 0" in run("scan", "--days", "30")
    assert "officer (璧山农商行)" in run("list")


def test_an_empty_list_says_so(run):
    assert "nothing to look into" in run("list")


@pytest.mark.parametrize("day", ["2025-11-27", "yesterday"])
def test_a_day_that_is_not_over_is_refused(run, day):
    with pytest.raises(AppError, match="--on"):
        run("scan", "--on", day)


def test_declarations_are_read_from_a_file(run, audit, tmp_path):
    file = tmp_path / "declared.yaml"
    file.write_text("relatives: [{username: officer, villages: ['500120104200']}]", "utf-8")
    audit.ask("officer", 1, at=morning(WEDNESDAY), subjects=audit.subjects(1))
    assert "relatives_village: 1" in run("scan", "--declarations", str(file))
