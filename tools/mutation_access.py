"""Whether a test fails when a single check of who may see or do what is taken away.

    .venv/bin/python tools/mutation_access.py [PART ...]      of the line about a check, such as app/approvals

One check at a time is taken away in a copy of the tree (`access_checks.py` finds them). The tests are run
once to learn which of them reach which line; a check is then tried with those alone, the quickest of its own
slice first, until one fails. Prints what becomes of each, and the share noticed; exits with 1 below 100 %.
REACH_FOLDER names a folder that keeps what was learned, for the next time.
"""

import importlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, Self

import pytest
from access_checks import DUTIES, POLICY, Mutant, mutants

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
OPTIONS = ("-q", "-x", "-p", "no:cacheprovider")
IMPORTED = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
# What takes longest to import, and is not ours to change.
LIBRARIES = (
    "alembic.command", "argon2", "cryptography.x509", "fastapi.testclient", "jinja2", "jwt",
    "numpy", "pydantic", "rich.console", "sqlalchemy.dialects.sqlite", "sqlalchemy.orm", "typer", "uvicorn",
)  # fmt: skip
SECONDS = 600
FOLDERS = ("app", "scoring", "tests", "tools", "migrations", "seed_data", "benchmarks/data", "docs")
FILES = ("pyproject.toml", "alembic.ini", "README.md")
# What happens at one moment is decided by the database: there both are tried.
KINDS = "not postgresql or same_moment"
REACHING = ("tests/app", "tests/web", "tests/contracts", "-k", KINDS)
DOCUMENT = "test_the_document_says_who_may_do_what_just_as_it_is_decided"
MATRIX, ROW_SECURITY = "tests/app/access/test_matrix.py", "tests/test_row_security.py"
# What is decided when a module is imported no test reaches: these ask about it.
TABLES: Mapping[str, tuple[str, ...]] = {
    POLICY: (f"{MATRIX}::{DOCUMENT}", MATRIX, "tests/app/access/test_accounts.py"),
    DUTIES: ("tests/app/approvals/test_service.py",),
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
    """Try every check asked for; the exit status is 1 where one is not missed by any test."""
    asked = sys.argv[1:] or [""]
    tried = [
        one for one in mutants(ROOT) if any(part in f"{one.module}:{one.line} {one.words}" for part in asked)
    ]
    with tempfile.TemporaryDirectory() as folder:
        copies = [_copied(Path(folder) / str(number)) for number in range(WORKERS)]
        reach = _reach(copies[0])
        print(f"{len(tried)} checks, {len(reach.seconds)} tests that reach the service", flush=True)
        for library in LIBRARIES:
            importlib.import_module(library)
        free: multiprocessing.Queue[Path] = multiprocessing.Queue()
        for each in copies:
            free.put(each)
        # They inherit what was just imported, and hand it on to every run of the tests.
        with multiprocessing.get_context("fork").Pool(WORKERS, _begin, (free, reach)) as pool:
            some = sorted(reach.seconds, key=reach.seconds.__getitem__)[:FIRST]
            if any(pool.map(_fails_now, [some] * WORKERS, chunksize=1)):
                raise SystemExit("tests that pass by themselves fail here: nothing can be learned")
            found = pool.map(_is_noticed, tried, chunksize=1)
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


def _reach(folder: Path) -> Reach:
    """How long each test takes, and which tests reach which line; a test that fails now would notice all."""
    found = Path(os.environ.get("REACH_FOLDER", folder / "reach"))
    if not list(found.glob("gw*.json")):
        found.mkdir(exist_ok=True)
        command = [sys.executable, "-B", "-m", "pytest", "-n", str(WORKERS), "-p", "reach", *OPTIONS]
        named = {"PYTHONPATH": str(ROOT / "tools"), "REACH_FOLDER": str(found)}
        environment = {**os.environ, **named}
        for arguments in ([*command, *REACHING], [sys.executable, "-m", "pytest", *OPTIONS, ROW_SECURITY]):
            if subprocess.run(arguments, cwd=folder, env=environment, check=False).returncode:
                raise SystemExit("a test fails with every check in its place: mend that first")
    return Reach.of(json.loads(file.read_text(encoding="utf-8")) for file in sorted(found.glob("gw*.json")))


def _begin(free: "multiprocessing.Queue[Path]", reach: Reach) -> None:
    """Give a worker its own copy of the tree, and what the tests reach."""
    _WORKER.update(folder=free.get(), reach=reach)


_WORKER: dict[str, Any] = {}


def _fails_now(tests: Sequence[str]) -> bool:
    """Whether tests fail with every check in its place."""
    return _fails(_WORKER["folder"], tests)


def _is_noticed(mutant: Mutant) -> bool:
    """Whether a test fails without the check."""
    folder: Path = _WORKER["folder"]
    target = folder / mutant.module
    original = target.read_text(encoding="utf-8")
    try:
        target.write_text(mutant.text, encoding="utf-8")
        chosen = _tests_of(mutant, _WORKER["reach"])
        # Few at first: one of them nearly always does.
        begins = range(FIRST, len(chosen), AT_ONCE)
        parts = [chosen[:FIRST], *(chosen[begin : begin + AT_ONCE] for begin in begins)]
        noticed = any(_fails(folder, part) for part in parts)
    finally:
        target.write_text(original, encoding="utf-8")
    verdict = "noticed" if noticed else "SURVIVED"
    print(f"{verdict} {mutant.module}:{mutant.line} {mutant.words}", flush=True)
    return noticed


def _tests_of(mutant: Mutant, reach: Reach) -> list[str]:
    """The tests that reach the line, the most telling first.

    Where none does, it was read on import: those that reach its module.
    """
    lines = reach.lines[mutant.module]
    found = lines[mutant.line]
    if mutant.module.startswith("migrations/"):
        return [ROW_SECURITY]
    if not found and mutant.module in TABLES:
        return list(TABLES[mutant.module])
    refused = lines[mutant.refusal]
    _, own, *_, name = mutant.module.removesuffix(".py").split("/")

    def telling(test: str) -> tuple[bool, bool, bool, float]:
        is_own = f"/{own}/" in test or MATRIX in test
        return test not in refused, f"test_{name}." not in test, not is_own, reach.seconds[test]

    return sorted(found or set[str]().union(*lines.values()), key=telling)


def _fails(folder: Path, tests: Sequence[str]) -> bool:
    """Whether one of these fails, or takes too long, in a process of its own."""
    child = os.fork()
    if child == 0:
        _run(folder, tests)
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            # A test that is not there finds nothing.
            assert code not in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED), tests
            return code != 0
        time.sleep(0.05)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _run(folder: Path, tests: Sequence[str]) -> NoReturn:
    try:
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        sys.dont_write_bytecode = True
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        # This process ends without clearing up: what it leaves goes with the copy of the tree.
        tempfile.tempdir = tempfile.mkdtemp(dir=folder)
        # What pytest would rewrite of the libraries' plugins asserts nothing about us.
        os._exit(int(pytest.main([*OPTIONS, "-p", "no:xdist", *IMPORTED, *tests])))
    finally:
        os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main())
