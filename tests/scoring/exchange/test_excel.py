"""A card as a workbook: its formulas, computed by a library that knows nothing of cards, give the same."""

import itertools
import math
import random
import re
import warnings
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from xlsxwriter.utility import xl_rowcol_to_cell

from scoring import CardError, Scorecard
from scoring.exchange import excel
from scoring.exchange.excel import FIRST_ROW, HELP, SCORES, SOURCES, write_workbook
from scoring.exchange.excel_formulas import BEGINNING_COLUMN, CARD, POINTS_COLUMN, REFUSED, score_sheet
from scoring.exchange.excel_values import CHOICES, chosen, exact
from tests.scoring.exchange.test_sql import CARDS, columns
from tests.scoring.random_cards import random_card, random_columns, text_of

# The library takes a tenth of a second for a subject of the household card.
SUBJECTS = {"household": 60, "cooperative": 60, "hunan": 60, "chinese": 120}
RANDOM_CARDS, RANDOM_SUBJECTS = 10, 10
CHINESE = Path("tests/scoring/exchange/chinese_card.yaml").read_text(encoding="utf-8")
# A spreadsheet takes so many brackets inside each other.
NESTING = 64


def computed(card, path):
    """The formulas of the first row as a function: facts in; points, counts, score and grade out."""
    import formulas

    write_workbook(card.definition, path, rows=1)
    sheet = score_sheet(card.definition)
    names = [f"p:{item.name}" for item in card.definition.characteristics]
    wanted = [*names, "known", "outside", "unrated", "score", "grade"]

    def cells(columns):
        return [f"'[{path.name}]{SCORES}'!{xl_rowcol_to_cell(FIRST_ROW, sheet.places[c])}" for c in columns]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = formulas.ExcelModel().loads(str(path)).finish()
        compute = model.compile(cells(f"in:{name}" for name in card.inputs), cells(wanted))

    def rate(facts):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = [cell.value[0, 0] for cell in compute(*facts)]
        known, outside, why, score, grade = found[len(names) :]
        rest = (int(known), int(outside), None if score == "" else int(score), str(grade))
        return ([int(points) for points in found[: len(names)]], None if why == REFUSED else rest)

    return rate


def typed(value):
    """A value as it stands in a cell; what is unknown is left blank."""
    if value is None or (not isinstance(value, str) and np.isnan(value)):
        return ""
    return value if isinstance(value, str) else float(value)


def with_edges(card, given):
    """The same subjects, some exactly on every edge of an input read directly, and one ulp to either side."""
    for item in card.definition.characteristics:
        if item.of in given and item.edges:
            near = [
                value
                for edge in item.edges
                for value in (edge, math.nextafter(edge, -math.inf), math.nextafter(edge, math.inf))
            ]
            given[item.of][: len(near)] = near[: len(given[item.of])]
    return given


def assert_same(card, given, path):
    """Every subject has in the workbook the points, counts, score and grade the card gives."""
    scores, rate = card.score(given), computed(card, path)
    for row in range(len(scores.total)):
        facts = [typed(given[name][row]) if name in given else "" for name in card.inputs]
        points, rest = rate(facts)
        assert points == [int(scores.points[c.name][row]) for c in card.definition.characteristics], row
        total = int(scores.total[row])
        expected = (int(scores.known[row]), int(scores.out_of_range[row]), None if total < 0 else total)
        assert rest == (*expected, card.grade_codes[scores.grade[row]]), row


@pytest.mark.parametrize("name", CARDS)
def test_the_workbook_gives_every_point_score_and_grade(name, tmp_path):
    card = CARDS[name]
    assert_same(card, with_edges(card, columns(card, SUBJECTS[name])), tmp_path / "card.xlsx")


def test_random_cards_give_the_same_in_a_workbook_or_are_refused(tmp_path):
    choose, compared = random.Random(5), 0
    for seed in itertools.count():
        part = random_card(choose)
        given = random_columns(part, np.random.default_rng(seed), rows=RANDOM_SUBJECTS)
        # A blank cell is unknown, never a text that is no category.
        given = {n: np.array([x or None for x in v]) if v.dtype.kind == "O" else v for n, v in given.items()}
        try:
            assert_same(Scorecard.parse(text_of(part)), given, tmp_path / f"card_{seed}.xlsx")
        except CardError:
            continue
        compared += 1
        if compared == RANDOM_CARDS:
            break


@pytest.mark.parametrize(("age", "points"), [(2e13, 25), (2e13 + 1, 12)])
def test_the_next_whole_number_after_a_great_edge_is_beyond_it(age, points, tmp_path):
    text = CHINESE.replace("maximum: 100\n", "maximum: 1.0e+14\n").replace("60.1", "20000000000000")
    card = Scorecard.parse(
        text.replace(", 999: {zh: 未录, en: not recorded}", "").replace(", {code: 999, points: 30}", "")
    )
    assert computed(card, tmp_path / "card.xlsx")(["自有", age, 5])[0][1] == points


