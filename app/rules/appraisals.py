"""The dated rules of village appraisals and of overrides: the form, the counting, the caps."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from app.errors import SetupError
from app.records.rules import sources_of
from scoring import CardError
from scoring.definition import ProfileDefinition, Source, Text
from scoring.document import Document
from scoring.loader import canonical, parse, read

KIND = "appraisal_rules"
POINTS_MAXIMUM = 100
FEN = 100

V = TypeVar("V")


@dataclass(frozen=True)
class Choice:
    """One answer an appraiser may give to an item, and the points it is worth."""

    code: str
    label: Text
    points: int


@dataclass(frozen=True)
class FormItem:
    """One question of the form."""

    name: str
    label: Text
    choices: tuple[Choice, ...]

    def points(self, code: str) -> int | None:
        """What an answer is worth; None for no answer of this item."""
        return next((choice.points for choice in self.choices if choice.code == code), None)


@dataclass(frozen=True)
class ReasonCode:
    """A reason that may be given, by its code."""

    code: str
    label: Text


@dataclass(frozen=True)
class Form:
    """What an appraiser is asked of a household he knows; the best answers together give 100 points."""

    items: tuple[FormItem, ...]
    reasons: tuple[ReasonCode, ...]
    limit_fen_at_most: int


@dataclass(frozen=True)
class Counting:
    """How marks become a score: the quorum, from how many on the best and worst are dropped, what favours."""

    quorum: int
    trimmed_from: int
    favourable_from: int
    favourable_share: Fraction
    valid_months: int


@dataclass(frozen=True)
class Patterns:
    """From where on the town is shown that something looks odd; nothing follows by itself."""

    marks_least: int
    outlier_points: float
    identical_share: float
    top_from: int
    top_share: float
    kappa_least: float


@dataclass(frozen=True)
class OverrideCaps:
    """How far an official may depart from the card, for how long and for which reasons."""

    not_above_appraisal: bool
    grades_up_at_most: int
    grades_down_at_most: int
    months: int
    months_at_most: int
    reasons: tuple[ReasonCode, ...]


@dataclass(frozen=True)
class AppraisalRules:
    """One version of the rules; `scale` are grades with their least score, the best first."""

    code: str
    title: Text
    effective_from: date
    sources: Mapping[str, Source]
    counting: Counting
    weight_at_most: int
    form: Form
    scale: tuple[tuple[str, int], ...]
    patterns: Patterns
    override: OverrideCaps
    bases: Mapping[str, str]
    fingerprint: str
    content: str

    def grade(self, score_hundredths: int) -> str:
        """The grade of a score."""
        return next(code for code, least in self.scale if score_hundredths >= least * 100)


def load_appraisal_rules(path: Path) -> AppraisalRules:
    """The rules in a file; `CardError` names the first bad entry."""
    return appraisal_rules(read(path), where=str(path))


@lru_cache(maxsize=8)
def parse_appraisal_rules(content: str) -> AppraisalRules:
    """Rules as they were kept."""
    try:
        return appraisal_rules(parse(content, where=KIND), where=KIND)
    except CardError as error:
        raise SetupError(str(error)) from None


def appraisal_rules(content: Mapping[str, object], *, where: str) -> AppraisalRules:
    """The rules in a mapping, read strictly."""
    document, text = Document(content, where=where), canonical(content)
    sources = sources_of(document.part("sources"))
    bases: dict[str, str] = {}

    def part(key: str, made: Callable[[Document], V]) -> V:
        found = document.part(key)
        bases[key] = found.text("basis")
        if bases[key] not in sources:
            raise found.error("basis", f"{bases[key]!r} is none of {', '.join(sources)}")
        result = made(found)
        found.close()
        return result

    rules = AppraisalRules(
        code=document.text(KIND),
        title=document.words("title"),
        effective_from=document.day("effective_from"),
        sources=sources,
        counting=part("counting", _counting),
        weight_at_most=part("weight", lambda item: _from(item, "at_most", 0)),
        form=part("form", _form),
        scale=part("grades", _scale),
        patterns=part("patterns", _patterns),
        override=part("override", _override),
        bases=bases,
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
        content=text,
    )
    document.close()
    return rules


def refuse_other_numbers(
    profile: ProfileDefinition, known: Collection[AppraisalRules], *, where: str
) -> None:
    """One set of numbers says what an appraisal must be: a profile names it, or writes the same numbers."""
    codes = sorted({rules.code for rules in known})
    if profile.appraised_by and profile.appraised_by not in codes:
        raise SetupError(
            f"{where}: appraisal, rules: 没有评议规则 {profile.appraised_by} · there are no such rules of "
            f"appraisals; known are {', '.join(codes)}"
        )
    begun = [rules for rules in known if rules.effective_from <= profile.effective_from]
    if profile.appraisal is None or not begun:
        return
    rules = max(begun, key=lambda each: each.effective_from)
    for name, asked in _numbers(rules).items():
        written = getattr(profile.appraisal, name)
        if written != asked:
            raise SetupError(
                f"{where}: appraisal, {name}: 与评议规则不一致 · {written:g} here, {asked:g} in the rules of "
                f"appraisals {rules.code} of {rules.effective_from}; write its code, not the numbers"
            )


def _numbers(rules: AppraisalRules) -> dict[str, float]:
    counting = rules.counting
    return {
        "quorum": counting.quorum,
        "trimmed_from": counting.trimmed_from,
        "favourable_share": float(counting.favourable_share),
        "favourable_from": counting.favourable_from,
        "weight_at_most": rules.weight_at_most,
    }


def _counting(part: Document) -> Counting:
    # With fewer than three marks nothing is left when the best and the worst are dropped.
    return Counting(
        _from(part, "quorum", 1), _from(part, "trimmed_from", 3), _from(part, "favourable_from", 0),
        part.fraction("favourable_share"), _from(part, "valid_months", 1),
    )  # fmt: skip


def _form(part: Document) -> Form:
    items = tuple(_item(item) for item in part.parts("items"))
    best = sum(max(choice.points for choice in item.choices) for item in items)
    if best != POINTS_MAXIMUM:
        raise part.error("items", f"the best answers give {best} points, not {POINTS_MAXIMUM}")
    _refuse_twice(part, "items", [item.name for item in items])
    return Form(items, _reasons(part), _from(part, "limit_yuan_at_most", 0) * FEN)


def _item(part: Document) -> FormItem:
    found = FormItem(part.text("name"), part.words("label"), tuple(_choice(c) for c in part.parts("choices")))
    if len(found.choices) < 2:
        raise part.error("choices", "give at least two")
    _refuse_twice(part, "choices", [choice.code for choice in found.choices])
    part.close()
    return found


def _choice(part: Document) -> Choice:
    found = Choice(part.text("code"), part.words("label"), _from(part, "points", 0))
    part.close()
    return found


def _reasons(part: Document) -> tuple[ReasonCode, ...]:
    found = []
    for item in part.parts("reasons"):
        found.append(ReasonCode(item.text("code"), item.words("label")))
        item.close()
    _refuse_twice(part, "reasons", [reason.code for reason in found])
    return tuple(found)


def _scale(part: Document) -> tuple[tuple[str, int], ...]:
    found = []
    for item in part.parts("scale"):
        found.append((item.text("code"), _from(item, "minimum", 0)))
        item.close()
    minima = [least for _, least in found]
    if minima != sorted(set(minima), reverse=True) or not minima or minima[-1] != 0:
        raise part.error("scale", "write the grades from the best down to one from 0 points")
    return tuple(found)


def _patterns(part: Document) -> Patterns:
    return Patterns(
        _from(part, "marks_least", 1), part.number("outlier_points"), part.number("identical_share"),
        _from(part, "top_from", 0), part.number("top_share"), part.number("kappa_least"),
    )  # fmt: skip


def _override(part: Document) -> OverrideCaps:
    found = OverrideCaps(
        part.one_of("not_above_appraisal", ("yes", "no")) == "yes",
        _from(part, "grades_up_at_most", 0), _from(part, "grades_down_at_most", 0),
        _from(part, "months", 1), _from(part, "months_at_most", 1), _reasons(part),
    )  # fmt: skip
    if found.months > found.months_at_most:
        raise part.error("months", "is more than months_at_most")
    return found


def _from(part: Document, key: str, least: int) -> int:
    value = part.integer(key)
    if value < least:
        raise part.error(key, f"write a whole number of {least} or more")
    return value


def _refuse_twice(part: Document, key: str, names: Sequence[str]) -> None:
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise part.error(key, f"{', '.join(sorted(twice))} stands twice")
