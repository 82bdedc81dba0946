"""What a closed round came to, on the wire: no single mark, and no appraiser by name."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from app.appraisals.appraisal import Flag, Measure, ResultLine, RoundResult
from app.appraisals.schemas import RoundAnswer
from app.models import AppraisalStanding, FlagKind


class MeasureAnswer(BaseModel):
    """A share with its numerator, its denominator and what that counts; null of nothing."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    label: str
    numerator: int
    denominator: int
    denominator_name: str
    share: float | None

    @classmethod
    def of(cls, found: Measure) -> Self:
        """One share."""
        return cls.model_validate(found)


class HouseholdResultAnswer(BaseModel):
    """What the marks of one household came to; `outcome` says why there is no score.

    `appraised`, `below_quorum` (too few marks count) or `refused` (it is not appraised).
    """

    line: int
    subject_id: int
    household_no: str
    name_masked: str
    outcome: str
    outcome_label: str
    known_count: int
    appraiser_count: int
    favourable_count: int
    score: float | None
    grade: str | None
    suggested_limit_fen: int | None
    reasons: dict[str, int]
    flags: list[str]

    @classmethod
    def of(cls, found: ResultLine) -> Self:
        """One household."""
        line, outcome = found.line, "appraised"
        if line.standing is AppraisalStanding.REFUSED:
            outcome = "refused"
        elif found.score is None:
            outcome = "below_quorum"
        return cls(
            line=line.line,
            subject_id=line.subject_id,
            household_no=line.household_no,
            name_masked=line.name_masked,
            outcome=outcome,
            outcome_label=_OUTCOMES[outcome],
            known_count=found.known_count,
            appraiser_count=found.appraiser_count,
            favourable_count=found.favourable_count,
            score=found.score,
            grade=found.grade,
            suggested_limit_fen=found.suggested_limit_fen,
            reasons=dict(found.reasons),
            flags=list(found.flags),
        )


_OUTCOMES = {
    "appraised": "已评议",
    "below_quorum": "有效评议不足法定人数，没有结果",
    "refused": "未同意建档评级，不评议",
}


class FlagAnswer(BaseModel):
    """Something to look at; nothing follows by itself. Appraisers are named by their number in the round."""

    kind: FlagKind
    kind_label: str
    appraiser_number: int | None
    other_appraiser_number: int | None
    subject_id: int | None
    detail: dict[str, object]

    @classmethod
    def of(cls, found: Flag) -> Self:
        """One flag."""
        return cls(
            kind=found.kind,
            kind_label=found.kind.label,
            appraiser_number=found.appraiser_number,
            other_appraiser_number=found.other_appraiser_number,
            subject_id=found.subject_id,
            detail=dict(found.detail),
        )


class ResultAnswer(BaseModel):
    """A closed round: its shares, its households and what looks odd."""

    round: RoundAnswer
    measures: list[MeasureAnswer]
    households: list[HouseholdResultAnswer]
    flags: list[FlagAnswer]

    @classmethod
    def of(cls, found: RoundResult) -> Self:
        """A closed round in full."""
        return cls(
            round=RoundAnswer.of(found.round),
            measures=[MeasureAnswer.of(one) for one in found.measures],
            households=[HouseholdResultAnswer.of(one) for one in found.lines],
            flags=[FlagAnswer.of(one) for one in found.flags],
        )
