"""What new criteria would change: which places gain the standing and which lose it, and by which gate."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring.criteria import GateResults, Profile
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
    missing: set[str] = set()
    for profile in (old, new):
        asked = profile.definition
        missing |= {name for name in asked.judged_by if name not in measures}
        missing |= {name for name in asked.references if name not in (references or {})}
    given = new.completed(old.completed(measures, places=places), places=places)
    before, after = (profile.evaluate(given, references=references) for profile in (old, new))
    held, holds = before.overall == HOLDS, after.overall == HOLDS
    return Reform(before, after, _positions(holds & ~held), _positions(held & ~holds), tuple(sorted(missing)))


def _positions(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(int(place) for place in np.flatnonzero(mask))
