"""The rule versions: every card and profile that is or was in force, kept as it was."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.db import Session
from app.errors import Conflict, NotFound, SetupError
from app.models import RuleVersion
from app.records.catalogue import Catalogue, parse_catalogue, read_catalogue
from app.records.rules import KIND as RECORDS
from app.records.rules import RecordRules, load_record_rules, parse_record_rules
from app.rules import store
from app.rules.appraisals import KIND as APPRAISALS
from app.rules.appraisals import (
    AppraisalRules,
    load_appraisal_rules,
    parse_appraisal_rules,
    refuse_other_numbers,
)
from app.rules.kept import kept_profile
from app.rules.notice_rules import KIND as NOTICES
from app.rules.notice_rules import NoticeRules, load_notice_rules, parse_notice_rules
from app.rules.unfit import GRADED_BY, unfit
from scoring import CardError, Finding, Profile, Scorecard
from scoring.definition import CardDefinition, ProfileDefinition
from scoring.lint import lint_file
from scoring.lint.delivered import undelivered
from scoring.loader import read
from scoring.measured import DELIVERED
from scoring.validation import from_json

KINDS_OF_CARDS = ("household", "agri_entity")
CATALOGUE = "catalogue"
APPRAISAL = "appraisal"
# Whose rules hold here. Cards of others are kept to be compared with; their profiles are files for a what-if.
JURISDICTION = "cq_bishan"


@dataclass(frozen=True)
class RuleFile:
    """One card (or its version for one type of subject) or profile of a policy folder."""

    code: str
    variant: str
    kind: str
    rule: CardDefinition | ProfileDefinition | RecordRules | NoticeRules | AppraisalRules
    path: Path


def load_rules(session: Session, policy_folder: Path, *, at: datetime) -> int:
    """Bring the kept rules to the state of the policy folder; how many versions were added.

    A version that has rated anybody is never edited: its file with another content is refused. So is a card
    that is not validated, or in which the linter finds an error.
    """
    known = {(rule.code, rule.variant, rule.effective_from): rule for rule in store.rule_versions(session)}
    added, files = 0, rule_files(policy_folder)
    appraisals = [file.rule for file in files if isinstance(file.rule, AppraisalRules)]
    catalogue = newest_catalogue(session)
    cards_here = [(file.kind, file.rule) for file in files if isinstance(file.rule, CardDefinition)]
    for file in files:
        definition = file.rule
        kept = known.get((file.code, file.variant, definition.effective_from))
        if kept is not None and kept.fingerprint == definition.fingerprint:
            continue
        if kept is not None and store.is_used(session, kept):
            raise Conflict(
                f"{file.path}: has changed, but it has rated subjects already. Restore it, and put the "
                "change into a new file named by its first day in force."
            )
        if isinstance(definition, ProfileDefinition):
            refuse_other_numbers(definition, appraisals, where=str(file.path))
            if faults := unfit(definition, cards_here, catalogue):
                raise SetupError(f"{file.path}: cannot be put in force: {faults}")
        store.put_rule(session, kept, _rule_version(file, at=at, validation=_evidence(file)))
        added += 1
    session.flush()
    return added


def load_catalogue(session: Session, path: Path, *, at: datetime) -> int:
    """Keep the catalogue of facts as it is now, so that a night can say which it read by; 1 if it is new."""
    catalogue = read_catalogue(path)
    if any(rule.fingerprint == catalogue.fingerprint for rule in store.rule_versions(session)):
        return 0
    kept = RuleVersion(
        code=catalogue.code,
        variant="",
        kind=CATALOGUE,
        effective_from=catalogue.dated,
        fingerprint=catalogue.fingerprint,
        content=catalogue.content,
        validation=None,
        loaded_at=at,
    )
    store.put_rule(session, None, kept)
    session.flush()
    return 1


def evidence_file(card: Path) -> Path:
    """Where the validation of a card is kept: beside it."""
    return card.with_suffix(".validation.json")


def evidence_of(card: Path, definition: CardDefinition) -> dict[str, Any]:
    """The validation of just this version of a card; `SetupError` where there is none (REQ-410)."""
    name = f"{definition.code} {definition.variant}".strip()
    file = evidence_file(card)
    how = f"run `credit-village card validate {card} --keep` and review what it finds"
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        for plain in kept["reports"]:
            if from_json(plain).is_of(definition):
                return {"validated_on": kept["validated_on"], "report": plain}
    except FileNotFoundError:
        raise SetupError(f"{card}: {name} is not validated, so it cannot be put in force; {how}") from None
    except (OSError, ValueError, KeyError, TypeError, CardError) as error:
        raise SetupError(f"{file}: is no readable validation ({error}); {how}") from None
    raise SetupError(f"{file}: is about another version of {name}; {how}")


def rule_files(policy_folder: Path) -> list[RuleFile]:
    """Every card with its versions by type of subject, and every profile of the district, of all dates."""
    found: list[RuleFile] = []
    for path in sorted(policy_folder.glob("*/*/*.yaml")):
        try:
            found.extend(_rules_in(path))
        except CardError as error:
            raise SetupError(str(error)) from None
    return found


def _rules_in(path: Path) -> list[RuleFile]:
    kind, content = path.parent.name, read(path)
    if RECORDS in content:
        rules = load_record_rules(path)
        return [RuleFile(rules.code, "", kind, rules, path)]
    if NOTICES in content:
        noticing = load_notice_rules(path)
        return [RuleFile(noticing.code, "", kind, noticing, path)]
    if APPRAISALS in content:
        appraisals = load_appraisal_rules(path)
        return [RuleFile(appraisals.code, "", kind, appraisals, path)]
    if "profile" in content and path.parent.parent.name != JURISDICTION:
        return []
    if "profile" in content:
        profile = Profile.load(path).definition
        return [RuleFile(profile.code, "", kind, profile, path)]
    card = Scorecard.load(path)
    cards = [card, *(card.overlay(variant) for variant in card.definition.overlays)]
    definitions = [item.definition for item in cards]
    return [RuleFile(item.code, item.variant, kind, item, path) for item in definitions]


def rule_version(session: Session, rule_version_id: int) -> RuleVersion:
    """One kept version."""
    found = store.rule_version(session, rule_version_id)
    assert found is not None, "a rating refers to a rule version that is not kept"
    return found


def profiles_of(session: Session, rule_version_ids: Collection[int]) -> dict[int, ProfileDefinition]:
    """Kept profiles as they were, in one query; one from before a check it does not pass is left out."""
    found = {}
    for number, content in store.contents(session, rule_version_ids).items():
        with suppress(CardError):
            found[number] = Profile.parse(content).definition
    return found


def cards(session: Session) -> list[RuleVersion]:
    """The kept cards, by code, variant and date."""
    return [rule for rule in store.rule_versions(session) if rule.kind in KINDS_OF_CARDS]


def card_version(session: Session, code: str, *, version: str, variant: str) -> RuleVersion:
    """The kept card of a code and first day in force."""
    for rule in cards(session):
        if (rule.code, rule.effective_from.isoformat(), rule.variant) == (code, version, variant):
            return rule
    raise NotFound("there is no such card; /v1/cards lists every code with its versions and variants")


def profile_version(
    session: Session, code: str, *, effective_from: date, kinds: Collection[str]
) -> ProfileDefinition:
    """The kept profile of a code and first day, in force or waiting for two persons."""
    for rule in store.rule_versions(session):
        if rule.kind in kinds and (rule.code, rule.effective_from) == (code, effective_from):
            return kept_profile(rule)
    raise NotFound(
        f"没有首日为 {effective_from} 的信用村、信用镇标准 {code} · no profile {code} of {effective_from} "
        f"is kept of {' or '.join(kinds)}; put its file into the policy folder and run `credit-village init`"
    )


def profile_in_force(session: Session, kind: str, *, on: date) -> ProfileDefinition:
    """The kept profile of a kind that is in force on a day."""
    newest = rule_in_force(session, kind, on=on)
    if newest is None:
        raise NotFound(f"no {kind} profile is in force on {on}")
    return kept_profile(newest)


def rule_in_force(session: Session, kind: str, *, on: date) -> RuleVersion | None:
    """The kept version of a kind of rule that is in force on a day; none before there was one."""
    kept = [rule for rule in store.of_kind(session, kind) if rule.effective_from <= on]
    return max(_activated(session, kept), key=lambda rule: rule.effective_from, default=None)


def record_rules_in_force(session: Session, *, on: date) -> RecordRules | None:
    """The kept rules about records of a day; None before there were any."""
    newest = rule_in_force(session, RECORDS, on=on)
    return None if newest is None else parse_record_rules(newest.content)


def notice_rules_in_force(session: Session, *, on: date) -> NoticeRules:
    """The kept rules about public notices of a day."""
    newest = rule_in_force(session, NOTICES, on=on)
    if newest is None:
        raise SetupError(
            f"no rules about public notices are in force on {on}. Run `credit-village init`; where nights "
            "were published before, two persons activate the rules (`credit-village approval`)"
        )
    return parse_notice_rules(newest.content)


def appraisal_rules_in_force(session: Session, *, on: date) -> tuple[int, AppraisalRules]:
    """The rules of appraisals and overrides of a day, with the number of the kept version."""
    kept = [rule for rule in store.of_kind(session, APPRAISAL) if rule.effective_from <= on]
    newest = max(_activated(session, kept), key=lambda rule: rule.effective_from, default=None)
    if newest is None:
        raise SetupError(
            f"{on} 没有生效的村级评议规则，请运行 credit-village init · no rules of village appraisal are in "
            "force; run `credit-village init`"
        )
    return newest.rule_version_id, parse_appraisal_rules(newest.content)


def appraisal_rules_of(session: Session, rule_version_id: int) -> AppraisalRules:
    """The rules of appraisals and overrides as they were kept."""
    return parse_appraisal_rules(rule_version(session, rule_version_id).content)


def newest_catalogue(session: Session) -> Catalogue | None:
    """The catalogue of facts that was kept last; None before the first was."""
    kept = store.of_kind(session, CATALOGUE)
    return parse_catalogue(kept[-1].content) if kept else None


def rules_of_night(
    session: Session, fingerprints: Mapping[str, str]
) -> tuple[RecordRules | None, Catalogue | None]:
    """The rules about records and the catalogue a night went by; none for a night before there were any."""
    marks = set(fingerprints.values())
    rules = [rule for rule in store.of_kind(session, RECORDS) if rule.fingerprint in marks]
    catalogues = [rule for rule in store.of_kind(session, CATALOGUE) if rule.fingerprint in marks]
    return (
        parse_record_rules(rules[0].content) if rules else None,
        parse_catalogue(catalogues[0].content) if catalogues else None,
    )


def activated_fingerprints(session: Session) -> set[str]:
    """The fingerprints of the founding set and of what two persons have put in force since."""
    return {rule.fingerprint for rule in _activated(session, store.rule_versions(session))}


def activation_of(session: Session, code: str, *, effective_from: date) -> dict[str, Any]:
    """What is to be put in force: one file of rules with its first day and the fingerprint of each part.

    `NotFound` for what is not kept, `Conflict` for what is in force already.
    """
    parts = [
        rule
        for rule in store.rule_versions(session)
        if (rule.code, rule.effective_from) == (code, effective_from) and rule.kind != CATALOGUE
    ]
    if not parts:
        raise NotFound(
            f"没有首日为 {effective_from} 的规则 {code}，请先运行 credit-village init · no rules {code} of "
            f"{effective_from} are kept; put their file into the policy folder and run `credit-village init`"
        )
    if len(_activated(session, parts)) == len(parts):
        raise Conflict(
            f"规则 {code}（{effective_from}）已启用，无需再次批准 · the rules {code} of {effective_from} are "
            "activated already"
        )
    for part in parts:
        if part.kind in DELIVERED and (faults := _unfit_kept(session, part)):
            raise Conflict(f"规则 {code}（{effective_from}）不能启用 · cannot be put in force: {faults}")
    return {
        "code": code,
        "kind": parts[0].kind,
        "effective_from": effective_from.isoformat(),
        "fingerprints": {f"{code} {rule.variant}".strip(): rule.fingerprint for rule in parts},
    }


def card_of(rule: RuleVersion) -> Scorecard:
    """The card of a kept version, as it was."""
    return _parsed(rule.fingerprint, rule.content)


def _activated(session: Session, rules: Sequence[RuleVersion]) -> list[RuleVersion]:
    """Those that may be in force: what was there when the first night was published, and what was activated.

    The set an installation begins with is the district's own founding decision; what comes later takes a
    second person.
    """
    founded_at = store.first_published_at(session)
    if founded_at is None or all(rule.loaded_at <= founded_at for rule in rules):
        return list(rules)
    marks = store.activated(session)
    return [rule for rule in rules if rule.loaded_at <= founded_at or rule.fingerprint in marks]


@lru_cache(maxsize=64)
def _parsed(fingerprint: str, content: str) -> Scorecard:
    card = Scorecard.parse(content, where=fingerprint[:12])
    assert card.definition.fingerprint == fingerprint, "a kept card has changed"
    return card


def _evidence(file: RuleFile) -> dict[str, Any] | None:
    """The validation of a card; the common part of a card with versions by type rates nobody and has none."""
    definition = file.rule
    if not isinstance(definition, CardDefinition | ProfileDefinition):
        return None
    faults = [str(finding) for finding in lint_file(file.path) if finding.error]
    if faults:
        raise SetupError(f"{file.path}: cannot be put in force: {'; '.join(faults)}")
    if isinstance(definition, ProfileDefinition) or definition.overlays:
        return None
    return evidence_of(file.path, definition)


def _unfit_kept(session: Session, kept: RuleVersion) -> str:
    try:
        profile = Profile.parse(kept.content).definition
    except CardError as error:
        return str(error)
    graded = [each for each in cards(session) if each.kind == GRADED_BY.get(kept.kind)]
    here = [(each.kind, card_of(each).definition) for each in graded]
    return unfit(profile, here, newest_catalogue(session))


def lint_rule_file(path: Path) -> list[Finding]:
    """What is wrong or questionable about a card or a profile, also where it is to be in force here.

    The profile of another jurisdiction is a file for a what-if, and may ask for what nobody here measures.
    """
    findings = lint_file(path)
    if any(finding.error for finding in findings) or "profile" not in read(path):
        return findings
    folder = path.resolve().parent
    elsewhere = folder.name in DELIVERED and folder.parent.name != JURISDICTION
    missing = undelivered(Profile.load(path).definition)
    return findings + [replace(finding, error=not elsewhere) for finding in missing]


def _rule_version(file: RuleFile, *, at: datetime, validation: dict[str, Any] | None) -> RuleVersion:
    definition = file.rule
    return RuleVersion(
        validation=validation,
        code=file.code,
        variant=file.variant,
        kind=file.kind,
        effective_from=definition.effective_from,
        fingerprint=definition.fingerprint,
        content=definition.content,
        loaded_at=at,
    )
