"""Tonight's ratings in columns, and which of them differ from last night's."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.jobs.night.columns import Reader, table
from app.jobs.night.reading import ENTITY_TYPES, Subjects
from app.jobs.night.records import Facts
from app.jobs.night.rules import Rules
from app.models import UnratedReason, epoch_day
from app.records.current import months_before
from scoring import NO_SCORE, Profile, Scorecard

REASONS = tuple(UnratedReason)
NOT_IN_OPERATION = REASONS.index(UnratedReason.NOT_IN_OPERATION)


@dataclass(frozen=True)
class RatingColumns:
    """Ratings, one row each; `grade` is a position in the grades of the cards, `score` -1 where none."""

    subject_ids: NDArray[np.int64]
    rule_version_ids: NDArray[np.int64]
    grade: NDArray[np.int8]
    score: NDArray[np.int16]
    packed_bins: NDArray[np.int64]
    vetoes: NDArray[np.int64]
    known_count: NDArray[np.int16]
    unrated: NDArray[np.int8]
    on_file: NDArray[np.bool_]
    out_of_range: NDArray[np.int16]

    def taken(self, rows: NDArray[np.bool_ | np.int64]) -> "RatingColumns":
        """Only these rows, by mask or by position."""
        return RatingColumns(*(getattr(self, field.name)[rows] for field in fields(self)))


def rate_households(subjects: Subjects, facts: Facts, *, rules: Rules, as_of: date) -> RatingColumns:
    """Rate every household by the card in force."""
    result = _empty(subjects.ids, on_file=_files(facts, rules, kind="household", as_of=as_of))
    everybody = np.ones(len(subjects.ids), dtype=np.bool_)
    _rate(result, everybody, rules.household, facts.values, version_id=rules.version_of(rules.household))
    return result


def rate_entities(subjects: Subjects, facts: Facts, *, rules: Rules, as_of: date) -> RatingColumns:
    """Rate every entity by the card of its type; one that is not in operation is unrated."""
    on_file = _files(facts, rules, kind="agri_entity", as_of=as_of) & subjects.active
    result = _empty(subjects.ids, on_file=on_file)
    for code, entity_type in enumerate(ENTITY_TYPES):
        chosen = subjects.type_codes == code
        card = rules.entity[entity_type.value]
        values = {name: column[chosen] for name, column in facts.values.items()}
        _rate(result, chosen, card, values, version_id=rules.version_of(card))
    unrated_rank = len(rules.household.grade_codes) - 1
    idle = ~subjects.active
    result.grade[idle], result.score[idle], result.unrated[idle] = unrated_rank, NO_SCORE, NOT_IN_OPERATION
    return result


def _empty(subject_ids: NDArray[np.int64], *, on_file: NDArray[np.bool_]) -> RatingColumns:
    rows = len(subject_ids)
    return RatingColumns(
        subject_ids=subject_ids,
        rule_version_ids=np.zeros(rows, dtype=np.int64),
        grade=np.zeros(rows, dtype=np.int8),
        score=np.zeros(rows, dtype=np.int16),
        packed_bins=np.zeros(rows, dtype=np.int64),
        vetoes=np.zeros(rows, dtype=np.int64),
        known_count=np.zeros(rows, dtype=np.int16),
        unrated=np.zeros(rows, dtype=np.int8),
        on_file=on_file,
        out_of_range=np.zeros(rows, dtype=np.int16),
    )


def _rate(
    result: RatingColumns,
    chosen: NDArray[np.bool_],
    card: Scorecard,
    values: Mapping[str, NDArray[np.float64]],
    *,
    version_id: int,
) -> None:
    """Put the ratings by one card into the rows it is for."""
    scores = card.score(values)
    result.rule_version_ids[chosen] = version_id
    result.grade[chosen] = scores.grade
    result.score[chosen] = scores.total
    result.packed_bins[chosen] = scores.packed.view(np.int64)
    result.vetoes[chosen] = scores.vetoes
    result.known_count[chosen] = scores.known
    result.unrated[chosen] = scores.unrated
    result.out_of_range[chosen] = scores.out_of_range


def without_way_up(ratings: RatingColumns, *, rules: Rules) -> int:
    """How many rated subjects are below the best grade, and no changes they can make lift them."""
    found = 0
    for card in (rules.household, *rules.entity.values()):
        mine = (ratings.rule_version_ids == rules.version_of(card)) & (ratings.unrated == 0)
        found += int(card.without_way_up(ratings.packed_bins[mine].view(np.uint64)).sum())
    return found


def _files(facts: Facts, rules: Rules, *, kind: str, as_of: date) -> NDArray[np.bool_]:
    """Whose file counts; everybody's where the profile does not tell, until last night's word is heard."""
    if rules.untold_files:
        return np.ones(len(facts.newest_day), dtype=np.bool_)
    return valid_files(facts, rules.coverage, kind=kind, as_of=as_of)


def keep_files(ratings: RatingColumns, last: RatingColumns) -> None:
    """Let no file count that did not count last night."""
    ratings.on_file[:] &= last.on_file[ratings.subject_ids]


def valid_files(facts: Facts, policy: Profile, *, kind: str, as_of: date) -> NDArray[np.bool_]:
    """Whether a credit file counts: enough of the mandatory facts are known, and it is fresh."""
    names = policy.definition.mandatory[kind]
    known = np.zeros(len(facts.newest_day), dtype=np.int16)
    for name in names:
        known += ~np.isnan(facts.values[name])
    enough = known >= policy.definition.parameters["mandatory_known_share"] * len(names)
    oldest = months_before(as_of, int(policy.definition.parameters["file_months_maximum"]))
    return enough & (facts.newest_day > epoch_day(oldest))


def leave_unrated(
    ratings: RatingColumns, subject_ids: NDArray[np.int64], *, reason: UnratedReason, rank: int
) -> None:
    """Give some subjects no grade and no valid file, whatever is known; `rank` is that of no grade."""
    rows = np.isin(ratings.subject_ids, subject_ids)
    ratings.grade[rows], ratings.score[rows], ratings.unrated[rows] = rank, NO_SCORE, REASONS.index(reason)
    for column in (
        ratings.packed_bins,
        ratings.vetoes,
        ratings.known_count,
        ratings.on_file,
        ratings.out_of_range,
    ):
        column[rows] = 0


def last_ratings(reader: Reader, *, rows: int, grades: tuple[str, ...]) -> RatingColumns:
    """The rating of every subject that holds until tonight, placed by subject id; grade -1 where none."""
    cases = " ".join(f"WHEN '{grade}' THEN {rank}" for rank, grade in enumerate(grades))
    reasons = " ".join(f"WHEN '{reason.value}' THEN {code}" for code, reason in enumerate(REASONS))
    found = table(
        reader,
        f"SELECT r.subject_id, r.rule_version_id, CASE r.grade {cases} ELSE 127 END, "
        f"COALESCE(r.score, {NO_SCORE}), r.packed_bins, r.vetoes, r.known_count, "
        f"CASE r.unrated_reason {reasons} END, CASE WHEN r.on_file THEN 1 ELSE 0 END, r.out_of_range_count "
        "FROM ratings r JOIN rating_runs n ON n.run_id = r.run_id WHERE n.published_at IS NOT NULL "
        "ORDER BY r.rating_id",
        (np.int64, np.int64, np.int8, np.int16, np.int64, np.int64, np.int16, np.int8, np.bool_, np.int16),
    )
    placed = [np.zeros(rows, dtype=column.dtype) for column in found]
    placed[2] -= 1
    for target, column in zip(placed, found, strict=True):
        target[found[0]] = column
    return RatingColumns(
        subject_ids=placed[0],
        rule_version_ids=placed[1],
        grade=placed[2],
        score=placed[3],
        packed_bins=placed[4],
        vetoes=placed[5],
        known_count=placed[6],
        unrated=placed[7],
        on_file=placed[8],
        out_of_range=placed[9],
    )


@dataclass(frozen=True)
class Changes:
    """Which ratings are new or different tonight, and how the grades moved."""

    rows: NDArray[np.bool_]
    upgraded: int
    downgraded: int


def changes(tonight: RatingColumns, last: RatingColumns, *, grades: tuple[str, ...]) -> Changes:
    """Compare with last night; an upgrade or downgrade is between two grades, not from or to 'unrated'."""
    before, unrated_rank = last.taken(tonight.subject_ids), len(grades) - 1
    differs = np.zeros(len(tonight.subject_ids), dtype=np.bool_)
    for field in fields(RatingColumns)[1:]:
        differs |= getattr(tonight, field.name) != getattr(before, field.name)
    graded = (before.grade >= 0) & (before.grade < unrated_rank) & (tonight.grade < unrated_rank)
    upgraded = int((graded & (tonight.grade < before.grade)).sum())
    return Changes(differs, upgraded, int((graded & (tonight.grade > before.grade)).sum()))
