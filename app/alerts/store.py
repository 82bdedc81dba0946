"""Inquiries as columns and what is known beside them; alerts and the notes on them, written once."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from app.alerts.columns import OUTCOMES, PURPOSES, Inquiries, microseconds
from app.db import Session
from app.models import (
    Inquiry,
    InquiryAlert,
    InquiryAlertNote,
    Loan,
    Organisation,
    Place,
    Rating,
    Subject,
    User,
)
from app.places.service import subtree_prefix

_UNRATED_GRADE = "N"


@dataclass(frozen=True)
class Narrowed:
    """Which inquiries of the log are asked for: from an instant on, up to another, of a user, of a bank."""

    begin: datetime | None = None
    end: datetime | None = None
    username: str | None = None
    organisation_code: str | None = None


def columns(session: Session, *, begin: datetime, end: datetime) -> Inquiries:
    """The inquiries of a time as columns, each with the village of its subject."""
    found = (
        select(
            Inquiry.inquired_at, Inquiry.user_id, Inquiry.organisation_id, Inquiry.purpose, Inquiry.outcome,
            Inquiry.subject_id, Subject.place_id, Inquiry.client_id,
        )
        .join(Subject, Subject.subject_id == Inquiry.subject_id, isouter=True)
        # The index begins with the organisation: naming them all lets it find the time.
        .where(Inquiry.organisation_id.in_(select(Organisation.organisation_id)))
        .where(Inquiry.inquired_at >= begin, Inquiry.inquired_at < end)
    )  # fmt: skip
    purposes = {purpose: place for place, purpose in enumerate(PURPOSES)}
    outcomes = {outcome: place for place, outcome in enumerate(OUTCOMES)}
    rows = [
        (
            microseconds(at), user, organisation, purposes[purpose], outcomes[outcome], subject or 0,
            place or 0, client is not None,
        )
        for at, user, organisation, purpose, outcome, subject, place, client in session.execute(found)
    ]  # fmt: skip
    return Inquiries(*np.array(rows, dtype=np.int64).reshape(-1, 8).T)


def rated_counts(session: Session, place_ids: Collection[int]) -> dict[int, int]:
    """How many subjects of some places have ever been given a grade."""
    rated = exists().where(Rating.subject_id == Subject.subject_id, Rating.grade != _UNRATED_GRADE)
    counted = (
        select(Subject.place_id, func.count())
        .where(Subject.place_id.in_(sorted(place_ids)), rated)
        .group_by(Subject.place_id)
    )
    return dict(session.execute(counted).all())


def place_ids(session: Session, codes: Iterable[str]) -> dict[str, set[int]]:
    """The divisions that have ever had these codes, by code."""
    found: dict[str, set[int]] = {}
    for place_id, code in session.execute(
        select(Place.place_id, Place.code).where(Place.code.in_(sorted(set(codes))))
    ):
        found.setdefault(code, set()).add(place_id)
    return found


def place_codes(session: Session, ids: Collection[int]) -> dict[int, str]:
    """The codes of some divisions."""
    found = select(Place.place_id, Place.code).where(Place.place_id.in_(sorted(ids)))
    return dict(session.execute(found).all())


def user_ids(session: Session, usernames: Iterable[str]) -> dict[str, int]:
    """The users with these names."""
    found = select(User.username, User.user_id).where(User.username.in_(sorted(usernames)))
    return dict(session.execute(found).all())


def organisations(session: Session) -> Sequence[Organisation]:
    """All organisations and branches."""
    return session.scalars(select(Organisation).order_by(Organisation.organisation_id)).all()


def loans(session: Session, *, first: date, last: date) -> list[tuple[int, str, date]]:
    """Subject, lender and day of every loan that was granted in some time."""
    granted = select(Loan.subject_id, Loan.lender, Loan.granted_on).where(
        Loan.granted_on >= first, Loan.granted_on <= last
    )
    return [(subject, lender, day) for subject, lender, day in session.execute(granted)]


def known_alerts(session: Session, *, since: datetime) -> set[tuple[str, int, datetime]]:
    """Rule, user and first instant of the alerts about a time."""
    found = select(InquiryAlert.rule, InquiryAlert.user_id, InquiryAlert.window_from).where(
        InquiryAlert.window_from >= since
    )
    return {(rule, user_id, begin) for rule, user_id, begin in session.execute(found)}


def add_alerts(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write alerts; one that another scan has just written is left as it is."""
    on_postgresql = session.get_bind().dialect.name == "postgresql"
    insert = postgresql.insert(InquiryAlert) if on_postgresql else sqlite.insert(InquiryAlert)
    session.execute(insert.on_conflict_do_nothing(), list(rows))


