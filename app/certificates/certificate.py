"""What a certificate says: the compact text that is signed, and the text of its QR code.

The text is one line of fields parted by `|`:
version, number, kind, holder as shown, place, issuer, issued on, valid until, profile, key.
A rung of a ladder has a version of its own, with what the title is called between kind and holder.
The QR code carries that line, another `|` and the signature in base64url without padding.
"""

import base64
from dataclasses import dataclass
from datetime import date
from typing import Self

from app.errors import Invalid
from app.models import Certificate, DesignationKind
from app.models.base import Labelled

VERSION, OF_RUNG = "CV1", "CV2"
_SEPARATOR = "|"
_FIELDS = {VERSION: 10, OF_RUNG: 11}
_KINDS = {kind.value: kind for kind in DesignationKind}


@dataclass(frozen=True)
class CertificateText:
    """The signed content of a certificate; of a person, only the masked name.

    `valid_until` is the first day on which the title no longer holds.
    """

    number: str
    kind: DesignationKind
    holder: str
    place: str
    issuer: str
    issued_on: date
    valid_until: date
    profile: str
    key_id: str
    title: str = ""

    @property
    def named(self) -> str:
        """What the title is called: the rung of a ladder, or its kind."""
        return self.title or self.kind.label

    def payload(self) -> str:
        """The line that is signed; `Invalid` where a field would break it."""
        fields = [
            *(
                (OF_RUNG, self.number, self.kind.value, self.title)
                if self.title
                else (VERSION, self.number, self.kind.value)
            ),
            self.holder,
            self.place,
            self.issuer,
            self.issued_on.isoformat(),
            self.valid_until.isoformat(),
            self.profile,
            self.key_id,
        ]
        for field in fields:
            if not field or _SEPARATOR in field or not field.isprintable() or field != field.strip():
                raise Invalid(
                    "certificate: 证书各项不得为空，不得含竖线或换行 · no field of a certificate is empty or "
                    "holds a vertical bar or a line break"
                )
        return _SEPARATOR.join(fields)

    @classmethod
    def read(cls, payload: str) -> Self:
        """The content of a signed line; `ValueError` where it is none."""
        version, *fields = payload.split(_SEPARATOR)
        if len(fields) + 1 != _FIELDS.get(version) or fields[1] not in _KINDS:
            raise ValueError("no certificate")
        title = fields.pop(2) if version == OF_RUNG else ""
        number, kind, holder, place, issuer, issued_on, valid_until, profile, key_id = fields
        return cls(
            number=number,
            kind=_KINDS[kind],
            holder=holder,
            place=place,
            issuer=issuer,
            issued_on=date.fromisoformat(issued_on),
            valid_until=date.fromisoformat(valid_until),
            profile=profile,
            key_id=key_id,
            title=title,
        )


class Standing(Labelled):
    """What a certificate is worth on a day."""

    VALID = "valid", "有效"
    ON_PROBATION = "on_probation", "有效（整改中）"
    REVOCATION_NOTICED = "revocation_noticed", "有效（拟摘牌公示中）"
    REVOKED = "revoked", "已摘牌，证书作废"
    GIVEN_UP = "given_up", "已由本人放弃，证书作废"
    LAPSED = "lapsed", "已到期"

    @property
    def holds(self) -> bool:
        """Whether the title is held."""
        return self in (Standing.VALID, Standing.ON_PROBATION, Standing.REVOCATION_NOTICED)


@dataclass(frozen=True)
class CheckedCertificate:
    """A certificate with what its title is worth on a day, since when, and until when it is given."""

    certificate: Certificate
    text: CertificateText
    standing: Standing
    since: date
    valid_until: date

    @property
    def qr(self) -> str:
        """What the QR code for checking without the service carries."""
        return qr_text(self.certificate.payload, self.certificate.signature)


def qr_text(payload: str, signature: bytes) -> str:
    """What the QR code of a certificate carries."""
    encoded = base64.urlsafe_b64encode(signature).rstrip(b"=").decode()
    return f"{payload}{_SEPARATOR}{encoded}"


def parted(text: str) -> tuple[str, bytes]:
    """The signed line and the signature in the text of a QR code; `ValueError` where it is none."""
    payload, separator, encoded = text.rpartition(_SEPARATOR)
    if not separator:
        raise ValueError("no certificate")
    signature = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    if qr_text(payload, signature) != text:
        raise ValueError("the signature is not written as signatures are")
    return payload, signature
