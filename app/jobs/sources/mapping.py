"""Mapping files read strictly: what a form means, or where the file is wrong and how to mend it."""

import hashlib
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from app.errors import Invalid, NotFound
from app.jobs.sources.definition import (
    FactRule,
    Field,
    Filter,
    FoundBy,
    Key,
    LoanRule,
    Mapping,
    Observed,
    Period,
    Together,
    Unmatched,
)
from app.jobs.sources.units import YUAN, plain_unit, units_of
from app.models import ContactKind, LoanClass, Sensitivity, SubjectKind, ValueType
from app.records.catalogue import Catalogue, FactDefinition, read_catalogue
from scoring import CardError
from scoring.document import Document
from scoring.loader import canonical, read

_KINDS = {kind.value: kind for kind in SubjectKind}
_FITTING = {
    SubjectKind.HOUSEHOLD: (FoundBy.HOUSEHOLD_NO, FoundBy.ID_NUMBER),
    SubjectKind.AGRI_ENTITY: (FoundBy.USCC,),
    SubjectKind.VILLAGE: (FoundBy.DIVISION,),
}
_MONEY = {YUAN: Fraction(1), "万元": Fraction(10_000)}
_COUNTED = (ValueType.INTEGER, ValueType.NUMBER)


def read_mappings(folder: Path, *, catalogue_file: Path, sources: frozenset[str]) -> dict[str, Mapping]:
    """Every mapping of a folder by its code; the first bad one is refused."""
    found: dict[str, Mapping] = {}
    for path in sorted(folder.glob("*.yaml")):
        mapping = read_mapping(path, catalogue_file=catalogue_file, sources=sources)
        other = found.setdefault(mapping.code, mapping)
        if other is not mapping:
            raise Invalid(f"{path.name}: mapping: {mapping.code!r} is taken by {other.where}; choose another")
    return found


def mapping_by_code(mappings: dict[str, Mapping], code: str) -> Mapping:
    """One mapping, or a refusal that names those there are."""
    if code not in mappings:
        raise NotFound(
            f"没有映射 {code} · there is no mapping {code!r}; the mappings are {', '.join(mappings)}"
        )
    return mappings[code]


def mapping_lines(mappings: dict[str, Mapping]) -> Iterator[str]:
    """Every mapping in one line: its code, whose form it is, whom it is about, and what it records."""
    for mapping in mappings.values():
        facts = "、".join(dict.fromkeys(rule.fact.label for rule in mapping.facts))
        yield f"{mapping.code}: {mapping.title.zh} · {mapping.title.en} [{mapping.source}] → {facts}"


@lru_cache(maxsize=64)
def read_mapping(path: Path, *, catalogue_file: Path, sources: frozenset[str]) -> Mapping:
    """The mapping in a file, or a refusal that names the first bad entry."""
    catalogue = read_catalogue(catalogue_file)
    try:
        content = read(path)
        document = Document(content, where=path.name)
        fingerprint = hashlib.sha256(canonical(content).encode()).hexdigest()
        return _Reader(document, catalogue).mapping(sources=sources, fingerprint=fingerprint)
    except CardError as error:
        raise Invalid(str(error)) from None


