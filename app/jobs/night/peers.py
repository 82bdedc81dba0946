"""Whom a rating is compared with: those of the same village, and those who only just passed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.jobs.night.places import District
from app.jobs.night.rating import RatingColumns
from app.jobs.night.rules import Rules
from app.models import PeerGroup
from scoring import PEERS_LEAST, Scorecard

BAND = "passing_band_points"


@dataclass(frozen=True)
class PeersRow:
    """What one card gave a group of subjects together, by characteristic in the card's order.

    `place_id` is the village or community; None for those who only just passed, in the whole district.
    """

    rule_version_id: int
    peer_group: PeerGroup
    place_id: int | None
    subject_count: int
    point_sums: tuple[int, ...]


def peers(
    ratings: RatingColumns,
    homes: NDArray[np.int64],
    *,
    district: District,
    cards: list[Scorecard],
    rules: Rules,
) -> list[PeersRow]:
    """The groups of ratings by these cards that are large enough to tell nothing about anybody in them."""
    found: list[PeersRow] = []
    for card in cards:
        version = rules.version_of(card)
        mine = ratings.taken((ratings.rule_version_ids == version) & (ratings.unrated == 0))
        at_home = homes[(ratings.rule_version_ids == version) & (ratings.unrated == 0)]
        packed = mine.packed_bins.view(np.uint64)
        known = at_home >= 0
        counts = np.bincount(at_home[known], minlength=len(district.units))
        sums = card.point_sums(packed[known], at_home[known], groups=len(district.units))
        found += [
            PeersRow(version, PeerGroup.VILLAGE, unit.place_id, int(count), tuple(row.tolist()))
            for unit, count, row in zip(district.units, counts, sums, strict=True)
            if count >= PEERS_LEAST
        ]
        found += _just_passed(card, mine.score, packed, version=version, rules=rules)
    return found


def _just_passed(
    card: Scorecard, scores: NDArray[np.int16], packed: NDArray[np.uint64], *, version: int, rules: Rules
) -> list[PeersRow]:
    """Those whose score lies at the least credit grade or so many points above, as the profile says."""
    profile = rules.village.definition
    least = next((g.minimum for g in card.definition.grades if g.code == profile.minimum_grade), None)
    if least is None or BAND not in profile.parameters:
        return []
    band = packed[(scores >= least) & (scores < least + profile.parameters[BAND])]
    if len(band) < PEERS_LEAST:
        return []
    sums = card.point_sums(band, np.zeros(len(band), dtype=np.int64), groups=1)[0]
    return [PeersRow(version, PeerGroup.JUST_PASSED, None, len(band), tuple(sums.tolist()))]
