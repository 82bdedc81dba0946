"""What may be attested of whom, which documents count on a day, and which end soon."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from app import clock
from app.access.looks import record_looks
from app.access.scope import Viewer, may_see
from app.attestations import store
from app.attestations.attestation import DOCUMENT_LENGTH_MAX, Attestation, AttestationState
from app.attestations.store import EVERYTHING, Until, attested_subjects
from app.db import Session, add_once
from app.errors import Conflict, Invalid, NotFound
from app.models import Attestation as KeptAttestation
from app.models import AttestationEnd, AttestationKind, DesignationKind, Place, PlaceKind, SubjectKind
from app.places.service import place as place_by_id
from app.places.service import place_by_code, subtree_prefix
from app.rules.kept import kept_profile
from app.rules.service import profiles_of, rule_in_force
from app.subjects.free_text import without_numbers
from app.subjects.service import subject as subject_by_id
from scoring.definition import ProfileDefinition, Text

__all__ = ["EVERYTHING", "Until", "attested_subjects"]

RECORD, WITHDRAW = "record", "withdraw"
TITLE_OF = {
    PlaceKind.VILLAGE: DesignationKind.CREDIT_VILLAGE,
    PlaceKind.TOWN: DesignationKind.CREDIT_TOWN,
    PlaceKind.SUBDISTRICT: DesignationKind.CREDIT_TOWN,
    SubjectKind.HOUSEHOLD: DesignationKind.CREDIT_HOUSEHOLD,
    SubjectKind.AGRI_ENTITY: DesignationKind.CREDIT_ENTITY,
}
_KINDS = {kind.value: kind for kind in AttestationKind}
_SHA256 = re.compile(r"[0-9a-f]{64}")
# How many hold by kind and measure, of each holder.
Counts = Mapping[tuple[str, str], Mapping[str, int]]


@dataclass(frozen=True)
class Order:
    """A document about a subject, or about a village or town, as an official names it."""

    kind: AttestationKind
    measure: str
    document: str
    document_sha256: str
    decided_on: date
    valid_until: date
    subject_id: int | None = None
    place_code: str | None = None


def wanted(session: Session, order: Order, *, viewer: Viewer, on: date) -> dict[str, Any]:
    """All that is asked for with a document, once everything it must satisfy is looked at.

    `Invalid` where no gate of the profile in force counts such a document, or its dates are out of order.
    """
    level, place, holder = _holder(session, order, viewer=viewer, on=on)
    rule = rule_in_force(session, level.value, on=on)
    if rule is None:
        raise NotFound(f"{on} 没有生效的{level.label}标准 · no {level} profile is in force on {on}")
    _refuse_uncounted(kept_profile(rule), order)
    if not order.decided_on <= on < order.valid_until:
        raise Invalid(
            "decided_on, valid_until: 作出日期不得晚于今日，有效期须在今日之后 · a document is decided by "
            "today and valid beyond it"
        )
    if not _SHA256.fullmatch(order.document_sha256):
        raise Invalid(
            "document_sha256: 应为 64 位小写十六进制 · write the SHA-256 as 64 lower-case hex digits"
        )
    document = order.document.strip()
    if not 0 < len(document) <= DOCUMENT_LENGTH_MAX:
        raise Invalid(
            f"document: 应为 1 至 {DOCUMENT_LENGTH_MAX} 字 · write 1 to {DOCUMENT_LENGTH_MAX} characters"
        )
    twin = store.same_in_force(
        session, holder, kind=order.kind, measure=order.measure, sha256=order.document_sha256, on=on
    )
    if twin is not None:
        raise Conflict(
            f"document_sha256: 同一文件已登记为 {twin}，仍有效 · this document counts already as attestation "
            f"{twin}; one document is counted once"
        )
    return {
        "action": RECORD,
        "kind": order.kind.value,
        "holder": holder,
        "subject_id": order.subject_id,
        "place_code": place.code,
        "place_name": place.name,
        "measure": order.measure,
        "profile": rule.code,
        "rule_version_id": rule.rule_version_id,
        "document": without_numbers(document, where="document"),
        "document_sha256": order.document_sha256,
        "decided_on": order.decided_on.isoformat(),
        "valid_until": order.valid_until.isoformat(),
    }


def withdrawal(session: Session, attestation_id: int, *, viewer: Viewer, on: date) -> dict[str, Any]:
    """All that is asked for with the withdrawal of one that still counts."""
    kept = store.attestation(session, attestation_id)
    if kept is None or not may_see(viewer, kept[2].code):
        raise NotFound(
            f"本辖区没有证明或否决 {attestation_id} · there is no attestation {attestation_id} in your "
            "division"
        )
    found = _shown(session, [kept], on=on)[0]
    if found.state is not AttestationState.IN_FORCE:
        raise Conflict(
            f"{found.document}{found.state_label} · attestation {attestation_id} is {found.state} already"
        )
    return {
        "action": WITHDRAW,
        "attestation_id": attestation_id,
        "kind": found.kind.value,
        "holder": found.holder,
        "measure": found.measure,
        "document": found.document,
    }


def record_views(session: Session, found: Sequence[Attestation], *, viewer: Viewer, at: datetime) -> None:
    """Write down that an official has seen documents about these persons and entities (art. 22)."""
    seen: list[tuple[int, int | None]] = [
        (one.subject_id, None) for one in found if one.subject_id is not None
    ]
    record_looks(session, seen, viewer=viewer, at=at)


def as_it_is_now(session: Session, asked: Mapping[str, Any], *, viewer: Viewer, on: date) -> dict[str, Any]:
    """The same asked for from what is kept now."""
    if asked["action"] == WITHDRAW:
        return withdrawal(session, asked["attestation_id"], viewer=viewer, on=on)
    order = Order(
        kind=_KINDS[asked["kind"]],
        measure=asked["measure"],
        document=asked["document"],
        document_sha256=asked["document_sha256"],
        decided_on=date.fromisoformat(asked["decided_on"]),
        valid_until=date.fromisoformat(asked["valid_until"]),
        subject_id=asked["subject_id"],
        place_code=None if asked["subject_id"] is not None else asked["place_code"],
    )
    return wanted(session, order, viewer=viewer, on=on)


def target_of(asked: Mapping[str, Any]) -> str:
    """What an approval of it is about."""
    return f"attestation/{asked['holder']}/{asked['measure']}"


def gates_of(session: Session, asked: Sequence[Mapping[str, Any]]) -> list[str]:
    """The gate each document asked about counts for, as the profile calls it; in two queries for any number.

    A profile nobody used yet may be gone for a newer text of it: then the measure is named as it is kept.
    """
    numbers = {one["attestation_id"] for one in asked if "attestation_id" in one}
    under = store.rule_versions_of(session, numbers) if numbers else {}
    versions = [one.get("rule_version_id", under.get(one.get("attestation_id", 0), 0)) for one in asked]
    profiles = profiles_of(session, set(versions)) if versions else {}
    called = {
        (number, gate.kind, gate.measure): gate.label.zh
        for number, profile in profiles.items()
        for gate in profile.criteria
    }
    return [
        called.get((number, one["kind"], one["measure"]), str(one["measure"]))
        for number, one in zip(versions, asked, strict=True)
    ]


def carry_out(
    session: Session,
    content: Mapping[str, Any],
    *,
    reason: str,
    approval_id: int,
    asked_by: int,
    granted_by: int,
    at: datetime,
) -> None:
    """Put what two persons agreed on in force from today."""
    on = clock.day_of(at)
    if content["action"] == WITHDRAW:
        ended = AttestationEnd(
            attestation_id=content["attestation_id"], approval_id=approval_id, ended_on=on, reason=reason,
            asked_by=asked_by, granted_by=granted_by, ended_at=at,
        )  # fmt: skip
        if not add_once(session, ended):
            raise Conflict(
                f"attestation {content['attestation_id']}: 刚刚已由他人撤回 · is withdrawn already"
            )
        return
    made = KeptAttestation(
        kind=_KINDS[content["kind"]],
        holder=content["holder"],
        subject_id=content["subject_id"],
        place_id=place_by_code(session, content["place_code"], on=on).place_id,
        measure=content["measure"],
        rule_version_id=content["rule_version_id"],
        approval_id=approval_id,
        reason=reason,
        document=content["document"],
        document_sha256=content["document_sha256"],
        decided_on=date.fromisoformat(content["decided_on"]),
        effective_from=on,
        valid_until=date.fromisoformat(content["valid_until"]),
        organisation_id=store.user(session, granted_by).organisation_id,
        asked_by=asked_by,
        granted_by=granted_by,
        granted_at=at,
    )
    store.add(session, made)


def in_force(
    session: Session, holders: Collection[str], *, on: date, until: Until = EVERYTHING
) -> Mapping[str, Sequence[Attestation]]:
    """What counts of each of some holders on a day, in a few queries for any number."""
    found: dict[str, list[Attestation]] = {}
    for one in _shown(session, store.of_holders(session, holders, on=on, until=until), on=on):
        found.setdefault(one.holder, []).append(one)
    return found


def of_subjects(session: Session, subject_ids: Collection[int], *, on: date) -> list[Attestation]:
    """Everything ever recorded of some subjects, the oldest first: what they themselves may see."""
    return _shown(session, store.of_subjects(session, subject_ids), on=on)


def counts(
    session: Session, holders: Collection[str] | None, *, on: date, until: Until = EVERYTHING
) -> Counts:
    """How many count on a day, by kind and measure, of each holder that has any; without holders of all."""
    found: dict[tuple[str, str], dict[str, int]] = {}
    for kind, measure, holder, number in store.counts(session, holders, on=on, until=until):
        found.setdefault((kind, measure), {})[holder] = number
    return found


def listed(
    session: Session,
    *,
    viewer: Viewer,
    within: str | None,
    on: date,
    past: bool,
    ending_within_days: int | None,
    limit: int,
    after: int | None = None,
) -> list[Attestation]:
    """What counts in the viewer's division, or a part of it, what ends first before the others.

    With `past` also what no longer counts, the newest first; with days only what ends within so many. `after`
    is the last one of the page before.
    """
    if past and ending_within_days is not None:
        raise Invalid(
            "past, ending_within_days: 不能同时使用 · what no longer counts does not end soon: ask for either"
        )
    code = viewer.place_code if within is None else place_by_code(session, within, on=on).code
    if not may_see(viewer, code):
        raise NotFound(f"{viewer.place_name}没有区划 {code} · no division {code} in your division")
    prefix = subtree_prefix(code)
    if past:
        return _shown(session, store.within(session, prefix, after=after, limit=limit), on=on)
    by = None if ending_within_days is None else on + timedelta(days=ending_within_days)
    kept = store.counting_within(session, prefix, on=on, ending_by=by, after=after, limit=limit)
    return _shown(session, kept, on=on)


def _holder(
    session: Session, order: Order, *, viewer: Viewer, on: date
) -> tuple[DesignationKind, Place, str]:
    if (order.subject_id is None) == (order.place_code is None):
        raise Invalid("subject_id, place_code: 二者填一 · name either a subject, or a village or town")
    kind: SubjectKind | PlaceKind
    if order.subject_id is not None:
        subject = subject_by_id(session, order.subject_id)
        place, kind, holder = place_by_id(session, subject.place_id), subject.kind, f"s{subject.subject_id}"
    else:
        place = place_by_code(session, order.place_code or "", on=on)
        kind, holder = place.kind, f"p{place.place_id}"
    if not may_see(viewer, place.code):
        raise NotFound(f"不在本辖区 · it is not in {viewer.place_name}")
    if kind not in TITLE_OF:
        raise Invalid(f"{place.code}: 此类对象不评称号 · a {kind} bears no title")
    return TITLE_OF[kind], place, holder


def _refuse_uncounted(profile: ProfileDefinition, order: Order) -> None:
    """Only what a gate of the profile counts is recorded."""
    asked = [gate.measure for gate in profile.criteria if gate.kind == order.kind.value]
    if order.measure not in asked:
        known = "、".join(asked) or "无 none"
        raise Invalid(
            f"measure: {profile.title.zh}没有{order.kind.label}事项 {order.measure}，现有：{known} · the "
            f"profile {profile.code} has no {order.kind} {order.measure}; it has {', '.join(asked) or 'none'}"
        )


def _shown(session: Session, kept: Sequence[store.Kept], *, on: date) -> list[Attestation]:
    profiles = profiles_of(session, {row.rule_version_id for row, *_ in kept}) if kept else {}
    return [_one(each, profiles.get(each[0].rule_version_id), on=on) for each in kept]


def _one(kept: store.Kept, profile: ProfileDefinition | None, *, on: date) -> Attestation:
    labels: Mapping[str, Text] = {} if profile is None else profile.measures
    row, end, place, office, asked_by, granted_by = kept
    state = AttestationState.EXPIRED if row.valid_until <= on else AttestationState.IN_FORCE
    if end is not None and end.ended_on <= on:
        state = AttestationState.WITHDRAWN
    return Attestation(
        attestation_id=row.attestation_id,
        kind=row.kind,
        holder=row.holder,
        subject_id=row.subject_id,
        place_code=place.code,
        place_name=place.name,
        measure=row.measure,
        label=labels[row.measure].zh if row.measure in labels else row.measure,
        reason=row.reason,
        document=row.document,
        document_sha256=row.document_sha256,
        decided_on=row.decided_on,
        effective_from=row.effective_from,
        valid_until=row.valid_until,
        office=office,
        asked_by=asked_by,
        granted_by=granted_by,
        granted_at=row.granted_at,
        ended_on=None if end is None else end.ended_on,
        end_reason=None if end is None else end.reason,
        state=state,
    )
