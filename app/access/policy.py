"""Who may do what: the one place that decides. An operation without a row here is refused to everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.access.scope import Viewer, may_see
from app.errors import AccountNotReady, Forbidden
from app.models import Role

__all__ = [
    "GIVES", "PERMISSIONS", "PUBLIC", "TAKES_TWO", "Permission", "Reach", "may", "may_manage", "may_see",
    "refuse_unless_permitted",
]  # fmt: skip


class Reach(StrEnum):
    """Whose data an operation shows or changes."""

    ACCOUNT = "account"  # the viewer's own account, or rules that are about nobody
    DIVISION = "division"  # the viewer's division and what lies in it
    ORGANISATION = "organisation"  # the viewer's organisation and its branches


@dataclass(frozen=True, slots=True)
class Permission:
    """One row of the matrix: these roles, with this reach.

    `for_recipients`: only for an organisation that two persons have admitted as a recipient of ratings.
    `before_ready`: also for an account that has yet to change its password or to enrol a second factor.
    """

    roles: frozenset[Role]
    reach: Reach
    for_recipients: bool = False
    before_ready: bool = False


def _for(*roles: Role, reach: Reach, for_recipients: bool = False, before_ready: bool = False) -> Permission:
    return Permission(frozenset(roles), reach, for_recipients=for_recipients, before_ready=before_ready)


_EVERYBODY = _for(*Role, reach=Reach.ACCOUNT, before_ready=True)
# How villages stand, without anything about a person.
_PLACES = _for(
    Role.LOAN_OFFICER, Role.TOWN_OFFICIAL, Role.COLLECTOR, Role.DISTRICT_ADMIN, reach=Reach.DIVISION
)
_RULES = _for(
    Role.LOAN_OFFICER,
    Role.BANK_ADMIN,
    Role.TOWN_OFFICIAL,
    Role.COLLECTOR,
    Role.APPRAISER,
    Role.DISTRICT_ADMIN,
    reach=Reach.ACCOUNT,
)
# Persons, in the course of duty (征信业管理条例 art. 22: on record); a bank asks by an inquiry instead.
_OFFICIALS = _for(Role.TOWN_OFFICIAL, Role.DISTRICT_ADMIN, reach=Reach.DIVISION)
# Of what takes two persons each sees the kinds he may ask for or decide about (app/approvals/duties.py).
_APPROVALS = _for(Role.TOWN_OFFICIAL, Role.DISTRICT_ADMIN, Role.SYSTEM_ADMIN, reach=Reach.DIVISION)
# Accounts, without any credit data (JR/T 0115: who manages accounts does not read what they open).
_ACCOUNTS = _for(Role.BANK_ADMIN, Role.SYSTEM_ADMIN, reach=Reach.ORGANISATION)
_INQUIRIES = _for(Role.LOAN_OFFICER, reach=Reach.DIVISION, for_recipients=True)

# Whoever audits reads who asked and what looks abnormal, and nothing of what was told (JR/T 0115).
_AUDIT = _for(Role.AUDITOR, reach=Reach.DIVISION)

# A round of appraisal: an appraiser finds the own ones in it, and of them the own sheet only.
_ROUNDS = _for(Role.TOWN_OFFICIAL, Role.DISTRICT_ADMIN, Role.APPRAISER, reach=Reach.DIVISION)
# Titles: a village's collector checks what its committee said, the profile says who decides.
_TITLES = _for(Role.COLLECTOR, Role.TOWN_OFFICIAL, Role.DISTRICT_ADMIN, reach=Reach.DIVISION)
_OWN_SHEET = _for(Role.APPRAISER, reach=Reach.DIVISION)

# What nobody has to sign in for.
PUBLIC = frozenset(
    {
        "docs", "healthz", "login", "login_by_provider", "login_code", "login_code_form", "login_form",
        "logout", "provider_answer", "readyz", "revoke_token", "token",
        # Notices (masked names, and only for some weeks) and the check of a certificate somebody holds.
        "certificate_form", "certificate_page", "notice_page", "notices_page", "object_to_notice",
        "objection_form", "objection_send", "public_certificate", "public_notice", "public_notice_sheet",
        "public_notices",
    }
)  # fmt: skip

PERMISSIONS: Mapping[str, Permission] = {
    "me": _EVERYBODY,
    "change_password": _EVERYBODY,
    "begin_second_factor": _EVERYBODY,
    "confirm_second_factor": _EVERYBODY,
    "own_sessions": _EVERYBODY,
    "end_own_sessions": _EVERYBODY,
    "account_page": _EVERYBODY,
    "sessions_page": _EVERYBODY,
    "token_page": _EVERYBODY,
    "token_page_issue": _EVERYBODY,
    "sessions_page_end": _EVERYBODY,
    "password_page": _EVERYBODY,
    "password_page_change": _EVERYBODY,
    "second_factor_page": _EVERYBODY,
    "second_factor_page_begin": _EVERYBODY,
    "second_factor_page_confirm": _EVERYBODY,
    "users": _ACCOUNTS,
    "user": _ACCOUNTS,
    "create_user": _ACCOUNTS,
    "change_user": _ACCOUNTS,
    "sign_out_user": _ACCOUNTS,
    "reset_password": _ACCOUNTS,
    "reset_second_factor": _ACCOUNTS,
    "create_client": _ACCOUNTS,
    "revoke_client": _ACCOUNTS,
    "organisations": _ACCOUNTS,
    "create_organisation": _for(Role.SYSTEM_ADMIN, reach=Reach.ORGANISATION),
    "cards": _RULES,
    "card": _RULES,
    "coverage": _PLACES,
    "villages": _PLACES,
    "village": _PLACES,
    "town": _PLACES,
    "village_way_to_title": _PLACES,
    "town_way_to_title": _PLACES,
    "village_trend": _PLACES,
    "town_trend": _PLACES,
    "criteria_what_if": _for(Role.DISTRICT_ADMIN, reach=Reach.DIVISION),
    "first_page": _PLACES,
    "town_page": _PLACES,
    "village_page": _PLACES,
    "inquiries": _INQUIRIES,
    "inquiry_batches": _INQUIRIES,
    "rating": _OFFICIALS,
    "history": _OFFICIALS,
    "rating_page": _OFFICIALS,
    "raise_objection": _OFFICIALS,
    "objections": _OFFICIALS,
    "answer": _OFFICIALS,
    "withdrawal": _OFFICIALS,
    "letter": _OFFICIALS,
    "find_subject": _OFFICIALS,
    "give_report": _OFFICIALS,
    "give_copy": _OFFICIALS,
    "asked_about": _OFFICIALS,
    "explanation": _OFFICIALS,
    "subject_consents": _OFFICIALS,
    "withdraw_consent": _OFFICIALS,
    "request_review": _OFFICIALS,
    "reviews": _OFFICIALS,
    "answer_review": _OFFICIALS,
    "ask_approval": _APPROVALS,
    "approvals": _APPROVALS,
    "approval": _APPROVALS,
    "carry_out_account": _for(Role.SYSTEM_ADMIN, reach=Reach.DIVISION),
    "decide_approval": _for(Role.DISTRICT_ADMIN, reach=Reach.DIVISION),
    "export": _OFFICIALS,
    "appraisal_rounds": _ROUNDS,
    "appraisal_round": _ROUNDS,
    "open_round": _OFFICIALS,
    "invite_appraiser": _OFFICIALS,
    "own_sheet": _OWN_SHEET,
    "save_sheet": _OWN_SHEET,
    "submit_sheet": _OWN_SHEET,
    "print_form": _OFFICIALS,
    "import_sheet": _OFFICIALS,
    "close_round": _OFFICIALS,
    "round_result": _OFFICIALS,
    "attestations": _OFFICIALS,
    "ask_attestation": _OFFICIALS,
    "ask_attestation_withdrawal": _OFFICIALS,
    "overrides": _OFFICIALS,
    "override_report": _for(Role.TOWN_OFFICIAL, Role.DISTRICT_ADMIN, Role.AUDITOR, reach=Reach.DIVISION),
    "end_override": _OFFICIALS,
    "designations": _TITLES,
    "designation": _TITLES,
    "designation_work_list": _TITLES,
    "propose_designation": _TITLES,
    "propose_designations": _TITLES,
    "take_designation_step": _TITLES,
    "take_designation_steps": _TITLES,
    "notices": _OFFICIALS,
    "notice": _OFFICIALS,
    "notice_sheet": _OFFICIALS,
    "notice_objections": _OFFICIALS,
    "record_notice_objection": _OFFICIALS,
    "answer_notice_objection": _OFFICIALS,
    "certificates": _OFFICIALS,
    "certificate_sheet": _OFFICIALS,
    "inquiry_alerts": _AUDIT,
    "note_inquiry_alert": _AUDIT,
    "inquiry_log": _AUDIT,
}

# Which roles an administrator gives and takes; the accounts of other roles are not his to change.
GIVES: Mapping[Role, frozenset[Role]] = {
    Role.SYSTEM_ADMIN: frozenset(Role),
    Role.BANK_ADMIN: frozenset({Role.LOAN_OFFICER}),
}
# Whoever holds one of these decides for the whole district, reads its logs or gives accounts: two persons
# give it, and widen or reset an account that has it.
TAKES_TWO = frozenset({Role.BANK_ADMIN, Role.DISTRICT_ADMIN, Role.AUDITOR, Role.SYSTEM_ADMIN})


def refuse_unless_permitted(viewer: Viewer, operation: str) -> None:
    """Let the viewer do an operation, or say with `Forbidden` why not."""
    permission = PERMISSIONS.get(operation)
    if permission is None or viewer.role not in permission.roles:
        allowed = "nobody" if permission is None else " or ".join(sorted(permission.roles))
        raise Forbidden(f"the role {viewer.role} ({viewer.role.label}) may not do this; it takes {allowed}")
    if not viewer.ready and not permission.before_ready:
        raise AccountNotReady(
            "this account is not ready: change the password you were given and enrol the second factor. "
            "账号尚未启用：请先修改初始密码并绑定动态口令。"
        )
    if permission.for_recipients and not viewer.admitted:
        raise Forbidden(
            "your organisation is not admitted as a recipient of ratings; two persons of the district "
            "admit it. "
            "贵机构尚未经双人审批成为信用信息接收方。"
        )


def may(viewer: Viewer, operation: str) -> bool:
    """Whether the viewer's role has an operation at all: what a page offers."""
    permission = PERMISSIONS.get(operation)
    return permission is not None and viewer.role in permission.roles


def may_manage(viewer: Viewer, organisation_id: int, *, parent_id: int | None) -> bool:
    """Whether this organisation is the viewer's own or a branch of it."""
    return viewer.organisation_id in (organisation_id, parent_id)
