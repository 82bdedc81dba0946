"""What of an inquiry stands in the sealed log."""

from collections.abc import Iterable
from typing import Any

from app.db import Session
from app.inquiries import store
from app.inquiries.inquiry import InquiryRecord
from app.models import Inquiry


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
