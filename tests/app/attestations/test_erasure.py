"""Of whoever is erased no word of a document is left; one that waits stands in the way of it."""

import json
from datetime import date

import pytest
from sqlalchemy import select

from app.approvals.duties import TERM
from app.db import Session, transaction
from app.errors import Conflict
from app.models import Approval, Attestation, AttestationEnd, AttestationKind, ConsentKind, DesignationKind
from app.rights import service as rights
from app.rights.store import overwrite_plain, overwrite_titles
from tests.app.attestations.desk import AGREEMENT, DAY, DOCUMENT, Desk, desk, policies
from tests.app.attestations.test_service import LATER
from tests.district import morning

__all__ = ["desk", "policies"]
ATTESTATION, VETO = AttestationKind.ATTESTATION, AttestationKind.VETO


def test_of_an_erased_subject_no_word_of_a_document_is_left(desk: Desk):
    farm = desk.district.entity(on=DAY)
    desk.recorded(VETO, "rating_veto_count", subject_id=farm)
    desk.granted(desk.withdrawal_asked(1, on=LATER), on=LATER)
    desk.recorded(VETO, "village_veto_count")
    with transaction(desk.district.engine) as session:
        overwrite_plain(session, [farm], word="已删除")
    with Session(desk.district.engine) as session:
        told = session.execute(select(Attestation.reason, Attestation.document).order_by("attestation_id"))
        assert told.all() == [("已删除", "已删除"), ("经核实", DOCUMENT["document"])]
        assert session.scalars(select(AttestationEnd.reason)).all() == ["已删除"]
        asked = session.scalars(select(Approval).order_by(Approval.approval_id)).all()
        assert [one.content == {} for one in asked] == [True, True, False]


def test_the_facts_of_a_title_of_an_erased_subject_keep_no_word_of_its_documents(desk: Desk):
    farm, named = desk.district.entity(on=DAY), "王建国创建协议书"
    desk.committee.night(DAY, proposes=False)
    desk.recorded(ATTESTATION, AGREEMENT, subject_id=farm, document=named)
    desk.committee.apply(DesignationKind.CREDIT_ENTITY, subject_id=farm, on=DAY)
    with transaction(desk.district.engine) as session:
        overwrite_titles(session, [farm], word="已删除")
        overwrite_plain(session, [farm], word="已删除")
    assert named not in json.dumps(desk.district.rows(), default=str, ensure_ascii=False)


@pytest.mark.parametrize("ended", ["granted", "expired"])
def test_a_document_that_waits_for_a_second_person_stands_in_the_way_of_erasure(desk: Desk, ended):
    farm = desk.district.entity(on=DAY)
    desk.district.agrees(farm, kind=ConsentKind.RATING, agreed=False)
    approval = desk.asked(VETO, "rating_veto_count", subject_id=farm)
    with pytest.raises(Conflict, match=f"审批 {approval} 等待另一人决定"):
        erase(desk, farm, on=DAY)
    if ended == "granted":
        desk.granted(approval)
    erase(desk, farm, on=DAY if ended == "granted" else DAY + TERM)
    with Session(desk.district.engine) as session:
        assert session.get_one(Approval, approval).content == {}


def erase(desk: Desk, farm: int, *, on: date) -> None:
    with transaction(desk.district.engine) as session:
        rights.erase(
            session, desk.district.cipher, farm, ground="处理目的已实现", document="删除申请 3 号",
            needs_consent=False, approve=lambda _content, _outcome: None, by="admin", at=morning(on),
        )  # fmt: skip
