"""What an override may do, which ones hold, and how many there were: per official and per village."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from app import clock
from app.access.looks import record_looks
from app.access.scope import Viewer, may_see
from app.appraisals.service import results_of
from app.db import Session, add_once
from app.errors import Conflict, Invalid, NotFound
from app.models import Override as KeptOverride
from app.models import OverrideEnd, Rating, Subject, SubjectKind
from app.overrides import store
from app.overrides.override import (
    DOCUMENT_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    Override,
    OverrideRefused,
    OverrideState,
    ReportLine,
)
from app.places.service import place as place_by_id
from app.places.service import subtree_prefix
from app.ratings.service import current_rating, explained
from app.records.current import months_before
from app.rules.appraisals import AppraisalRules, OverrideCaps
from app.rules.service import appraisal_rules_in_force, appraisal_rules_of
from app.subjects.free_text import without_numbers
from app.subjects.service import subject as subject_by_id


def wanted(
    session: Session,
    subject_id: int,
    *,
    grade: str,
    reason_code: str,
    document: str,
    months: int | None,
    viewer: Viewer,
    on: date,
) -> dict[str, Any]:
    """All that is asked for with an override, once everything it must satisfy is looked at.

    `OverrideRefused` above the appraisal, above a veto's cap, or further from the card than the rules let an
    official go; `Conflict` where there is no grade to depart from, or an override holds already.
    """
    subject = subject_by_id(session, subject_id)
    if not may_see(viewer, place_by_id(session, subject.place_id).code):
        raise NotFound(f"本辖区没有主体 {subject_id} · there is no subject {subject_id} in your division")
    version_id, rules = appraisal_rules_in_force(session, on=on)
    rating = _rated(session, subject_id)
    if subject_id in in_force(session, [subject_id], on=on):
        raise Conflict(
            f"主体 {subject_id} 已有生效的评级调整，请先终止 · an override of subject {subject_id} holds "
            "already; end it first"
        )
    caps = rules.override
    _refuse_beyond_card(rating, grade, rules)
    _refuse_above_veto(session, rating, grade, rules)
    if _raises(rating.grade, grade, rules):
        _refuse_above_appraisal(session, subject, grade, rules, on=on)
    return {
        "subject_id": subject_id,
        "rating_id": rating.rating_id,
        "card_grade": rating.grade,
        "grade": grade,
        "reason_code": _known_reason(reason_code, caps),
        "document": _checked(document, where="document", length_max=DOCUMENT_LENGTH_MAX),
        "months": _term(months, caps),
        "rule_version_id": version_id,
    }


def target_of(subject_id: int) -> str:
    """What an approval of an override is about."""
    return f"override/{subject_id}"


def grant(
    session: Session,
    content: Mapping[str, Any],
    *,
    reason: str,
    approval_id: int,
    asked_by: int,
    granted_by: int,
    at: datetime,
) -> int:
    """Put what two persons agreed on in force from today for its months; its number.

    The rating stays as it is: the override stands beside it.
    """
    on = clock.day_of(at)
    made = KeptOverride(
        subject_id=content["subject_id"],
        place_id=subject_by_id(session, content["subject_id"]).place_id,
        rating_id=content["rating_id"],
        rule_version_id=content["rule_version_id"],
        approval_id=approval_id,
        card_grade=content["card_grade"],
        grade=content["grade"],
        reason_code=content["reason_code"],
        reason=_checked(reason, where="reason", length_max=TEXT_LENGTH_MAX),
        document=content["document"],
        effective_from=on,
        effective_to=months_before(on, -content["months"]),
        organisation_id=store.user(session, asked_by).organisation_id,
        asked_by=asked_by,
        granted_by=granted_by,
        granted_at=at,
    )
    store.add(session, made)
    return made.override_id


def in_force(session: Session, subject_ids: Collection[int], *, on: date) -> Mapping[int, Override]:
    """The override that holds on a day for each of these subjects, in a few queries for any number.

    One is over when it is ended or its term is, when the card has come to another grade or veto since, and
    when a newer appraisal is below a grade it was raised to.
    """
    found = _shown(session, store.of_subjects(session, subject_ids, on=on), on=on)
    return {one.subject_id: one for one in reversed(found) if one.state is OverrideState.IN_FORCE}


def effective_grade(card_grade: str, override: Override | None) -> str:
    """The grade that is gone by: the override's while one holds, the card's otherwise."""
    return card_grade if override is None else override.grade


def of_subject(session: Session, subject_id: int, *, on: date) -> list[Override]:
    """Every override a subject has had, the newest first."""
    return _shown(session, store.of_subjects(session, [subject_id]), on=on)


def listed(
    session: Session, *, viewer: Viewer, first: date, end: date, on: date, limit: int
) -> list[Override]:
    """The overrides of the viewer's division that began from a day until before another."""
    prefix = subtree_prefix(viewer.place_code)
    return _shown(session, store.within(session, prefix, first=first, end=end, limit=limit), on=on)