class _Reader:
    """One mapping file being read against the catalogue."""

    def __init__(self, document: Document, catalogue: Catalogue) -> None:
        self._document = document
        self._catalogue = catalogue
        self._seen: set[str] = set()

    def mapping(self, *, sources: frozenset[str], fingerprint: str) -> Mapping:
        document = self._document
        document.text("subject")
        kind = _KINDS[document.one_of("subject", tuple(_KINDS))]
        source = document.text("source")
        if source not in sources:
            raise document.error("source", f"{source!r} is none of {', '.join(sorted(sources))}")
        result = Mapping(
            where=document.where,
            code=document.text("mapping"),
            title=document.words("title"),
            source=source,
            subject_kind=kind,
            keys=tuple(self._key(part, kind) for part in document.parts("find")),
            name=self._field(document, "name"),
            village=self._field(document, "village"),
            row_id=self._field(document, "row_id"),
            observed=self._observed(document.part("observed_on")),
            facts=tuple(self._fact(part, kind) for part in document.parts("facts")),
            filters=tuple(self._filter(part) for part in document.parts("rows")),
            ended_on=self._field(document, "ended_on"),
            noticed_on=self._field(document, "noticed_on"),
            consent=self._field(document, "consent"),
            contacts=self._contacts(kind),
            loans=self._loans(document.part("loans")) if "loans" in document else None,
            ignored=self._names(document, "ignored"),
            unmatched=Unmatched(document.one_of("unmatched", tuple(Unmatched))),
            fingerprint=fingerprint,
        )
        document.close()
        self._check(result)
        return result

    def _key(self, part: Document, kind: SubjectKind) -> Key:
        by = FoundBy(part.one_of("by", tuple(FoundBy)))
        if by not in _FITTING[kind]:
            fitting = ", ".join(_FITTING[kind])
            raise part.error("by", f"a {kind} is not found by {by}; write one of {fitting}")
        key = Key(by, Field(self._names(part, "columns", needed=True), required=False))
        part.close()
        return key

    def _observed(self, part: Document) -> Observed:
        period = Period(part.one_of("period", tuple(Period)))
        field = None
        if period is not Period.GIVEN:
            field = Field(self._names(part, "columns", needed=True), required=True)
        part.close()
        return Observed(period, field)

    def _fact(self, part: Document, kind: SubjectKind) -> FactRule:
        name = part.text("name")
        refused = self._catalogue.prohibited_in(name)
        if refused:
            raise part.error("name", f"{refused.label.zh} may never be collected ({refused.law}); remove it")
        fact = self._catalogue.by_key.get((kind, name))
        if fact is None:
            known = ", ".join(key[1] for key in self._catalogue.by_key if key[0] is kind)
            raise part.error("name", f"the catalogue has no such fact of a {kind}; it has {known}")
        unit, factor = _unit(part, fact)
        names = self._names(part, "columns")
        rule = FactRule(
            fact=fact,
            field=Field(names, required=part.one_of("required", ("yes", "no")) == "yes") if names else None,
            unit=unit,
            factor=factor,
            words=_words(part, fact),
            years_since=part.one_of("read", ("value", "years_since")) == "years_since",
            when=self._filter(part.part("when")) if "when" in part else None,
            together=_together(part, fact),
        )
        if not names and rule.together not in (Together.COUNT, Together.ANY):
            raise part.error("columns", "name the column, or write together: count or any for the row itself")
        part.close()
        return rule

    def _filter(self, part: Document) -> Filter:
        keep = "is" in part
        words = frozenset(part.texts("is" if keep else "is_not"))
        if not words:
            raise part.error("is", "write the words that count (is), or those that do not (is_not)")
        names = part.texts("columns")
        self._refuse_prohibited(part, names)
        if not names:
            raise part.error("columns", "name the column")
        part.close()
        return Filter(Field(names, required=True), words, keep)

    def _loans(self, part: Document) -> LoanRule:
        unit = part.one_of("unit", tuple(_MONEY))
        fields = {
            name: Field(self._names(part, name, needed=True), required=True)
            for name in ("granted_on", "amount", "balance", "overdue_days", "class")
        }
        words = {label.label: float(label.code) for label in LoanClass}
        words |= {f"{label.label}类": float(label.code) for label in LoanClass}
        words |= {str(label.code): float(label.code) for label in LoanClass}
        rule = LoanRule(
            lender=self._field(part, "lender"),
            granted_on=fields["granted_on"],
            amount=fields["amount"],
            balance=fields["balance"],
            overdue_days=fields["overdue_days"],
            class_code=fields["class"],
            factor=_MONEY[unit],
            unit=unit,
            classes=words,
        )
        part.close()
        return rule

    def _field(self, part: Document, key: str) -> Field | None:
        return Field(self._names(part, key, needed=True), required=False) if key in part else None

    def _contacts(self, kind: SubjectKind) -> dict[ContactKind, Field]:
        """The columns of a phone and an address, of subjects that are reached by one."""
        found = {}
        for contact in ContactKind:
            field = self._field(self._document, contact.value)
            if field is not None and kind is SubjectKind.VILLAGE:
                raise self._document.error(contact.value, "a village has none; remove it")
            if field is not None:
                found[contact] = field
        return found

    def _names(self, part: Document, key: str, *, needed: bool = False) -> tuple[str, ...]:
        names = part.texts(key)
        if needed and not names:
            raise part.error(key, "name at least one column")
        self._refuse_prohibited(part, names)
        return names

    def _refuse_prohibited(self, part: Document, names: tuple[str, ...]) -> None:
        for name in names:
            refused = self._catalogue.prohibited_in(name)
            if refused:
                raise part.error(
                    "columns",
                    f"{name!r}: {refused.label.zh} may never be collected ({refused.law}); remove it",
                )

    def _check(self, mapping: Mapping) -> None:
        document = self._document
        if not mapping.keys:
            raise document.error("find", "say how the subject is found")
        if not mapping.facts and not mapping.contacts:
            raise document.error("facts", "name at least one fact, a phone or an address")
        mixed = {rule.together is None for rule in mapping.facts}
        if len(mixed) > 1:
            raise document.error("facts", "either every fact says how rows come together, or none does")
        for rule in mapping.facts:
            if rule.fact.sensitivity is Sensitivity.RESTRICTED and mapping.consent is None:
                what = f"{rule.fact.name} is restricted ({rule.fact.law}); name the column of the consent"
                raise document.error("consent", what)
        _refuse_two_meanings(document, mapping)


