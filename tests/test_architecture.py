"""The rules of the code that no linter holds: budgets, owners, directions, light imports."""

import ast
import graphlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "scoring")
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
VAGUE_NAMES = {
    "base_manager", "common", "core", "helper", "helpers", "manager", "managers", "misc", "util", "utils",
}  # fmt: skip
WALL_CLOCK = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today",
    "time.time", "time.time_ns", "time.localtime", "time.gmtime", "func.now", "func.current_timestamp",
}  # fmt: skip
ENVIRONMENT = {"os.environ", "os.environb", "os.getenv", "os.putenv"}


def files(*folders: str) -> list[Path]:
    """Every Python file below these folders of the project, by name."""
    found = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return [file for file in found if not any(part.startswith(".venv") for part in file.parts)]


def named(path: Path) -> str:
    """A file as it is written in a message and compared with an owner."""
    return path.relative_to(ROOT).as_posix()


CODE = files(*PACKAGES)
WRITTEN = files(*PACKAGES, "tests", "benchmarks")


def besides(*owners: str) -> list[Path]:
    """The code without the files or packages that may do what the rest may not."""
    prefixes = [prefix for owner in owners for prefix in (f"{owner}.py", f"{owner}/")]
    return [file for file in CODE if not named(file).startswith(tuple(prefixes))]


@cache
def nodes(file: Path) -> list[ast.AST]:
    """Everything in the syntax tree of a file."""
    return list(ast.walk(ast.parse(file.read_text(encoding="utf-8"), filename=str(file))))


def dotted(node: ast.AST) -> str:
    """`a.b.c` as it is written; empty where the expression is not a plain name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


def uses(file: Path, names: set[str]) -> list[str]:
    """Where a file reads one of these names, also as `import datetime as dt` or `from os import environ`."""
    return [f"{named(file)}:{line} {name}" for line, name in _read_names(file) if name in names]


def _read_names(file: Path) -> Iterator[tuple[int, str]]:
    """Every name read or imported, shortened to its last two parts, with renamed imports undone."""
    renamed: dict[str, str] = {}
    for node in nodes(file):
        if isinstance(node, ast.Import):
            renamed |= {alias.asname: alias.name for alias in node.names if alias.asname}
        if isinstance(node, ast.ImportFrom):
            renamed |= {alias.asname: alias.name for alias in node.names if alias.asname}
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
    for node in nodes(file):
        if isinstance(node, ast.Attribute) and (name := dotted(node)):
            first, *rest = name.split(".")
            yield node.lineno, ".".join([renamed.get(first, first), *rest][-2:])


def test_a_file_stays_within_its_budget_of_lines() -> None:
    lines = {named(file): len(file.read_text(encoding="utf-8").splitlines()) for file in WRITTEN}
    assert {file: count for file, count in lines.items() if count > FILE_LINES_MAX} == {}


def test_a_function_fits_a_screen() -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    functions = [(file, node) for file in WRITTEN for node in nodes(file) if isinstance(node, kinds)]
    lines = {f"{named(file)} {f.name}": (f.end_lineno or 0) - f.lineno + 1 for file, f in functions}
    assert {name: count for name, count in lines.items() if count > FUNCTION_LINES_MAX} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    parts = {named(file): {file.stem, *file.relative_to(ROOT).parts[:-1]} for file in WRITTEN}
    assert [file for file, names in parts.items() if names & VAGUE_NAMES] == []


def test_only_the_edge_commits() -> None:
    commits = [
        f"{named(file)}:{node.lineno}"
        for file in besides("app/db")
        for node in nodes(file)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]
    assert commits == [], "app/db.py commits, once per request or job step"


def test_a_command_writes_only_where_looks_are_logged() -> None:
    commands = [file for file in besides("app/cli_transactions") if named(file).startswith("app/cli")]
    assert len(commands) > 10
    assert [use for file in commands for use in uses(file, {"app.db.transaction", "db.transaction"})] == []


def test_looks_are_added_past_the_models_in_one_place_only() -> None:
    bulk = [
        f"{named(file)}:{node.lineno}"
        for file in besides("app/inquiries/store")
        for node in nodes(file)
        if isinstance(node, ast.Call) and dotted(node.func).split(".")[-1] == "insert"
        if node.args and dotted(node.args[0]).split(".")[0] == "Inquiry"
    ]
    assert bulk == [], "app/db.py is told of looks by the models; app/inquiries/store.py tells it itself"


def test_only_the_clock_reads_the_clock() -> None:
    assert [use for file in besides("app/clock") for use in uses(file, WALL_CLOCK)] == []


def test_only_the_settings_read_the_environment() -> None:
    assert [use for file in besides("app/settings") for use in uses(file, ENVIRONMENT)] == []


def test_only_the_outermost_loops_catch_everything() -> None:
    broad = [
        f"{named(file)}:{node.lineno}"
        for file in besides("app/cli", "app/jobs")
        for node in nodes(file)
        if isinstance(node, ast.ExceptHandler) and _caught(node) & {"", "Exception", "BaseException"}
    ]
    assert broad == []


def _caught(handler: ast.ExceptHandler) -> set[str]:
    caught = handler.type
    if caught is None:
        return {""}
    return {dotted(item) or "?" for item in (caught.elts if isinstance(caught, ast.Tuple) else [caught])}


def test_only_the_command_line_prints() -> None:
    prints = [
        f"{named(file)}:{node.lineno}"
        for file in besides("app/cli", "app/__main__")
        for node in nodes(file)
        if isinstance(node, ast.Call) and dotted(node.func) == "print"
    ]
    assert prints == []


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Who imports whom, in both packages and beyond."""
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


