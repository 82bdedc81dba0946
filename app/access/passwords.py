"""Which passwords are accepted and how they are kept (NIST SP 800-63B, 3.1.1: length counts, not mixture)."""

import re
import secrets
import string
import unicodedata
from collections.abc import Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from app.access.breached import is_breached
from app.errors import Invalid
from app.settings import ROOT

LENGTH_MIN, LENGTH_MAX = 10, 128
HANDED_OVER_LETTERS, HANDED_OVER_LENGTH = "abcdefghjkmnpqrstuvwxyz23456789", 28
# Of this service, in the forms people write them.
_OWN_WORDS = ("credit-village", "creditvillage", "xinyongcun", "信用村", "农村信用建档评级", "bishan", "璧山")
# Along the rows of a keyboard, the alphabet and the digits.
_ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
         string.ascii_lowercase, "01234567890")  # fmt: skip
_STEPS_SHARE_MAX = 0.7
_WRITTEN_FOR = str.maketrans("0134578@$!", "oleastbasi")

# Argon2id with the least memory OWASP's password storage guide allows: many sign-ins at once must fit a small
# server.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def check_password(password: str, *, about: Iterable[str] = (), breached: Path | None = None) -> None:
    """Refuse with `Invalid` a password too short or too long, or one an attacker tries first.

    `about` are words of the account: the username, the name of the person and of the organisation;
    `breached` is the operator's collection of passwords that became known, where there is one.
    """
    plain = unicodedata.normalize("NFKC", password)
    if not LENGTH_MIN <= len(plain) <= LENGTH_MAX:
        raise Invalid(
            f"password: choose {LENGTH_MIN} to {LENGTH_MAX} characters. "
            f"密码长度应为 {LENGTH_MIN} 至 {LENGTH_MAX} 个字符。"
        )
    if _is_pattern(plain.casefold()) or _is_known(plain.casefold(), about):
        raise Invalid(
            "password: this one is among the first an attacker tries (a common word, the name of the account "
            "or of this service, a row of keys, a repetition); choose several words that do not belong "
            "together. "
            "密码过于常见或容易猜到：请改用几个互不相关的词组成的密码。"
        )
    if breached is not None and is_breached(password, collection=breached):
        raise Invalid(
            "password: this one is in a collection of passwords stolen elsewhere; choose another one. "
            "该密码已出现在外泄的密码库中，请更换密码。"
        )


def hashed(password: str) -> str:
    """The form a password is kept in."""
    return _HASHER.hash(unicodedata.normalize("NFKC", password))


def matches(password_hash: str, password: str) -> bool:
    """Whether this is the password that was hashed."""
    try:
        return _HASHER.verify(password_hash, unicodedata.normalize("NFKC", password))
    except (VerifyMismatchError, InvalidHashError):
        return False


def needs_rehash(password_hash: str) -> bool:
    """Whether the parameters of a hash are no longer the present ones."""
    return _HASHER.check_needs_rehash(password_hash)


@cache
def nobodys_hash() -> str:
    """A hash to compare with where there is no account, so that the time tells nothing."""
    return hashed(secrets.token_urlsafe())


def one_time_password() -> str:
    """A password to hand over once: 138 bits, in letters and digits that are not confused on paper."""
    drawn = "".join(secrets.choice(HANDED_OVER_LETTERS) for _ in range(HANDED_OVER_LENGTH))
    return "-".join(drawn[start : start + 4] for start in range(0, HANDED_OVER_LENGTH, 4))


def _is_known(plain: str, about: Iterable[str]) -> bool:
    """Whether a password is a listed word, or one of the account, but for digits and signs around it."""
    words = {form for word in about for form in _forms(word.casefold()) if len(form) >= 3}
    return plain in _leaked() or not _forms(plain).isdisjoint(words | _common_words())


def _forms(word: str) -> set[str]:
    """A word as it stands, without the digits and signs around it, with `@` read as a, and without gaps."""
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", word)
    unmasked = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", word.translate(_WRITTEN_FOR))
    forms = {word, core, unmasked}
    return {form for form in forms | {re.sub(r"[\W_]+", "", form) for form in forms} if form}


@cache
def _common_words() -> frozenset[str]:
    words = (*_listed("common_passwords.txt"), *_OWN_WORDS)
    return frozenset(form for word in words for form in _forms(word.casefold()))


@cache
def _leaked() -> frozenset[str]:
    """The passwords of the permitted length that people were found to use most."""
    return frozenset(word.casefold() for word in _listed("leaked_passwords.txt"))


def _listed(name: str) -> list[str]:
    lines = (ROOT / "seed_data" / name).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("# ")]


def _is_pattern(plain: str) -> bool:
    """Whether a password is a short piece repeated, or mostly neighbours on a keyboard or in the alphabet."""
    if len(set(plain)) < 4 or re.fullmatch(r"(.{1,5})\1+", plain) is not None:
        return True
    steps = sum(pair in _neighbours() or pair[0] == pair[1] for pair in pairwise(plain))
    return steps / (len(plain) - 1) > _STEPS_SHARE_MAX


@cache
def _neighbours() -> frozenset[tuple[str, str]]:
    forth = {pair for row in _ROWS for pair in pairwise(row)}
    return frozenset(forth | {(b, a) for a, b in forth})
