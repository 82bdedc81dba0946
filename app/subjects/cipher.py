"""Encryption of persons' numbers and names, and the keyed index they are found through."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import NotReady, SetupError

Suite = Literal["aes", "sm4"]
HEAD_BYTES = 3
_SUITES: dict[bytes, Suite] = {b"\x01": "aes", b"\x02": "sm4"}
_NONCE_BYTES, _TAG_BYTES, _KEY_ID_BYTES = 12, 16, 2
# How often the keys are read anew at most: a thousand values under a lost key must not run a command each.
REREAD_SECONDS = 1.0


@dataclass(frozen=True, slots=True, order=True)
class KeyName:
    """A key by its id, and the suite it is used with; written as `aes-3f2a`."""

    suite: Suite
    key_id: str

    def __str__(self) -> str:
        return f"{self.suite}-{self.key_id}"

    @property
    def head(self) -> bytes:
        """What every value begins with that this key has sealed."""
        return next(head for head, suite in _SUITES.items() if suite == self.suite) + bytes.fromhex(
            self.key_id
        )

    @staticmethod
    def of_head(head: bytes) -> "KeyName":
        """The name that stands in the first bytes of a sealed value."""
        suite = _SUITES.get(head[:1])
        if suite is None or len(head) != HEAD_BYTES:
            raise SetupError("a value in a sealed column was not sealed by this service")
        return KeyName(suite, head[1:].hex())

    @staticmethod
    def of(master: bytes, suite: Suite) -> "KeyName":
        """The name of a master key under a suite; nothing of the key can be told from it."""
        return KeyName(suite, derived_key(master, purpose="key-id", length=_KEY_ID_BYTES).hex())


class _Key:
    """One master key under one suite."""

    def __init__(self, master: bytes, suite: Suite) -> None:
        self.master, self.name = master, KeyName.of(master, suite)
        self._head = self.name.head
        digest: hashes.HashAlgorithm
        if suite == "aes":
            self._aes: AESGCM | None = AESGCM(derived_key(master, purpose="field-aes", length=32))
            digest = hashes.SHA256()
        else:
            self._aes, digest = None, hashes.SM3()
            self._sm4 = algorithms.SM4(derived_key(master, purpose="field-sm4", length=16))
        self._index_key = hmac.HMAC(derived_key(master, purpose="index", length=32), digest)
        self._request_key = hmac.HMAC(derived_key(master, purpose="request", length=32), digest)

    def seal(self, text: str, *, row: str) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        head = self._head + nonce
        if self._aes is not None:
            return head + self._aes.encrypt(nonce, text.encode(), row.encode())
        encryptor = BlockCipher(self._sm4, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(row.encode())
        return head + encryptor.update(text.encode()) + encryptor.finalize() + encryptor.tag

    def open(self, sealed: bytes, *, row: str) -> str:
        nonce = sealed[HEAD_BYTES : HEAD_BYTES + _NONCE_BYTES]
        body = sealed[HEAD_BYTES + _NONCE_BYTES :]
        if self._aes is not None:
            return self._aes.decrypt(nonce, body, row.encode()).decode()
        decryptor = BlockCipher(self._sm4, modes.GCM(nonce, body[-_TAG_BYTES:])).decryptor()
        decryptor.authenticate_additional_data(row.encode())
        return (decryptor.update(body[:-_TAG_BYTES]) + decryptor.finalize()).decode()

    def index(self, number: str) -> bytes:
        return _digest(self._index_key, number)

    def request_hash(self, content: str) -> str:
        return _digest(self._request_key, content).hex()


class Cipher:
    """Seals and opens values with keys derived from master keys.

    A sealed value is: suite (1 byte), key id (2), nonce (12), ciphertext and tag. The row it belongs to is
    authenticated with it, so that a value copied to another row does not open. The first key seals; every
    key that is known opens. While values are moved from one key to another both are in force, and a number
    has a hash under each. `reread` gives the keys anew when one is met that is not known.
    """

    def __init__(
        self,
        master: bytes,
        suite: Suite = "aes",
        *,
        earlier: Sequence[bytes] = (),
        reread: Callable[[], Sequence[bytes]] | None = None,
    ) -> None:
        self._reread, self._reread_at = reread, float("-inf")
        self._known: dict[bytes, _Key] = {}
        self._learn([master, *earlier])
        self._in_force: tuple[_Key, ...] = (self._known[KeyName.of(master, suite).head],)

    def seal(self, text: str, *, row: str) -> bytes:
        """The encrypted form of `text`, bound to `row` (such as 'households/17/head_name')."""
        return self._in_force[0].seal(text, row=row)

    def open(self, sealed: bytes, *, row: str) -> str:
        """The text behind `sealed`; `SetupError` when the key is not the one it was sealed with."""
        key = self._key(sealed[:HEAD_BYTES])
        try:
            if key is None:
                raise InvalidTag
            return key.open(sealed, row=row)
        except (InvalidTag, ValueError):
            raise SetupError(
                f"{row.split('/')[0]}: a value does not open with this key. "
                "Set CREDIT_VILLAGE_KEY or CREDIT_VILLAGE_KEY_FILE to the key the database was made with."
            ) from None

    def index(self, number: str) -> bytes:
        """The keyed hash a number is filed under; the same number always gives the same 32 bytes."""
        return self._in_force[0].index(number)

    def indexes(self, number: str) -> tuple[bytes, ...]:
        """Every hash a number may be on file under: one, or one more while values move to another key."""
        return tuple(key.index(number) for key in self._in_force)

    def request_hashes(self, content: str) -> tuple[str, ...]:
        """Every keyed hash a request may be kept under, that of the key that seals first."""
        return tuple(key.request_hash(content) for key in self._in_force)

    @property
    def in_force(self) -> tuple[KeyName, ...]:
        """The keys values may be under; the first one seals."""
        return tuple(key.name for key in self._in_force)

    def master(self, name: KeyName) -> bytes:
        """The master key with this name, to derive others from; `NotReady` where it was not given."""
        return self._required(name).master

    def knows(self, name: KeyName) -> bool:
        """Whether values under this key can be opened."""
        return self._key(name.head) is not None

    def follow(self, names: Sequence[KeyName]) -> None:
        """Seal with the first of these keys and look numbers up under all of them."""
        if names and tuple(names) != self.in_force:
            self._in_force = tuple(self._required(name) for name in names)

    def _required(self, name: KeyName) -> _Key:
        key = self._key(name.head)
        if key is None:
            raise NotReady(
                f"the key {name} is in force and was not given to this process: add it to the key file, or "
                "to what CREDIT_VILLAGE_KEY or CREDIT_VILLAGE_KEY_COMMAND gives, and start it again"
            )
        return key

    def _key(self, head: bytes) -> _Key | None:
        known = self._known.get(head)
        if known is not None or self._reread is None or head[:1] not in _SUITES:
            return known
        if time.monotonic() - self._reread_at >= REREAD_SECONDS:
            self._learn(self._reread())
            self._reread_at = time.monotonic()
        return self._known.get(head)

    def _learn(self, masters: Sequence[bytes]) -> None:
        known = dict(self._known)
        for master in masters:
            for suite in _SUITES.values():
                key = _Key(master, suite)
                other = known.setdefault(key.name.head, key)
                if other.master != master:
                    raise SetupError(f"two keys have the same id {key.name.key_id}; make another new key")
        self._known = known


def _digest(key: hmac.HMAC, text: str) -> bytes:
    digest = key.copy()
    digest.update(text.encode())
    return digest.finalize()


def derived_key(master: bytes, *, purpose: str, length: int) -> bytes:
    """A key for one purpose, so that no two uses share a key."""
    return HKDF(hashes.SHA256(), length, None, f"credit-village/{purpose}".encode()).derive(master)
