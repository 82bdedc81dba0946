"""What a subject is handed of its own data, with the record that it was."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime

from app import clock
from app.access.scope import Viewer
from app.db import Session
from app.models import Disclosure, DisclosureKind
from app.rights import store
from app.rights.checks import checked_document
from app.rights.report import Asked, Explained, Issued, PortableCopy, Report
from app.rights.right import FREE_REPORTS_A_YEAR, Format, Handed
from app.rights.service.desk import seen
from app.rights.service.held import asked, explained_now, held
from app.rights.words import NOTICE, PORTABLE_NOTICE, RIGHTS, TITLE, noted
from app.subjects.cipher import Cipher


def report(
    session: Session,
    cipher: Cipher,
    subject_id: int,
    *,
    document: str,
    form: Format,
    render: Callable[[Report], bytes],
    viewer: Viewer,
    at: datetime,
) -> Handed:
    """The report of a subject on itself, as PDF (made by `render`) or JSON; two of a calendar year are free.

    That it was handed over, to whom it was shown and the SHA-256 of its bytes are on record.
    """
    proof, on = checked_document(document), clock.day_of(at)
    subject = seen(session, subject_id, viewer=viewer, at=at)
    store.lock_subject(session, subject_id)
    year = date(on.year, 1, 1), date(on.year + 1, 1, 1)
    number = store.reports_between(session, subject_id, first=year[0], end=year[1]) + 1
    free = number <= FREE_REPORTS_A_YEAR
    made = Report(
        title=TITLE,
        notice=noted(NOTICE, synthetic=subject.synthetic),
        issued=_issued(viewer, at=at, document=proof, number=number, free=free),
        held=held(session, cipher, subject, on=on),
        explanation=explained_now(session, subject_id, on=on),
        inquiries=asked(session, subject_id, on=on),
        rights=list(RIGHTS),
    )
    content = render(made) if form is Format.PDF else made.model_dump_json(indent=1).encode()
    kind = DisclosureKind.REPORT
    return _hand_over(session, subject_id, kind, content, issued=made.issued, viewer=viewer, at=at)


def portability(
    session: Session, cipher: Cipher, subject_id: int, *, document: str, viewer: Viewer, at: datetime
) -> Handed:
    """The machine-readable copy of its data a subject takes elsewhere; it is always free (PIPL art. 45)."""
    proof = checked_document(document)
    subject = seen(session, subject_id, viewer=viewer, at=at)
    copy = PortableCopy(
        notice=noted(PORTABLE_NOTICE, synthetic=subject.synthetic),
        issued=_issued(viewer, at=at, document=proof, number=None, free=True),
        held=held(session, cipher, subject, on=clock.day_of(at)),
    )
    content, kind = copy.model_dump_json(indent=1).encode(), DisclosureKind.PORTABILITY
    return _hand_over(session, subject_id, kind, content, issued=copy.issued, viewer=viewer, at=at)


def asked_about(session: Session, subject_id: int, *, viewer: Viewer, at: datetime) -> list[Asked]:
    """Who asked about a subject in the last five years, the newest first."""
    seen(session, subject_id, viewer=viewer, at=at)
    return asked(session, subject_id, on=clock.day_of(at))


def explanation(session: Session, subject_id: int, *, viewer: Viewer, at: datetime) -> Explained:
    """The rating that holds, told in plain sentences (PIPL art. 24)."""
    seen(session, subject_id, viewer=viewer, at=at)
    return explained_now(session, subject_id, on=clock.day_of(at))


def _issued(viewer: Viewer, *, at: datetime, document: str, number: int | None, free: bool) -> Issued:
    return Issued(
        office=viewer.organisation_name,
        issued_by=viewer.display_name,
        issued_at=at.astimezone(clock.CHINA),
        document=document,
        number_in_year=number,
        free=free,
    )


def _hand_over(
    session: Session,
    subject_id: int,
    kind: DisclosureKind,
    content: bytes,
    *,
    issued: Issued,
    viewer: Viewer,
    at: datetime,
) -> Handed:
    digest = hashlib.sha256(content).hexdigest()
    made = Disclosure(
        subject_id=subject_id,
        kind=kind,
        free=issued.free,
        given_on=clock.day_of(at),
        document=issued.document,
        content_sha256=digest,
        recorded_at=at,
        recorded_by=viewer.username,
    )
    store.add(session, made)
    return Handed(made.disclosure_id, content, digest, issued.free, issued.number_in_year)
