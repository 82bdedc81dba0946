"""The formulas of a card's workbook: one column after another, from the facts of a row to its grade."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from xlsxwriter.utility import xl_rowcol_to_cell

from scoring.definition import Bin, CardDefinition, Characteristic, Derivation, Input, Text, Veto
from scoring.exchange.excel_values import chosen, counted, exact, formula_of, quoted

CARD = "评分卡"
# Where a step begins on the card's sheet, whether that number belongs to it, and its points.
SIGN_COLUMN, BEGINNING_COLUMN, POINTS_COLUMN = 2, 3, 5
BELONGS, BELONGS_NOT = "≥", ">"
REFUSED = "有不允许的值 a value is not allowed"
MISSING = "缺少必需指标 a required fact is missing"
TOO_FEW = "已知指标过少 too few facts are known"

Formula = Callable[[int], str]


@dataclass
class Sheet:
    """The columns of the score sheet as they are put side by side: group, title and the formula of a row."""

    titles: list[tuple[str, str]] = field(default_factory=list)
    formulas: list[Formula | None] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, group: str, label: str, formula: Formula | None) -> None:
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


def score_sheet(card: CardDefinition) -> Sheet:
    """Facts, checked facts, derived values, bins, points, blocks, vetoes, and what they come to."""
    sheet = Sheet()
    sheet.add("subject", "编号 subject", "编号或户名 number or name", None)
    for item in card.inputs:
        sheet.add(f"in:{item.name}", "资料 facts", f"{both(item.label)}（{item.unit}）", None)
    for item in card.inputs:
        sheet.add(item.name, "核对 checked", both(item.label), _checked(item, sheet))
    for reference in card.references:
        sheet.add(reference.name, "参考值 references", both(reference.label), _constant(reference.value))
    for derived in card.derivations:
        sheet.add(derived.name, "计算值 derived", both(derived.label), _derived(derived, sheet))
    _add_points(card, sheet)
    for veto in card.vetoes:
        sheet.add(f"v:{veto.name}", "否决 vetoes", both(veto.label), _held(veto, sheet))
    _add_results(card, sheet)
    return sheet


def both(words: Text) -> str:
    """Chinese first, then English, where they differ."""
    return words.zh if words.zh == words.en else f"{words.zh} {words.en}"


def plain_beginning(step: Bin) -> tuple[str, float]:
    """Where a step begins as it was written: after 60.1, not from 60.10000000000001 on."""
    before = math.nextafter(step.low, -math.inf)
    if len(repr(before)) < len(repr(step.low)):
        return BELONGS_NOT, before
    return BELONGS, step.low


def bin_rows(card: CardDefinition) -> dict[str, int]:
    """The row (from 0) of each characteristic's first bin, that for unknown, on the card's sheet."""
    places, row = {}, 1
    for item in card.characteristics:
        places[item.name] = row
        row += len(item.bins)
    return places


def _add_points(card: CardDefinition, sheet: Sheet) -> None:
    rows = bin_rows(card)
    for judged in card.characteristics:
        hit = _bin(judged, sheet, rows[judged.name])
        sheet.add(f"bin:{judged.name}", "档次 bins", both(judged.label), hit)
    for judged in card.characteristics:
        given = _points(judged, sheet, rows[judged.name])
        sheet.add(f"p:{judged.name}", "得分 points", both(judged.label), given)
    for block in card.blocks:
        members = [f"p:{c.name}" for c in card.characteristics if c.block == block.name]
        title = f"{both(block.label)}（≤ {block.maximum}）"
        sheet.add(f"b:{block.name}", "部分 blocks", title, _limited(members, block.maximum, sheet))


def _add_results(card: CardDefinition, sheet: Sheet) -> None:
    bins = [f"bin:{item.name}" for item in card.characteristics]
    blocks = [f"b:{block.name}" for block in card.blocks]
    results: dict[str, tuple[str, Formula]] = {
        "known": ("已知项数 known", lambda row: f'=COUNTIF({sheet.between(bins, row)},">0")'),
        "outside": ("超出范围 out of range", _outside(card.inputs, sheet)),
        "unrated": ("未评级原因 why unrated", _unrated(card, sheet)),
        "total": (
            "合计 total",
            lambda row: f"=MAX(0,MIN(SUM({sheet.between(blocks, row)}),{card.maximum}))",
        ),
        "score": ("得分 score", _score(sheet)),
        "grade": ("等级 grade", _grade(card, sheet)),
    }
    for name, (label, formula) in results.items():
        sheet.add(name, "结果 result", label, formula)


def _checked(item: Input, sheet: Sheet) -> Formula:
    """The fact where it is allowed, an empty text where it is unknown."""

    def formula(row: int) -> str:
        cell = sheet.at(f"in:{item.name}", row)
        if item.categories:
            allowed = "+".join(f"EXACT({cell},{quoted(c.name)})" for c in item.categories)
            return f'=IF({allowed},{cell},"")'
        inside = f"AND({cell}>={exact(item.minimum)},{cell}<={exact(item.maximum)})"
        return f'=IF(ISNUMBER({cell}),IF({inside},{cell},""),"")'

    return formula


def _constant(value: float) -> Formula:
    return lambda _row: f"={exact(value)}"


def _derived(item: Derivation, sheet: Sheet) -> Formula:
    return lambda row: f"={formula_of(item, [sheet.at(name, row) for name in item.of])}"


def _outside(inputs: Sequence[Input], sheet: Sheet) -> Formula:
    """How many facts are given and neither allowed nor special."""

    def formula(row: int) -> str:
        parts = ["0"]
        for item in inputs:
            cell, checked = sheet.at(f"in:{item.name}", row), sheet.at(item.name, row)
            special = "".join(f",{cell}<>{exact(code)}" for code in item.special)
            parts.append(f'AND({cell}<>"",{checked}=""{special})')
        return "=" + "+".join(parts)

    return formula


def _bin(item: Characteristic, sheet: Sheet, first: int) -> Formula:
    """The number of the bin: 0 unknown, then the steps, then the special codes."""

    def formula(row: int) -> str:
        value, cell = sheet.at(item.of, row), f"in:{item.of}"
        if item.category_bins:
            found = "+".join(
                f"EXACT({value},{quoted(member)})*{code}"
                for code, step in enumerate(item.steps, start=1)
                for member in step.members
            )
        else:
            found = f'IF({value}="",0,{_step(item, value, first)})'
        if item.specials:
            # A special code lies outside the range, so that the value itself is unknown and its bin 0.
            given = sheet.at(cell, row)
            codes = "+".join(f"({given}={exact(special)})*{code}" for special, code in item.specials.items())
            found = f"{found}+ISNUMBER({given})*({codes})"
        return f"={found}"

    return formula


def _step(item: Characteristic, value: str, first: int) -> str:
    """One more than the edges of the card's sheet that the value has reached."""
    if not item.edges:
        return "1"
    rows = (first + 2, first + len(item.steps))
    edges, signs = _column(BEGINNING_COLUMN, *rows), _column(SIGN_COLUMN, *rows)
    return f'1+SUMPRODUCT(({edges}<{value})+({edges}={value})*({signs}="{BELONGS}"))'


