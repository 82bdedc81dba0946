"""What an account has left to do before it may be used."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class Step(StrEnum):
    """Something the user of an account has to do first."""

    CHANGE_PASSWORD = "change_password"
    ENROL_SECOND_FACTOR = "enrol_second_factor"


class Account(Protocol):
    """What of an account decides whether it is ready."""

    @property
    def must_change_password(self) -> bool:
        """Whether the password was given to the user, who has to choose another one."""

    @property
    def password_changed_at(self) -> datetime | None:
        """When the password was chosen."""

    @property
    def totp_confirmed_at(self) -> datetime | None:
        """When the second factor was enrolled."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """What an installation asks of accounts that sign in with a password.

    `password_days`: a password older than this has to be changed; None as NIST SP 800-63B advises, 90 for
    systems graded under 等级保护 (GB/T 22239).
    """

    second_factor: bool = False
    password_days: int | None = None


def left_to_do(user: Account, requirements: Requirements, *, at: datetime) -> tuple[Step, ...]:
    """The steps an account has yet to take."""
    steps = []
    if user.must_change_password or _is_too_old(user, requirements, at=at):
        steps.append(Step.CHANGE_PASSWORD)
    if requirements.second_factor and user.totp_confirmed_at is None:
        steps.append(Step.ENROL_SECOND_FACTOR)
    return tuple(steps)


def _is_too_old(user: Account, requirements: Requirements, *, at: datetime) -> bool:
    if requirements.password_days is None:
        return False
    changed = user.password_changed_at
    return changed is None or changed + timedelta(days=requirements.password_days) <= at
