"""What the law keeps out of a card, and what it lets in only with a written consent."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from scoring import loader
from scoring.checks import Finding
from scoring.definition import CardDefinition, Input

LAW = Path(__file__).with_name("law.yaml")
JUDGEMENT_SHARE_MAXIMUM = 0.15
PERSONS = ("household",)


def lawful(card: CardDefinition) -> Iterable[Finding]:
    """Prohibited and restricted inputs, undeclared sensitivity, and judgement that weighs too much."""
    law = _law()
    for item in card.inputs:
        yield from _prohibited(item, law["prohibited"])
        if not item.sensitivity:
            yield Finding(True, item.name, "declares no sensitivity: open, personal or restricted")
        if card.subject in PERSONS:
            yield from _restricted(item, law)
        if item.sensitivity == "restricted" and item.consent != "written":
            what = "is restricted and has no `consent: written` (征信业管理条例 第十四条)"
            yield Finding(True, item.name, what)
    for block in card.blocks:
        share = block.maximum / max(card.maximum, 1)
        if block.judgement and share > JUDGEMENT_SHARE_MAXIMUM:
            most = f"{JUDGEMENT_SHARE_MAXIMUM:.0%}"
            what = f"what people think weighs {share:.0%}; more than {most} invites favours"
            yield Finding(False, block.name, what)


def _prohibited(item: Input, rules: list[dict[str, Any]]) -> Iterable[Finding]:
    for rule in rules:
        if _named(item, rule):
            yield Finding(True, item.name, f"a prohibited input, {rule['label']} ({rule['basis']})")


def _restricted(item: Input, law: dict[str, Any]) -> Iterable[Finding]:
    if item.unit not in law["money_units"] or _named(item, law["whole_place"]):
        return
    for rule in law["restricted"]:
        if _named(item, rule) and item.sensitivity not in ("", "restricted"):
            what = f"is about {rule['label']}: restricted, not {item.sensitivity} ({rule['basis']})"
            yield Finding(True, item.name, what)


def _named(item: Input, rule: dict[str, Any]) -> bool:
    """Whether the name or the Chinese label of an input speaks of what a rule is about."""
    by_name = any(f"_{name}_" in f"_{item.name}_" for name in rule["names"])
    return by_name or any(word in item.label.zh for word in rule["words"])


@cache
def _law() -> dict[str, Any]:
    return loader.read(LAW)
