"""Whether places hold what a title asks for: every gate with its value, threshold and margin."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from scoring import loader
from scoring.definition import Criterion, ProfileDefinition
from scoring.errors import CardError
from scoring.measures import Measure

HOLDS, FAILS, INSUFFICIENT, NOT_APPLICABLE = 0, 1, 2, 3


@dataclass(frozen=True)
class Gate:
    """One criterion over many places; a negative margin is how far the value is on the wrong side."""

    criterion: Criterion
    state: NDArray[np.uint8]
    value: NDArray[np.float64]
    margin: NDArray[np.float64]


@dataclass(frozen=True)
class GateResults:
    """All gates of a profile over many places, and the state of the whole."""

    gates: tuple[Gate, ...]
    overall: NDArray[np.uint8]


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

    def evaluate(self, measures: Mapping[str, Measure]) -> GateResults:
        """The gates for places in columns; every measure the profile names must be given."""
        gates = tuple(_gate(item, measures) for item in self.definition.criteria)
        states = np.stack([gate.state for gate in gates])
        overall = np.full(states.shape[1], NOT_APPLICABLE, dtype=np.uint8)
        for state in (HOLDS, INSUFFICIENT, FAILS):
            overall[(states == state).any(axis=0)] = state
        return GateResults(gates, overall)


def _gate(item: Criterion, measures: Mapping[str, Measure]) -> Gate:
    if item.measure not in measures:
        raise CardError(f"{item.name}: the measure {item.measure} is not given")
    measure = measures[item.measure]
    value = measure.value()
    margin = value - item.threshold if item.at_least else item.threshold - value
    with np.errstate(invalid="ignore"):
        state = np.where(margin >= 0, HOLDS, FAILS).astype(np.uint8)
    state[np.isnan(value)] = INSUFFICIENT
    if measure.denominator is not None:
        state[measure.denominator < item.least_denominator] = INSUFFICIENT
        if item.no_denominator == "not_applicable":
            state[measure.denominator == 0] = NOT_APPLICABLE
    return Gate(item, state, value, margin)