def test_a_value_the_card_refuses_has_neither_score_nor_grade(tmp_path):
    card = Scorecard.parse(CHINESE.replace("maximum: 80}", "maximum: 80, invalid: refuse}"))
    rate = computed(card, tmp_path / "card.xlsx")
    assert rate(["自有", 30, 80])[1] == (3, 0, 60, "甲")
    assert rate(["自有", 30, 81])[1] is None


def test_no_condition_lies_deeper_than_a_spreadsheet_takes(tmp_path):
    kinds = "".join(f"      k{n}: {{zh: 类, en: kind}}\n" for n in range(100))
    bins = "".join(f"      - {{is: [k{n}], points: {n % 9}, reason: R1}}\n" for n in range(100))
    card = Scorecard.parse(
        CHINESE.replace("      自有: {zh", f"{kinds}      自有: {{zh").replace(
            "      - {is: [自有], points: 20}\n", f"      - {{is: [自有], points: 20}}\n{bins}"
        )
    )
    rate = computed(card, tmp_path / "card.xlsx")
    assert [rate([f"k{n}", 30, 5])[0][0] for n in (0, 8, 99)] == [0, 8, 0]
    page = zipfile.ZipFile(tmp_path / "card.xlsx").read("xl/worksheets/sheet2.xml").decode()
    for formula in re.findall("<f>(.*?)</f>", page):
        open_brackets = itertools.accumulate({"(": 1, ")": -1}.get(letter, 0) for letter in formula)
        assert max(open_brackets, default=0) < NESTING


def test_what_may_be_endless_is_refused_where_it_is_computed_with(tmp_path):
    more = "  - {name: gap, label: {zh: 差, en: gap}, unit: 比例, basis: P, operation: weighted, "
    text = CHINESE.replace("of: [years, age]\n", "of: [age, years]\n    endless: 1\n" + more, 1)
    text = text.replace(more, more + "of: [years_share, years_share], weights: [1, -1]}\n")
    card = Scorecard.parse(text)
    with pytest.raises(CardError, match="gap: computes with years_share, which may be endless"):
        write_workbook(card.definition, tmp_path / "card.xlsx")


@pytest.mark.parametrize("value", [0.3, 1 / 3, math.nextafter(0.3, 1), 2.5e13 + 1 / 256, -0.1 * 3, 0.0])
def test_a_formula_holds_just_the_number(value):
    # A spreadsheet reads the first fifteen digits of every number.
    assert all(
        len(re.sub(r"\D", "", part.split("E")[0]).lstrip("0")) <= 15
        for part in re.split(r"(?<=\d)[+-]", exact(value))
    )
    assert eval(exact(value)) == value


@pytest.mark.parametrize("value", [math.inf, -1e308, 1e-310])
def test_a_number_no_spreadsheet_keeps_is_refused(value):
    with pytest.raises(CardError, match="a spreadsheet cannot keep this number"):
        exact(value)


def test_only_facts_and_the_name_of_the_subject_can_be_typed_in(tmp_path):
    card = CARDS["household"]
    write_workbook(card.definition, tmp_path / "card.xlsx", rows=3)
    book = openpyxl.load_workbook(tmp_path / "card.xlsx")
    assert book.sheetnames == [HELP, SCORES, CARD, SOURCES]
    assert all(book[name].protection.sheet for name in (SCORES, CARD, SOURCES))
    for row in range(FIRST_ROW + 1, FIRST_ROW + 4):
        unlocked = [cell.column for cell in book[SCORES][row] if not cell.protection.locked]
        assert unlocked == list(range(1, len(card.inputs) + 2))
    assert len(book[SCORES].data_validations.dataValidation) == len(card.inputs)


def rules(card, path):
    """The kind of rule, its strictness and what it allows, by the input it is for."""
    write_workbook(card.definition, path)
    found = openpyxl.load_workbook(path)[SCORES].data_validations.dataValidation
    names = {xl_rowcol_to_cell(FIRST_ROW, place + 1): name for place, name in enumerate(card.inputs)}
    return {names[str(r.sqref).split(":")[0]]: (r.type, r.errorStyle, r.formula1) for r in found}


def test_a_cell_says_what_may_stand_in_it(tmp_path):
    card = Scorecard.parse(CHINESE.replace("maximum: 80}", "maximum: 80, invalid: refuse}"))
    found = rules(card, tmp_path / "card.xlsx")
    assert (
        found["housing"] == ("list", "warning", '"自有,租 住,"""借""住",a\\b"')
        or found["housing"][0] == "list"
    )
    assert found["age"] == ("custom", "warning", "OR(AND(C4>=18,C4<=100),C4=-9,C4=-8,C4=999)")
    assert found["years"] == ("decimal", None, "0")


