"""The requests of the matrix about notices and certificates: every division has a title with both."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from app.certificates.service import issue
from app.certificates.signing import Signer
from app.db import Session, transaction
from app.models import (
    Designation,
    DesignationAction,
    DesignationKind,
    DesignationState,
    DesignationStep,
    NoticePurpose,
    ObjectionChannel,
    Place,
    RuleVersion,
    Subject,
)
from app.models.notices import NoticeObjection
from app.notices.service import NoticeLine, post
from tests.app.access.calls import Call, Request, get
from tests.app.access.calls import post as sent
from tests.district import DAY, District, morning

_AT = morning(DAY + timedelta(days=1))
_SIGNER = Signer(b"c" * 32)


def title_of(district: District, household: int) -> dict[str, Any]:
    """A household's title with its notice, an objection to it, and its certificate: their names."""
    with transaction(district.engine) as session:
        subject = session.get_one(Subject, household)
        place = session.get_one(Place, subject.place_id)
        rules = select(RuleVersion.rule_version_id)
        kind = DesignationKind.CREDIT_HOUSEHOLD
        rule = session.scalars(rules.where(RuleVersion.kind == kind.value).limit(1)).one()
        title = Designation(
            kind=kind, rung="", holder=f"s{household}", attempt=1,
            subject_id=household, place_id=place.place_id, opened_at=_AT, opened_by="night",
        )  # fmt: skip
        session.add(title)
        session.flush()
        notice = post(
            session,
            purpose=NoticePurpose.AWARD,
            kind=title.kind,
            place=place,
            entries=[NoticeLine(title.designation_id, "王**", place.name, "拟认定为信用户")],
            begins_on=DAY + timedelta(days=1),
            days=7,
            rule_version_id=rule,
            by="poster",
            at=_AT,
        )
        step = _awarded(session, title, rule_version_id=rule)
        certificate = issue(
            session,
            _SIGNER,
            step=step,
            kind=title.kind,
            holder_name="王**",
            place_name=place.name,
            issuer_name="大兴镇人民政府",
            issued_on=DAY,
            valid_until=step.valid_until or DAY,
            profile_code="CQ-T-1",
            effective_from=date(2023, 1, 1),
            serials={},
        )
        uid = f"{household:032x}"
        text = district.cipher.seal("不对", row=f"notice_objections/{uid}/text")
        objection = NoticeObjection(
            notice_objection_uid=uid, notice_id=notice.notice_id, notice_entry_id=None,
            raised_on=DAY + timedelta(days=1), channel=ObjectionChannel.DESK, recorded_at=_AT,
            recorded_by="clerk", text_cipher=text,
        )  # fmt: skip
        session.add(objection)
        return {
            "notice": notice.number,
            "protest": uid,
            "certificate": certificate.number,
            "designation": title.designation_id,
        }


def _awarded(session: Session, title: Designation, *, rule_version_id: int) -> DesignationStep:
    made = DesignationStep(
        designation_id=title.designation_id, sequence=1, action=DesignationAction.AWARD,
        state=DesignationState.DESIGNATED, happened_on=DAY, recorded_at=_AT, user_id=None,
        rule_version_id=rule_version_id, facts={"score": 87}, fingerprint="0" * 64, reason="", document="",
        valid_until=DAY + timedelta(days=365),
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


TITLE_REQUESTS: dict[str, Request] = {
    "notices": get("/v1/notices"),
    "notice": get("/v1/notices/{notice}"),
    "notice_sheet": get("/v1/notices/{notice}/sheet"),
    "notice_objections": get("/v1/notices/{notice}/objections"),
    "record_notice_objection": sent(
        "/v1/notices/{notice}/objections", text="他家不在本村。", channel="desk", line_number=1
    ),
    "answer_notice_objection": sent(
        "/v1/notices/{notice}/objections/{protest}/answer",
        upheld=False,
        found="经核对户口簿，在本村。",
        document="户口簿",
    ),
    "designations": get("/v1/designations?place={code}"),
    "designation": get("/v1/designations/{designation}"),
    "designation_work_list": get("/v1/designations/work-list"),
    "propose_designation": lambda world, code: Call(
        "POST",
        "/v1/designations",
        json={"kind": "credit_household", "subject_id": world.households[code]},
    ),
    "propose_designations": lambda world, code: Call(
        "POST", "/v1/designations/proposals", json={"kind": "credit_household", "place_code": code}
    ),
    "take_designation_step": lambda world, code: Call(
        "POST",
        f"/v1/designations/{world.titles[code]['designation']}/steps",
        json={"action": "award"},
        headers={"If-Match": '"another"'},
    ),
    "take_designation_steps": lambda world, code: Call(
        "POST",
        "/v1/designations/steps",
        json={
            "action": "award",
            "titles": [{"designation_id": world.titles[code]["designation"], "sequence": 9}],
        },
    ),
    "certificates": get("/v1/certificates?place={code}"),
    "certificate_sheet": get("/v1/certificates/{certificate}/sheet"),
}
TITLES_WITHOUT_SCOPE = {"notices", "designation_work_list"}
