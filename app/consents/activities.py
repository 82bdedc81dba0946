"""What is done with data of persons, and whether the operator's duty or the person's consent allows it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from app.errors import Invalid
from app.models.base import Labelled
from app.settings import ROOT
from scoring import CardError
from scoring.document import Document
from scoring.loader import read

__all__ = ["Activity", "Basis", "OperatorRole", "Processing", "basis_of", "read_activities"]

L = TypeVar("L", bound=Labelled)
_SHIPPED = ROOT / "seed_data" / "processing.yaml"


class Activity(Labelled):
    """One thing that is done with data of persons (PIPL art. 4)."""

    COLLECT_FACTS = "collect_facts", "采集公开和一般个人信息"
    COLLECT_RESTRICTED_FACTS = "collect_restricted_facts", "采集限制类信息"
    RATE = "rate", "信用评级"
    ANSWER_INQUIRY = "answer_inquiry", "银行查询"
    PUBLISH_DESIGNATION = "publish_designation", "评定结果公示"
    USE_ADVERSE_INFORMATION = "use_adverse_information", "记录和使用不良信息"
    VALIDATE_MODELS = "validate_models", "统计和模型验证"


class Basis(Labelled):
    """What allows an activity: a duty by law, a consent, or one given for it alone (PIPL art. 13, 29)."""

    STATUTORY_DUTY = "statutory_duty", "履行法定职责"
    CONSENT = "consent", "个人同意"
    SEPARATE_CONSENT = "separate_consent", "个人单独同意"


class OperatorRole(Labelled):
    """In what capacity the service is run (征信业管理条例 art. 2, 7)."""

    STATE_ORGAN = "state_organ", "国家机关"
    PBOC_LED = "pboc_led", "人民银行牵头"
    LICENSED_AGENCY = "licensed_agency", "持牌征信机构"
    CONSENT_ONLY = "consent_only", "仅凭同意"


@dataclass(frozen=True, slots=True)
class Processing:
    """One activity with its ground, its law, its recipients and its term, in Chinese and English.

    Without `retention_months` the data stay as long as the purpose lasts; else that long after its end.
    """

    activity: Activity
    label_en: str
    purpose: str
    purpose_en: str
    basis: Mapping[OperatorRole, Basis]
    law: str
    law_en: str
    recipients: str
    recipients_en: str
    retention_months: int | None
    retention_by_law: bool


def basis_of(activity: Activity, operator_basis: str) -> Basis:
    """What allows an operator in this role an activity; `Invalid` for a role that is not listed."""
    roles = {role.value: role for role in OperatorRole}
    if operator_basis not in roles:
        raise Invalid(f"operator role {operator_basis!r}: use one of {', '.join(roles)}")
    return _shipped()[activity].basis[roles[operator_basis]]


def read_activities(path: Path) -> dict[Activity, Processing]:
    """Every activity of the file, or a refusal that names the first bad entry or the missing ones."""
    try:
        document = Document(read(path), where=path.name)
        document.text("processing")
        document.day("dated")
        found: dict[Activity, Processing] = {}
        for part in document.parts("activities"):
            processing = _processing(part)
            if found.setdefault(processing.activity, processing) is not processing:
                raise part.error("name", "stands twice; remove one of the two")
        missing = [activity.value for activity in Activity if activity not in found]
        if missing:
            raise document.error("activities", f"add what is missing: {', '.join(missing)}")
        document.close()
    except CardError as error:
        raise Invalid(str(error)) from None
    return found


@cache
def _shipped() -> dict[Activity, Processing]:
    return read_activities(_SHIPPED)


def _processing(part: Document) -> Processing:
    activity = _member(part, "name", Activity)
    label, purpose, law, recipients = (part.words(key) for key in ("label", "purpose", "law", "recipients"))
    if label.zh != activity.label:
        raise part.error("label", f"{label.zh!r} must read {activity.label!r}, as everywhere else")
    grounds = part.part("basis")
    basis = {role: _member(grounds, role.value, Basis) for role in OperatorRole}
    grounds.close()
    months, by_law = _retention(part.part("retention"))
    part.close()
    return Processing(
        activity=activity,
        label_en=label.en,
        purpose=purpose.zh,
        purpose_en=purpose.en,
        basis=basis,
        law=law.zh,
        law_en=law.en,
        recipients=recipients.zh,
        recipients_en=recipients.en,
        retention_months=months,
        retention_by_law=by_law,
    )


def _retention(part: Document) -> tuple[int | None, bool]:
    """The months the data stay, and whether the law says so."""
    months = part.integer("months") if "months" in part else None
    if months is not None and months < 1:
        raise part.error("months", f"{months} is no term; write 1 or more, or leave it out")
    by_law = part.one_of("set_by", ("operator", "law")) == "law"
    if by_law and months is None:
        raise part.error("months", "is missing; a term set by law has a length")
    part.close()
    return months, by_law


def _member(part: Document, key: str, kind: type[L]) -> L:
    """One of a few words, which must be written."""
    members = {member.value: member for member in kind}
    written = part.text(key)
    if written not in members:
        raise part.error(key, f"{written!r} is none of {', '.join(members)}")
    return members[written]
