"""The second factor: six digits from an authenticator app, new every 30 seconds (RFC 6238)."""

import base64
import re
import secrets
from datetime import datetime

from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from cryptography.hazmat.primitives.twofactor.totp import TOTP

DIGITS, STEP_SECONDS = 6, 30
_SECRET_BYTES = 20
_ISSUER = "credit-village"


def new_secret() -> str:
    """A secret to type into an authenticator app: 160 bits as 32 letters and digits."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def enrolment_uri(secret: str, *, username: str) -> str:
    """The link an authenticator app reads, as it stands in a QR code."""
    # Authenticator apps know SHA-1 only; as a keyed hash it is sound here (RFC 6238, 1.2).
    totp = TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_SECONDS)
    return totp.get_provisioning_uri(username, _ISSUER)


def matching_step(secret: str, code: str, *, at: datetime, drift_steps: int = 0) -> int | None:
    """The 30-second step this code belongs to; None where it belongs to none that is accepted now.

    `drift_steps`: so many steps early or late are accepted too, for clocks that differ (RFC 6238, 5.2).
    """
    if re.fullmatch(rf"[0-9]{{{DIGITS}}}", code) is None:
        return None
    now = int(at.timestamp()) // STEP_SECONDS
    hotp = HOTP(base64.b32decode(secret), DIGITS, SHA1())
    steps = sorted(range(now - drift_steps, now + drift_steps + 1), key=lambda step: abs(step - now))
    return next((step for step in steps if bytes_eq(hotp.generate(step), code.encode())), None)
