"""Gates in words an official can act on."""

import math

from app.designations.service import GateLine, MeasureLine, StatusReport
from app.models import GateState
from app.web.shown import UNITS, count, money, percent


def value_words(measure: MeasureLine) -> str:
    """What there is: a share or a count."""
    if measure.denominator_name != "none":
        return "未知" if measure.denominator is None else percent(measure.value)
    if measure.name == "npl_increment":
        return "未知" if measure.value is None else f"{measure.value * 100:+.2f} 个百分点"
    return count(measure.value)


def parts_words(measure: MeasureLine) -> str:
    """The two numbers of a share and what the second one counts."""
    if measure.denominator_name == "none":
        return ""
    shown = money if measure.denominator_name == "loan_balance_fen" else count
    label = measure.denominator_label.zh.replace("（分）", "")
    unit = UNITS.get(measure.denominator_name, "")
    return f"{shown(measure.numerator)} / {shown(measure.denominator)} {unit}（{label}）"


def threshold_words(gate: GateLine) -> str:
    """What is asked."""
    sign = "≥" if gate.at_least else "≤"
    if gate.measure.denominator_name == "none" and gate.name != "npl_increment":
        return f"{sign} {gate.threshold:g}"
    return f"{sign} {gate.threshold * 100:g}%"


def margin_words(gate: GateLine) -> str:
    """How far the value is from what is asked, on which side."""
    if gate.margin is None or gate.state in (GateState.INSUFFICIENT, GateState.NOT_APPLICABLE):
        return "—"
    if gate.measure.denominator_name == "none" and gate.name != "npl_increment":
        return f"多出 {-gate.margin:g}" if gate.margin < 0 else "符合"
    points = abs(gate.margin) * 100
    return f"{'余' if gate.margin >= 0 else '差'} {points:.1f} 个百分点"


def missing_words(gate: GateLine) -> str:
    """What is still missing for a gate that does not hold."""
    measure = gate.measure
    name = measure.label.zh
    if gate.state is GateState.INSUFFICIENT:
        if not measure.denominator and measure.denominator_name != "none":
            return (
                f"{name}：没有{measure.denominator_label.zh.removesuffix('（分）')}，暂不能判断，转人工评定"
            )
        if measure.value is None:
            return f"{name}：尚未采集"
        return f"{name}：样本太少（{parts_words(measure)}），转人工评定"
    if gate.at_least and measure.denominator is not None and measure.numerator is not None:
        asked = math.ceil(gate.threshold * measure.denominator - 1e-9)
        unit = UNITS.get(measure.denominator_name, "")
        short = asked - measure.numerator
        return f"{name}：还差 {count(short)} {unit}（现 {count(measure.numerator)}，需 {count(asked)}）"
    if measure.denominator_name == "none" and gate.name != "npl_increment":
        return f"{name}：现有 {count(measure.value)}，须为 {gate.threshold:g}"
    return f"{name}：{value_words(measure)}，须{threshold_words(gate)}"


def first_missing(report: StatusReport) -> str:
    """What is missing most, in one line; nothing where every gate holds."""
    missing = report.missing
    if not missing:
        return ""
    more = f"（另有 {len(missing) - 1} 项）" if len(missing) > 1 else ""
    return missing_words(missing[0]) + more
