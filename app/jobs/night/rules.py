"""The rules in force on a night, each with the kept version it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select

from app.db import Session
from app.errors import SetupError
from app.models import RuleVersion
from app.records.catalogue import Catalogue
from app.records.rules import RecordRules, load_record_rules
from app.rules.service import newest_catalogue
from scoring import CardError, Profile, Scorecard, in_force

JURISDICTION = "cq_bishan"


@dataclass(frozen=True)
class Rules:
    """Cards and profiles in force, and the ids of their kept versions by fingerprint."""

    household: Scorecard
    entity: Mapping[str, Scorecard]
    village: Profile
    town: Profile
    coverage: Profile
    records: RecordRules
    catalogue: Catalogue
    version_ids: Mapping[str, int]

    def version_of(self, rule: Scorecard | Profile) -> int:
        """The kept version a rule is; it must have been loaded."""
        return self.version_ids[rule.definition.fingerprint]

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
    """The rules of a day; `SetupError` when one is missing, broken or not loaded."""
    folder = policy_folder / JURISDICTION
    try:
        household = Scorecard.load(in_force(folder / "household", on=on))
        entity = Scorecard.load(in_force(folder / "agri_entity", on=on))
        village, town, coverage = (
            Profile.load(in_force(folder / level, on=on))
            for level in ("credit_village", "credit_town", "coverage")
        )
        variants = {name: entity.overlay(name) for name in entity.definition.overlays}
        records = load_record_rules(in_force(folder / "records", on=on))
    except CardError as error:
        raise SetupError(str(error)) from None
    catalogue = newest_catalogue(session)
    if catalogue is None:
        raise SetupError("the catalogue of facts is not loaded; run `credit-village init`")
    kept = session.execute(select(RuleVersion.fingerprint, RuleVersion.rule_version_id)).all()
    version_ids = {row[0]: row[1] for row in kept}
    rules = Rules(household, variants, village, town, coverage, records, catalogue, version_ids)
    strangers = [name for name, mark in rules.fingerprints.items() if mark not in rules.version_ids]
    if strangers:
        raise SetupError(f"rules not loaded: {', '.join(strangers)}; run `credit-village init`")
    return rules
