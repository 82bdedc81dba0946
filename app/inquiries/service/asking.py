"""An inquiry about a subject: on record first, answered only with consent and for its purpose."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from app import clock
from app.access.scope import Viewer, may_see
from app.consents.service import Agreement
from app.consents.service import consent as consent_by_id
from app.consents.service import give as give_consent
from app.corrections.service import statements_of
from app.db import Session
from app.designations.service import states_of
from app.errors import AppError, ConsentMissing, Invalid, NotFound
from app.inquiries import store
from app.inquiries.inquiry import Authorisation, InquiryResult, Question
from app.models import Consent, ConsentChannel, ConsentKind, Inquiry, InquiryOutcome, Purpose, Rating, Subject
from app.objections.service import notes_of
from app.overrides.service import in_force as overrides_in_force
from app.places.service import place as place_by_id
from app.ratings.service import current_rating, explained, latest_run
from app.ratings.service import rating as rating_by_id
from app.subjects.cipher import Cipher
from app.subjects.service import describe, find_by_number
from app.subjects.service import subject as subject_by_id

# The same words for an unknown number and for a missing consent: a refusal tells nothing about anybody.
_REFUSED = (
    "there is no valid consent of this subject for your organisation and this purpose. Check the number, the "
    "consent's number, to whom it was given, its purpose and its term."
)


def inquire_each(
    session: Session, cipher: Cipher, questions: Sequence[Question], *, viewer: Viewer, at: datetime
) -> tuple[str, list[InquiryResult | AppError]]:
    """Many inquiries, each answered or refused on its own: the number of the batch, and the answers."""
    batch_uid = uuid.uuid4().hex
    answers: list[InquiryResult | AppError] = []
    for question in questions:
        try:
            found = inquire(session, cipher, question, viewer=viewer, at=at, batch_uid=batch_uid)
        except AppError as refusal:
            if not refusal.leaves_record:
                raise
            answers.append(refusal)
        else:
            answers.append(found)
    return batch_uid, answers


def inquire(
    session: Session,
    cipher: Cipher,
    question: Question,
    *,
    viewer: Viewer,
    at: datetime,
    batch_uid: str | None = None,
) -> InquiryResult:
    """The rating of a subject for a bank, with consent; whatever comes of it, the inquiry is on record.

    `ConsentMissing` where the subject is unknown, lives outside the viewer's division or has not agreed;
    `Invalid` for a number that cannot be one; `NotFound` for a subject no night has rated yet.
    """
    on = at.astimezone(clock.CHINA).date()
    record = Inquiry(
        inquired_at=at,
        user_id=viewer.user_id,
        organisation_id=viewer.organisation_id,
        purpose=question.purpose,
        outcome=InquiryOutcome.REFUSED,
        refusal_code=ConsentMissing.code,
        batch_uid=batch_uid,
    )
    given = None if question.consent_id is None else consent_by_id(session, question.consent_id)
    record.consent_id = None if given is None else given.consent.consent_id
    try:
        subject = find_by_number(session, cipher, question.number, on=on)
    except NotFound:
        record.outcome = InquiryOutcome.NOT_FOUND
        raise _refusal(session, record, ConsentMissing(_REFUSED)) from None
    except Invalid as wrong:
        raise _refusal(session, record, wrong) from None
    record.subject_id = subject.subject_id
    home = place_by_id(session, subject.place_id)
    if not may_see(viewer, home.code):
        raise _refusal(session, record, ConsentMissing(_REFUSED))
    if question.authorisation is not None:
        try:
            given = _recorded(session, question, question.authorisation, subject, viewer=viewer, at=at)
        except Invalid as wrong:
            raise _refusal(session, record, wrong) from None
        record.consent_id = given.consent.consent_id
    if not _agreed(given, subject, question, viewer=viewer, at=at):
        words = _what_is_wrong(given, subject, question, viewer=viewer, on=on)
        raise _refusal(session, record, ConsentMissing(words))
    rating = current_rating(session, subject.subject_id)
    if rating is None:
        record.outcome = InquiryOutcome.UNRATED
        raise _refusal(session, record, NotFound("the subject is on file, but no night has rated it yet"))
    record.outcome, record.refusal_code, record.rating_id = InquiryOutcome.ANSWERED, "", rating.rating_id
    told = explained(session, rating)
    behind = set(told.record_ids.values())
    said = statements_of(session, cipher, subject.subject_id)
    places = [home] if home.parent_id is None else [home, place_by_id(session, home.parent_id)]
    states = states_of(session, places)
    return InquiryResult(
        inquiry_id=store.add(session, record),
        inquired_at=at,
        subject=describe(session, cipher, subject),
        place=home,
        titles=[(place, states.get(place.place_id)) for place in places],
        rating=told,
        newest=latest_run(session),
        objections=notes_of(session, subject.subject_id, on=on),
        statements={record_id: text for record_id, text in said.items() if record_id in behind},
        override=overrides_in_force(session, [subject.subject_id], on=on).get(subject.subject_id),
    )


def view_rating(session: Session, rating_id: int, *, viewer: Viewer, at: datetime) -> Rating:
    """A rating for an official who looks at it; whose subject lives elsewhere does not exist for him."""
    found = rating_by_id(session, rating_id)
    home = place_by_id(session, subject_by_id(session, found.subject_id).place_id)
    if not may_see(viewer, home.code):
        raise NotFound("there is no such rating in your division")
    record_views(session, [found], viewer=viewer, at=at)
    return found


def record_views(session: Session, ratings: Iterable[Rating], *, viewer: Viewer, at: datetime) -> None:
    """Write down that an official sees these ratings in the course of his duty."""
    for rating in ratings:
        view = Inquiry(
            inquired_at=at,
            user_id=viewer.user_id,
            organisation_id=viewer.organisation_id,
            purpose=Purpose.OFFICIAL_DUTY,
            subject_id=rating.subject_id,
            rating_id=rating.rating_id,
            outcome=InquiryOutcome.ANSWERED,
            refusal_code="",
        )
        store.add(session, view)


def entries_of(session: Session, rows: Iterable[object]) -> list[dict[str, Any]]:
    """The entry of the sealed log for every inquiry among rows about to be committed: no number, no name."""
    return [_log_entry(session, row) for row in rows if isinstance(row, Inquiry)]


def _log_entry(session: Session, row: Inquiry) -> dict[str, Any]:
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
        "shown": None if row.rating_id is None else store.shown(session, row.rating_id),
    }


def _agreed(
    given: Agreement | None, subject: Subject, question: Question, *, viewer: Viewer, at: datetime
) -> bool:
    return given is not None and given.covers_inquiry(
        subject_id=subject.subject_id,
        organisation_id=viewer.organisation_id,
        purpose=question.purpose,
        on=at.astimezone(clock.CHINA).date(),
    )


def _recorded(
    session: Session,
    question: Question,
    authorisation: Authorisation,
    subject: Subject,
    *,
    viewer: Viewer,
    at: datetime,
) -> Agreement:
    """The consent on paper that came with the inquiry, for the officer's own bank and this purpose only."""
    given = Consent(
        subject_id=subject.subject_id,
        kind=ConsentKind.INQUIRY,
        agreed=True,
        organisation_id=viewer.organisation_id,
        purpose=question.purpose,
        facts=[],
        reference=authorisation.reference,
        effective_from=authorisation.signed_on,
        effective_to=authorisation.ends_on,
        channel=ConsentChannel.PAPER,
        evidence=authorisation.document,
        evidence_sha256=authorisation.document_sha256,
        recorded_at=at,
        recorded_by=viewer.username,
    )
    return Agreement(give_consent(session, given, on=at.astimezone(clock.CHINA).date()), None)


