"""The rules in force on a night, each with the kept version it is."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.db import Session
from app.errors import SetupError
from app.models import RuleVersion
from app.records.catalogue import Catalogue
from app.records.rules import RecordRules, load_record_rules
from app.rules.service import JURISDICTION, activated_fingerprints, newest_catalogue
from app.rules.unfit import untold_files
from scoring import CardError, Finding, Profile, Scorecard, in_force

_Rule = Scorecard | Profile | RecordRules


@dataclass(frozen=True)
class Rules:
    """Cards and profiles in force, and the ids of their kept versions by fingerprint.

    `held` says of every newer version that no second person has activated what is used in its place.
    """

    household: Scorecard
    entity: Mapping[str, Scorecard]
    village: Profile
    town: Profile
    coverage: Profile
    records: RecordRules
    catalogue: Catalogue
    version_ids: Mapping[str, int]
    held: tuple[str, ...]

    def version_of(self, rule: Scorecard | Profile) -> int:
        """The kept version a rule is; it must have been loaded."""
        return self.version_ids[rule.definition.fingerprint]

    @property
    def untold_files(self) -> list[Finding]:
        """Why nobody can tell by the profile of coverage which credit files count; nothing where one can."""
        return untold_files(self.coverage.definition, self.catalogue)

    @property
    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of every rule by its code (and variant)."""
        cards = {f"{card.definition.code}:{name}": card for name, card in self.entity.items()}
        rules: dict[str, Scorecard | Profile] = {self.household.definition.code: self.household, **cards}
        for profile in (self.village, self.town, self.coverage):
            rules[profile.definition.code] = profile
        cards_and_profiles = {name: rule.definition.fingerprint for name, rule in rules.items()}
        return cards_and_profiles | {
            self.records.code: self.records.fingerprint,
            self.catalogue.code: self.catalogue.fingerprint,
        }


def rules_in_force(session: Session, policy_folder: Path, *, on: date) -> Rules:
    """The activated rules of a day; `SetupError` when one is missing, broken or not loaded."""
    kept = session.execute(select(RuleVersion.fingerprint, RuleVersion.rule_version_id)).all()
    version_ids = {row[0]: row[1] for row in kept}
    waiting = version_ids.keys() - activated_fingerprints(session)
    chosen = _Choice(policy_folder / JURISDICTION, on, waiting)
    try:
        household: Scorecard = chosen.rule("household", Scorecard.load).rule
        variants = chosen.rule("agri_entity", Scorecard.load).variants
        village, town, coverage = (
            chosen.rule(level, Profile.load).rule for level in ("credit_village", "credit_town", "coverage")
        )
        records: RecordRules = chosen.rule("records", load_record_rules).rule
    except CardError as error:
        raise SetupError(str(error)) from None
    catalogue = newest_catalogue(session)
    if catalogue is None:
        raise SetupError("the catalogue of facts is not loaded; run `credit-village init`")
    rules = Rules(
        household, variants, village, town, coverage, records, catalogue, version_ids, tuple(chosen.held)
    )
    strangers = [name for name, mark in rules.fingerprints.items() if mark not in rules.version_ids]
    if strangers:
        raise SetupError(f"rules not loaded: {', '.join(strangers)}; run `credit-village init`")
    return rules


@dataclass(frozen=True)
class _Loaded:
    """A file of rules with its versions by type of subject, and the fingerprints of all of them."""

    rule: Any
    variants: Mapping[str, Scorecard]
    marks: frozenset[str]


@lru_cache(maxsize=64)
def _loaded(load: Callable[[Path], _Rule], file: Path, _changed_at: int) -> _Loaded:
    """What a file holds; it is read once until it is written again."""
    rule = load(file)
    if isinstance(rule, Scorecard):
        variants = {name: rule.overlay(name) for name in rule.definition.overlays}
        marks = {card.definition.fingerprint for card in (rule, *variants.values())}
        return _Loaded(rule, variants, frozenset(marks))
    mark = rule.definition.fingerprint if isinstance(rule, Profile) else rule.fingerprint
    return _Loaded(rule, {}, frozenset({mark}))


@dataclass
class _Choice:
    """The newest begun version of each kind of rule that does not wait for a second person."""

    folder: Path
    on: date
    waiting: Collection[str]
    held: list[str] = field(default_factory=list)

    def rule(self, kind: str, load: Callable[[Path], _Rule]) -> _Loaded:
        """The version in force; one that waits is passed over for the one before it, and that is noted."""
        newest = file = in_force(self.folder / kind, on=self.on)
        while True:
            found = _loaded(load, file, file.stat().st_mtime_ns)
            if not found.marks & set(self.waiting):
                break
            try:
                file = in_force(self.folder / kind, on=_first_day(file) - timedelta(days=1))
            except CardError:
                raise SetupError(_no_other(newest)) from None
        if file != newest:
            self.held.append(
                f"新版本 {kind} {newest.stem} 尚未经第二人批准，仍用 {file.stem} · {kind} {newest.stem} "
                f"waits for a second person; {file.stem} is still used"
            )
        return found


def _no_other(newest: Path) -> str:
    return (
        f"{newest}: 尚未经第二人批准，且没有更早的版本可用，请申请启用（credit-village approval request "
        "activate-rule）并由另一人批准 · waits for a second person and there is no earlier version: ask for "
        "its activation with `credit-village approval request activate-rule`, and let another person grant it"
    )


def _first_day(file: Path) -> date:
    return date.fromisoformat(file.stem)
