"""The formulas of a card's workbook: one column after another, from the facts of a row to its grade.

Numbers are written with fifteen digits, as spreadsheets keep them; an edge that does not belong to a step is
written a hair above itself.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter.utility import xl_rowcol_to_cell

from scoring.definition import Bin, CardDefinition, Characteristic, Derivation, Input

CARD = "评分卡"
# What stands for an endless value, and for the beginning of the first step.
ENDLESS, BEGINNING = "1E+300", -1e307
# The least number a spreadsheet keeps, or nearly.
LEAST = 1e-300
HAIR = 1e-13


@dataclass
class Sheet:
    """The columns of the score sheet as they are put side by side: title and the formula of a row."""

    titles: list[tuple[str, str]] = field(default_factory=list)
    formulas: list[Callable[[int], str] | None] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, group: str, label: str, formula: Callable[[int], str] | None) -> None:
        """One more column."""
        self.places[name] = len(self.titles)
        self.titles.append((group, label))
        self.formulas.append(formula)

    def at(self, name: str, row: int) -> str:
        """The cell of a column in a row."""
        return str(xl_rowcol_to_cell(row, self.places[name]))

    def between(self, names: Sequence[str], row: int) -> str:
        """The cells of neighbouring columns in a row."""
        return f"{self.at(names[0], row)}:{self.at(names[-1], row)}"


def add_columns(card: CardDefinition, sheet: Sheet, places: dict[str, tuple[int, int]]) -> None:
    """Facts, checked facts, derived values, bins, points, blocks, and what they come to."""
    for item in card.inputs:
        sheet.add(f"in:{item.name}", "资料 facts", f"{item.label.zh}（{item.unit}）", None)
    for item in card.inputs:
        sheet.add(item.name, "核对 checked", item.label.zh, _checked(item, sheet))
    for reference in card.references:
        sheet.add(reference.name, "参考值 references", reference.label.zh, _constant(reference.value))
    for derived in card.derivations:
        sheet.add(
            derived.name, "计算值 derived", derived.label.zh, _OPERATIONS[derived.operation](derived, sheet)
        )
    for judged in card.characteristics:
        sheet.add(
            f"bin:{judged.name}", "档次 bins", judged.label.zh, _bin(judged, sheet, places[judged.name])
        )
    for judged in card.characteristics:
        points = _points(judged, sheet, places[judged.name])
        sheet.add(f"p:{judged.name}", "得分 points", judged.label.zh, points)
    for block in card.blocks:
        members = [f"p:{c.name}" for c in card.characteristics if c.block == block.name]
        sheet.add(f"b:{block.name}", "部分 blocks", block.label.zh, _limited(members, block.maximum, sheet))
    for veto in card.vetoes:
        sign = ">=" if veto.inclusive else ">"
        sheet.add(f"v:{veto.name}", "否决 vetoes", veto.label.zh, _held(veto.of, sign, veto.threshold, sheet))
    _add_results(card, sheet)


def _add_results(card: CardDefinition, sheet: Sheet) -> None:
    bins = [f"bin:{item.name}" for item in card.characteristics]
    blocks = [f"b:{block.name}" for block in card.blocks]
    sheet.add("known", "结果 result", "已知项数", lambda row: f'=COUNTIF({sheet.between(bins, row)},">0")')
    sheet.add("outside", "结果 result", "超出范围", _outside(card, sheet))
    sheet.add("unrated", "结果 result", "未评级原因", _unrated(card, sheet))
    sheet.add(
        "total",
        "结果 result",
        "合计",
        lambda row: f"=MAX(0,MIN(SUM({sheet.between(blocks, row)}),{card.maximum}))",
    )
    sheet.add(
        "score", "结果 result", "得分", _unless_unrated(sheet, lambda row: sheet.at("total", row), '""')
    )
    sheet.add(
        "grade", "结果 result", "等级", _unless_unrated(sheet, _grade(card, sheet), _text(card.unrated.code))
    )


def _checked(item: Input, sheet: Sheet) -> Callable[[int], str]:
    """The fact where it is allowed, an empty text where it is unknown."""

    def formula(row: int) -> str:
        cell = sheet.at(f"in:{item.name}", row)
        if item.categories:
            allowed = f"OR({','.join(f'EXACT({cell},{_text(c.name)})' for c in item.categories)})"
            return f'=IF({cell}="","",IF({allowed},{cell},""))'
        inside = f"AND({cell}>={_number(item.minimum)},{cell}<={_number(item.maximum)})"
        return f'=IF(ISNUMBER({cell}),IF({inside},{cell},""),"")'

    return formula


def _constant(value: float) -> Callable[[int], str]:
    return lambda _row: f"={_number(value)}"


def _outside(card: CardDefinition, sheet: Sheet) -> Callable[[int], str]:
    """How many facts are given and neither allowed nor special."""

    def formula(row: int) -> str:
        parts = []
        for item in card.inputs:
            cell, checked = sheet.at(f"in:{item.name}", row), sheet.at(item.name, row)
            special = "".join(f",{cell}<>{_number(code)}" for code in item.special)
            parts.append(f'IF(AND({cell}<>"",{checked}=""{special}),1,0)')
        return "=" + "+".join(parts)

    return formula


def _bin(item: Characteristic, sheet: Sheet, place: tuple[int, int]) -> Callable[[int], str]:
    """The number of the bin: 0 unknown, then the steps, then the special codes."""

    def formula(row: int) -> str:
        value = sheet.at(item.of, row)
        if item.category_bins:
            cases = [
                (f"OR({','.join(f'EXACT({value},{_text(member)})' for member in step.members)})", code)
                for code, step in enumerate(item.steps, start=1)
            ]
            found = _cases([(f'{value}=""', 0), *cases[:-1]], str(cases[-1][1]))
        else:
            lows = f"'{CARD}'!$C${place[0] + 1}:$C${place[0] + len(item.steps)}"
            found = f'IF({value}="",0,MATCH({value},{lows},1))'
        if item.specials:
            cell = sheet.at(f"in:{item.of}", row)
            tests = [
                (f"AND(ISNUMBER({cell}),{cell}={_number(s)})", code) for s, code in item.specials.items()
            ]
            found = _cases(tests, found)
        return f"={found}"

    return formula


def _points(item: Characteristic, sheet: Sheet, place: tuple[int, int]) -> Callable[[int], str]:
    column = f"'{CARD}'!$E${place[0]}:$E${place[1]}"
    return lambda row: f"=INDEX({column},{sheet.at(f'bin:{item.name}', row)}+1)"


def _limited(members: Sequence[str], most: int, sheet: Sheet) -> Callable[[int], str]:
    def formula(row: int) -> str:
        given = "+".join(sheet.at(name, row) for name in members) or "0"
        return f"=MIN({given},{most})"

    return formula


def _held(of: str, sign: str, threshold: float, sheet: Sheet) -> Callable[[int], str]:
    def formula(row: int) -> str:
        cell = sheet.at(of, row)
        return f'=IF({cell}="",0,IF({cell}{sign}{_number(threshold)},1,0))'

    return formula


def _unrated(card: CardDefinition, sheet: Sheet) -> Callable[[int], str]:
    def formula(row: int) -> str:
        few = f'IF({sheet.at("known", row)}<{card.least_known_count},"已知指标过少","")'
        missing = ",".join(f'{sheet.at(name, row)}=""' for name in card.required)
        return f'=IF(OR({missing}),"缺少必需指标",{few})' if missing else f"={few}"

    return formula


def _unless_unrated(sheet: Sheet, value: Callable[[int], str], otherwise: str) -> Callable[[int], str]:
    return lambda row: f'=IF({sheet.at("unrated", row)}<>"",{otherwise},{value(row)})'


def _grade(card: CardDefinition, sheet: Sheet) -> Callable[[int], str]:
    """The grade of the total, no better than the vetoes that hold allow."""
    codes = [grade.code for grade in card.grades]

    def formula(row: int) -> str:
        total = sheet.at("total", row)
        steps = [(f"{total}>={grade.minimum}", place) for place, grade in enumerate(card.grades, start=1)]
        ranks = [_cases(steps[:-1], str(len(codes)))]
        ranks += [
            f"{sheet.at(f'v:{veto.name}', row)}*{codes.index(veto.grade_at_most) + 1}" for veto in card.vetoes
        ]
        return f"CHOOSE(MAX({','.join(ranks)}),{','.join(map(_text, codes))})"

    return formula


def _ratio(item: Derivation, sheet: Sheet) -> Callable[[int], str]:
    def formula(row: int) -> str:
        top, bottom = (sheet.at(name, row) for name in item.of)
        over_nothing = f"IF({top}>0,{ENDLESS},0)" if "endless" in item.parameters else '""'
        return f'=IF(OR({top}="",{bottom}=""),"",IF({bottom}>0,{top}/{bottom},{over_nothing}))'

    return formula


def _computed(item: Derivation, sheet: Sheet, compute: Callable[[list[str]], str]) -> Callable[[int], str]:
    """A value that is unknown as soon as one of those it reads is."""

    def formula(row: int) -> str:
        cells = [sheet.at(name, row) for name in item.of]
        unknown = ",".join(f'{cell}=""' for cell in cells)
        return f'=IF(OR({unknown}),"",{compute(cells)})'

    return formula


def _weighted(item: Derivation, sheet: Sheet) -> Callable[[int], str]:
    weights = [_number(weight) for weight in item.parameters["weights"]]
    return _computed(
        item, sheet, lambda cells: "+".join(f"{w}*{cell}" for w, cell in zip(weights, cells, strict=True))
    )


def _known_if(item: Derivation, sheet: Sheet) -> Callable[[int], str]:
    least = _number(item.parameters["at_least"][0])
    return _computed(item, sheet, lambda cells: f'IF({cells[1]}>={least},{cells[0]},"")')


def _penalty(item: Derivation, sheet: Sheet) -> Callable[[int], str]:
    given = item.parameters

    def compute(cells: list[str]) -> str:
        what, days, cured, measure = cells
        return "*".join(
            [
                _number(given["unit_points"][0]),
                _coded(what, given["item_factors"]),
                _stepped(days, given["days_limits"], given["days_factors"]),
                _stepped(cured, given["cured_limits"], given["cured_factors"]),
                _coded(measure, given["measure_factors"]),
            ]
        )

    return _computed(item, sheet, compute)


def _coded(cell: str, factors: tuple[float, ...]) -> str:
    return f"CHOOSE(INT(MIN(MAX({cell},1),{len(factors)})),{','.join(map(_number, factors))})"


def _stepped(cell: str, limits: tuple[float, ...], factors: tuple[float, ...]) -> str:
    steps = [(f"{cell}<={_number(limit)}", factor) for limit, factor in zip(limits, factors, strict=False)]
    return _cases([(test, _number(factor)) for test, factor in steps], _number(factors[-1]))


_OPERATIONS: dict[str, Callable[[Derivation, Sheet], Callable[[int], str]]] = {
    "ratio": _ratio,
    "weighted": _weighted,
    "product": lambda item, sheet: _computed(item, sheet, "*".join),
    "least": lambda item, sheet: _computed(item, sheet, lambda cells: f"MIN({','.join(cells)})"),
    "known_if": _known_if,
    "default_penalty": _penalty,
}


def _cases(cases: Sequence[tuple[str, Any]], otherwise: str) -> str:
    """The first case that holds."""
    for test, value in reversed(cases):
        otherwise = f"IF({test},{value},{otherwise})"
    return otherwise


def _number(value: float) -> str:
    """A number as a formula writes it, with the fifteen digits a spreadsheet keeps."""
    return f"{value:.15g}"


def _text(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def beginning(step: Bin) -> float:
    """Where a step begins on the card's page; just above an edge that does not belong to it."""
    if math.isinf(step.low):
        return BEGINNING
    if 0 < step.low < LEAST:
        return LEAST
    edge = float(_number(step.low))
    return edge if edge >= step.low else edge + abs(edge) * HAIR


def bin_places(card: CardDefinition) -> dict[str, tuple[int, int]]:
    """The first and the last row (from 1) of each characteristic's bins on the card's sheet."""
    places, row = {}, 2
    for item in card.characteristics:
        places[item.name] = (row, row + len(item.bins) - 1)
        row += len(item.bins)
    return places
