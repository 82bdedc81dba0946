"""A card as one portable SELECT: the same points, total and grade as the kernel, inside a database.

The table has a column for every input of the card, NULL where it is unknown: numbers, and texts for inputs
with categories. SQLite and PostgreSQL give the same. A row with a value the card refuses has no score and no
grade. What endless or very great numbers would make differ between the two is refused when it is written.
"""

import math
from collections.abc import Callable

from scoring.definition import CardDefinition, Characteristic, Derivation, Input, Veto
from scoring.errors import CardError
from scoring.ranges import value_ranges

COMPUTED_MAXIMUM = 1e60


def select_statement(card: CardDefinition, *, table: str, key: str) -> str:
    """The statement that rates every row of `table`: the key, points by characteristic, score and grade.

    Raises `CardError` for a card whose derived values a database cannot compute as the kernel does.
    """
    _refuse_what_differs(card)
    points = [f"{_points(item)} AS p_{item.name}" for item in card.characteristics]
    known = " + ".join(_known(item) for item in card.characteristics)
    steps = [_inputs(card, table=table, key=key), *_derived(card)]
    last = len(steps) - 1
    vetoes = [f"{_held(veto)} AS v_{veto.name}" for veto in card.vetoes]
    required = " AND ".join(f"{name} IS NOT NULL" for name in card.required) or "1 = 1"
    pointed = ", ".join(["*", *points, *vetoes, f"{known} AS known_count"])
    rated = f"CASE WHEN {required} AND known_count >= {card.least_known_count} THEN 1 ELSE 0 END"
    names = [key, *(f"p_{item.name}" for item in card.characteristics), "known_count", "out_of_range_count"]
    score = "CASE WHEN is_rated = 1 AND is_refused = 0 THEN total END AS score"
    return "\n".join(
        [
            "WITH",
            # Materialised, a value is worked out once and not wherever it is read.
            *(f"step_{n} AS {'MATERIALIZED ' * (n == last)}({step})," for n, step in enumerate(steps)),
            f"pointed AS MATERIALIZED (SELECT {pointed} FROM step_{last}),",
            f"totalled AS (SELECT *, {_total(card)} AS total, {rated} AS is_rated FROM pointed)",
            f"SELECT {', '.join(names)}, {score}, {_grade(card)} AS grade",
            f"FROM totalled ORDER BY {key}",
        ]
    )


def _inputs(card: CardDefinition, *, table: str, key: str) -> str:
    """The inputs as they count: one that is not allowed is unknown and counted, or refused with its row."""
    columns = [f"CASE WHEN {_allowed(i)} THEN {_plain(i)} END AS {i.name}" for i in card.inputs]
    columns += [f"CASE WHEN {_special(i)} THEN {i.name} END AS s_{i.name}" for i in card.inputs if i.special]
    columns += [f"CAST({item.value!r} AS DOUBLE PRECISION) AS {item.name}" for item in card.references]
    wrong = {i.name: f"CASE WHEN {_wrong(i)} THEN 1 ELSE 0 END" for i in card.inputs}
    refusing = [wrong[i.name] for i in card.inputs if i.invalid == "refuse"]
    refused = f"CASE WHEN {' + '.join(refusing)} > 0 THEN 1 ELSE 0 END" if refusing else "0"
    columns += [f"{' + '.join(wrong.values()) or '0'} AS out_of_range_count", f"{refused} AS is_refused"]
    return f"SELECT {', '.join([key, *columns])} FROM {table}"


def _refuse_what_differs(card: CardDefinition) -> None:
    """An endless value computed with, and products that may overflow, end a query in one database only."""
    endless = {item.name for item in card.derivations if "endless" in item.parameters}
    ranges = value_ranges(card)
    for item in card.derivations:
        if endless & set(item.of) and not _carries_endless(item):
            read = ", ".join(sorted(endless & set(item.of)))
            raise CardError(f"{item.name}: computes with {read}, which may be endless; SQL cannot")
        ends = [abs(end) for name in item.of for end in ranges[name] if not math.isinf(end)]
        greatest = max(ends, default=0.0)
        if greatest > COMPUTED_MAXIMUM:
            raise CardError(f"{item.name}: computes with numbers up to {greatest:g}; SQL can up to 1e+60")


def _carries_endless(item: Derivation) -> bool:
    """Whether a greatest number in place of an endless one stays beyond every edge."""
    if item.operation == "weighted":
        return all(0 < weight <= 1 for weight in item.parameters["weights"])
    return item.operation in ("least", "known_if")


def _plain(item: Input) -> str:
    return item.name if item.categories else f"CAST({item.name} AS DOUBLE PRECISION)"


def _allowed(item: Input) -> str:
    if item.categories:
        return f"{item.name} IN ({', '.join(_text(category.name) for category in item.categories)})"
    return f"{item.name} >= {item.minimum!r} AND {item.name} <= {item.maximum!r}"


def _special(item: Input) -> str:
    return f"{item.name} IN ({', '.join(repr(code) for code in item.special)})"


def _wrong(item: Input) -> str:
    known = f"{item.name} IS NOT NULL AND NOT ({_allowed(item)})"
    return f"{known} AND NOT ({_special(item)})" if item.special else known


def _text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def _derived(card: CardDefinition) -> list[str]:
    """One step a derived value, so that each can read those before it."""
    return [
        f"SELECT *, {_OPERATIONS[item.operation](item)} AS {item.name} FROM step_{number}"
        for number, item in enumerate(card.derivations)
    ]


def _points(item: Characteristic) -> str:
    cases = [
        f"WHEN s_{item.of} = {code!r} THEN {item.bins[place].points}" for code, place in item.specials.items()
    ]
    cases.append(f"WHEN {item.of} IS NULL THEN {item.bins[0].points}")
    if item.category_bins:
        for step in item.steps[:-1]:
            cases.append(f"WHEN {item.of} IN ({', '.join(map(_text, step.members))}) THEN {step.points}")
    else:
        cases += [f"WHEN {item.of} < {step.high!r} THEN {step.points}" for step in item.steps[:-1]]
    return f"CASE {' '.join(cases)} ELSE {item.steps[-1].points} END"


def _known(item: Characteristic) -> str:
    """1 where the value falls into a bin by value or by special code."""
    told = [f"WHEN s_{item.of} = {code!r} THEN 1" for code in item.specials]
    return f"CASE {' '.join([*told, f'WHEN {item.of} IS NULL THEN 0'])} ELSE 1 END"


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
    cases = ["WHEN is_refused = 1 THEN NULL", f"WHEN is_rated = 0 THEN {_text(card.unrated.code)}"]
    for rank, grade in enumerate(card.grades[:-1]):
        barred = [f"v_{veto.name} = 0" for veto in card.vetoes if codes.index(veto.grade_at_most) > rank]
        cases.append(f"WHEN {' AND '.join([f'total >= {grade.minimum}', *barred])} THEN {_text(grade.code)}")
    return f"CASE {' '.join(cases)} ELSE {_text(codes[-1])} END"


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
