"""The numbers behind a gate as they are kept with the facts of a step: their fingerprint seals them."""

import math
from collections.abc import Collection, Mapping

from app.attestations.attestation import Attestation
from app.models import PlaceGate, PlaceMeasure
from scoring.definition import Criterion

Figure = Mapping[str, float | int | None]


def figure(gate: PlaceGate, measure: PlaceMeasure | None) -> Figure:
    """The numbers of a gate as a night left them; a score has no measure of its own."""
    return {
        "value": _exact(gate.value),
        "numerator": None if measure is None else _exact(measure.numerator),
        "denominator": None if measure is None else _exact(measure.denominator),
        "threshold": _exact(gate.threshold),
    }


def figure_of_documents(gate: Criterion, documents: Collection[Attestation]) -> Figure:
    """The numbers of a gate that fails by the documents of a day: how many of them there are."""
    count = sum((one.kind.value, one.measure) == (gate.kind, gate.measure) for one in documents)
    return {"value": count, "numerator": count, "denominator": None, "threshold": _exact(gate.threshold)}


def _exact(number: float | None) -> float | int | None:
    """A number as either database gives it back within JSON: a whole one without a point."""
    if number is None or not math.isfinite(number):
        return None
    return int(number) if number == int(number) else number
