"""Inquiries as columns, with what has to be known beside them to judge them, and what is found in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.clock import CHINA
from app.models import InquiryOutcome, Purpose, epoch_day

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
PURPOSES = tuple(Purpose)
OUTCOMES = tuple(InquiryOutcome)
DAY_SECONDS = 86_400
_MICRO = 1_000_000
_CHINA_SECONDS = int(CHINA.utcoffset(None).total_seconds())
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Inquiries:
    """One row an inquiry, in any order: microseconds of UTC, ids, positions of purpose and outcome.

    `subject` and `place` are 0 where nobody was found; `client` is 1 where a bank's system asked with its
    credentials, and 0 where a person did.
    """

    at: Ints
    user: Ints
    organisation: Ints
    purpose: Ints
    outcome: Ints
    subject: Ints
    place: Ints
    client: Ints

    @property
    def by_person(self) -> Flags:
        """Which rows a person asked, whatever systems sign in for that person's account."""
        return np.equal(self.client, 0)

    @property
    def day(self) -> Ints:
        """The days in China, counted from 1970-01-01."""
        return (self.at // _MICRO + _CHINA_SECONDS) // DAY_SECONDS

    @property
    def second(self) -> Ints:
        """The seconds of the day in China."""
        return (self.at // _MICRO + _CHINA_SECONDS) % DAY_SECONDS

    def only(self, chosen: Flags | Ints) -> "Inquiries":
        """Some of the rows."""
        return Inquiries(*(column[chosen] for column in vars(self).values()))

    def of_purposes(self, purposes: Sequence[Purpose]) -> Flags:
        """Which rows have one of these purposes; all of them where none is named."""
        if not purposes:
            return np.ones(len(self.at), dtype=bool)
        return np.isin(self.purpose, [PURPOSES.index(purpose) for purpose in purposes])

    def of_outcomes(self, *outcomes: InquiryOutcome) -> Flags:
        """Which rows ended in one of these ways."""
        return np.isin(self.outcome, [OUTCOMES.index(outcome) for outcome in outcomes])


@dataclass(frozen=True)
class Loans:
    """One row a loan: whose, by which lender (0: its name fits no organisation), granted on which day."""

    subject: Ints
    lender: Ints
    granted: Ints


@dataclass(frozen=True)
class ExpectedVisits:
    """The days on which some organisations are expected in some places."""

    organisations: Collection[int]
    places: Collection[int]
    first: date
    last: date


@dataclass(frozen=True)
class Circumstances:
    """What has to be known beside the inquiries.

    `rated` counts the rated subjects of a place; `relatives` are the places a user has declared; `lenders`
    name the lender an organisation is or belongs to.
    """

    rated: Mapping[int, int] = field(default_factory=dict)
    relatives: Mapping[int, frozenset[int]] = field(default_factory=dict)
    campaigns: tuple[ExpectedVisits, ...] = ()
    lenders: Mapping[int, int] = field(default_factory=dict)
    loans: Loans = field(default_factory=lambda: Loans(_NONE, _NONE, _NONE))


@dataclass(frozen=True)
class Finding:
    """Inquiries of a user that a rule finds abnormal, from the first instant to the end of the window."""

    rule: str
    user_id: int
    organisation_id: int
    window_from: datetime
    window_to: datetime
    inquiry_count: int
    detail: Mapping[str, Any]


_NONE: Ints = np.zeros(0, dtype=np.int64)


def numbered(*columns: Ints) -> Ints:
    """One number for every different combination of some columns, in their order."""
    key = np.zeros_like(columns[0])
    for column in columns:
        values, place = np.unique(column, return_inverse=True)
        key = key * len(values) + place
    return key


def instant(microseconds: int) -> datetime:
    """An instant of a column."""
    return _EPOCH + timedelta(microseconds=int(microseconds))


def microseconds(at: datetime) -> int:
    """An instant as it stands in a column."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def midnight(day: int) -> datetime:
    """The beginning of a day in China."""
    return _EPOCH + timedelta(days=int(day), seconds=-_CHINA_SECONDS)


def seconds_of(moment: time) -> int:
    """The seconds of the day at a time of day."""
    return moment.hour * 3600 + moment.minute * 60 + moment.second


def is_working(days: Ints, *, holidays: Collection[date], working_weekends: Collection[date]) -> Flags:
    """Which days are worked on: Monday to Friday but holidays, and the weekend days that make up for them."""
    weekday = (days + 3) % 7 < 5
    free = np.isin(days, [epoch_day(day) for day in holidays])
    worked = np.isin(days, [epoch_day(day) for day in working_weekends])
    return (weekday & ~free) | worked
