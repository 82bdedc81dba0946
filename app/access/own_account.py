"""What a user changes about the own account: the password, and the second factor."""

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.access.passwords import check_password, hashed, matches
from app.access.readiness import Requirements, Step, left_to_do
from app.access.refresh import sign_out_everywhere
from app.access.scope import Viewer
from app.access.service import Sealing, prove_factors, prove_password, second_factor_row
from app.access.sessions import end_others, end_own
from app.access.totp import enrolment_uri, matching_step, new_secret
from app.db import Session
from app.errors import Conflict, Invalid
from app.models import User

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: the secret to type in, and the same as a link."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What an account has left to do, and how it is protected."""

    steps: tuple[Step, ...]
    has_second_factor: bool
    password_changed_at: datetime | None


def change_password(
    session: Session,
    *,
    viewer: Viewer,
    old: str,
    new: str,
    code: str,
    sealing: Sealing,
    drift_steps: int = 0,
    breached: Path | None = None,
    at: datetime,
) -> User:
    """Give the own account another password; every session that was open before this moment ends.

    It takes the present password and, where the account has a second factor, a code.
    """
    prove_factors(session, viewer.username, old, code=code, sealing=sealing, drift_steps=drift_steps, at=at)
    user = _own(session, viewer)
    about = (user.username, user.display_name, viewer.organisation_name)
    check_password(new, about=about, breached=breached)
    if matches(user.password_hash, new):
        raise Invalid("new: this is the present password; choose another one. 新密码不能与当前密码相同。")
    user.password_hash = hashed(new)
    user.password_changed_at = at
    user.must_change_password = False
    user.revision += 1
    sign_out_everywhere(session, user, at=at)
    _LOG.info("account %d: password changed by its user", user.user_id)
    return user


def begin_second_factor(
    session: Session, *, viewer: Viewer, password: str, sealing: Sealing, at: datetime
) -> Enrolment:
    """A new secret for the authenticator app; it counts once a code of it was given."""
    prove_password(session, viewer.username, password, at=at)
    user = _own(session, viewer)
    if user.totp_confirmed_at is not None:
        raise Conflict(
            "this account has a second factor; an administrator takes it off when the phone is lost. "
            "本账号已绑定动态口令；更换手机请联系管理员解除绑定。"
        )
    secret = new_secret()
    user.totp_cipher = sealing.seal(secret, row=second_factor_row(user))
    return Enrolment(secret, enrolment_uri(secret, username=user.username))


def confirm_second_factor(
    session: Session,
    *,
    viewer: Viewer,
    session_id: str,
    code: str,
    sealing: Sealing,
    drift_steps: int = 0,
    at: datetime,
) -> None:
    """Switch the second factor on, now that the app has shown a right code; all other sessions end."""
    user = _own(session, viewer)
    if user.totp_cipher is None or user.totp_confirmed_at is not None:
        raise Conflict("there is no second factor to confirm; begin again. 请重新开始绑定。")
    secret = sealing.open(user.totp_cipher, row=second_factor_row(user))
    step = matching_step(secret, code.replace(" ", ""), at=at, drift_steps=drift_steps)
    if step is None:
        raise Invalid(
            "code: this is not the code the app shows now; check the clock of the phone and try again. "
            "动态口令不正确：请检查手机时间后重试。"
        )
    user.totp_last_step = step
    user.totp_confirmed_at = at
    user.revision += 1
    end_others(session, user.user_id, kept=session_id, at=at)
    _LOG.info("account %d: second factor enrolled", user.user_id)


def end_sessions(
    session: Session,
    *,
    viewer: Viewer,
    password: str,
    user_session_id: int | None,
    session_id: str,
    at: datetime,
) -> None:
    """End one of the own sessions, or all but the one that asks (`session_id`); it takes the password."""
    prove_password(session, viewer.username, password, at=at)
    if user_session_id is None:
        end_others(session, viewer.user_id, kept=session_id, at=at)
    else:
        end_own(session, viewer.user_id, user_session_id=user_session_id, at=at)
    _LOG.info("account %d: sessions ended by its user", viewer.user_id)


def standing(session: Session, *, viewer: Viewer, requirements: Requirements, at: datetime) -> Standing:
    """How the own account stands."""
    user = session.get_one(User, viewer.user_id)
    steps = left_to_do(user, requirements, at=at)
    return Standing(steps, user.totp_confirmed_at is not None, user.password_changed_at)


def _own(session: Session, viewer: Viewer) -> User:
    """The account of the viewer, kept from others until this request is done."""
    return session.get_one(User, viewer.user_id, with_for_update=True, populate_existing=True)
