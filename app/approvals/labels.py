"""What an approval is about in words of the office, beside the target that the machine keeps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from app.access.scope import Viewer, may_see
from app.attestations import service as attestations
from app.db import Session
from app.models import Approval, ApprovalKind, AttestationKind, Place, Role, SubjectKind
from app.places.service import by_ids, spoken, spoken_name
from app.subjects.cipher import Cipher
from app.subjects.service import NamedSubject, named_subjects

# The kinds of rules, by the folders their files are kept in.
RULES = {
    "agri_entity": "新型农业经营主体评分卡",
    "appraisal": "村级评议规则",
    "coverage": "建档评级全覆盖标准",
    "credit_entity": "信用新型农业经营主体标准",
    "credit_household": "信用户标准",
    "credit_town": "信用镇标准",
    "credit_village": "信用村标准",
    "household": "农户评分卡",
    "notices": "公示规则",
    "records": "记录使用规则",
}
_EXPORTS = {"plaques": "授牌名录", "ratings": "评级清单"}
_ON_ACCOUNTS = {"open": "开立账号", "change": "变更账号", "reset": "重置账号"}
_ON_DOCUMENTS = {attestations.RECORD: "登记", attestations.WITHDRAW: "撤回"}
_DOCUMENTS = {kind.value: kind.label for kind in AttestationKind}
_ROLES = {role.value: role.label for role in Role}
_SUBJECTS = {kind.value: kind.label for kind in SubjectKind}


@dataclass(frozen=True)
class _Names:
    """The names of what some approvals are about, each asked for once for all of them."""

    viewer: Viewer
    subjects: Mapping[int, NamedSubject]
    places: Mapping[int, Place]
    # The gate a document counts for, by the number of its approval.
    gates: Mapping[int, str]

    def subject(self, subject_id: int) -> str:
        """A subject with its village; one of another division has no name here."""
        found = self.subjects.get(subject_id)
        if found is None:
            return ""
        return "已删除的主体" if found.name is None else f"{found.name}（{found.place_name}）"

    def holder(self, key: str) -> str:
        """Whoever bears a title or would: a place of the viewer's division, or a subject."""
        if key.startswith("s"):
            return self.subject(int(key[1:]))
        place = self.places.get(int(key[1:]))
        return "" if place is None or not may_see(self.viewer, place.code) else spoken_name(place)


def labels_of(
    session: Session, cipher: Cipher, approvals: Sequence[Approval], *, viewer: Viewer
) -> dict[int, str]:
    """What each approval is about, in Chinese, by its number: persons by masked names, in a few queries.

    What lies outside the viewer's division has no name; of what cannot be read the kind is said.
    """
    whole = [one for one in approvals if _KEYS[one.kind] <= one.content.keys()]
    documents = [one for one in whole if one.kind is ApprovalKind.ATTESTATION]
    gates = attestations.gates_of(session, [one.content for one in documents])
    holders = [str(one.content["holder"]) for one in documents]
    subjects = {int(key[1:]) for key in holders if key.startswith("s")}
    subjects |= {int(one.content["subject_id"]) for one in whole if one.kind in _OF_SUBJECTS}
    names = _Names(
        viewer=viewer,
        subjects=named_subjects(session, cipher, subjects, scope=viewer.place_code),
        places=by_ids(session, {int(key[1:]) for key in holders if key.startswith("p")}) if holders else {},
        gates=dict(zip((one.approval_id for one in documents), gates, strict=True)),
    )
    said = {one.approval_id: _WORDS[one.kind](one, names) for one in whole}
    return {one.approval_id: said.get(one.approval_id, one.kind.label) for one in approvals}


def _rule(approval: Approval, names: _Names) -> str:
    del names
    said = approval.content
    return f"{RULES.get(said['kind'], '规则')} {said['code']}，自 {said['effective_from']} 起"


def _override(approval: Approval, names: _Names) -> str:
    said = approval.content
    return _joined(names.subject(said["subject_id"]), f"等级由 {said['card_grade']} 调为 {said['grade']}")


def _erasure(approval: Approval, names: _Names) -> str:
    return _joined(names.subject(approval.content["subject_id"]), "全部个人信息")


def _export(approval: Approval, names: _Names) -> str:
    said = approval.content
    place = spoken(said["place_name"]) if may_see(names.viewer, said["place_code"]) else ""
    whose = _SUBJECTS.get(said.get("subjects", ""), "")
    return _joined(place, whose + _EXPORTS[said["export"]])


def _recipient(approval: Approval, names: _Names) -> str:
    del names
    return str(approval.content["name"])


def _document(approval: Approval, names: _Names) -> str:
    said = approval.content
    act = _ON_DOCUMENTS[said["action"]] + _DOCUMENTS[said["kind"]]
    return _joined(act, names.holder(said["holder"]), f"门槛“{names.gates[approval.approval_id]}”")


def _account(approval: Approval, names: _Names) -> str:
    del names
    said = approval.content
    terms = said.get("terms")
    given = [] if terms is None else [_ROLES[terms["role"]], terms["organisation_name"]]
    return _joined(f"{_ON_ACCOUNTS[said['action']]} {said['username']}", *given)


def _title(approval: Approval, names: _Names) -> str:
    del names
    return approval.kind.label


def _joined(*parts: str) -> str:
    return "，".join(part for part in parts if part)


_WORDS: Mapping[ApprovalKind, Callable[[Approval, _Names], str]] = {
    ApprovalKind.ACTIVATE_RULE: _rule,
    ApprovalKind.ATTESTATION: _document,
    ApprovalKind.BULK_EXPORT: _export,
    ApprovalKind.ERASURE: _erasure,
    ApprovalKind.NEW_RECIPIENT: _recipient,
    ApprovalKind.OVERRIDE: _override,
    ApprovalKind.PRIVILEGED_ACCOUNT: _account,
    ApprovalKind.REVOCATION: _title,
}
# What the words are made of.
_KEYS: Mapping[ApprovalKind, frozenset[str]] = {
    ApprovalKind.ACTIVATE_RULE: frozenset({"kind", "code", "effective_from"}),
    ApprovalKind.ATTESTATION: frozenset({"action", "kind", "holder", "measure"}),
    ApprovalKind.BULK_EXPORT: frozenset({"export", "place_code", "place_name"}),
    ApprovalKind.ERASURE: frozenset({"subject_id"}),
    ApprovalKind.NEW_RECIPIENT: frozenset({"name"}),
    ApprovalKind.OVERRIDE: frozenset({"subject_id", "card_grade", "grade"}),
    ApprovalKind.PRIVILEGED_ACCOUNT: frozenset({"action", "username"}),
    ApprovalKind.REVOCATION: frozenset(),
}
_OF_SUBJECTS = frozenset({ApprovalKind.OVERRIDE, ApprovalKind.ERASURE})
