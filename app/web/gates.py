"""Gates in words an official can act on."""

import math
from datetime import timedelta

from app.designations.service import GateLine, MeasureLine, StatusReport
from app.models import GateState
from app.records.words import money, percent
from app.web.shown import count

# What a share is a share of: its unit, and what is said where there is none of it.
_PARTS = {
    "registered_households": ("户", "无登记农户"),
    "archived_households": ("户", "无建档农户"),
    "borrowing_households": ("户", "无贷款农户"),
    "loan_balance_fen": ("", "无贷款余额"),
    "villages": ("个村", "无行政村"),
    "roster_entities": ("家", "名录内无主体"),
}
_COUNTS = {"cadre_default_count": "人", "village_veto_count": "项", "score": "分"}
_CHANGE = "npl_increment"
_SUMS = {_CHANGE: "现在的不良贷款率减去一年前的", "score": "各项得分相加"}


def value_words(measure: MeasureLine) -> str:
    """What there is: a share, a count, or that it is unknown or a share of nothing."""
    if measure.numerator is None or (_is_share(measure) and measure.denominator is None):
        return "未知"
    if _is_share(measure):
        return percent(measure.value) if measure.denominator else _nothing(measure)
    if measure.name == _CHANGE:
        return f"{measure.numerator * 100:+.2f} 个百分点" if measure.numerator else "没有变化"
    return f"{count(measure.numerator)} {_COUNTS.get(measure.name, '')}".strip()


def parts_words(measure: MeasureLine) -> str:
    """The two numbers of a share and what the second one counts."""
    if not _is_share(measure):
        return _SUMS.get(measure.name, "直接计数")
    label = _denominator(measure)
    if measure.denominator is None:
        return f"{_amount(measure, measure.numerator)}；{label}未知"
    part = money(measure.numerator) if _is_money(measure) else count(measure.numerator)
    return f"{part} ÷ {_amount(measure, measure.denominator)}（{label}）"


def short_words(measure: MeasureLine) -> str:
    """A share and its two numbers in a narrow column."""
    if measure.numerator is None or not measure.denominator:
        return (
            f"{value_words(measure)}（{parts_words(measure)}）"
            if measure.denominator is None
            else value_words(measure)
        )
    return f"{value_words(measure)}（{count(measure.numerator)}/{_amount(measure, measure.denominator)}）"


def threshold_words(gate: GateLine) -> str:
    """What is asked."""
    return f"{'≥' if gate.at_least else '≤'} {_asked(gate)}"


def margin_words(gate: GateLine) -> str:
    """How far the value is from what is asked, on which side."""
    if gate.margin is None or gate.state in (GateState.INSUFFICIENT, GateState.NOT_APPLICABLE):
        return "—"
    if not _is_share(gate.measure) and gate.name != _CHANGE:
        unit = _COUNTS.get(gate.measure.name, "")
        beyond = "差" if gate.at_least else "超出"
        return f"{beyond} {-gate.margin:g} {unit}".strip() if gate.margin < 0 else "符合"
    points = abs(gate.margin) * 100
    if not points:
        return "刚好达到"
    size = "不到 0.1" if points < 0.05 else f" {points:.1f}"
    return f"{'余' if gate.margin > 0 else '差'}{size} 个百分点"


def document_words(gate: GateLine, *, named: bool) -> list[str]:
    """The documents that count for a gate: which, by which office, of when and until when."""
    return [
        f"{one.document if named else one.kind.label}（{one.office}，{one.decided_on}，有效至 "
        f"{one.valid_until - timedelta(days=1)}）"
        for one in gate.documents
    ]


def since_words(gate: GateLine, *, named: bool) -> list[str]:
    """The documents recorded or ended since the night that gave the state of a gate."""
    return [one.words(named=named).zh for one in gate.since_night]


def missing_words(gate: GateLine) -> str:
    """What is still missing for a gate that does not hold, and what to do about it."""
    measure, name = gate.measure, gate.measure.label.zh
    if gate.missing_document is not None:
        return f"缺少有效的证明文件：{gate.missing_document.zh}"
    if gate.state is GateState.INSUFFICIENT:
        return f"{name}：{_insufficient(measure)}"
    if not _is_share(measure) or measure.numerator is None or measure.denominator is None:
        limit = "不低于" if gate.at_least else "不超过"
        return f"{name}：现为 {value_words(measure)}，须{limit} {_asked(gate)}"
    if gate.at_least:
        asked = math.ceil(gate.threshold * measure.denominator - 1e-9)
        short = _amount(measure, asked - measure.numerator)
        return (
            f"{name}：{_grows(measure)}还差 {short}（现有 {count(measure.numerator)}，须有 {count(asked)}）"
        )
    over = _amount(measure, measure.numerator - gate.threshold * measure.denominator)
    return f"{name}：现为 {value_words(measure)}，须降到 {_asked(gate)} 以内（还要减少 {over}）"


def first_missing(report: StatusReport) -> str:
    """What is missing most, in one line; nothing where every gate holds."""
    if report.first_step is not None:
        return report.first_step.zh
    missing = report.missing
    if not missing:
        return ""
    more = f"；另有 {len(missing) - 1} 项" if len(missing) > 1 else ""
    return missing_words(missing[0]) + more


def _insufficient(measure: MeasureLine) -> str:
    """Why nothing can be said, and who says it then."""
    if not _is_share(measure) or measure.numerator is None:
        return "尚未采集，请补报"
    if measure.denominator is None:
        return f"{_denominator(measure)}尚未采集，请补报"
    if not measure.denominator:
        return f"{_nothing(measure)}，系统不作判断，请人工评定"
    return f"只有 {_amount(measure, measure.denominator)}，数量太少，系统不作判断，请人工评定"


def _grows(measure: MeasureLine) -> str:
    """That a number is missing as things are, where work on another gate makes the whole larger."""
    if measure.denominator_name != "archived_households":
        return ""
    return f"按现有建档 {_amount(measure, measure.denominator)}计，"


def _is_share(measure: MeasureLine) -> bool:
    return measure.denominator_name != "none"


def _is_money(measure: MeasureLine) -> bool:
    return measure.denominator_name == "loan_balance_fen"


def _asked(gate: GateLine) -> str:
    if gate.name == _CHANGE:
        return f"{gate.threshold * 100:g} 个百分点"
    if _is_share(gate.measure):
        return f"{gate.threshold * 100:g}%"
    return f"{gate.threshold:g} {_COUNTS.get(gate.measure.name, '')}".strip()


def _amount(measure: MeasureLine, number: float | None) -> str:
    if _is_money(measure):
        return money(number)
    return f"{count(number)} {_unit(measure)}".strip()


def _unit(measure: MeasureLine) -> str:
    return _PARTS.get(measure.denominator_name, ("", ""))[0]


def _nothing(measure: MeasureLine) -> str:
    return _PARTS.get(measure.denominator_name, ("", "无"))[1]


def _denominator(measure: MeasureLine) -> str:
    return measure.denominator_label.zh.removesuffix("（分）")
