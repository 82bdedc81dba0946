"""A card as a workbook: its formulas, computed by a library that knows nothing of cards, give the same."""

import warnings
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from xlsxwriter.utility import xl_rowcol_to_cell

from scoring import CardError, Scorecard
from scoring.exchange.excel import FIRST_ROW, HELP, SCORES, SOURCES, write_workbook
from scoring.exchange.excel_formulas import CARD
from tests.scoring.exchange.test_sql import CARDS, columns

SUBJECTS = 60


def computed(card, path):
    """The formulas of the first row as a function: facts in; points, counts, score and grade out."""
    import formulas

    write_workbook(card.definition, path, rows=1)
    last = openpyxl.load_workbook(path)[SCORES].max_column
    count = len(card.definition.characteristics)
    results = 6 + len(card.definition.vetoes) + len(card.definition.blocks) + count
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = formulas.ExcelModel().loads(str(path)).finish()
        cells = [f"'[{path.name}]{SCORES}'!{xl_rowcol_to_cell(FIRST_ROW, column)}" for column in range(last)]
        compute = model.compile(cells[: len(card.definition.inputs)], cells[last - results :])

    def rate(facts):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [cell.value[0, 0] for cell in compute(*facts)]
        known, outside, _, _, score, grade = found[-6:]
        rest = (int(known), int(outside), None if score == "" else int(score), str(grade))
        return [int(points) for points in found[:count]], rest

    return rate


def typed(value):
    """A value as it stands in a cell; what is unknown is left blank."""
    if value is None or (not isinstance(value, str) and np.isnan(value)):
        return ""
    return value


def with_edges(card, given):
    """The same subjects, some of them exactly on an edge of an input that is read directly, and beside it."""
    for item in card.definition.characteristics:
        if item.of in given and item.edges:
            edges = [float(f"{edge:.15g}") for edge in item.edges]
            near = [value for edge in edges for value in (edge, edge * (1 - 1e-9), edge * (1 + 1e-9))]
            given[item.of][: len(near)] = near[: len(given[item.of])]
    return given


@pytest.mark.parametrize("name", CARDS)
def test_the_workbook_gives_every_point_score_and_grade(name, tmp_path):
    card = CARDS[name]
    given = with_edges(card, columns(card, SUBJECTS))
    scores = card.score(given)
    rate = computed(card, tmp_path / "card.xlsx")
    for row in range(SUBJECTS):
        points, rest = rate([typed(given[item.name][row]) for item in card.definition.inputs])
        assert points == [int(scores.points[c.name][row]) for c in card.definition.characteristics], row
        total = int(scores.total[row])
        expected = (int(scores.known[row]), int(scores.out_of_range[row]), None if total < 0 else total)
        assert rest == (*expected, card.grade_codes[scores.grade[row]]), row


def test_only_facts_can_be_typed_in(tmp_path):
    card = CARDS["household"]
    write_workbook(card.definition, tmp_path / "card.xlsx", rows=3)
    book = openpyxl.load_workbook(tmp_path / "card.xlsx")
    assert book.sheetnames == [HELP, SCORES, CARD, SOURCES]
    page = book[SCORES]
    assert page.protection.sheet
    for row in range(FIRST_ROW + 1, FIRST_ROW + 4):
        unlocked = [cell.column for cell in page[row] if not cell.protection.locked]
        assert unlocked == list(range(1, len(card.inputs) + 1))
    assert len(page.data_validations.dataValidation) == len(card.inputs)


def test_a_label_that_looks_like_a_formula_stays_a_text(tmp_path):
    text = Path("tests/scoring/exchange/chinese_card.yaml").read_text(encoding="utf-8")
    card = Scorecard.parse(text.replace("zh: 自有, en: own", "zh: =1+1, en: own"))
    write_workbook(card.definition, tmp_path / "card.xlsx")
    page = openpyxl.load_workbook(tmp_path / "card.xlsx")[CARD]
    cell = next(cell for row in page.iter_rows() for cell in row if cell.value == "=1+1")
    assert cell.data_type == "s"


def test_the_points_and_sources_stand_on_their_pages(tmp_path):
    card = CARDS["household"].definition
    write_workbook(card, tmp_path / "card.xlsx")
    book = openpyxl.load_workbook(tmp_path / "card.xlsx")
    points = [row[4].value for row in book[CARD].iter_rows(min_row=2)]
    assert points == [step.points for item in card.characteristics for step in item.bins]
    assert {row[0].value for row in book[SOURCES].iter_rows(min_row=2)} == set(card.sources)


def test_a_formula_longer_than_a_spreadsheet_takes_is_refused(tmp_path):
    text = Path("tests/scoring/exchange/chinese_card.yaml").read_text(encoding="utf-8")
    many = "".join(f"      类别{'长' * 60}{n}: {{zh: 类, en: kind}}\n" for n in range(120))
    names = ", ".join(f"类别{'长' * 60}{n}" for n in range(120))
    card = Scorecard.parse(
        text.replace(
            "      自有: {zh: 自有, en: own}\n", f"      自有: {{zh: 自有, en: own}}\n{many}"
        ).replace("is: [自有]", f"is: [自有, {names}]")
    )
    with pytest.raises(CardError, match="is too long for a spreadsheet"):
        write_workbook(card.definition, tmp_path / "card.xlsx")


def test_categories_a_list_cannot_hold_are_typed_without_one(tmp_path):
    text = Path("tests/scoring/exchange/chinese_card.yaml").read_text(encoding="utf-8")
    card = Scorecard.parse(text.replace("自有:", "'自,有':").replace("is: [自有]", "is: ['自,有']"))
    write_workbook(card.definition, tmp_path / "card.xlsx")
    page = openpyxl.load_workbook(tmp_path / "card.xlsx")[SCORES]
    assert len(page.data_validations.dataValidation) == len(card.inputs) - 1
