"""The shapes in which accounts are asked about and answered."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from app.access.terms import Account
from app.models import ApiClient, OrganisationKind, Role, SessionPlace, User, UserSession

ID_MAX = 2**31 - 1
# No name in the database has this character; PostgreSQL refuses to look for one.
WITHOUT_NUL = r"^[^\x00]*$"
Id = Annotated[int, Field(ge=1, le=ID_MAX)]
Name = Annotated[str, Field(min_length=1, max_length=64)]
Subject = Annotated[str, Field(min_length=1, max_length=255)]
Password = Annotated[str, Field(max_length=1024)]


class _Order(BaseModel):
    """What is sent: nothing but the stated fields."""

    model_config = ConfigDict(extra="forbid")


class PasswordChange(_Order):
    """The present password, a code where the account has a second factor, and the next password."""

    old: Password
    new: Password
    totp: Annotated[str, Field(max_length=16)] = ""


class PasswordProof(_Order):
    """The present password once more."""

    password: Password


class CodeProof(_Order):
    """The six digits the authenticator app shows."""

    code: Annotated[str, Field(max_length=16)]


class SessionsEnd(_Order):
    """Which of the own sessions to end, with the password once more; none named: all but this one."""

    password: Password
    user_session_id: Annotated[int | None, Field(ge=1, le=2**63 - 1)] = None


class SessionAnswer(BaseModel):
    """A session of the own account: where it is used, how it was signed in to, since when and until when."""

    user_session_id: int
    place: SessionPlace
    signed_in_by: str
    opened_at: datetime
    holds_until: datetime
    is_this_one: bool

    @classmethod
    def of(cls, noted: UserSession, *, asking: str) -> Self:
        """A session as its owner sees it; `asking` is the one that asks."""
        return cls(
            user_session_id=noted.user_session_id,
            place=noted.place,
            signed_in_by=noted.signed_in_by,
            opened_at=noted.opened_at,
            holds_until=noted.holds_until,
            is_this_one=noted.session_id == asking,
        )


class SessionsAnswer(BaseModel):
    """The sessions that hold now, the newest first."""

    items: list[SessionAnswer]


class EnrolmentAnswer(BaseModel):
    """What an authenticator app needs: a secret to type in, or the same as a link for a QR code."""

    model_config = ConfigDict(from_attributes=True)

    secret: str
    uri: str


class AccountOrder(_Order):
    """A new account; `oidc_subject` names the person at the outside provider, where one is used."""

    username: Annotated[str, Field(max_length=64)]
    display_name: Name
    role: Role
    organisation_id: Id
    place_id: Id
    oidc_subject: Subject | None = None


class AccountChange(_Order):
    """What is to be another; fields that are not sent stay. `locked: false` lifts a lock at once."""

    display_name: Name | None = None
    role: Role | None = None
    organisation_id: Id | None = None
    place_id: Id | None = None
    disabled: bool | None = None
    oidc_subject: Subject | None = None
    locked: Annotated[bool | None, Field(description="only false: let the account try again at once")] = None


class AccountAnswer(BaseModel):
    """An account, without any secret of it."""

    user_id: int
    username: str
    display_name: str
    role: Role
    role_label: str
    organisation_id: int
    organisation_name: str
    place_id: int
    place_code: str
    place_name: str
    disabled: bool
    locked_until: datetime | None
    must_change_password: bool
    has_second_factor: bool
    oidc_subject: str | None
    revision: int

    @classmethod
    def of(cls, found: Account) -> Self:
        """An account as it is shown to who manages it."""
        user, works_for, place = found
        return cls(
            user_id=user.user_id,
            username=user.username,
            display_name=user.display_name,
            role=user.role,
            role_label=user.role.label,
            organisation_id=works_for.organisation_id,
            organisation_name=works_for.name,
            place_id=place.place_id,
            place_code=place.code,
            place_name=place.name,
            disabled=user.disabled,
            locked_until=user.locked_until,
            must_change_password=user.must_change_password,
            has_second_factor=user.totp_confirmed_at is not None,
            oidc_subject=user.oidc_subject,
            revision=user.revision,
        )


class AccountsAnswer(BaseModel):
    """A page of accounts; `next_after` begins the next one."""

    items: list[AccountAnswer]
    next_after: int | None


class OneTimePassword(BaseModel):
    """A password to hand over: shown only now, and to be changed at the first sign-in."""

    one_time_password: str


class NewAccountAnswer(AccountAnswer, OneTimePassword):
    """A new account and the password to hand over."""


class OrganisationOrder(_Order):
    """A new organisation; a branch names the one it belongs to."""

    code: Annotated[str, Field(min_length=2, max_length=32, pattern=r"^[a-z0-9][a-z0-9-]*$")]
    name: Name
    kind: OrganisationKind
    parent_id: Id | None = None


class OrganisationAnswer(BaseModel):
    """An organisation; a bank receives ratings once it is admitted."""

    model_config = ConfigDict(from_attributes=True)

    organisation_id: int
    code: str
    name: str
    kind: OrganisationKind
    parent_id: int | None
    admitted_at: datetime | None


class OrganisationsAnswer(BaseModel):
    """A page of organisations; `next_after` begins the next one."""

    items: list[OrganisationAnswer]
    next_after: int | None


class ClientOrder(_Order):
    """For which account a bank's system signs in."""

    user_id: Id


class ClientAnswer(BaseModel):
    """Credentials for grant_type=client_credentials; the secret is shown only now."""

    client_id: str
    client_secret: str
    user_id: int


class KeptClientAnswer(BaseModel):
    """Credentials that were given: for whose account and when, and whether they were taken back."""

    client_id: str
    user_id: int
    username: str
    created_at: datetime
    revoked: bool
    locked_until: datetime | None

    @classmethod
    def of(cls, made: ApiClient, user: User) -> Self:
        """Credentials with the account a bank's system signs in for."""
        return cls(
            client_id=made.client_id,
            user_id=user.user_id,
            username=user.username,
            created_at=made.created_at,
            revoked=made.disabled,
            locked_until=made.locked_until,
        )


class ClientsAnswer(BaseModel):
    """A page of credentials; `next_after` asks for the next page, none follows where it is null."""

    items: list[KeptClientAnswer]
    next_after: str | None
