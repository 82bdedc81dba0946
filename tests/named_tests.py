"""The tests that a document names, and the tests there are."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def named(text: str) -> list[str]:
    """Every test a text names, as `tests/file.py::test_claim`."""
    return re.findall(r"(tests/[\w/]+\.py::test_\w+)", text)


def missing(names: list[str]) -> set[str]:
    """Those of them that do not exist."""
    return {name for name in names if name.partition("::")[2] not in _tests_of(name.partition("::")[0])}


@cache
def _tests_of(file: str) -> frozenset[str]:
    """The tests a file defines; none where there is no such file."""
    path = ROOT / file
    tree = ast.parse(path.read_text(encoding="utf-8")) if path.is_file() else ast.Module([], [])
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
