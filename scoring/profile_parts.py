"""The parts of a designation profile, as a policy document writes them."""

from collections.abc import Iterator, Mapping
from datetime import date

from scoring.bins import steps_of
from scoring.definition import Characteristic, Criterion, Ladder, ProfileDefinition, Rung
from scoring.document import Document
from scoring.parts import keys_of, sources_of
from scoring.procedure import CHECKERS, DECIDERS, PROPOSERS, AppraisalRules, Keeping, Path

# What the appraisal of a village comes to, of those who answered; its gate is written with the appraisal.
FAVOURABLE = "appraisal_favourable_share"
# Whether that was enough, as the rules of appraisals say; 1 or 0.
APPRAISED = "appraisal_favourable"
# The operators of a gate: whether the value must be at least, and whether the threshold itself is left out.
_OPERATORS = {
    "at_least": (True, False),
    "above": (True, True),
    "at_most": (False, False),
    "below": (False, True),
}


def profile_from(document: Document, *, fingerprint: str, content: str) -> ProfileDefinition:
    """A designation profile as it is written; whether it makes sense is checked by `scoring.lint`."""
    result = ProfileDefinition(
        code=document.text("profile"),
        level=document.text("level"),
        title=document.words("title"),
        effective_from=document.day("effective_from"),
        criteria=tuple(_criteria(document)),
        measures={key: document.part("measures").words(key) for key in keys_of(document, "measures")},
        denominators={k: document.part("denominators").words(k) for k in keys_of(document, "denominators")},
        parameters={k: document.part("parameters").number(k) for k in keys_of(document, "parameters")},
        minimum_grade=document.optional("minimum_grade"),
        mandatory={k: document.part("mandatory").texts(k) for k in keys_of(document, "mandatory")},
        sources=sources_of(document),
        fingerprint=fingerprint,
        content=content,
        references={k: document.part("references").words(k) for k in keys_of(document, "references")},
        ladder=_ladder(document.part("ladder")) if "ladder" in document else None,
        path=_path(document.part("path")) if "path" in document else None,
        keeping=_keeping(document.part("keeping")) if "keeping" in document else None,
        appraisal=_appraisal(document.part("appraisal")) if "appraisal" in document else None,
        appraised_by=document.part("appraisal").optional("rules") if "appraisal" in document else "",
    )
    document.close()
    return result


def _criteria(document: Document) -> Iterator[Criterion]:
    """The gates as written, then what is asked of lower titles and of the village appraisal."""
    for part in document.parts("criteria"):
        yield _criterion(part)
    for part in document.parts("requires"):
        yield _criterion(part, title=part.text("title"))
    if "appraisal" in document:
        part = document.part("appraisal")
        elsewhere = "rules" in part
        yield Criterion(
            name="appraisal",
            label=part.words("label"),
            measure=APPRAISED if elsewhere else FAVOURABLE,
            at_least=True,
            threshold=1.0 if elsewhere else part.number("favourable_share"),
            least_denominator=0.0 if elsewhere else part.number("quorum"),
            no_denominator="insufficient",
            basis=part.text("basis"),
        )


def _criterion(part: Document, *, title: str = "") -> Criterion:
    if "attested" in part:
        return _counted(part, "attested", kind="attestation", at_least=True)
    if "vetoes" in part:
        return _counted(part, "vetoes", kind="veto", at_least=False)
    operator = next((name for name in _OPERATORS if name in part), "at_most")
    at_least, strict = _OPERATORS[operator]
    reference, factor, plus = _relative(part, operator)
    result = Criterion(
        name=part.text("name"),
        label=part.words("label"),
        measure=part.text("measure"),
        at_least=at_least,
        threshold=plus if reference else part.number(operator),
        least_denominator=part.number("least_denominator") if "least_denominator" in part else 0.0,
        no_denominator=part.text("no_denominator") if "no_denominator" in part else "insufficient",
        basis=part.text("basis"),
        strict=strict,
        reference=reference,
        factor=factor,
        plus=plus,
        title=title,
        denominator=part.optional("denominator"),
    )
    if result.no_denominator not in ("insufficient", "not_applicable"):
        raise part.error("no_denominator", "expected insufficient or not_applicable")
    part.close()
    return result