def _points(item: Characteristic, sheet: Sheet, first: int) -> Formula:
    column = _column(POINTS_COLUMN, first, first + len(item.bins) - 1)
    return lambda row: f"=INDEX({column},{sheet.at(f'bin:{item.name}', row)}+1)"


def _column(column: int, first: int, last: int) -> str:
    cells = [xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True) for row in (first, last)]
    return f"'{CARD}'!{cells[0]}:{cells[1]}"


def _limited(members: Sequence[str], most: int, sheet: Sheet) -> Formula:
    def formula(row: int) -> str:
        given = "+".join(sheet.at(name, row) for name in members) or "0"
        return f"=MIN({given},{most})"

    return formula


def _held(veto: Veto, sheet: Sheet) -> Formula:
    sign = ">=" if veto.inclusive else ">"

    def formula(row: int) -> str:
        cell = sheet.at(veto.of, row)
        return f'=IF({cell}="",0,IF({cell}{sign}{exact(veto.threshold)},1,0))'

    return formula


def _unrated(card: CardDefinition, sheet: Sheet) -> Formula:
    refusing = _outside([item for item in card.inputs if item.invalid == "refuse"], sheet)

    def formula(row: int) -> str:
        few = f'IF({sheet.at("known", row)}<{card.least_known_count},{quoted(TOO_FEW)},"")'
        missing = ",".join(f'{sheet.at(name, row)}=""' for name in card.required)
        lacking = f"IF(OR({missing}),{quoted(MISSING)},{few})" if missing else few
        return f"=IF({refusing(row)[1:]}>0,{quoted(REFUSED)},{lacking})"

    return formula


def _score(sheet: Sheet) -> Formula:
    return lambda row: f'=IF({sheet.at("unrated", row)}="",{sheet.at("total", row)},"")'


def _grade(card: CardDefinition, sheet: Sheet) -> Formula:
    """The grade of the total, no better than the vetoes that hold allow; none where a value is refused."""
    codes = [grade.code for grade in card.grades]

    def formula(row: int) -> str:
        total, why = sheet.at("total", row), sheet.at("unrated", row)
        ranks = [counted([f"{total}<{grade.minimum}" for grade in card.grades[:-1]])]
        ranks += [
            f"{sheet.at(f'v:{veto.name}', row)}*{codes.index(veto.grade_at_most) + 1}" for veto in card.vetoes
        ]
        graded = chosen(f"MAX({','.join(ranks)})", [quoted(code) for code in codes])
        none = f'IF({why}={quoted(REFUSED)},"",{quoted(card.unrated.code)})'
        return f'=IF({why}="",{graded},{none})'

    return formula
