"""`credit-village designations`: persons at the terminal, each with an own password."""

from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app import clock
from app.access.service import create_user
from app.cli_designations import designations
from app.cli_title_lines import proposed_lines
from app.db import transaction
from app.designations.found import Holder
from app.designations.service.proposing import LeftOut, Proposed
from app.errors import Conflict, Forbidden, Invalid
from app.inquiry_log.writing import LogUnavailable
from app.models import DesignationKind, DesignationState, Role
from tests.app.designations.committee import NOTICE_DAYS, Committee, committee
from tests.app.overrides.test_service import MIDDLING
from tests.district import DAY, DISTRICT, KEY, TOWN, VILLAGE, morning
from tests.sealed_looks import kept, logged, sealed_log, unsealed

__all__ = ["committee", "sealed_log"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ENTITY, S = DesignationKind.CREDIT_ENTITY, DesignationState
PEOPLE = {
    "anna": (Role.TOWN_OFFICIAL, TOWN), "bert": (Role.DISTRICT_ADMIN, DISTRICT),
    "carl": (Role.AUDITOR, DISTRICT), "dora": (Role.LOAN_OFFICER, DISTRICT),
}  # fmt: skip
Terminal = Any


@pytest.fixture
def today() -> list[Any]:
    """The day it is, to be moved on."""
    return [DAY]


@pytest.fixture
def terminal(
    committee: Committee, district_url: str, today: list[Any], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """Run a command as a user, who types the password."""
    monkeypatch.setenv("DATABASE_URL", district_url)
    monkeypatch.setenv("CREDIT_VILLAGE_KEY", KEY.hex())
    monkeypatch.setattr(clock, "now", lambda: morning(today[0]))
    monkeypatch.setattr(clock, "today", lambda: today[0])
    with transaction(committee.district.engine) as session:
        for name, (role, code) in PEOPLE.items():
            create_user(
                session, username=name, display_name=name, password=f"{name}-Password-1", role=role,
                organisation_id=committee.viewers["clerk"].organisation_id,
                place_id=committee.district.place_id(code),
            )  # fmt: skip

    def run(*words: object, by: str) -> Result:
        return CliRunner().invoke(designations, [*map(str, words), "--by", by], input=f"{by}-Password-1\n")

    return run


@pytest.fixture
def farms(committee: Committee) -> list[int]:
    """Two farms the night has proposed."""
    for _ in range(2):
        committee.district.entity()
    committee.night()
    return committee.numbers(ENTITY)


def test_a_batch_goes_from_the_check_to_the_plaque_at_the_terminal(terminal, committee, farms, today):
    batch = ("--kind", "credit_entity", "--place", VILLAGE)
    assert terminal("check", "town", *batch, by="anna").output.strip().endswith("镇街审核 check_town: 2")
    assert terminal("notice", *batch, by="anna").exit_code == 0
    early = terminal("award", *batch, by="bert")
    assert isinstance(early.exception, Conflict)
    assert early.output.count("conflict") == 2
    today[0] = DAY + NOTICE_DAYS
    assert terminal("award", *batch, by="bert").exit_code == 0
    assert {committee.state(number) for number in farms} == {S.DESIGNATED}
    shown = terminal("show", farms[0], by="bert").output
    assert "认定授牌 award  bert  cq-bishan-2023-entity@2023-01-01" in shown
    assert "effective_grade" in shown
    listed = terminal("list", "--state", "designated", by="anna").output
    assert listed.count("已授牌 designated") == 2


def test_what_waits_and_the_calendar_are_told(terminal, farms):
    assert terminal("list", "--waiting", by="anna").output.count("已提名") == 2
    assert (
        "2025-12-31  信用新型农业经营主体 credit_entity  区级认定" in terminal("calendar", by="anna").output
    )


def test_a_batch_of_notices_leaves_out_who_does_not_agree_to_one(terminal, committee, farms):
    named = committee.district.entity(name="王建国家庭农场", representative="王建国")
    committee.night()
    batch = ("--kind", "credit_entity", "--place", VILLAGE)
    assert terminal("check", "town", *batch, by="anna").exit_code == 0
    said = terminal("notice", *batch, by="anna").output
    [left] = [each for each in committee.numbers(ENTITY) if each not in farms]
    assert f"未办 left out: {left:>8}  conflict  称号 {left}：本人未单独同意公示" in said
    assert said.strip().endswith("发布公示 post_notice: 2")
    assert committee.state(left) is S.TOWN_CHECKED
    assert committee.standing(left).designation.subject_id == named
    alone = terminal("notice", left, by="anna")
    assert isinstance(alone.exception, Conflict)
    assert "本人未单独同意公示" in alone.output


def test_who_was_left_out_is_named_with_the_reason(terminal, committee, farms):
    poor = committee.district.entity({"overdue_days_now": 400})
    committee.night(proposes=False)
    said = terminal("propose-all", TOWN, "--kind", "credit_entity", by="anna").output
    assert said.index("未提名 left out: 3") < said.index("正在办理中 proposed_already: 2")
    assert f"s{poor}" not in said
    named = terminal("propose-all", TOWN, "--kind", "credit_entity", "--most", "9", by="anna").output
    assert f"演示主体{poor}  长隆村  s{poor}  " in named
    assert named.count("正在办理中") == 3
    fewer = terminal("propose-all", TOWN, "--kind", "credit_entity", "--most", "1", by="anna").output
    assert "另有 2 家未列出" in fewer


@pytest.mark.parametrize(
    ("kind", "counted"), list(zip(DesignationKind, ("2 户", "2 家", "2 个村", "2 个镇"), strict=True))
)
def test_who_was_left_out_is_counted_as_what_it_is(backend, kind, counted):
    made = Proposed((), [LeftOut(Holder(place_id), ()) for place_id in (1, 2)])
    assert f"另有 {counted}未列出" in "".join(proposed_lines(made, (), kind=kind))


def test_what_waits_leaves_out_what_another_person_has_to_do(terminal, committee, farms):
    committee.district.entity()
    committee.night(proposes=False)
    terminal("propose-all", TOWN, "--kind", "credit_entity", by="anna")
    own = committee.numbers(ENTITY)[-1]
    assert len(committee.numbers(ENTITY)) == 3
    waiting = terminal("list", "--waiting", by="anna").output
    assert (waiting.count("已提名"), f"{own:>8}  " in waiting) == (2, False)
    assert terminal("list", "--waiting", by="bert").output.count("已提名") == 3
    said = terminal("check", "town", "--kind", "credit_entity", "--place", TOWN, by="anna").output
    assert f"未办 left out: {own:>8}  forbidden  您已办理“提名”" in said
    assert said.strip().endswith("镇街审核 check_town: 2")
    alone = terminal("check", "town", "--kind", "credit_entity", "--place", TOWN, by="anna")
    assert "1 项未能办理“镇街审核”，全部未办理" in str(alone.exception)


def test_a_step_that_is_refused_is_told_in_words_that_cannot_be_turned_round(terminal, committee, farms):
    committee.designated(farms[0])
    refused = terminal("refuse", farms[0], "--reason", "测试", by="bert")
    assert "1 项未能办理“不予认定”" in str(refused.exception)
    assert "不能办理“不予认定”；可办理：" in refused.output
    shown = terminal("show", farms[0], by="bert").output
    for said in (refused.output, shown):
        assert "到期失效" not in said
    assert "限期整改" in shown


def test_a_refusal_and_a_revocation_take_the_right_person(terminal, committee, farms):
    wrong = terminal("revoke", farms[0], "post", "--reason", "测试", by="anna")
    assert isinstance(wrong.exception, Conflict)
    assert terminal("refuse", farms[0], "--reason", "资料不实", by="anna").exit_code == 0
    assert committee.state(farms[0]) is S.REFUSED
    given_up = ("withdraw", farms[1], "--reason", "本人撤回", "--document", "放弃声明")
    assert isinstance(terminal(*given_up, by="anna").exception, Conflict)
    assert terminal(*given_up, by="bert").exit_code == 0
    again = terminal("propose", "--kind", "credit_village", "--place", VILLAGE, by="anna")
    assert again.exception is not None


def test_either_numbers_or_a_whole_batch_are_named(terminal, farms):
    assert isinstance(terminal("award", by="bert").exception, Invalid)
    both = terminal("award", farms[0], "--kind", "credit_entity", "--place", TOWN, by="bert")
    assert isinstance(both.exception, Invalid)


def test_a_step_of_another_level_is_refused(terminal, committee, farms):
    committee.noticed(farms[0])
    refused = terminal("award", farms[0], by="anna")
    assert "forbidden" in refused.output
    assert not isinstance(refused.exception, Forbidden)
    review = terminal("review", farms[0], "renew", by="bert")
    assert "conflict" in review.output


@pytest.mark.parametrize("by", ["carl", "dora"])
@pytest.mark.parametrize(
    "words",
    [["list"], ["show", 1], ["calendar"], ["propose-all", TOWN, "--kind", "credit_entity"]],
)
def test_the_terminal_asks_the_same_table_who_may_do_what(terminal, farms, words, by):
    refused = terminal(*words, by=by).exception
    assert isinstance(refused, Forbidden)
    assert "it takes" in refused.detail
    assert refused.detail.startswith("您的角色")


@pytest.mark.parametrize("words", [["refuse", 1], ["withdraw", 1]])
def test_a_reason_that_is_missing_is_asked_for_in_both_languages(terminal, farms, words):
    said = terminal(*words, by="anna")
    assert "请写明理由 · say why" in f"{said.output} {said.exception}"


def _looks(farms: list[int]) -> dict[str, tuple[tuple[object, ...], str]]:
    """Every command about titles that shows a subject, as it is typed, and by whom."""
    return {
        "list": (("list",), "anna"),
        "waiting": (("list", "--waiting"), "anna"),
        "show": (("show", farms[0]), "anna"),
        "left out": (("propose-all", "--kind", "credit_household", VILLAGE, "--most", "5"), "anna"),
    }


@pytest.mark.parametrize("command", ["list", "waiting", "show", "left out"])
def test_whoever_looks_at_the_terminal_is_in_the_sealed_log(
    terminal, committee, farms, sealed_log, command: str
):
    committee.district.household(MIDDLING)
    committee.night()
    engine = committee.district.engine
    before = kept(engine)
    words, by = _looks(farms)[command]
    done = terminal(*words, by=by)
    assert done.exit_code == 0, done.output
    made = kept(engine) - before
    assert made
    assert made <= logged(sealed_log)
    assert unsealed(sealed_log) == 0


@pytest.mark.parametrize("command", ["list", "waiting", "show", "left out"])
def test_where_the_log_cannot_be_written_the_terminal_shows_nothing(
    terminal, committee, farms, sealed_log, command: str
):
    committee.district.household(MIDDLING)
    committee.night()
    sealed_log.write_text("no folder", encoding="utf-8")
    before = kept(committee.district.engine)
    words, by = _looks(farms)[command]
    done = terminal(*words, by=by)
    assert isinstance(done.exception, LogUnavailable)
    assert done.output.replace("密码 password:", "").strip() == ""
    assert kept(committee.district.engine) == before


@pytest.mark.parametrize("option", ["--reason", "--document"])
def test_a_reason_cannot_forge_a_step_at_the_terminal(terminal, committee, farms, option: str):
    forged = "x\n  2  2026-12-06  认定授牌 award  bert"
    words = {"--reason": "理由", "--document": "文件", option: forged}
    done = terminal("check", "town", farms[0], *(word for pair in words.items() for word in pair), by="anna")
    assert isinstance(done.exception, Invalid)
    assert "U+000A" in str(done.exception)
    assert committee.state(farms[0]) is S.PROPOSED
