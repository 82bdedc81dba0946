"""Certificates on the wire: what everybody may check, and the plaque list of a division."""

from datetime import date

from pydantic import BaseModel

from app.certificates.certificate import CheckedCertificate, Standing
from app.models import DesignationKind


class CertificateAnswer(BaseModel):
    """What a certificate says and what it is worth today; of a person, only the masked name.

    `valid_until` is the first day on which the title no longer holds; `since` is when it came to stand so.
    """

    number: str
    kind: DesignationKind
    kind_label: str
    title: str
    holder: str
    place: str
    issuer: str
    issued_on: date
    valid_until: date
    standing: Standing
    standing_label: str
    holds: bool
    since: date

    @classmethod
    def of(cls, found: CheckedCertificate) -> "CertificateAnswer":
        """One certificate."""
        text = found.text
        return cls(
            number=text.number,
            kind=text.kind,
            kind_label=text.kind.label,
            title=text.named,
            holder=text.holder,
            place=text.place,
            issuer=text.issuer,
            issued_on=text.issued_on,
            valid_until=found.valid_until,
            standing=found.standing,
            standing_label=found.standing.label,
            holds=found.standing.holds,
            since=found.since,
        )


class CertificatesAnswer(BaseModel):
    """The plaques of a division in the order they were given; `next_after` is null at the end of the list."""

    certificates: list[CertificateAnswer]
    next_after: int | None
