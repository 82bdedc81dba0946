"""Ratings for many subjects or for one, with the explanation behind each."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring import facts, improvement, kernel, loader, reasons
from scoring.definition import CardDefinition
from scoring.improvement import WayUp
from scoring.lint import Finding, lint_versions
from scoring.reasons import Explanation

NO_SCORE = -1
RATED, REQUIRED_MISSING, TOO_FEW_FACTS = 0, 1, 2


@dataclass(frozen=True)
class Scores:
    """The result for many subjects, one row each.

    `total` is `NO_SCORE` where the grade is 'unrated'; `grade` is a position in the card's `grade_codes`;
    `bins` and `points` are by characteristic; `packed` holds all bins of a row in one integer; `vetoes` has
    a bit per veto; `unrated` says why there is no grade (0 where there is one).
    """

    total: NDArray[np.int16]
    grade: NDArray[np.uint8]
    bins: Mapping[str, NDArray[np.uint8]]
    points: Mapping[str, NDArray[np.int16]]
    packed: NDArray[np.uint64]
    known: NDArray[np.uint8]
    vetoes: NDArray[np.uint32]
    unrated: NDArray[np.uint8]
    out_of_range: NDArray[np.uint8]
    missing_inputs: tuple[str, ...]


@dataclass(frozen=True)
class Scorecard:
    """One dated version of a scorecard, ready to rate."""

    definition: CardDefinition
    where: str

    @classmethod
    def load(cls, path: Path | str) -> "Scorecard":
        """The card in a policy file; `CardError` says what is wrong with it, and where."""
        return cls(loader.card(loader.read(Path(path)), where=str(path)), str(path))

    @classmethod
    def parse(cls, content: str, *, where: str = "card") -> "Scorecard":
        """The card in a text, such as the content kept with a rule version."""
        return cls(loader.card(loader.parse(content, where=where), where=where), where)

    def overlay(self, variant: str) -> "Scorecard":
        """The card for one type of subject."""
        content = loader.parse(self.definition.content, where=self.where)
        return Scorecard(loader.card(content, where=self.where, variant=variant), self.where)

    def lint(self) -> list[Finding]:
        """What is wrong or questionable about the card and its versions by type of subject."""
        versions = [self.overlay(variant).definition for variant in self.definition.overlays]
        return lint_versions([self.definition, *versions])

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the columns the card reads."""
        return tuple(item.name for item in self.definition.inputs)

    @cached_property
    def grade_codes(self) -> tuple[str, ...]:
        """The grades, best first, and 'unrated' last."""
        return (*(grade.code for grade in self.definition.grades), self.definition.unrated.code)

    def score(self, columns: Mapping[str, ArrayLike]) -> Scores:
        """Rate every row of the columns; NaN and columns not given are unknown, other columns are ignored."""
        card = self.definition
        given = facts.checked(card.inputs, columns)
        values = kernel.with_derived(card, given.values)
        bins = {item.name: kernel.bins_hit(item, values) for item in card.characteristics}
        points = {item.name: kernel.point_table(item)[bins[item.name]] for item in card.characteristics}
        total = kernel.totals(card, points, rows=given.rows)
        vetoes = kernel.vetoes_hit(card, values, rows=given.rows)
        known = _known(bins, given.rows)
        unrated = self._unrated(given, known)
        grade = kernel.grades(card, total, vetoes=vetoes, unrated=unrated)
        total[unrated > 0] = NO_SCORE
        return Scores(
            total=total,
            grade=grade,
            bins=bins,
            points=points,
            packed=kernel.packed(card, bins, rows=given.rows),
            known=known,
            vetoes=vetoes,
            unrated=unrated,
            out_of_range=given.out_of_range,
            missing_inputs=given.missing,
        )

    def explain(self, packed: int, *, vetoes: int = 0, unrated: bool = False) -> Explanation:
        """One rating in full, from its packed bins; no input is needed, so it is exact for ever."""
        card = self.definition
        one = np.array([packed % 2**64], dtype=np.uint64)
        hit = {name: int(code[0]) for name, code in kernel.unpacked(card, one).items()}
        found = reasons.lines(card, hit)
        blocks = reasons.block_lines(card, found)
        total = min(max(sum(block.points for block in blocks), 0), card.maximum)
        rank = kernel.grades(
            card,
            np.array([total], dtype=np.int16),
            vetoes=np.array([vetoes], dtype=np.uint32),
            unrated=np.array([unrated], dtype=np.uint8),
        )
        grade = (*card.grades, card.unrated)[int(rank[0])]
        return Explanation(
            card=card.code,
            variant=card.variant,
            effective_from=card.effective_from.isoformat(),
            fingerprint=card.fingerprint,
            score=None if unrated else total,
            grade=grade.code,
            grade_label=grade.label,
            known_count=sum(line.known for line in found),
            characteristic_count=len(found),
            lines=found,
            blocks=blocks,
            vetoes=reasons.veto_lines(card, vetoes),
            reasons=reasons.ranked(card, found),
        )

    def way_up(self, packed: int) -> WayUp | None:
        """The fewest changes the subject of a packed rating can make that reach the next grade."""
        one = np.array([packed % 2**64], dtype=np.uint64)
        hit = {name: int(code[0]) for name, code in kernel.unpacked(self.definition, one).items()}
        return improvement.way_up(self.definition, hit)

    def _unrated(self, given: facts.Facts, known: NDArray[np.uint8]) -> NDArray[np.uint8]:
        least = self.definition.least_known_share * len(self.definition.characteristics)
        result = np.where(known < least, TOO_FEW_FACTS, RATED).astype(np.uint8)
        for name in self.definition.required:
            result[np.isnan(given.values[name])] = REQUIRED_MISSING
        return result


def _known(bins: Mapping[str, NDArray[np.uint8]], rows: int) -> NDArray[np.uint8]:
    known = np.zeros(rows, dtype=np.uint8)
    for codes in bins.values():
        known += codes > 0
    return known
