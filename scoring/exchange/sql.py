"""A card as one portable SELECT: the same points, total and grade as the kernel, inside a database.

The table has a column for every input of the card, NULL where it is unknown. SQLite and PostgreSQL give the
same.
"""

import math
from collections.abc import Callable

from scoring.definition import CardDefinition, Characteristic, Derivation, Veto


def select_statement(card: CardDefinition, *, table: str, key: str) -> str:
    """The statement that rates every row of `table`: the key, points by characteristic, score and grade."""
    points = [f"{_points(item)} AS p_{item.name}" for item in card.characteristics]
    known = " + ".join(f"CASE WHEN {item.of} IS NULL THEN 0 ELSE 1 END" for item in card.characteristics)
    steps = [_inputs(card, table=table, key=key), *_derived(card)]
    vetoes = [f"{_held(veto)} AS v_{veto.name}" for veto in card.vetoes]
    required = " AND ".join(f"{name} IS NOT NULL" for name in card.required) or "1 = 1"
    pointed = ", ".join(["*", *points, *vetoes, f"{known} AS known_count"])
    rated = f"CASE WHEN {required} AND known_count >= {card.least_known_count} THEN 1 ELSE 0 END"
    shown = ", ".join([key, *(f"p_{item.name}" for item in card.characteristics), "known_count"])
    return "\n".join(
        [
            "WITH step_0 AS (" + steps[0] + "),",
            *(f"step_{number} AS ({step})," for number, step in enumerate(steps[1:], start=1)),
            f"pointed AS (SELECT {pointed} FROM step_{len(steps) - 1}),",
            f"totalled AS (SELECT *, {_total(card)} AS total, {rated} AS is_rated FROM pointed)",
            f"SELECT {shown}, CASE WHEN is_rated = 1 THEN total END AS score, {_grade(card)} AS grade",
            f"FROM totalled ORDER BY {key}",
        ]
    )


def _inputs(card: CardDefinition, *, table: str, key: str) -> str:
    """The inputs as numbers; one outside its range is unknown."""
    columns = [
        f"CASE WHEN {i.name} >= {i.minimum!r} AND {i.name} <= {i.maximum!r} "
        f"THEN CAST({i.name} AS DOUBLE PRECISION) END AS {i.name}"
        for i in card.inputs
    ]
    columns += [f"CAST({item.value!r} AS DOUBLE PRECISION) AS {item.name}" for item in card.references]
    return f"SELECT {', '.join([key, *columns])} FROM {table}"


def _derived(card: CardDefinition) -> list[str]:
    """One step a derived value, so that each can read those before it."""
    return [
        f"SELECT *, {_OPERATIONS[item.operation](item)} AS {item.name} FROM step_{number}"
        for number, item in enumerate(card.derivations)
    ]


def _points(item: Characteristic) -> str:
    cases = [f"WHEN {item.of} IS NULL THEN {item.bins[0].points}"]
    cases += [f"WHEN {item.of} < {step.high!r} THEN {step.points}" for step in item.bins[1:-1]]
    return f"CASE {' '.join(cases)} ELSE {item.bins[-1].points} END"


def _total(card: CardDefinition) -> str:
    blocks = []
    for block in card.blocks:
        names = [f"p_{item.name}" for item in card.characteristics if item.block == block.name]
        part = f"({' + '.join(names)})" if names else "0"
        blocks.append(f"CASE WHEN {part} > {block.maximum} THEN {block.maximum} ELSE {part} END")
    whole = f"({' + '.join(blocks)})"
    return f"CASE WHEN {whole} < 0 THEN 0 WHEN {whole} > {card.maximum} THEN {card.maximum} ELSE {whole} END"


def _grade(card: CardDefinition) -> str:
    """The grade of the total, no better than a veto that holds allows."""
    codes = [grade.code for grade in card.grades]
    cases = [f"WHEN is_rated = 0 THEN '{card.unrated.code}'"]
    for rank, grade in enumerate(card.grades[:-1]):
        barred = [f"v_{veto.name} = 0" for veto in card.vetoes if codes.index(veto.grade_at_most) > rank]
        cases.append(f"WHEN {' AND '.join([f'total >= {grade.minimum}', *barred])} THEN '{grade.code}'")
    return f"CASE {' '.join(cases)} ELSE '{codes[-1]}' END"


def _held(veto: Veto) -> str:
    sign = ">=" if veto.inclusive else ">"
    return f"CASE WHEN {veto.of} {sign} {veto.threshold!r} THEN 1 ELSE 0 END"


def _ratio(item: Derivation) -> str:
    top, bottom = item.of
    cases = [f"WHEN {top} IS NULL OR {bottom} IS NULL THEN NULL", f"WHEN {bottom} > 0 THEN {top} / {bottom}"]
    if "endless" in item.parameters:
        cases.append(f"WHEN {top} > 0 THEN {_ENDLESS} ELSE 0.0")
    return f"CASE {' '.join(cases)} END"


def _weighted(item: Derivation) -> str:
    return " + ".join(f"{w!r} * {name}" for w, name in zip(item.parameters["weights"], item.of, strict=True))


def _product(item: Derivation) -> str:
    return " * ".join(item.of)


def _least(item: Derivation) -> str:
    one, other = item.of
    unknown = f"{one} IS NULL OR {other} IS NULL"
    return f"CASE WHEN {unknown} THEN NULL WHEN {one} < {other} THEN {one} ELSE {other} END"


def _known_if(item: Derivation) -> str:
    return f"CASE WHEN {item.of[1]} >= {item.parameters['at_least'][0]!r} THEN {item.of[0]} END"


def _penalty(item: Derivation) -> str:
    what, days, cured, measure = item.of
    parameters = item.parameters
    return " * ".join(
        [
            repr(parameters["unit_points"][0]),
            _coded(what, parameters["item_factors"]),
            _stepped(days, parameters["days_limits"], parameters["days_factors"]),
            _stepped(cured, parameters["cured_limits"], parameters["cured_factors"]),
            _coded(measure, parameters["measure_factors"]),
        ]
    )


def _coded(value: str, factors: tuple[float, ...]) -> str:
    steps = enumerate(factors[:-1], start=1)
    cases = [f"WHEN {value} < {code + 1} THEN {factor!r}" for code, factor in steps]
    return f"CASE WHEN {value} IS NULL THEN NULL {' '.join(cases)} ELSE {factors[-1]!r} END"


def _stepped(value: str, limits: tuple[float, ...], factors: tuple[float, ...]) -> str:
    steps = zip(limits, factors, strict=False)
    cases = [f"WHEN {value} <= {limit!r} THEN {factor!r}" for limit, factor in steps]
    return f"CASE WHEN {value} IS NULL THEN NULL {' '.join(cases)} ELSE {factors[-1]!r} END"


# Greater than every value a bin begins at, and a number to every database.
_ENDLESS = repr(math.nextafter(math.inf, 0))

_OPERATIONS: dict[str, Callable[[Derivation], str]] = {
    "ratio": _ratio,
    "weighted": _weighted,
    "product": _product,
    "least": _least,
    "known_if": _known_if,
    "default_penalty": _penalty,
}
