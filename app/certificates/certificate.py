"""What a certificate says: the compact text that is signed, and the text of its QR code.

The text is one line of fields parted by `|`:
version, number, kind, holder as shown, place, issuer, issued on, valid until, profile, key.
The QR code carries that line, another `|` and the signature in base64url without padding.
"""

import base64
from dataclasses import astuple, dataclass
from datetime import date
from typing import Self

from app.errors import Invalid
from app.models import DesignationKind

VERSION = "CV1"
_SEPARATOR = "|"
_FIELDS = 10
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

    def payload(self) -> str:
        """The line that is signed; `Invalid` where a field would break it."""
        fields = [VERSION, *(_written(value) for value in astuple(self))]
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
        if version != VERSION or len(fields) != _FIELDS - 1 or fields[1] not in _KINDS:
            raise ValueError("no certificate")
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
        )


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


def _written(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
