"""What makes a card wrong, or questionable: everything a reviewer would have to find by hand."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from scoring import loader
from scoring.checks import Finding, faults
from scoring.definition import CardDefinition
from scoring.errors import CardError
from scoring.lint.algebra import cancelled
from scoring.lint.declared import declared
from scoring.lint.law import lawful
from scoring.lint.profiles import lint_profile_file
from scoring.lint.reach import reachable
from scoring.lint.witness import witness

__all__ = ["Finding", "lint", "lint_content", "lint_file"]


def lint_file(path: Path) -> list[Finding]:
    """What is wrong or questionable about the card in a file and its versions by type, or about a profile."""
    try:
        content = loader.read(path)
        return lint_profile_file(path) if "profile" in content else lint_content(content, where=str(path))
    except CardError as error:
        return [Finding(True, str(path), str(error).removeprefix(f"{path}: "))]


def lint_content(content: Mapping[str, Any], *, where: str) -> list[Finding]:
    """The same for a card that is already read; each thing is told once."""
    try:
        cards = [loader.unchecked(content, where=where)]
        cards += [loader.unchecked(content, where=where, variant=variant) for variant in cards[0].overlays]
    except CardError as error:
        return [Finding(True, where, str(error).removeprefix(f"{where}: "))]
    found = [finding for card in cards for finding in lint(card)]
    if not any(faults(card) for card in cards):
        found += _unused(cards)
    return list(dict.fromkeys(found))


def _unused(cards: list[CardDefinition]) -> list[Finding]:
    """Reasons no version gives, and values no version reads."""
    given = {step.reason for card in cards for item in card.characteristics for step in item.bins}
    read = {name for card in cards for item in card.derivations for name in item.of}
    read |= {item.of for card in cards for item in card.characteristics}
    read |= {veto.of for card in cards for veto in card.vetoes}
    first = cards[0]
    declared = [item.name for item in first.inputs]
    declared += [item.name for item in first.references] + [item.name for item in first.derivations]
    dead = [Finding(True, f"reason {code}", "no bin gives it") for code in first.reasons if code not in given]
    return dead + [Finding(True, name, "nothing reads it") for name in declared if name not in read]


def lint(card: CardDefinition) -> list[Finding]:
    """What is wrong or questionable about one card; first of all whether it can be used."""
    unusable = faults(card)
    found = unusable or [*reachable(card), *declared(card), *cancelled(card)]
    return [_shown(card, finding) for finding in (*found, *lawful(card))]


def _shown(card: CardDefinition, finding: Finding) -> Finding:
    """The finding with inputs that bring its value about, where there are any."""
    if finding.example or finding.value is None:
        return finding
    name, value = finding.value
    inputs = witness(card, name, value)
    return finding if inputs is None else replace(finding, example=tuple(inputs.items()))
