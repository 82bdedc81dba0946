"""The status of villages and towns on the wire."""

from datetime import date
from typing import Literal

from pydantic import BaseModel

from app.attestations.schemas import DocumentNote
from app.designations.reports import GateLine, MeasureLine, RungLine, SinceNight, StatusReport
from app.models import AttestationKind, GateState
from app.places.schemas import PlaceAnswer
from app.ratings.schemas import SourceAnswer, TextAnswer


class MeasureAnswer(BaseModel):
    """A share with both its numbers, or a count; `value` is null where there is nothing to divide."""

    name: str
    label: TextAnswer
    value: float | None
    numerator: float | None
    denominator: float | None
    denominator_name: str
    denominator_label: TextAnswer

    @classmethod
    def of(cls, line: MeasureLine) -> "MeasureAnswer":
        """One measure."""
        return cls.model_validate(line, from_attributes=True)


class SinceNightAnswer(BaseModel):
    """A document recorded since the newest night, or ended since, which `state` does not count yet.

    `stands_against`: steps are refused for it already. `note` says so in words.
    """

    change: Literal["recorded", "ended"]
    kind: AttestationKind
    stands_against: bool
    document: DocumentNote
    note: TextAnswer

    @classmethod
    def of(cls, found: SinceNight, *, named: bool) -> "SinceNightAnswer":
        """One document; without its name where it is not to be named."""
        return cls(
            change="ended" if found.ended else "recorded",
            kind=found.document.kind,
            stands_against=found.stands_against,
            document=DocumentNote.of(found.document, named=named),
            note=TextAnswer.model_validate(found.words(named=named)),
        )


class GateAnswer(BaseModel):
    """A gate: what is asked, what there is, and the margin between them (negative: missed).

    `documents` are those that count for a gate on documents or vetoes; `missing_document` names the one
    it lacks. Only officials who may list documents read what they are called. `since_night` are those
    recorded or ended since the night that gave `state`.
    """

    name: str
    label: TextAnswer
    state: GateState
    state_label: str
    operator: str
    threshold: float
    value: float | None
    numerator: float | None
    denominator: float | None
    denominator_name: str
    margin: float | None
    basis: SourceAnswer
    documents: list[DocumentNote]
    since_night: list[SinceNightAnswer]
    missing_document: TextAnswer | None

    @classmethod
    def of(cls, line: GateLine, *, named: bool) -> "GateAnswer":
        """One gate with the two numbers of its measure; documents are `named` or not."""
        return cls(
            name=line.name,
            label=TextAnswer.model_validate(line.label),
            state=line.state,
            state_label=line.state.label,
            operator=">=" if line.at_least else "<=",
            threshold=line.threshold,
            value=line.value,
            numerator=line.measure.numerator,
            denominator=line.measure.denominator,
            denominator_name=line.measure.denominator_name,
            margin=line.margin,
            basis=SourceAnswer.model_validate(line.basis),
            documents=[DocumentNote.of(one, named=named) for one in line.documents],
            since_night=[SinceNightAnswer.of(one, named=named) for one in line.since_night],
            missing_document=(
                None if line.missing_document is None else TextAnswer.model_validate(line.missing_document)
            ),
        )


class RungAnswer(BaseModel):
    """A rung of a ladder: the least score it takes, the score, and what is between them."""

    name: str
    label: TextAnswer
    state: GateState
    state_label: str
    at_least: float
    score: float | None
    margin: float | None

    @classmethod
    def of(cls, line: RungLine) -> "RungAnswer":
        """One rung."""
        return cls(
            name=line.name,
            label=TextAnswer.model_validate(line.label),
            state=line.state,
            state_label=line.state.label,
            at_least=line.at_least,
            score=line.score,
            margin=line.margin,
        )


class StatusLine(BaseModel):
    """How a village or community stands, in one line; `rung` is the highest of a ladder it is enough for."""

    place: PlaceAnswer
    state: GateState
    state_label: str
    since: date
    missing: list[str]
    rung: str | None = None
    grade_counts: dict[str, dict[str, int]]

    @classmethod
    def of(cls, report: StatusReport) -> "StatusLine":
        """One place; `missing` names the gates that do not hold."""
        return cls(
            place=PlaceAnswer.of(report.place),
            state=report.state,
            state_label=report.state.label,
            since=report.since,
            missing=[gate.name for gate in report.missing],
            rung=None if report.rung is None else report.rung.name,
            grade_counts={kind: dict(counts) for kind, counts in report.grade_counts.items()},
        )


class VillagesAnswer(BaseModel):
    """A page of villages; `next_cursor` is null on the last one."""

    as_of: date
    villages: list[StatusLine]
    next_cursor: str | None


class StatusAnswer(StatusLine):
    """How a village or town stands in full; `first_step` is what to do first where nothing is on file."""

    as_of: date
    first_step: TextAnswer | None
    profile: str
    profile_version: date
    gates: list[GateAnswer]
    rungs: list[RungAnswer]
    measures: list[MeasureAnswer]

    @classmethod
    def full(cls, report: StatusReport, *, as_of: date, named: bool) -> "StatusAnswer":
        """One place as of the newest published night; documents are `named` or not."""
        return cls(
            **StatusLine.of(report).model_dump(),
            as_of=as_of,
            first_step=None if report.first_step is None else TextAnswer.model_validate(report.first_step),
            profile=report.profile_code,
            profile_version=report.effective_from,
            gates=[GateAnswer.of(line, named=named) for line in report.gates],
            rungs=[RungAnswer.of(line) for line in report.rungs],
            measures=[MeasureAnswer.of(line) for line in report.measures],
        )


class TownAnswer(StatusAnswer):
    """A town with the villages and communities that make it up."""

    villages: list[StatusLine]