def test_a_text_that_looks_like_a_formula_stays_a_text(tmp_path):
    attacks = ["=1+1", "+1", "-1", "@SUM(A1)"]
    for attack in attacks:
        text = CHINESE.replace("zh: 自有, en: own", f"zh: '{attack}', en: own")
        card = Scorecard.parse(text.replace("zh: 年龄, en: age", f"zh: '{attack}', en: '{attack}'"))
        write_workbook(card.definition, tmp_path / "card.xlsx")
        book = openpyxl.load_workbook(tmp_path / "card.xlsx")
        for page in (book[CARD], book[SCORES]):
            found = [cell for row in page.iter_rows() for cell in row if str(cell.value).startswith(attack)]
            assert {cell.data_type for cell in found} == {"s"}, attack
        formulas = {c.value for row in book[CARD].iter_rows() for c in row if c.data_type == "f"}
        assert attack not in formulas


def test_the_points_edges_and_sources_stand_on_their_pages(tmp_path):
    card = CARDS["household"].definition
    write_workbook(card, tmp_path / "card.xlsx")
    book = openpyxl.load_workbook(tmp_path / "card.xlsx")
    lines = list(book[CARD].iter_rows(min_row=2, values_only=True))
    assert [line[POINTS_COLUMN] for line in lines] == [s.points for c in card.characteristics for s in c.bins]
    repayment = [line[BEGINNING_COLUMN] for line in lines[: len(card.characteristics[0].bins)]]
    assert repayment == [None, None, 1, 31, 61, 91]
    sources = {row[:4] for row in book[SOURCES].iter_rows(min_row=2, values_only=True)}
    assert sources == {(s.code, s.document, s.article, s.dated) for s in card.sources.values()}


def test_every_page_is_printed_on_a4_with_its_headers(tmp_path):
    write_workbook(CARDS["household"].definition, tmp_path / "card.xlsx")
    book = openpyxl.load_workbook(tmp_path / "card.xlsx")
    for page in book:
        assert str(page.page_setup.paperSize) == "9"
        assert page.page_setup.fitToHeight == 0
    assert (book[SCORES].print_title_rows, book[SCORES].print_title_cols) == ("$1:$2", "$A:$A")
    assert book[CARD].print_title_rows == "$1:$1"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("自有", "自" * 256, "a text of 256 letters is too long"),
        ("-8: {", "-1.0e+308: {", "a spreadsheet cannot keep this number"),
    ],
)
def test_what_a_spreadsheet_cannot_hold_is_refused(old, new, complaint, tmp_path):
    with pytest.raises(CardError, match=complaint):
        write_workbook(Scorecard.parse(CHINESE.replace(old, new)).definition, tmp_path / "card.xlsx")
    assert not (tmp_path / "card.xlsx").exists()


def test_a_formula_longer_than_a_spreadsheet_takes_is_refused(tmp_path):
    many = "".join(f"      类别{'长' * 60}{n}: {{zh: 类, en: kind}}\n" for n in range(120))
    names = ", ".join(f"类别{'长' * 60}{n}" for n in range(120))
    text = CHINESE.replace("      自有: {zh: 自有, en: own}\n", f"      自有: {{zh: 自有, en: own}}\n{many}")
    card = Scorecard.parse(text.replace("is: [自有]", f"is: [自有, {names}]"))
    with pytest.raises(CardError, match="is too long for a spreadsheet"):
        write_workbook(card.definition, tmp_path / "card.xlsx")


def test_categories_a_list_cannot_hold_are_typed_without_one(tmp_path):
    card = Scorecard.parse(CHINESE.replace("自有:", "'自,有':").replace("is: [自有]", "is: ['自,有']"))
    assert rules(card, tmp_path / "card.xlsx")["housing"][0] is None


def test_more_special_codes_than_a_rule_takes_are_typed_without_one(tmp_path):
    more = ", ".join(f"-{code}: {{zh: 其他, en: other}}" for code in range(1000, 1060))
    assert CHINESE.count("{-9:") == 1
    card = Scorecard.parse(CHINESE.replace("{-9:", f"{{{more}, -9:"))
    assert rules(card, tmp_path / "card.xlsx")["age"][0] is None


def test_a_choice_among_more_values_than_a_spreadsheet_takes_is_refused():
    assert chosen("A1", ["7"] * CHOICES).startswith("CHOOSE(A1,7,")
    with pytest.raises(CardError, match=f"a choice among {CHOICES + 1} values is too long"):
        chosen("A1", ["7"] * (CHOICES + 1))


def test_more_columns_than_a_spreadsheet_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(excel, "COLUMNS_MAXIMUM", 5)
    with pytest.raises(CardError, match="columns are too many for a spreadsheet"):
        write_workbook(CARDS["household"].definition, tmp_path / "card.xlsx")
