"""The command `credit-village keys`: changing the master key or the suite while the service runs."""

from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.db import Engine, make_engine, reading
from app.errors import Invalid
from app.jobs.progress import quiet
from app.jobs.rotation import move, retire, switch
from app.jobs.sealed import counts
from app.subjects.cipher import KeyName
from app.subjects.key_source import add_key, cipher_of
from app.subjects.keys import in_force, name_of

keys = typer.Typer(name="keys", help="密钥轮换 · the keys values are sealed with", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)


@keys.callback()
def _group() -> None:
    """The keys values are sealed with."""


@keys.command()
def add() -> None:
    """Put a new key in front of the others in the key file; `rotate` moves to it."""
    chosen = settings.from_environment()
    name = KeyName.of(add_key(chosen), chosen.cipher_suite)
    console.print(f"新密钥 new key {name} in {chosen.key_file}", markup=False)
    console.print("back the file up, then run `credit-village keys rotate`", markup=False)


@keys.command()
def status() -> None:
    """Show which keys are in force, and how many values are under each."""
    _tell(_engine())


@keys.command()
def rotate(
    leaked: Annotated[
        bool, typer.Option("--leaked", help="a former key leaked: its tokens hold no longer")
    ] = False,
) -> None:
    """Seal everything with the first of the keys given, and the suite set; run again, it goes on."""
    chosen = settings.from_environment()
    cipher, engine = cipher_of(chosen), _engine()
    target = cipher.in_force[0]
    if switch(engine, cipher, target, at=clock.now(), leaked=leaked):
        console.print(f"现用密钥 {target} seals from now on", markup=False)
    moved = move(engine, cipher, progress=quiet)
    console.print(f"重新加密 sealed anew: {moved.values} values", markup=False)
    for stuck in moved.stuck:
        console.print(f"未能处理 not moved: {stuck}", markup=False)
    _tell(engine)
    if moved.left:
        console.print(f"剩余 {moved.left} values are under a former key still: run it again", markup=False)
        raise SystemExit(1)


@keys.command("retire")
def retire_(name: Annotated[str, typer.Argument(help="its name in `keys status`: aes-3f2a")]) -> None:
    """Take a key out of force; refused while any value is under it."""
    retire(_engine(), _named(name), at=clock.now())
    console.print(
        f"已停用 {name} is retired: take it out of where the keys are given, and keep it with the backups "
        "that were made while it was in force",
        markup=False,
    )


def _tell(engine: Engine) -> None:
    """The keys in force, the others that values are under, and whether each of them was given."""
    cipher = cipher_of(settings.from_environment())
    with reading(engine) as session:
        found, listed = counts(session), in_force(session)
    named = [name_of(key) for key in listed]
    since = {name_of(key): key.seals_from for key in listed}
    leaks = {name_of(key) for key in listed if key.leaked_at is not None}
    for name in dict.fromkeys([*named, *sorted(found)]):
        state = "解密 opens" if name in named else "未登记 not in force"
        state = "加密 seals" if [name] == named[:1] else state
        words = [f"{name}  {state}", f"{sum(found.get(name, {}).values())} values"]
        words += [f"since {since[name]:%Y-%m-%d %H:%M} UTC"] if name in since else []
        words += [] if cipher.knows(name) else ["未提供 not given"]
        words += ["已泄露 leaked"] if name in leaks else []
        console.print("  ".join(words), markup=False)
        for column, count in sorted(found.get(name, {}).items()):
            console.print(f"    {column}: {count}", markup=False)


def _named(text: str) -> KeyName:
    suite, _, key_id = text.partition("-")
    if suite not in ("aes", "sm4") or not key_id:
        raise Invalid(f"{text!r} is not the name of a key; `credit-village keys status` shows them")
    return KeyName("sm4" if suite == "sm4" else "aes", key_id)


def _engine() -> Engine:
    return make_engine(settings.from_environment().database_url)
