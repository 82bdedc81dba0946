"""The commands `credit-village log …`: checking the log of inquiries, by itself and against the database."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.db import make_engine
from app.errors import Invalid
from app.inquiries.service import compare
from app.inquiry_log.verify import read_key, verify

logs = typer.Typer(name="log", help="查询日志 · the log of inquiries", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)


@logs.callback()
def _group() -> None:
    """The log of inquiries."""


@logs.command("verify")
def verify_(
    folder: Annotated[Path, typer.Argument(help="the folder with inquiries-*.log")],
    public_key: Annotated[list[Path], typer.Option(help="log-key-….pem, kept apart from the log")],
    seals: Annotated[list[Path] | None, typer.Option(help="a further folder with seals")] = None,
) -> None:
    """Check that no entry was edited, moved or taken out since it was sealed; needs no database."""
    try:
        keys = [read_key(path) for path in public_key]
        report = verify(folder, seal_folders=seals or [], keys=keys, at=clock.now())
    except (OSError, ValueError) as error:
        raise Invalid(f"log verify: {error}") from None
    for line in report.lines():
        console.print(line, markup=False)
    if report.faults:
        raise SystemExit(1)


@logs.command("compare")
def compare_(
    folder: Annotated[
        Path | None,
        typer.Argument(exists=True, file_okay=False, help="日志文件夹 its folder; that of the settings"),
    ] = None,
    first: Annotated[int, typer.Option(min=0, max=10_000, help="列出编号条数 how many numbers to list")] = 10,
) -> None:
    """核对 Hold the log against the database: looks without an entry, and entries without a look."""
    chosen = settings.from_environment()
    engine = make_engine(chosen.database_url)
    try:
        found = compare(engine, folder or chosen.inquiry_log_folder)
    finally:
        engine.dispose()
    for line in found.lines(most=first):
        console.print(line, markup=False)
    if not found.agrees:
        raise SystemExit(1)
