"""What can be said of a village or town: measures, gates, ratings by grade."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from app.attestations.attestation import Attestation
from app.models import AttestationKind, GateState, Place, PlaceMeasure
from scoring.definition import ProfileDefinition, Source, Text


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
    def missing(self) -> tuple[GateLine, ...]:
        """The gates that do not hold, the farthest from its threshold first."""
        open_gates = [g for g in self.gates if g.state in (GateState.FAILS, GateState.INSUFFICIENT)]
        return tuple(sorted(open_gates, key=lambda gate: math.inf if gate.margin is None else gate.margin))
