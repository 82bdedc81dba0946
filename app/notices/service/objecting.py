"""What is objected to a notice: taken from everybody, answered once, by somebody who had no hand in it."""

import uuid
from datetime import datetime, timedelta

from app import clock
from app.access.looks import record_looks
from app.access.scope import Viewer
from app.db import Session
from app.errors import Conflict, NotFound
from app.models import NoticeObjection, NoticeObjectionAnswer, Purpose
from app.notices import store
from app.notices.checks import checked_finding, checked_protest, refuse_online, refuse_partial
from app.notices.notice import Finding, Protest, ProtestCase, ShownNotice
from app.notices.service.reading import notice_of_division, public_notice
from app.rules.service import notice_rules_in_force
from app.subjects.cipher import Cipher

# Who writes down what somebody objects without signing in.
PUBLIC = "public"


def object_publicly(
    session: Session, cipher: Cipher, number: str, protest: Protest, *, at: datetime
) -> NoticeObjection:
    """Keep what somebody objects over the public page, without asking who it is."""
    shown = public_notice(session, number, on=clock.day_of(at))
    return _keep(session, cipher, shown, protest, by=PUBLIC, at=at)


def object_at_office(
    session: Session, cipher: Cipher, number: str, protest: Protest, *, viewer: Viewer, at: datetime
) -> ProtestCase:
    """Keep what came to an office's desk or by letter, to a notice of its division."""
    refuse_online(protest.channel)
    shown = notice_of_division(session, number, viewer=viewer, on=clock.day_of(at))
    made = _keep(session, cipher, shown, protest, by=viewer.username, at=at)
    return _case(session, cipher, shown, made, answer=None)


def objections(
    session: Session, cipher: Cipher, number: str, *, viewer: Viewer, at: datetime
) -> list[ProtestCase]:
    """What was objected to a notice of the viewer's division; that he has read it is written down."""
    shown = notice_of_division(session, number, viewer=viewer, on=clock.day_of(at))
    found = store.objections_of(session, [shown.notice.notice_id])
    cases = [_case(session, cipher, shown, objection, answer=answer) for objection, answer in found]
    titles = {case.entry.designation_id for case in cases if case.entry is not None}
    about = [(subject_id, None) for subject_id in store.subjects_of(session, titles)]
    record_looks(session, about, viewer=viewer, at=at, purpose=Purpose.OBJECTION)
    return cases


def answer(
    session: Session,
    cipher: Cipher,
    number: str,
    uid: str,
    finding: Finding,
    *,
    viewer: Viewer,
    at: datetime,
) -> ProtestCase:
    """Keep what was found about an objection, once; nobody answers who had a hand in what it is about."""
    finding = checked_finding(finding)
    shown = notice_of_division(session, number, viewer=viewer, on=clock.day_of(at))
    found = {
        row[0].notice_objection_uid: row for row in store.objections_of(session, [shown.notice.notice_id])
    }
    if uid not in found:
        raise NotFound("此公示没有这条异议 · there is no such objection to this notice")
    objection, earlier = found[uid]
    meant = [
        entry.designation_id
        for entry in shown.entries
        if objection.notice_entry_id in (None, entry.notice_entry_id)
    ]
    proposed_by = store.proposed_by(session, meant)
    refuse_partial(objection, shown.notice, proposed_by=proposed_by, username=viewer.username)
    made = NoticeObjectionAnswer(
        notice_objection_uid=uid,
        upheld=finding.upheld,
        text_cipher=cipher.seal(finding.found, row=_row(uid, "answer")),
        document=finding.document,
        answered_on=clock.day_of(at),
        recorded_at=at,
        answered_by=viewer.user_id,
    )
    if earlier is not None or not store.add_answer(session, made):
        raise Conflict("该异议已经答复 · this objection has been answered already; an answer is not changed")
    return _case(session, cipher, shown, objection, answer=made)


def _keep(
    session: Session, cipher: Cipher, shown: ShownNotice, protest: Protest, *, by: str, at: datetime
) -> NoticeObjection:
    protest, raised_on = checked_protest(protest, shown.notice, on=clock.day_of(at))
    uid = uuid.uuid4().hex
    made = NoticeObjection(
        notice_objection_uid=uid,
        notice_id=shown.notice.notice_id,
        notice_entry_id=_entry_id(shown, protest.line_number),
        raised_on=raised_on,
        channel=protest.channel,
        text_cipher=cipher.seal(protest.text, row=_row(uid, "text")),
        contact_cipher=cipher.seal(protest.contact, row=_row(uid, "contact")) if protest.contact else None,
        recorded_at=at,
        recorded_by=by,
    )
    store.add(session, [made])
    return made


def _entry_id(shown: ShownNotice, line_number: int | None) -> int | None:
    """The line that is meant, none for the whole notice; `Conflict` where nothing comes of it any more."""
    if line_number is None:
        if not shown.open_entries:
            raise Conflict(
                "名单各项均已撤回或不予办理，不再受理异议 · nothing comes of any line of this notice: there "
                "is nothing left to object to"
            )
        return None
    for entry in shown.entries:
        if entry.line_number == line_number:
            if entry.end is not None:
                raise Conflict(
                    f"第 {line_number} 行{entry.end.label}，不再受理异议 · line {line_number} is "
                    f"{entry.end}: nothing comes of it, and there is nothing left to object to"
                )
            return entry.notice_entry_id
    raise NotFound(f"公示没有第 {line_number} 行 · the notice has no line {line_number}")


def _case(
    session: Session,
    cipher: Cipher,
    shown: ShownNotice,
    objection: NoticeObjection,
    *,
    answer: NoticeObjectionAnswer | None,
) -> ProtestCase:
    uid, sealed = objection.notice_objection_uid, objection.contact_cipher
    days = notice_rules_in_force(session, on=objection.raised_on).objection_days
    return ProtestCase(
        objection=objection,
        entry=next((e for e in shown.entries if e.notice_entry_id == objection.notice_entry_id), None),
        text=cipher.open(objection.text_cipher, row=_row(uid, "text")),
        contact="" if sealed is None else cipher.open(sealed, row=_row(uid, "contact")),
        due_on=objection.raised_on + timedelta(days=days),
        answer=answer,
        found="" if answer is None else cipher.open(answer.text_cipher, row=_row(uid, "answer")),
    )


def _row(uid: str, text: str) -> str:
    """What a sealed text of an objection is bound to."""
    return f"notice_objections/{uid}/{text}"
