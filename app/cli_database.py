"""The command `credit-village database`: who may do what in PostgreSQL."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app import settings
from app.db import make_engine
from app.jobs.serving_role import grant_serving, set_password

databases = typer.Typer(name="database", help="数据库权限 · rights in PostgreSQL", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)


@databases.callback()
def _group() -> None:
    """Rights in PostgreSQL."""


@databases.command()
def grant(
    role: Annotated[str, typer.Option(help="the role the service connects with; made if there is none")],
    password_file: Annotated[
        Path | None,
        typer.Option(exists=True, help="its password, one line of a file (or /dev/stdin); set as a verifier"),
    ] = None,
) -> None:
    """Let a role serve: it owns nothing, and sees of persons only the division of whoever asks."""
    password = None if password_file is None else password_file.read_text(encoding="utf-8").strip()
    engine = make_engine(settings.from_environment().database_url)
    for statement in grant_serving(engine, role):
        console.print(f"{statement};", markup=False)
    if password is not None:
        set_password(engine, role, password)
        console.print(f"已设置密码 the password of {role} is set", markup=False)
        return
    console.print(
        "set its password with: ALTER ROLE … PASSWORD …, and serve with its DATABASE_URL", markup=False
    )
