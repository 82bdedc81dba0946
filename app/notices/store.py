"""Questions about notices to the database; what is written here is never changed."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date

from sqlalchemy import Select, and_, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from app.models import (
    Designation,
    DesignationAction,
    DesignationStep,
    Notice,
    NoticeEntry,
    NoticeObjection,
    NoticeObjectionAnswer,
    Place,
    User,
)


def add(session: Session, rows: Iterable[Notice | NoticeEntry | NoticeObjection]) -> None:
    """Write a notice, its lines or an objection."""
    session.add_all(rows)
    session.flush()


def add_answer(session: Session, answer: NoticeObjectionAnswer) -> bool:
    """Write the answer to an objection; False where somebody else has answered it."""
    try:
        with session.begin_nested():
            session.add(answer)
    except IntegrityError:
        return False
    return True


def count_from(session: Session, start: str) -> int:
    """How many notices have a number that begins so; others who number wait until this one is written."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(func.hashtext(start))))
    counted = select(func.count()).where(func.substr(Notice.number, 1, len(start)) == start)
    return session.scalar(counted) or 0


def by_number(session: Session, number: str) -> Notice | None:
    """A notice by its number."""
    return session.scalar(select(Notice).where(Notice.number == number))


def notices(session: Session, notice_ids: Collection[int]) -> Sequence[Notice]:
    """Some notices."""
    return session.scalars(select(Notice).where(Notice.notice_id.in_(notice_ids))).all()


def entries_of(session: Session, notice_ids: Collection[int]) -> Sequence[NoticeEntry]:
    """The lines of some notices, in their order."""
    return session.scalars(
        select(NoticeEntry)
        .where(NoticeEntry.notice_id.in_(notice_ids))
        .order_by(NoticeEntry.notice_id, NoticeEntry.line_number)
    ).all()


def entries_with_subjects(session: Session, notice_id: int) -> list[tuple[NoticeEntry, int | None]]:
    """The lines of a notice in their order, each with the subject whose title it is; of a place none."""
    found = (
        select(NoticeEntry, Designation.subject_id)
        .outerjoin(Designation, Designation.designation_id == NoticeEntry.designation_id)
        .where(NoticeEntry.notice_id == notice_id)
        .order_by(NoticeEntry.line_number)
    )
    return [(row[0], row[1]) for row in session.execute(found)]


def following_actions(session: Session, notice_id: int) -> dict[int, DesignationAction]:
    """The step that followed the posting of a notice, of each of its titles that took one."""
    posted, following = aliased(DesignationStep), aliased(DesignationStep)
    found = (
        select(NoticeEntry.designation_id, following.action)
        .join(posted, posted.designation_id == NoticeEntry.designation_id)
        .join(
            following,
            and_(
                following.designation_id == posted.designation_id,
                following.sequence == posted.sequence + 1,
            ),
        )
        .where(NoticeEntry.notice_id == notice_id, posted.notice_id == notice_id)
    )
    return {row[0]: row[1] for row in session.execute(found)}


def objections_of(
    session: Session, notice_ids: Collection[int]
) -> list[tuple[NoticeObjection, NoticeObjectionAnswer | None]]:
    """What was objected to some notices, the oldest first, with the answers."""
    rows = session.execute(
        select(NoticeObjection, NoticeObjectionAnswer)
        .outerjoin(
            NoticeObjectionAnswer,
            NoticeObjectionAnswer.notice_objection_uid == NoticeObjection.notice_objection_uid,
        )
        .where(NoticeObjection.notice_id.in_(notice_ids))
        .order_by(NoticeObjection.raised_on, NoticeObjection.recorded_at)
    )
    return [(row[0], row[1]) for row in rows]


def shown(
    session: Session, prefix: str, *, on: date, ended_after: date, limit: int
) -> list[tuple[Notice, Place]]:
    """The notices of a division that have begun and did not end before a day, the newest first."""
    return _with_places(
        session, _inside(prefix).where(Notice.begins_on <= on, Notice.ends_on > ended_after), limit=limit
    )


def within(session: Session, prefix: str, *, limit: int) -> list[tuple[Notice, Place]]:
    """The newest notices of a division."""
    return _with_places(session, _inside(prefix), limit=limit)


def line_counts(session: Session, notice_ids: Collection[int]) -> dict[int, int]:
    """How many lines each of some notices has."""
    counted = select(NoticeEntry.notice_id, func.count()).where(NoticeEntry.notice_id.in_(notice_ids))
    return {row[0]: row[1] for row in session.execute(counted.group_by(NoticeEntry.notice_id))}


def proposed_by(session: Session, designation_ids: Collection[int]) -> frozenset[str]:
    """The names of the users who proposed some titles."""
    opened = select(Designation.opened_by).where(Designation.designation_id.in_(designation_ids))
    stepped = (
        select(User.username)
        .join(DesignationStep, DesignationStep.user_id == User.user_id)
        .where(
            DesignationStep.designation_id.in_(designation_ids),
            DesignationStep.action == DesignationAction.PROPOSE,
        )
    )
    return frozenset(session.scalars(opened)) | frozenset(session.scalars(stepped))


def subjects_of(session: Session, designation_ids: Collection[int]) -> list[int]:
    """The subjects some titles are of; a village or a town is none."""
    found = select(Designation.subject_id).where(Designation.designation_id.in_(designation_ids))
    return sorted({subject_id for subject_id in session.scalars(found) if subject_id is not None})


def _with_places(
    session: Session, chosen: Select[Notice, Place], *, limit: int
) -> list[tuple[Notice, Place]]:
    newest = chosen.order_by(Notice.begins_on.desc(), Notice.notice_id.desc()).limit(limit)
    return [(row[0], row[1]) for row in session.execute(newest)]


def _inside(prefix: str) -> Select[Notice, Place]:
    return (
        select(Notice, Place)
        .join(Place, Place.place_id == Notice.place_id)
        .where(Place.code.between(prefix.ljust(12, "0"), prefix.ljust(12, "9")))
    )
