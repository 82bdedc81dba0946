"""How a workbook writes numbers and texts, and computes the derived values of a card.

A spreadsheet keeps fifteen digits of a number in a formula; what has more is written as a sum of two.
"""

import math
from collections.abc import Callable, Sequence

from scoring.definition import Derivation
from scoring.errors import CardError

# What stands for an endless value, and the numbers a spreadsheet can keep.
ENDLESS = "1E+300"
GREATEST, LEAST = 1e299, 1e-299
CHOICES, TEXT_LENGTH = 254, 255


def formula_of(item: Derivation, cells: Sequence[str]) -> str:
    """The value computed from these cells; an empty text, which is unknown, as soon as one of them is."""
    unknown = ",".join(f'{cell}=""' for cell in cells)
    return f'IF(OR({unknown}),"",{_OPERATIONS[item.operation](item, cells)})'


def exact(value: float) -> str:
    """A number so that a formula has just this double; `CardError` where a spreadsheet cannot keep it."""
    if not (value == 0 or LEAST <= abs(value) <= GREATEST):
        raise CardError(f"{value:g}: a spreadsheet cannot keep this number")
    short = f"{value:.15G}"
    rest = value - float(short)
    return f"({short}{rest:+.15G})" if rest else short


def quoted(value: str) -> str:
    """A text as a formula writes it; `CardError` where it is too long."""
    if len(value) > TEXT_LENGTH:
        raise CardError(f"{value[:20]}…: a text of {len(value)} letters is too long for a spreadsheet")
    return '"' + value.replace('"', '""') + '"'


def chosen(place: str, values: Sequence[str]) -> str:
    """The value at a place counted from 1."""
    if len(values) > CHOICES:
        raise CardError(f"a choice among {len(values)} values is too long for a spreadsheet")
    return f"CHOOSE({place},{','.join(values)})"


def counted(tests: Sequence[str]) -> str:
    """One more than the number of conditions that hold; unlike conditions inside each other, any number."""
    return "+".join(["1", *(f"({test})" for test in tests)])


def _ratio(item: Derivation, cells: Sequence[str]) -> str:
    top, bottom = cells
    over_nothing = f"IF({top}>0,{ENDLESS},0)" if "endless" in item.parameters else '""'
    return f"IF({bottom}>0,IFERROR({top}/{bottom},SIGN({top})*{ENDLESS}),{over_nothing})"


def _weighted(item: Derivation, cells: Sequence[str]) -> str:
    """In brackets: a spreadsheet rounds an outermost sum that is nearly 0."""
    weights = item.parameters["weights"]
    return f"({'+'.join(f'{exact(w)}*{cell}' for w, cell in zip(weights, cells, strict=True))})"


def _known_if(item: Derivation, cells: Sequence[str]) -> str:
    return f'IF({cells[1]}>={exact(item.parameters["at_least"][0])},{cells[0]},"")'


def _penalty(item: Derivation, cells: Sequence[str]) -> str:
    what, days, cured, measure = cells
    given = item.parameters
    parts = [
        exact(given["unit_points"][0]),
        _coded(what, given["item_factors"]),
        _stepped(days, given["days_limits"], given["days_factors"]),
        _stepped(cured, given["cured_limits"], given["cured_factors"]),
        _coded(measure, given["measure_factors"]),
    ]
    return "*".join(parts)


def _coded(cell: str, factors: tuple[float, ...]) -> str:
    return chosen(f"INT(MIN(MAX({cell},1),{len(factors)}))", [exact(factor) for factor in factors])


def _stepped(cell: str, limits: tuple[float, ...], factors: tuple[float, ...]) -> str:
    """A limit belongs to the step it ends."""
    finite = [limit for limit in limits if not math.isinf(limit)]
    below = limits.count(-math.inf)
    tests = [f"{cell}>{exact(limit)}" for limit in finite]
    return chosen(counted(["TRUE"] * below + tests), [exact(factor) for factor in factors])


_OPERATIONS: dict[str, Callable[[Derivation, Sequence[str]], str]] = {
    "ratio": _ratio,
    "weighted": _weighted,
    "product": lambda _item, cells: "*".join(cells),
    "least": lambda _item, cells: f"MIN({','.join(cells)})",
    "known_if": _known_if,
    "default_penalty": _penalty,
}
