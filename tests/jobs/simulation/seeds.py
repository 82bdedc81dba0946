"""Play many simulated years and weigh each a second time, month by month.

`python -m tests.jobs.simulation.seeds --seeds 1000` plays the seeds 1 to 1000; a seed with a fault is named,
and `--first SEED --seeds 1` plays it again.
"""

import argparse
import gc
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from multiprocessing import Pool
from pathlib import Path

from app.db import Engine, make_engine
from app.jobs.simulation import Month, Script, prepare, simulate
from app.settings import Settings
from tests.oracle.tables import Titles
from tests.oracle.title_steps import faults_of_steps
from tests.oracle.titles import faults_of_counts, faults_of_night

BEGINS_ON = date(2026, 12, 1)
MONTHS = 12


@dataclass
class Played:
    """A year that was played: its months, what was found wrong, and which steps were taken how often."""

    seed: int
    months: list[Month] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    actions: Counter[str] = field(default_factory=Counter)
    refused: int = 0


def play(settings: Settings, engine: Engine, seed: int, *, months: int = MONTHS) -> Played:
    """Play one year in a prepared database, and weigh every month-end a second time."""
    played = Played(seed)

    def weigh(month: Month) -> None:
        tables = Titles(engine)
        played.faults += faults_of_steps(tables) + faults_of_night(tables, month.on)
        played.faults += faults_of_counts(tables, month.on)

    year = simulate(settings, engine, Script(seed, months, BEGINS_ON), after_month=weigh)
    played.months, played.refused = year.months, sum(year.refused.values())
    for steps in Titles(engine).steps.values():
        played.actions.update(step["action"] for step in steps)
    return played


@contextmanager
def prepared(folder: Path) -> Iterator[Settings]:
    """Settings of a database in which nothing has happened yet, to copy."""
    chosen = settings_of(folder / "empty.db", folder)
    engine = make_engine(chosen.database_url)
    prepare(chosen, engine, begins_on=BEGINS_ON)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    yield chosen


def settings_of(file: Path, folder: Path) -> Settings:
    """Settings of a SQLite file, with the key of its folder."""
    return Settings().model_copy(
        update={"database_url": f"sqlite:///{file}", "key_file": folder / "simulation.key"}
    )


def play_copy(folder: Path, seed: int, *, months: int = MONTHS) -> Played:
    """Play one year in a copy of the prepared database of a folder."""
    file = folder / f"{seed}-{os.getpid()}.db"
    shutil.copyfile(folder / "empty.db", file)
    chosen = settings_of(file, folder)
    engine = make_engine(chosen.database_url)
    try:
        return play(chosen, engine, seed, months=months)
    finally:
        engine.dispose()
        for left in folder.glob(f"{file.name}*"):
            left.unlink()


def _play(order: tuple[str, int, int]) -> Played:
    return play_copy(Path(order[0]), order[1], months=order[2])


def _begin() -> None:
    """What is loaded stays: looking through it for garbage took a fifth of a year."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def _tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> int:
    """Play the years; the exit status is 1 where one has a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--months", type=int, default=MONTHS)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    actions: Counter[str] = Counter()
    broken, refused = 0, 0
    with tempfile.TemporaryDirectory() as name, prepared(Path(name)), Pool(chosen.processes, _begin) as pool:
        orders = [(name, seed, chosen.months) for seed in range(chosen.first, chosen.first + chosen.seeds)]
        for count, played in enumerate(pool.imap_unordered(_play, orders), start=1):
            actions.update(played.actions)
            refused += played.refused
            broken += bool(played.faults)
            for fault in played.faults[:5]:
                _tell(f"seed {played.seed}: {fault}")
            if count % 50 == 0:
                _tell(f"{count} years played, {broken} with a fault")
    played_in_all = f"{chosen.seeds} years of {chosen.months} months"
    _tell(f"{played_in_all}: {broken} with a fault, {refused} refused attempts")
    _tell("steps: " + ", ".join(f"{action} {count}" for action, count in sorted(actions.items())))
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
