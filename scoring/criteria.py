"""Whether places hold what a title asks for: every gate with its value, threshold and margin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring import loader
from scoring.definition import Criterion, ProfileDefinition
from scoring.errors import CardError
from scoring.ladder import LadderResults, climb
from scoring.measures import Measure, unknown
from scoring.states import FAILS, HOLDS, INSUFFICIENT, NOT_APPLICABLE, joined


@dataclass(frozen=True)
class Gate:
    """One criterion over many places; a negative margin is how far the value is on the wrong side."""

    criterion: Criterion
    state: NDArray[np.uint8]
    value: NDArray[np.float64]
    margin: NDArray[np.float64]
    threshold: NDArray[np.float64]


@dataclass(frozen=True)
class GateResults:
    """All gates of a profile over many places, the ladder where there is one, and the state of the whole.

    The whole holds where every gate holds and, with a ladder, the score is enough for the lowest rung.
    """

    gates: tuple[Gate, ...]
    overall: NDArray[np.uint8]
    ladder: LadderResults | None = field(default=None)


@dataclass(frozen=True)
class Profile:
    """What one title asks for, from one day on."""

    definition: ProfileDefinition

    @classmethod
    def load(cls, path: Path) -> "Profile":
        """The profile in a policy file."""
        return cls(loader.profile(loader.read(path), where=str(path)))

    @classmethod
    def parse(cls, content: str) -> "Profile":
        """The profile in a text, such as the content kept with a rule version."""
        return cls(loader.profile(loader.parse(content, where="profile"), where="profile"))

    def evaluate(
        self,
        measures: Mapping[str, Measure],
        *,
        references: Mapping[str, ArrayLike] | None = None,
        held: NDArray[np.int64] | None = None,
    ) -> GateResults:
        """The gates for places in columns; what is not given, or divided by something else, is unknown.

        A reference is one number for all places or one for each. `held` is the rung each place holds, by its
        position from the lowest, -1 for none; without it nobody holds any.
        """
        known = self.completed(measures, places=max((len(m.numerator) for m in measures.values()), default=0))
        compared = {**dict.fromkeys(self.definition.references, np.nan), **(references or {})}
        gates = tuple(
            judged(item, {item.measure: _as_asked(item, known)}, references=compared)
            for item in self.definition.criteria
        )
        states = [gate.state for gate in gates]
        ladder = None
        if self.definition.ladder is not None:
            ladder = climb(self.definition.ladder, known, held=held)
            states.append(ladder.rungs[0].state)
        return GateResults(gates, joined(states), ladder)

    def completed(self, measures: Mapping[str, Measure], *, places: int) -> dict[str, Measure]:
        """The measures of so many places, with those the profile judges by that nobody gives as unknown."""
        divided = {item.measure: item.denominator for item in reversed(self.definition.criteria)}
        missing = [name for name in self.definition.judged_by if name not in measures]
        return {**measures, **{name: unknown(places, divided.get(name, "")) for name in missing}}


def judged(item: Criterion, measures: Mapping[str, Measure], *, references: Mapping[str, ArrayLike]) -> Gate:
    """One gate over many places."""
    if item.measure not in measures:
        raise CardError(f"{item.name}: the measure {item.measure} is not given")
    measure = measures[item.measure]
    if item.denominator and measure.denominator_name != item.denominator:
        what = f"the measure {item.measure} is divided by {measure.denominator_name}, asked is"
        raise CardError(f"{item.name}: {what} {item.denominator}")
    value = measure.value()
    threshold = _threshold(item, references, rows=len(value))
    margin = value - threshold if item.at_least else threshold - value
    with np.errstate(invalid="ignore"):
        state = np.where(margin > 0 if item.strict else margin >= 0, HOLDS, FAILS).astype(np.uint8)
    state[np.isnan(margin)] = INSUFFICIENT
    if measure.denominator is not None:
        state[measure.denominator < item.least_denominator] = INSUFFICIENT
        if item.no_denominator == "not_applicable":
            state[measure.denominator == 0] = NOT_APPLICABLE
    return Gate(item, state, value, margin, threshold)


def _as_asked(item: Criterion, measures: Mapping[str, Measure]) -> Measure:
    """The measure of a gate; divided by something else than asked, it says nothing."""
    measure = measures[item.measure]
    if not item.denominator or measure.denominator_name == item.denominator:
        return measure
    return unknown(len(measure.numerator), item.denominator)


def held(item: Criterion, *, threshold: float, numerator: float, denominator: float | None) -> bool:
    """Whether one place holds a gate; the same comparison as `judged`, to the last bit."""
    if denominator is None:
        value = numerator
    elif denominator <= 0 or denominator < item.least_denominator:
        return False
    else:
        value = numerator / denominator
    margin = value - threshold if item.at_least else threshold - value
    return margin > 0 if item.strict else margin >= 0


def _threshold(item: Criterion, references: Mapping[str, ArrayLike], *, rows: int) -> NDArray[np.float64]:
    """The number each place is held to: written, or made of a reference."""
    if not item.reference:
        return np.full(rows, item.threshold)
    if item.reference not in references:
        raise CardError(f"{item.name}: the reference {item.reference} is not given")
    compared = np.broadcast_to(np.asarray(references[item.reference], dtype=np.float64), (rows,))
    return np.asarray(compared * item.factor + item.plus)
