"""Whatever a card must be is asked when it is loaded, and told with its place and a value that shows it."""

import copy
from pathlib import Path

import pytest

from scoring import NO_SCORE, RATED, REQUIRED_MISSING, TOO_FEW_FACTS, CardError, loader
from scoring.checks import check_card, faults

HOUSEHOLD = loader.read(Path("scoring/policies/cq_bishan/household/2023-01-01.yaml"))
CHINESE = loader.read(Path("tests/scoring/exchange/chinese_card.yaml"))


def found(content, change):
    changed = copy.deepcopy(content)
    change(changed)
    return [(str(fault), fault.shown_by) for fault in faults(loader.unchecked(changed, where="card"))]


def first(key, **values):
    return lambda content: content[key][0].update(values)


def characteristic(**values):
    return lambda content: content["characteristics"][0].update(values)


def repeat(key):
    return lambda content: content[key].append(content[key][0])


WIDE = [{"to": str(edge + 1), "points": "0"} | ({"from": str(edge)} if edge else {}) for edge in range(300)]
WIDE += [{"from": "300", "points": "20"}]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (repeat("inputs"), ("overdue_days_max_24m: the value is declared twice", "")),
        (repeat("characteristics"), ("repayment_record: the characteristic is declared twice", "")),
        (repeat("blocks"), ("repayment: the block is declared twice", "")),
        (repeat("vetoes"), ("overdue_now: the veto is declared twice", "")),
        (repeat("grades"), ("AAA: the grade is declared twice", "")),
        (
            lambda c: c["derived"][1].update(of=["nothing", "annual_income_fen"]),
            ("debt_to_income: reads nothing, which is not declared before it", ""),
        ),
        (characteristic(of="nothing"), ("repayment_record: reads nothing, which is not declared", "")),
        (
            lambda c: c["vetoes"][0].update(of="nothing"),
            ("overdue_now: reads nothing, which is not declared", ""),
        ),
        (
            lambda c: c["required"].append("land_index"),
            ("land_index: required, but not an input", ""),
        ),
        (characteristic(block="nothing"), ("repayment_record: the block nothing is not declared", "")),
        (
            lambda c: c["characteristics"][0]["bins"][1].update(reason="R77"),
            ("repayment_record: the reason R77 is not declared", ""),
        ),
        (
            lambda c: c.update(inquiry_reasons=["R77"]),
            ("inquiry_reasons: the reason R77 is not declared", ""),
        ),
        (
            lambda c: c.update(basis="NO"),
            ("card: the basis NO is not declared under sources", ""),
        ),
        (first("grades", basis="NO"), ("grade AAA: the basis NO is not declared under sources", "")),
        (first("blocks", basis="NO"), ("repayment: the basis NO is not declared under sources", "")),
        (first("derived", basis="NO"), ("default_points: the basis NO is not declared under sources", "")),
        (
            first("inputs", name="religion"),
            ("religion: a prohibited input (ZX14)", ""),
        ),
        (
            first("inputs", minimum="5", maximum="4"),
            ("overdue_days_max_24m: needs a finite minimum that is not above its maximum", ""),
        ),
        (
            first("inputs", maximum="inf"),
            ("overdue_days_max_24m: needs a finite minimum that is not above its maximum", ""),
        ),
        (
            first("inputs", special={"7": {"zh": "拒答", "en": "refused"}}),
            (
                (
                    "overdue_days_max_24m: the special code 7 lies inside the range: "
                    "it cannot be told from a value"
                ),
                "overdue_days_max_24m = 7",
            ),
        ),
        (
            first("derived", operation="magic"),
            (
                (
                    "default_points: no operation 'magic' "
                    "(there are ratio, weighted, product, least, known_if, default_penalty)"
                ),
                "",
            ),
        ),
        (
            lambda c: c["derived"][1].update(of=["debt_fen"]),
            ("debt_to_income: ratio reads 2 values, not 1", ""),
        ),
        (
            lambda c: c["derived"][1].update(weights=["1"]),
            ("debt_to_income: ratio takes the parameters endless", ""),
        ),
        (
            lambda c: c["derived"][1].update(endless="2"),
            ("debt_to_income: endless is 1, or left out", ""),
        ),
        (
            lambda c: next(d for d in c["derived"] if d["name"] == "labour_thirds").update(
                weights=["1", "2"]
            ),
            ("labour_thirds: 1 values need as many weights", ""),
        ),
        (
            lambda c: next(d for d in c["derived"] if d["name"] == "appraisal").update(at_least=["1", "2"]),
            ("appraisal: at_least is one number", ""),
        ),
        (
            first("derived", unit_points=["1", "2"]),
            ("default_points: unit_points is one number, and every list of factors has some", ""),
        ),
        (
            first("derived", item_factors=[]),
            ("default_points: unit_points is one number, and every list of factors has some", ""),
        ),
        (
            first("derived", days_limits=["90", "30", "180", "360", "720"]),
            ("default_points: days_limits must rise and have one factor more than limits", ""),
        ),
        (characteristic(bins=[]), ("repayment_record: has no bins", "")),
        (characteristic(bins=WIDE), ("repayment_record: has 302 bins; there may be 255", "")),
        (
            characteristic(bins=[{"from": "0", "points": "20"}]),
            (
                "repayment_record, bin 1: the first bin must have no `from`",
                "overdue_days_max_24m = -4.9406564584124654e-324",
            ),
        ),
        (
            characteristic(bins=[{"to": "9", "points": "20"}]),
            ("repayment_record, bin 1: the last bin must have no `to`", "overdue_days_max_24m = 9"),
        ),
        (
            characteristic(
                bins=[
                    {"to": "5", "points": "20"},
                    {"from": "5", "to": "5", "points": "1"},
                    {"from": "5", "points": "0"},
                ]
            ),
            ("repayment_record, bin 2: from 5 to 5 is empty", ""),
        ),
        (
            characteristic(bins=[{"to": "5", "points": "20"}, {"points": "1"}]),
            ("repayment_record, bin 2: overlap with bin 1 between -inf and 5", "overdue_days_max_24m = 0"),
        ),
        (
            lambda c: c.update(maximum="0"),
            ("maximum: must lie between 1 and 10000", ""),
        ),
        (
            lambda c: c.update(least_known_share="1.5"),
            ("least_known_share: must lie between 0 and 1", ""),
        ),
        (first("blocks", maximum="-1"), ("repayment: its maximum must lie between 0 and 10000", "")),
        (
            lambda c: c["characteristics"][0]["bins"][0].update(points="20000"),
            ("card: its points come to 20105; there may be 10000", ""),
        ),
        (
            lambda c: c.update(vetoes=[c["vetoes"][0] | {"name": f"veto_{n}"} for n in range(32)]),
            ("card: there may be 31 vetoes", ""),
        ),
        (
            lambda c: c["characteristics"].extend(
                c["characteristics"][1] | {"name": f"more_{n}"} for n in range(5)
            ),
            ("card: the bins take 69 bits; a rating is packed into 64", ""),
        ),
        (lambda c: c.update(grades=[]), ("grades: there are none", "")),
        (
            lambda c: c["grades"].reverse(),
            ("grades: must be listed best first, each with a lower minimum", ""),
        ),
        (
            lambda c: c["grades"][3].update(minimum="1"),
            ("grade B: the last grade must begin at 0", ""),
        ),
        (
            lambda c: c["unrated"].update(code="A"),
            ("grade A: the grade for 'unrated' is a grade of its own", ""),
        ),
        (
            lambda c: c["vetoes"][0].update(grade_at_most="Z"),
            ("overdue_now: the grade Z is not declared", ""),
        ),
    ],
)
def test_a_card_that_cannot_be_used_says_why(change, fault):
    assert fault in found(HOUSEHOLD, change)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda c: c["derived"][0].update(of=["housing", "age"]),
            ("years_share: reads housing, which holds texts; an operation reads numbers", ""),
        ),
        (
            lambda c: c["vetoes"][0].update(of="housing"),
            ("old: reads housing, which holds texts; a veto reads numbers", ""),
        ),
        (
            lambda c: c["characteristics"][0]["bins"].pop(0),
            ("housing: hole: no bin holds 自有", "housing = 自有"),
        ),
        (
            lambda c: c["characteristics"][0]["bins"][1]["is"].append("自有"),
            ("housing: overlap: two bins hold 自有", "housing = 自有"),
        ),
        (
            lambda c: c["characteristics"][0]["bins"][0].update({"is": []}),
            ("housing, bin 1: holds no category", ""),
        ),
        (
            lambda c: (
                c["inputs"][0].update(categories={f"类{n}": {"zh": "类", "en": "kind"} for n in range(256)})
                or c["characteristics"][0].update(bins=[{"is": ["类1"], "points": "20"}])
            ),
            ("housing: has 256 categories; there may be 255", ""),
        ),
        (
            lambda c: c["characteristics"][1]["special"].append(c["characteristics"][1]["special"][0]),
            ("age: the special code -9 has two bins", "age = -9"),
        ),
    ],
)
def test_texts_and_special_codes_are_asked_for_too(change, fault):
    assert fault in found(CHINESE, change)


