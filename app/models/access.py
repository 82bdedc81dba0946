"""Organisations and users."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, Sealed, enum_column


class OrganisationKind(Labelled):
    """What an organisation is."""

    BANK = "bank", "银行"
    TOWN_OFFICE = "town_office", "镇街"
    DEPARTMENT = "department", "区级部门"
    PBOC = "pboc", "人民银行"


class Role(Labelled):
    """What a user may do."""

    LOAN_OFFICER = "loan_officer", "信贷员"
    BANK_ADMIN = "bank_admin", "银行管理员"
    TOWN_OFFICIAL = "town_official", "镇街干部"
    COLLECTOR = "collector", "采集员"
    APPRAISER = "appraiser", "评议员"
    DISTRICT_ADMIN = "district_admin", "区级管理员"
    AUDITOR = "auditor", "审计员"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    JOB = "job", "夜间作业"


class Organisation(Base):
    """A bank, a town office or a department of the district; a branch names the organisation it belongs to.

    A bank receives data only once two persons have admitted it as a recipient (`admitted_at`).
    """

    __tablename__ = "organisations"

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[OrganisationKind] = mapped_column(enum_column(OrganisationKind))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.organisation_id"))
    admitted_at: Mapped[datetime | None] = mapped_column(Instant)


class User(Base):
    """A person or a system that signs in; it sees only the divisions below its place.

    `revision` counts the changes of the account: an edit names the one it was made on. Tokens issued before
    `signed_out_at` do not hold any more.
    """

    __tablename__ = "users"

    user_id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(64), unique=True)
    display_name: Mapped[str] = mapped_column(String(64))
    password_hash: Mapped[str] = mapped_column(String(255))
    role: Mapped[Role] = mapped_column(enum_column(Role))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.organisation_id"))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.place_id"))
    disabled: Mapped[bool]
    failed_attempts: Mapped[int]
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    revision: Mapped[int] = mapped_column(server_default="1")
    password_changed_at: Mapped[datetime | None] = mapped_column(Instant)
    must_change_password: Mapped[bool] = mapped_column(server_default="0")
    totp_cipher: Mapped[bytes | None] = mapped_column(Sealed("users/{user_id}/totp"))
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(Instant)
    totp_last_step: Mapped[int | None] = mapped_column(BigInteger)
    oidc_subject: Mapped[str | None] = mapped_column(String(255), unique=True)
    signed_out_at: Mapped[datetime | None] = mapped_column(Instant)


class ApiClient(Base):
    """The credentials of a bank's system: it signs in for its user without a person at the keyboard."""

    __tablename__ = "api_clients"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    disabled: Mapped[bool]
    failed_attempts: Mapped[int]
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant)


class RefreshToken(Base):
    """A token that buys the next access token, once; its successors share its family.

    Only its hash is kept. One that is shown a second time was stolen: its whole family is revoked.
    """

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "family"), Index(None, "user_id"))

    refresh_token_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    family: Mapped[str] = mapped_column(String(32))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class SessionPlace(Labelled):
    """Where a session is used."""

    PAGES = "pages", "网页"
    INTERFACE = "interface", "接口"


class UserSession(Base):
    """A session a person opened by signing in, for its owner to see and to end.

    `session_id` is the name its tokens share; `holds_until` moves on while the pages are used. It has ended
    before that where its name is among the revoked ones, or its user signed out everywhere.
    """

    __tablename__ = "user_sessions"
    __table_args__ = (Index(None, "user_id"), Index(None, "holds_until"))

    user_session_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.user_id"))
    session_id: Mapped[str] = mapped_column(String(32), unique=True)
    place: Mapped[SessionPlace] = mapped_column(enum_column(SessionPlace))
    signed_in_by: Mapped[str] = mapped_column(String(32))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    holds_until: Mapped[datetime] = mapped_column(Instant)


class RevokedToken(Base):
    """An access token that was revoked before its time; kept until it would have expired."""

    __tablename__ = "revoked_tokens"

    jti: Mapped[str] = mapped_column(String(32), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
