"""The fewest loans to cure: exact, for the bad balance and for the households on time at once.

A cured loan is paid up: it is neither overdue nor bad any more, and its balance stays. A household is on
time when none of its loans is overdue, so all of its overdue loans count as one gain. How much bad balance a
number of cured loans takes away at most is found for every number of gains, unit by unit: loans that gain
nothing but their balance are taken from the greatest down, and so are households with a single loan; only a
household with several loans is a choice of its own.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

Amounts = NDArray[np.int64]
NEVER = -(1 << 60)


@dataclass(frozen=True)
class Arrears:
    """A loan that is bad or overdue. `subject_id` is who owes it; only households are counted as on time."""

    loan_id: int
    subject_id: int
    of_household: bool
    balance_fen: int
    bad: bool
    overdue: bool

    @property
    def bad_fen(self) -> int:
        """What of it is bad."""
        return self.balance_fen if self.bad else 0


@dataclass(frozen=True)
class Option:
    """Some loans of one unit cured together: households brought on time, and bad balance taken away."""

    loans: tuple[Arrears, ...]
    gain: int
    bad_fen: int


class Cures:
    """What curing loans can come to.

    `amounts[count, gain]` is the most bad balance that so many loans take away while at least so many
    households come to be on time; `NEVER` where that cannot be. Gains beyond `gain_most` and loans beyond
    `count_most` are not looked at.
    """

    def __init__(self, arrears: Sequence[Arrears], *, gain_most: int, count_most: int | None = None) -> None:
        self._units = [tuple(options) for options in _units(arrears)]
        count = sum(1 for loan in arrears if loan.bad or loan.overdue)
        self._count = count if count_most is None else min(count, count_most)
        self._gain = gain_most
        start = np.full((self._count + 1, gain_most + 1), NEVER, dtype=np.int64)
        start[0, 0] = 0
        self._before = [start]
        for options in self._units:
            self._before.append(self._with(self._before[-1], options))
        self.amounts: Amounts = np.maximum.accumulate(self._before[-1][:, ::-1], axis=1)[:, ::-1]

    def fewest(self, *, gain: int, bad_fen: int) -> int | None:
        """How many loans it takes at least; None where all of them are not enough."""
        enough = np.flatnonzero(self.amounts[:, gain] >= bad_fen)
        return int(enough[0]) if len(enough) else None

    def chosen(self, *, count: int, gain: int) -> tuple[Arrears, ...]:
        """Loans that reach what `amounts` says, by their ids."""
        last = self._before[-1]
        at = gain + int(np.argmax(last[count, gain:]))
        found: list[Arrears] = []
        for options, before in zip(reversed(self._units), reversed(self._before[:-1]), strict=True):
            option, count, at = self._step(options, before, last[count, at], count=count, gain=at)
            found += option.loans
            last = before
        return tuple(sorted(found, key=lambda loan: loan.loan_id))

    def _with(self, before: Amounts, options: Sequence[Option]) -> Amounts:
        after = before.copy()
        for option in options[1:]:
            size = len(option.loans)
            if size > self._count:
                break
            kept = before[: self._count + 1 - size]
            gained = shifted(kept, option.gain) + option.bad_fen
            np.maximum(after[size:], gained, out=after[size:])
        return np.where(after < 0, NEVER, after)

    def _step(
        self, options: Sequence[Option], before: Amounts, reached: int, *, count: int, gain: int
    ) -> tuple[Option, int, int]:
        """The option that led to a cell, and the cell it came from."""
        # Gains are counted up to the most that is asked: several cells lead to the last column.
        spare = range(self._gain + 1 if gain == self._gain else 1)
        cells = (
            (option, count - len(option.loans), gain - min(option.gain, self._gain) + more)
            for option in options
            for more in spare
        )
        return next(
            (option, rest, at)
            for option, rest, at in cells
            if rest >= 0 and 0 <= at <= self._gain and before[rest, at] + option.bad_fen == reached
        )


def shifted(amounts: Amounts, gain: int) -> Amounts:
    """The table with so many more gains; those beyond the last column are counted in it."""
    if gain == 0:
        return amounts
    result = np.full_like(amounts, NEVER)
    last = amounts.shape[-1] - 1
    if gain <= last:
        result[..., gain:] = amounts[..., : last + 1 - gain]
    result[..., last] = amounts[..., max(last - gain, 0) :].max(axis=-1)
    return result


def _units(arrears: Sequence[Arrears]) -> Iterator[Iterator[Option]]:
    """The choices that do not touch one another; the first option of each is to do nothing."""
    households: dict[int, list[Arrears]] = defaultdict(list)
    plain: list[Arrears] = []
    for loan in arrears:
        if loan.of_household:
            households[loan.subject_id].append(loan)
        elif loan.bad:
            plain.append(loan)
    singles: list[Arrears] = []
    several: list[list[Arrears]] = []
    for loans in households.values():
        if not any(loan.overdue for loan in loans):
            plain += [loan for loan in loans if loan.bad]
        elif len(loans) == 1:
            singles += loans
        else:
            several.append(loans)
    yield _pool(plain, gains=0)
    yield _pool(singles, gains=1)
    for loans in several:
        yield _household(loans)


def _greatest_first(loans: Sequence[Arrears]) -> list[Arrears]:
    return sorted(loans, key=lambda loan: (-loan.bad_fen, loan.loan_id))


def _pool(loans: Sequence[Arrears], *, gains: int) -> Iterator[Option]:
    """So many of the loans, the greatest first."""
    ordered = _greatest_first(loans)
    sums = accumulate((loan.bad_fen for loan in ordered), initial=0)
    for count, taken in enumerate(sums):
        yield Option(tuple(ordered[:count]), count * gains, taken)


def _household(loans: Sequence[Arrears]) -> Iterator[Option]:
    """Its bad loans one by one, and all its overdue loans with the other bad ones one by one."""
    options = list(_pool([loan for loan in loans if loan.bad], gains=0))
    overdue = tuple(loan for loan in loans if loan.overdue)
    taken = sum(loan.bad_fen for loan in overdue)
    rest = _pool([loan for loan in loans if loan.bad and not loan.overdue], gains=0)
    options += [Option(overdue + more.loans, 1, taken + more.bad_fen) for more in rest]
    yield options[0]
    yield from sorted(options[1:], key=lambda option: len(option.loans))
