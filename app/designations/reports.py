"""What can be said of a village or town: measures, gates, ratings by grade."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.attestations.attestation import Attestation
from app.models import AttestationKind, GateState, Place, PlaceMeasure
from scoring.definition import ProfileDefinition, Source, Text

_OF_VILLAGES = frozenset({"designated_village_count"})
FIRST_STEP = Text(
    "还没有任何数据：请先导入农户名册和档案（credit-village import），下次评定后再看各项标准",
    "nothing is on file: import the households and their records first (`credit-village import`), and see "
    "the gates after the next night",
)


@dataclass(frozen=True)
class MeasureLine:
    """One measure: the share and the two numbers it is made of, or a count."""

    name: str
    label: Text
    value: float | None
    numerator: float | None
    denominator: float | None
    denominator_name: str
    denominator_label: Text


@dataclass(frozen=True)
class SinceNight:
    """A document recorded since the newest night, or ended since: the status does not say so yet.

    One against a title, or one that speaks for it no more, stands against every step at once; the rest
    counts from the next night.
    """

    document: Attestation
    ended: bool

    @property
    def stands_against(self) -> bool:
        """Whether steps are refused for it although the status says nothing of it."""
        return self.ended == (self.document.kind is AttestationKind.ATTESTATION)

    def words(self, *, named: bool) -> Text:
        """What has changed and from when on it counts; the document by its name, or only by its office."""
        one = self.document
        veto = one.kind is AttestationKind.VETO
        about = f"{one.label}（{f'{one.document}，' if named else ''}{one.office}，{one.decided_on}）"
        about_en = f"{one.measure} ({f'{one.document}, ' if named else ''}{one.office}, {one.decided_on})"
        kind, kind_en = ("否决", "veto") if veto else ("证明", "attestation")
        if self.ended:
            zh, en = f"自上次评定后{kind}已失效：{about}", f"ended since the last night: {kind_en} {about_en}"
        else:
            zh, en = (
                f"自上次评定后登记了{kind}：{about}",
                f"recorded since the last night: {kind_en} {about_en}",
            )
        if self.stands_against:
            return Text(
                f"{zh}，即日起不予办理，下次评定起计入",
                f"{en}; no step is taken against it, and it counts from the next night",
            )
        return Text(f"{zh}，下次评定起计入", f"{en}; it counts from the next night")


@dataclass(frozen=True)
class GateLine:
    """One gate: what is asked, what there is, how far apart, and where the rule comes from."""

    name: str
    label: Text
    state: GateState
    at_least: bool
    threshold: float
    value: float | None
    margin: float | None
    measure: MeasureLine
    basis: Source
    kind: str = ""
    documents: tuple[Attestation, ...] = ()
    since_night: tuple[SinceNight, ...] = ()

    @property
    def missing_document(self) -> Text | None:
        """Which document is missing, where the gate asks for one and none counts."""
        lacks = self.kind == AttestationKind.ATTESTATION and self.state is not GateState.HOLDS
        return self.measure.label if lacks else None


@dataclass(frozen=True)
class RungLine:
    """One rung of a ladder: the least score it takes, and how far the score is from it."""

    name: str
    label: Text
    state: GateState
    at_least: float
    score: float | None
    margin: float | None


@dataclass(frozen=True)
class StatusReport:
    """One village, community or town as the newest night that spoke of it left it.

    `measures` are those its profile shows, `kept` all that were kept, by name.
    """

    place: Place
    since: date
    profile: ProfileDefinition
    state: GateState
    kept: Mapping[str, PlaceMeasure]
    measures: tuple[MeasureLine, ...]
    gates: tuple[GateLine, ...]
    grade_counts: Mapping[str, Mapping[str, int]]
    rungs: tuple[RungLine, ...] = ()

    @property
    def profile_code(self) -> str:
        """The profile it was judged by."""
        return self.profile.code

    @property
    def profile_title(self) -> Text:
        """Its title."""
        return self.profile.title

    @property
    def effective_from(self) -> date:
        """Its first day in force."""
        return self.profile.effective_from

    def measure(self, name: str) -> MeasureLine | None:
        """One measure by its name."""
        return next((line for line in self.measures if line.name == name), None)

    @property
    def rung(self) -> RungLine | None:
        """The highest rung the gates and the score are enough for, whichever is borne."""
        if self.state is not GateState.HOLDS:
            return None
        return next((line for line in reversed(self.rungs) if line.state is GateState.HOLDS), None)

    @property
    def next_rung(self) -> RungLine | None:
        """Of a place that is enough for a rung, the one above it; none at the top."""
        above = [line for line in self.rungs if line.state is not GateState.HOLDS]
        return above[0] if above and self.rung is not None else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is on file of it; the villages of a town are no file of its own."""
        of_documents = {gate.measure for gate in self.profile.criteria if gate.kind}
        return not self.grade_counts and not any(
            _is_known(row, of_documents=row.name in of_documents) for row in self.kept.values()
        )

    @property
    def first_step(self) -> Text | None:
        """What to do before anything can be said of it, where nothing is on file."""
        return FIRST_STEP if self.is_empty else None

    @property
    def since_night(self) -> tuple[SinceNight, ...]:
        """What has changed of its documents since the newest night, gate by gate."""
        return tuple(one for gate in self.gates for one in gate.since_night)

    @property
    def missing(self) -> tuple[GateLine, ...]:
        """The gates that do not hold, the farthest from its threshold first."""
        open_gates = [g for g in self.gates if g.state in (GateState.FAILS, GateState.INSUFFICIENT)]
        return tuple(sorted(open_gates, key=lambda gate: math.inf if gate.margin is None else gate.margin))


def _is_known(row: PlaceMeasure, *, of_documents: bool) -> bool:
    """Whether a measure rests on anything: a recorded count, or a whole that is not nothing.

    That no document is on file is nothing on file.
    """
    if row.denominator_name == "villages" or row.name in _OF_VILLAGES:
        return False
    if row.denominator_name == "none":
        return bool(row.numerator) if of_documents else row.numerator is not None
    return bool(row.denominator)
