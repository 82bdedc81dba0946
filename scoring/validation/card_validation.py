"""Validate a card on a population: rate everybody, then hold the ratings against what became of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scoring.definition import REQUIRED_MISSING, TOO_FEW_FACTS, CardDefinition, Text
from scoring.errors import CardError
from scoring.rating import Scorecard, Scores
from scoring.validation import calibration
from scoring.validation import population as columns
from scoring.validation.chance import ScoreScale, score_scale
from scoring.validation.discrimination import Discrimination, Floats, discrimination
from scoring.validation.fairness import fairness
from scoring.validation.population import Population, Split
from scoring.validation.report import (
    ALL,
    DEVELOPMENT,
    FORMAT,
    OUT_OF_TIME,
    CardIdentity,
    Counts,
    MissingInput,
    UnknownShare,
    ValidationReport,
)
from scoring.validation.stability import Places, Stability, cell_counts, stability
from scoring.validation.thresholds import CUSTOMARY, Thresholds

Mask = NDArray[np.bool_]
SCORES = ("score", Text("总分", "score"))
GRADES = ("grade", Text("等级", "grade"))


def validate(
    card: Scorecard,
    population: Population,
    *,
    cut: str | None = None,
    out_of_time_from: int | None = None,
    thresholds: Thresholds = CUSTOMARY,
) -> ValidationReport:
    """All figures of a card on a population.

    `cut` is the least grade that counts as reached (else the last but one of the card), `out_of_time_from`
    the first month of the out-of-time sample as 202403 (else the last quarter of the months). Raises
    `CardError` for columns of different lengths or with values they cannot hold, an unknown grade, no rows.
    """
    least = _cut(card, cut)
    rated = _rated(card, population, out_of_time_from=out_of_time_from, thresholds=thresholds)
    rates = _grade_rates(card, rated, thresholds=thresholds)
    bands = _bands(rated, thresholds=thresholds)
    in_bands, in_grades, in_bins = _cells(card, rated)
    reached = rated.scores.grade <= card.grade_codes.index(least)
    return ValidationReport(
        format=FORMAT,
        card=CardIdentity.of(card.definition),
        population=population.description.strip(),
        synthetic=population.synthetic,
        thresholds=thresholds,
        counts=_counts(rated),
        missing_inputs=tuple(
            MissingInput(item.name, item.label)
            for item in card.definition.inputs
            if item.name in rated.scores.missing_inputs
        ),
        unknown=_unknown(card.definition, rated.scores),
        split=rated.split,
        discrimination=tuple(_discriminations(rated, thresholds=thresholds)),
        scale=rated.scale,
        grades=rates,
        grade_breaks=calibration.grade_breaks(rates[:-1]),
        bands=bands,
        bands_sample=rated.last_sample,
        fit=calibration.goodness_of_fit(
            bands, sample=rated.last_sample, own_sample=rated.scale is not None and rated.split is None
        ),
        score_stability=tuple(_stabilities(in_bands, rated, thresholds=thresholds)),
        grade_stability=tuple(_stabilities(in_grades, rated, thresholds=thresholds)),
        characteristic_stability=tuple(
            item for cells in in_bins for item in _stabilities(cells, rated, thresholds=thresholds)
        ),
        cut=least,
        cut_stated=cut is not None,
        fairness=tuple(
            fairness(
                labels,
                name=name,
                reached=reached,
                rated=rated.has_score,
                outcome=rated.outcome,
                thresholds=thresholds,
            )
            for name, labels in population.groups.items()
        ),
    )


@dataclass(frozen=True)
class _Rated:
    """The ratings of a population and the columns every figure is taken from."""

    scores: Scores
    outcome: Floats
    chance: Floats | None
    scale: ScoreScale | None
    month: NDArray[np.int64] | None
    split: Split | None
    edges: tuple[float, ...]

    @property
    def has_score(self) -> Mask:
        """Who is rated."""
        return np.asarray(self.scores.unrated == 0, dtype=np.bool_)

    @property
    def last_sample(self) -> str:
        """The sample a forecast is held against: out of time where there is one."""
        return OUT_OF_TIME if self.split else ALL

    def sample(self, name: str) -> Mask:
        """Who belongs to a sample."""
        if self.month is None or self.split is None or name == ALL:
            return np.ones(len(self.outcome), dtype=np.bool_)
        later = self.month >= self.split.out_of_time_from
        return later if name == OUT_OF_TIME else ~later


@dataclass(frozen=True)
class _Cells:
    """Something every subject of `mask` is in one cell of: a grade, a band of scores, a bin."""

    name: str
    label: Text
    place: Places
    count: int
    mask: Mask


def _rated(
    card: Scorecard, population: Population, *, out_of_time_from: int | None, thresholds: Thresholds
) -> _Rated:
    """Rate everybody; expected chances and score bands come from the development months alone."""
    scores = card.score(population.facts)
    rows = len(scores.total)
    if not rows:
        raise CardError("population: no rows; a card is validated on subjects")
    outcome = columns.outcomes(population, rows=rows)
    month = columns.months(population, rows=rows)
    split = columns.split(month, out_of_time_from=out_of_time_from)
    early = np.ones(rows, dtype=np.bool_)
    if month is not None and split is not None:
        early = month < split.out_of_time_from
    early &= scores.unrated == 0
    chance, scale = columns.chances(population, rows=rows), None
    if chance is None:
        fit = early & ~np.isnan(outcome)
        scale = score_scale(scores.total[fit], outcome[fit])
        chance = None if scale is None else scale.chance(scores.total)
    edges = calibration.score_edges(scores.total[early].astype(np.float64), band_count=thresholds.band_count)
    return _Rated(scores, outcome, chance, scale, month, split, edges)


def _cut(card: Scorecard, cut: str | None) -> str:
    """The least grade that counts as reached: as stated, else the last but one."""
    codes = [grade.code for grade in card.definition.grades]
    if cut is None:
        return codes[max(0, len(codes) - 2)]
    if cut not in codes:
        raise CardError(f"cut: {cut!r} is no grade of the card; it has {', '.join(codes)}")
    return cut


def _counts(rated: _Rated) -> Counts:
    scores, known = rated.scores, ~np.isnan(rated.outcome)
    return Counts(
        row_count=len(rated.outcome),
        rated_count=int(rated.has_score.sum()),
        required_missing_count=int((scores.unrated == REQUIRED_MISSING).sum()),
        too_few_facts_count=int((scores.unrated == TOO_FEW_FACTS).sum()),
        unknown_count=int((scores.known < len(scores.card.characteristics)).sum()),
        out_of_range_count=int((scores.out_of_range > 0).sum()),
        outcome_count=int(known.sum()),
        default_count=int((rated.outcome == 1).sum()),
        rated_outcome_count=int((known & rated.has_score).sum()),
    )


def _unknown(card: CardDefinition, scores: Scores) -> tuple[UnknownShare, ...]:
    return tuple(
        UnknownShare(item.name, item.label, int((scores.bins[item.name] == 0).sum()))
        for item in card.characteristics
    )


def _discriminations(rated: _Rated, *, thresholds: Thresholds) -> Iterator[Discrimination]:
    """The figures of everybody and, where there is a split, of both its samples."""
    usable = rated.has_score & ~np.isnan(rated.outcome)
    for name in (ALL, DEVELOPMENT, OUT_OF_TIME) if rated.split else (ALL,):
        chosen = usable & rated.sample(name)
        yield discrimination(
            rated.scores.total[chosen],
            rated.outcome[chosen],
            sample=name,
            confidence=thresholds.confidence,
            chance=None if rated.chance is None else rated.chance[chosen],
        )


def _grade_rates(
    card: Scorecard, rated: _Rated, *, thresholds: Thresholds
) -> tuple[calibration.DefaultRate, ...]:
    """The default rate of each grade, best first, 'unrated' last: who has no score has no expected chance."""
    grades = (*card.definition.grades, card.definition.unrated)
    chance = None if rated.chance is None else np.where(rated.has_score, rated.chance, np.nan)
    return calibration.default_rates(
        rated.scores.grade,
        rated.outcome,
        cells=[(grade.code, grade.label) for grade in grades],
        chance=chance,
        thresholds=thresholds,
    )


def _bands(rated: _Rated, *, thresholds: Thresholds) -> tuple[calibration.DefaultRate, ...]:
    """The default rate of each band of scores, lowest first, in the sample forecasts are held against."""
    chosen = rated.has_score & rated.sample(rated.last_sample)
    return calibration.default_rates(
        np.searchsorted(rated.edges, rated.scores.total[chosen], side="right"),
        rated.outcome[chosen],
        cells=calibration.score_bands(rated.edges),
        chance=None if rated.chance is None else rated.chance[chosen],
        thresholds=thresholds,
    )


def _cells(card: Scorecard, rated: _Rated) -> tuple[_Cells, _Cells, list[_Cells]]:
    """What is watched over time: the bands of scores, the grades, and the bins of each characteristic."""
    everybody = np.ones(len(rated.outcome), dtype=np.bool_)
    place = np.searchsorted(rated.edges, rated.scores.total, side="right")
    bands = _Cells(*SCORES, place, len(rated.edges) + 1, rated.has_score)
    grades = _Cells(*GRADES, rated.scores.grade, len(card.grade_codes), everybody)
    bins = rated.scores.bins
    return (
        bands,
        grades,
        [
            _Cells(item.name, item.label, bins[item.name], len(item.bins), everybody)
            for item in card.definition.characteristics
        ],
    )


def _stabilities(cells: _Cells, rated: _Rated, *, thresholds: Thresholds) -> Iterator[Stability]:
    """The out-of-time sample and then each month, held against all development months together."""
    if rated.month is None or rated.split is None:
        return
    base = cell_counts(cells.place[cells.mask & rated.sample(DEVELOPMENT)], cells.count)
    later = cells.mask & rated.sample(OUT_OF_TIME)
    samples = [(OUT_OF_TIME, later)]
    samples += [(str(month), cells.mask & (rated.month == month)) for month in np.unique(rated.month)]
    for sample, chosen in samples:
        current = cell_counts(cells.place[chosen], cells.count)
        yield stability(
            base, current, name=cells.name, label=cells.label, sample=sample, thresholds=thresholds
        )
