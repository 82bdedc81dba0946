"""`credit-village appraisal` and `override` at the terminal, each person with an own password."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import typer
from typer.testing import CliRunner, Result

from app import clock
from app.access.service import create_user
from app.cli_appraisals import _detail, appraisals, overrides
from app.cli_approvals import approvals
from app.db import transaction
from app.errors import Conflict, Forbidden, Invalid
from app.inquiry_log.writing import LogUnavailable
from app.models import Role
from tests.app.appraisals.test_routes import fill
from tests.app.appraisals.village import CLOSES, OPENS, Village, village
from tests.app.overrides.test_service import MIDDLING, NEXT, held, settle
from tests.district import DISTRICT, KEY, TOWN, VILLAGE, district, morning
from tests.sealed_looks import kept, logged, sealed_log, unsealed

__all__ = ["district", "sealed_log", "village"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PEOPLE = {
    "anna": (Role.TOWN_OFFICIAL, TOWN),
    "bert": (Role.DISTRICT_ADMIN, DISTRICT),
    "cara": (Role.DISTRICT_ADMIN, DISTRICT),
    "dora": (Role.APPRAISER, TOWN),
}
Terminal = Callable[..., Result]


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> list[date]:
    """The day it is, which a test may change."""
    day = [OPENS]
    monkeypatch.setattr(clock, "today", lambda: day[0])
    monkeypatch.setattr(clock, "now", lambda: morning(day[0]))
    return day


@pytest.fixture
def terminal(
    village: Village, district_url: str, monkeypatch: pytest.MonkeyPatch, today: list[date]
) -> Terminal:
    """Run a command as a user who types the password: `terminal(appraisals, "list", by="anna")`."""
    monkeypatch.setenv("DATABASE_URL", district_url)
    monkeypatch.setenv("CREDIT_VILLAGE_KEY", KEY.hex())
    with transaction(village.district.engine) as session:
        for name, (role, code) in PEOPLE.items():
            made = create_user(
                session, username=name, display_name=name, password=f"{name}-Password-1", role=role,
                organisation_id=village.viewers["official"].organisation_id,
                place_id=village.district.place_id(code),
            )  # fmt: skip
            village.users[name] = made

    def run(group: typer.Typer, *words: object, by: str) -> Result:
        typed = f"{by}-Password-1\n"
        return CliRunner().invoke(group, [*map(str, words), "--by", by], input=typed)

    return run


@pytest.fixture
def opened(terminal: Terminal, village: Village) -> int:
    """A round over two households with an appraiser online and one on paper; its number."""
    village.settled(2)
    said = terminal(appraisals, "open", VILLAGE, "--closes", CLOSES, by="anna").output
    assert "第 1 轮" in said
    online = terminal(appraisals, "invite", 1, "评议员一", "--username", "dora", by="anna")
    assert "1 号评议员，线上 online" in online.output
    paper = terminal(appraisals, "invite", 1, "评议员二", "--kin", "H00001", by="anna")
    assert "2 号评议员，纸质 on paper" in paper.output
    assert "亲属 1 户" in paper.output
    return 1


def test_an_official_counts_and_an_appraiser_sees_the_own_round_without_a_number(terminal, opened):
    official = terminal(appraisals, "list", by="anna").output
    assert "农户 2，可评 2，评议员 2，已提交 0" in official
    own = terminal(appraisals, "list", by="dora").output
    assert "本人评议表未提交" in own
    for word in ("农户", "可评", "评议员 2", "已提交 0"):
        assert word not in own


def test_whoever_is_invited_to_nothing_sees_no_round(terminal, village):
    village.settled(1)
    assert terminal(appraisals, "open", VILLAGE, "--closes", CLOSES, by="anna").exit_code == 0
    assert "没有评议轮次" in terminal(appraisals, "list", by="dora").output
    refused = terminal(appraisals, "result", 1, by="dora")
    assert isinstance(refused.exception, Forbidden)


def test_a_sheet_goes_out_on_paper_and_comes_back_whole(terminal, opened, village, today, tmp_path: Path):
    blank = tmp_path / "sheet.xlsx"
    assert "2 户" in terminal(appraisals, "print", 1, 2, blank, by="anna").output
    book = openpyxl.load_workbook(blank)
    for row in (7, 8):
        fill(book, row, 71)
    book.save(blank)
    taken = terminal(appraisals, "import", 1, 2, blank, by="anna")
    assert "已提交 2 户" in taken.output
    assert isinstance(terminal(appraisals, "import", 1, 2, blank, by="anna").exception, Conflict)
    assert "已提交 1" in terminal(appraisals, "list", by="anna").output
    assert isinstance(terminal(appraisals, "close", 1, by="anna").exception, Conflict)
    today[0] = CLOSES
    assert terminal(appraisals, "close", 1, by="anna").exit_code == 0
    told = terminal(appraisals, "result", 1, by="anna").output
    assert "H00002  王**" in told


def test_what_is_wrong_on_a_sheet_is_said_and_nothing_is_taken(terminal, opened, tmp_path: Path):
    blank = tmp_path / "sheet.xlsx"
    terminal(appraisals, "print", 1, 2, blank, by="anna")
    book = openpyxl.load_workbook(blank)
    fill(book, 7, 71, c6="Z")
    book.save(blank)
    wrong = terminal(appraisals, "import", 1, 2, blank, by="anna")
    assert wrong.exit_code == 1
    assert "已提交 0" in terminal(appraisals, "list", by="anna").output


def test_two_persons_override_and_one_ends_it_at_the_terminal(terminal, village, today):
    today[0] = NEXT
    household = settle(village, MIDDLING, 100)
    assert "没有评级调整" in terminal(overrides, "list", by="anna").output
    why = ("--reason-code", "O01", "--document", "核实记录 3 号", "--reason", "收入已核实")
    asked = terminal(approvals, "request", "override", household, "AA", *why, by="bert")
    assert "须由另一人批准" in asked.output
    number = asked.output.split("approval grant ")[1].split()[0]
    own = terminal(approvals, "grant", number, "--reason", "同意", by="bert")
    assert isinstance(own.exception, Forbidden)
    assert terminal(approvals, "grant", number, "--reason", "同意", by="cara").exit_code == 0
    listed = terminal(overrides, "list", by="anna").output
    assert f"主体 {household}" in listed
    counted = terminal(overrides, "report", by="bert").output
    assert "共 1（上调 1，下调 0），生效中 1，提前终止 0" in counted
    assert terminal(overrides, "end", 1, "--reason", "材料有误", by="anna").exit_code == 0
    assert held(village, household) is None
    assert "生效中 0，提前终止 1" in terminal(overrides, "report", by="bert").output


def test_whoever_reads_a_result_is_in_the_sealed_log_first(terminal, opened, village, today, sealed_log):
    today[0] = CLOSES
    assert terminal(appraisals, "close", 1, by="anna").exit_code == 0
    engine, closed = village.district.engine, logged(sealed_log)
    assert closed == kept(engine) != set()
    assert terminal(appraisals, "result", 1, by="bert").exit_code == 0
    assert closed < logged(sealed_log) == kept(engine)
    assert unsealed(sealed_log) == 0


def test_no_result_is_shown_where_the_log_cannot_be_written(terminal, opened, village, today, sealed_log):
    today[0] = CLOSES
    assert terminal(appraisals, "close", 1, by="anna").exit_code == 0
    before = kept(village.district.engine)
    sealed_log.with_name("inquiry-seals").joinpath("seals-0.log").write_text("0 {}\n", encoding="utf-8")
    refused = terminal(appraisals, "result", 1, by="bert")
    assert isinstance(refused.exception, LogUnavailable)
    assert "H00001" not in refused.output
    assert kept(village.district.engine) == before


def test_the_figures_behind_a_flag_are_said_in_words(backend: str):
    said = _detail({"kappa": 0.1656, "kappa_least": 0.2, "counted": False})
    assert said == "，kappa 0.1656，下限 least 0.2"


def test_a_round_opened_by_mistake_is_closed_with_a_reason_at_the_terminal(terminal, opened):
    assert isinstance(terminal(appraisals, "close", 1, by="anna").exception, Conflict)
    forged = terminal(appraisals, "close", 1, "--reason", "x\n第 2 轮", by="anna")
    assert isinstance(forged.exception, Invalid)
    assert "提前截止：日期填错" in terminal(appraisals, "close", 1, "--reason", "日期填错", by="anna").output
