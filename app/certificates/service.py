"""Certificates: issued with a title, signed once, and checked against what became of the title."""

from datetime import date

from app.certificates import store
from app.certificates.certificate import CertificateText
from app.certificates.signing import Signer
from app.db import Session
from app.models import Certificate, DesignationKind, DesignationStep

_DISTRICT_DIGITS = 6


def issue(
    session: Session,
    signer: Signer,
    *,
    step: DesignationStep,
    kind: DesignationKind,
    holder_name: str,
    place_name: str,
    issuer_name: str,
    issued_on: date,
    valid_until: date,
    profile_code: str,
    effective_from: date,
) -> Certificate:
    """Write and sign the certificate of the step that gives a title; a person's name comes masked."""
    place = store.place_of(session, step.designation_id)
    start = f"CV-{place.code[:_DISTRICT_DIGITS]}-{issued_on.year}-"
    text = CertificateText(
        number=signer.number(start, store.count_from(session, start) + 1),
        kind=kind,
        holder=holder_name,
        place=place_name,
        issuer=issuer_name,
        issued_on=issued_on,
        valid_until=valid_until,
        profile=f"{profile_code}@{effective_from.isoformat()}",
        key_id=signer.key_id,
    )
    payload = text.payload()
    made = Certificate(
        number=text.number,
        designation_step_id=step.designation_step_id,
        issued_on=issued_on,
        valid_until=valid_until,
        payload=payload,
        signature=signer.sign(payload),
        key_id=signer.key_id,
    )
    store.add(session, made)
    return made
