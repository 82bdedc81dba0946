"""Which banks receive ratings: each one is admitted once, by two persons of the district."""

from datetime import datetime

from app.db import Session
from app.errors import Conflict, NotFound
from app.models import Organisation, OrganisationKind


def is_admitted(organisation: Organisation) -> bool:
    """Whether an organisation may receive ratings: offices of the district do, a bank once it is admitted."""
    return organisation.kind is not OrganisationKind.BANK or organisation.admitted_at is not None


def candidate(session: Session, organisation_id: int) -> Organisation:
    """A bank that is not admitted yet; `NotFound` where there is none, `Conflict` where it is admitted."""
    found = session.get(Organisation, organisation_id, with_for_update=True)
    if found is None or found.kind is not OrganisationKind.BANK:
        raise NotFound(
            f"没有编号为 {organisation_id} 的银行 · there is no bank with the id {organisation_id}; "
            "create the organisation first"
        )
    if found.admitted_at is not None:
        raise Conflict(
            f"{found.name} 已是信用信息接收方 · {found.name} is admitted as a recipient already, since "
            f"{found.admitted_at:%Y-%m-%d}"
        )
    return found


def admit(session: Session, organisation_id: int, *, at: datetime) -> Organisation:
    """Let a bank receive ratings from now on; whoever calls this has used up the approval of two persons."""
    found = candidate(session, organisation_id)
    found.admitted_at = at
    session.flush()
    return found
