"""The sessions of a person: noted when they begin, so that their owner sees them and can end them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, exists, select, update

from app.access.refresh import end_session
from app.access.tokens import SESSION_HOURS_MAX, SignedInBy
from app.db import Session
from app.errors import NotFound
from app.models import RevokedToken, SessionPlace, User, UserSession

_LIFETIME = timedelta(hours=SESSION_HOURS_MAX)


def note_session(
    session: Session,
    user: User,
    *,
    session_id: str,
    place: SessionPlace,
    signed_in_by: SignedInBy,
    at: datetime,
    holds_until: datetime,
) -> None:
    """Note a session that begins now; what ended long ago needs no note any more."""
    session.execute(delete(UserSession).where(UserSession.holds_until <= at - _LIFETIME))
    session.add(
        UserSession(
            user_id=user.user_id,
            session_id=session_id,
            place=place,
            signed_in_by=signed_in_by,
            opened_at=at,
            holds_until=holds_until,
        )
    )


def lengthen(session: Session, session_id: str, *, holds_until: datetime) -> None:
    """Note that a session in use goes on."""
    noted = update(UserSession).where(UserSession.session_id == session_id)
    session.execute(noted.values(holds_until=holds_until))


def sessions_of(session: Session, user_id: int, *, at: datetime) -> Sequence[UserSession]:
    """The sessions of an account that hold now, the newest first."""
    ended = exists().where(RevokedToken.jti == UserSession.session_id)
    found = (
        select(UserSession)
        .join(User, User.user_id == UserSession.user_id)
        .where(UserSession.user_id == user_id, UserSession.holds_until > at, ~ended)
        .where(User.signed_out_at.is_(None) | (UserSession.opened_at >= User.signed_out_at))
        .order_by(UserSession.opened_at.desc(), UserSession.user_session_id.desc())
    )
    return session.scalars(found).all()


def end_own(session: Session, user_id: int, *, user_session_id: int, at: datetime) -> None:
    """End one session of an account; `NotFound` where it has no such session."""
    found = [one for one in sessions_of(session, user_id, at=at) if one.user_session_id == user_session_id]
    if not found:
        raise NotFound("there is no such session, or it has ended. 没有这个登录会话，或已经退出。")
    _end(session, found[0], at=at)


def end_others(session: Session, user_id: int, *, kept: str, at: datetime) -> None:
    """End every session of an account but the one that asks."""
    for one in sessions_of(session, user_id, at=at):
        if one.session_id != kept:
            _end(session, one, at=at)


def _end(session: Session, noted: UserSession, *, at: datetime) -> None:
    end_session(session, noted.session_id, ends_at=noted.opened_at + _LIFETIME, at=at)
