"""What waits for a second person, in words an official understands, and without anybody's whole name."""

from typing import Any

import pytest
from sqlalchemy import event, update

from app.access.terms import Terms
from app.approvals import privileged, proposals, service
from app.approvals.labels import RULES, labels_of
from app.approvals.proposals import Proposal
from app.db import Session, transaction
from app.models import Approval, ApprovalKind, AttestationKind, EntityType, Erasure, Role, SubjectKind
from tests.app.approvals.people import AT, People, people
from tests.app.attestations.desk import AGREEMENT, Desk, desk, policies
from tests.district import (
    DAY,
    POLICIES,
    TOWN,
    VILLAGE,
    VILLAGE_OF_OTHER_TOWN,
    District,
    district,
    morning,
)

__all__ = ["desk", "district", "people", "policies"]

SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
VETO = "village_veto_count"


def kept(people: People, proposal: Proposal, *, by: str = "maker") -> int:
    """What was proposed, asked for by a user; its number."""
    return people.asked(kind=proposal.kind, target=proposal.target, content=proposal.content, by=by)


def said(district: District, viewer: Any) -> list[str]:
    """What every approval is about, as a viewer reads it, the oldest first."""
    with Session(district.engine) as session:
        found = session.query(Approval).order_by(Approval.approval_id).all()
        return list(labels_of(session, district.cipher, found, viewer=viewer).values())


def override_of(subject_id: int) -> Proposal:
    content = {"subject_id": subject_id, "card_grade": "A", "grade": "AA", "reason_code": "O01"}
    return Proposal(ApprovalKind.OVERRIDE, f"override/{subject_id}", content)


def test_every_kind_says_what_it_is_about(people: People) -> None:
    household = people.district.household(name="王建国")
    maker, system = people.viewers["maker"], people.viewers["system"]
    with transaction(people.district.engine) as session:
        asked = [
            Proposal(
                ApprovalKind.ACTIVATE_RULE,
                "rule/cq-bishan-2023-village/2026-11-01",
                {"kind": "credit_village", "code": "cq-bishan-2023-village", "effective_from": "2026-11-01"},
            ),
            override_of(household),
            proposals.bulk_export(
                session, TOWN, subjects=SubjectKind.AGRI_ENTITY, form="csv", maker=maker, on=DAY
            ),
            proposals.plaque_export(session, VILLAGE, form="csv", maker=maker, on=DAY),
            proposals.new_recipient(session, people.bank_id, document="协议", maker=maker),
            proposals.erasure(session, household, ground="销户", document="申请", maker=maker),
        ]
        terms = Terms(
            display_name="赵国强",
            role=Role.BANK_ADMIN,
            organisation_id=people.bank_id,
            place_id=maker.place_id,
        )
        account = privileged.opening(session, terms, username="bank.admin", maker=system)
    for one in asked:
        kept(people, one)
    kept(people, account, by="system")
    people.asked(kind=ApprovalKind.REVOCATION)
    assert said(people.district, people.viewers["checker"]) == [
        "信用村标准 cq-bishan-2023-village，自 2026-11-01 起",
        "王**（长隆村），等级由 A 调为 AA",
        "大兴镇，新型农业经营主体评级清单",
        "长隆村，授牌名录",
        "演示银行",
        "王**（长隆村），全部个人信息",
        "开立账号 bank.admin，银行管理员，演示银行",
        "撤销称号",
    ]


def test_a_document_is_told_by_what_the_profile_calls_it_and_by_whom_it_is_about(desk: Desk) -> None:
    farm = desk.district.entity(name="演示家庭农场")
    desk.recorded(AttestationKind.VETO, VETO)
    desk.asked(AttestationKind.ATTESTATION, AGREEMENT)
    desk.asked(AttestationKind.ATTESTATION, AGREEMENT, subject_id=farm)
    desk.withdrawal_asked(1)
    assert said(desk.district, desk.committee.viewers["clerk"]) == [
        "登记一票否决，长隆村，门槛“无一票否决事项”",
        "登记证明，长隆村，门槛“已签协议”",
        "登记证明，演示家庭农场（长隆村），门槛“已签协议”",
        "撤回一票否决，长隆村，门槛“无一票否决事项”",
    ]


