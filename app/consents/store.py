"""Consents as they are kept: never changed, withdrawn by a row of their own."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Select, and_, bindparam, select

from app.db import Session
from app.models import Consent, ConsentKind, ConsentWithdrawal, Purpose

_PER_QUERY = 500
Kept = tuple[Consent, date | None]
_BY_IDS = (
    select(
        Consent.consent_id,
        Consent.subject_id,
        Consent.kind,
        Consent.agreed,
        Consent.organisation_id,
        Consent.purpose,
        Consent.facts,
        Consent.effective_from,
        Consent.effective_to,
        ConsentWithdrawal.withdrawn_on,
    )
    .outerjoin(ConsentWithdrawal, ConsentWithdrawal.consent_id == Consent.consent_id)
    .where(Consent.consent_id.in_(bindparam("consent_ids", expanding=True)))
)


class Terms(NamedTuple):
    """What a consent says: of whom, to whom, for what and how long."""

    consent_id: int
    subject_id: int
    kind: ConsentKind
    agreed: bool
    organisation_id: int | None
    purpose: Purpose | None
    facts: list[str]
    effective_from: date
    effective_to: date | None


def by_ids(session: Session, consent_ids: Collection[int]) -> list[tuple[Terms, date | None]]:
    """Some consents and the days they were withdrawn."""
    rows = session.connection().execute(_BY_IDS, {"consent_ids": list(consent_ids)})
    return [(Terms._make(row[:-1]), row[-1]) for row in rows]


def collections(
    session: Session, subject_ids: Collection[int], *, references: Collection[str]
) -> Iterator[Kept]:
    """The consents to collection of some subjects that have one of these numbers, the newest first."""
    wanted, rest = set(references), iter(subject_ids)
    while part := list(islice(rest, _PER_QUERY)):
        found = _kept().where(Consent.kind == ConsentKind.COLLECTION, Consent.subject_id.in_(part))
        for given, withdrawn_on in session.execute(found.order_by(Consent.consent_id.desc())):
            if given.reference in wanted:
                yield given, withdrawn_on


def inquiry_consents(
    session: Session, subject_ids: Collection[int], *, organisation_ids: Collection[int]
) -> Iterator[Kept]:
    """The consents to inquiries that some subjects gave some organisations, the oldest first."""
    rest = iter(subject_ids)
    while part := list(islice(rest, _PER_QUERY)):
        found = _kept().where(
            Consent.kind == ConsentKind.INQUIRY,
            Consent.subject_id.in_(part),
            Consent.organisation_id.in_(organisation_ids),
        )
        for row in session.execute(found.order_by(Consent.consent_id)):
            yield row[0], row[1]


def newest_rating_consent(
    session: Session, subject_id: int, *, on: date, until: Mapping[str, int]
) -> Kept | None:
    """What a subject last said, up to a day, about being rated; `until` as far as a night had read."""
    found = _kept(until.get("consent_withdrawals")).where(
        Consent.kind == ConsentKind.RATING, Consent.subject_id == subject_id, Consent.effective_from <= on
    )
    if "consents" in until:
        found = found.where(Consent.consent_id <= until["consents"])
    newest = found.order_by(Consent.effective_from.desc(), Consent.consent_id.desc()).limit(1)
    row = session.execute(newest).first()
    return None if row is None else (row[0], row[1])


def said(session: Session, subject_ids: Collection[int], *, kind: ConsentKind, on: date) -> Iterator[Kept]:
    """What some subjects said, up to a day, about one matter, the newest last."""
    rest = iter(subject_ids)
    while part := list(islice(rest, _PER_QUERY)):
        found = _kept().where(
            Consent.kind == kind, Consent.subject_id.in_(part), Consent.effective_from <= on
        )
        for row in session.execute(found.order_by(Consent.effective_from, Consent.consent_id)):
            yield row[0], row[1]


def withdrawal(session: Session, consent_id: int) -> ConsentWithdrawal | None:
    """The withdrawal of a consent."""
    return session.scalar(select(ConsentWithdrawal).where(ConsentWithdrawal.consent_id == consent_id))


def add(session: Session, row: Consent | ConsentWithdrawal) -> None:
    """Keep a new row."""
    session.add(row)
    session.flush()


def _kept(last_withdrawal_id: int | None = None) -> Select[Consent, date]:
    same = ConsentWithdrawal.consent_id == Consent.consent_id
    if last_withdrawal_id is not None:
        same = and_(same, ConsentWithdrawal.consent_withdrawal_id <= last_withdrawal_id)
    return select(Consent, ConsentWithdrawal.withdrawn_on).outerjoin(ConsentWithdrawal, same)
