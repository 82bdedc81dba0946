"""The form of the log: a line an entry, each bound to the one before, and signed seals of how far it got.

An entry is `<hash> <JSON>`; its hash is the SHA-256 of the hash before it and the JSON, so that nothing can
be changed, moved or taken out without changing every later hash. A seal is `<signature> <JSON>` and says
which hash the entry at a position has; it names the seal before it by its SHA-256.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

RECORDS_MAX = 10_000
AGE_MAX = timedelta(minutes=10)
HASH = 64
FIRST = b"0" * HASH
_SIGNATURE = 128
_WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def as_json(content: Mapping[str, Any]) -> bytes:
    """The one way content is written: keys in order, no spaces, ASCII only."""
    return _WRITER.encode(content).encode()


def entry_line(content: Mapping[str, Any], *, after: bytes) -> tuple[bytes, bytes]:
    """An entry bound to the hash before it: its line and its own hash."""
    text = as_json(content)
    mark = hashlib.sha256(after + text).hexdigest().encode()
    return mark + b" " + text + b"\n", mark


@dataclass(frozen=True, slots=True)
class Seal:
    """That a stream had so many entries and bytes, and which hash the last of them has."""

    stream: int
    position: int
    size: int
    head: bytes
    sealed_at: datetime
    before: str
    key_id: str

    def line(self, key: Ed25519PrivateKey) -> bytes:
        """The seal as it is written, signed."""
        text = as_json(
            {
                "stream": self.stream,
                "position": self.position,
                "size": self.size,
                "head": self.head.decode(),
                "sealed_at": self.sealed_at.astimezone(UTC).isoformat(),
                "before": self.before,
                "key": self.key_id,
            }
        )
        return key.sign(text).hex().encode() + b" " + text + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Self:
        """The seal in a line; `ValueError` where it is none. Its signature is not looked at."""
        try:
            content = json.loads(line[_SIGNATURE + 1 :])
            made = cls(
                stream=content["stream"],
                position=content["position"],
                size=content["size"],
                head=content["head"].encode(),
                sealed_at=datetime.fromisoformat(content["sealed_at"]),
                before=content["before"],
                key_id=content["key"],
            )
        except (KeyError, TypeError, AttributeError, UnicodeDecodeError) as error:
            raise ValueError(f"no seal: {error}") from None
        if not all(isinstance(number, int) for number in (made.stream, made.position, made.size)):
            raise ValueError("no seal: a number is none")
        return made


def is_signed(line: bytes, key: Ed25519PublicKey) -> bool:
    """Whether the signature of a seal's line is of this key, and the line written as seals are."""
    try:
        signature = bytes.fromhex(line[:_SIGNATURE].decode("ascii"))
        text = line[_SIGNATURE + 1 : -1]
        key.verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return line == signature.hex().encode() + b" " + text + b"\n"


def fingerprint(line: bytes) -> str:
    """By what the next seal names the seal in this line."""
    return hashlib.sha256(line).hexdigest()


def key_id(key: Ed25519PublicKey) -> str:
    """The short name of a public key."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]
