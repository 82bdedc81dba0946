"""What a mapping file says: how the form of one source becomes records of the catalogue."""

from collections.abc import Mapping as Words
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from app.models import ContactKind, SubjectKind
from app.records.catalogue import FactDefinition
from scoring.definition import Text


class FoundBy(StrEnum):
    """What a subject is found by."""

    HOUSEHOLD_NO = "household_no"
    ID_NUMBER = "id_number"
    USCC = "uscc"
    DIVISION = "division"


class Period(StrEnum):
    """How the day of observation is written: a day, the end of a month or year, or given with the file."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"
    GIVEN = "given"


class Together(StrEnum):
    """How several rows of one subject and day become one value."""

    SUM = "sum"
    MAX = "max"
    COUNT = "count"
    ANY = "any"
    LATEST = "latest"


class Unmatched(StrEnum):
    """What becomes of a row that fits no subject: it waits for somebody to decide, or is left alone.

    A list of a whole district names people who have no file here; nothing may be kept of them.
    """

    QUARANTINE = "quarantine"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Field:
    """A column by its name and the other spellings counties use."""

    names: tuple[str, ...]
    required: bool

    @property
    def name(self) -> str:
        """The name it is called by in a report."""
        return self.names[0]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which rows count: those with one of the words in a column, or those without."""

    field: Field
    words: frozenset[str]
    keep: bool


@dataclass(frozen=True, slots=True)
class Key:
    """One way to find the subject of a row."""

    by: FoundBy
    field: Field


@dataclass(frozen=True, slots=True)
class Observed:
    """When a row was observed."""

    period: Period
    field: Field | None


@dataclass(frozen=True, slots=True)
class FactRule:
    """How one fact is read: from a column in a unit or in words, or from the mere presence of the row.

    `years_since` reads a date as the years from it to the day of observation.
    """

    fact: FactDefinition
    field: Field | None
    unit: str
    factor: Fraction
    words: Words[str, float]
    years_since: bool
    when: Filter | None
    together: Together | None

    @property
    def label(self) -> str:
        """The column, or the label of the fact where no column is read."""
        return self.field.name if self.field else self.fact.label


@dataclass(frozen=True, slots=True)
class LoanRule:
    """The columns of a bank's monthly return that describe a loan; the lender may be the sender."""

    lender: Field | None
    granted_on: Field
    amount: Field
    balance: Field
    overdue_days: Field
    class_code: Field
    factor: Fraction
    unit: str
    classes: Words[str, float]


@dataclass(frozen=True)
class Mapping:
    """One form of one source; the same content has one fingerprint."""

    where: str
    code: str
    title: Text
    source: str
    subject_kind: SubjectKind
    keys: tuple[Key, ...]
    name: Field | None
    village: Field | None
    row_id: Field | None
    observed: Observed
    facts: tuple[FactRule, ...]
    filters: tuple[Filter, ...]
    ended_on: Field | None
    noticed_on: Field | None
    consent: Field | None
    loans: LoanRule | None
    contacts: Words[ContactKind, Field]
    ignored: tuple[str, ...]
    unmatched: Unmatched
    fingerprint: str

    @property
    def combines(self) -> bool:
        """Whether several rows of one subject become one record."""
        return any(rule.together is not None for rule in self.facts)
