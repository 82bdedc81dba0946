"""Gates in the words of the pages: an unknown is never a nought, and a share of nothing is no share."""

import pytest

from app.designations.service import GateLine, MeasureLine
from app.models import GateState
from app.web import gates
from scoring.definition import Source, Text

LABELS = {
    "registered_households": "总户数",
    "borrowing_households": "有贷款农户数",
    "loan_balance_fen": "贷款余额（分）",
    "none": "计数",
}


def measure(part, whole, *, of="registered_households", name="file_coverage", label="建档率"):
    value = part if of == "none" else part / whole if part is not None and whole else None
    return MeasureLine(name, Text(label, ""), value, part, whole, of, Text(LABELS[of], ""))


def gate(line, threshold, *, at_least=True, state=GateState.FAILS):
    margin = None
    if line.value is not None:
        margin = line.value - threshold if at_least else threshold - line.value
    basis = Source("A19", "文件", "条款", "2022-09-15")
    return GateLine(
        line.name, line.label, state, at_least, threshold, line.value, margin, line, basis
    )  # fmt: skip


def change(points):
    return measure(points, None, of="none", name="npl_increment", label="不良贷款率较上年变化")


def cadres(number):
    return measure(number, None, of="none", name="cadre_default_count", label="村干部逾期人数")


def loans(bad, balance):
    return measure(bad, balance, of="loan_balance_fen", name="npl_share", label="不良贷款率")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (measure(75, 121), "62.0%"),
        (measure(0, 121), "0.0%"),
        (measure(None, 121), "未知"),
        (measure(75, None), "未知"),
        (measure(0, 0), "无登记农户"),
        (measure(0, 0, of="borrowing_households"), "无贷款农户"),
        (cadres(0), "0 人"),
        (cadres(None), "未知"),
        (change(0.0233), "+2.33 个百分点"),
        (change(0.0), "没有变化"),
    ],
)
def test_a_value_is_a_number_or_says_why_there_is_none(line, words):
    assert gates.value_words(line) == words


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (measure(75, 1121), "75 ÷ 1,121 户（总户数）"),
        (measure(75, None), "75 户；总户数未知"),
        (loans(50_000, 111_680_000), "500 元 ÷ 111.68 万元（贷款余额）"),
    ],
)
def test_a_share_comes_with_both_numbers_and_what_the_second_counts(line, words):
    assert gates.parts_words(line) == words


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (gate(measure(109, 121), 0.9), "余 0.1 个百分点"),
        (gate(measure(108, 121), 0.9), "差 0.7 个百分点"),
        (gate(measure(89_999, 100_000), 0.9), "差不到 0.1 个百分点"),
        (gate(measure(9, 10), 0.9, state=GateState.HOLDS), "刚好达到"),
        (gate(cadres(2), 0, at_least=False), "超出 2 人"),
        (gate(cadres(0), 0, at_least=False, state=GateState.HOLDS), "符合"),
        (gate(measure(0, 0), 0.9, state=GateState.INSUFFICIENT), "—"),
    ],
)
def test_the_margin_says_on_which_side_of_the_threshold_the_value_is(found, words):
    assert gates.margin_words(found) == words


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (gate(measure(97, 121), 0.9), "建档率：还差 12 户（现有 97，须有 109）"),
        (
            gate(loans(4_000_000, 100_000_000), 0.03, at_least=False),
            "不良贷款率：现为 4.0%，须降到 3% 以内（还要减少 1.00 万元）",
        ),
        (
            gate(change(0.0233), 0.01, at_least=False),
            "不良贷款率较上年变化：现为 +2.33 个百分点，须不超过 1 个百分点",
        ),
        (gate(cadres(2), 0, at_least=False), "村干部逾期人数：现为 2 人，须不超过 0 人"),
        (gate(cadres(None), 0, state=GateState.INSUFFICIENT), "村干部逾期人数：尚未采集，请补报"),
        (
            gate(measure(75, None), 0.9, state=GateState.INSUFFICIENT),
            "建档率：总户数尚未采集，请补报",
        ),
        (
            gate(measure(0, 0, of="borrowing_households"), 0.9, state=GateState.INSUFFICIENT),
            "建档率：无贷款农户，系统不作判断，请人工评定",
        ),
        (
            gate(measure(5, 6, of="borrowing_households"), 0.9, state=GateState.INSUFFICIENT),
            "建档率：只有 6 户，数量太少，系统不作判断，请人工评定",
        ),
    ],
)
def test_what_is_missing_is_said_so_that_one_can_act(found, words):
    assert gates.missing_words(found) == words


@pytest.mark.parametrize(("whole", "asked"), [(100, 90), (101, 91), (10, 9)])
def test_a_village_that_gets_what_is_asked_reaches_the_threshold(whole, asked):
    assert f"须有 {asked}）" in gates.missing_words(gate(measure(1, whole), 0.9))
    assert asked / whole >= 0.9 > (asked - 1) / whole
