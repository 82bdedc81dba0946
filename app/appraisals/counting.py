"""From the submitted sheets of a round to its results, its agreement and what looks odd."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.models import AppraisalMark, FlagKind
from app.rules.appraisals import AppraisalRules
from scoring import appraisal

# What an appraiser thinks of a household, for the measure of agreement.
_UNKNOWN, _AGAINST, _FAVOURABLE = range(3)
_NO_ANSWER = -1


@dataclass(frozen=True)
class Counted:
    """The marks of a round as arrays: households by appraisers, and what of them counts."""

    subjects: Sequence[int]
    appraisers: Sequence[int]
    given: NDArray[np.bool_]
    knows: NDArray[np.bool_]
    kin: NDArray[np.bool_]
    scores: NDArray[np.int64]
    limits: NDArray[np.int64]
    answers: NDArray[np.int64]
    reasons: Mapping[int, Counter[str]]

    @property
    def counts(self) -> NDArray[np.bool_]:
        """The marks that count: of whoever knows the household and is not its kin."""
        return self.knows & ~self.kin


@dataclass(frozen=True)
class HouseholdResult:
    """What the marks of one household came to."""

    subject_id: int
    known_count: int
    appraiser_count: int
    favourable_count: int
    score_hundredths: int | None
    grade: str | None
    suggested_limit_fen: int | None
    reasons: Mapping[str, int]


@dataclass(frozen=True)
class FoundFlag:
    """Something that looks odd, with the numbers behind it."""

    kind: FlagKind
    detail: Mapping[str, Any]
    appraiser_id: int | None = None
    other_appraiser_id: int | None = None
    subject_id: int | None = None


def counted(
    subjects: Sequence[int],
    appraisers: Sequence[int],
    marks: Sequence[AppraisalMark],
    *,
    declared: set[tuple[int, int]],
    rules: AppraisalRules,
) -> Counted:
    """The marks as arrays; kin is whom the invitation or the sheet itself names so."""
    row = {subject_id: place for place, subject_id in enumerate(subjects)}
    column = {appraiser_id: place for place, appraiser_id in enumerate(appraisers)}
    shape, items = (len(subjects), len(appraisers)), rules.form.items
    given, knows, kin = (np.zeros(shape, dtype=np.bool_) for _ in range(3))
    found = Counted(
        subjects=subjects,
        appraisers=appraisers,
        given=given,
        knows=knows,
        kin=kin,
        scores=np.zeros(shape, dtype=np.int64),
        limits=np.full(shape, _NO_ANSWER, dtype=np.int64),
        answers=np.full((*shape, len(items)), _NO_ANSWER, dtype=np.int64),
        reasons={one: Counter() for one in subjects},
    )
    for mark in marks:
        at = row[mark.subject_id], column[mark.appraiser_id]
        found.given[at] = True
        found.kin[at] = mark.kin or (mark.appraiser_id, mark.subject_id) in declared
        found.knows[at] = mark.knows and (mark.score is not None or bool(found.kin[at]))
        found.scores[at] = mark.score or 0
        found.limits[at] = _NO_ANSWER if mark.suggested_limit_fen is None else mark.suggested_limit_fen
        for place, item in enumerate(items):
            codes = [choice.code for choice in item.choices]
            if item.name in mark.answers:
                found.answers[(*at, place)] = codes.index(mark.answers[item.name])
        if found.counts[at]:
            found.reasons[mark.subject_id].update(mark.reasons)
    return found


def results(found: Counted, rules: AppraisalRules) -> list[HouseholdResult]:
    """What every household's marks came to."""
    counting = rules.counting
    tally = appraisal.tally(
        found.scores, found.counts, quorum=counting.quorum, trimmed_from=counting.trimmed_from,
        favourable_from=counting.favourable_from,
    )  # fmt: skip
    limits = appraisal.median(found.limits, found.counts & (found.limits >= 0))
    made = []
    for place, subject_id in enumerate(found.subjects):
        score, limit = int(tally.score_hundredths[place]), int(limits[place])
        reached = score != appraisal.NONE
        made.append(
            HouseholdResult(
                subject_id=subject_id,
                known_count=int(found.knows[place].sum()),
                appraiser_count=int(tally.counted[place]),
                favourable_count=int(tally.favourable[place]),
                score_hundredths=score if reached else None,
                grade=rules.grade(score) if reached else None,
                suggested_limit_fen=limit if reached and limit != appraisal.NONE else None,
                reasons=dict(sorted(found.reasons[subject_id].items())) if reached else {},
            )
        )
    return made


def kappa(found: Counted, rules: AppraisalRules) -> float | None:
    """How far the appraisers agree, beyond chance, whether they know and favour a household."""
    favourable = found.knows & (found.scores >= rules.counting.favourable_from)
    opinion = np.where(found.knows, np.where(favourable, _FAVOURABLE, _AGAINST), _UNKNOWN)
    said = found.given & ~found.kin
    counts = np.stack([(said & (opinion == one)).sum(axis=1) for one in range(3)], axis=1)
    return appraisal.fleiss_kappa(counts.astype(np.int64))


def flags(found: Counted, rules: AppraisalRules, *, agreement: float | None) -> Iterator[FoundFlag]:
    """Everything the town is shown about how the round was filled in."""
    patterns, ids = rules.patterns, found.appraisers
    for row, column in np.argwhere(found.kin):
        yield FoundFlag(
            FlagKind.KINSHIP, {"counted": False}, appraiser_id=ids[column],
            subject_id=found.subjects[row],
        )  # fmt: skip
    for far in appraisal.outliers(
        found.scores, found.counts, marks_least=patterns.marks_least, points_least=patterns.outlier_points
    ):
        detail = {"points_from_the_others": far.points, "household_count": far.households}
        yield FoundFlag(FlagKind.OUTLIER, detail, appraiser_id=ids[far.appraiser])
    for pair in appraisal.twins(
        found.answers, found.counts, marks_least=patterns.marks_least, share_least=patterns.identical_share
    ):
        yield FoundFlag(
            FlagKind.IDENTICAL_SHEETS, {"household_count": pair.households}, appraiser_id=ids[pair.first],
            other_appraiser_id=ids[pair.second],
        )  # fmt: skip
    for best in appraisal.top_marks(
        found.scores, found.counts, marks_least=patterns.marks_least, top_from=patterns.top_from,
        share_least=patterns.top_share,
    ):  # fmt: skip
        detail = {"top_count": best.top, "household_count": best.households}
        yield FoundFlag(FlagKind.ALL_TOP, detail, appraiser_id=ids[best.appraiser])
    if agreement is not None and agreement < patterns.kappa_least:
        detail = {"kappa": round(agreement, 4), "kappa_least": patterns.kappa_least}
        yield FoundFlag(FlagKind.LOW_AGREEMENT, detail)
