"""Whose titles a night has to look at, from its columns; what it does for them is `designations`' to say."""

import logging
from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from app.attestations.service import attested_subjects
from app.db import Session
from app.designations.rules import TitleRules
from app.designations.service.night import Candidates, Night, keep, lock
from app.designations.service.rules import usable_rules
from app.designations.service.subject_gates import OF_TODAY, REGISTERED, VETOES
from app.jobs.night.rating import REASONS
from app.jobs.night.tonight import Tonight
from app.models import (
    RUNG_GATE,
    AppraisalResult,
    DesignationKind,
    GateState,
    Override,
    Place,
    SubjectKind,
    UnratedReason,
)
from app.records.known import DESIGNATION_STEPS
from app.subjects.lineage import heirs
from scoring.lint.delivered import GRADE_REACHED, undelivered, ungraded

_LOG = logging.getLogger(__name__)
_OF_SUBJECTS = {
    DesignationKind.CREDIT_HOUSEHOLD: (SubjectKind.HOUSEHOLD, UnratedReason.MERGED),
    DesignationKind.CREDIT_ENTITY: (SubjectKind.AGRI_ENTITY, UnratedReason.NOT_IN_OPERATION),
}


def keep_titles(session: Session, tonight: Tonight, *, at: datetime) -> dict[str, int]:
    """Everything a night does for titles, households first and towns last; how many steps, by action.

    A title whose kept version nobody can go by is left as it stands, and that is noted.
    """
    lock(session)
    on = tonight.known.on
    night = Night(on=on, at=at, last_step_id=tonight.known.until[DESIGNATION_STEPS])
    counts: Counter[str] = Counter()
    found, unusable = usable_rules(session, on=on)
    for kind, why in unusable.items():
        _LOG.error("%s: no step is taken tonight: %s", kind, why)
    for kind, rules in found.items():
        _note_unfit(rules, tonight)
        counts.update(keep(session, kind, night, candidates=_candidates(session, rules, tonight)))
    return dict(sorted(counts.items()))


def _note_unfit(rules: TitleRules, tonight: Tonight) -> None:
    """Tell the operator what a version from before the checks asks for that nobody can judge."""
    for finding in [*undelivered(rules.profile), *ungraded(rules.profile, tonight.grades)]:
        _LOG.warning(
            "%s: %s; 无法判定，按数据不足处理 · insufficient for this title", rules.profile.code, finding
        )


def title_fingerprints(session: Session, *, on: date) -> dict[str, str]:
    """The fingerprint of every profile a night gives and keeps titles by, by its code."""
    found = usable_rules(session, on=on)[0].values()
    return {rules.profile.code: rules.profile.fingerprint for rules in found}


def _candidates(session: Session, rules: TitleRules, tonight: Tonight) -> Candidates:
    if rules.kind in _OF_SUBJECTS:
        return _subjects(session, rules, tonight)
    return _places(session, rules.kind, tonight)


def _subjects(session: Session, rules: TitleRules, tonight: Tonight) -> Candidates:
    """Those whose card is good enough, those whose is not, and those who are no more.

    The gates are looked at closely later; here only what the columns say already leaves anybody out.
    """
    of, reason = _OF_SUBJECTS[rules.kind]
    columns = tonight.ratings[of]
    ids = columns.subject_ids
    fine = np.ones(len(ids), dtype=np.bool_)
    if rules.asks_for(GRADE_REACHED):
        least = rules.profile.least_rank(tonight.grades)
        fine &= False if least is None else columns.grade <= least
    if rules.asks_for(VETOES):
        fine &= columns.vetoes == 0
    # An override or a document may lift or lower any of them: those are looked at closely either way.
    named = session.scalars(select(Override.subject_id).distinct()).all()
    attested = attested_subjects(session)
    into = heirs(session, on=tonight.known.on) if attested else {}
    moved = np.isin(ids, _array([*named, *(into.get(each, each) for each in attested)]))
    able = fine | moved
    if rules.asks_appraisal:
        able &= np.isin(ids, _array(session.scalars(select(AppraisalResult.subject_id).distinct()).all()))
    gone = columns.unrated == REASONS.index(reason)
    return Candidates(
        able=ids[able].tolist(),
        poor=_Among(ids if _asks_more(rules) else ids[~fine | moved]),
        gone=_Among(ids[gone]),
    )


def _asks_more(rules: TitleRules) -> bool:
    """Whether a title can be in breach for something the columns of a night do not say."""
    of_columns = {GRADE_REACHED, VETOES, *OF_TODAY}
    if rules.kind is DesignationKind.CREDIT_HOUSEHOLD:
        of_columns.add(REGISTERED)
    asked = {gate.measure for gate in rules.profile.criteria}
    return rules.profile.ladder is not None or not asked <= of_columns


def _places(session: Session, kind: DesignationKind, tonight: Tonight) -> Candidates:
    """The villages or towns that hold every gate, those that do not, and those that are no more."""
    rules, of_town = tonight.rules, kind is DesignationKind.CREDIT_TOWN
    version = rules.version_of(rules.town if of_town else rules.village)
    judged = [status for status in tonight.statuses if status.rule_version_id == version]
    able = [status.place_id for status in judged if status.state is GateState.HOLDS]
    poor = [status.place_id for status in judged if status.state is GateState.FAILS]
    poor_rungs: dict[str, set[int]] = defaultdict(set)
    for status in judged:
        for gate in status.gates:
            if gate.name.startswith(RUNG_GATE) and GateState.FAILS in (gate.state, status.state):
                poor_rungs[gate.name.removeprefix(RUNG_GATE)].add(status.place_id)
    gone = session.scalars(select(Place.place_id).where(Place.valid_to <= tonight.known.on))
    return Candidates(able=able, poor=frozenset(poor), gone=frozenset(gone), poor_rungs=poor_rungs)


class _Among:
    """Whether a subject is one of many, without a Python object for each of them."""

    def __init__(self, ids: NDArray[np.int64]) -> None:
        self._ids = np.sort(ids)

    def __contains__(self, subject_id: object) -> bool:
        assert isinstance(subject_id, int)
        position = int(np.searchsorted(self._ids, subject_id))
        return position < len(self._ids) and int(self._ids[position]) == subject_id


def _array(ids: Collection[int]) -> NDArray[np.int64]:
    return np.fromiter(ids, dtype=np.int64, count=len(ids))
