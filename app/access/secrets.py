"""Secrets made by this service: so long that they cannot be guessed and need no slow hash."""

import hashlib
import hmac
import secrets


def new_secret() -> str:
    """256 random bits, to be shown once."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> str:
    """The only form such a secret is kept in."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_secret(secret: str, *, kept: str) -> bool:
    """Whether this is the secret behind the kept form, told in the same time whatever it is."""
    return hmac.compare_digest(hash_of(secret), kept)
