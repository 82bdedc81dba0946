"""`credit-village approval`: two persons at the terminal, each with an own password."""

import base64
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from typer.testing import CliRunner, Result

from app import clock
from app.access.service import create_user, second_factor_row
from app.access.totp import new_secret
from app.cli_approvals import approvals
from app.db import reading, transaction
from app.errors import AccountNotReady, Forbidden, Invalid, NotSignedIn
from app.models import Role, User
from app.rules.service import load_rules, record_rules_in_force
from tests.app.approvals.people import People, people
from tests.district import DAY, DISTRICT, KEY, POLICIES, TOWN, district

__all__ = ["district", "people"]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PASSWORDS = {"anna": "Anna-password-1", "bert": "Bert-password-2"}
NEW = date(2025, 11, 1)
WHY = ("--reason", "演示")
Terminal = Any


@pytest.fixture
def terminal(people: People, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """Run a command as a user, who types the password: `terminal("list", by="anna")`."""
    monkeypatch.setenv("DATABASE_URL", district_url)
    monkeypatch.setenv("CREDIT_VILLAGE_KEY", KEY.hex())
    with transaction(people.district.engine) as session:
        for name, password in PASSWORDS.items():
            create_user(
                session, username=name, display_name=name, password=password, role=Role.DISTRICT_ADMIN,
                organisation_id=people.viewers["maker"].organisation_id,
                place_id=people.district.place_id(DISTRICT),
            )  # fmt: skip

    def run(*words: str, by: str, password: str | None = None, code: str = "") -> Result:
        typed = f"{password or PASSWORDS[by]}\n{code}\n"
        return CliRunner().invoke(approvals, [*words, "--by", by], input=typed)

    return run


@pytest.fixture
def newer(people: People, tmp_path: Path) -> None:
    """Newer rules about records, added after the first night."""
    policies = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    people.district.household()
    people.district.night(DAY)
    folder = policies / "cq_bishan" / "records"
    text = (folder / "2023-01-01.yaml").read_text("utf-8")
    (folder / f"{NEW}.yaml").write_text(
        text.replace("effective_from: 2023-01-01", f"effective_from: {NEW}"), "utf-8"
    )
    with transaction(people.district.engine) as session:
        assert load_rules(session, policies, at=clock.now()) == 1


def in_force(people: People) -> date:
    with reading(people.district.engine) as session:
        rules = record_rules_in_force(session, on=DAY)
        assert rules is not None
        return rules.effective_from


def code(people: People) -> str:
    with reading(people.district.engine) as session:
        rules = record_rules_in_force(session, on=DAY)
        assert rules is not None
        return rules.code


def test_two_persons_put_rules_in_force_at_the_terminal(people, newer, terminal):
    activation = ("request", "activate-rule", code(people), str(NEW), "--pia", "评估报告（演示）", *WHY)
    asked = terminal(*activation, by="anna")
    assert "须由另一人批准" in asked.output, asked.output
    assert "待您审批" in terminal("list", by="bert").output
    assert "待您审批" not in terminal("list", by="anna").output
    assert "评估报告（演示）" in terminal("show", "1", by="bert").output
    assert isinstance(terminal("grant", "1", *WHY, by="anna").exception, Forbidden)
    assert in_force(people) == date(2023, 1, 1)
    assert "已执行" in terminal("grant", "1", *WHY, by="bert").output
    assert in_force(people) == NEW


def test_the_assessment_of_new_rules_names_nobody_by_a_number(people, newer, terminal):
    pia = ("--pia", "评估报告，联系人 13800138000")
    told = terminal("request", "activate-rule", code(people), str(NEW), *pia, *WHY, by="anna")
    assert isinstance(told.exception, Invalid)
    assert told.exception.detail.startswith("pia: 内含手机号码")


def test_nobody_decides_under_the_name_of_another(people, terminal):
    number = people.asked(at=clock.now())
    borrowed = terminal("grant", str(number), *WHY, by="bert", password=PASSWORDS["anna"])
    assert isinstance(borrowed.exception, NotSignedIn)
    assert people.district.counts()["approval_decisions"] == 0


def test_what_is_refused_leaves_the_list(people, terminal):
    terminal("request", "bulk-export", TOWN, *WHY, by="anna")
    terminal("request", "new-recipient", str(people.bank_id), "--document", "协议", *WHY, by="anna")
    listed = terminal("list", by="bert").output
    assert listed.count("待您审批") == 2
    assert "批量导出：大兴镇，农户评级清单  [export/ratings/500120104000]" in listed
    assert "新增接收方：演示银行  [organisation/" in listed
    for number in ("1", "2"):
        assert "未批准" in terminal("refuse", number, *WHY, by="bert").output
    assert "没有待办审批" in terminal("list", by="bert").output


def test_an_account_whose_first_password_somebody_else_knows_decides_nothing(people, terminal):
    number = people.asked(at=clock.now())
    with transaction(people.district.engine) as session:
        session.query(User).where(User.username == "bert").update({"must_change_password": True})
    assert isinstance(terminal("grant", str(number), *WHY, by="bert").exception, AccountNotReady)
    assert people.district.counts()["approval_decisions"] == 0


def code_of(secret: str) -> str:
    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30)
    return totp.generate(clock.now().timestamp()).decode()


def test_the_second_factor_is_asked_for_where_an_account_has_one(people, terminal):
    number, secret = people.asked(at=clock.now()), new_secret()
    with transaction(people.district.engine) as session:
        bert = session.query(User).where(User.username == "bert").one()
        bert.totp_cipher = people.district.cipher.seal(secret, row=second_factor_row(bert))
        bert.totp_confirmed_at = clock.now()
    wrong = terminal("grant", str(number), *WHY, by="bert", code="000000x")
    assert isinstance(wrong.exception, NotSignedIn)
    right = terminal("grant", str(number), *WHY, by="bert", code=code_of(secret))
    assert "已批准" in right.output, right.output
