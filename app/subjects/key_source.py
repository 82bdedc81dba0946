"""Where the master keys come from: a setting, a file, or what a command prints; the newest comes first."""

import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Protocol

from app.errors import SetupError
from app.subjects.cipher import Cipher, Suite

COMMAND_SECONDS = 10
_KEY_BYTES = 32


class KeySettings(Protocol):
    """Where an installation has its master keys: in a setting, a file, or what a command prints."""

    @property
    def master_key(self) -> str | None:
        """The keys themselves, 64 hexadecimal digits each."""

    @property
    def key_command(self) -> str | None:
        """The command that prints them."""

    @property
    def key_file(self) -> Path:
        """The file they are read from where neither is set."""


class CipherSettings(KeySettings, Protocol):
    """The same, and the suite a new database is sealed with."""

    @property
    def cipher_suite(self) -> Suite:
        """The suite."""


def cipher_of(settings: CipherSettings) -> Cipher:
    """The cipher of an installation: it opens with every key given, and reads them anew if one is missing."""
    newest, *earlier = master_keys_of(settings)
    return Cipher(newest, settings.cipher_suite, earlier=earlier, reread=lambda: master_keys_of(settings))


def master_keys_of(settings: KeySettings) -> list[bytes]:
    """The master keys of an installation: from its setting, else from its command, else from its file."""
    if settings.master_key is not None:
        return _decoded(settings.master_key, origin="CREDIT_VILLAGE_KEY")
    if settings.key_command is not None:
        return _decoded(_printed(settings.key_command), origin="CREDIT_VILLAGE_KEY_COMMAND")
    return _decoded(_read(settings.key_file), origin=str(settings.key_file))


def key_in(key_file: Path) -> bytes:
    """The newest key in a file."""
    return _decoded(_read(key_file), origin=str(key_file))[0]


def ensure_key_file(key_file: Path) -> bool:
    """Make a key file that only its owner can read, unless there is one; True when it was made."""
    if key_file.exists():
        return False
    try:
        key_file.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(_new_key())
    except OSError as error:
        raise SetupError(f"cannot write the key file {key_file}: {error.strerror}") from error
    return True


def add_key(settings: KeySettings) -> bytes:
    """Put a new key in front of those in the key file, in one step; `SetupError` where there is no file."""
    if settings.master_key is not None or settings.key_command is not None:
        raise SetupError(
            "the keys come from CREDIT_VILLAGE_KEY or CREDIT_VILLAGE_KEY_COMMAND: put the new one in front "
            "of the old one there, with a blank between them; `openssl rand -hex 32` makes one"
        )
    file = settings.key_file
    text = _new_key() + _read(file)
    newest = _decoded(text, origin=str(file))[0]
    try:
        handle, draft = tempfile.mkstemp(dir=file.parent)
        with open(handle, "w") as written:
            written.write(text)
            written.flush()
            os.fsync(written.fileno())
        Path(draft).replace(file)
    except OSError as error:
        raise SetupError(f"cannot write the key file {file}: {error.strerror}") from error
    return newest


def _new_key() -> str:
    return os.urandom(_KEY_BYTES).hex() + "\n"


def _read(key_file: Path) -> str:
    try:
        return key_file.read_text()
    except FileNotFoundError:
        raise SetupError(
            f"no master key: {key_file} does not exist. Run `credit-village init`, "
            "or set CREDIT_VILLAGE_KEY to 64 hexadecimal digits."
        ) from None
    except OSError as error:
        raise SetupError(f"cannot read the key file {key_file}: {error.strerror}") from error


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
    return ran.stdout


def _decoded(text: str, *, origin: str) -> list[bytes]:
    """The keys in a text, separated by blanks, line breaks or commas."""
    try:
        keys = [bytes.fromhex(word) for word in re.split(r"[\s,]+", text.strip(" \t\r\n,"))]
    except ValueError:
        raise SetupError(f"{origin}: the key must be 64 hexadecimal digits") from None
    for key in keys:
        if len(key) != _KEY_BYTES:
            raise SetupError(
                f"{origin}: the key has {len(key)} bytes; it must have 32 (64 hexadecimal digits)"
            )
    return keys
