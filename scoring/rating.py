"""Ratings for many subjects or for one, with the explanation behind each."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scoring import kernel, loader
from scoring.definition import NO_SCORE, RATED, REQUIRED_MISSING, TOO_FEW_FACTS, CardDefinition
from scoring.facts import Coded, Columns, Facts
from scoring.improvement import Improvement, WayUp
from scoring.lint import Finding, lint_content
from scoring.plan import Plan
from scoring.reasons import Explainer, Explanation
from scoring.single import One, Single
from scoring.tables import PointTables, point_table, point_tables

# So many rows are scored at a time that their columns stay in the processor's cache.
BLOCK_ROWS = 32_768


@dataclass(frozen=True)
class Scores:
    """The result for many subjects, one row each.

    `total` is `NO_SCORE` where the grade is 'unrated'; `grade` is a position in the card's `grade_codes`;
    `packed` holds all bins of a row in one integer; `vetoes` has a bit per veto; `unrated` says why there is
    no grade (0 where there is one); `out_of_range` counts what was refused and so is unknown.
    """

    card: CardDefinition
    total: NDArray[np.int16]
    grade: NDArray[np.uint8]
    packed: NDArray[np.uint64]
    known: NDArray[np.uint8]
    vetoes: NDArray[np.uint32]
    unrated: NDArray[np.uint8]
    out_of_range: NDArray[np.uint8]
    missing_inputs: tuple[str, ...]

    @cached_property
    def bins(self) -> Mapping[str, NDArray[np.uint8]]:
        """The bin each row hits, by characteristic."""
        return kernel.unpacked(self.card, self.packed)

    @cached_property
    def points(self) -> Mapping[str, NDArray[np.int16]]:
        """The points of each row, by characteristic."""
        return {
            item.name: np.take(point_table(item), self.bins[item.name]) for item in self.card.characteristics
        }


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
        return lint_content(loader.parse(self.definition.content, where=self.where), where=self.where)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the columns the card reads."""
        return tuple(item.name for item in self.definition.inputs)

    @cached_property
    def grade_codes(self) -> tuple[str, ...]:
        """The grades, best first, and 'unrated' last."""
        return (*(grade.code for grade in self.definition.grades), self.definition.unrated.code)

    @cached_property
    def tables(self) -> PointTables:
        """The card's points as look-ups by packed bins."""
        return point_tables(self.definition)

    def score(self, columns: Mapping[str, ArrayLike | Coded], *, threads: int = 1) -> Scores:
        """Rate every row of the columns; NaN and columns not given are unknown, other columns are ignored.

        Several threads share the blocks of many rows; the result is the same.
        Raises `CardError` for columns of different lengths, of the wrong type, and for a value that is not
        allowed where the card refuses such values.
        """
        given = Columns(self.definition.inputs, columns)
        result = _nothing(self.definition, given)
        plan = self._plan

        def rate(start: int) -> None:
            stop = min(start + BLOCK_ROWS, given.rows)
            self._score_block(given.block(start, stop), result, plan=plan, rows=slice(start, stop))

        starts = range(0, given.rows, BLOCK_ROWS)
        if threads == 1 or len(starts) < 2:
            for start in starts:
                rate(start)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(rate, starts))
        return result

    def totals(self, packed: NDArray[np.uint64]) -> NDArray[np.int16]:
        """The scores this card gives to packed ratings, whether or not they are rated."""
        result = np.empty(len(packed), dtype=np.int16)
        for start in range(0, len(packed), BLOCK_ROWS):
            result[start : start + BLOCK_ROWS] = self.tables.totals(packed[start : start + BLOCK_ROWS])
        return result

    def repointed(self, scores: Scores) -> Scores:
        """Ratings by a card that differs in points, limits and grades only, pointed anew from their bins."""
        total = self.totals(scores.packed)
        ranks = np.take(self.tables.ranks, total)
        grade = kernel.grades(self.definition, ranks, vetoes=scores.vetoes, unrated=scores.unrated)
        total[scores.unrated > 0] = NO_SCORE
        return replace(scores, card=self.definition, total=total, grade=grade)

    def score_one(self, facts: Mapping[str, Any]) -> One:
        """Rate one subject from its facts by name: what `score` gives a batch of one, without the arrays."""
        return self._single.rate(facts)

    def explain(
        self, packed: int, *, vetoes: int = 0, unrated: bool = False, out_of_range: int = 0
    ) -> Explanation:
        """One rating in full, from its packed bins; no input is needed, so it is exact for ever."""
        return self._explainer.explain(packed, vetoes=vetoes, unrated=unrated, out_of_range=out_of_range)

    def ways_up(self, packed: int, *, beyond_fewest: int | None = None) -> Iterator[WayUp]:
        """The sets of changes that lift the subject of a packed rating to the next grade, cheapest first.

        With `beyond_fewest`, only those of the fewest changes and of so many more.
        """
        return self._improvement.ways_up(self._explainer.bins(packed), beyond_fewest=beyond_fewest)

    def without_way_up(self, packed: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which subjects of packed ratings are below the best grade, and no changes lift them."""
        result = np.empty(len(packed), dtype=np.bool_)
        for start in range(0, len(packed), BLOCK_ROWS):
            stop = start + BLOCK_ROWS
            result[start:stop] = self._improvement.unreachable(packed[start:stop])
        return result

    def point_sums(
        self, packed: NDArray[np.uint64], group: NDArray[np.int64], *, groups: int
    ) -> NDArray[np.int64]:
        """The points of each characteristic (columns) summed over the ratings of each group (rows)."""
        bins = kernel.unpacked(self.definition, packed)
        sums = [
            np.bincount(group, weights=np.take(point_table(item), bins[item.name]), minlength=groups)
            for item in self.definition.characteristics
        ]
        return np.stack(sums, axis=1).astype(np.int64)

    @cached_property
    def _plan(self) -> Plan:
        return Plan(self.definition, self.tables)

    @cached_property
    def _single(self) -> Single:
        return Single(self.definition, self.tables)

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self.definition)

    @cached_property
    def _improvement(self) -> Improvement:
        return Improvement(self.definition)

    def _score_block(self, facts: Facts, result: Scores, *, plan: Plan, rows: slice) -> None:
        """Put the ratings of some rows into their place."""
        card, count = self.definition, rows.stop - rows.start
        values = kernel.with_derived(card, facts.values, rows=count)
        block = plan.score(facts, values, rows=count)
        vetoes = kernel.vetoes_hit(card, values, rows=count)
        unrated = self._unrated(facts, block.known)
        result.grade[rows] = kernel.grades(
            card, np.take(self.tables.ranks, block.total), vetoes=vetoes, unrated=unrated
        )
        block.total[unrated > 0] = NO_SCORE
        result.total[rows], result.packed[rows] = block.total, block.packed
        result.known[rows] = block.known
        result.vetoes[rows], result.unrated[rows] = vetoes, unrated
        result.out_of_range[rows] = facts.out_of_range

    def _unrated(self, facts: Facts, known: NDArray[np.uint8]) -> NDArray[np.uint8]:
        result = np.where(known < self.definition.least_known_count, TOO_FEW_FACTS, RATED).astype(np.uint8)
        for name in self.definition.required:
            result[facts.unknown(name)] = REQUIRED_MISSING
        return result


def _nothing(card: CardDefinition, given: Columns) -> Scores:
    """Room for the result of so many rows."""
    return Scores(
        card=card,
        total=np.empty(given.rows, dtype=np.int16),
        grade=np.empty(given.rows, dtype=np.uint8),
        packed=np.empty(given.rows, dtype=np.uint64),
        known=np.empty(given.rows, dtype=np.uint8),
        vetoes=np.empty(given.rows, dtype=np.uint32),
        unrated=np.empty(given.rows, dtype=np.uint8),
        out_of_range=np.empty(given.rows, dtype=np.uint8),
        missing_inputs=given.missing,
    )
