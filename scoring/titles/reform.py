"""What new criteria would change: which places gain the standing and which lose it, and by which gate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.criteria import GateResults, Profile
from scoring.definition import ProfileDefinition
from scoring.measures import Measure
from scoring.states import FAILS, HOLDS, INSUFFICIENT


@dataclass(frozen=True)
class Reform:
    """Two profiles over the same places, by position; what neither measures is named.

    `gained` hold the new profile and not the old, `lost` the old and not the new.
    """

    before: GateResults
    after: GateResults
    gained: tuple[int, ...]
    lost: tuple[int, ...]
    unmeasured: tuple[str, ...]

    def missed_by(self, place: int) -> tuple[str, ...]:
        """The gates of the new profile that a place misses, and `ladder` where its score is too low."""
        found = [
            gate.criterion.name for gate in self.after.gates if gate.state[place] in (FAILS, INSUFFICIENT)
        ]
        ladder = self.after.ladder
        if ladder is not None and ladder.rungs[0].state[place] != HOLDS:
            found.append("ladder")
        return tuple(found)


def reformed(
    old: Profile,
    new: Profile,
    measures: Mapping[str, Measure],
    *,
    references: Mapping[str, ArrayLike] | None = None,
    places: int,
) -> Reform:
    """What the new profile changes; a measure or a reference that is not there is unknown everywhere."""
    given, compared = dict(measures), dict(references or {})
    missing: set[str] = set()
    for profile in (old, new):
        definition = profile.definition
        for name in _read(definition):
            if name not in given:
                missing.add(name)
                given[name] = _unknown(profile, name, places=places)
        for name in definition.references:
            if name not in compared:
                missing.add(name)
                compared[name] = np.nan
    before, after = (profile.evaluate(given, references=compared) for profile in (old, new))
    held, holds = before.overall == HOLDS, after.overall == HOLDS
    return Reform(before, after, _positions(holds & ~held), _positions(held & ~holds), tuple(sorted(missing)))


def _read(definition: ProfileDefinition) -> list[str]:
    """The measures a profile judges by; what it only shows is not among them."""
    read = [item.measure for item in definition.criteria]
    if definition.ladder is not None:
        read += [definition.ladder.score] if definition.ladder.score else []
        read += [item.of for item in definition.ladder.items]
    return read


def _unknown(profile: Profile, name: str, *, places: int) -> Measure:
    """A measure nobody knows, divided by what the profile asks it to be divided by."""
    nothing = np.full(places, np.nan)
    asked = [item.denominator for item in profile.definition.criteria if item.measure == name]
    divided = next(filter(None, asked), "")
    return Measure(nothing, nothing if divided else None, divided or "none")


def _positions(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(place) for place in np.flatnonzero(mask))
