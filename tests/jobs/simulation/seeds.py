"""Play many simulated years and weigh each a second time, month by month.

`python -m tests.jobs.simulation.seeds --seeds 1000` plays the seeds 1 to 1000; a seed with a fault is named,
and `--first SEED --seeds 1` plays it again. At the end it says how often every step of the table was taken by
each kind of title, and which steps never.
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
from app.subjects.key_source import cipher_of
from tests.oracle.export import earlier
from tests.oracle.standing import faults_of_standing
from tests.oracle.tables import FILES, Titles, profile_of
from tests.oracle.title_facts import faults_of_facts
from tests.oracle.title_steps import faults_of_steps, transitions
from tests.oracle.titles import faults_of_counts, faults_of_night

BEGINS_ON = date(2026, 12, 1)
MONTHS = 18
# A step of the table: the title it is of, the state before, and the action.
Step = tuple[str, str, str]


@dataclass
class Played:
    """A year that was played: its months, what was found wrong, and which steps were taken how often."""

    seed: int
    months: list[Month] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    steps: Counter[Step] = field(default_factory=Counter)
    refused: int = 0

    @property
    def actions(self) -> set[str]:
        """The kinds of step that were taken."""
        return {action for _, _, action in self.steps}


def play(settings: Settings, engine: Engine, seed: int, *, months: int = MONTHS) -> Played:
    """Play one year in a prepared database, and weigh every month-end a second time."""
    played, cipher = Played(seed), cipher_of(settings)

    def opened() -> Titles:
        return Titles(engine, opens=lambda sealed, row: cipher.open(sealed, row=row))

    def weigh(month: Month) -> None:
        tables = opened()
        played.faults += faults_of_steps(tables) + faults_of_night(tables, month.on)
        played.faults += faults_of_facts(tables, since=earlier(month.on, 1))
        played.faults += faults_of_counts(tables, month.on) + faults_of_standing(tables, month)

    year = simulate(settings, engine, Script(seed, months, BEGINS_ON), after_month=weigh)
    played.months, played.refused = year.months, sum(year.refused.values())
    tables = opened()
    for number, steps in tables.steps.items():
        before = ["", *(step["state"] for step in steps)]
        kind = tables.titles[number]["kind"]
        played.steps.update((kind, state, step["action"]) for state, step in zip(before, steps, strict=False))
    return played


def table_of_steps() -> list[Step]:
    """Every step every title can take by its profile."""
    return sorted(
        (kind, before, action)
        for kind in FILES
        for before, action in transitions(profile_of(kind)["path"]["checks"])
    )


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


def _tell_steps(steps: Counter[Step]) -> None:
    table = table_of_steps()
    never = [each for each in table if not steps[each]]
    for kind in FILES:
        taken = [(before, action) for of, before, action in table if of == kind and steps[of, before, action]]
        _tell(f"{kind}: " + ", ".join(f"{'/'.join(one).lstrip('/')} {steps[kind, *one]}" for one in taken))
    _tell(f"steps of the table never taken: {len(never)} of {len(table)}")
    for kind, before, action in never:
        _tell(f"  never: {kind} {before}/{action}")


def main() -> int:
    """Play the years; the exit status is 1 where one has a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--months", type=int, default=MONTHS)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args()
    steps: Counter[Step] = Counter()
    broken, refused = 0, 0
    with tempfile.TemporaryDirectory() as name, prepared(Path(name)), Pool(chosen.processes, _begin) as pool:
        orders = [(name, seed, chosen.months) for seed in range(chosen.first, chosen.first + chosen.seeds)]
        for count, played in enumerate(pool.imap_unordered(_play, orders), start=1):
            steps.update(played.steps)
            refused += played.refused
            broken += bool(played.faults)
            for fault in played.faults[:5]:
                _tell(f"seed {played.seed}: {fault}")
            if count % 50 == 0:
                _tell(f"{count} years played, {broken} with a fault")
    played_in_all = f"{chosen.seeds} years of {chosen.months} months"
    _tell(f"{played_in_all}: {broken} with a fault, {refused} refused attempts")
    _tell_steps(steps)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
