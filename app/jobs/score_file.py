"""Scoring a file with a card, without a database."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import Invalid
from app.jobs.cards import load_card
from app.jobs.table_file import facts_in, read_table, refuse_other_files, write_table
from scoring import CardError, Scorecard, Scores


@dataclass(frozen=True)
class FileSummary:
    """What was scored: how many rows, by grade, and what the card did not find in the file."""

    rows: int
    by_grade: dict[str, int]
    missing_inputs: tuple[str, ...]
    out_of_range: int
    target: Path

    def lines(self) -> Iterator[str]:
        """The summary in plain lines."""
        grades = " · ".join(f"{grade} {count}" for grade, count in self.by_grade.items())
        yield f"已评 scored: {self.rows} rows → {self.target}"
        yield f"等级 grades: {grades}"
        if self.missing_inputs:
            yield f"未提供，按未知计 not in the file, so unknown: {', '.join(self.missing_inputs)}"
        if self.out_of_range:
            yield f"超出范围，按未知计 out of range, so unknown: {self.out_of_range}"


def score_file(card: Path, source: Path, target: Path) -> FileSummary:
    """Score every row of a .csv or .parquet file and write its columns with the result beside them.

    An overlay of a card is written after a colon: `CARD.yaml:cooperative`.
    """
    refuse_other_files(source, target)
    loaded = load_card(str(card))
    columns = read_table(source)
    strangers = set(columns) & set(_RESULT_NAMES)
    if strangers:
        raise Invalid(f"{source}: already has the columns {', '.join(sorted(strangers))}; rename them")
    try:
        scores = loaded.score(facts_in(source, columns, card=loaded))
    except CardError as error:
        raise Invalid(f"{source}: {error}") from None
    write_table(target, {**columns, **_results(loaded, scores)})
    counts = np.bincount(scores.grade, minlength=len(loaded.grade_codes))
    return FileSummary(
        rows=len(scores.total),
        by_grade=dict(zip(loaded.grade_codes, counts.tolist(), strict=True)),
        missing_inputs=scores.missing_inputs,
        out_of_range=int(scores.out_of_range.sum()),
        target=target,
    )


_RESULT_NAMES = ("score", "grade", "packed_bins", "known_count", "out_of_range_count", "vetoes", "unrated")


def _results(card: Scorecard, scores: Scores) -> dict[str, list[Any]]:
    rated = scores.unrated == 0
    points = {f"points_{name}": values.tolist() for name, values in scores.points.items()}
    totals = [total if known else None for total, known in zip(scores.total.tolist(), rated, strict=True)]
    values = (
        totals,
        [card.grade_codes[code] for code in scores.grade],
        [str(packed) for packed in scores.packed.tolist()],
        scores.known.tolist(),
        scores.out_of_range.tolist(),
        scores.vetoes.tolist(),
        [("", "required_missing", "too_few_facts")[code] for code in scores.unrated],
    )
    return {**dict(zip(_RESULT_NAMES, values, strict=True)), **points}
