"""Passwords that became known elsewhere: looked up in the operator's collection, without asking anybody."""

import hashlib
from pathlib import Path
from typing import BinaryIO

from app.errors import SetupError

# As the collection of Have I Been Pwned is handed out: 40 hexadecimal digits, a colon and a count.
_HASH_DIGITS = 40


def is_breached(password: str, *, collection: Path) -> bool:
    """Whether a password is in a collection of SHA-1 hashes, one a line, in order."""
    # SHA-1 is only what the collection is sorted by; nothing is protected with it.
    wanted = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    try:
        with collection.open("rb") as file:
            return _has_line(file, wanted)
    except OSError as error:
        raise SetupError(
            f"CREDIT_VILLAGE_BREACHED_PASSWORDS: {collection} cannot be read ({error.strerror}). "
            "Correct the path, or take the setting away."
        ) from error


def _has_line(file: BinaryIO, wanted: bytes) -> bool:
    """Whether a sorted file has a line that begins so; halved, not read: it may have tens of gigabytes."""
    low, high = 0, file.seek(0, 2)
    while low < high:
        middle = (low + high) // 2
        file.seek(max(middle - 1, 0))
        if middle:
            file.readline()
        start = file.tell()
        found = file.readline()[:_HASH_DIGITS].upper()
        if start < high and found == wanted:
            return True
        if start < high and found < wanted:
            low = file.tell()
        else:
            high = middle
    return False
