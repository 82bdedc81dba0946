"""Every check of who may see or do what: what `mutation_access.py` takes away, one at a time."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# Where nothing is decided about people: jobs and the command line are the operator's own, rules are public.
LEFT_OUT = frozenset({"credit_lines", "examples", "jobs", "models", "records", "rules"})
POLICY = "app/access/policy.py"
DUTIES = "app/approvals/duties.py"
ROWS = "migrations/versions/2026_11_23_2000_row_level_security.py"
AUDITORS_ROWS = "migrations/versions/2026_11_27_2110_auditors_rows.py"
# What a policy of the database asks of a row that is read or written.
ROW_CONDITION = re.compile(r"(USING|WITH CHECK) \((?:\{seen\}|false)\)")
# Functions that say yes or no about somebody; a list of a store may have the same name.
ANSWERS = frozenset(
    {"covers_inquiry", "gives_alone", "may", "may_check", "may_make", "may_manage", "may_see", "within"}
)  # fmt: skip
# What somebody is refused with; not all of them are exceptions, some build one.
REFUSALS = frozenset(
    {
        "AccountNotReady", "ConsentMissing", "Forbidden", "NotFound", "NotSignedIn", "PreconditionFailed",
        "ForeignForm", "PreconditionRequired", "SecondFactorNeeded", "TooManyAttempts", "_not_there",
        "not_there", "not_what_was_granted", "of_nobody", "_refusal", "_takes_two",
    }
)  # fmt: skip
# Conditions of a query that keep the rows of others out; in these slices all of them do.
KEEPS_OUT, KEEPS_ALL_OUT = ("_inside", "prefix", "between("), ("access", "approvals")
# The begin of a page, names to show, the form of a code, and refusals that are about no person.
NO_CHECK = frozenset(
    {
        "User.user_id.in_(user_ids)", "len(code) != CODE_DIGITS", "not code.isdecimal()", "not found",
        "User.user_id > after", "Organisation.organisation_id > after", "_refuse_before_first_night",
        "_refuse_overlap", "_refuse_unknown",
    }
)  # fmt: skip
# Checks of another form: the module, what it says, and what it says without the check.
OTHERS = (
    ("app/access/readiness.py", "user.must_change_password or ", ""),
    ("app/access/readiness.py", " or _is_too_old(user, requirements, at=at)", ""),
    ("app/access/readiness.py", "requirements.second_factor and user.totp_confirmed_at is None", "False"),
    ("app/access/service.py", "admitted=found.admitted_at is not None", "admitted=True"),
    ("app/access/service.py", "ready=not found.must_change_password", "ready=True"),
    ("app/access/service.py", "ready=not left,", "ready=True,"),
    ("app/access/accounts.py", "literal(viewer.role is Role.SYSTEM_ADMIN)", "literal(True)"),
    ("app/access/accounts.py", ", Organisation.organisation_id == own, ", ", literal(True), "),
    (ROWS, 'f"organisation_id = {ORGANISATION} OR "', '"true OR "'),
    (AUDITORS_ROWS, 'f"{READS_LOG} AND "', '""'),
    (AUDITORS_ROWS, " AND starts_with(places.code, {SCOPE})", ""),
)


class Mutant(NamedTuple):
    """A module without one of its checks: where, which one, and its whole text.

    `refusal`: the line that is never reached without the check; whoever is refused there tells most.
    """

    module: str
    line: int
    words: str
    text: str
    refusal: int = 0


class _Cut(NamedTuple):
    """A part of a text, and what stands there instead."""

    node: ast.expr | ast.stmt
    words: str
    instead: str
    refusal: int = 0


def mutants(root: Path) -> Iterator[Mutant]:
    """Every mutant of the tree below `root`, a module at a time."""
    slices = sorted(path for path in (root / "app").rglob("*/*.py") if LEFT_OUT.isdisjoint(path.parts))
    for path in (*slices, *sorted((root / "migrations" / "versions").glob("*.py"))):
        module, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        tree = ast.parse(text)
        if module.startswith("app/"):
            yield from (_cut(module, text, cut) for cut in _of_code(module, tree))
        elif "CREATE POLICY" not in text:
            continue
        yield from (_cut(module, text, cut) for cut in _of_tables(tree))
        yield from _of_policies(module, text)
        for of, part, instead in OTHERS:
            if of == module:
                assert text.count(part) == 1, f"{module}: {part} is there {text.count(part)} times"
                line = text[: text.index(part)].count("\n") + 1
                yield Mutant(module, line, f"{part.strip()} → {instead}", text.replace(part, instead))


def _cut(module: str, text: str, cut: _Cut) -> Mutant:
    rows = text.encode().splitlines(keepends=True)
    node, starts = cut.node, [0]
    for row in rows:
        starts.append(starts[-1] + len(row))
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    begin = starts[node.lineno - 1] + node.col_offset
    end = starts[node.end_lineno - 1] + node.end_col_offset
    whole = text.encode()
    was = " ".join(whole[begin:end].decode().split())
    changed = (whole[:begin] + cut.instead.encode() + whole[end:]).decode()
    return Mutant(module, node.lineno, f"{cut.words}: {was[:80]}", changed, cut.refusal)


def _of_code(module: str, tree: ast.Module) -> Iterator[_Cut]:
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and (refusal := _refusal_in(node)):
            inside |= {id(part) for part in ast.walk(node.test)}
            for part in _operands(node.test, ast.Or):
                if not _asks_whether_there(part):
                    yield _Cut(part, "never refused for", "False", refusal)
        elif isinstance(node, ast.FunctionDef) and node.name in ANSWERS and _name(node.returns) == "bool":
            last = node.body[-1]
            assert isinstance(last, ast.Return)
            assert last.value is not None
            inside |= {id(part) for part in ast.walk(last.value)}
            for part in _operands(last.value, ast.And):
                if not _asks_whether_there(part):
                    yield _Cut(part, "let through without", "True")
        elif isinstance(node, ast.Expr) and _is_refusal(_name(node.value)):
            yield _Cut(node, "left out", "pass")
        elif isinstance(node, ast.Call) and _is_answer(node) and id(node) not in inside:
            yield _Cut(node, "everybody let through by", "True")
        elif isinstance(node, ast.Call) and _name(node) == "where":
            every = module.split("/")[1] in KEEPS_ALL_OUT
            for part in node.args:
                said = ast.unparse(part)
                if said not in NO_CHECK and (every or any(word in said for word in KEEPS_OUT)):
                    yield _Cut(part, "asked without", "*()")


def _is_answer(call: ast.Call) -> bool:
    return _name(call) in ANSWERS and not ast.unparse(call.func).startswith("store.")


def _of_policies(module: str, text: str) -> Iterator[Mutant]:
    """What every row of a policy is read or written for, without asking."""
    for found in ROW_CONDITION.finditer(text):
        instead = f"{found[1]} (true)"
        line = text[: found.start()].count("\n") + 1
        yield Mutant(
            module, line, f"{found[0]} → {instead}", text[: found.start()] + instead + text[found.end() :]
        )


def _of_tables(tree: ast.Module) -> Iterator[_Cut]:
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            yield from _of_table(_name(target), node.value)


def _of_table(name: str, value: ast.expr | None) -> Iterator[_Cut]:
    """The tables that decide, with a row of them that decides nothing."""
    if name == "PERMISSIONS" and isinstance(value, ast.Dict):
        for row in value.values:
            said = ast.unparse(row)
            if said != "_EVERYBODY":
                yield _Cut(row, "for every role", _with(said, "roles=frozenset(Role)"))
                yield _Cut(row, "also while not ready", _with(said, "before_ready=True"))
            if said == "_INQUIRIES":
                yield _Cut(row, "without being admitted", _with(said, "for_recipients=False"))
    elif name == "PUBLIC" and isinstance(value, ast.Call):
        yield _Cut(value, "for strangers too", f'{ast.unparse(value)} | {{"rating"}}')
    elif name == "GIVES" and isinstance(value, ast.Dict):
        for given in value.values:
            if ast.unparse(given) != "frozenset(Role)":
                yield _Cut(given, "gives every role instead of", "frozenset(Role)")
    elif name == "DUTIES" and isinstance(value, ast.Dict):
        for duty in value.values:
            assert isinstance(duty, ast.Call)
            yield from (_Cut(part, "every role instead of", "frozenset(Role)") for part in duty.args)
    elif name == "LEADS" and isinstance(value, ast.Dict):
        for table, lead in zip(value.keys, value.values, strict=True):
            assert isinstance(table, ast.Constant)
            assert isinstance(lead, ast.Tuple)
            key = ast.literal_eval(lead.elts[-1])
            # Whoever sees one owner sees what leads to any.
            yield _Cut(lead.elts[-1], f"everybody's {table.value} without", f'"{key} > 0 OR owner.{key}"')


def _is_refusal(name: str) -> bool:
    return name.lstrip("_").startswith(("refuse_", "require_")) and name not in NO_CHECK


def _with(said: str, change: str) -> str:
    return f'__import__("dataclasses").replace({said}, {change})'


def _refusal_in(node: ast.If) -> int:
    """The line of a condition's body that refuses somebody, by raising it or by keeping it for the answer."""
    for statement in node.body:
        if not isinstance(statement, ast.If | ast.For | ast.Try | ast.With):
            made = [part for part in ast.walk(statement) if isinstance(part, ast.Call)]
            if any(_name(part) in REFUSALS for part in made):
                return statement.lineno
    return 0


def _operands(test: ast.expr, kind: type[ast.boolop]) -> list[ast.expr]:
    return test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, kind) else [test]


def _asks_whether_there(part: ast.expr) -> bool:
    """Whether a condition asks if something is there at all, which is no question about somebody."""
    if ast.unparse(part) in NO_CHECK:
        return True
    return (
        isinstance(part, ast.Compare)
        and isinstance(part.ops[0], ast.Is | ast.IsNot)
        and isinstance(part.comparators[0], ast.Constant)
        and part.comparators[0].value is None
        and isinstance(part.left, ast.Name)
    )


def _name(node: ast.expr | None) -> str:
    function = node.func if isinstance(node, ast.Call) else node
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
