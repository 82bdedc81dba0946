"""Organisations and users."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Instant, Labelled, enum_column


class OrganisationKind(Labelled):
    """What an organisation is."""

    BANK = "bank", "银行"
    TOWN_OFFICE = "town_office", "镇街"
    DEPARTMENT = "department", "区级部门"
    PBOC = "pboc", "人民银行"


class Role(Labelled):
    """What a user may do."""

    LOAN_OFFICER = "loan_officer", "信贷员"
    TOWN_OFFICIAL = "town_official", "镇街干部"
    DISTRICT_ADMIN = "district_admin", "区级管理员"
    AUDITOR = "auditor", "审计员"
    JOB = "job", "夜间作业"


class Organisation(Base):
    """A bank, a town office or a department of the district."""

    __tablename__ = "organisations"

    organisation_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[OrganisationKind] = mapped_column(enum_column(OrganisationKind))


class User(Base):
    """A person or a system that signs in; it sees only the divisions below its place."""

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