def record_views(session: Session, found: Sequence[Override], *, viewer: Viewer, at: datetime) -> None:
    """Write down that an official has seen these overrides, with the grades they depart from (art. 22)."""
    record_looks(session, [(one.subject_id, one.rating_id) for one in found], viewer=viewer, at=at)


def told_by_refusal(session: Session, subject_id: int) -> list[tuple[int, int | None]]:
    """Of whom the refusal of an override tells, and of which rating; who is not there is not found before."""
    rating = current_rating(session, subject_id)
    return [(subject_id, None if rating is None else rating.rating_id)]


def end(session: Session, override_id: int, *, reason: str, viewer: Viewer, at: datetime) -> Override:
    """End an override of the viewer's division before its time; the card's grade holds again."""
    on, kept = clock.day_of(at), store.override(session, override_id)
    if kept is None or not may_see(viewer, kept[2].code):
        raise NotFound(
            f"本辖区没有评级调整 {override_id} · there is no override {override_id} in your division"
        )
    shown = _shown(session, [kept], on=on)[0]
    made = OverrideEnd(
        override_id=override_id,
        ended_on=on,
        reason=_checked(reason, where="reason", length_max=TEXT_LENGTH_MAX),
        ended_at=at,
        ended_by=viewer.user_id,
    )
    over = shown.state in (OverrideState.ENDED, OverrideState.EXPIRED)
    if over or not add_once(session, made):
        raise Conflict(f"评级调整 {override_id}{shown.state_label} · override {override_id} is over already")
    again = store.override(session, override_id)
    assert again is not None
    return _shown(session, [again], on=on)[0]


def report(
    session: Session, *, viewer: Viewer, first: date, end: date, on: date
) -> tuple[list[ReportLine], list[ReportLine]]:
    """How many overrides each official asked for and each village had, the most first."""
    found = listed(session, viewer=viewer, first=first, end=end, on=on, limit=100_000)
    rules = appraisal_rules_in_force(session, on=on)[1]
    officials = _counted(
        found, "official", rules, lambda one: (one.asked_by, f"{one.asked_by}（{one.office}）")
    )
    villages = _counted(found, "village", rules, lambda one: (one.place_code, one.place_name))
    return officials, villages


