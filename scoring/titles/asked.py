"""One gate of one place, and the least that must change for it to hold."""

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from scoring.criteria import Profile, held, judged
from scoring.definition import Criterion
from scoring.measures import Measure
from scoring.states import FAILS, HOLDS, INSUFFICIENT, NOT_APPLICABLE

FILES = ("file_coverage",)
CREDIT = ("credit_household_share", "credit_household_share_registered")
ON_TIME = ("on_time_borrower_share",)
BAD = ("npl_share", "npl_increment")
# The gates of a town that count villages, and the one on the files of agri entities.
VILLAGES = ("designated_village_share", "designated_village_count", "credit_village_share")
ENTITIES = ("entity_file_coverage",)
# Why a gate is a must: it fails for another reason than work can mend, nothing can be told of it, or all the
# work there is would not be enough.
NOT_BY_WORK, UNKNOWN, OUT_OF_REACH = "not_by_work", "unknown", "out_of_reach"


@dataclass(frozen=True)
class Must:
    """A gate that work does not mend, and why."""

    criterion: Criterion
    why: str


@dataclass(frozen=True)
class Asked:
    """One gate of one place with its numbers."""

    item: Criterion
    state: int
    threshold: float
    numerator: float
    denominator: float | None

    @classmethod
    def all_of(
        cls, profile: Profile, measures: Mapping[str, Measure], *, references: Mapping[str, ArrayLike] | None
    ) -> list["Asked"]:
        """Every gate of a profile; measures and references are columns of one place."""
        return [cls.of(item, measures, references=references or {}) for item in profile.definition.criteria]

    @classmethod
    def of(
        cls, item: Criterion, measures: Mapping[str, Measure], *, references: Mapping[str, ArrayLike]
    ) -> "Asked":
        """One gate; measures and references are columns of one place."""
        gate, measure = judged(item, measures, references=references), measures[item.measure]
        whole = None if measure.denominator is None else float(measure.denominator[0])
        return cls(item, int(gate.state[0]), float(gate.threshold[0]), float(measure.numerator[0]), whole)

    @property
    def known(self) -> bool:
        """Whether all its numbers are known."""
        return not np.isnan([self.numerator, self.threshold, self.denominator or 0.0]).any()

    @property
    def of_files(self) -> bool:
        """Whether files and credit households open it. One that holds already counts too: files weaken it."""
        named = self.item.measure in FILES + CREDIT and self.item.at_least
        return named and self.known and self.state != NOT_APPLICABLE

    @property
    def of_loans(self) -> bool:
        """Whether cured loans open it."""
        named = self.item.measure in (ON_TIME if self.item.at_least else BAD)
        return named and self.state in (HOLDS, FAILS)

    @property
    def of_villages(self) -> bool:
        """Whether villages or files of entities open it."""
        named = self.item.measure in VILLAGES + ENTITIES and self.item.at_least
        return named and self.state in (HOLDS, FAILS)

    @property
    def why(self) -> str:
        """Why it is a must; empty where it is none."""
        if self.state not in (FAILS, INSUFFICIENT) or self.of_files or self.of_loans or self.of_villages:
            return ""
        return UNKNOWN if self.state == INSUFFICIENT else NOT_BY_WORK

    def holds(self, *, more: float = 0.0, of_more: float = 0.0) -> bool:
        """Whether the gate would hold with a greater numerator and denominator."""
        whole = None if self.denominator is None else self.denominator + of_more
        return held(self.item, threshold=self.threshold, numerator=self.numerator + more, denominator=whole)


def needed_of_loans(gates: Sequence[Asked], *, balance: float) -> tuple[int, int, list[Asked]]:
    """How many households must come on time and how much bad balance must go; the gates nothing opens."""
    gain, bad_fen, unmet = 0, 0, []
    for gate in gates:
        on_time = gate.item.measure in ON_TIME
        needed = _least_gain(gate) if on_time else _least_cured(gate, balance=balance)
        if needed is None:
            unmet.append(gate)
        elif on_time:
            gain = max(gain, needed)
        else:
            bad_fen = max(bad_fen, needed)
    return gain, bad_fen, unmet


def _least_gain(gate: Asked) -> int | None:
    """How many households must come on time for a gate to hold."""
    late = int((gate.denominator or 0.0) - gate.numerator)
    return least(late, lambda more: gate.holds(more=more))


def _least_cured(gate: Asked, *, balance: float) -> int | None:
    """The least bad balance that must go for a gate on bad loans to hold."""
    if gate.item.measure == BAD[0]:
        return least(int(gate.numerator), lambda fen: gate.holds(more=-fen))
    whole = max(balance, 1.0)

    def share(fen: int) -> float:
        # The change in a year is kept to twelve places, as the night rounds it.
        return round(gate.numerator - fen / whole, 12)

    return least(
        int(balance),
        lambda fen: held(gate.item, threshold=gate.threshold, numerator=share(fen), denominator=None),
    )


def least(most: int, enough: Callable[[int], bool]) -> int | None:
    """The least number up to `most` that is enough, where every greater one is too; None where none is."""
    found = bisect_left(range(most + 1), True, key=enough)
    return found if found <= most else None
