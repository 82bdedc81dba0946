"""Profiles for those who review them: what they ask, where each gate turns, and how a title is kept."""

import csv
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.errors import Invalid
from app.jobs.cards import edges_of
from app.models import GateState
from scoring import CardError, Measure, Profile
from scoring.criteria import judged
from scoring.definition import Criterion, Ladder, ProfileDefinition
from scoring.loader import read

STATES = (GateState.HOLDS, GateState.FAILS, GateState.INSUFFICIENT, GateState.NOT_APPLICABLE)
_SIGNS = {(True, False): "≥", (True, True): ">", (False, False): "≤", (False, True): "<"}
# A gate held against a reference turns at whatever that is; it is shown at one that is as good as any.
_ANY_REFERENCE = 0.5


def is_profile(path: Path) -> bool:
    """Whether a policy file holds a profile; one that cannot be read holds none."""
    try:
        return "profile" in read(path)
    except CardError:
        return False


def load_profile(path: Path) -> Profile:
    """The profile in a file."""
    try:
        return Profile.load(path)
    except CardError as error:
        raise Invalid(str(error)) from None


def profile_lines(profile: ProfileDefinition) -> Iterator[str]:
    """The profile as an official reads it."""
    yield f"{profile.code} {profile.title.zh} · {profile.title.en}"
    yield f"自 {profile.effective_from} 起施行 · 指纹 {profile.fingerprint[:12]}"
    if profile.criteria:
        yield ""
        yield "【门槛 gates】"
    for item in profile.criteria:
        source = profile.sources[item.basis]
        yield f"  {item.label.zh} · {item.label.en}（{source.document} {source.article}）"
        yield f"        {item.measure} {asked(item)}{_sample(item)}"
    if profile.ladder is not None:
        yield from _ladder_lines(profile.ladder)
    yield from _kept_lines(profile)


def asked(item: Criterion) -> str:
    """The operator and the threshold of a gate, such as `≥ 0.6`."""
    sign = _SIGNS[item.at_least, item.strict]
    if not item.reference:
        return f"{sign} {item.threshold:g}"
    factor = "" if item.factor == 1 else f" × {item.factor:g}"
    plus = "" if item.plus == 0 else f" + {item.plus:g}"
    return f"{sign} {item.reference}{factor}{plus}"


def write_profile_boundaries(profile: ProfileDefinition, target: Path) -> int:
    """Every threshold with the state just below, at and just above it, as .csv; how many there are."""
    rows = [row for item in profile.criteria for row in _turns(item)]
    if profile.ladder is not None:
        rows += [
            (name, label, edge, *map(str, points))
            for item in profile.ladder.items
            for name, label, edge, *points in edges_of(item, derived=True)
        ]
        rows += [
            (rung.name, rung.label.zh, str(rung.at_least), *_WORDS["FHH"]) for rung in profile.ladder.rungs
        ]
    try:
        with target.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("gate", "门槛", "edge", "below", "at", "above"))
            writer.writerows(rows)
    except OSError as error:
        raise Invalid(f"{target}: cannot be written: {error.strerror}") from error
    return len(rows)


def _word(state: GateState) -> str:
    return f"{state.label} {state.value}"


_WORDS = {"FHH": (_word(GateState.FAILS), _word(GateState.HOLDS), _word(GateState.HOLDS))}


def _turns(item: Criterion) -> Iterator[tuple[str, ...]]:
    """Where a gate turns: at its threshold, and where the denominator becomes enough to judge by."""
    references = {item.reference: _ANY_REFERENCE} if item.reference else {}
    edge = _ANY_REFERENCE * item.factor + item.plus if item.reference else item.threshold
    around = np.array([math.nextafter(edge, -math.inf), edge, math.nextafter(edge, math.inf)])
    value = Measure(around, None, item.denominator)
    states = [_word(STATES[s]) for s in judged(item, {item.measure: value}, references=references).state]
    yield item.name, item.label.zh, asked(item).split(" ", 1)[1], *states
    if item.least_denominator:
        least = item.least_denominator
        whole = np.array([least - 1, least, least + 1])
        good = whole if item.at_least else np.zeros(3)
        counted = Measure(good, whole, item.denominator)
        gate = judged(item, {item.measure: counted}, references=references)
        words = [_word(STATES[state]) for state in gate.state]
        yield f"{item.name}: denominator", f"{item.label.zh}（分母）", f"{least:g}", *words


def _sample(item: Criterion) -> str:
    """What is asked of the denominator, in words."""
    least = f"，分母至少 {item.least_denominator:g} denominator at least" if item.least_denominator else ""
    none = "，分母为零时不适用 not applicable over nothing" if item.no_denominator == "not_applicable" else ""
    return least + none


def _ladder_lines(ladder: Ladder) -> Iterator[str]:
    yield ""
    yield f"【阶梯 ladder】 满分 {ladder.maximum}" + (f" · 得分 {ladder.score}" if ladder.score else "")
    for item in ladder.items:
        yield f"  {item.label.zh} · {item.label.en}"
        yield from (f"    {step.points:>4}  {step.label.zh}" for step in (*item.bins[1:], item.bins[0]))
    for rung in ladder.rungs:
        before = f"，先有 after {rung.requires}" if rung.requires else ""
        yield f"  {rung.name} {rung.label.zh} · {rung.label.en} ≥ {rung.at_least}{before}"


def _kept_lines(profile: ProfileDefinition) -> Iterator[str]:
    if profile.path is not None:
        path = profile.path
        yield ""
        yield (
            f"创建 path: {', '.join(path.proposed_by)} → {', '.join(path.checks)} → "
            f"公示 {path.notice_days} 天 days → {path.decided_by}，有效 {path.validity_months} 个月 months，"
            f"公示期满 {path.days_to_decide} 天内决定 days to decide · "
            f"到期前 {path.review_before_days} 天年审 days before, review"
        )
    if profile.keeping is not None:
        keeping = profile.keeping
        yield (
            f"保持 keeping: 连续 {keeping.month_ends} 个月末未达标后整改 {keeping.grace_days} 天 · "
            f"{keeping.month_ends} month-ends breached in a row, then {keeping.grace_days} days of grace"
        )
