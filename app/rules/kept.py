"""A kept profile read again: one that a later check refuses says so, and what is to be done."""

from functools import lru_cache

from app.errors import SetupError
from app.models import RuleVersion
from scoring import CardError, Profile
from scoring.definition import ProfileDefinition


def kept_profile(rule: RuleVersion) -> ProfileDefinition:
    """The profile of a kept version.

    `SetupError` for one from before a check it does not pass: nobody can go by it.
    """
    try:
        profile = _parsed(rule.content)
    except CardError as error:
        raise SetupError(
            f"{rule.code}（{rule.effective_from}）已存版本无法使用，请启用新版本 · the kept version cannot "
            f"be used; put a new one in force: {error}"
        ) from None
    assert profile.fingerprint == rule.fingerprint, "a kept profile has changed"
    return profile


@lru_cache(maxsize=64)
def _parsed(content: str) -> ProfileDefinition:
    return Profile.parse(content).definition
