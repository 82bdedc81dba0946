"""An account, and what an administrator decides about it."""

from dataclasses import dataclass
from typing import NamedTuple

from app.models import Organisation, Place, Role, User


class Account(NamedTuple):
    """A user with the organisation and the division it works for."""

    user: User
    organisation: Organisation
    place: Place


@dataclass(frozen=True, slots=True)
class Terms:
    """What an administrator decides about an account."""

    display_name: str
    role: Role
    organisation_id: int
    place_id: int
    disabled: bool = False
    oidc_subject: str | None = None
