"""The rules by which inquiries look abnormal, and what users and banks have declared beforehand: all data."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache
from pathlib import Path
from typing import TypeVar

from app.errors import SetupError
from app.models import Purpose
from app.settings import ROOT
from scoring import CardError
from scoring.definition import Source, Text
from scoring.document import Document
from scoring.loader import canonical, read

SEVERITIES = ("low", "medium", "high")
# Every rule must be in the file, with just these limits.
LIMITS: Mapping[str, tuple[str, ...]] = {
    "outside_hours": ("more_than",),
    "at_night": ("more_than",),
    "burst": ("more_than", "minutes"),
    "many_a_day": ("more_than",),
    "above_own_habit": ("more_than", "times", "working_days", "active_days_least"),
    "whole_village": ("share_above", "subjects_least", "days"),
    "whole_village_shared": ("share_above", "subjects_least", "days"),
    "no_loan_afterwards": ("share_above", "subjects_least", "days", "report_days"),
    "relatives_village": ("more_than",),
    "refused_in_a_row": ("more_than", "minutes"),
}
CAMPAIGN_DAYS_MOST = 10
V = TypeVar("V")
_SHIPPED = ROOT / "seed_data" / "inquiry_alerts.yaml"


@dataclass(frozen=True)
class Rule:
    """One way in which inquiries look abnormal, with its limits, its reason and the source of the duty.

    `persons_only` leaves out what banks' systems asked with their credentials; without `purposes` every
    inquiry counts.
    """

    name: str
    label: Text
    reason: Text
    basis: Source
    severity: str
    persons_only: bool
    purposes: tuple[Purpose, ...]
    limits: Mapping[str, float]


@dataclass(frozen=True)
class Hours:
    """The working hours of a working day, and the night of every day, in China."""

    begin: time
    end: time
    night_begin: time
    night_end: time


@dataclass(frozen=True)
class AlertRules:
    """One version of the rules, with the days that are holidays and the weekend days that are worked on."""

    code: str
    title: Text
    effective_from: date
    hours: Hours
    holidays: frozenset[date]
    working_weekends: frozenset[date]
    rules: Mapping[str, Rule]
    fingerprint: str

    def limit(self, rule: str, name: str) -> float:
        """A limit of a rule, such as the number that may not be exceeded."""
        return self.rules[rule].limits[name]


@dataclass(frozen=True)
class Campaign:
    """Days on which a bank has announced to visit a village: its many inquiries there are expected."""

    organisation_code: str
    village_code: str
    first: date
    last: date


@dataclass(frozen=True)
class Declarations:
    """What was declared beforehand: villages of officers' relatives, campaigns, and names of lenders.

    Nothing declared is the default; whoever has declared no village is not watched for one.
    """

    relatives: Mapping[str, tuple[str, ...]]
    campaigns: tuple[Campaign, ...]
    lenders: Mapping[str, tuple[str, ...]]
    fingerprint: str


NOTHING_DECLARED = Declarations({}, (), {}, "")


@cache
def shipped_rules() -> AlertRules:
    """The rules that come with the service."""
    return read_rules(_SHIPPED)


def read_rules(path: Path) -> AlertRules:
    """The rules in a file; `SetupError` names the first bad entry."""
    try:
        content = read(path)
        return _rules(Document(content, where=str(path)), canonical(content))
    except CardError as error:
        raise SetupError(str(error)) from None


def read_declarations(path: Path) -> Declarations:
    """What a file declares; `SetupError` names the first bad entry."""
    try:
        content = read(path)
        return _declarations(Document(content, where=str(path)), canonical(content))
    except CardError as error:
        raise SetupError(str(error)) from None


def _rules(document: Document, text: str) -> AlertRules:
    sources = _sources(document.part("sources"))
    calendar = document.part("calendar")
    each = [_rule(part, sources) for part in document.parts("rules")]
    rules = _by_name(document, "rules", [(rule.name, rule) for rule in each])
    if missing := [name for name in LIMITS if name not in rules]:
        raise document.error("rules", f"missing: {', '.join(missing)}")
    found = AlertRules(
        code=document.text("alerts"),
        title=document.words("title"),
        effective_from=document.day("effective_from"),
        hours=_hours(document.part("hours")),
        holidays=frozenset(day for part in calendar.parts("holidays") for day in _holiday(part)),
        working_weekends=frozenset(
            day for part in calendar.parts("working_weekends") for day in _worked(part)
        ),
        rules=rules,
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
    )
    calendar.close()
    document.close()
    return found


def _sources(part: Document) -> dict[str, Source]:
    found = {}
    for code in part.names():
        item = part.part(code)
        found[code] = Source(code, item.text("document"), item.text("article"), item.text("dated"))
        item.close()
    return found


def _by_name(document: Document, key: str, items: list[tuple[str, V]]) -> dict[str, V]:
    """The items of a list by their names, each of which stands there once."""
    names = [name for name, _ in items]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise document.error(key, f"{repeated[0]} stands twice")
    return dict(items)


def _rule(part: Document, sources: Mapping[str, Source]) -> Rule:
    name, basis = part.one_of("name", tuple(LIMITS)), part.text("basis")
    if basis not in sources:
        raise part.error("basis", f"{basis!r} is none of {', '.join(sources)}")
    wanted = {purpose.value: purpose for purpose in Purpose}
    if strangers := [word for word in part.texts("purposes") if word not in wanted]:
        raise part.error("purposes", f"{strangers[0]!r} is none of {', '.join(wanted)}")
    limits = part.part("limits")
    found = Rule(
        name=name,
        label=part.words("label"),
        reason=part.words("reason"),
        basis=sources[basis],
        severity=part.one_of("severity", SEVERITIES),
        persons_only=part.one_of("about", ("everybody", "persons")) == "persons",
        purposes=tuple(wanted[word] for word in part.texts("purposes")),
        limits={key: _limit(limits, key) for key in LIMITS[name]},
    )
    limits.close()
    part.close()
    return found


def _limit(part: Document, key: str) -> float:
    value = part.number(key)
    if not 0 <= value < float("inf"):
        raise part.error(key, "write a number of 0 or more")
    if key == "share_above" and value >= 1:
        raise part.error(key, "a share is less than 1, as in 0.3")
    return value


def _hours(part: Document) -> Hours:
    found = Hours(*(_time(part, key) for key in ("from", "to", "night_from", "night_to")))
    if not found.night_end <= found.begin < found.end <= found.night_begin:
        raise part.error("from", "the hours of work must lie between the end and the beginning of the night")
    part.close()
    return found


def _time(part: Document, key: str) -> time:
    text = part.text(key)
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise part.error(key, f"{text!r} is not a time such as 18:30") from None


def _holiday(part: Document) -> list[date]:
    part.text("name")
    days = _days(part)
    part.close()
    return days


def _days(part: Document) -> list[date]:
    """The days from the first to the last."""
    first, last = part.day("first"), part.day("last")
    if not 0 <= (last - first).days < 366:
        raise part.error("last", f"{last} does not lie within a year after {first}")
    return [first + timedelta(days=day) for day in range((last - first).days + 1)]


def _worked(part: Document) -> list[date]:
    part.text("name")
    try:
        days = [date.fromisoformat(day) for day in part.texts("days")]
    except ValueError as error:
        raise part.error("days", f"{error}; write dates such as 2026-02-14") from None
    part.close()
    return days


def _declarations(document: Document, text: str) -> Declarations:
    relatives = [(part.text("username"), _closed(part, "villages")) for part in document.parts("relatives")]
    lenders = [(part.text("organisation"), _closed(part, "names")) for part in document.parts("lenders")]
    found = Declarations(
        relatives=_by_name(document, "relatives", relatives),
        campaigns=tuple(_campaign(part) for part in document.parts("campaigns")),
        lenders=_by_name(document, "lenders", lenders),
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
    )
    document.close()
    return found


def _closed(part: Document, key: str) -> tuple[str, ...]:
    """The list of a part that has nothing else to say."""
    found = part.texts(key)
    part.close()
    return found


def _campaign(part: Document) -> Campaign:
    days = _days(part)
    if len(days) > CAMPAIGN_DAYS_MOST:
        raise part.error("last", f"a campaign has at most {CAMPAIGN_DAYS_MOST} days; declare it in parts")
    found = Campaign(part.text("organisation"), part.text("village"), days[0], days[-1])
    part.close()
    return found
