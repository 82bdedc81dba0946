"""What an appraiser may write on a sheet, what it is worth, and the hash of all of it."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.appraisals.appraisal import Line, Mark
from app.errors import Invalid
from app.rules.appraisals import AppraisalRules, Form

_SHOWN_MAX = 10


@dataclass(frozen=True)
class Fault:
    """One thing wrong on a line of a sheet: which field, and what about it."""

    field: str
    words: str


def score_of(mark: Mark, form: Form) -> int | None:
    """The points of the answers; none where the household is not known or not everything is answered."""
    points = [item.points(mark.answers.get(item.name, "")) for item in form.items]
    if not mark.knows or None in points:
        return None
    return sum(each for each in points if each is not None)


def faults(mark: Mark, rules: AppraisalRules, *, complete: bool) -> Iterator[Fault]:
    """What is wrong with a line; a `complete` one answers everything it has to."""
    if not mark.knows:
        if mark.answers or mark.reasons or mark.suggested_limit_fen is not None or mark.kin:
            yield Fault("knows", "不知晓的农户其余各栏应空白 · leave the rest empty of a household not known")
        return
    yield from _unknown_words(mark, rules.form)
    limit = mark.suggested_limit_fen
    if limit is not None and not 0 <= limit <= rules.form.limit_fen_at_most:
        most = rules.form.limit_fen_at_most // 100
        yield Fault("suggested_limit", f"应为 0 至 {most} 元 · write 0 to {most} yuan")
    if complete and not mark.kin:
        yield from _missing(mark, rules)


def _unknown_words(mark: Mark, form: Form) -> Iterator[Fault]:
    items = {item.name: item for item in form.items}
    for name, code in mark.answers.items():
        if name not in items:
            yield Fault("answers", f"没有此项目 · no such item; the items are {', '.join(items)}")
        elif items[name].points(code) is None:
            known = ", ".join(f"{choice.code} {choice.label.zh}" for choice in items[name].choices)
            yield Fault(name, f"应为 · write one of {known}")
    codes = [reason.code for reason in form.reasons]
    if not set(mark.reasons) <= set(codes) or len(set(mark.reasons)) < len(mark.reasons):
        yield Fault("reasons", f"原因代码应为下列之一且不重复 · write each code once, of {', '.join(codes)}")


def _missing(mark: Mark, rules: AppraisalRules) -> Iterator[Fault]:
    for item in rules.form.items:
        if item.name not in mark.answers:
            yield Fault(item.name, "未填写 · not answered")
    score = score_of(mark, rules.form)
    if score is not None and score < rules.counting.favourable_from and not mark.reasons:
        yield Fault("reasons", "不赞成须写明原因代码 · a mark that is not favourable takes a reason")


def checked(
    marks: Sequence[Mark], lines: Sequence[Line], rules: AppraisalRules, *, complete: bool
) -> list[Mark]:
    """The marks in the order of their lines; `Invalid` names the first lines that are wrong or missing."""
    known = {line.line: line for line in lines}
    found: dict[int, Mark] = {}
    wrong: list[str] = []
    for mark in marks:
        if mark.line not in known or mark.line in found:
            wrong.append(f"line {mark.line}: 表上没有此行，或重复 · not on this sheet, or twice")
            continue
        found[mark.line] = mark
        wrong += [
            f"line {mark.line} {fault.field}: {fault.words}"
            for fault in faults(mark, rules, complete=complete)
        ]
    if complete:
        wrong += [f"line {line}: 未填写是否知晓 · `knows` is missing" for line in known if line not in found]
    if wrong:
        more = f"; … {len(wrong)} 处 in all" if len(wrong) > _SHOWN_MAX else ""
        raise Invalid("; ".join(wrong[:_SHOWN_MAX]) + more)
    return [found[line] for line in sorted(found)]


def as_plain(marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """Marks as JSON keeps them."""
    return [
        {
            "line": mark.line,
            "knows": mark.knows,
            "kin": mark.kin,
            "answers": dict(sorted(mark.answers.items())),
            "reasons": sorted(mark.reasons),
            "suggested_limit_fen": mark.suggested_limit_fen,
        }
        for mark in marks
    ]


def as_text(marks: Sequence[Mark]) -> str:
    """Marks as one text, the same for the same marks."""
    return json.dumps(as_plain(marks), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def from_text(text: str) -> list[Mark]:
    """Marks as `as_text` wrote them."""
    return [from_plain(one) for one in json.loads(text)]


def from_plain(plain: Mapping[str, Any]) -> Mark:
    """One mark as `as_plain` wrote it."""
    return Mark(**{**plain, "reasons": tuple(plain["reasons"])})


def fingerprint(form_code: str, marks: Sequence[Mark]) -> str:
    """The SHA-256 of a sheet: whose it is and everything it says."""
    return hashlib.sha256(f"{form_code}\n{as_text(marks)}".encode()).hexdigest()
