"""What can be asked for at the desk: each kind's target and everything the second person has to see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from app import clock
from app.access.district import refuse_part_of_district
from app.access.looks import refusals_recorded
from app.access.recipients import candidate
from app.access.scope import Viewer, may_see
from app.approvals.checks import checked_text, refuse_maker
from app.attestations import service as attestations
from app.db import Session
from app.designations.service.reforms import KINDS, what_if_kept
from app.errors import Invalid, NotFound
from app.models import ApprovalKind, Place, SubjectKind
from app.overrides import service as overrides
from app.places.service import place as place_by_id
from app.places.service import place_by_code
from app.rules.service import activation_of
from app.subjects.service import subject as subject_by_id

GROUND_LENGTH_MAX = 64
# Under which name an approval shows what new criteria would change.
WHAT_IF = "what_if"


@dataclass(frozen=True)
class Proposal:
    """A kind with its target and its content: what is granted and carried out is exactly this."""

    kind: ApprovalKind
    target: str
    content: Mapping[str, Any]


def activation(
    session: Session, code: str, *, effective_from: date, pia: str, maker: Viewer, on: date
) -> Proposal:
    """Put a card, a criterion or the rules about records in force; `pia` names the impact assessment.

    REQ-417: no rule that decides about persons is put in force before its impact on them is assessed. Of the
    criteria of villages and towns both persons see who would gain and lose, as of when it was asked for.
    """
    refuse_part_of_district(session, maker)
    content = activation_of(session, code, effective_from=effective_from)
    content["pia"] = checked_text(pia, where="pia")
    if content["kind"] in KINDS:
        content[WHAT_IF] = _what_if(session, code, effective_from=effective_from, maker=maker, on=on)
    return Proposal(ApprovalKind.ACTIVATE_RULE, f"rule/{code}/{effective_from}", content)


def new_recipient(session: Session, organisation_id: int, *, document: str, maker: Viewer) -> Proposal:
    """Let a bank receive ratings; `document` names the agreement with it."""
    refuse_part_of_district(session, maker)
    bank = candidate(session, organisation_id)
    content = {
        "organisation_id": bank.organisation_id,
        "code": bank.code,
        "name": bank.name,
        "document": checked_text(document, where="document"),
    }
    return Proposal(ApprovalKind.NEW_RECIPIENT, f"organisation/{bank.organisation_id}", content)


def bulk_export(
    session: Session, place_code: str, *, subjects: SubjectKind, form: str, maker: Viewer, on: date
) -> Proposal:
    """Take the ratings of a place out of the system as a file; the place lies in the maker's division."""
    place = _seen_place(session, place_code, maker=maker, on=on)
    if subjects is SubjectKind.VILLAGE:
        raise Invalid("subjects: write household or agri_entity; villages are read at /v1/villages")
    content = {
        "export": "ratings",
        "place_code": place.code,
        "place_name": place.name,
        "subjects": subjects.value,
        "format": form,
    }
    return Proposal(ApprovalKind.BULK_EXPORT, f"export/ratings/{place.code}", content)


def plaque_export(session: Session, place_code: str, *, form: str, maker: Viewer, on: date) -> Proposal:
    """Take the plaques of a place out of the system as a file, under the same rules."""
    place = _seen_place(session, place_code, maker=maker, on=on)
    content = {"export": "plaques", "place_code": place.code, "place_name": place.name, "format": form}
    return Proposal(ApprovalKind.BULK_EXPORT, f"export/plaques/{place.code}", content)


def _seen_place(session: Session, place_code: str, *, maker: Viewer, on: date) -> Place:
    place = place_by_code(session, place_code, on=on)
    if not may_see(maker, place.code):
        raise NotFound(f"{maker.place_name}没有区划 {place_code} · no division {place_code} in your division")
    return place


def erasure(session: Session, subject_id: int, *, ground: str, document: str, maker: Viewer) -> Proposal:
    """Delete the personal data of a subject of the maker's division; `document` is what it rests on."""
    subject = subject_by_id(session, subject_id)
    if not may_see(maker, place_by_id(session, subject.place_id).code):
        raise NotFound(f"本辖区没有主体 {subject_id} · there is no subject {subject_id} in your division")
    content = {
        "subject_id": subject_id,
        "ground": checked_text(ground, where="ground", length_max=GROUND_LENGTH_MAX),
        "document": checked_text(document, where="document"),
    }
    return Proposal(ApprovalKind.ERASURE, f"subject/{subject_id}", content)


def override(
    session: Session,
    subject_id: int,
    *,
    grade: str,
    reason_code: str,
    document: str,
    months: int | None,
    maker: Viewer,
    at: datetime,
) -> Proposal:
    """Depart from the grade of the card for one subject, as far as the rules let an official go (REQ-124).

    Who may not ask is told nothing about the subject; a refusal that tells of its grade is on record.
    """
    refuse_maker(maker, ApprovalKind.OVERRIDE)
    told = partial(overrides.told_by_refusal, session, subject_id)
    with refusals_recorded(session, told, viewer=maker, at=at):
        content = overrides.wanted(
            session,
            subject_id,
            grade=grade,
            reason_code=reason_code,
            document=document,
            months=months,
            viewer=maker,
            on=clock.day_of(at),
        )
    return Proposal(ApprovalKind.OVERRIDE, overrides.target_of(subject_id), content)


def attestation(session: Session, order: attestations.Order, *, maker: Viewer, on: date) -> Proposal:
    """Record a document that speaks for a title or against it."""
    content = attestations.wanted(session, order, viewer=maker, on=on)
    return Proposal(ApprovalKind.ATTESTATION, attestations.target_of(content), content)


def attestation_withdrawal(session: Session, attestation_id: int, *, maker: Viewer, on: date) -> Proposal:
    """Withdraw such a document before its time."""
    content = attestations.withdrawal(session, attestation_id, viewer=maker, on=on)
    return Proposal(ApprovalKind.ATTESTATION, attestations.target_of(content), content)


def _what_if(
    session: Session, code: str, *, effective_from: date, maker: Viewer, on: date
) -> Mapping[str, Any]:
    within = place_by_id(session, maker.place_id).code
    try:
        return what_if_kept(session, code, effective_from=effective_from, within=within, on=on)
    except NotFound as unjudged:
        return {"not_computed": unjudged.detail}
