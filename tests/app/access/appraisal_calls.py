"""The requests of the matrix about rounds of appraisal and about overrides."""

import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from app.appraisals.appraisal import Mark
from app.appraisals.marks import as_text
from app.db import Session, transaction
from app.models import (
    AppraisalDraft,
    AppraisalHousehold,
    AppraisalRound,
    AppraisalStanding,
    Appraiser,
    Approval,
    ApprovalKind,
    Attestation,
    AttestationKind,
    Override,
    Place,
    RuleVersion,
)
from tests.app.access.calls import Call, Request, get
from tests.district import DAY, morning

NOW = morning(DAY + timedelta(days=1))
TODAY = NOW.date()
_CODES = itertools.count(1)


def _version_id(session: Session) -> int:
    found = select(RuleVersion.rule_version_id).where(RuleVersion.kind == "appraisal")
    return session.scalars(found).one()


def _round(world: Any, code: str) -> int:
    """An open round of a village, with whoever asks as its appraiser, and a sheet that is filled in."""
    asking, household, cipher = world.users[world.asking], world.households[code], world.district.cipher
    with transaction(world.district.engine) as session:
        place_id = session.scalars(select(Place.place_id).where(Place.code == code)).one()
        last = select(func.max(AppraisalRound.number)).where(AppraisalRound.place_id == place_id)
        made = AppraisalRound(
            place_id=place_id, number=(session.scalar(last) or 0) + 1, rule_version_id=_version_id(session),
            opens_on=DAY, closes_on=DAY + timedelta(days=20), opened_at=NOW, opened_by=asking.user_id,
        )  # fmt: skip
        session.add(made)
        session.flush()
        session.add(
            AppraisalHousehold(
                appraisal_round_id=made.appraisal_round_id, subject_id=household, line_number=1,
                standing=AppraisalStanding.APPRAISABLE,
            )
        )  # fmt: skip
        form_code = f"PY-{next(_CODES):010X}"
        appraiser = Appraiser(
            appraisal_round_id=made.appraisal_round_id, number=1, user_id=asking.user_id, form_code=form_code,
            name_cipher=cipher.seal("评议员", row=f"appraisers/{form_code}/name"), invited_at=NOW,
            invited_by=asking.user_id,
        )  # fmt: skip
        session.add(appraiser)
        session.flush()
        row = f"appraisal_drafts/{appraiser.appraiser_id}/1"
        text = as_text([Mark(line=1, knows=False)])
        session.add(
            AppraisalDraft(
                appraiser_id=appraiser.appraiser_id, revision=1, saved_at=NOW,
                content_cipher=cipher.seal(text, row=row),
            )
        )  # fmt: skip
        return made.appraisal_round_id


def _of_round(method: str, path: str, **more: Any) -> Request:
    def call(world: Any, code: str) -> Call:
        return Call(method, path.format(round=_round(world, code)), headers={"If-Match": "*"}, **more)

    return call


def _opening(world: Any, code: str) -> Call:
    days = {"opens_on": f"{TODAY}", "closes_on": f"{TODAY + timedelta(days=9)}"}
    return Call("POST", "/v1/appraisal-rounds", json={"place_code": code, **days})


def _ending(world: Any, code: str) -> Call:
    """The end of an override of the household of a division."""
    asking = world.users[world.asking]
    with transaction(world.district.engine) as session:
        place_id = session.scalars(select(Place.place_id).where(Place.code == code)).one()
        approval = Approval(
            kind=ApprovalKind.OVERRIDE, target="override/1", content={}, fingerprint="f" * 64, reason="测试",
            place_id=place_id, made_by=asking.user_id, made_at=NOW, expires_at=NOW + timedelta(days=14),
        )  # fmt: skip
        session.add(approval)
        session.flush()
        made = Override(
            subject_id=world.households[code], place_id=place_id, rating_id=max(world.ratings.values()),
            rule_version_id=_version_id(session), approval_id=approval.approval_id, card_grade="AAA",
            grade="AA", reason_code="O01", reason="测试", document="证明", effective_from=TODAY,
            effective_to=TODAY + timedelta(days=30), organisation_id=asking.organisation_id,
            asked_by=asking.user_id, granted_by=asking.user_id, granted_at=NOW,
        )  # fmt: skip
        session.add(made)
        session.flush()
        number = made.override_id
    return Call("POST", f"/v1/overrides/{number}/end", json={"reason": "情况已变"})