def _what_is_wrong(
    given: Agreement | None, subject: Subject, question: Question, *, viewer: Viewer, on: date
) -> str:
    """Why a consent does not do; only of one that this bank holds of this subject is more told than that."""
    kept = None if given is None else given.consent
    if (
        given is None
        or kept is None
        or (kept.subject_id, kept.organisation_id) != (subject.subject_id, viewer.organisation_id)
    ):
        return _REFUSED
    if given.withdrawn_on is not None and given.withdrawn_on <= on:
        return f"the subject withdrew this consent on {given.withdrawn_on}. 授权已于该日撤回。"
    if kept.effective_to is not None and kept.effective_to <= on:
        return f"this consent ended on {kept.effective_to}; ask for a new one. 授权已到期，请重新取得授权。"
    if kept.effective_from > on:
        return f"this consent begins on {kept.effective_from}. 授权尚未生效。"
    if kept.purpose is not question.purpose:
        return f"this consent is for {kept.purpose}, not for {question.purpose}. 授权用途不符。"
    return _REFUSED


def _refusal(session: Session, record: Inquiry, refusal: AppError) -> AppError:
    """Write the record of a refused inquiry, and let it be kept although the request fails."""
    record.refusal_code = refusal.code
    store.add(session, record)
    refusal.leaves_record = True
    return refusal
