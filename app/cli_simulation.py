"""The command `credit-village simulate`: a scripted year of an invented town, with its titles."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.cli_days import as_day
from app.db import make_engine
from app.errors import Invalid
from app.jobs.simulation import Month, Script, prepare, simulate
from app.settings import Settings

console = Console(highlight=False, soft_wrap=True)


def simulate_(
    seed: Annotated[int, typer.Option(min=0, help="随机种子 the same seed gives the same year")] = 1,
    months: Annotated[int, typer.Option(min=1, max=120, help="月数 how many months")] = 12,
    *,
    begins: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="首月 a day of the first month; next month")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="FILE", help="保留数据库 keep the database in this new file")
    ] = None,
) -> None:
    """Play a year of an invented town: appraisals, notices, objections, titles given, kept and taken."""
    script = Script(seed=seed, months=months, begins_on=_first_day(begins))
    with _database(keep) as chosen:
        engine = make_engine(chosen.database_url)
        prepare(chosen, engine, begins_on=script.begins_on)
        year = simulate(chosen, engine, script, after_month=_tell)
        engine.dispose()
    refused = ", ".join(f"{count} {code}" for code, count in sorted(year.refused.items()))
    console.print(f"被拒绝的办理 refused attempts: {refused or 0}", markup=False)


def _tell(month: Month) -> None:
    for line in month.lines():
        console.print(line, markup=False)


def _first_day(begins: str | None) -> date:
    if begins is None:
        today = clock.today()
        return date(today.year + today.month // 12, today.month % 12 + 1, 1)
    return as_day(begins, option="--from").replace(day=1)


@contextmanager
def _database(keep: Path | None) -> Iterator[Settings]:
    """Settings of a database of its own, with a key of its own; what is not kept is thrown away."""
    if keep is not None and keep.exists():
        raise Invalid(f"--keep {keep}: 文件已存在，请另选 · exists already; choose a new file")
    with tempfile.TemporaryDirectory(prefix="credit-village-") as folder:
        file = (keep or Path(folder) / "simulation.db").resolve()
        file.parent.mkdir(parents=True, exist_ok=True)
        key = file.with_suffix(".key")
        yield settings.from_environment().model_copy(
            update={
                "database_url": f"sqlite:///{file}",
                "key_file": key,
                "master_key": None,
                "key_command": None,
                "certificate_key_file": None,
            }
        )