def add_note(session: Session, note: InquiryAlertNote) -> None:
    """Write a note on an alert."""
    session.add(note)
    session.flush()


def alert(session: Session, inquiry_alert_id: int, *, scope: str) -> InquiryAlert | None:
    """An alert about a user of a division."""
    found = _alerts(scope).with_only_columns(InquiryAlert)
    return session.scalars(found.where(InquiryAlert.inquiry_alert_id == inquiry_alert_id)).first()


def open_alerts(
    session: Session, *, scope: str, before: int | None, limit: int
) -> list[tuple[InquiryAlert, User, Organisation]]:
    """The alerts of a division that no last note closes, newest first, each with whom it is about."""
    found = _alerts(scope).where(~_closed())
    if before is not None:
        found = found.where(InquiryAlert.inquiry_alert_id < before)
    newest_first = found.order_by(InquiryAlert.inquiry_alert_id.desc()).limit(limit)
    return [(one, user, organisation) for one, user, organisation in session.execute(newest_first)]


def notes(session: Session, alert_ids: Collection[int]) -> dict[int, list[tuple[InquiryAlertNote, str]]]:
    """The notes on some alerts in the order they were written, each with the name of who wrote it."""
    found: dict[int, list[tuple[InquiryAlertNote, str]]] = {each: [] for each in alert_ids}
    for note, username in session.execute(
        select(InquiryAlertNote, User.username)
        .join(User, User.user_id == InquiryAlertNote.noted_by)
        .where(InquiryAlertNote.inquiry_alert_id.in_(sorted(alert_ids)))
        .order_by(InquiryAlertNote.inquiry_alert_note_id)
    ):
        found[note.inquiry_alert_id].append((note, username))
    return found


def inquiry_log(
    session: Session, narrowed: Narrowed, *, scope: str, before: int | None, limit: int
) -> list[tuple[Inquiry, str, Organisation]]:
    """The inquiries of the users of a division, newest first, with the name of the user and the bank."""
    found = (
        select(Inquiry, User.username, Organisation)
        .join(User, User.user_id == Inquiry.user_id)
        .join(Place, Place.place_id == User.place_id)
        .join(Organisation, Organisation.organisation_id == Inquiry.organisation_id)
        .where(_inside(scope))
    )
    wanted: list[ColumnElement[bool]] = []
    if before is not None:
        wanted.append(Inquiry.inquiry_id < before)
    if narrowed.begin is not None:
        wanted.append(Inquiry.inquired_at >= narrowed.begin)
    if narrowed.end is not None:
        wanted.append(Inquiry.inquired_at < narrowed.end)
    if narrowed.username is not None:
        wanted.append(User.username == narrowed.username)
    if narrowed.organisation_code is not None:
        wanted.append(Organisation.code == narrowed.organisation_code)
    newest_first = found.where(*wanted).order_by(Inquiry.inquiry_id.desc()).limit(limit)
    return [(one, username, organisation) for one, username, organisation in session.execute(newest_first)]


def _alerts(scope: str) -> Select[InquiryAlert, User, Organisation]:
    return (
        select(InquiryAlert, User, Organisation)
        .join(User, User.user_id == InquiryAlert.user_id)
        .join(Place, Place.place_id == User.place_id)
        .join(Organisation, Organisation.organisation_id == InquiryAlert.organisation_id)
        .where(_inside(scope))
    )


def _inside(scope: str) -> ColumnElement[bool]:
    """Whether the place of a user is the division with this code or lies in it."""
    prefix = subtree_prefix(scope)
    return Place.code.between(prefix.ljust(12, "0"), prefix.ljust(12, "9"))


def _closed() -> ColumnElement[bool]:
    """Whether the last note on an alert closes it."""
    last = aliased(InquiryAlertNote)
    newest = (
        select(func.max(last.inquiry_alert_note_id))
        .where(last.inquiry_alert_id == InquiryAlert.inquiry_alert_id)
        .correlate(InquiryAlert)
        .scalar_subquery()
    )
    return exists().where(InquiryAlertNote.inquiry_alert_note_id == newest, InquiryAlertNote.closes.is_(True))
