"""Encryption of persons' numbers and names, and the keyed index they are found through."""

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.errors import SetupError

_AES, _SM4 = b"\x01", b"\x02"
COMMAND_SECONDS = 10
_NONCE_BYTES, _TAG_BYTES, _KEY_ID_BYTES = 12, 16, 2


class Cipher:
    """Seals and opens values with keys derived from one master key.

    A sealed value is: suite (1 byte), key id (2), nonce (12), ciphertext and tag. The row it belongs to is
    authenticated with it, so that a value copied to another row does not open.
    """

    def __init__(self, master: bytes, suite: Literal["aes", "sm4"] = "aes") -> None:
        self._suite = _SM4 if suite == "sm4" else _AES
        self._keys = {
            _AES: derived_key(master, purpose="field-aes", length=32),
            _SM4: derived_key(master, purpose="field-sm4", length=16),
        }
        self._aes = AESGCM(self._keys[_AES])
        self._key_id = derived_key(master, purpose="key-id", length=_KEY_ID_BYTES)
        self._digest: Callable[[], hashes.HashAlgorithm] = hashes.SM3 if suite == "sm4" else hashes.SHA256
        self._index_key = hmac.HMAC(derived_key(master, purpose="index", length=32), self._digest())

    def seal(self, text: str, *, row: str) -> bytes:
        """The encrypted form of `text`, bound to `row` (such as 'households/17/head_name')."""
        nonce = os.urandom(_NONCE_BYTES)
        head = self._suite + self._key_id + nonce
        if self._suite == _AES:
            return head + self._aes.encrypt(nonce, text.encode(), row.encode())
        encryptor = BlockCipher(algorithms.SM4(self._keys[_SM4]), modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(row.encode())
        return head + encryptor.update(text.encode()) + encryptor.finalize() + encryptor.tag

    def open(self, sealed: bytes, *, row: str) -> str:
        """The text behind `sealed`; `SetupError` when the key is not the one it was sealed with."""
        suite, key_id = sealed[:1], sealed[1 : 1 + _KEY_ID_BYTES]
        nonce = sealed[1 + _KEY_ID_BYTES : 1 + _KEY_ID_BYTES + _NONCE_BYTES]
        body = sealed[1 + _KEY_ID_BYTES + _NONCE_BYTES :]
        try:
            if key_id != self._key_id:
                raise InvalidTag
            if suite == _AES:
                return self._aes.decrypt(nonce, body, row.encode()).decode()
            mode = modes.GCM(nonce, body[-_TAG_BYTES:])
            decryptor = BlockCipher(algorithms.SM4(self._keys[_SM4]), mode).decryptor()
            decryptor.authenticate_additional_data(row.encode())
            return (decryptor.update(body[:-_TAG_BYTES]) + decryptor.finalize()).decode()
        except InvalidTag:
            raise SetupError(
                f"{row.split('/')[0]}: a value does not open with this key. "
                "Set CREDIT_VILLAGE_KEY or CREDIT_VILLAGE_KEY_FILE to the key the database was made with."
            ) from None

    def index(self, number: str) -> bytes:
        """The keyed hash a number is found through; the same number always gives the same 32 bytes."""
        digest = self._index_key.copy()
        digest.update(number.encode())
        return digest.finalize()


def derived_key(master: bytes, *, purpose: str, length: int) -> bytes:
    """A key for one purpose, so that no two uses share a key."""
    return HKDF(hashes.SHA256(), length, None, f"credit-village/{purpose}".encode()).derive(master)


def load_master_key(configured: str | None, *, key_file: Path) -> bytes:
    """The master key from the setting (64 hexadecimal digits), else from the key file."""
    if configured is not None:
        return _decoded(configured, origin="CREDIT_VILLAGE_KEY")
    try:
        return _decoded(key_file.read_text().strip(), origin=str(key_file))
    except FileNotFoundError:
        raise SetupError(
            f"no master key: {key_file} does not exist. Run `credit-village init`, "
            "or set CREDIT_VILLAGE_KEY to 64 hexadecimal digits."
        ) from None
    except OSError as error:
        raise SetupError(f"cannot read the key file {key_file}: {error.strerror}") from error


class KeySettings(Protocol):
    """Where an installation has its master key: in a setting, a file, or what a command prints."""

    @property
    def master_key(self) -> str | None:
        """The key itself, 64 hexadecimal digits."""

    @property
    def key_command(self) -> str | None:
        """The command that prints it."""

    @property
    def key_file(self) -> Path:
        """The file it is read from where neither is set."""


def master_key_of(settings: KeySettings) -> bytes:
    """The master key of an installation: from its setting, else from its command, else from its file."""
    if settings.master_key is None and settings.key_command is not None:
        return _decoded(_printed(settings.key_command), origin="CREDIT_VILLAGE_KEY_COMMAND")
    return load_master_key(settings.master_key, key_file=settings.key_file)


def _printed(command: str) -> str:
    """What a command prints; neither the command nor what it prints is repeated when it fails."""
    try:
        ran = subprocess.run(
            shlex.split(command), capture_output=True, text=True, timeout=COMMAND_SECONDS, check=True
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SetupError(
            f"CREDIT_VILLAGE_KEY_COMMAND gave no key ({type(error).__name__}). Run it by hand: it must print "
            f"64 hexadecimal digits within {COMMAND_SECONDS} seconds and end with the status 0."
        ) from None
    return ran.stdout.strip()


def ensure_key_file(key_file: Path) -> bool:
    """Make a key file that only its owner can read, unless there is one; True when it was made."""
    if key_file.exists():
        return False
    try:
        key_file.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(os.urandom(32).hex() + "\n")
    except OSError as error:
        raise SetupError(f"cannot write the key file {key_file}: {error.strerror}") from error
    return True


def _decoded(text: str, *, origin: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise SetupError(f"{origin}: the key must be 64 hexadecimal digits") from None
    if len(key) != 32:
        raise SetupError(f"{origin}: the key has {len(key)} bytes; it must have 32 (64 hexadecimal digits)")
    return key
