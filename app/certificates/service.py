"""Certificates: issued with a title, signed once, and checked against what became of the title."""

from collections.abc import MutableMapping, Sequence
from datetime import date, datetime

from app.access.looks import record_looks
from app.access.scope import Viewer, may_see
from app.certificates import store
from app.certificates.certificate import CertificateText, CheckedCertificate, Standing
from app.certificates.signing import Signer
from app.db import Session
from app.errors import NotFound
from app.models import Certificate, DesignationKind, DesignationState, DesignationStep
from app.places.service import subtree_prefix

_DISTRICT_DIGITS = 6
_STANDINGS = {
    DesignationState.DESIGNATED: Standing.VALID,
    DesignationState.UNDER_REVIEW: Standing.VALID,
    DesignationState.ON_PROBATION: Standing.ON_PROBATION,
    DesignationState.REVOCATION_NOTICED: Standing.REVOCATION_NOTICED,
    DesignationState.REVOKED: Standing.REVOKED,
    DesignationState.WITHDRAWN: Standing.GIVEN_UP,
    DesignationState.LAPSED: Standing.LAPSED,
}


def issue(
    session: Session,
    signer: Signer,
    *,
    step: DesignationStep,
    kind: DesignationKind,
    title: str = "",
    holder_name: str,
    place_name: str,
    issuer_name: str,
    issued_on: date,
    valid_until: date,
    profile_code: str,
    effective_from: date,
    serials: MutableMapping[str, int],
) -> Certificate:
    """Write and sign the certificate of the step that gives a title; a person's name comes masked.

    `title` is what a rung of a ladder is called, empty where the kind of the title says it all.
    `serials` are the last serial numbers of this transaction, by district and year: asked for once for many.
    """
    place = store.place_of(session, step.designation_id)
    start = f"CV-{place.code[:_DISTRICT_DIGITS]}-{issued_on.year}-"
    if start not in serials:
        serials[start] = store.count_from(session, start)
    serials[start] += 1
    text = CertificateText(
        number=signer.number(start, serials[start]),
        kind=kind,
        holder=holder_name,
        place=place_name,
        issuer=issuer_name,
        issued_on=issued_on,
        valid_until=valid_until,
        profile=f"{profile_code}@{effective_from.isoformat()}",
        key_id=signer.key_id,
        title=title,
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


def checked(session: Session, number: str, *, on: date) -> CheckedCertificate:
    """A certificate as anybody may check it: what it says, and what its title is worth on a day."""
    certificate = store.by_number(session, number)
    found = None if certificate is None else _checked(session, certificate, on=on)
    if found is None:
        raise NotFound(
            "没有这个编号的证书，请逐字核对 · there is no certificate with this number; compare it character "
            "by character"
        )
    return found


def certificate_of_division(session: Session, number: str, *, viewer: Viewer, on: date) -> CheckedCertificate:
    """A certificate of a title in the viewer's division."""
    place = store.place_of_certificate(session, number)
    if place is None or not may_see(viewer, place.code):
        raise NotFound("本辖区没有此证书 · there is no such certificate in your division")
    return checked(session, number, on=on)


def plaques(
    session: Session, code: str, *, on: date, after: int, limit: int
) -> tuple[list[CheckedCertificate], int | None]:
    """The certificates of a division in the order they were issued, and after which one the list goes on."""
    rows = store.within(session, subtree_prefix(code), after=after, limit=limit + 1)
    listed = [found for row in rows[:limit] if (found := _checked(session, row, on=on)) is not None]
    return listed, rows[limit - 1].certificate_id if len(rows) > limit else None


def record_views(
    session: Session, found: Sequence[CheckedCertificate], *, viewer: Viewer, at: datetime
) -> None:
    """Write down that an official has seen certificates of these persons and entities (art. 22)."""
    subjects = store.subjects_of(session, [one.certificate.certificate_id for one in found])
    record_looks(session, [(subject_id, None) for subject_id in subjects], viewer=viewer, at=at)


def _checked(session: Session, certificate: Certificate, *, on: date) -> CheckedCertificate | None:
    # Before its day the title was not given, whatever state it was in.
    known = None if on < certificate.issued_on else store.newest_step(session, certificate, on=on)
    if known is None:
        return None
    state, since, valid_until = known
    standing = _STANDINGS[DesignationState[state.upper()]]
    if standing.holds and on >= valid_until:
        standing, since = Standing.LAPSED, valid_until
    return CheckedCertificate(
        certificate, CertificateText.read(certificate.payload), standing, since, valid_until
    )
