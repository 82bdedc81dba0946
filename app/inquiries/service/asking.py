"""An inquiry about a subject: on record first, answered only with consent and for its purpose."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from app.access.scope import Viewer, may_see
from app.consents.service import Agreement, consents
from app.corrections.service import statements_of_each
from app.db import Session
from app.designations.service import Holder, states_of, titles_of
from app.errors import AppError, ConsentMissing, NotFound
from app.inquiries import store
from app.inquiries.inquiry import Home, InquiryRecord, InquiryResult, Question, Request
from app.inquiries.service.papers import Papers, refusal_of
from app.models import InquiryOutcome
from app.objections.service import notes_of_each
from app.overrides.service import in_force as overrides_in_force
from app.places.service import PlaceInShort, with_parents
from app.ratings.service import ToldRating, current_ratings, newest_night, told_each
from app.subjects.cipher import Cipher
from app.subjects.service import Found, card_of, find_by_numbers

# The same words for an unknown number and for a missing consent: a refusal tells nothing about anybody.
_REFUSED = (
    "there is no valid consent of this subject for your organisation and this purpose. Check the number, the "
    "consent's number, to whom it was given, its purpose and its term."
)

_NOT_ON_PAPER = (
    " Neither the paper itself nor another one signed by that day brings it back: ask for a new one. "
    "该授权书和该日以前签署的授权书不再有效，请重新取得授权。"
)


@dataclass(slots=True)
class _Case:
    """One question on its way: its record, whom it is about once that is known, and why it is refused."""

    request: Request
    question: Question
    record: InquiryRecord
    subject: Found | None = None
    refusal: AppError | None = None

    def refuse(self, refusal: AppError, *, outcome: InquiryOutcome = InquiryOutcome.REFUSED) -> None:
        """Answer nothing else; the record of the inquiry is kept all the same."""
        refusal.leaves_record = True
        self.refusal = refusal
        self.record.outcome, self.record.refusal_code = outcome, refusal.code


def inquire(
    session: Session, cipher: Cipher, requests: Sequence[Request], *, on: date
) -> list[list[InquiryResult | AppError]]:
    """The ratings asked for in some requests of one day, with consent; every inquiry is on record.

    Each question is answered or refused on its own, in its order: `ConsentMissing` where the subject is
    unknown, lives outside the viewer's division or has not agreed; `Invalid` for a number or a paper that
    cannot be one, whoever is asked about; `NotFound` for a subject no night has rated yet.
    """
    cases = [[_case(request, question) for question in request.questions] for request in requests]
    every = [case for each in cases for case in each]
    places = _permit(session, cipher, every, on=on)
    told = _answers(session, cipher, every, places=places, on=on)
    return [[case.refusal or told[case.record.uid] for case in each] for each in cases]


def _case(request: Request, question: Question) -> _Case:
    viewer = request.viewer
    record = InquiryRecord(
        inquired_at=request.at,
        user_id=viewer.user_id,
        organisation_id=viewer.organisation_id,
        purpose=question.purpose,
        outcome=InquiryOutcome.REFUSED,
        refusal_code=ConsentMissing.code,
        batch_uid=request.batch_uid,
    )
    return _Case(request, question, record)


def _permit(session: Session, cipher: Cipher, cases: Sequence[_Case], *, on: date) -> dict[int, PlaceInShort]:
    """Refuse every question that may not be answered; find the subjects of the others, and the places."""
    questions = [case.question for case in cases]
    given = consents(session, {each.consent_id for each in questions if each.consent_id is not None})
    found = find_by_numbers(session, cipher, {question.number for question in questions}, on=on)
    papers = _papers(session, cases, found, on=on)
    place_ids = {each.place_id for each in found.values() if not isinstance(each, AppError)}
    places = with_parents(session, place_ids)
    for case in cases:
        consent_id = case.question.consent_id
        agreement = None if consent_id is None else given.get(consent_id)
        case.record.consent_id = None if agreement is None else agreement.consent.consent_id
        subject, paper = found[case.question.number], case.question.authorisation
        wrong = None if paper is None else refusal_of(paper, on=on)
        if wrong is not None:
            case.record.subject_id = None if isinstance(subject, AppError) else subject.subject_id
            case.refuse(wrong)
        elif isinstance(subject, NotFound):
            case.refuse(ConsentMissing(_REFUSED), outcome=InquiryOutcome.NOT_FOUND)
        elif isinstance(subject, AppError):
            case.refuse(subject)
        else:
            case.subject = subject
            case.record.subject_id = subject.subject_id
            _permit_one(case, subject, places[subject.place_id], agreement, papers=papers, on=on)
    return places


def _papers(
    session: Session, cases: Sequence[_Case], found: Mapping[str, Found | AppError], *, on: date
) -> Papers:
    """What the subjects that come with a paper have agreed to before."""
    with_paper = [case for case in cases if case.question.authorisation is not None]
    subjects = (found[case.question.number] for case in with_paper)
    return Papers(
        session,
        {each.subject_id for each in subjects if not isinstance(each, AppError)},
        organisation_ids={case.request.viewer.organisation_id for case in with_paper},
        on=on,
    )


def _permit_one(
    case: _Case, subject: Found, home: PlaceInShort, given: Agreement | None, *, papers: Papers, on: date
) -> None:
    """Refuse a question about somebody elsewhere, or somebody who has not agreed to it."""
    viewer, question = case.request.viewer, case.question
    if not may_see(viewer, home.code):
        case.refuse(ConsentMissing(_REFUSED))
        return
    if question.authorisation is not None:
        paper = question.authorisation
        given = papers.agreement(case.request, question, paper, subject_id=subject.subject_id)
        case.record.consent_id = given.consent.consent_id
    if not _agreed(given, subject, question, viewer=viewer, on=on):
        case.refuse(ConsentMissing(_what_is_wrong(given, subject, question, viewer=viewer, on=on)))


def _answers(
    session: Session,
    cipher: Cipher,
    cases: Sequence[_Case],
    *,
    places: Mapping[int, PlaceInShort],
    on: date,
) -> dict[str, InquiryResult]:
    """What the permitted questions are answered with, by the uid of their records, which are written here."""
    permitted = [(case, case.subject) for case in cases if case.refusal is None and case.subject is not None]
    ratings = _ratings(session, permitted)
    numbers = store.add_all(session, [case.record for case in cases])
    if not ratings:
        return {}
    said = statements_of_each(session, cipher, ratings)
    notes = notes_of_each(session, ratings, on=on)
    states = states_of(session, places)
    holders = [Holder(subject.place_id, subject.subject_id) for _, subject in permitted]
    titles = titles_of(session, [*holders, *map(Holder, places)], on=on)
    overrides = overrides_in_force(session, list(ratings), on=on)
    results: dict[str, InquiryResult] = {}
    for case, subject in permitted:
        if case.refusal is not None:
            continue
        rating, home = ratings[subject.subject_id], places[subject.place_id]
        statements, override = said[subject.subject_id], overrides.get(subject.subject_id)
        case.record.shown = {**_card(rating), "override": None if override is None else override.grade}
        own = Holder(home.place_id, subject.subject_id)
        homes = [home] if home.parent_id is None else [home, places[home.parent_id]]
        results[case.record.uid] = InquiryResult(
            inquiry_id=numbers[case.record.uid],
            inquired_at=case.request.at,
            subject=card_of(cipher, subject),
            titles=titles.get(own.key, ()),
            homes=[
                Home(place, states.get(place.place_id), titles.get(Holder(place.place_id).key, ()))
                for place in homes
            ],
            rating=rating,
            objections=notes[subject.subject_id],
            statements={each: text for each, text in statements.items() if each in rating.record_ids},
            override=override,
        )
    return results


def _ratings(session: Session, permitted: Sequence[tuple[_Case, Found]]) -> dict[int, ToldRating]:
    """The ratings that hold, by subject, noted in the records; who has none is refused."""
    subjects = {subject.subject_id: subject for _, subject in permitted}
    current = current_ratings(session, subjects) if subjects else {}
    told: dict[int, ToldRating] = {}
    if current:
        newest = newest_night(session)
        assert newest is not None, "who is rated was rated in a night"
        homes = {rating_id: subjects[subject_id].place_id for subject_id, rating_id in current.items()}
        told = told_each(session, homes, as_of=newest)
    for case, subject in permitted:
        rating_id = current.get(subject.subject_id)
        if rating_id is None:
            unrated = NotFound("the subject is on file, but no night has rated it yet")
            case.refuse(unrated, outcome=InquiryOutcome.UNRATED)
            continue
        record = case.record
        record.outcome, record.refusal_code, record.rating_id = InquiryOutcome.ANSWERED, "", rating_id
    return {subject_id: told[rating_id] for subject_id, rating_id in current.items()}


def _card(rating: ToldRating) -> dict[str, object]:
    """What a rating says in short, for the log."""
    return {"grade": rating.grade, "score": rating.score, "card": rating.fingerprint}


def _agreed(given: Agreement | None, subject: Found, question: Question, *, viewer: Viewer, on: date) -> bool:
    return given is not None and given.covers_inquiry(
        subject_id=subject.subject_id,
        organisation_id=viewer.organisation_id,
        purpose=question.purpose,
        on=on,
    )


def _what_is_wrong(
    given: Agreement | None, subject: Found, question: Question, *, viewer: Viewer, on: date
) -> str:
    """Why a consent does not do; only of one that this bank holds of this subject is more told than that."""
    kept = None if given is None else given.consent
    if (
        given is None
        or kept is None
        or (kept.subject_id, kept.organisation_id) != (subject.subject_id, viewer.organisation_id)
    ):
        return _REFUSED
    if given.withdrawn(on):
        more = "" if question.authorisation is None else _NOT_ON_PAPER
        return f"the subject withdrew this consent on {given.withdrawn_on}.{more} 授权已于该日撤回。"
    if kept.effective_to is not None and kept.effective_to <= on:
        return f"this consent ended on {kept.effective_to}; ask for a new one. 授权已到期，请重新取得授权。"
    if kept.effective_from > on:
        return f"this consent begins on {kept.effective_from}. 授权尚未生效。"
    if kept.purpose is not question.purpose:
        return f"this consent is for {kept.purpose}, not for {question.purpose}. 授权用途不符。"
    return _REFUSED
