"""Which keys are in force: every process keeps to what the database says, so that all seal and find alike."""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, text

from app.db import Session
from app.models import CipherKey, CipherSuite
from app.subjects.cipher import Cipher, KeyName

__all__ = [
    "FOLLOW_SECONDS", "SETTLED", "Follower", "follow", "hold", "hold_alone", "in_force", "name_of",
    "signing_keys",
]  # fmt: skip

# How long a serving process may not have looked: after `SETTLED` every one of them follows, or has ended.
FOLLOW_SECONDS = 5.0
SETTLED = timedelta(minutes=2)
# The number of the lock that jobs share and a switch of keys takes alone.
LOCK = 0x6B65_7973


def name_of(key: CipherKey) -> KeyName:
    """The name of a key in force."""
    return KeyName("sm4" if key.suite is CipherSuite.SM4 else "aes", key.key_id)


def in_force(session: Session) -> list[CipherKey]:
    """The keys values may be under, the newest, which seals, first."""
    found = select(CipherKey).where(CipherKey.retired_at.is_(None))
    return list(session.scalars(found.order_by(CipherKey.cipher_key_id.desc())))


def follow(session: Session, cipher: Cipher) -> list[CipherKey]:
    """Let a cipher keep to the keys in force, the sealing one first; none yet leaves it as it was made."""
    keys = in_force(session)
    cipher.follow([name_of(key) for key in keys])
    return keys


def hold(session: Session, cipher: Cipher) -> None:
    """Keep to the keys in force until this transaction ends: no switch comes in between.

    On SQLite there is one writer at a time anyhow.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": LOCK})
    follow(session, cipher)


def hold_alone(session: Session) -> None:
    """Wait for every job that seals, and let none begin until this transaction ends."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def signing_keys(cipher: Cipher, keys: Sequence[CipherKey], *, at: datetime) -> list[bytes]:
    """The master keys whose tokens hold, the one to sign with first.

    A new key signs once every process knows it; one that leaked signs no more.
    """
    if not keys:
        return [cipher.master(cipher.in_force[0])]
    sound = [key for key in keys if key.leaked_at is None]
    leaked = len(sound) < len(keys)
    settled = [key for key in sound if leaked or at - key.seals_from >= SETTLED]
    first = (settled or sound[-1:])[0]
    masters = [cipher.master(name_of(key)) for key in [first, *sound]]
    return list(dict.fromkeys(masters))


class Follower:
    """How a serving process keeps to the keys in force: it looks every few seconds."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher, self._looked_at = cipher, float("-inf")

    def look(self, session: Session) -> list[CipherKey] | None:
        """The keys in force, followed; None where it has looked just now."""
        if time.monotonic() - self._looked_at < FOLLOW_SECONDS:
            return None
        keys = follow(session, self._cipher)
        self._looked_at = time.monotonic()
        return keys
