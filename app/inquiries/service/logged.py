"""What of an inquiry stands in the sealed log, and where that log is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from app import clock
from app.db import Session
from app.inquiries import store
from app.inquiries.inquiry import InquiryRecord
from app.inquiry_log.lines import RECORDS_MAX
from app.inquiry_log.writing import InquiryLog, LogOfProcess
from app.models import Disclosure, Inquiry
from app.overrides.service import in_force
from app.settings import Settings
from app.subjects.cipher import Cipher, derived_key


def log_of(settings: Settings, cipher: Cipher) -> LogOfProcess:
    """The log of this process, sealed with a key made from the master key that seals when it is opened."""

    def opened() -> InquiryLog:
        master = cipher.master(cipher.in_force[0])
        return InquiryLog(
            settings.inquiry_log_folder,
            seed=derived_key(master, purpose="inquiry-log", length=32),
            seal_folders=settings.inquiry_seal_folders,
        )

    return LogOfProcess(opened)


def log_rows(log: LogOfProcess, session: Session, rows: Iterable[object], *, at: datetime) -> None:
    """Write the entries of the looks among rows about to be committed."""
    entries = entries_of(session, rows)
    for first in range(0, len(entries), RECORDS_MAX):
        log.append(entries[first : first + RECORDS_MAX], at=at)


def entries_of(session: Session, rows: Iterable[object]) -> list[dict[str, Any]]:
    """The entry of the sealed log for every inquiry among rows about to be committed: no number, no name."""
    added = list(rows)
    views = [row for row in added if isinstance(row, Inquiry)]
    shown = _shown_in_views(session, views, handed=[row for row in added if isinstance(row, Disclosure)])
    return [
        _log_entry(row, shown=row.shown if isinstance(row, InquiryRecord) else shown[id(row)])
        for row in added
        if isinstance(row, Inquiry | InquiryRecord)
    ]


def _shown_in_views(
    session: Session, views: Sequence[Inquiry], *, handed: Sequence[Disclosure]
) -> dict[int, dict[str, object] | None]:
    """What each look of an official shows, by the look: the rating, and the copy of all data handed over.

    The grade of an override that holds stands beside the card's.
    """
    days: dict[date, set[int]] = {}
    for row in views:
        if row.rating_id is not None and row.subject_id is not None:
            days.setdefault(clock.day_of(row.inquired_at), set()).add(row.subject_id)
    beside = {day: in_force(session, subjects, on=day) for day, subjects in days.items()}
    copies = {row.subject_id: {"handed": row.kind, "sha256": row.content_sha256} for row in handed}
    found: dict[int, dict[str, object] | None] = {}
    for row in views:
        shown: dict[str, object] = {}
        if row.rating_id is not None:
            held = beside.get(clock.day_of(row.inquired_at), {}).get(row.subject_id or 0)
            shown |= store.shown(session, row.rating_id) | {"override": None if held is None else held.grade}
        if row.subject_id is not None:
            shown |= copies.get(row.subject_id, {})
        found[id(row)] = shown or None
    return found


def _log_entry(row: Inquiry | InquiryRecord, *, shown: Mapping[str, object] | None) -> dict[str, Any]:
    return {
        "uid": row.uid,
        "batch_uid": row.batch_uid,
        "inquired_at": row.inquired_at.isoformat(),
        "user_id": row.user_id,
        "organisation_id": row.organisation_id,
        "purpose": row.purpose,
        "consent_id": row.consent_id,
        "subject_id": row.subject_id,
        "outcome": row.outcome,
        "refusal_code": row.refusal_code,
        "rating_id": row.rating_id,
        "shown": shown,
    }
