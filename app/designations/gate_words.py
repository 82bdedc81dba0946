"""Gates in the words of a refusal: which are missed by how much, and which are others than they were."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from app.designations.found import FIGURES, NEWEST_NIGHT, Block, Found
from app.models import RUNG_GATE, GateState
from scoring.definition import Criterion, ProfileDefinition, Text
from scoring.measured import MEASURABLE

# Which row says so, of which night it is and the figures behind a state change every night; what decides
# is compared.
_WHENCE = frozenset({"night", NEWEST_NIGHT, "rating_id", "place_status_id", "by_hand", FIGURES})
_STATES = {state.value: state for state in GateState}
_OF_GATES = frozenset(
    {
        Block.GATES_FAIL,
        Block.GATES_INSUFFICIENT,
        Block.VETO,
        Block.DOCUMENT_MISSING,
        Block.VILLAGES_FIRST,
        Block.RUNG_TOO_HIGH,
        Block.RUNG_INSUFFICIENT,
    }
)
_MISSED = (GateState.FAILS.value, GateState.INSUFFICIENT.value)
# A difference of two shares is told in points of a hundred, as they are.
_CHANGE = "npl_increment"
_LONGEST = 60
_WORDS = {
    "state": "总体",
    "grade": "评级",
    "effective_grade": "等级（含人工调整）",
    "least_grade": "最低等级",
    "veto": "一票否决",
    "consent": "同意建档评级",
    "merged_into": "已并入",
    "status": "登记状态",
    "appraisal": "评议",
    "documents": "证明与否决",
    "designated_villages": "信用村数",
    "villages": "行政村数",
    "rung": "档次",
    "score": "得分",
    "rung_state": "档次得分",
    "lower_rung": "下一级",
    "lower_rung_held": "持有下一级",
}


def missed(found: Found, profile: ProfileDefinition) -> Text | None:
    """The gates that are missed, each with what there is and what is asked, and how to mend them; or none.

    Of a subject the numbers are not told: its rating explains them.
    """
    if not _OF_GATES & set(found.blocks):
        return None
    states, figures = found.facts.get("gates", {}), found.facts.get(FIGURES, {})
    told = [
        _missed(gate, figures.get(gate.name, {}))
        for gate in profile.criteria
        if states.get(gate.name) in _MISSED
    ]
    told += _rung(found, profile)
    if not told:
        return None
    zh, en = "；".join(each.zh for each in told), "; ".join(each.en for each in told)
    if found.code:
        way = f"credit-village designations way {found.code}"
        zh, en = f"{zh}；怎样达标：{way}", f"{en}; how to mend it: {way}"
    return Text(zh, en)


def _rung(found: Found, profile: ProfileDefinition) -> Iterator[Text]:
    """The score, where it is not enough for the rung that is asked for."""
    for rung in () if profile.ladder is None else profile.ladder.rungs:
        if rung.name == found.facts.get("rung") and found.facts.get("rung_state") in _MISSED:
            score = found.facts.get("score")
            zh, en = ("未知", "unknown") if score is None else (f"{score:g} 分", f"{score:g} points")
            yield Text(
                f"{rung.label.zh}：现为 {zh}，须 ≥ {rung.at_least} 分",
                f"{rung.label.en}: {en}, must be ≥ {rung.at_least}",
            )


def changed(before: Mapping[str, Any], now: Mapping[str, Any], *, profile: ProfileDefinition) -> list[str]:
    """The facts that are others than they were, as `name: before → now`; of many gates those that differ.

    Facts from before the figures were kept are compared by what both hold: the states.
    """
    told: list[str] = []
    for name in sorted((before.keys() | now.keys()) - _WHENCE):
        was, is_now = before.get(name), now.get(name)
        if was == is_now:
            continue
        if name == "gates":
            told += _changed_gates(was or {}, is_now or {}, profile=profile)
        elif name == "documents":
            told.append(_changed_documents(was or [], is_now or []))
        elif isinstance(was, Mapping) and isinstance(is_now, Mapping):
            told += [
                f"{_named(name)}.{key}: {_short(was.get(key))} → {_short(is_now.get(key))}"
                for key in sorted(was.keys() | is_now.keys())
                if was.get(key) != is_now.get(key)
            ]
        else:
            told.append(f"{_named(name)}: {_short(was)} → {_short(is_now)}")
    return told


def _changed_gates(
    was: Mapping[str, str], is_now: Mapping[str, str], *, profile: ProfileDefinition
) -> Iterator[str]:
    labels = _labels(profile)
    for name in sorted(was.keys() | is_now.keys()):
        if was.get(name) != is_now.get(name):
            label = labels.get(name, Text(name, ""))
            words = f"{label.zh} {label.en}".strip()
            yield f"{words}: {_short(was.get(name))} → {_short(is_now.get(name))}"


def _labels(profile: ProfileDefinition) -> Mapping[str, Text]:
    labels = {gate.name: gate.label for gate in profile.criteria}
    for rung in () if profile.ladder is None else profile.ladder.rungs:
        labels |= {rung.name: rung.label, f"{RUNG_GATE}{rung.name}": rung.label}
    return labels


def _changed_documents(was: Sequence[Mapping[str, Any]], is_now: Sequence[Mapping[str, Any]]) -> str:
    """Which documents count now that did not, and the other way round, by number."""
    before, now = ({each["attestation_id"]: each for each in some} for some in (was, is_now))
    told = [f"+ {_document(now[number])}" for number in sorted(now.keys() - before.keys())]
    told += [f"- {_document(before[number])}" for number in sorted(before.keys() - now.keys())]
    return f"{_named('documents')}: {', '.join(told)}"


def _document(one: Mapping[str, Any]) -> str:
    return f"{one['kind']} {one['attestation_id']} {one['measure']}"


def _missed(gate: Criterion, figure: Mapping[str, Any]) -> Text:
    """A gate, such as `no veto: 1, must be at most 0`."""
    asked = figure.get("threshold", None if gate.reference else gate.threshold)
    sign = {(True, False): "≥", (True, True): ">", (False, False): "≤", (False, True): "<"}[
        gate.at_least, gate.strict
    ]
    bound = "" if asked is None else f"{sign} {_number(gate, asked)}"
    if not figure:
        return Text(f"{gate.label.zh}（须 {bound}）", f"{gate.label.en} (must be {bound})")
    value, parts = figure["value"], _parts(gate, figure)
    zh = "未知" if value is None else _number(gate, value)
    en = "unknown" if value is None else _number(gate, value)
    return Text(
        f"{gate.label.zh}：现为 {zh}{parts}，须 {bound}", f"{gate.label.en}: {en}{parts}, must be {bound}"
    )


def _number(gate: Criterion, value: float) -> str:
    if gate.measure == _CHANGE:
        return f"{value * 100:+.4g} pp"
    return f"{value * 100:.4g}%" if _is_share(gate) else f"{value:.10g}"


def _parts(gate: Criterion, figure: Mapping[str, Any]) -> str:
    """The two numbers of a share of what is counted; amounts of money are left to the page."""
    numerator, denominator = figure["numerator"], figure["denominator"]
    if denominator is None or numerator is None or "loan_balance_fen" in _divided_by(gate):
        return ""
    return f" ({numerator:.10g}/{denominator:.10g})"


def _is_share(gate: Criterion) -> bool:
    return _divided_by(gate) not in ((), ("none",), ("",))


def _divided_by(gate: Criterion) -> tuple[str, ...]:
    known = MEASURABLE.get(gate.measure)
    return (gate.denominator,) if gate.denominator or known is None else known.denominators


def _named(name: str) -> str:
    return f"{_WORDS[name]} {name}" if name in _WORDS else name


def _short(value: Any) -> str:
    """A state in both languages, or a value cut to what can be read at a glance."""
    if isinstance(value, str) and value in _STATES:
        return f"{_STATES[value].label} {value}"
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
