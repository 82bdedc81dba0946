"""Documents for and against titles: two persons, a date and an expiry, and the gates they answer for."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, update

from app.attestations.attestation import AttestationState
from app.attestations.service import Until, counts, in_force, listed
from app.db import Session, transaction
from app.designations.found import Block, Holder
from app.designations.service.facts import found_of
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import (
    AdverseRecord,
    AttestationKind,
    DesignationKind,
    GateState,
    Record,
    RuleVersion,
    Subject,
    UnratedReason,
)
from app.models import DesignationAction as Action
from app.ratings.service import latest_run
from app.rights.service.held import held
from app.web import gates
from tests.app.attestations.desk import AGREEMENT, DAY, DOCUMENT, SHA, UNTIL, Desk, desk, policies
from tests.app.designations.committee import NOTICE_DAYS
from tests.at_once import refusal_of_second
from tests.district import OTHER_VILLAGE, TOWN, VILLAGE
from tests.numbers import resident

__all__ = ["desk", "policies"]
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ATTESTATION, VETO = AttestationKind.ATTESTATION, AttestationKind.VETO
LATER = DAY + timedelta(days=1)
HOLDS, FAILS, INSUFFICIENT = GateState.HOLDS, GateState.FAILS, GateState.INSUFFICIENT


@sqlite
def test_a_gate_without_its_document_says_which_one_is_missing(desk: Desk):
    gate = desk.gate("agreement")
    assert (gate.state, gate.value, gate.documents) == (FAILS, 0, ())
    assert gate.missing_document is not None
    assert gate.missing_document.zh == "创建协议"
    assert gates.missing_words(gate) == "缺少有效的证明文件：创建协议"


def test_a_document_counts_once_a_second_person_agrees_and_is_shown(desk: Desk):
    approval = desk.asked(ATTESTATION, AGREEMENT)
    assert desk.gate("agreement").state is FAILS
    with pytest.raises(Forbidden):
        desk.granted(approval, by="clerk")
    desk.granted(approval, on=LATER)
    gate = desk.gate("agreement", on=LATER)
    assert (gate.state, gate.value, gate.missing_document) == (HOLDS, 1, None)
    (shown,) = gate.documents
    assert (shown.document, shown.document_sha256, shown.office) == (
        DOCUMENT["document"],
        SHA,
        "大兴镇人民政府",
    )
    assert (shown.decided_on, shown.valid_until) == (DAY, UNTIL)
    assert (shown.asked_by, shown.granted_by) == ("clerk", "admin")
    assert gates.document_words(gate, named=True) == [
        "大兴信办〔2026〕3号（大兴镇人民政府，2026-11-02，有效至 2026-11-21）"
    ]


@sqlite
def test_a_document_that_has_expired_no_longer_counts(desk: Desk):
    desk.recorded(ATTESTATION, AGREEMENT)
    assert desk.gate("agreement", on=UNTIL - timedelta(days=1)).state is HOLDS
    gate = desk.gate("agreement", on=UNTIL)
    assert (gate.state, gate.documents) == (FAILS, ())


@pytest.mark.parametrize(
    ("delivered", "recorded", "state"),
    [(0, False, HOLDS), (1, False, FAILS), (0, True, FAILS), (1, True, FAILS), (None, True, FAILS),
     (None, False, INSUFFICIENT)],
)  # fmt: skip
@sqlite
def test_a_veto_holds_if_the_delivered_fact_or_a_document_says_so(desk: Desk, delivered, recorded, state):
    facts = {"registered_household_count": 2} | ({} if delivered is None else {"village_veto": delivered})
    desk.district.village(facts, code=OTHER_VILLAGE, on=DAY)
    if recorded:
        desk.recorded(VETO, "village_veto_count", place_code=OTHER_VILLAGE)
    assert desk.gate("village_veto_count", code=OTHER_VILLAGE).state is state


def test_a_status_shows_the_documents_its_night_counted_and_no_later_ones(desk: Desk):
    desk.recorded(ATTESTATION, AGREEMENT)
    assert len(desk.gate("agreement").documents) == 1
    desk.granted(desk.withdrawal_asked(1))
    desk.recorded(VETO, "village_veto_count")
    found = {gate.name: gate for gate in desk.gates()}
    assert (found["agreement"].state, len(found["agreement"].documents)) == (HOLDS, 1)
    assert (found["village_veto_count"].state, found["village_veto_count"].documents) == (HOLDS, ())


def test_two_persons_withdraw_a_veto_before_its_time(desk: Desk):
    desk.recorded(VETO, "village_veto_count")
    assert desk.gate("village_veto_count").state is FAILS
    approval = desk.withdrawal_asked(1, on=LATER)
    assert desk.gate("village_veto_count", on=LATER).state is FAILS
    desk.granted(approval, on=LATER)
    after = LATER + timedelta(days=1)
    assert desk.gate("village_veto_count", on=after).state is HOLDS
    with pytest.raises(Conflict, match="is withdrawn already"):
        desk.withdrawal_asked(1, on=after)


def test_a_title_is_given_on_the_document_and_keeps_it_with_its_facts(desk: Desk):
    farm = desk.district.entity(on=DAY)
    desk.committee.night(DAY, proposes=False)
    assert blocks(desk, farm) == (Block.DOCUMENT_MISSING,)
    desk.recorded(ATTESTATION, AGREEMENT, subject_id=farm)
    assert blocks(desk, farm) == ()
    number = desk.committee.apply(DesignationKind.CREDIT_ENTITY, subject_id=farm, on=DAY)
    facts = desk.committee.standing(number).last.facts
    assert facts["gates"]["agreement"] == "holds"
    assert facts["documents"] == [
        {
            "attestation_id": 1, "kind": "attestation", "measure": AGREEMENT, "document_sha256": SHA,
            "decided_on": f"{DAY}", "valid_until": f"{UNTIL}",
        }
    ]  # fmt: skip
    desk.recorded(VETO, "rating_veto_count", subject_id=farm)
    assert blocks(desk, farm) == (Block.VETO,)


@sqlite
def test_a_subject_with_a_recorded_veto_is_put_on_probation_after_two_month_ends(desk: Desk, monkeypatch):
    december = DAY.replace(month=12, day=31)
    monkeypatch.setattr("app.clock.today", lambda: december)
    farm = desk.district.entity(on=DAY)
    desk.committee.night(DAY, proposes=False)
    desk.recorded(ATTESTATION, AGREEMENT, subject_id=farm, valid_until=DAY + timedelta(days=900))
    desk.committee.night(LATER)
    number = desk.committee.numbers(DesignationKind.CREDIT_ENTITY)[0]
    awarded = desk.committee.designated(number, on=LATER)
    desk.recorded(
        VETO, "rating_veto_count", subject_id=farm, on=awarded, valid_until=december.replace(year=2027)
    )
    for day in (DAY.replace(day=30), december):
        desk.committee.night(day)
    assert desk.committee.state(number) == "on_probation"


@pytest.mark.parametrize(("vetoed", "state"), [(True, "on_probation"), (False, "designated")])
def test_a_recorded_veto_counts_at_month_ends_though_facts_are_wanting(
    desk: Desk, monkeypatch, vetoed, state
):
    december = DAY.replace(month=12, day=31)
    monkeypatch.setattr("app.clock.today", lambda: december)
    farm = desk.district.entity(on=DAY)
    desk.committee.night(DAY, proposes=False)
    desk.recorded(ATTESTATION, AGREEMENT, subject_id=farm, valid_until=DAY + timedelta(days=900))
    desk.committee.night(LATER)
    number = desk.committee.numbers(DesignationKind.CREDIT_ENTITY)[0]
    awarded = desk.committee.designated(number, on=LATER)
    if vetoed:
        until = december.replace(year=2027)
        desk.recorded(VETO, "rating_veto_count", subject_id=farm, on=awarded, valid_until=until)
    with transaction(desk.district.engine) as session:
        # Nothing the card asks for is known of it any more.
        session.execute(delete(AdverseRecord).where(AdverseRecord.subject_id == farm))
        session.execute(delete(Record).where(Record.subject_id == farm))
    for day in (DAY.replace(day=30), december):
        desk.committee.night(day)
        assert desk.rating(farm).unrated_reason is UnratedReason.REQUIRED_MISSING
    assert desk.committee.state(number) == state


def blocks(desk: Desk, farm: int) -> tuple[Block, ...]:
    with Session(desk.district.engine) as session:
        rules = desk.committee.rules(DesignationKind.CREDIT_ENTITY, on=DAY)
        holder = Holder(desk.committee.place_of(session, farm), farm)
        return found_of(session, [holder], rules=rules, on=DAY)[holder.key].blocks


def test_a_village_is_not_awarded_on_a_day_with_a_veto_the_night_did_not_know(desk: Desk):
    number, over = noticed_village(desk)
    desk.recorded(VETO, "village_veto_count", on=over, valid_until=over + timedelta(days=1))
    with pytest.raises(Conflict, match="一票否决 · veto"):
        desk.committee.step(number, Action.AWARD, by="admin", on=over, document="文件")
    desk.committee.step(number, Action.AWARD, by="admin", on=over + timedelta(days=1), document="文件")
    facts = desk.committee.standing(number).last.facts
    assert (facts["state"], facts["gates"]["village_veto_count"]) == ("insufficient", "holds")


@sqlite
def test_what_a_step_keeps_of_a_vetoed_village_says_that_the_gate_fails(desk: Desk):
    number, over = noticed_village(desk)
    desk.recorded(VETO, "village_veto_count", on=over)
    desk.committee.step(number, Action.REFUSE, by="admin", on=over)
    facts = desk.committee.standing(number).last.facts
    assert (facts["state"], facts["gates"]["village_veto_count"]) == ("fails", "fails")


@pytest.mark.parametrize("withdrawn", [False, True])
def test_a_village_is_not_awarded_once_its_document_counts_no_more(desk: Desk, withdrawn):
    until = UNTIL if withdrawn else LATER + NOTICE_DAYS
    number, over = noticed_village(desk, valid_until=until)
    if withdrawn:
        desk.granted(desk.withdrawal_asked(1, on=over), on=over)
    with pytest.raises(Conflict, match="缺少有效的证明文件 · document_missing"):
        desk.committee.step(number, Action.AWARD, by="admin", on=over, document="文件")


def noticed_village(desk: Desk, **document) -> tuple[int, date]:
    """The title of the village on its notice, and the day the notice is over."""
    for _ in range(3):
        desk.district.household(on=DAY)
    desk.recorded(ATTESTATION, AGREEMENT, **document)
    desk.committee.night(LATER)
    number = desk.committee.apply(
        DesignationKind.CREDIT_VILLAGE, place=VILLAGE, on=LATER, reason="贷款户少于 10 户",
        document="村委会证明",
    )  # fmt: skip
    desk.committee.step(number, Action.CHECK_VILLAGE, by="neighbour", on=LATER)
    desk.committee.noticed(number, on=LATER)
    return number, LATER + NOTICE_DAYS


@pytest.mark.parametrize(
    ("asked", "changes", "error", "told"),
    [
        ((ATTESTATION, "mood"), {}, Invalid, f"has no attestation mood; it has {AGREEMENT}"),
        ((VETO, "npl_share"), {}, Invalid, "has no veto npl_share; it has village_veto_count"),
        ((VETO, "village_veto_count"), {"place_code": TOWN}, Invalid, "it has none"),
        ((VETO, "village_veto_count"), {"decided_on": LATER}, Invalid, "decided by today"),
        ((VETO, "village_veto_count"), {"valid_until": DAY}, Invalid, "valid beyond it"),
        ((VETO, "village_veto_count"), {"document_sha256": "x"}, Invalid, "64 lower-case hex"),
        (
            (VETO, "village_veto_count"),
            {"document": f"判决 {resident(1)}"},
            Invalid,
            "document: 内含居民身份证号",
        ),
        ((VETO, "village_veto_count"), {"place_code": "500120100200"}, NotFound, "not in 大兴镇"),
    ],
)
@sqlite
def test_what_no_gate_counts_and_what_is_out_of_order_is_refused(desk: Desk, asked, changes, error, told):
    with pytest.raises(error, match=told):
        desk.asked(*asked, **changes)


def test_the_same_document_is_counted_once_at_a_time(desk: Desk):
    twice = [desk.asked(VETO, "village_veto_count") for _ in range(2)]
    desk.granted(twice[0])
    with pytest.raises(Conflict, match="counts already as attestation 1"):
        desk.granted(twice[1])
    with pytest.raises(Conflict, match="counts already as attestation 1"):
        desk.asked(VETO, "village_veto_count", on=LATER)
    desk.recorded(VETO, "village_veto_count", document_sha256="cd" * 32)
    desk.recorded(VETO, "village_veto_count", place_code=OTHER_VILLAGE)
    desk.granted(desk.withdrawal_asked(1, on=LATER), on=LATER)
    desk.recorded(VETO, "village_veto_count", on=LATER)
    with Session(desk.district.engine) as session:
        here = f"p{desk.district.place_id(VILLAGE)}"
        assert counts(session, [here], on=LATER)["veto", "village_veto_count"] == {here: 2}


@pytest.mark.parametrize("what", ["recorded", "withdrawn"])
def test_of_two_approvals_of_one_document_granted_at_once_one_counts(desk: Desk, what: str):
    if what == "withdrawn":
        desk.recorded(VETO, "village_veto_count")
        first, second = (desk.withdrawal_asked(1) for _ in range(2))
    else:
        first, second = (desk.asked(VETO, "village_veto_count") for _ in range(2))
    refused = refusal_of_second(
        desk.district.engine,
        lambda session: desk.grant(session, first),
        lambda session: desk.grant(session, second),
    )
    assert isinstance(refused, Conflict)
    told = "counts already as attestation 1" if what == "recorded" else "is withdrawn already"
    assert told in refused.detail
    rows = desk.district.counts()
    ended = what == "withdrawn"
    assert (rows["attestations"], rows["attestation_ends"]) == (1, int(ended))
    assert (rows["approval_decisions"], rows["approval_uses"]) == (1 + ended, 1 + ended)


@sqlite
def test_a_profile_that_no_longer_asks_for_it_lets_nobody_grant_it(desk: Desk):
    approval = desk.asked(VETO, "village_veto_count", valid_until=LATER)
    with pytest.raises(Invalid, match="valid beyond it"):
        desk.granted(approval, on=LATER)


def test_the_list_is_of_the_division_and_says_what_ends_soon(desk: Desk):
    desk.recorded(ATTESTATION, AGREEMENT)
    desk.recorded(VETO, "village_veto_count", valid_until=DAY + timedelta(days=10))

    def found(by="clerk", *, on=DAY, past=False, days=None):
        with Session(desk.district.engine) as session:
            viewer = desk.committee.viewers[by]
            lines = listed(
                session, viewer=viewer, within=None, on=on, past=past, ending_within_days=days, limit=9
            )
        return [(one.measure, one.state) for one in lines]

    in_force = AttestationState.IN_FORCE
    both = [("village_veto_count", in_force), (AGREEMENT, in_force)]
    assert (found(), found(days=10), found(days=9)) == (both, both[:1], [])
    newest_first = [(name, AttestationState.EXPIRED) for name, _ in both]
    assert found(on=UNTIL, past=True) == newest_first
    with pytest.raises(Invalid, match="ask for either"):
        found(past=True, days=9)
    assert found(by="stranger") == []
    assert found(on=DAY + timedelta(days=10)) == both[1:]


@sqlite
def test_a_document_outlives_the_version_it_was_recorded_by(desk: Desk):
    farm = desk.district.entity(on=DAY)
    desk.recorded(ATTESTATION, AGREEMENT, subject_id=farm)
    with transaction(desk.district.engine) as session:
        session.execute(update(RuleVersion).where(RuleVersion.kind == "credit_entity").values(content="{}"))
    with Session(desk.district.engine) as session:
        [found] = in_force(session, [f"s{farm}"], on=DAY)[f"s{farm}"]
    assert (found.label, found.state) == (AGREEMENT, AttestationState.IN_FORCE)


def test_what_was_recorded_later_changes_no_night_before_it(desk: Desk):
    desk.committee.night(DAY, proposes=False)
    desk.recorded(VETO, "village_veto_count")
    with Session(desk.district.engine) as session:
        run = latest_run(session)
        assert run is not None
        known = run.known_until
        before = Until(known["attestations"], known["attestation_ends"])
        holder = f"p{desk.district.place_id(VILLAGE)}"
        assert counts(session, None, on=DAY, until=before) == {}
        assert counts(session, None, on=DAY) == {("veto", "village_veto_count"): {holder: 1}}
        assert counts(session, None, on=DAY - timedelta(days=1)) == {}


def test_a_subject_reads_every_document_about_it_in_its_own_report(desk: Desk):
    farm = desk.district.entity(on=DAY)
    desk.recorded(VETO, "rating_veto_count", subject_id=farm)
    desk.granted(desk.withdrawal_asked(1, on=LATER), on=LATER)
    desk.recorded(ATTESTATION, AGREEMENT, subject_id=farm, on=LATER)
    desk.recorded(VETO, "village_veto_count")
    with Session(desk.district.engine) as session:
        found = held(session, desk.district.cipher, session.get_one(Subject, farm), on=LATER)
    told = [(one.kind_label, one.document, one.state_label, one.ended_on) for one in found.documents]
    assert told == [
        ("一票否决", DOCUMENT["document"], "已撤回", LATER),
        ("证明", DOCUMENT["document"], "有效", None),
    ]
