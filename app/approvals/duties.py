"""Who may ask for what takes a second person, and who may be that person: the one table that says so."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from app.access.scope import Viewer
from app.models import Approval, ApprovalKind, Role

TERM = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Duty:
    """The roles that may ask for one kind, and the roles that may decide about it."""

    makers: frozenset[Role]
    checkers: frozenset[Role]


_DISTRICT = frozenset({Role.DISTRICT_ADMIN})

# Whoever administers accounts (system_admin) decides nothing about credit data: JR/T 0115 keeps both apart.
DUTIES: Mapping[ApprovalKind, Duty] = {
    ApprovalKind.ACTIVATE_RULE: Duty(_DISTRICT, _DISTRICT),
    ApprovalKind.OVERRIDE: Duty(_DISTRICT, _DISTRICT),
    ApprovalKind.REVOCATION: Duty(_DISTRICT, _DISTRICT),
    ApprovalKind.BULK_EXPORT: Duty(_DISTRICT | {Role.TOWN_OFFICIAL}, _DISTRICT),
    ApprovalKind.NEW_RECIPIENT: Duty(_DISTRICT, _DISTRICT),
    ApprovalKind.ERASURE: Duty(_DISTRICT, _DISTRICT),
    ApprovalKind.ATTESTATION: Duty(_DISTRICT | {Role.TOWN_OFFICIAL}, _DISTRICT),
    ApprovalKind.PRIVILEGED_ACCOUNT: Duty(frozenset({Role.SYSTEM_ADMIN}), _DISTRICT),
}


def may_make(viewer: Viewer, kind: ApprovalKind) -> bool:
    """Whether the viewer's role may ask for this."""
    return viewer.role in DUTIES[kind].makers


def may_check(viewer: Viewer, approval: Approval) -> bool:
    """Whether a viewer of its division may decide about it: of the right role, and not its maker."""
    return viewer.user_id != approval.made_by and viewer.role in DUTIES[approval.kind].checkers
