"""Deleting the data of a subject once no purpose is left for them (个人信息保护法 art. 47)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from app import clock
from app.approvals.service import use
from app.consents.service import rating_refused
from app.db import Session
from app.designations.service.shown import paths_of_subjects
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.inquiries.service import forget_answers_about, forget_old_answers
from app.models import ApprovalKind, Erasure, SubjectKind
from app.objections.service import open_objections
from app.places.service import place as place_by_id
from app.places.service import within
from app.ratings.service import known_on, stands_behind
from app.rights import erasing, store
from app.rights.checks import checked_document, checked_text, erased, not_there, purposes_left
from app.rights.purposes import hindrances
from app.rights.right import ERASED, GROUND_LENGTH_MAX
from app.rights.service.desk import home_code, kin_of
from app.subjects.cipher import Cipher
from app.subjects.free_text import without_numbers
from app.subjects.service import subject as subject_by_id


def erase_approved(
    session: Session,
    cipher: Cipher,
    subject_id: int,
    *,
    ground: str,
    document: str,
    needs_consent: bool,
    approval_id: int,
    by: str,
    at: datetime,
) -> Erasure:
    """Delete the data of a subject as two persons of its division or above decided; `by` is a user."""
    user_id = store.user_id(session, by)
    if user_id is None:
        raise NotFound(f"没有用户 {by} · there is no user {by}; name the account of whoever does this")

    def approve(content: Mapping[str, Any], outcome: Mapping[str, int]) -> None:
        used = use(
            session,
            approval_id,
            kind=ApprovalKind.ERASURE,
            target=erasure_target(subject_id),
            content=content,
            user_id=user_id,
            at=at,
            outcome=outcome,
        )
        if not within(place_by_id(session, used.place_id).code, home_code(session, subject_id)):
            raise Forbidden(
                f"审批 {approval_id} 不是主体 {subject_id} 所在辖区作出的 · approval {approval_id} was given "
                f"for another division than that of subject {subject_id}; ask for one there"
            )

    return erase(
        session,
        cipher,
        subject_id,
        ground=ground,
        document=document,
        needs_consent=needs_consent,
        approve=approve,
        by=by,
        at=at,
    )


def erasure_target(subject_id: int) -> str:
    """What an approval of a deletion is about."""
    return f"subject/{subject_id}"


def erasure_content(subject_id: int, *, ground: str, document: str) -> dict[str, Any]:
    """All that is asked for with a deletion: whose data, why, and on the ground of which document."""
    if len(ground.strip()) > GROUND_LENGTH_MAX:
        raise Invalid(
            f"ground: 删除理由至多 {GROUND_LENGTH_MAX} 字 · write at most {GROUND_LENGTH_MAX} characters"
        )
    return {
        "subject_id": subject_id,
        "ground": without_numbers(checked_text(ground, where="ground"), where="ground"),
        "document": checked_document(document),
    }


def erase(
    session: Session,
    cipher: Cipher,
    subject_id: int,
    *,
    ground: str,
    document: str,
    needs_consent: bool,
    approve: Callable[[Mapping[str, Any], Mapping[str, int]], object],
    by: str,
    at: datetime,
) -> Erasure:
    """Delete the personal data of a subject no purpose is left for, and of those merged into it (art. 47).

    `approve` uses up the granted approval of exactly this deletion, or refuses. `Conflict` names every
    purpose that stands in the way. Pseudonymous ratings, the log of inquiries, consents and loans stay: other
    terms rule those.
    """
    content, on = erasure_content(subject_id, ground=ground, document=document), clock.day_of(at)
    store.lock_subject(session, subject_id)
    _refuse_unerasable(session, subject_id, on=on)
    kin = kin_of(session, subject_id, on=on)
    left = _hindrances(session, cipher, subject_id, kin=kin, needs_consent=needs_consent, at=at)
    if left:
        raise purposes_left(subject_id, left)
    forget_answers_about(session, kin, noise=erasing.noise())
    forget_old_answers(session, at=at)
    counts = _overwritten(session, cipher, kin)
    approve(content, counts)
    for each in kin:
        made = Erasure(
            subject_id=each,
            ground=content["ground"],
            document=content["document"],
            counts=counts if each == subject_id else {"with_subject": subject_id},
            erased_at=at,
            erased_by=by,
        )
        store.add(session, made)
    found = store.erasure(session, subject_id)
    assert found is not None, "it was written above"
    return found


def _refuse_unerasable(session: Session, subject_id: int, *, on: date) -> None:
    """Only a household or entity that stands for itself and is still there can be erased."""
    if subject_by_id(session, subject_id).kind is SubjectKind.VILLAGE:
        raise not_there(subject_id)
    gone = store.erasure(session, subject_id)
    if gone is not None:
        raise erased(gone, on=clock.day_of(gone.erased_at))
    heir = stands_behind(session, subject_id, known=known_on(session, on))
    if heir != subject_id:
        raise Conflict(
            f"主体 {subject_id} 已并入 {heir} · subject {subject_id} was merged into {heir}; erase that"
        )


def _hindrances(
    session: Session,
    cipher: Cipher,
    subject_id: int,
    *,
    kin: Sequence[int],
    needs_consent: bool,
    at: datetime,
) -> list[str]:
    on = clock.day_of(at)
    disputed = [each.objection.objection_id for each in open_objections(session, kin, on=on)]
    reviews = [request for request, answer in store.reviews_of(session, kin) if answer is None]
    protests = [answer for _, answer in store.notice_objections_of(session, kin)]
    found = hindrances(
        rating_refused=rating_refused(session, subject_id, on=on, needs_consent=needs_consent),
        loans=store.loans_of(session, kin),
        consents=store.consents_of(session, kin),
        objections=disputed,
        reviews=[each.review_request_id for each in reviews],
        titles=[path.title for path in paths_of_subjects(session, cipher, kin, on=on)],
        notice_objections=protests.count(None),
        approvals=store.approvals_waiting(session, kin, at=at),
        on=on,
    )
    return list(found)


def _overwritten(session: Session, cipher: Cipher, kin: Sequence[int]) -> dict[str, int]:
    """Overwrite what is personal of some subjects; how many rows of each kind."""
    objections, reviews = store.objections_of(session, kin), store.reviews_of(session, kin)
    for subject_id in kin:
        if subject_by_id(session, subject_id).kind is SubjectKind.AGRI_ENTITY:
            entity = store.agri_entity(session, subject_id)
            store.overwrite_roster(session, entity.uscc, word=ERASED, code=erasing.no_code())
            erasing.erase_entity(cipher, entity)
        else:
            erasing.erase_household(cipher, store.household(session, subject_id))
    for objection in objections:
        erasing.erase_objection(cipher, objection)
    for event in store.events_of(session, [each.objection_id for each in objections]):
        erasing.erase_event(cipher, event)
    for request, answer in reviews:
        erasing.erase_review(cipher, request, answer)
    protests = store.notice_objections_of(session, kin)
    for protest, finding in protests:
        erasing.erase_notice_objection(cipher, protest, finding)
    for certificate in store.certificates_of(session, kin):
        erasing.erase_certificate(certificate)
    quarantined = store.quarantined_of(session, kin)
    for row in quarantined:
        erasing.erase_quarantined(cipher, row)
    session.flush()
    return {
        "subjects": len(kin),
        "objections": len(objections),
        "review_requests": len(reviews),
        "quarantined_rows": len(quarantined),
        "notice_objections": len(protests),
        **store.overwrite_titles(session, kin, word=ERASED),
        **store.overwrite_plain(session, kin, word=ERASED),
        **store.remove_sealed(session, kin, noise=erasing.noise()),
    }
