"""Everything a night comes to, before it is compared with the last one and written."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.attestations.service import Counts as Documents
from app.attestations.service import Until, counts
from app.db import Engine, Session
from app.designations.service.night import held_places
from app.designations.service.own_bank import own_banks
from app.errors import SetupError
from app.jobs.night import coverage, exclusions, peers, places, rating, reading
from app.jobs.night.authority import fact_rules
from app.jobs.night.columns import Reader, snapshot
from app.jobs.night.records import Facts, read_records
from app.jobs.night.rules import Rules, rules_in_force
from app.jobs.progress import Progress, quiet
from app.models import DesignationKind, RatingRun, SubjectKind, UnratedReason
from app.places.service import places_within
from app.ratings.service import latest_run
from app.records.known import (
    ATTESTATION_ENDS,
    ATTESTATIONS,
    DESIGNATION_STEPS,
    LINEAGE_UNDOS,
    LINEAGES,
    Known,
)
from app.subjects.lineage import heirs
from scoring.measures import OWN_BANK

_LOG = logging.getLogger(__name__)
RATED = (SubjectKind.HOUSEHOLD, SubjectKind.AGRI_ENTITY)
Loans = dict[str, places.Counts]


@dataclass(frozen=True)
class Tonight:
    """The result of a night in columns, and the last published night it is compared with."""

    rules: Rules
    known: Known
    last: RatingRun | None
    ratings: dict[SubjectKind, rating.RatingColumns]
    changes: dict[SubjectKind, rating.Changes]
    statuses: list[places.Status]
    roster_id: int | None
    coverage: list[coverage.CoverageRow]
    peers: list[peers.PeersRow]
    without_way_up: int
    needs_consent: bool

    @property
    def grades(self) -> tuple[str, ...]:
        """The grades, best first, and 'unrated' last."""
        return self.rules.household.grade_codes


@dataclass(frozen=True)
class Inputs:
    """What was read: subjects and facts by kind, loans at the last month-end and a year before it."""

    subjects: dict[SubjectKind, reading.Subjects]
    facts: dict[SubjectKind, Facts]
    loans: Loans
    loans_year_ago: Loans
    heirs: Mapping[int, int]
    refusers: NDArray[np.int64]

    @property
    def id_end(self) -> int:
        """One more than the greatest id of a subject."""
        return max((int(found.ids[-1]) for found in self.subjects.values() if len(found.ids)), default=0) + 1


def compute(
    engine: Engine,
    session: Session,
    *,
    policy_folder: Path,
    district_code: str,
    as_of: date,
    until: Mapping[str, int],
    needs_consent: bool,
    progress: Progress,
) -> Tonight:
    """Read, rate and judge as of a day; nothing is written."""
    rules = rules_in_force(session, policy_folder, on=as_of)
    known = Known(as_of, rules.records, rules.catalogue, until)
    extent = reading.extent(session, known)
    last = latest_run(session)
    district = _district(session, district_code, as_of=as_of)
    # Where nobody can tell which files count, the last word on the roster stands.
    roster_id = None if rules.untold_files else coverage.roster_in_force(session, until=extent)
    with snapshot(engine, rows=extent.last_record_id) as reader:
        inputs = _inputs(
            engine,
            session,
            reader,
            district=district,
            known=known,
            extent=extent,
            needs_consent=needs_consent,
            progress=progress,
        )
        progress(0, 1, "评分 scoring")
        ratings = _ratings(inputs, rules=rules, as_of=as_of)
        grades = rules.household.grade_codes
        before = rating.last_ratings(reader, rows=inputs.id_end, grades=grades)
        _keep_last_files(ratings, before, rules=rules)
        entities = ratings[SubjectKind.AGRI_ENTITY]
        covered = coverage.roster_coverage(
            reader, roster_id, ratings=entities, district=district, grades=grades
        )
    changes = {kind: rating.changes(columns, before, grades=grades) for kind, columns in ratings.items()}
    designated = held_places(
        session, DesignationKind.CREDIT_VILLAGE, on=as_of, last_step_id=until[DESIGNATION_STEPS]
    )
    documents = counts(
        session, None, on=as_of, until=Until(until.get(ATTESTATIONS), until.get(ATTESTATION_ENDS))
    )
    own_bank = _own_bank(session, district, rules=rules, known=known)
    statuses = _statuses(
        inputs,
        ratings,
        district,
        covered=covered,
        designated=designated,
        documents=documents,
        own_bank=own_bank,
        rules=rules,
    )
    compared = _peers(inputs, ratings, district, rules=rules)
    stuck = sum(rating.without_way_up(columns, rules=rules) for columns in ratings.values())
    progress(1, 1, "评分 scoring")
    return Tonight(
        rules, known, last, ratings, changes, statuses, roster_id, covered, compared, stuck, needs_consent
    )


def read_all(
    engine: Engine, session: Session, *, policy_folder: Path, district_code: str, as_of: date
) -> tuple[Inputs, places.District]:
    """Everything a night of this day would read, without rating anybody."""
    rules = rules_in_force(session, policy_folder, on=as_of)
    known = Known(as_of, rules.records, rules.catalogue, reading.newest_rows(session))
    extent = reading.extent(session, known)
    district = _district(session, district_code, as_of=as_of)
    with snapshot(engine, rows=extent.last_record_id) as reader:
        inputs = _inputs(
            engine,
            session,
            reader,
            district=district,
            known=known,
            extent=extent,
            needs_consent=False,
            progress=quiet,
        )
    return inputs, district


def _district(session: Session, district_code: str, *, as_of: date) -> places.District:
    units = places_within(session, district_code, on=as_of, kinds=places.UNITS)
    towns = places_within(session, district_code, on=as_of, kinds=places.TOWNS)
    if not units:
        raise SetupError(f"no village of the district {district_code} is listed on {as_of}")
    return places.District(units, towns, reading.heirs(session, on=as_of))


def _inputs(
    engine: Engine,
    session: Session,
    reader: Reader,
    *,
    district: places.District,
    known: Known,
    extent: reading.Extent,
    needs_consent: bool,
    progress: Progress,
) -> Inputs:
    now = reading.month_end(session, on=extent.as_of, until=extent)
    year_ago = reading.reported_year_before(session, now, until=extent)
    merged = heirs(
        session,
        on=known.on,
        last_lineage_id=known.until[LINEAGES],
        last_undo_id=known.until[LINEAGE_UNDOS],
    )
    subjects = {
        kind: reading.subjects(reader, kind, known=known).without_place(merged) for kind in SubjectKind
    }
    assert known.rules is not None
    assert known.catalogue is not None
    rules = fact_rules(session, rules=known.rules, catalogue=known.catalogue, until=extent)
    records = read_records(engine, subjects, rules, heirs=merged, until=extent, progress=progress)
    exclusions.leave_out(
        records, reader, exclusions.excluded_records(session, known), heirs=merged, until=extent
    )
    loans, loans_year_ago = (
        reading.loan_month(reader, month, until=extent).of_heirs(merged) for month in (now, year_ago)
    )
    return Inputs(
        subjects,
        {kind: records.facts(kind) for kind in SubjectKind},
        places.loan_counts(loans, district),
        places.loan_counts(loans_year_ago, district) if year_ago else places.unknown_loans(district),
        merged,
        exclusions.refusers(session, known, needs_consent=needs_consent),
    )


def _ratings(inputs: Inputs, *, rules: Rules, as_of: date) -> dict[SubjectKind, rating.RatingColumns]:
    rate = {SubjectKind.HOUSEHOLD: rating.rate_households, SubjectKind.AGRI_ENTITY: rating.rate_entities}
    merged = np.fromiter(inputs.heirs, dtype=np.int64, count=len(inputs.heirs))
    rank = len(rules.household.grade_codes) - 1
    found = {}
    for kind in RATED:
        columns = rate[kind](inputs.subjects[kind], inputs.facts[kind], rules=rules, as_of=as_of)
        rating.leave_unrated(columns, inputs.refusers, reason=UnratedReason.NO_CONSENT, rank=rank)
        rating.leave_unrated(columns, merged, reason=UnratedReason.MERGED, rank=rank)
        found[kind] = columns
    return found


def _keep_last_files(
    ratings: Mapping[SubjectKind, rating.RatingColumns], before: rating.RatingColumns, *, rules: Rules
) -> None:
    """Where the profile of coverage does not tell which files count, those still do that did last night."""
    for finding in rules.untold_files:
        _LOG.warning("%s: %s; 按数据不足处理 · insufficient", rules.coverage.definition.code, finding)
    if rules.untold_files:
        for columns in ratings.values():
            rating.keep_files(columns, before)


def _statuses(
    inputs: Inputs,
    ratings: dict[SubjectKind, rating.RatingColumns],
    district: places.District,
    *,
    covered: list[coverage.CoverageRow],
    designated: Collection[int],
    documents: Documents,
    own_bank: tuple[places.Counts | None, places.Counts | None],
    rules: Rules,
) -> list[places.Status]:
    """Villages and communities first, then the towns they make up."""
    units, towns = len(district.units), len(district.towns)
    homes = {kind: district.positions(inputs.subjects[kind].place_ids) for kind in RATED}
    least = rules.village.definition.least_rank(rules.household.grade_codes)
    told = not rules.untold_files
    files = places.file_counts(
        ratings[SubjectKind.HOUSEHOLD], homes[SubjectKind.HOUSEHOLD], size=units, least=least, told=told
    )
    villages = SubjectKind.VILLAGE
    known = places.village_facts(inputs.subjects[villages], inputs.facts[villages], district)
    measures = places.unit_measures(files, inputs.loans, earlier=inputs.loans_year_ago, facts=known)
    grades = rules.household.grade_codes
    rated = {kind: (ratings[kind], homes[kind]) for kind in RATED}
    graded = places.grade_counts(rated, size=units, grades=grades)
    unit_statuses, holds = places.unit_statuses(
        district, measures, graded, documents=documents, own_bank=own_bank[0], rules=rules
    )
    rated_by_town = {kind: (ratings[kind], _town_of(homes[kind], district)) for kind in RATED}
    town_statuses = places.town_statuses(
        district,
        places.town_measures(
            holds,
            inputs.loans,
            district,
            entities=coverage.by_town(covered, district, told=told),
            designated=designated,
        ),
        places.grade_counts(rated_by_town, size=towns, grades=grades),
        documents=documents,
        own_bank=own_bank[1],
        rules=rules,
    )
    return [*unit_statuses, *town_statuses]


def _own_bank(
    session: Session, district: places.District, *, rules: Rules, known: Known
) -> tuple[places.Counts | None, places.Counts | None]:
    """The average of the banks of every unit and town, where a profile is held against it."""
    if not any(OWN_BANK in profile.definition.references for profile in (rules.village, rules.town)):
        return None, None
    size = len(district.units)
    banks = own_banks(
        session, district.unit_positions, size=size, on=known.on, recorded_before=known.recorded_before
    )
    return banks.shares(), banks.shares_of(district.town_of_unit, size=len(district.towns))


def _peers(
    inputs: Inputs,
    ratings: dict[SubjectKind, rating.RatingColumns],
    district: places.District,
    *,
    rules: Rules,
) -> list[peers.PeersRow]:
    """Whom the households are compared with, and whom the entities of each type."""
    cards = {SubjectKind.HOUSEHOLD: [rules.household], SubjectKind.AGRI_ENTITY: [*rules.entity.values()]}
    return [
        row
        for kind in RATED
        for row in peers.peers(
            ratings[kind],
            district.positions(inputs.subjects[kind].place_ids),
            district=district,
            cards=cards[kind],
            rules=rules,
        )
    ]


def _town_of(homes: NDArray[np.int64], district: places.District) -> NDArray[np.int64]:
    """The town of every subject whose village or community is known; -1 elsewhere."""
    return np.where(homes >= 0, district.town_of_unit[np.where(homes >= 0, homes, 0)], -1)
