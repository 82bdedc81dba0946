"""Which profile holds for a kind of title on a day."""

from collections.abc import Collection
from datetime import date

from app.db import Session
from app.designations.rules import TitleRules, title_rules
from app.errors import NotFound, SetupError
from app.models import DesignationKind
from app.rules.service import rule_in_force, rule_version


def rules_in_force(session: Session, kind: DesignationKind, *, on: date) -> TitleRules:
    """The rules of a kind of title on a day; `NotFound` where no profile of it is in force."""
    found = rules_if_any(session, kind, on=on)
    if found is None:
        raise NotFound(
            f"{on} 没有生效的{kind.label}创建标准 · no {kind} profile that gives the title is in force on "
            f"{on}; where nights were published before it came, two persons activate it with "
            "`credit-village approval`"
        )
    return found


def rules_if_any(session: Session, kind: DesignationKind, *, on: date) -> TitleRules | None:
    """The same, or none where no profile of this kind says how the title is given."""
    found = rule_in_force(session, kind.value, on=on)
    return None if found is None else title_rules(found)


def usable_rules(
    session: Session, *, on: date
) -> tuple[dict[DesignationKind, TitleRules], dict[DesignationKind, str]]:
    """What each kind of title goes by on a day, and of which others nobody can go by the version, and why."""
    found, unusable = {}, {}
    for kind in DesignationKind:
        try:
            rules = rules_if_any(session, kind, on=on)
        except SetupError as refused:
            unusable[kind] = refused.detail
            continue
        if rules is not None:
            found[kind] = rules
    return found, unusable


def title_named(session: Session, rule_version_id: int, *, kind: DesignationKind, rung: str) -> str:
    """What a title is called by the version of a step; by its kind where nobody can go by that any more."""
    try:
        return rules_of_version(session, rule_version_id).title(rung)
    except SetupError:
        return kind.label


def rules_of_version(session: Session, rule_version_id: int) -> TitleRules:
    """The rules an earlier step went by."""
    found = title_rules(rule_version(session, rule_version_id))
    assert found is not None, "a step goes by a profile that gives the title"
    return found


def unusable_versions(session: Session, rule_version_ids: Collection[int]) -> dict[int, str]:
    """Those of some kept versions nobody can go by any more, each with the reason."""
    found = {}
    for number in rule_version_ids:
        try:
            rules_of_version(session, number)
        except SetupError as refused:
            found[number] = refused.detail
    return found