def _counted(part: Document, key: str, *, kind: str, at_least: bool) -> Criterion:
    """A document that must be on file, or decisions of which there may be none."""
    result = Criterion(
        name=part.text("name"),
        label=part.words("label"),
        measure=part.text(key),
        at_least=at_least,
        threshold=1.0 if at_least else 0.0,
        least_denominator=0.0,
        no_denominator="insufficient",
        basis=part.text("basis"),
        kind=kind,
    )
    part.close()
    return result


def _relative(part: Document, operator: str) -> tuple[str, float, float]:
    """The reference a threshold is written as, with what it is multiplied by and what is added."""
    if not part.is_mapping(operator):
        return "", 1.0, 0.0
    written = part.part(operator)
    reference = written.text("reference")
    factor = written.number("factor") if "factor" in written else 1.0
    plus = written.number("plus") if "plus" in written else 0.0
    written.close()
    return reference, factor, plus


def _ladder(part: Document) -> Ladder:
    result = Ladder(
        maximum=part.integer("maximum"),
        items=tuple(_item(item) for item in part.parts("items")),
        score=part.optional("score"),
        rungs=tuple(_rung(item) for item in part.parts("rungs")),
        basis=part.text("basis"),
    )
    part.close()
    return result


def _item(part: Document) -> Characteristic:
    result = Characteristic(
        name=part.text("name"),
        label=part.words("label"),
        block="",
        of=part.text("measure"),
        unit="",
        basis=part.text("basis"),
        direction=part.one_of("direction", ("", "free", "up", "down")),
        months_to_change=None,
        bins=steps_of(part, None, unit=""),
    )
    part.close()
    return result


def _rung(part: Document) -> Rung:
    result = Rung(
        name=part.text("name"),
        label=part.words("label"),
        at_least=part.integer("at_least"),
        requires=part.optional("requires"),
        basis=part.text("basis"),
    )
    part.close()
    return result


def _path(part: Document) -> Path:
    until = part.optional("campaign_until")
    if until:
        _check_day_of_year(part, until)
    result = Path(
        proposed_by=_among(part, "proposed_by", PROPOSERS),
        checks=_among(part, "checks", CHECKERS),
        notice_days=part.integer("notice_days"),
        decided_by=_among_one(part, "decided_by", DECIDERS),
        validity_months=part.integer("validity_months"),
        review_before_days=part.integer("review_before_days"),
        campaign_until=until,
        basis=_basis(part),
        decide_within_days=part.integer("decide_within_days") if "decide_within_days" in part else None,
    )
    part.close()
    return result


def _keeping(part: Document) -> Keeping:
    result = Keeping(part.integer("month_ends"), part.integer("grace_days"), part.text("basis"))
    part.close()
    return result


def _appraisal(part: Document) -> AppraisalRules | None:
    """The numbers a profile writes itself; none where it goes by the rules of appraisals and writes none."""
    part.words("label")
    if "rules" in part:
        part.text("rules")
        part.text("basis")
        part.close()
        return None
    result = AppraisalRules(
        quorum=part.integer("quorum"),
        trimmed_from=part.integer("trimmed_from"),
        favourable_share=part.number("favourable_share"),
        favourable_from=part.number("favourable_from"),
        weight_at_most=part.number("weight_at_most"),
        not_above_appraisal=_among_one(part, "not_above_appraisal", ("no", "yes")) == "yes",
        basis=part.text("basis"),
    )
    part.close()
    return result


def _basis(part: Document) -> Mapping[str, str]:
    """The source of each number of a path."""
    written = part.part("basis")
    return {key: written.text(key) for key in written.names()}


def _among(part: Document, key: str, choices: tuple[str, ...]) -> tuple[str, ...]:
    chosen = part.texts(key)
    for word in chosen:
        if word not in choices:
            raise part.error(key, f"{word!r} is none of {', '.join(choices)}")
    return chosen


def _among_one(part: Document, key: str, choices: tuple[str, ...]) -> str:
    part.text(key)
    return part.one_of(key, choices)


def _check_day_of_year(part: Document, text: str) -> None:
    """A month and a day that every year has; February 29 is none."""
    try:
        date.fromisoformat(f"2001-{text}")
    except ValueError:
        raise part.error("campaign_until", f"{text!r} is no day of every year, such as 12-31") from None
