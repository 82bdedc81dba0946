"""What a request, a decision and a use must satisfy before they are kept."""

import unicodedata

from app import clock
from app.access.scope import Viewer, may_see
from app.approvals.approval import STATE_LABELS, ApprovalState, fingerprint_of
from app.approvals.duties import DUTIES, may_make
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import Approval, ApprovalKind, Role, User
from app.subjects.free_text import without_numbers

TEXT_LENGTH_MAX = 500
TARGET_LENGTH_MAX = 255
_ADVICE = {
    ApprovalState.WAITING: ("须先由第二人批准", "a second person has to grant it first"),
    ApprovalState.GRANTED: ("无需再次审批", "it is decided already"),
    ApprovalState.REFUSED: ("如仍需要，请重新申请", "ask anew if it is still needed"),
    ApprovalState.USED: ("一次批准只能执行一次，请重新申请", "a grant holds for one use; ask anew"),
    ApprovalState.EXPIRED: ("请重新申请", "ask anew"),
}


def checked_text(text: str, *, where: str, length_max: int = TEXT_LENGTH_MAX) -> str:
    """A text without the blanks around it; it is not empty, not too long and holds no number of a person."""
    plain = text.strip()
    if not 0 < len(plain) <= length_max:
        raise Invalid(
            f"{where}: 应为 1 至 {length_max} 字，现有 {len(plain)} 字 · write 1 to {length_max} "
            f"characters, this has {len(plain)}"
        )
    return without_numbers(plain, where=where)


def refuse_maker(maker: Viewer, kind: ApprovalKind) -> None:
    """Only some roles may ask for a kind."""
    if not may_make(maker, kind):
        raise Forbidden(
            f"{maker.role.label}不能申请{kind.label} · the role {maker.role} may not ask for {kind}; "
            f"it takes {_roles(DUTIES[kind].makers)}"
        )


def refuse_checker(checker: Viewer, approval: Approval, *, maker: User, place_code: str) -> None:
    """The maker is never the checker, and the checker has the role and the division for it.

    An account of the same office whose holder has the same name is taken to be a second one of that person.
    """
    number, kind = approval.approval_id, approval.kind
    if checker.user_id == approval.made_by:
        raise Forbidden(
            f"审批 {number} 由您申请，须由另一人决定 · you asked for approval {number} yourself: "
            "another person decides about it"
        )
    if checker.organisation_id == maker.organisation_id and same_name(
        checker.display_name, maker.display_name
    ):
        raise Forbidden(
            f"审批 {number} 的申请人与您同单位同姓名，须由另一人决定；如确为两人，请先在账号姓名中加以区分 · "
            f"whoever asked for approval {number} has your name and works in your office: another person "
            "decides about it. If you are two persons, let the names of your accounts tell you apart"
        )
    if checker.role not in DUTIES[kind].checkers:
        raise Forbidden(
            f"{checker.role.label}不能审批{kind.label} · the role {checker.role} may not decide about "
            f"{kind}; it takes {_roles(DUTIES[kind].checkers)}"
        )
    if not may_see(checker, place_code):
        raise not_there(number)


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same to whoever reads them: width, case and blanks aside."""
    plain = ("".join(unicodedata.normalize("NFKC", name).casefold().split()) for name in (one, other))
    return next(plain) == next(plain)


def refuse_state(approval: Approval, state: ApprovalState, *, wanted: ApprovalState) -> None:
    """Only what waits is decided, and only what is granted is carried out."""
    if state is wanted:
        return
    number, (chinese, english) = approval.approval_id, _ADVICE[state]
    ends = approval.expires_at.astimezone(clock.CHINA)
    since = f"（期限至 {ends:%Y-%m-%d %H:%M}）" if state is ApprovalState.EXPIRED else ""
    raise Conflict(
        f"审批 {number}{STATE_LABELS[state]}{since}，{chinese} · approval {number} is {state}: {english}"
    )


def is_intact(approval: Approval) -> bool:
    """Whether what is kept is what was asked for."""
    return fingerprint_of(approval.content) == approval.fingerprint


def refuse_altered(approval: Approval) -> None:
    """What is kept is what was asked for."""
    if not is_intact(approval):
        raise Conflict(
            f"审批 {approval.approval_id} 的内容与申请时不一致，不予处理 · the content of approval "
            f"{approval.approval_id} is not what was asked for any more; refuse it and tell the auditor"
        )


def not_what_was_granted(approval: Approval) -> Conflict:
    """The refusal to carry out anything but exactly what two persons agreed on."""
    return Conflict(
        f"审批 {approval.approval_id} 批准的是{approval.kind.label}（{approval.target}），与现要执行的不同 · "
        f"approval {approval.approval_id} grants {approval.kind} of {approval.target} with just the content "
        "it shows; carry out exactly that, or ask anew"
    )


def not_there(approval_id: int) -> NotFound:
    """The refusal of an approval of another division; whether there is one is not said."""
    return NotFound(f"本辖区没有审批 {approval_id} · there is no approval {approval_id} in your division")


def _roles(roles: frozenset[Role]) -> str:
    return " or ".join(sorted(roles))