def _document(world: Any, code: str) -> Call:
    """A veto on the household of a division."""
    order = {
        "kind": "veto", "measure": "rating_veto_count", "document": "法院文书", "document_sha256": "0" * 64,
        "decided_on": f"{TODAY}", "valid_until": f"{TODAY + timedelta(days=30)}", "reason": "测试",
        "subject_id": world.households[code],
    }  # fmt: skip
    return Call("POST", "/v1/attestations", json=order)


def _withdrawing(world: Any, code: str) -> Call:
    """The withdrawal of a veto on the household of a division."""
    asking = world.users[world.asking]
    with transaction(world.district.engine) as session:
        place_id = session.scalars(select(Place.place_id).where(Place.code == code)).one()
        approval = Approval(
            kind=ApprovalKind.ATTESTATION, target="attestation/1", content={}, fingerprint="f" * 64,
            reason="测试", place_id=place_id, made_by=asking.user_id, made_at=NOW,
            expires_at=NOW + timedelta(days=14),
        )  # fmt: skip
        session.add(approval)
        session.flush()
        profile = select(RuleVersion.rule_version_id).where(RuleVersion.kind == "credit_household").limit(1)
        made = Attestation(
            kind=AttestationKind.VETO, holder=f"s{world.households[code]}", subject_id=world.households[code],
            place_id=place_id, measure="rating_veto_count", rule_version_id=session.scalars(profile).one(),
            approval_id=approval.approval_id, reason="测试", document="法院文书", document_sha256="0" * 64,
            decided_on=TODAY, effective_from=TODAY, valid_until=TODAY + timedelta(days=30),
            organisation_id=asking.organisation_id, asked_by=asking.user_id, granted_by=asking.user_id,
            granted_at=NOW,
        )  # fmt: skip
        session.add(made)
        session.flush()
        number = made.attestation_id
    return Call("POST", f"/v1/attestations/{number}/withdrawal", json={"reason": "情况已变"})


_ROUND = "/v1/appraisal-rounds/{round}"
APPRAISAL_REQUESTS: Mapping[str, Request] = {
    "appraisal_rounds": get("/v1/appraisal-rounds"),
    "open_round": _opening,
    "appraisal_round": _of_round("GET", _ROUND),
    "invite_appraiser": _of_round("POST", f"{_ROUND}/appraisers", json={"name": "张三"}),
    "own_sheet": _of_round("GET", f"{_ROUND}/sheet"),
    "save_sheet": _of_round("PUT", f"{_ROUND}/sheet", json={"marks": []}),
    "submit_sheet": _of_round("POST", f"{_ROUND}/sheet/submission"),
    "print_form": _of_round("GET", f"{_ROUND}/appraisers/1/form"),
    "import_sheet": _of_round("POST", f"{_ROUND}/appraisers/1/sheet", data={"workbook": "x"}),
    "close_round": _of_round("POST", f"{_ROUND}/closing", json={"reason": "试办"}),
    "round_result": _of_round("GET", f"{_ROUND}/result"),
    "attestations": get("/v1/attestations?place={code}"),
    "ask_attestation": _document,
    "ask_attestation_withdrawal": _withdrawing,
    "overrides": get("/v1/overrides"),
    "override_report": get("/v1/overrides/report"),
    "end_override": _ending,
}
APPRAISALS_WITHOUT_SCOPE = frozenset({"appraisal_rounds", "overrides", "override_report"})
