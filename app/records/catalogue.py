"""The catalogue of facts as a file: what may be recorded of whom, and what may never be."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TypeVar

from app.errors import Invalid
from app.models import Sensitivity, SubjectKind, ValueType
from app.models.base import Labelled
from scoring import CardError
from scoring.definition import Text
from scoring.document import Document
from scoring.loader import canonical, parse, read

PROHIBITED = "prohibited"
MONTHS_MAX = 1200
_NATURAL_RANGE = {ValueType.BOOLEAN: (0.0, 1.0), ValueType.SHARE: (0.0, 1.0)}
_LENGTHS = {"name": 64, "unit": 32, "basis": 64, "law": 64}

Key = tuple[SubjectKind, str]
L = TypeVar("L", bound=Labelled)


@dataclass(frozen=True)
class FactDefinition:
    """One fact of the catalogue."""

    name: str
    subject_kind: SubjectKind
    label: str
    label_en: str
    unit: str
    value_type: ValueType
    minimum: float | None
    maximum: float | None
    codes: Mapping[str, Mapping[str, str]]
    domain: str
    departments: tuple[str, ...]
    cycle_months: int
    freshness_months: int
    sensitivity: Sensitivity
    adverse_from: float | None
    basis: str
    law: str

    @property
    def key(self) -> Key:
        """What tells this fact from all others."""
        return self.subject_kind, self.name


@dataclass(frozen=True)
class Prohibited:
    """Something that may never be collected, and the words it is known by (征信业管理条例 art. 14)."""

    name: str
    label: Text
    words: tuple[str, ...]
    law: str

    def word_in(self, text: str) -> str | None:
        """The first of its words that stands in a text."""
        plain = text.casefold()
        return next((word for word in self.words if word.casefold() in plain), None)


@dataclass(frozen=True)
class Catalogue:
    """All facts, with the words for their domains and departments; the same content has one fingerprint."""

    where: str
    code: str
    dated: date
    domains: Mapping[str, Text]
    departments: Mapping[str, Text]
    prohibited: tuple[Prohibited, ...]
    facts: tuple[FactDefinition, ...]
    fingerprint: str
    content: str

    @cached_property
    def by_key(self) -> Mapping[Key, FactDefinition]:
        """The facts by kind of subject and name."""
        return {fact.key: fact for fact in self.facts}

    def prohibited_in(self, text: str) -> Prohibited | None:
        """What a name or a label says that may never be collected; None where it says nothing of the kind."""
        return next((item for item in self.prohibited if item.word_in(text)), None)


@lru_cache(maxsize=4)
def read_catalogue(path: Path) -> Catalogue:
    """The catalogue in a file, or a refusal that names the first bad entry."""
    try:
        return _catalogue(read(path), where=path.name)
    except CardError as error:
        raise Invalid(str(error)) from None


@lru_cache(maxsize=8)
def parse_catalogue(content: str) -> Catalogue:
    """A catalogue as it was kept with a night."""
    return _catalogue(parse(content, where="catalogue"), where="catalogue")


def _catalogue(content: Mapping[str, object], *, where: str) -> Catalogue:
    document = Document(content, where=where)
    text = canonical(content)
    domains = {part.text("name"): _words(part) for part in document.parts("domains")}
    departments = {part.text("name"): _words(part) for part in document.parts("departments")}
    prohibited = tuple(_prohibited(part) for part in document.parts("prohibited"))
    facts: dict[Key, FactDefinition] = {}
    for part in document.parts("facts"):
        fact = _fact(part, domains=domains, departments=departments, prohibited=prohibited)
        if facts.setdefault(fact.key, fact) is not fact:
            raise part.error("name", f"stands twice for {fact.subject_kind}; remove one of the two")
    result = Catalogue(
        where,
        document.text("catalogue"),
        document.day("dated"),
        domains,
        departments,
        prohibited,
        tuple(facts.values()),
        hashlib.sha256(text.encode()).hexdigest(),
        text,
    )
    document.close()
    return result


def _words(part: Document) -> Text:
    label = part.words("label")
    part.close()
    return label


def _prohibited(part: Document) -> Prohibited:
    found = Prohibited(part.text("name"), part.words("label"), part.texts("words"), part.text("law"))
    part.close()
    return found


def _fact(
    part: Document,
    *,
    domains: Mapping[str, Text],
    departments: Mapping[str, Text],
    prohibited: tuple[Prohibited, ...],
) -> FactDefinition:
    label = part.words("label")
    _refuse_prohibited(part, label, prohibited=prohibited)
    value_type = _member(part, "value_type", ValueType)
    minimum, maximum = _range(part, value_type=value_type)
    fact = FactDefinition(
        name=_short(part, "name"),
        subject_kind=_member(part, "subject_kind", SubjectKind),
        label=label.zh,
        label_en=label.en,
        unit=_short(part, "unit"),
        value_type=value_type,
        minimum=minimum,
        maximum=maximum,
        codes=_codes(part, value_type=value_type),
        domain=_listed(part, "domain", part.text("domain"), known=domains),
        departments=tuple(
            _listed(part, "departments", name, known=departments) for name in part.texts("departments")
        ),
        cycle_months=_months(part, "cycle_months"),
        freshness_months=_months(part, "freshness_months"),
        sensitivity=_member(part, "sensitivity", Sensitivity),
        adverse_from=part.number("adverse_from") if "adverse_from" in part else None,
        basis=_short(part, "basis"),
        law=_short(part, "law") if "law" in part else "",
    )
    part.close()
    return fact


def _refuse_prohibited(part: Document, label: Text, *, prohibited: tuple[Prohibited, ...]) -> None:
    """What the law forbids to collect is no fact, whatever it is called (REQ-131)."""
    written = " ".join((part.text("name"), label.zh, label.en))
    found = next((item for item in prohibited if item.word_in(written)), None)
    law = found.law if found else "征信业管理条例 第十四条第一款"
    if found or part.text("sensitivity") == PROHIBITED:
        raise part.error("sensitivity", f"{law}: this may not be collected; remove the entry")


def _short(part: Document, key: str) -> str:
    value = part.text(key)
    if len(value) > _LENGTHS[key]:
        raise part.error(key, f"shorten it to {_LENGTHS[key]} characters")
    return value


def _member(part: Document, key: str, kind: type[L]) -> L:
    members = {member.value: member for member in kind}
    written = part.text(key)
    if written not in members:
        raise part.error(key, f"{written!r} is none of {', '.join(members)}")
    return members[written]


def _listed(part: Document, key: str, name: str, *, known: Mapping[str, Text]) -> str:
    if name not in known:
        raise part.error(key, f"{name!r} is none of {', '.join(known)}")
    return name


def _range(part: Document, *, value_type: ValueType) -> tuple[float | None, float | None]:
    minimum = part.number("minimum") if "minimum" in part else None
    maximum = part.number("maximum") if "maximum" in part else None
    if minimum is not None and maximum is not None and minimum > maximum:
        raise part.error("maximum", "it is smaller than the minimum; correct one of the two")
    natural = _NATURAL_RANGE.get(value_type)
    if natural is not None and (minimum, maximum) != natural:
        raise part.error("value_type", f"a {value_type} runs from 0 to 1; write minimum: 0 and maximum: 1")
    return minimum, maximum


def _codes(part: Document, *, value_type: ValueType) -> dict[str, dict[str, str]]:
    if ("codes" in part) != (value_type is ValueType.CODE):
        raise part.error("codes", "a fact of the type code lists its codes, and no other does")
    if "codes" not in part:
        return {}
    written = part.part("codes")
    found = {}
    for name in written.names():
        if not name.isdecimal():
            raise written.error(name, "a code is a whole number")
        words = written.words(name)
        found[name] = {"zh": words.zh, "en": words.en}
    return found


def _months(part: Document, key: str) -> int:
    months = part.integer(key)
    if not 1 <= months <= MONTHS_MAX:
        raise part.error(key, f"write a whole number of months from 1 to {MONTHS_MAX}")
    return months