def _counted(
    found: Sequence[Override], of: str, rules: AppraisalRules, key: Callable[[Override], tuple[str, str]]
) -> list[ReportLine]:
    groups: dict[tuple[str, str], list[Override]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    lines = []
    for (code, name), own in groups.items():
        raised = sum(_raises(one.card_grade, one.grade, rules) for one in own)
        states = [one.state for one in own]
        lines.append(
            ReportLine(
                of, code, name, len(own), raised, len(own) - raised,
                states.count(OverrideState.IN_FORCE), states.count(OverrideState.ENDED),
            )
        )  # fmt: skip
    return sorted(lines, key=lambda line: (-line.override_count, line.code))


def _rated(session: Session, subject_id: int) -> Rating:
    rating = current_rating(session, subject_id)
    if rating is None or rating.unrated_reason:
        raise Conflict(
            f"主体 {subject_id} 没有评级，不能调整 · subject {subject_id} has no grade to depart from; bring "
            "its file up to date instead"
        )
    return rating


def _refuse_beyond_card(rating: Rating, grade: str, rules: AppraisalRules) -> None:
    order = _order(rules)
    if grade not in order:
        raise Invalid(f"grade: 应为 · write one of {', '.join(order)}")
    if grade == rating.grade:
        raise Invalid(f"grade: 评分卡等级已是 {grade} · the card says {grade} already")
    if rating.grade not in order:
        raise OverrideRefused(
            f"评分卡等级 {rating.grade} 不在调整规则的等级之列 · the rules of overrides do not know "
            f"the grade {rating.grade}"
        )
    steps, caps = order.index(rating.grade) - order.index(grade), rules.override
    most = caps.grades_up_at_most if steps > 0 else caps.grades_down_at_most
    if abs(steps) > most:
        way, english = ("上调", "raise") if steps > 0 else ("下调", "lower")
        raise OverrideRefused(
            f"评分卡等级 {rating.grade}，最多{way} {most} 级 · an override may {english} the grade of the "
            f"card ({rating.grade}) by {most} at most"
        )


def _refuse_above_veto(session: Session, rating: Rating, grade: str, rules: AppraisalRules) -> None:
    order = _order(rules)
    for veto in explained(session, rating).explanation.vetoes:
        if order.index(grade) < order.index(veto.grade_at_most):
            raise OverrideRefused(
                f"一票否决“{veto.label.zh}”：等级最高为 {veto.grade_at_most} · the veto {veto.name} holds "
                f"the grade at {veto.grade_at_most}; what it rests on has to be corrected, not overridden"
            )


def _refuse_above_appraisal(
    session: Session, subject: Subject, grade: str, rules: AppraisalRules, *, on: date
) -> None:
    """No official lifts a household above what its village says of it (REQ-124)."""
    if not rules.override.not_above_appraisal or subject.kind is not SubjectKind.HOUSEHOLD:
        return
    found = results_of(session, [subject.subject_id], on=on).get(subject.subject_id)
    said = None if found is None else found.grade
    if said is None:
        raise OverrideRefused(
            f"主体 {subject.subject_id} 没有有效的村级评议，不能上调 · subject {subject.subject_id} has no "
            "appraisal of its village that holds; without one no override raises its grade"
        )
    if said not in _order(rules):
        raise OverrideRefused(
            f"村级评议等级 {said} 不在调整规则的等级之列，不能上调 · the rules of overrides do not know the "
            f"grade of the village appraisal, {said}; without one no override raises a grade"
        )
    if _raises(said, grade, rules):
        raise OverrideRefused(
            f"不得高于村级评议等级 {said} · an override may not end above the grade of the village "
            f"appraisal, {said}"
        )


def _known_reason(code: str, caps: OverrideCaps) -> str:
    codes = [reason.code for reason in caps.reasons]
    if code not in codes:
        raise Invalid(f"reason_code: 应为 · write one of {', '.join(codes)}")
    return code


def _term(months: int | None, caps: OverrideCaps) -> int:
    chosen = caps.months if months is None else months
    if not 1 <= chosen <= caps.months_at_most:
        raise Invalid(f"months: 应为 · write 1 to {caps.months_at_most} months")
    return chosen


def _checked(text: str, *, where: str, length_max: int) -> str:
    plain = text.strip()
    if not 0 < len(plain) <= length_max:
        raise Invalid(f"{where}: 应为 1 至 {length_max} 字 · write 1 to {length_max} characters")
    return without_numbers(plain, where=where)


def _order(rules: AppraisalRules) -> list[str]:
    """The grades, the best first."""
    return [code for code, _least in rules.scale]


def _raises(card_grade: str, grade: str, rules: AppraisalRules) -> bool:
    order = _order(rules)
    return order.index(grade) < order.index(card_grade)


def _shown(session: Session, kept: Sequence[store.Kept], *, on: date) -> list[Override]:
    """Overrides with how they stand on a day."""
    running = [one for one, ended, *_ in kept if _term_state(one, ended, on=on) is OverrideState.IN_FORCE]
    versions = {one.rule_version_id for one, *_ in kept}
    rules = {version_id: appraisal_rules_of(session, version_id) for version_id in versions}
    overtaken = _overtaken(session, running, rules=rules, on=on)
    found = []
    for one, ended, place, office, asked_by, granted_by in kept:
        state = _term_state(one, ended, on=on)
        given = rules[one.rule_version_id].override.reasons
        reasons = {reason.code: reason.label.zh for reason in given}
        found.append(
            Override(
                override_id=one.override_id,
                subject_id=one.subject_id,
                rating_id=one.rating_id,
                card_grade=one.card_grade,
                grade=one.grade,
                reason_code=one.reason_code,
                reason_label=reasons[one.reason_code],
                reason=one.reason,
                document=one.document,
                office=office,
                asked_by=asked_by,
                granted_by=granted_by,
                granted_at=one.granted_at,
                effective_from=one.effective_from,
                effective_to=one.effective_to,
                ended_on=None if ended is None else ended.ended_on,
                end_reason=None if ended is None else ended.reason,
                place_code=place.code,
                place_name=place.name,
                state=OverrideState.OVERTAKEN if one.override_id in overtaken else state,
            )
        )
    return found


def _term_state(one: KeptOverride, ended: OverrideEnd | None, *, on: date) -> OverrideState:
    if ended is not None and ended.ended_on <= on:
        return OverrideState.ENDED
    return OverrideState.IN_FORCE if on < one.effective_to else OverrideState.EXPIRED


def _overtaken(
    session: Session, running: Sequence[KeptOverride], *, rules: Mapping[int, AppraisalRules], on: date
) -> set[int]:
    """Those whose ground is gone: the card says something else, or the village something lower, by now."""
    if not running:
        return set()
    subjects = {one.subject_id for one in running}
    held = store.ratings_held(session, subjects, on=on)
    granted = store.ratings(session, {one.rating_id for one in running})
    said = results_of(session, subjects, on=on)
    gone = set()
    for one in running:
        now, then = held.get(one.subject_id), granted[one.rating_id]
        own = rules[one.rule_version_id]
        village = said.get(one.subject_id)
        changed = now is None or (now.grade, now.vetoes) != (then.grade, then.vetoes)
        lower = (
            own.override.not_above_appraisal
            and village is not None
            and village.grade in _order(own)
            and _raises(one.card_grade, one.grade, own)
            and _raises(village.grade, one.grade, own)
        )
        if changed or lower:
            gone.add(one.override_id)
    return gone
