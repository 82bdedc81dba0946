"""A card made ready to score blocks of rows: bins go straight into the indexes of the points' look-ups.

The bins of a look-up's characteristics are put together into one index, which gives their points and how many
of them are known by one look-up, and their place in the packed rating by a shift. An index of 16 bits keeps
everything small enough for the processor's cache.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scoring.definition import CardDefinition, Characteristic
from scoring.facts import Facts
from scoring.kernel import bins_hit
from scoring.tables import Field, Lookup, PointTables

Floats = NDArray[np.float64]
# Points are kept above, the number of known characteristics in the lowest bits: both are summed at once.
KNOWN_BITS = 8


@dataclass(frozen=True)
class Block:
    """What some rows come to: packed bins, the score before it is said who has none, and what is known."""

    packed: NDArray[np.uint64]
    total: NDArray[np.int16]
    known: NDArray[np.uint8]


class Plan:
    """The look-ups of a card, in the order its blocks are scored."""

    def __init__(self, card: CardDefinition, tables: PointTables) -> None:
        self._card, self._tables = card, tables
        self._parts = [_Part(lookup, with_points=True) for lookup in tables.limited]
        self._parts += [_Part(lookup, with_points=False) for _, lookups in tables.wide for lookup in lookups]

    def score(self, facts: Facts, values: Mapping[str, Floats], *, rows: int) -> Block:
        """The rows of some facts."""
        packed = np.zeros(rows, dtype=np.uint64)
        both = np.zeros(rows, dtype=np.int32)
        for part in self._parts:
            index = part.index(facts, values, rows=rows)
            both += np.take(part.table, index)
            part.put(index, packed)
        total = (both >> KNOWN_BITS).astype(np.int16)
        for most, lookups in self._tables.wide:
            given = sum((lookup.at(packed) for lookup in lookups), np.zeros(rows, dtype=np.int16))
            total += np.minimum(given, np.int16(most))
        np.clip(total, 0, self._card.maximum, out=total)
        return Block(packed, total, (both & ((1 << KNOWN_BITS) - 1)).astype(np.uint8))


class _Part:
    """One look-up: how its index is made, and where its bins lie in the packed rating."""

    def __init__(self, lookup: Lookup, *, with_points: bool) -> None:
        bits = sum(member.item.bits for member in lookup.members)
        self._kind: type[Any] = np.uint16 if bits <= 16 else np.uint32
        self._shift = lookup.runs[0][0]
        self._scattered = _scattered(lookup.runs, 1 << bits) if len(lookup.runs) > 1 else None
        self._members: list[tuple[Characteristic, int, NDArray[Any]]] = []
        place, known = 0, np.zeros(1, dtype=np.int32)
        for member in lookup.members:
            self._members.append((member.item, place, self._shifted(member, place)))
            more = np.zeros(1 << member.item.bits, dtype=np.int32)
            more[1 : len(member.item.bins)] = 1
            known = (more[:, None] + known[None, :]).ravel()
            place += member.item.bits
        points = lookup.points.astype(np.int32) << KNOWN_BITS if with_points else 0
        self.table = np.asarray(points + known, dtype=np.int32)

    def _shifted(self, member: Field, place: int) -> NDArray[Any]:
        """The bin of each category in its place of the index; the last two stand for unseen and unknown."""
        bins = np.array([*member.item.category_bins, 0, 0], dtype=self._kind)
        return np.asarray(bins << self._kind(place))

    def index(self, facts: Facts, values: Mapping[str, Floats], *, rows: int) -> NDArray[Any]:
        """The bins of the members of every row, put together."""
        index = np.zeros(rows, dtype=self._kind)
        for item, place, shifted in self._members:
            if item.category_bins:
                index |= np.take(shifted, facts.categories[item.of])
            else:
                index |= bins_hit(item, values, facts=facts).astype(self._kind) << self._kind(place)
        return index

    def put(self, index: NDArray[Any], packed: NDArray[np.uint64]) -> None:
        """Put the bins into the packed ratings."""
        if self._scattered is None:
            packed |= index.astype(np.uint64) << self._shift
        else:
            packed |= np.take(self._scattered, index)


def _scattered(runs: tuple[tuple[np.uint64, np.uint64, np.uint64], ...], size: int) -> NDArray[np.uint64]:
    """For every index, its bins in their places of the packed rating."""
    index = np.arange(size, dtype=np.uint64)
    parts = [((index >> place) & mask) << shift for shift, mask, place in runs]
    return np.asarray(reduce(np.bitwise_or, parts))
