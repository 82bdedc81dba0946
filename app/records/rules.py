"""The dated rules about records: which of several counts, how long, and how what is wrong is repaired."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from app.errors import SetupError
from scoring import CardError
from scoring.definition import Source, Text
from scoring.document import Document
from scoring.loader import canonical, parse, read

KIND = "records"
# A hundred years: a day farther off is in no calendar.
YEARS_MAX, DAYS_MAX = 100, 36_500

V = TypeVar("V")


@dataclass(frozen=True)
class RepairClass:
    """How grave an entry of a public list is, and the months after which it may be repaired and must end."""

    name: str
    label: Text
    months_least: int
    months_most: int


@dataclass(frozen=True)
class AtMost:
    """A fact that should not be greater than another one of the same subject."""

    subject_kind: str
    name: str
    of: str


@dataclass(frozen=True)
class RecordRules:
    """One version of the rules about records; `bases` name the source of each part."""

    code: str
    title: Text
    effective_from: date
    sources: Mapping[str, Source]
    authority: Mapping[str, tuple[str, ...]]
    tolerances: Mapping[str, float]
    plausible: tuple[AtMost, ...]
    adverse_years: int
    statement_characters: int
    objection_days: int
    escalate_days_before: int
    repair_domains: tuple[str, ...]
    repair_classes: tuple[RepairClass, ...]
    bases: Mapping[str, str]
    fingerprint: str
    content: str

    def rank(self, domain: str, source: str) -> int:
        """How authoritative a source is for a domain: the first listed most, 0 where it is not listed."""
        listed = self.authority.get(domain, ())
        return len(listed) - listed.index(source) if source in listed else 0

    def agree(self, domain: str, one: float, other: float) -> bool:
        """Whether two sources say the same, within the tolerance of the domain (REQ-304)."""
        return abs(one - other) <= self.tolerances.get(domain, 0.0) * max(abs(one), abs(other))


def load_record_rules(path: Path) -> RecordRules:
    """The rules in a file; `CardError` names the first bad entry."""
    return record_rules(read(path), where=str(path))


@lru_cache(maxsize=8)
def parse_record_rules(content: str) -> RecordRules:
    """Rules as they were kept with a night."""
    try:
        return record_rules(parse(content, where=KIND), where=KIND)
    except CardError as error:
        raise SetupError(str(error)) from None


def record_rules(content: Mapping[str, object], *, where: str) -> RecordRules:
    """The rules in a mapping, read strictly."""
    document, text = Document(content, where=where), canonical(content)
    sources = sources_of(document.part("sources"))
    bases: dict[str, str] = {}

    def part(key: str) -> Document:
        found = document.part(key)
        bases[key] = found.text("basis")
        if bases[key] not in sources:
            raise found.error("basis", f"{bases[key]!r} is none of {', '.join(sources)}")
        return found

    authority, tolerances, plausible = part("authority"), part("tolerances"), part("plausibility")
    adverse, notice, objection, repair = (part(key) for key in ("adverse", "notice", "objection", "repair"))
    rules = RecordRules(
        code=document.text("records"),
        title=document.words("title"),
        effective_from=document.day("effective_from"),
        sources=sources,
        authority=_by_domain(authority, lambda item: item.texts("sources")),
        tolerances=_by_domain(tolerances, lambda item: item.number("share")),
        plausible=tuple(_at_most(item) for item in plausible.parts("at_most")),
        adverse_years=natural(adverse, "years", most=YEARS_MAX),
        statement_characters=natural(adverse, "statement_characters"),
        objection_days=natural(objection, "days"),
        escalate_days_before=natural(objection, "escalate_days_before"),
        repair_domains=repair.texts("domains"),
        repair_classes=tuple(_repair_class(item) for item in repair.parts("classes")),
        bases=bases,
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
        content=text,
    )
    for read_part in (plausible, adverse, notice, objection, repair, document):
        read_part.close()
    return rules


def sources_of(part: Document) -> dict[str, Source]:
    """The documents that rules name as their sources, by their codes."""
    found = {}
    for code in part.names():
        item = part.part(code)
        found[code] = Source(code, item.text("document"), item.text("article"), item.text("dated"))
        item.close()
    return found


def _by_domain(part: Document, value: Callable[[Document], V]) -> dict[str, V]:
    """What a part says of each domain, read completely."""
    found: dict[str, V] = {}
    for item in part.parts("domains"):
        name = item.text("name")
        if name in found:
            raise part.error("domains", f"{name} stands twice")
        found[name] = value(item)
        item.close()
    part.close()
    return found


def _at_most(part: Document) -> AtMost:
    found = AtMost(part.text("subject_kind"), part.text("name"), part.text("of"))
    part.close()
    return found


def natural(part: Document, key: str, *, most: int = DAYS_MAX) -> int:
    """A whole number of 1 or more: of days, or of what has a limit of its own."""
    value = part.integer(key)
    if not 1 <= value <= most:
        raise part.error(key, f"write a whole number from 1 to {most}")
    return value


def _repair_class(part: Document) -> RepairClass:
    found = RepairClass(
        part.text("name"), part.words("label"), part.integer("months_least"), part.integer("months_most")
    )
    if not 0 <= found.months_least <= found.months_most:
        raise part.error("months_most", "the term ends before it may be repaired")
    part.close()
    return found
