"""Taking an objection in, at the desk or online."""

from datetime import date, datetime, timedelta

from app import clock
from app.access.scope import Viewer, may_see
from app.db import Session
from app.errors import Conflict, Invalid, NotFound, SetupError
from app.models import Objection, ObjectionChannel
from app.objections import store
from app.objections.checks import checked_day, checked_text, of_nobody
from app.objections.objection import Filing, ObjectionRules
from app.objections.service.kept import text_row
from app.places.service import place as place_by_id
from app.ratings.service import known_on, standing_for
from app.rules.service import record_rules_in_force
from app.subjects.cipher import Cipher
from app.subjects.service import subject as subject_by_id


def rules_in_force(session: Session, *, on: date) -> ObjectionRules:
    """The term of an answer and the day of its escalation, by the rules about records of a day."""
    rules = record_rules_in_force(session, on=on)
    if rules is None:
        raise SetupError(f"no rules about records are in force on {on}. Run `credit-village init`.")
    return ObjectionRules(days=rules.objection_days, escalate_before=rules.escalate_days_before)


def raise_at_office(
    session: Session, cipher: Cipher, filing: Filing, *, viewer: Viewer, at: datetime, rules: ObjectionRules
) -> Objection:
    """Keep an objection that came to an office's desk or by letter, of a subject of its division."""
    if filing.channel is ObjectionChannel.ONLINE:
        raise Invalid(
            "channel: 本人页面提出的异议不由窗口代录 · what a person objects to online is recorded by "
            "that page; write desk or letter"
        )
    subject = subject_by_id(session, filing.subject_id)
    if not may_see(viewer, place_by_id(session, subject.place_id).code):
        raise NotFound(f"there is no subject with the id {filing.subject_id}")
    return raise_objection(session, cipher, filing, by=viewer.username, at=at, rules=rules)


def raise_objection(
    session: Session, cipher: Cipher, filing: Filing, *, by: str, at: datetime, rules: ObjectionRules
) -> Objection:
    """Keep an objection to a record or to a rating; from now on every answer shows that there is one.

    `NotFound` where the record or the rating is not of this subject, `Conflict` while one about it is open.
    """
    on = clock.day_of(at)
    text = checked_text(filing.text, where="text")
    raised_on = checked_day(filing, since=_known_since(session, filing, on=on), on=on)
    store.lock_subject(session, filing.subject_id)
    earlier = store.open_about(session, record_id=filing.record_id, rating_id=filing.rating_id, on=on)
    if earlier is not None:
        raise Conflict(
            f"已有异议 {earlier.objection_id} 正在核查，{earlier.due_on} 前答复 · objection "
            f"{earlier.objection_id} to the same is open and will be answered by {earlier.due_on}"
        )
    made = Objection(
        subject_id=filing.subject_id,
        record_id=filing.record_id,
        rating_id=filing.rating_id,
        raised_on=raised_on,
        due_on=raised_on + timedelta(days=rules.days),
        channel=filing.channel,
        text_cipher=b"",
        recorded_at=at,
        recorded_by=by,
    )
    store.add(session, made)
    # Only now the row has the number its text is bound to.
    made.text_cipher = cipher.seal(text, row=text_row(made))
    session.flush()
    return made


def _known_since(session: Session, filing: Filing, *, on: date) -> date:
    """The day from which the subject could object: the record was on file, or the rating was made.

    Those of a household that was merged into it are its own too.
    """
    if (filing.record_id is None) == (filing.rating_id is None):
        raise Invalid("give either record_id or rating_id · 请写明对哪条记录或哪次评级有异议")
    owners = standing_for(session, filing.subject_id, known=known_on(session, on))
    if filing.record_id is not None:
        record = store.record(session, filing.record_id)
        if record is None or record[0].subject_id not in owners:
            raise of_nobody("record", filing.record_id, subject_id=filing.subject_id)
        return clock.day_of(record[2].recorded_at)
    assert filing.rating_id is not None
    rating = store.rating(session, filing.rating_id)
    if rating is None or rating[0].subject_id not in owners:
        raise of_nobody("rating", filing.rating_id, subject_id=filing.subject_id)
    return rating[1].as_of