@SQLITE_ONLY
@pytest.mark.parametrize(
    ("kind", "name", "representative", "shown"),
    [
        (EntityType.FAMILY_FARM, "张桂芳家庭农场", "张桂芳", "张**家庭农场"),
        (EntityType.LARGE_GROWER, "李大山", "赵法人", "李**"),
        (EntityType.COOPERATIVE, "演示合作社", "张桂芳", "演示合作社"),
    ],
)
def test_the_name_of_a_person_is_never_whole_also_in_the_name_of_an_entity(
    people: People, kind: EntityType, name: str, representative: str, shown: str
) -> None:
    entity = people.district.entity(kind=kind, name=name, representative=representative)
    kept(people, override_of(entity))
    [label] = said(people.district, people.viewers["checker"])
    assert label.startswith(f"{shown}（")


@SQLITE_ONLY
def test_what_lies_outside_the_division_of_whoever_reads_has_no_name(desk: Desk) -> None:
    outside = desk.district.household(name="李四", code=VILLAGE_OF_OTHER_TOWN)
    desk.asked(AttestationKind.ATTESTATION, AGREEMENT)
    desk.asked(AttestationKind.ATTESTATION, AGREEMENT, subject_id=desk.district.entity(name="演示农场"))
    admin = desk.committee.viewers["admin"]
    with transaction(desk.district.engine) as session:
        whose = SubjectKind.HOUSEHOLD
        export = proposals.bulk_export(session, VILLAGE, subjects=whose, form="csv", maker=admin, on=DAY)
        for one in (export, override_of(outside)):
            service.request(
                session, kind=one.kind, target=one.target, content=one.content, reason="年审", maker=admin,
                at=morning(DAY),
            )  # fmt: skip
    elsewhere = said(desk.district, desk.committee.viewers["stranger"])
    assert elsewhere == ["登记证明，门槛“已签协议”", "登记证明，门槛“已签协议”", "农户评级清单", elsewhere[3]]
    assert elsewhere[3].startswith("李*（")
    inside = said(desk.district, desk.committee.viewers["clerk"])
    assert inside[2:] == ["长隆村，农户评级清单", "等级由 A 调为 AA"]


@SQLITE_ONLY
def test_of_a_subject_that_was_erased_no_name_is_made_up(people: People) -> None:
    household = people.district.household()
    kept(people, override_of(household))
    with transaction(people.district.engine) as session:
        session.add(
            Erasure(
                subject_id=household,
                ground="销户",
                document="申请",
                counts={},
                erased_at=AT,
                erased_by="maker",
            )
        )
    assert said(people.district, people.viewers["checker"]) == ["已删除的主体，等级由 A 调为 AA"]


@SQLITE_ONLY
def test_of_a_content_that_cannot_be_read_the_kind_is_said(people: People) -> None:
    for kind in ApprovalKind:
        people.asked(kind=kind, content={"note": 1}, by=people.maker_of(kind))
    assert said(people.district, people.viewers["checker"]) == [kind.label for kind in ApprovalKind]


@SQLITE_ONLY
def test_a_measure_of_a_profile_that_is_gone_is_named_as_it_is_kept(desk: Desk) -> None:
    desk.asked(AttestationKind.ATTESTATION, AGREEMENT)
    with transaction(desk.district.engine) as session:
        asked = session.query(Approval).one()
        session.execute(update(Approval).values(content={**asked.content, "rule_version_id": 2**31 - 1}))
    assert said(desk.district, desk.committee.viewers["clerk"]) == [f"登记证明，长隆村，门槛“{AGREEMENT}”"]


@SQLITE_ONLY
def test_a_long_list_takes_no_more_queries_than_a_short_one(desk: Desk) -> None:
    counted = []
    for _ in range(2):
        desk.asked(AttestationKind.VETO, VETO)
        desk.asked(AttestationKind.ATTESTATION, AGREEMENT, subject_id=desk.district.entity())
        counted.append(queries_of_list(desk))
        for _ in range(5):
            desk.asked(AttestationKind.ATTESTATION, AGREEMENT, subject_id=desk.district.entity())
    assert counted[0] == counted[1]


def queries_of_list(desk: Desk) -> int:
    """How many queries the work list takes with its words."""
    viewer, counted = desk.committee.viewers["admin"], []
    with Session(desk.district.engine) as session:
        event.listen(session.get_bind(), "before_cursor_execute", lambda *_: counted.append(1))
        found = service.work_list(session, viewer=viewer, at=morning(DAY), limit=500)
        labels_of(session, desk.district.cipher, [one.approval for one in found], viewer=viewer)
    return len(counted)


def test_every_kind_of_rules_has_a_name() -> None:
    assert {folder.name for folder in (POLICIES / "cq_bishan").iterdir() if folder.is_dir()} == set(RULES)
