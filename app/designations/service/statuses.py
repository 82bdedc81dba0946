"""How villages and towns stand: every measure, every gate with its margin, ratings by grade."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from app.attestations.attestation import Attestation
from app.attestations.service import Until, in_force
from app.db import Session
from app.designations.reports import GateLine, MeasureLine, RungLine, SinceNight, StatusReport
from app.designations.store import statuses as store
from app.errors import NotFound
from app.models import (
    RUNG_GATE,
    GateState,
    Place,
    PlaceGate,
    PlaceGradeCount,
    PlaceMeasure,
    PlaceStatus,
    RatingRun,
    RuleVersion,
)
from app.ratings.service import latest_run
from app.records.known import ATTESTATION_ENDS, ATTESTATIONS
from app.rules.kept import kept_profile
from scoring.definition import Criterion, ProfileDefinition, Text

SCORE = Text("得分", "score")
__all__ = [
    "GateLine", "MeasureLine", "StatusReport", "documents_since", "states_of", "status_report",
    "status_reports", "status_today",
]  # fmt: skip

Documents = Mapping[str, Sequence[Attestation]]


def status_reports(session: Session, places: Collection[Place]) -> list[StatusReport]:
    """The reports of these places in their order; a place no night has spoken of has none."""
    found = store.newest_statuses(session, [place.place_id for place in places])
    documents = _documents(session, places)
    reports = reports_of(session, places, found, documents=documents)
    by_place = {report.place.place_id: report for report in reports}
    return [by_place[place.place_id] for place in places if place.place_id in by_place]


def reports_of(
    session: Session,
    places: Collection[Place],
    found: Collection[tuple[PlaceStatus, RatingRun]],
    *,
    documents: Documents | None = None,
) -> list[StatusReport]:
    """What statuses of these places say, each as the night that wrote it left it, with its documents."""
    homes = {place.place_id: place for place in places}
    ids = [status.place_status_id for status, _ in found]
    rule_ids = {status.rule_version_id for status, _ in found}
    rules = {rule.rule_version_id: rule for rule in store.rule_versions(session, rule_ids)}
    rows = _Rows(
        _grouped(store.measures(session, ids)),
        _grouped(store.gates(session, ids)),
        _grouped(store.grade_counts(session, ids)),
    )
    return [
        _report(
            homes[status.place_id],
            status,
            run,
            rows=rows,
            rule=rules[status.rule_version_id],
            documents=(documents or {}).get(f"p{status.place_id}", ()),
        )
        for status, run in found
    ]


def states_of(session: Session, place_ids: Collection[int]) -> dict[int, GateState]:
    """Whether each of these places holds its title, by its id; one no night has spoken of is left out."""
    return store.newest_states(session, place_ids)


def status_report(session: Session, place: Place) -> StatusReport:
    """The report of one place; `NotFound` before its first night."""
    found = status_reports(session, [place])
    if not found:
        raise NotFound(f"no night has judged {place.name} yet; run `credit-village rescore`")
    return found[0]


def status_today(session: Session, place: Place, *, on: date) -> StatusReport:
    """The report of one place, with what documents say on a day that the newest night did not count."""
    report = status_report(session, place)
    since = documents_since(session, [place], on=on)[place.place_id]
    if not since:
        return report
    gates = (
        replace(
            gate,
            since_night=tuple(
                one
                for one in since
                if (one.document.kind.value, one.document.measure) == (gate.kind, gate.measure.name)
            ),
        )
        for gate in report.gates
    )
    return replace(report, gates=tuple(gates))


def documents_since(
    session: Session, places: Collection[Place], *, on: date
) -> Mapping[int, tuple[SinceNight, ...]]:
    """The documents recorded or ended since the newest night, as they stand on a day, by place."""
    holders = {place.place_id: f"p{place.place_id}" for place in places}
    counted, now = _documents(session, places), in_force(session, list(holders.values()), on=on)
    return {
        place_id: tuple(_since(counted.get(holder, ()), now.get(holder, ())))
        for place_id, holder in holders.items()
    }


def _since(counted: Sequence[Attestation], now: Sequence[Attestation]) -> Iterable[SinceNight]:
    """By number, what is new before what has ended."""
    before, after = ({one.attestation_id: one for one in some} for some in (counted, now))
    yield from (SinceNight(after[number], ended=False) for number in sorted(after.keys() - before.keys()))
    yield from (SinceNight(before[number], ended=True) for number in sorted(before.keys() - after.keys()))


_Row = TypeVar("_Row", PlaceMeasure, PlaceGate, PlaceGradeCount)


@dataclass(frozen=True)
class _Rows:
    """The details of many statuses, by status."""

    measures: Mapping[int, list[PlaceMeasure]]
    gates: Mapping[int, list[PlaceGate]]
    counts: Mapping[int, list[PlaceGradeCount]]


def _documents(session: Session, places: Collection[Place]) -> Documents:
    """The documents that counted in the newest night, by holder."""
    newest = latest_run(session)
    if newest is None:
        return {}
    known = newest.known_until
    until = Until(known.get(ATTESTATIONS), known.get(ATTESTATION_ENDS))
    return in_force(session, [f"p{place.place_id}" for place in places], on=newest.as_of, until=until)


def _report(
    place: Place,
    status: PlaceStatus,
    run: RatingRun,
    *,
    rows: _Rows,
    rule: RuleVersion,
    documents: Sequence[Attestation],
) -> StatusReport:
    profile = kept_profile(rule)
    status_id = status.place_status_id
    kept = {row.name: row for row in rows.measures.get(status_id, [])}
    measures = {name: _measure_line(kept[name], profile) for name in profile.measures if name in kept}
    gates = {row.name: row for row in rows.gates.get(status_id, [])}
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for count in rows.counts.get(status_id, []):
        counts[count.subject_kind][count.grade] = count.subject_count
    return StatusReport(
        place=place,
        since=run.as_of,
        profile=profile,
        state=status.state,
        kept=kept,
        measures=tuple(measures.values()),
        gates=tuple(
            _gate_line(
                criterion,
                gates[criterion.name],
                measures[criterion.measure],
                profile=profile,
                documents=documents,
            )
            for criterion in profile.criteria
            if criterion.name in gates
        )
        + _first_rung(gates, profile),
        grade_counts=dict(counts),
        rungs=_rung_lines(gates, profile),
    )


def _rung_lines(gates: Mapping[str, PlaceGate], profile: ProfileDefinition) -> tuple[RungLine, ...]:
    """The rungs of the ladder, the lowest first; a place that bears no title has none."""
    if profile.ladder is None:
        return ()
    rows = [(rung, gates.get(f"{RUNG_GATE}{rung.name}")) for rung in profile.ladder.rungs]
    return tuple(
        RungLine(rung.name, rung.label, row.state, row.threshold, row.value, row.margin)
        for rung, row in rows
        if row is not None
    )


def _first_rung(gates: Mapping[str, PlaceGate], profile: ProfileDefinition) -> tuple[GateLine, ...]:
    """The lowest rung of the ladder as a gate: without it there is no title at all."""
    rung = None if profile.ladder is None else profile.ladder.rungs[0]
    row = None if rung is None else gates.get(f"{RUNG_GATE}{rung.name}")
    if rung is None or row is None:
        return ()
    score = MeasureLine(row.measure, SCORE, row.value, row.value, None, "none", Text("none", ""))
    return (
        GateLine(
            name=row.name,
            label=Text(
                f"{rung.label.zh}：得分不低于{rung.at_least}", f"{rung.label.en}: {rung.at_least} points"
            ),
            state=row.state,
            at_least=True,
            threshold=row.threshold,
            value=row.value,
            margin=row.margin,
            measure=score,
            basis=profile.sources[rung.basis],
        ),
    )


def _measure_line(row: PlaceMeasure, profile: ProfileDefinition) -> MeasureLine:
    value = row.numerator
    if row.denominator is not None or row.denominator_name != "none":
        value = row.numerator / row.denominator if row.numerator is not None and row.denominator else None
    return MeasureLine(
        name=row.name,
        label=profile.measures[row.name],
        value=value,
        numerator=row.numerator,
        denominator=row.denominator,
        denominator_name=row.denominator_name,
        denominator_label=profile.denominators.get(row.denominator_name, Text(row.denominator_name, "")),
    )


def _gate_line(
    criterion: Criterion,
    row: PlaceGate,
    measure: MeasureLine,
    *,
    profile: ProfileDefinition,
    documents: Sequence[Attestation],
) -> GateLine:
    of_gate = (criterion.kind, criterion.measure)
    return GateLine(
        name=row.name,
        label=criterion.label,
        state=row.state,
        at_least=criterion.at_least,
        threshold=row.threshold,
        value=row.value,
        margin=row.margin,
        measure=measure,
        basis=profile.sources[criterion.basis],
        kind=criterion.kind,
        documents=tuple(one for one in documents if (one.kind.value, one.measure) == of_gate),
    )


def _grouped(rows: Iterable[_Row]) -> Mapping[int, list[_Row]]:
    groups: dict[int, list[_Row]] = defaultdict(list)
    for row in rows:
        groups[row.place_status_id].append(row)
    return groups