@pytest.mark.parametrize("package", PACKAGES)
def test_the_parts_of_a_package_import_each_other_in_no_circle(
    graph: grimp.ImportGraph, package: str
) -> None:
    parts: dict[str, set[str]] = {part: set() for part in graph.find_children(package)}
    for part in parts:
        members = {part, *graph.find_descendants(part)}
        imported = {name for member in members for name in graph.find_modules_directly_imported_by(member)}
        owners = {".".join(name.split(".")[:2]) for name in imported if name.startswith(f"{package}.")}
        parts[part] = owners - {part}
    graphlib.TopologicalSorter(parts).prepare()


@pytest.mark.parametrize(("library", "owner"), [("yaml", "scoring.loader"), ("sklearn", "scoring.fitting")])
def test_a_library_of_scoring_has_one_owner(graph: grimp.ImportGraph, library: str, owner: str) -> None:
    importers = graph.find_modules_that_directly_import(library) if library in graph.modules else set()
    strangers = {name for name in importers if name.startswith("scoring") and not name.startswith(owner)}
    assert strangers == set()


def test_a_store_is_read_by_its_own_slice_only(graph: grimp.ImportGraph) -> None:
    stores = {
        name for name in graph.modules if name.split(".")[0] == "app" and name.split(".")[2:3] == ["store"]
    }
    strangers = {
        f"{importer} -> {store}"
        for store in stores
        for importer in graph.find_modules_that_directly_import(store)
        if importer.split(".")[:2] != store.split(".")[:2]
    }
    assert strangers == set(), "a slice calls another slice's service"


def test_the_service_never_drafts_cards(graph: grimp.ImportGraph) -> None:
    fitting = {name for name in graph.modules if name.startswith("scoring.fitting")}
    assert not any(graph.chain_exists("app", name, as_packages=True) for name in fitting)


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    linted = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def loaded_by(modules: list[str]) -> set[str]:
    """The top-level packages in memory after a fresh interpreter imported these modules."""
    command = [sys.executable, "-c", f"import sys, {', '.join(modules)}; print(*sys.modules)"]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    return {name.split(".")[0] for name in child.stdout.split()}


def test_scoring_loads_no_web_no_database_and_no_learning() -> None:
    drafting = ("scoring.fitting",)
    modules = [".".join(f.relative_to(ROOT).with_suffix("").parts) for f in files("scoring")]
    modules = [m.removesuffix(".__init__") for m in modules if not m.startswith(drafting)]
    heavy = {"app", "fastapi", "starlette", "sqlalchemy", "pydantic", "sklearn", "scipy"}
    assert loaded_by(modules) & heavy == set()


@pytest.mark.parametrize("module", ["app.main", "app.cli"])
def test_the_serving_process_loads_no_extra(module: str) -> None:
    loaded = loaded_by([module])
    assert {name for name in loaded if name.startswith(("pyarrow", "adbc_", "sklearn", "scipy"))} == set()


def test_a_test_cannot_leave_this_machine() -> None:
    with pytest.raises(OSError, match="do not leave this machine"):
        socket.create_connection(("192.0.2.1", 443), timeout=1)
