"""The gates of households and entities: what the profile asks of them, held against what is known of them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from app.attestations.service import counts
from app.db import Session
from app.designations.documents import counted
from app.designations.found import Block
from app.designations.rules import TitleRules
from app.designations.service.evidence import Appraised, Overridden
from app.designations.store import holders as store
from app.models import AttestationKind, DesignationKind, EntityStatus, GateState, Rating
from app.ratings.service import known_on
from app.records.service import counting_candidates
from app.subjects.lineage import heirs, kin
from scoring import GateResults, Measure, Profile
from scoring.lint.delivered import GRADE_REACHED
from scoring.profile_parts import APPRAISED, FAVOURABLE
from scoring.states import joined

GATE_STATES = (GateState.HOLDS, GateState.FAILS, GateState.INSUFFICIENT, GateState.NOT_APPLICABLE)
VETOES, EXISTENCE, REGISTERED = "rating_veto_count", "in_existence", "registered"
OF_RATING = frozenset({GRADE_REACHED, "rating_points", VETOES})
_OF_RECORDS = ("overdue_days_now", "overdue_days_max_24m")
# Only what is so today is known of these: past month-ends are not judged by them.
OF_TODAY = frozenset({EXISTENCE, FAVOURABLE, APPRAISED})
_BLOCKS = {
    GRADE_REACHED: Block.GRADE_TOO_LOW,
    VETOES: Block.VETO,
    EXISTENCE: Block.NOT_IN_EXISTENCE,
    REGISTERED: Block.NOT_REGISTERED,
}
Column = NDArray[np.float64]


@dataclass(frozen=True)
class Standing:
    """What has been found out about some subjects; who is not in a mapping has no such thing.

    Of the `unrateable` the rating says nothing, whatever grade stands in it.
    """

    subject_ids: Sequence[int]
    ratings: Mapping[int, Rating]
    grades: Mapping[int, tuple[str, ...]]
    overrides: Mapping[int, Overridden]
    appraisals: Mapping[int, Appraised]
    statuses: Mapping[int, EntityStatus]
    unrateable: Collection[int] = frozenset()


@dataclass(frozen=True)
class SubjectGate:
    """Whether one subject holds one gate."""

    name: str
    measure: str
    state: GateState
    kind: str = ""


def gates_of(
    session: Session, standing: Standing, *, rules: TitleRules, on: date
) -> dict[int, tuple[SubjectGate, ...]]:
    """Every gate of the profile for each subject, as far as is known on a day."""
    results = _evaluated(session, standing, rules=rules, on=on)
    return {
        subject_id: tuple(_gates_at(results, row, appraisal=standing.appraisals.get(subject_id)))
        for row, subject_id in enumerate(standing.subject_ids)
    }


def states_at(session: Session, standing: Standing, *, rules: TitleRules, on: date) -> dict[int, int]:
    """Whether each subject held together what can be said of a past month-end."""
    results = _evaluated(session, standing, rules=rules, on=on)
    states = [gate.state for gate in results.gates if gate.criterion.measure not in OF_TODAY]
    if results.ladder is not None:
        states.append(results.ladder.rungs[0].state)
    overall = joined(states) if states else results.overall
    return dict(zip(standing.subject_ids, overall.tolist(), strict=True))


def blocks_of(gates: Collection[SubjectGate], *, is_rated: bool) -> Iterator[Block]:
    """What of the gates stands against the title; without a rating that alone is said, not what follows."""
    passed = (GateState.HOLDS, GateState.NOT_APPLICABLE)
    missed = [gate for gate in gates if gate.state not in passed]
    yield from dict.fromkeys(_block(gate) for gate in missed if is_rated or gate.measure not in OF_RATING)


def _block(gate: SubjectGate) -> Block:
    fails = gate.state is GateState.FAILS
    if gate.measure in (FAVOURABLE, APPRAISED):
        return Block.APPRAISAL_UNFAVOURABLE if fails else Block.NO_APPRAISAL
    if gate.kind == AttestationKind.ATTESTATION:
        return Block.DOCUMENT_MISSING
    if gate.kind == AttestationKind.VETO and fails:
        return Block.VETO
    if gate.measure in _BLOCKS and (fails or gate.measure == EXISTENCE):
        return _BLOCKS[gate.measure]
    return Block.GATES_FAIL if fails else Block.GATES_INSUFFICIENT


def _gates_at(results: GateResults, row: int, *, appraisal: Appraised | None) -> Iterator[SubjectGate]:
    for gate in results.gates:
        item, state = gate.criterion, GATE_STATES[gate.state[row]]
        unloved = appraisal is not None and not appraisal.favourable
        if item.measure == FAVOURABLE and state is GateState.HOLDS and unloved:
            state = GateState.FAILS
        yield SubjectGate(item.name, item.measure, state, item.kind)
    if results.ladder is not None:
        lowest = results.ladder.rungs[0]
        yield SubjectGate(lowest.rung.name, "", GATE_STATES[lowest.state[row]])


def _evaluated(session: Session, standing: Standing, *, rules: TitleRules, on: date) -> GateResults:
    measures = {**_of_ratings(standing, rules=rules), **_of_registers(session, standing, rules=rules, on=on)}
    measures |= _of_appraisals(standing)
    measures |= _of_records(session, standing, rules=rules, on=on)
    measures = _with_documents(session, standing, measures, rules=rules, on=on)
    return Profile(rules.profile).evaluate(measures)


def _of_ratings(standing: Standing, *, rules: TitleRules) -> dict[str, Measure]:
    reached, points, vetoes = (_nothing(standing) for _ in range(3))
    for row, subject_id in enumerate(standing.subject_ids):
        rating = standing.ratings.get(subject_id)
        if rating is None or subject_id in standing.unrateable:
            continue
        override = standing.overrides.get(subject_id)
        if rules.asks_for(GRADE_REACHED):
            ranks = standing.grades[rating.rule_version_id]
            held = rating.grade if override is None else override.grade
            least = rules.profile.least_rank(ranks)
            # What a card of other grades would say of these nobody knows.
            if least is not None and held in ranks:
                reached[row] = ranks.index(held) <= least
        points[row] = np.nan if rating.score is None else rating.score
        vetoes[row] = rating.vetoes.bit_count()
    return {
        GRADE_REACHED: _count(reached),
        "rating_points": _count(points),
        VETOES: _count(vetoes),
    }


def _of_registers(session: Session, standing: Standing, *, rules: TitleRules, on: date) -> dict[str, Measure]:
    """A household is registered where it is kept; an entity where the newest roster (if any) names it."""
    ids = standing.subject_ids
    registered = np.ones(len(ids))
    if rules.kind is DesignationKind.CREDIT_ENTITY and rules.asks_for(REGISTERED):
        named = store.on_newest_roster(session, ids, on=on)
        if named is not None:
            registered = np.array([each in named for each in ids], dtype=np.float64)
    active = [standing.statuses.get(each) is EntityStatus.ACTIVE for each in ids]
    return {REGISTERED: _count(registered), EXISTENCE: _count(np.array(active, dtype=np.float64))}


def _of_appraisals(standing: Standing) -> dict[str, Measure]:
    """How many favour each, of how many; and whether that is enough by the rules of its round."""
    favourable, answered = _nothing(standing), np.zeros(len(standing.subject_ids))
    enough = _nothing(standing)
    for row, subject_id in enumerate(standing.subject_ids):
        appraisal = standing.appraisals.get(subject_id)
        if appraisal is not None:
            favourable[row], answered[row] = appraisal.favourable_count, appraisal.answered_count
            enough[row] = appraisal.favourable if appraisal.counts else np.nan
    return {FAVOURABLE: Measure(favourable, answered, "appraisers"), APPRAISED: _count(enough)}


def _of_records(session: Session, standing: Standing, *, rules: TitleRules, on: date) -> dict[str, Measure]:
    """The newest records that count of what the profile asks for, those of merged files too."""
    columns = {name: _nothing(standing) for name in _OF_RECORDS}
    asked = [name for name in _OF_RECORDS if rules.asks_for(name)]
    if asked:
        kin = {subject_id: [subject_id] for subject_id in standing.subject_ids}
        for gone, heir in heirs(session, on=on).items():
            if heir in kin:
                kin[heir].append(gone)
        counting = counting_candidates(session, kin, known=known_on(session, on))
        for row, subject_id in enumerate(standing.subject_ids):
            for name in asked:
                if name in counting[subject_id]:
                    columns[name][row] = counting[subject_id][name].value
    return {name: _count(column) for name, column in columns.items()}


def _with_documents(
    session: Session, standing: Standing, measures: dict[str, Measure], *, rules: TitleRules, on: date
) -> dict[str, Measure]:
    """The measures documents count for; a veto holds if the records or a document say so.

    What was recorded of a file that was merged into another counts for the other.
    """
    asked = [gate for gate in rules.profile.criteria if gate.kind]
    if not asked:
        return measures
    kin_of = kin(session, standing.subject_ids, on=on)
    found = counts(session, [f"s{each}" for mine in kin_of.values() for each in mine], on=on)
    on_file = {
        key: {f"s{each}": sum(of.get(f"s{one}", 0) for one in mine) for each, mine in kin_of.items()}
        for key, of in found.items()
    }
    holders = [f"s{subject_id}" for subject_id in standing.subject_ids]
    return counted(measures, asked, on_file, holders=holders)


def _nothing(standing: Standing) -> Column:
    return np.full(len(standing.subject_ids), np.nan)


def _count(column: Column) -> Measure:
    return Measure(column, None, "none")
