"""The command that deletes a person's data says how much is gone, and refuses without an approval."""

import pytest
from typer.testing import CliRunner

from app.cli_rights import rights
from app.errors import NotFound
from tests.app.rights.desk import Desk, desk, office
from tests.app.rights.test_deletion import LATER, approved
from tests.app.rights.test_service import ON_SQLITE, refuse
from tests.district import KEY, morning

__all__ = ["desk", "office"]


@ON_SQLITE
def test_the_operator_erases_what_two_persons_approved(
    desk: Desk, district_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", district_url)
    monkeypatch.setenv("CREDIT_VILLAGE_KEY", KEY.hex())
    monkeypatch.setattr("app.clock.now", lambda: morning(LATER))
    household = desk.household()
    refuse(desk, household)
    number = approved(desk, household, maker="admin", checker="second")
    command = ["erase", str(household), "--ground", "撤回同意", "--document", "删除申请", "--by", "admin"]
    refused = CliRunner().invoke(rights, [*command, "--approval", str(number + 1)])
    assert isinstance(refused.exception, NotFound)
    assert desk.opens(household) == "王建国"
    done = CliRunner().invoke(rights, [*command, "--approval", str(number)])
    assert (done.exit_code, "members 1, contacts 1" in done.output) == (0, True)
    assert desk.opens(household) == "已删除"
