"""The commands `credit-village account …`: organisations, accounts and clients, by the operator."""

import sys
from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.access import accounts, service
from app.cli_transactions import recorded
from app.db import Session
from app.errors import NotFound
from app.models import OrganisationKind, Role, User
from app.places.service import place_by_code

account = typer.Typer(
    name="account",
    help="机构、账号、接口凭据 · organisations, accounts, credentials of banks' systems",
    no_args_is_help=True,
)
console = Console(highlight=False, soft_wrap=True)

Code = Annotated[str, typer.Argument(help="机构代码 the code of an organisation")]
Username = Annotated[str, typer.Argument(help="用户名")]


@account.command("organisation")
def add_organisation(
    code: Code,
    *,
    name: Annotated[str, typer.Option(help="名称")],
    kind: Annotated[OrganisationKind, typer.Option(help="类型")],
    parent: Annotated[str | None, typer.Option(help="of a branch: the code of its organisation")] = None,
) -> None:
    """Add an organisation or a branch; a bank receives ratings once two persons have admitted it."""
    with recorded() as session:
        parent_id = None if parent is None else _organisation_id(session, parent)
        service.create_organisation(session, code=code, name=name, kind=kind, parent_id=parent_id)
    console.print(f"已新增机构 added {code}", markup=False)


@account.command("user")
def add_user(
    username: Username,
    *,
    name: Annotated[str, typer.Option(help="姓名")],
    role: Annotated[Role, typer.Option(help="角色")],
    organisation: Annotated[str, typer.Option(help="the code of the organisation")],
    place: Annotated[str, typer.Option(help="the code of the division whose data the account may see")],
) -> None:
    """Add an account; the password is asked for, or read from standard input."""
    password = _password()
    with recorded() as session:
        service.create_user(
            session,
            username=username,
            display_name=name,
            password=password,
            role=role,
            organisation_id=_organisation_id(session, organisation),
            place_id=place_by_code(session, place, on=clock.today()).place_id,
            at=clock.now(),
            breached=settings.from_environment().breached_passwords,
        )
    console.print(f"已开通账号 added {username}（{role.label}）", markup=False)


@account.command()
def disable(username: Username) -> None:
    """Close an account at once: nothing it holds is worth anything any longer."""
    with recorded() as session:
        user = _user(session, username)
        terms = accounts.changed_terms(user, {"disabled": True})
        accounts.set_terms(session, user, terms, at=clock.now())
    console.print(f"已停用 disabled {username}", markup=False)


@account.command()
def enable(username: Username) -> None:
    """Open a closed account again."""
    with recorded() as session:
        user = _user(session, username)
        accounts.set_terms(session, user, accounts.changed_terms(user, {"disabled": False}), at=clock.now())
    console.print(f"已启用 enabled {username}", markup=False)


@account.command()
def unlock(username: Username) -> None:
    """Let an account that rests after failed sign-ins try again at once."""
    with recorded() as session:
        accounts.unlock(_user(session, username))
    console.print(f"已解锁 unlocked {username}", markup=False)


@account.command()
def reset(
    username: Username,
    *,
    second_factor: Annotated[bool, typer.Option("--second-factor", help="解绑动态口令 take it off")] = False,
) -> None:
    """Give an account a one-time password, which its user has to change; or take its second factor off."""
    with recorded() as session:
        user = _user(session, username)
        if second_factor:
            accounts.reset_second_factor(session, user, at=clock.now())
            console.print(f"已解绑动态口令 second factor taken off {username}", markup=False)
            return
        password = accounts.reset_password(session, user, at=clock.now())
    console.print(f"一次性密码 one-time password: {password}", markup=False)


@account.command("client")
def add_client(username: Username) -> None:
    """Credentials a bank's system signs in with for an account; the secret is shown only now."""
    with recorded() as session:
        made, secret = accounts.open_client(session, _user(session, username), at=clock.now())
    console.print(f"client_id: {made.client_id}\nclient_secret: {secret}", markup=False)


@account.command()
def revoke(
    name: Annotated[str, typer.Argument(help="a client_id, or a username")],
) -> None:
    """Take a client's credentials back, or end every session of an account."""
    with recorded() as session:
        if name.startswith("client-"):
            accounts.revoke_client(accounts.client(session, name))
        else:
            accounts.sign_out(session, _user(session, name), at=clock.now())
    console.print(f"已注销 revoked {name}", markup=False)


def _password() -> str:
    """From the terminal, twice and unseen, or one line of standard input; never from an argument."""
    if sys.stdin.isatty():
        return str(typer.prompt("密码 password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")


def _organisation_id(session: Session, code: str) -> int:
    return service.organisation_by_code(session, code).organisation_id


def _user(session: Session, username: str) -> User:
    found = service.user_by_name(session, username)
    if found is None:
        raise NotFound(f"there is no account {username}; correct the username. 没有账号 {username}。")
    return found
