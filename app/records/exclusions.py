"""Why a record on file does not count: it was wrong, repaired, kept long enough, or may not be used."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.models import RecordEvent, RecordEventKind, SubjectKind
from app.models.base import Labelled
from app.records.current import months_before
from app.records.known import CONSENT_WITHDRAWALS, RECORD_EVENTS, Known


class Exclusion(Labelled):
    """Why a record does not count."""

    CORRECTED = "corrected", "已更正"
    REPAIRED = "repaired", "已修复"
    EXPIRED = "expired", "不良信息保存期满"
    NOT_NOTICED = "not_noticed", "尚未告知本人"
    CONSENT_WITHDRAWN = "consent_withdrawn", "已撤回同意"


_TAKES_OUT = {
    RecordEventKind.CORRECTED: Exclusion.CORRECTED,
    RecordEventKind.REPAIRED: Exclusion.REPAIRED,
}


@dataclass(frozen=True)
class Adverse:
    """What a delivery said of an adverse record, and whether the person had to be told of it first."""

    ended_on: date | None
    noticed_on: date | None
    must_notice: bool


@dataclass(frozen=True)
class Withdrawn:
    """The withdrawal of the consent under which a restricted value was collected."""

    withdrawal_id: int
    on: date


def must_notice(kind: SubjectKind, *, is_public: bool) -> bool:
    """Whether a person has to be told before an adverse record of this source counts (art. 15)."""
    return kind is SubjectKind.HOUSEHOLD and not is_public


def exclusion(
    events: Iterable[RecordEvent], *, adverse: Adverse | None, withdrawn: Withdrawn | None, known: Known
) -> Exclusion | None:
    """Why a record does not count on a day; None where it may count."""
    if known.rules is None:
        return None
    begun = [
        event
        for event in events
        if event.happened_on <= known.on and known.has(RECORD_EVENTS, event.record_event_id)
    ]
    state = taken_out(begun)
    if state is not None:
        return state
    if adverse is not None:
        end = ended_on(begun, adverse)
        if end is not None and known.on > years_after(end, known.rules.adverse_years):
            return Exclusion.EXPIRED
        if adverse.must_notice and not noticed(begun, adverse, on=known.on):
            return Exclusion.NOT_NOTICED
    if withdrawn is not None and withdrawn.on <= known.on:
        return (
            Exclusion.CONSENT_WITHDRAWN if known.has(CONSENT_WITHDRAWALS, withdrawn.withdrawal_id) else None
        )
    return None


def taken_out(events: Iterable[RecordEvent]) -> Exclusion | None:
    """Whether a record was corrected or repaired and not restored since."""
    state: Exclusion | None = None
    for event in sorted(events, key=lambda each: each.record_event_id):
        if event.kind in _TAKES_OUT:
            state = _TAKES_OUT[event.kind]
        elif event.kind is RecordEventKind.RESTORED:
            state = None
    return state


def ended_on(events: Iterable[RecordEvent], adverse: Adverse) -> date | None:
    """The day the adverse event ended: as stated last, else as delivered; None while it goes on."""
    stated = [event for event in events if event.kind is RecordEventKind.ENDED]
    newest = max(stated, key=lambda event: event.record_event_id, default=None)
    return adverse.ended_on if newest is None else newest.happened_on


def noticed(events: Iterable[RecordEvent], adverse: Adverse, *, on: date) -> bool:
    """Whether the person had been told of an adverse record by a day."""
    told = adverse.noticed_on is not None and adverse.noticed_on <= on
    return told or any(event.kind is RecordEventKind.NOTICED for event in events)


def years_after(day: date, years: int) -> date:
    """The same day so many years later."""
    return months_before(day, -12 * years)
