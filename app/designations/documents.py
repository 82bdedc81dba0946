"""The gates documents answer for: how many count of each holder, beside what the night knows of itself."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from app.attestations.attestation import Attestation
from app.attestations.service import Counts
from scoring import Measure
from scoring.criteria import held
from scoring.definition import Criterion


def counted(
    measures: Mapping[str, Measure], gates: Iterable[Criterion], counts: Counts, *, holders: Sequence[str]
) -> dict[str, Measure]:
    """The measures with what documents count for, for holders in columns.

    Where a measure is delivered too, the greater of both holds; what nobody delivers is what is on file.
    """
    found = dict(measures)
    for gate in gates:
        if not gate.kind:
            continue
        on_file = counts.get((gate.kind, gate.measure), {})
        column = np.array([on_file.get(holder, 0) for holder in holders], dtype=np.float64)
        delivered = found.get(gate.measure)
        if delivered is not None:
            # Of what is unknown no document is a decision in its favour.
            column = np.fmax(delivered.numerator, np.where(column > 0, column, np.nan))
        found[gate.measure] = Measure(column, None, "none")
    return found


def contradicted(gates: Iterable[Criterion], documents: Sequence[Attestation]) -> list[Criterion]:
    """The gates that fail by the documents of one holder alone, whatever else is known of it.

    A veto fails by any document against; what documents attest nobody delivers, so it fails without enough.
    """
    found = []
    for gate in gates:
        number = sum((one.kind.value, one.measure) == (gate.kind, gate.measure) for one in documents)
        if gate.kind and not held(gate, threshold=gate.threshold, numerator=number, denominator=None):
            found.append(gate)
    return found


def documents_in_short(documents: Iterable[Attestation]) -> list[dict[str, Any]]:
    """What of the documents behind a decision is kept with its facts: no words, which facts would outlast."""
    return [
        {
            "attestation_id": one.attestation_id,
            "kind": one.kind.value,
            "measure": one.measure,
            "document_sha256": one.document_sha256,
            "decided_on": one.decided_on.isoformat(),
            "valid_until": one.valid_until.isoformat(),
        }
        for one in documents
    ]
