"""The key certificates are signed with: one of its own, or derived from the master key."""

from pathlib import Path
from typing import Protocol, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from app.errors import SetupError
from app.inquiry_log.lines import key_id
from app.subjects.cipher import derived_key
from app.subjects.key_source import KeySettings, key_in, master_keys_of

# Digits and letters that nobody mistakes for one another when reading a plaque aloud.
_ALPHABET = "23456789ACDEFGHJKLMNPQRTUVWXYZ"
_CHECK_LENGTH = 4


class CertificateKeySettings(KeySettings, Protocol):
    """Where an installation has the key of its certificates, besides its master key."""

    @property
    def certificate_key_file(self) -> Path | None:
        """The file of a key of their own; none where it is derived from the master key."""


class Signer:
    """Signs certificates, and gives each number the characters nobody can guess."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._check_key = derived_key(seed, purpose="certificate-number", length=32)
        self.public_key = self._key.public_key()
        self.key_id = key_id(self.public_key)

    @classmethod
    def of(cls, settings: CertificateKeySettings) -> Self:
        """The signer of an installation."""
        return cls.all_of(settings)[0]

    @classmethod
    def all_of(cls, settings: CertificateKeySettings) -> list[Self]:
        """The signer of an installation, then those of the master keys it still has from before."""
        if settings.certificate_key_file is not None:
            return [cls(key_in(settings.certificate_key_file))]
        masters = master_keys_of(settings)
        return [cls(derived_key(master, purpose="certificate", length=32)) for master in masters]

    def sign(self, payload: str) -> bytes:
        """The signature of a certificate's text."""
        return self._key.sign(payload.encode())

    def number(self, start: str, serial: int) -> str:
        """The number of the certificate with this serial number, such as CV-500120-2026-000123-H7KQ.

        The last four characters tell a mistyped number from a right one, and keep anybody from going through
        all certificates by counting.
        """
        plain = f"{start}{serial:06d}"
        mac = hmac.HMAC(self._check_key, hashes.SHA256())
        mac.update(plain.encode())
        value, characters = int.from_bytes(mac.finalize()), []
        for _ in range(_CHECK_LENGTH):
            value, digit = divmod(value, len(_ALPHABET))
            characters.append(_ALPHABET[digit])
        return f"{plain}-{''.join(characters)}"

    def public_pem(self) -> str:
        """The public key, for whoever checks certificates without the service."""
        return self.public_key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode()


def is_signed(payload: str, signature: bytes, key: Ed25519PublicKey) -> bool:
    """Whether the signature of a certificate's text is of this key."""
    try:
        key.verify(signature, payload.encode())
    except InvalidSignature:
        return False
    return True


def read_public_key(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file; `SetupError` where it is none of certificates."""
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SetupError(f"{path}: cannot be read as a public key ({error})") from None
    if not isinstance(key, Ed25519PublicKey):
        raise SetupError(f"{path}: is no Ed25519 public key")
    return key
