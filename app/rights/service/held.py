"""Everything on file of a subject, as the subject may see it."""

from datetime import date, datetime, time

from app import clock
from app.attestations.service import of_subjects as documents_of
from app.corrections.service import statements_of
from app.db import Session
from app.designations.service.shown import paths_of_subjects
from app.models import Subject, SubjectKind
from app.objections.service import standing
from app.overrides.service import in_force as overrides_in_force
from app.overrides.service import of_subject as overrides_of
from app.places.service import place as place_by_id
from app.ratings.schemas import RatingAnswer
from app.ratings.service import current_rating, explained, known_on, newest_night
from app.ratings.service import history as ratings_of
from app.records.current import months_before
from app.records.service import current_values, known_records
from app.rights import store
from app.rights.holding import (
    asked_line,
    consent_line,
    document_line,
    loan_line,
    objection_line,
    override_line,
    record_lines,
    review_line,
    title_line,
)
from app.rights.report import Asked, Explained, Held, Who
from app.rights.right import INQUIRY_YEARS
from app.rights.service.desk import kin_of
from app.rights.service.reviews import open_review
from app.rights.subject import entity_who, household_who
from app.rights.told import UNRATED, rating_told, told
from app.subjects.cipher import Cipher


def held(session: Session, cipher: Cipher, subject: Subject, *, on: date) -> Held:
    """Everything on file of a subject and of those merged into it, as it may be shown on a day."""
    kin, known = kin_of(session, subject.subject_id, on=on), known_on(session, on)
    counting = {value.record_id for value in current_values(session, kin, known=known)}
    said = {number: text for one in kin for number, text in statements_of(session, cipher, one).items()}
    records, withheld = record_lines(
        known_records(session, kin, known=known), counting=counting, statements=said
    )
    return Held(
        who=_who(session, cipher, subject),
        records=records,
        withheld_count=withheld,
        loans=[loan_line(each) for each in store.loans_of(session, kin)],
        ratings=[rating_told(each) for each in _ratings(session, subject.subject_id)],
        overrides=[override_line(each) for each in overrides_of(session, subject.subject_id, on=on)],
        consents=[consent_line(*each) for each in store.consents_of(session, kin)],
        objections=[
            objection_line(standing(session, each, on=on)) for each in store.objections_of(session, kin)
        ],
        reviews=[review_line(*each) for each in store.reviews_of(session, kin)],
        titles=[title_line(each) for each in paths_of_subjects(session, cipher, kin, on=on)],
        documents=[document_line(each) for each in documents_of(session, kin, on=on)],
    )


def asked(session: Session, subject_id: int, *, on: date) -> list[Asked]:
    since = datetime.combine(months_before(on, 12 * INQUIRY_YEARS), time.min, tzinfo=clock.CHINA)
    found = store.inquiries_since(session, kin_of(session, subject_id, on=on), since=since)
    return [asked_line(*each) for each in found]


def explained_now(session: Session, subject_id: int, *, on: date) -> Explained:
    rating = current_rating(session, subject_id)
    if rating is None:
        return UNRATED
    answer = RatingAnswer.of(explained(session, rating), as_of=newest_night(session))
    override = overrides_in_force(session, [subject_id], on=on).get(subject_id)
    return told(answer, review_open=open_review(session, subject_id), override=override)


def _who(session: Session, cipher: Cipher, subject: Subject) -> Who:
    number, division = subject.subject_id, _division(session, subject.place_id)
    contacts = store.contacts_of(session, number)
    if subject.kind is SubjectKind.AGRI_ENTITY:
        entity = store.agri_entity(session, number)
        return entity_who(cipher, subject, entity=entity, contacts=contacts, division=division)
    household, members = store.household(session, number), store.members_of(session, number)
    return household_who(
        cipher, subject, household=household, members=members, contacts=contacts, division=division
    )


def _division(session: Session, place_id: int | None) -> str:
    """The names of the divisions a subject lives in, the widest first."""
    names = []
    while place_id is not None:
        place = place_by_id(session, place_id)
        names.append(place.name)
        place_id = place.parent_id
    return "".join(reversed(names))


def _ratings(session: Session, subject_id: int) -> list[RatingAnswer]:
    """Every rating a subject has had, the newest first; each held until the one above it."""
    answers: list[RatingAnswer] = []
    newest = newest_night(session)
    for rating in ratings_of(session, subject_id):
        until = answers[-1].since if answers else None
        answers.append(RatingAnswer.of(explained(session, rating), as_of=newest, superseded_on=until))
    return answers