def test_a_card_in_order_has_no_fault_and_loads():
    card = loader.unchecked(HOUSEHOLD, where="card")
    assert faults(card) == []
    check_card(card, where="card")


def test_all_faults_are_told_at_once_with_the_file():
    content = copy.deepcopy(HOUSEHOLD)
    content["grades"][3]["minimum"] = "1"
    content["least_known_share"] = "2"
    with pytest.raises(CardError) as refused:
        loader.card(content, where="file.yaml")
    assert str(refused.value).splitlines() == [
        "file.yaml: least_known_share: must lie between 0 and 1",
        "file.yaml: grade B: the last grade must begin at 0",
    ]


def test_why_there_is_no_grade_is_told_apart():
    assert (NO_SCORE, sorted({RATED, REQUIRED_MISSING, TOO_FEW_FACTS})) == (-1, [0, 1, 2])


@pytest.mark.parametrize(("bins", "bits"), [(2, 1), (3, 2), (4, 2), (5, 3), (8, 3), (9, 4)])
def test_a_bin_takes_no_more_bits_than_it_needs(bins, bits):
    content = copy.deepcopy(HOUSEHOLD)
    last = {"from": str(bins - 2), "points": "20"} if bins > 2 else {"points": "20"}
    steps = [
        {"to": str(edge + 1), "points": "0"} | ({"from": str(edge)} if edge else {})
        for edge in range(bins - 2)
    ]
    content["characteristics"][0]["bins"] = [*steps, last]
    assert loader.card(content, where="card").characteristics[0].bits == bits


def test_an_input_says_what_it_allows():
    numbers, texts = (loader.unchecked(c, where="card").inputs for c in (HOUSEHOLD, CHINESE))
    assert numbers[0].allowed == "0 to 36500"
    assert texts[1].allowed == "18 to 100, -9, -8, 999"
    assert texts[0].allowed.startswith("自有, ")