def _refuse_two_meanings(document: Document, mapping: Mapping) -> None:
    """A spelling stands for one column; only rows may be filtered by what is read otherwise too."""
    fields: list[Field | None] = [key.field for key in mapping.keys]
    fields += [mapping.name, mapping.village, mapping.row_id, mapping.observed.field]
    fields += [mapping.ended_on, mapping.noticed_on, mapping.consent, *mapping.contacts.values()]
    plain = [field for field in fields if field is not None]
    seen: dict[str, Field] = {}
    for field in plain:
        for name in field.names:
            if seen.setdefault(name, field) is not field:
                raise document.error("columns", f"{name!r} stands for two different columns; keep one")


def _unit(part: Document, fact: FactDefinition) -> tuple[str, Fraction]:
    unit = part.optional("unit") or plain_unit(fact)
    units = units_of(fact)
    if unit not in units:
        raise part.error("unit", f"{unit!r} does not fit {fact.name}; write one of {', '.join(units)}")
    return unit, units[unit]


def _words(part: Document, fact: FactDefinition) -> dict[str, float]:
    if "words" not in part:
        return {}
    written = part.part("words")
    return {name: written.number(name) for name in written.names()}


def _together(part: Document, fact: FactDefinition) -> Together | None:
    if "together" not in part:
        return None
    together = Together(part.one_of("together", tuple(Together)))
    if together is Together.COUNT and fact.value_type not in _COUNTED:
        raise part.error("together", f"{fact.name} is {fact.value_type} and cannot be counted")
    if together is Together.COUNT and "columns" in part:
        raise part.error("columns", "rows are counted, no column is read; leave it out")
    if together is Together.ANY and fact.value_type is not ValueType.BOOLEAN:
        raise part.error("together", f"{fact.name} is {fact.value_type}; any is for yes and no")
    if together is Together.SUM and fact.value_type in (ValueType.CODE, ValueType.BOOLEAN, ValueType.SHARE):
        raise part.error("together", f"{fact.name} is {fact.value_type} and cannot be summed up")
    return together
