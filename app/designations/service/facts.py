"""What is known, on a day, of those who would hold a title, and what of it stands against the title."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from app.attestations.attestation import Attestation
from app.attestations.service import in_force
from app.consents.service import rating_refusers
from app.db import Session
from app.designations.documents import contradicted, documents_in_short
from app.designations.figures import figure, figure_of_documents
from app.designations.found import FIGURES, NEWEST_NIGHT, Block, Found, Holder
from app.designations.rules import VILLAGES_SHARE, TitleRules
from app.designations.service.evidence import Overridden, appraised, overridden
from app.designations.service.subject_gates import Standing, blocks_of, gates_of
from app.designations.store import holders as store
from app.designations.store import statuses, titles
from app.models import (
    AttestationKind,
    DesignationKind,
    EntityStatus,
    GateState,
    Place,
    PlaceGate,
    PlaceKind,
    PlaceStatus,
    Rating,
    RatingRun,
    SubjectKind,
    UnratedReason,
)
from app.ratings.service import newest_night
from app.rules.service import card_of, rule_version
from app.subjects.lineage import heirs, kin
from scoring.criteria import held
from scoring.definition import Criterion

SUBJECT_KINDS = {
    DesignationKind.CREDIT_HOUSEHOLD: SubjectKind.HOUSEHOLD,
    DesignationKind.CREDIT_ENTITY: SubjectKind.AGRI_ENTITY,
}
PLACE_KINDS = {
    DesignationKind.CREDIT_VILLAGE: (PlaceKind.VILLAGE,),
    DesignationKind.CREDIT_TOWN: (PlaceKind.TOWN, PlaceKind.SUBDISTRICT),
}
_OF_DOCUMENTS = {
    AttestationKind.VETO.value: Block.VETO,
    AttestationKind.ATTESTATION.value: Block.DOCUMENT_MISSING,
}
_DISSENT = (UnratedReason.NO_CONSENT, UnratedReason.MERGED)


def found_of(
    session: Session,
    holders: Collection[Holder],
    *,
    rules: TitleRules,
    on: date,
    last_step_id: int | None = None,
) -> dict[str, Found]:
    """The facts of some holders and what stands against the title, by the key of the holder.

    With a step, titles are counted as far as they had come with it.
    """
    if not holders:
        return {}
    if rules.kind in SUBJECT_KINDS:
        known = _Subjects(session, holders, rules=rules, on=on)
        return {holder.key: known.found(holder) for holder in holders}
    places = _Places(session, holders, rules=rules, on=on, last_step_id=last_step_id)
    return {holder.key: places.found(holder) for holder in holders}


class _Subjects:
    """What is on file about some households or entities, asked for all at once."""

    def __init__(self, session: Session, holders: Collection[Holder], *, rules: TitleRules, on: date) -> None:
        ids = [holder.subject_id for holder in holders if holder.subject_id is not None]
        self._rules = rules
        self._ratings = store.latest_ratings(session, ids)
        self._newest_night = newest_night(session)
        self._nights = store.nights(session, {rating.run_id for rating in self._ratings.values()})
        self._overrides = overridden(session, ids, on=on)
        self._refusers = rating_refusers(session, ids, on=on)
        self._heirs = heirs(session, on=on)
        of_households = rules.kind is DesignationKind.CREDIT_HOUSEHOLD
        self._appraisals = appraised(session, ids, on=on) if of_households else {}
        self._statuses = {} if of_households else store.entity_statuses(session, ids)
        standing = Standing(
            ids,
            ratings=self._ratings,
            grades=grades_of(session, self._ratings.values()),
            overrides=self._overrides,
            appraisals=self._appraisals,
            statuses=self._statuses,
        )
        self._gates = gates_of(session, standing, rules=rules, on=on)
        self._kin = kin(session, ids, on=on)
        files = [f"s{each}" for mine in self._kin.values() for each in mine]
        self._documents = in_force(session, files, on=on)

    def found(self, holder: Holder) -> Found:
        """The facts of one of them."""
        subject_id = holder.subject_id
        assert subject_id is not None
        rating = self._ratings.get(subject_id)
        override = self._overrides.get(subject_id)
        status = self._statuses.get(subject_id)
        appraisal = self._appraisals.get(subject_id)
        heir = self._heirs.get(subject_id)
        refused = subject_id in self._refusers
        gates = self._gates[subject_id]
        blocks = [
            *_of_standing(refused=refused, heir=heir, rating=rating),
            *blocks_of(gates, is_rated=rating is not None and rating.unrated_reason not in _DISSENT),
        ]
        facts = {
            **_rated(rating, override, night=self._night(rating)),
            NEWEST_NIGHT: _iso(self._newest_night),
            "least_grade": self._rules.profile.minimum_grade,
            "consent": not refused,
            "merged_into": heir,
            "status": None if status is None else status.value,
            "appraisal": None if appraisal is None else appraisal.facts,
            "gates": {gate.name: gate.state.value for gate in gates},
            **_documents(self._documents, [f"s{each}" for each in self._kin[subject_id]]),
        }
        return Found(holder, facts, tuple(blocks), ended=self._end(heir, status))

    def _night(self, rating: Rating | None) -> str | None:
        return None if rating is None else self._nights[rating.run_id].isoformat()

    def _end(self, heir: int | None, status: EntityStatus | None) -> str:
        if heir is not None:
            return f"已并入主体 {heir} · merged into subject {heir}"
        if status in (EntityStatus.DEREGISTERED, EntityStatus.REVOKED):
            return f"主体已{status.label} · the entity is {status} in the register"
        return ""


def _of_standing(*, refused: bool, heir: int | None, rating: Rating | None) -> Iterator[Block]:
    if heir is not None:
        yield Block.MERGED
    if refused or (rating is not None and rating.unrated_reason is UnratedReason.NO_CONSENT):
        yield Block.CONSENT_REFUSED
    if rating is None:
        yield Block.NOT_RATED


def _rated(rating: Rating | None, override: Overridden | None, *, night: str | None) -> dict[str, Any]:
    if rating is None:
        return {"night": None, "rating_id": None, "grade": None, "veto": None, "effective_grade": None}
    return {
        "night": night,
        "rating_id": rating.rating_id,
        "grade": rating.grade,
        "veto": bool(rating.vetoes),
        "effective_grade": rating.grade if override is None else override.grade,
    }


def grades_of(session: Session, ratings: Collection[Rating]) -> dict[int, tuple[str, ...]]:
    """The grades of each card, the best first and 'unrated' last."""
    versions = {rating.rule_version_id for rating in ratings}
    return {each: card_of(rule_version(session, each)).grade_codes for each in versions}


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


class _Places:
    """What the newest night said of some villages or towns, and what documents say since, for all at once."""

    def __init__(
        self,
        session: Session,
        holders: Collection[Holder],
        *,
        rules: TitleRules,
        on: date,
        last_step_id: int | None,
    ) -> None:
        ids = [holder.place_id for holder in holders]
        self._rules, self._on = rules, on
        self._places = store.places(session, ids)
        self._statuses = {
            status.place_id: (status, run) for status, run in statuses.newest_statuses(session, ids)
        }
        kept = [status.place_status_id for status, _ in self._statuses.values()]
        self._gates: dict[int, list[PlaceGate]] = {each: [] for each in kept}
        for gate in statuses.gates(session, kept):
            self._gates[gate.place_status_id].append(gate)
        self._measures = {(row.place_status_id, row.name): row for row in statuses.measures(session, kept)}
        self._newest_night = newest_night(session)
        self._documents = in_force(session, [holder.key for holder in holders], on=on)
        self._held: Mapping[int, int] = {}
        self._villages: dict[int, int] = {}
        if rules.kind is DesignationKind.CREDIT_TOWN:
            self._held = titles.held_villages(session, ids, on=on, last_step_id=last_step_id)
            self._villages = store.village_counts(session, ids, on=on)

    def found(self, holder: Holder) -> Found:
        """The facts of one of them."""
        place = self._places[holder.place_id]
        judged = self._statuses.get(holder.place_id)
        ended = _gone(place, on=self._on)
        against = self._against(holder, None if judged is None else judged[0])
        blocks = [
            *([Block.PLACE_ENDED] if ended else []),
            *self._of_status(place, None if judged is None else judged[0]),
            *dict.fromkeys(_OF_DOCUMENTS[gate.kind] for gate in against),
            *self._of_villages(place),
        ]
        facts = self._facts(place, judged, against=against)
        return Found(holder, facts, tuple(blocks), ended=ended, code=place.code)

    def _against(self, holder: Holder, status: PlaceStatus | None) -> list[Criterion]:
        """The gates the newest night let pass that the documents of the day do not."""
        if status is None:
            return []
        failed = [g.name for g in self._gates[status.place_status_id] if g.state is GateState.FAILS]
        mine = self._documents.get(holder.key, ())
        return [gate for gate in contradicted(self._rules.profile.criteria, mine) if gate.name not in failed]

    def _facts(
        self,
        place: Place,
        judged: tuple[PlaceStatus, RatingRun] | None,
        *,
        against: Collection[Criterion],
    ) -> dict[str, Any]:
        facts: dict[str, Any] = {"night": None, "place_status_id": None, "state": None, "gates": {}}
        facts |= {NEWEST_NIGHT: _iso(self._newest_night), FIGURES: {}}
        mine = self._documents.get(f"p{place.place_id}", ())
        if judged is not None:
            status, run = judged
            facts |= {
                "night": run.as_of.isoformat(),
                "place_status_id": status.place_status_id,
                "state": (GateState.FAILS if against else status.state).value,
                "gates": {gate.name: gate.state.value for gate in self._gates[status.place_status_id]}
                | {gate.name: GateState.FAILS.value for gate in against},
                FIGURES: self._figures(status)
                | {gate.name: figure_of_documents(gate, mine) for gate in against},
            }
        facts |= _documents(self._documents, [f"p{place.place_id}"])
        if self._rules.kind is DesignationKind.CREDIT_TOWN:
            facts["designated_villages"] = self._held.get(place.place_id, 0)
            facts["villages"] = self._villages.get(place.place_id, 0)
        return facts

    def _figures(self, status: PlaceStatus) -> dict[str, Any]:
        """The numbers behind every gate, as the night that judged them left them."""
        number = status.place_status_id
        return {
            gate.name: figure(gate, self._measures.get((number, gate.measure)))
            for gate in self._gates[number]
        }

    def _of_status(self, place: Place, status: PlaceStatus | None) -> Iterator[Block]:
        if place.kind not in PLACE_KINDS[self._rules.kind]:
            yield Block.NO_SUCH_TITLE
        elif status is None:
            yield Block.NOT_JUDGED
        elif status.state is GateState.FAILS:
            yield Block.GATES_FAIL
        elif status.state is not GateState.HOLDS:
            yield Block.GATES_INSUFFICIENT

    def _of_villages(self, place: Place) -> Iterator[Block]:
        """First villages, then towns; a street without villages is not judged by them."""
        titled, villages = self._held.get(place.place_id, 0), self._villages.get(place.place_id, 0)
        for gate in self._rules.villages_first:
            whole = villages if gate.measure == VILLAGES_SHARE else None
            if whole != 0 and not held(gate, threshold=gate.threshold, numerator=titled, denominator=whole):
                yield Block.VILLAGES_FIRST
                return


def _documents(found: Mapping[str, Sequence[Attestation]], keys: Collection[str]) -> dict[str, Any]:
    """The documents that count of a holder and those merged into it; nothing where there are none."""
    mine = [one for key in keys for one in found.get(key, ())]
    return {"documents": documents_in_short(mine)} if mine else {}


def _gone(place: Place, *, on: date) -> str:
    if place.valid_to is None or place.valid_to > on:
        return ""
    heir = "" if place.successor_id is None else f"，由区划 {place.successor_id} 承接"
    return (
        f"{place.name}自 {place.valid_to} 起撤销或变更{heir} · {place.name} is no division of this kind any "
        f"more since {place.valid_to}"
    )
