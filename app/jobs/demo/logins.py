"""The organisations and users of the demonstration, one of each role."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.access.service import create_organisation, create_user
from app.db import Session
from app.errors import SetupError
from app.models import Organisation, OrganisationKind, Place, PlaceKind, Role, User

DEMO_PASSWORD = "bishan-demo-2026"
BANK = "璧山农商行（演示）"

_DISTRICT = "璧山区"


@dataclass(frozen=True, slots=True)
class _Login:
    username: str
    display_name: str
    role: Role
    organisation: str
    place: str


_ORGANISATIONS = {
    "demo-nsh": (BANK, OrganisationKind.BANK),
    "demo-daxing": ("大兴镇人民政府（演示）", OrganisationKind.TOWN_OFFICE),
    "demo-bishan": ("璧山区信用办（演示）", OrganisationKind.DEPARTMENT),
    "demo-pboc": ("人民银行（演示）", OrganisationKind.PBOC),
}
_LOGINS = (
    _Login("officer.nsh", "信贷员（演示）", Role.LOAN_OFFICER, "demo-nsh", _DISTRICT),
    _Login("manager.nsh", "银行管理员（演示）", Role.BANK_ADMIN, "demo-nsh", _DISTRICT),
    _Login("town.daxing", "大兴镇干部（演示）", Role.TOWN_OFFICIAL, "demo-daxing", "大兴镇"),
    _Login("collector.daxing", "大兴镇采集员（演示）", Role.COLLECTOR, "demo-daxing", "大兴镇"),
    _Login("appraiser.daxing", "大兴镇评议员（演示）", Role.APPRAISER, "demo-daxing", "大兴镇"),
    _Login("admin.bishan", "区级管理员（演示）", Role.DISTRICT_ADMIN, "demo-bishan", _DISTRICT),
    _Login("checker.bishan", "区级复核员（演示）", Role.DISTRICT_ADMIN, "demo-bishan", _DISTRICT),
    _Login("auditor.bishan", "审计员（演示）", Role.AUDITOR, "demo-pboc", _DISTRICT),
    _Login("system.bishan", "系统管理员（演示）", Role.SYSTEM_ADMIN, "demo-bishan", _DISTRICT),
    _Login("job.night", "夜间作业（演示）", Role.JOB, "demo-bishan", _DISTRICT),
)


def add_logins(session: Session, *, at: datetime) -> Organisation:
    """Make the organisations and users of the demonstration; the bank among them."""
    made = {
        code: create_organisation(session, code=code, name=name, kind=kind, admitted_at=at)
        for code, (name, kind) in _ORGANISATIONS.items()
    }
    for login in _LOGINS:
        create_user(
            session,
            username=login.username,
            display_name=login.display_name,
            password=DEMO_PASSWORD,
            role=login.role,
            organisation_id=made[login.organisation].organisation_id,
            place_id=_place_id(session, login.place),
        )
    return made["demo-nsh"]


def demo_logins(session: Session) -> list[tuple[str, str]]:
    """The demonstration users in this database, with their role in Chinese."""
    usernames = [login.username for login in _LOGINS]
    statement = select(User.username, User.role).where(User.username.in_(usernames), User.disabled.is_(False))
    roles = {row.username: row.role for row in session.execute(statement)}
    return [(name, roles[name].label) for name in usernames if name in roles]


def _place_id(session: Session, name: str) -> int:
    kinds = [PlaceKind.DISTRICT, PlaceKind.TOWN, PlaceKind.SUBDISTRICT]
    statement = select(Place.place_id).where(
        Place.name == name, Place.kind.in_(kinds), Place.valid_to.is_(None)
    )
    place_id = session.scalars(statement).first()
    if place_id is None:
        raise SetupError(f"no division {name} in the database. Run `credit-village init` first.")
    return place_id
