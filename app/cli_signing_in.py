"""Who types a command, as the password shows: the commands that only a person with an account may give."""

from dataclasses import replace
from typing import Annotated

import typer

from app import clock, settings
from app.access.policy import refuse_unless_permitted
from app.access.readiness import Requirements, left_to_do
from app.access.scope import Viewer
from app.access.service import sign_in, viewer
from app.cli_transactions import recorded
from app.errors import AccountNotReady, Forbidden, NotSignedIn, SecondFactorNeeded
from app.subjects.key_source import cipher_of

By = Annotated[str, typer.Option(help="本人账号 your own username")]
# Asked for at the terminal, so that it is in no list of commands.
Password = Annotated[
    str, typer.Option(prompt="密码 password", hide_input=True, help="asked for if not given")
]


def signed_in(username: str, password: str, *, to: str) -> Viewer:
    """Whoever types the command, as the password shows: an account of another person cannot be borrowed.

    The code of the second factor is asked for where the account has one. `Forbidden` where the role does not
    have the operation `to` do: the table is the same as over HTTP.
    """
    try:
        found = _sign_in(username, password, code="")
    except SecondFactorNeeded:
        code = str(typer.prompt("动态口令 code of the second factor", hide_input=True))
        found = _sign_in(username, password, code=code)
    if not found.ready:
        # Whoever made the account knows its first password, and could be both persons.
        raise AccountNotReady(
            "账号尚未启用，请先修改密码并绑定动态口令 · this account is not ready: change the password and "
            "enrol the second factor first"
        )
    try:
        refuse_unless_permitted(found, to)
    except AccountNotReady:
        raise
    except Forbidden as refusal:
        raise Forbidden(f"您的角色（{found.role.label}）或所属机构不能办理此项 · {refusal.detail}") from None
    return found


def _sign_in(username: str, password: str, *, code: str) -> Viewer:
    at, chosen = clock.now(), settings.from_environment()
    asked = Requirements(chosen.second_factor == "required", chosen.password_days)
    sealing = cipher_of(chosen) if code else None
    with recorded(chosen) as session:
        drift = chosen.code_drift_steps
        try:
            user = sign_in(session, username, password, at=at, code=code, sealing=sealing, drift_steps=drift)
        except SecondFactorNeeded:
            raise
        except NotSignedIn as refusal:
            raise NotSignedIn(f"账号、密码或动态口令不对 · {refusal.detail}") from None
        return replace(viewer(session, user.user_id), ready=not left_to_do(user, asked, at=at))
