"""Scanning inquiries for what looks abnormal, and what an auditor reads and notes about it."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from app.access.scope import Viewer
from app.alerts import store
from app.alerts.alert import Alerted, LogRow, Noted, ScanSummary
from app.alerts.columns import Finding, midnight
from app.alerts.detection import days_looked_back, detect
from app.alerts.lending import months_due
from app.alerts.rules import NOTHING_DECLARED, AlertRules, Declarations
from app.alerts.service.circumstances import circumstances
from app.alerts.store import Narrowed
from app.db import Session
from app.errors import Invalid, NotFound
from app.models import InquiryAlertNote, epoch_day
from app.subjects.free_text import without_numbers

__all__ = [
    "Narrowed", "add_note", "log_of_inquiries", "open_alerts", "scan",
]  # fmt: skip

# A night that was missed is made up for by the next ones.
SCAN_DAYS = 7


def scan(
    session: Session,
    rules: AlertRules,
    *,
    on: date,
    at: datetime,
    days: int = SCAN_DAYS,
    declared: Declarations = NOTHING_DECLARED,
) -> ScanSummary:
    """Raise an alert for what the rules find on the days up to `on`, the last complete day.

    What an earlier scan has raised is left as it is: the scan may be run again.
    """
    if days < 1:
        raise Invalid(f"days: {days} is none; scan 1 day or more")
    first = on - timedelta(days=days - 1)
    months = months_due(rules, first=first, on=on)
    begin = min([first - timedelta(days=days_looked_back(rules)), *(month for month, _ in months)])
    inquiries = store.columns(session, begin=midnight(epoch_day(begin)), end=midnight(epoch_day(on) + 1))
    beside, unmatched = circumstances(session, inquiries, rules, declared, months=months, on=on)
    found = detect(inquiries, rules, beside=beside, first=first, on=on)
    added = _raise(session, found, fingerprint=_fingerprint(rules, declared), at=at)
    asked_since = np.unique(inquiries.user[inquiries.day >= epoch_day(first)])
    return ScanSummary(
        first=first,
        on=on,
        inquiries=int(np.count_nonzero(inquiries.day >= epoch_day(first))),
        added=len(added),
        by_rule=dict(Counter(each.rule for each in added)),
        undeclared=sum(int(user) not in beside.relatives for user in asked_since),
        unmatched=unmatched,
    )


def open_alerts(session: Session, *, scope: str, before: int | None = None, limit: int) -> list[Alerted]:
    """What is still to be looked into about users of a division, the newest first."""
    found = store.open_alerts(session, scope=scope, before=before, limit=limit)
    written = store.notes(session, [alert.inquiry_alert_id for alert, _, _ in found])
    return [
        Alerted(alert, user, organisation, tuple(Noted(*each) for each in written[alert.inquiry_alert_id]))
        for alert, user, organisation in found
    ]


def add_note(
    session: Session, inquiry_alert_id: int, *, text: str, closes: bool, viewer: Viewer, at: datetime
) -> InquiryAlertNote:
    """Write down what was found out; the last note decides whether the alert is closed."""
    if store.alert(session, inquiry_alert_id, scope=viewer.place_code) is None:
        raise NotFound(
            f"辖区内没有编号为 {inquiry_alert_id} 的预警，请在预警列表中核对编号 · there is no alert "
            f"{inquiry_alert_id} about users of your division; /v1/inquiry-alerts lists them"
        )
    if not text.strip():
        raise Invalid("text: 请写明核查情况 · write what you found out")
    made = InquiryAlertNote(
        inquiry_alert_id=inquiry_alert_id, text=without_numbers(text.strip(), where="text"),
        closes=closes, noted_at=at, noted_by=viewer.user_id,
    )  # fmt: skip
    store.add_note(session, made)
    return made


def log_of_inquiries(
    session: Session, narrowed: Narrowed, *, scope: str, before: int | None = None, limit: int
) -> Sequence[LogRow]:
    """Who of a division asked when and for what, the newest first; of the subject only the id."""
    if narrowed.begin is not None and narrowed.end is not None and narrowed.begin >= narrowed.end:
        raise Invalid("to: 须晚于 from · must be later than from; it is the first day that is left out")
    return store.inquiry_log(session, narrowed, scope=scope, before=before, limit=limit)


def _raise(session: Session, found: Sequence[Finding], *, fingerprint: str, at: datetime) -> list[Finding]:
    """Write the alerts that are not there yet."""
    if not found:
        return []
    known = store.known_alerts(session, since=min(each.window_from for each in found))
    new = {key: each for each in found if (key := (each.rule, each.user_id, each.window_from)) not in known}
    places = {village["place_id"] for each in new.values() for village in each.detail.get("villages", ())}
    codes = store.place_codes(session, places)
    rows = [
        {
            "rule": each.rule, "rules_fingerprint": fingerprint, "user_id": each.user_id,
            "organisation_id": each.organisation_id, "window_from": each.window_from,
            "window_to": each.window_to, "inquiry_count": each.inquiry_count,
            "detail": _with_codes(each.detail, codes), "raised_at": at,
        }
        for each in new.values()
    ]  # fmt: skip
    if rows:
        store.add_alerts(session, rows)
    return list(new.values())


def _with_codes(detail: Mapping[str, Any], codes: Mapping[int, str]) -> dict[str, Any]:
    """A detail that names villages by their codes."""
    if "villages" not in detail:
        return dict(detail)
    villages = [
        {"place_code": codes[each["place_id"]], "subjects": each["subjects"], "rated": each["rated"]}
        for each in detail["villages"]
    ]
    return {**detail, "villages": villages}


def _fingerprint(rules: AlertRules, declared: Declarations) -> str:
    """What tells by which rules, and beside which declarations, an alert was raised."""
    if not declared.fingerprint:
        return rules.fingerprint
    return hashlib.sha256((rules.fingerprint + declared.fingerprint).encode()).hexdigest()
