"""Whether what a subject disputes was corrected indeed, before anybody is told so."""

from datetime import date, timedelta

from app.db import Session
from app.models import Fact, Objection, Rating, RatingRun, Record
from app.objections import store
from app.objections.checks import not_in_force, of_nobody, refuse_other_record, refuse_same_value, uncorrected
from app.ratings.service import known_on, sources, standing_for, superseded_on
from app.records.exclusions import Exclusion
from app.records.service import current_values, known_records


def refuse_uncorrected(session: Session, objection: Objection, *, replaced_by: int | None, on: date) -> None:
    """Nobody is told that something was corrected while it was not.

    Either a record that says something else counts in its place, or the disputed record is taken out as
    corrected; of a rating, a correction of one of the subject's records since, or a later rating, does too.
    """
    owners = standing_for(session, objection.subject_id, known=known_on(session, on))
    if replaced_by is not None:
        _refuse_unreplaced(session, objection, owners, replaced_by=replaced_by, on=on)
        return
    corrected = _corrected(session, owners, on=on)
    if objection.record_id is not None:
        if objection.record_id not in corrected:
            raise uncorrected(objection)
        return
    rating, run = _rating(session, objection)
    since = corrected - _corrected(session, owners, on=run.as_of - timedelta(days=1))
    if not since and superseded_on(session, rating) is None:
        raise uncorrected(objection)


def _refuse_unreplaced(
    session: Session, objection: Objection, owners: list[int], *, replaced_by: int, on: date
) -> None:
    """What is named as right says something else, and counts on the day instead of what was wrong."""
    found = store.record(session, replaced_by)
    if found is None or found[0].subject_id not in owners:
        raise of_nobody("record", replaced_by, subject_id=objection.subject_id)
    right, fact, *_ = found
    wrong_id = _refuse_same(session, objection, right, fact=fact)
    known = known_on(session, on)
    if right.record_id in {value.record_id for value in current_values(session, owners, known=known)}:
        return
    # The right value may count later, once the person was told of it, or be followed by a newer one already.
    corrected = _corrected(session, owners, on=on)
    if wrong_id not in corrected or replaced_by in corrected:
        raise not_in_force(right, wrong_id=wrong_id)


def _refuse_same(session: Session, objection: Objection, right: Record, *, fact: Fact) -> int | None:
    """A correction says something else than the disputed record, or the one a rating was made from; which."""
    if objection.record_id is not None:
        disputed = store.record(session, objection.record_id)
        assert disputed is not None, "an objection is to a record on file"
        refuse_other_record(disputed[0], right, fact=fact)
        refuse_same_value(right, wrong_id=objection.record_id, differs=disputed[0].value != right.value)
        return objection.record_id
    rating, run = _rating(session, objection)
    used = next((value for value in sources(session, rating) if value.name == fact.name), None)
    if used is None:
        refuse_same_value(right, wrong_id=None, differs=right.record_id > run.last_record_id)
        return None
    refuse_same_value(right, wrong_id=used.record_id, differs=used.value != right.value)
    return used.record_id


def _rating(session: Session, objection: Objection) -> tuple[Rating, RatingRun]:
    assert objection.rating_id is not None
    found = store.rating(session, objection.rating_id)
    assert found is not None, "an objection is to a rating that was published"
    return found


def _corrected(session: Session, owners: list[int], *, on: date) -> set[int]:
    """The records of some subjects that were taken out as wrong by a day."""
    found = known_records(session, owners, known=known_on(session, on))
    return {each.record.record_id for each in found if each.exclusion is Exclusion.CORRECTED}
