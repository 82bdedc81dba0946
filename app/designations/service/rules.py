"""Which profile holds for a kind of title on a day."""

from datetime import date

from app.db import Session
from app.designations.rules import TitleRules, title_rules
from app.errors import NotFound
from app.models import DesignationKind
from app.rules.service import rule_in_force, rule_version


def rules_in_force(session: Session, kind: DesignationKind, *, on: date) -> TitleRules:
    """The rules of a kind of title on a day; `NotFound` where no profile of it is in force."""
    found = rule_in_force(session, kind.value, on=on)
    if found is None:
        raise NotFound(
            f"{on} 没有生效的{kind.label}标准 · no {kind} profile is in force on {on}; where nights were "
            "published before it came, two persons activate it (`credit-village approval`)"
        )
    return title_rules(found)


def rules_if_any(session: Session, kind: DesignationKind, *, on: date) -> TitleRules | None:
    """The same, or none where there is no profile of this kind, or none that says how the title is given."""
    found = rule_in_force(session, kind.value, on=on)
    if found is None:
        return None
    rules = title_rules(found)
    return rules


def rules_of_version(session: Session, rule_version_id: int) -> TitleRules:
    """The rules an earlier step went by."""
    return title_rules(rule_version(session, rule_version_id))
