"""Whether a test fails when a single check of who may see or do what is taken away.

    .venv/bin/python tools/mutation_access.py [PATH ...]      such as app/approvals, a part of a module's path

One check at a time is taken away in a copy of the tree (`access_checks.py` finds them). The tests are run
once to learn which of them reach which line; a check is then tried with those alone, the quickest of its own
slice first, until one fails. Prints every survivor, and the share that was noticed; exits with 1 below 100 %.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, NamedTuple, Self

from access_checks import DUTIES, POLICY, ROWS, Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
SECONDS = 600
FOLDERS = ("app", "scoring", "tests", "migrations", "seed_data", "benchmarks/data", "docs")
FILES = ("pyproject.toml", "alembic.ini", "README.md")
REACHING = ("tests/app", "tests/web", "tests/contracts", "-k", "not postgresql")
DOCUMENT = "test_the_document_says_who_may_do_what_just_as_it_is_decided"
MATRIX, ROW_SECURITY = "tests/app/access/test_matrix.py", "tests/test_row_security.py"
# What is decided when a module is imported no test reaches: these ask about it.
TABLES: Mapping[str, tuple[str, ...]] = {
    POLICY: (f"{MATRIX}::{DOCUMENT}", MATRIX, "tests/app/access/test_accounts.py"),
    DUTIES: ("tests/app/approvals/test_service.py",),
    ROWS: (ROW_SECURITY,),
}
FIRST, AT_ONCE = 12, 60


class Reach(NamedTuple):
    """How long each test takes, and by which tests each line of each module is reached."""

    seconds: dict[str, float]
    lines: dict[str, dict[int, set[str]]]

    @classmethod
    def of(cls, parts: Iterable[Any]) -> Self:
        """What the workers have written down, together."""
        whole = cls(defaultdict(float), defaultdict(lambda: defaultdict(set)))
        for part in parts:
            for test, seconds in part["seconds"].items():
                whole.seconds[test] += seconds
            for module, lines in part["lines"].items():
                for line, tests in lines.items():
                    whole.lines[module][int(line)] |= set(tests)
        return whole


def main() -> int:
    """Try every check of the modules asked for; the exit status is 1 where a test fails for not every one."""
    asked = sys.argv[1:] or [""]
    tried = [one for one in mutants(ROOT) if any(part in one.module for part in asked)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(WORKERS):
            copies.put(_copied(Path(folder) / str(number)))
        reach = _reach(copies)
        print(f"{len(tried)} checks, {len(reach.seconds)} tests that reach the service", flush=True)
        found = list(pool.map(lambda mutant: _is_noticed(copies, mutant, reach), tried))
    for module in dict.fromkeys(one.module for one in tried):
        of_module = [noticed for one, noticed in zip(tried, found, strict=True) if one.module == module]
        print(f"{module}: {sum(of_module)} of {len(of_module)}")
    print(f"together: {sum(found)} of {len(found)} noticed, {sum(found) / len(found):.1%}")
    return int(not all(found))


def _copied(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", ".venv*")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    return folder


def _reach(copies: "SimpleQueue[Path]") -> Reach:
    """How long each test takes, and which tests reach which line; a test that fails now would notice all."""
    folder = copies.get()
    found = folder / "reach"
    found.mkdir()
    named = {"PYTHONPATH": str(ROOT / "tools"), "REACH_FOLDER": str(found)}
    for ran in (
        _pytest(folder, "-n", str(WORKERS), "-p", "reach", *REACHING, seconds=3600, **named),
        _pytest(folder, ROW_SECURITY),
    ):
        if ran.returncode:
            raise SystemExit(f"{ran.stdout[-3000:]}\na test fails with every check in place: mend that first")
    copies.put(folder)
    return Reach.of(json.loads(file.read_text(encoding="utf-8")) for file in sorted(found.glob("gw*.json")))


def _is_noticed(copies: "SimpleQueue[Path]", mutant: Mutant, reach: Reach) -> bool:
    """Whether a test fails without the check."""
    folder = copies.get()
    target = folder / mutant.module
    original = target.read_text(encoding="utf-8")
    try:
        target.write_text(mutant.text, encoding="utf-8")
        chosen = _tests_of(mutant, reach)
        # Few at first: the first ones nearly always do.
        begins = range(FIRST, len(chosen), AT_ONCE)
        parts = [chosen[:FIRST], *(chosen[begin : begin + AT_ONCE] for begin in begins)]
        noticed = any(_fails(folder, part) for part in parts if part)
    finally:
        target.write_text(original, encoding="utf-8")
        copies.put(folder)
    if not noticed:
        print(f"survived {mutant.module}:{mutant.line} {mutant.words}", flush=True)
    return noticed


def _tests_of(mutant: Mutant, reach: Reach) -> list[str]:
    """The tests that reach the line; where none does, it was read on import: those that reach its module."""
    lines = reach.lines[mutant.module]
    found = lines[mutant.line]
    if not found and mutant.module in TABLES:
        return list(TABLES[mutant.module])
    own = f"/{mutant.module.split('/')[1]}/"
    every = found or set[str]().union(*lines.values())
    return sorted(every, key=lambda test: (own not in test and MATRIX not in test, reach.seconds[test]))


def _fails(folder: Path, tests: Sequence[str]) -> bool:
    try:
        return _pytest(folder, *tests).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def _pytest(
    folder: Path, *arguments: str, seconds: int = SECONDS, **environment: str
) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, *arguments],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )


if __name__ == "__main__":
    raise SystemExit(main())
