"""How many small faults in the heart of the scoring the tests find: a fault at a time, in a copy of the tree.

    .venv/bin/python tools/mutation.py [MODULE ...]      such as scoring/kernel.py

Each mutant changes one comparison, sum, constant, condition or choice. It is killed when a test fails or
takes too long. Prints every survivor with its line, and the share killed.
"""

import ast
import copy
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
SECONDS = 300
FOLDERS = ("app", "scoring", "tests", "migrations", "seed_data", "benchmarks/data", "docs")
FILES = ("pyproject.toml", "alembic.ini", "README.md")
# The quickest first: most mutants are killed by the first file.
SCORING = (
    "tests/scoring/test_cases.py",
    "tests/scoring/test_household_card.py",
    "tests/scoring/test_single.py",
)
MODULES = {
    "scoring/measures.py": ("tests/scoring/test_criteria.py",),
    "scoring/criteria.py": ("tests/scoring/test_criteria.py", "tests/scoring/test_loader.py"),
    "scoring/definition.py": (
        "tests/scoring/test_checks.py",
        "tests/scoring/test_lint.py",
        "tests/scoring/test_facts.py",
        *SCORING,
    ),
    "scoring/kernel.py": SCORING,
    "scoring/reasons.py": ("tests/scoring/test_reasons.py", *SCORING),
}
COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
CHOSEN = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum", "maximum": "minimum"}


def main() -> int:
    """Try every mutant of the modules asked for; the exit status is 1 where fewer than 90 % are killed."""
    by_module = {
        module: list(_mutants(ast.parse((ROOT / module).read_text(encoding="utf-8"))))
        for module in sys.argv[1:] or MODULES
    }
    killed_of: dict[str, tuple[int, int]] = {}
    copies: SimpleQueue[Path] = SimpleQueue()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        for number in range(WORKERS):
            copies.put(_copied(Path(folder) / str(number)))
        for module, mutants in by_module.items():
            _refuse_failing(copies, module)
            found = list(
                pool.map(lambda mutant, module=module: _is_killed(copies, module, mutant[1]), mutants)
            )
            for (where, _), killed in zip(mutants, found, strict=True):
                if not killed:
                    print(f"survived {module}:{where}", flush=True)
            killed_of[module] = (sum(found), len(found))
            print(f"{module}: {sum(found)} of {len(found)} killed", flush=True)
    killed, total = (sum(pair[side] for pair in killed_of.values()) for side in (0, 1))
    print(f"together: {killed} of {total} killed, {killed / total:.1%}")
    return int(killed < 0.9 * total)


def _refuse_failing(copies: "SimpleQueue[Path]", module: str) -> None:
    """Stop where a test fails without any fault: it would seem to find every one."""
    tests, folder = MODULES[module], copies.get()
    if _fails(folder, tests):
        raise SystemExit(f"{' '.join(tests)}: fails without any fault; mend that first")
    copies.put(folder)


def _fails(folder: Path, tests: Sequence[str]) -> bool:
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-x", "-p", "no:xdist", "-p", "no:cacheprovider"]
    try:
        ran = subprocess.run(
            [*command, *tests], cwd=folder, capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return True
    return ran.returncode != 0


def _copied(folder: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__", ".venv*")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    return folder


def _is_killed(copies: "SimpleQueue[Path]", module: str, mutant: str) -> bool:
    """Whether a test of the module fails with the mutant in its place."""
    folder = copies.get()
    target = folder / module
    original = target.read_text(encoding="utf-8")
    try:
        target.write_text(mutant, encoding="utf-8")
        return _fails(folder, MODULES[module])
    finally:
        target.write_text(original, encoding="utf-8")
        copies.put(folder)


def _mutants(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Every mutant of a module: the line and what changes, and the whole text."""
    decorators = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
        for decorator in node.decorator_list
        for part in ast.walk(decorator)
    }
    for index, node in enumerate(ast.walk(tree)):
        # A decorator says what kind of class it is, not what it does.
        for number, words in enumerate([] if id(node) in decorators else _changes(node)):
            changed = copy.deepcopy(tree)
            twin = next(other for place, other in enumerate(ast.walk(changed)) if place == index)
            _apply(twin, number)
            yield f"{getattr(node, 'lineno', 0)} {words}", ast.unparse(changed)


def _changes(node: ast.AST) -> list[str]:
    """What can be changed about a node, in words."""
    if isinstance(node, ast.Compare):
        return [
            f"{type(op).__name__} → {COMPARED[type(op)].__name__}" for op in node.ops if type(op) in COMPARED
        ]
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in COMPUTED:
        return [f"{type(node.op).__name__} → {COMPUTED[type(node.op)].__name__}"]
    if isinstance(node, ast.BoolOp):
        return [f"{type(node.op).__name__} swapped"]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub | ast.Invert):
        return [f"{type(node.op).__name__} removed"]
    if isinstance(node, ast.IfExp | ast.If):
        return ["condition negated"]
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return [f"{node.value} → {node.value + 1}", f"{node.value} → {node.value - 1}"]
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        return [f"{node.value} → {not node.value}"]
    if isinstance(node, ast.Name) and node.id in CHOSEN:
        return [f"{node.id} → {CHOSEN[node.id]}"]
    if (
        isinstance(node, ast.Attribute)
        and node.attr in CHOSEN
        and isinstance(node.value, ast.Name)
        and node.value.id == "np"
    ):
        return [f"np.{node.attr} → np.{CHOSEN[node.attr]}"]
    return []


def _apply(node: ast.AST, number: int) -> None:
    """Make one of the changes in place."""
    if isinstance(node, ast.Compare):
        places = [place for place, op in enumerate(node.ops) if type(op) in COMPARED]
        node.ops[places[number]] = COMPARED[type(node.ops[places[number]])]()
    elif isinstance(node, ast.BinOp | ast.AugAssign):
        node.op = COMPUTED[type(node.op)]()
    elif isinstance(node, ast.BoolOp):
        node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    elif isinstance(node, ast.UnaryOp):
        node.op = ast.UAdd()
    elif isinstance(node, ast.IfExp | ast.If):
        node.test = ast.UnaryOp(ast.Not(), node.test)
    elif isinstance(node, ast.Constant):
        value = node.value
        node.value = not value if isinstance(value, bool) else value + (1 if number == 0 else -1)  # type: ignore[operator]
    elif isinstance(node, ast.Name):
        node.id = CHOSEN[node.id]
    elif isinstance(node, ast.Attribute):
        node.attr = CHOSEN[node.attr]


if __name__ == "__main__":
    raise SystemExit(main())
