"""What of an inquiry stands in the sealed log, and where that log is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from app.db import Session
from app.inquiries import store
from app.inquiries.inquiry import InquiryRecord
from app.inquiry_log.lines import RECORDS_MAX
from app.inquiry_log.writing import InquiryLog, LogOfProcess
from app.models import Inquiry
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
    return [_log_entry(session, row) for row in rows if isinstance(row, Inquiry | InquiryRecord)]


def _log_entry(session: Session, row: Inquiry | InquiryRecord) -> dict[str, Any]:
    if isinstance(row, InquiryRecord):
        shown = row.shown
    else:
        shown = None if row.rating_id is None else store.shown(session, row.rating_id)
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
