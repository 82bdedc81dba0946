"""The shortest way to a title: what the newest night left of a place, and whom the work could reach."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import partial

import numpy as np

from app.access.looks import record_looks
from app.access.scope import Viewer
from app.db import Session
from app.designations.reports import StatusReport
from app.designations.rules import VILLAGES_COUNT, VILLAGES_SHARE
from app.designations.service.cases import cases_of
from app.designations.service.statuses import documents_since, status_report, status_reports
from app.designations.store import ways as store
from app.designations.store.night import held_places
from app.designations.ways import (
    About,
    Named,
    NamedFile,
    NamedHousehold,
    NamedLoan,
    TownsWay,
    VillageWay,
    bears_by_state,
    columns,
)
from app.errors import NotFound
from app.models import DesignationKind, Place, PlaceKind, RatingRun
from app.places.service import places_within
from app.ratings.service import explained, known_by_night, latest_run
from app.rules.service import card_of, rule_version
from app.subjects.cipher import Cipher
from app.subjects.lineage import heirs
from app.subjects.service import describe
from scoring import Measure, Profile
from scoring.titles import Arrears, Near, Unit, Village, shortest_town_way, shortest_way

UNITS = (PlaceKind.VILLAGE, PlaceKind.COMMUNITY)
# The measure of a town that counts villages as they stand, whoever bears the title.
_BY_STATE = "credit_village_share"


def village_way(session: Session, place: Place, *, on: date) -> VillageWay:
    """What one village or community lacks, as the newest night left it, and how far its title has come."""
    report = status_report(session, place)
    return _village_ways(session, [report], night=_night(session), on=on)[place.place_id]


def town_way(session: Session, place: Place, *, on: date) -> TownsWay:
    """What one town lacks, and each of its villages."""
    report = status_report(session, place)
    units = places_within(session, place.code, on=on, kinds=UNITS)
    night = _night(session)
    villages = _village_ways(session, status_reports(session, units), night=night, on=on)
    arrears = _arrears(session, [unit.place_id for unit in units], night=night)
    by_state = any(item.measure == _BY_STATE for item in report.profile.criteria)
    found = [
        Unit(
            place_id,
            None if one.way is None or _counts(one, by_state=by_state) else one.way,
            arrears.get(place_id, []),
        )
        for place_id, one in villages.items()
    ]
    measures = _with_titles(columns([report]), sum(one.titled for one in villages.values()))
    way = shortest_town_way(Profile(report.profile), measures, found, references=_references(report))
    case = cases_of(session, DesignationKind.CREDIT_TOWN, [place.place_id], on=on).get(place.place_id)
    since = documents_since(session, [place], on=on)[place.place_id]
    return TownsWay(report, way, villages, case, since)


def named(session: Session, cipher: Cipher, about: Iterable[About], *, most: int) -> Named:
    """Whom ways are about: of each village the first files and households, and who owes the loans."""
    found = Named([], [], [])
    for one in about:
        near = {each.subject_id: each for each in one.nearest[:most]}
        graded = one.graded[:most]
        owing = [loan.subject_id for loan in one.loans]
        subjects = store.subjects(session, [*near, *graded, *owing])
        ratings = {each.subject_id: each for each in store.newest_ratings(session, [*near, *graded])}
        cards = {each: describe(session, cipher, subject) for each, subject in subjects.items()}
        for subject_id in graded:
            card = cards[subject_id]
            number = card.household_no or ""
            found.files.append(
                NamedFile(one.place, subject_id, card.display_name, number, ratings[subject_id].rating_id)
            )
        for subject_id, lacks in near.items():
            card, rating = cards[subject_id], ratings[subject_id]
            up = next(iter(explained(session, rating).ways_up), None)
            found.households.append(
                NamedHousehold(
                    one.place, subject_id, card.display_name, card.household_no or "", rating.rating_id,
                    lacks.lacking, up,
                )
            )  # fmt: skip
        # Who a borrower was merged into may live elsewhere and then is not the viewer's to see.
        seen = [loan for loan in one.loans if loan.subject_id in cards]
        found.loans.extend(NamedLoan(one.place, cards[loan.subject_id].display_name, loan) for loan in seen)
    return found


def record_named(session: Session, seen: Named, *, viewer: Viewer, at: datetime) -> None:
    """Write down whom an official has seen (征信业管理条例 art. 22), each once."""
    looks: dict[int, int | None] = {one.loan.subject_id: None for one in seen.loans}
    looks |= {one.subject_id: one.rating_id for one in seen.files}
    looks |= {one.subject_id: one.rating_id for one in seen.households}
    record_looks(session, sorted(looks.items()), viewer=viewer, at=at)


def _village_ways(
    session: Session, reports: Sequence[StatusReport], *, night: RatingRun, on: date
) -> dict[int, VillageWay]:
    place_ids = [report.place.place_id for report in reports]
    cases = cases_of(session, DesignationKind.CREDIT_VILLAGE, place_ids, on=on)
    since = documents_since(session, [report.place for report in reports], on=on)
    arrears = _arrears(session, place_ids, night=night)
    near, graded = _households(session, reports, night=night)
    titled = held_places(session, DesignationKind.CREDIT_VILLAGE, on=on, last_step_id=None)
    found = {}
    for report in reports:
        place_id, parameters = report.place.place_id, report.profile.parameters
        points = int(parameters.get("near_points", parameters.get("passing_band_points", 0)))
        way = next_rung = None
        if report.place.kind is PlaceKind.VILLAGE:
            village = Village(
                columns([report]),
                near.get(place_id, []),
                arrears.get(place_id, []),
                graded.get(place_id, []),
            )
            lead = partial(shortest_way, Profile(report.profile), village, references=_references(report))
            way = lead()
            next_rung = None if report.next_rung is None else lead(rung=report.next_rung.name)
        count = sum(one.lacking <= points for one in near.get(place_id, []))
        found[place_id] = VillageWay(
            report,
            way,
            points,
            count,
            titled=place_id in titled,
            case=cases.get(place_id),
            next_rung=next_rung,
            since_night=since[place_id],
        )
    return found


def _with_titles(measures: Mapping[str, Measure], count: int) -> dict[str, Measure]:
    """The measures of a town with the titles its villages bear today; those since the night count too."""
    now = np.array([float(count)])
    counted = {name: measures[name] for name in (VILLAGES_SHARE, VILLAGES_COUNT) if name in measures}
    return {**measures, **{name: replace(measure, numerator=now) for name, measure in counted.items()}}


def _counts(village: VillageWay, *, by_state: bool) -> bool:
    """Whether a village counts for its town already."""
    return bears_by_state(village.report) if by_state else village.titled


def _households(
    session: Session, reports: Sequence[StatusReport], *, night: RatingRun
) -> tuple[dict[int, list[Near]], dict[int, list[int]]]:
    """By place: the households on file that points bring up to the grade; those that have it and no file."""
    homes = stood_for(session, [report.place.place_id for report in reports], on=night.as_of)
    grades = {report.place.place_id: report.profile.minimum_grade for report in reports}
    least: dict[tuple[int, str], int] = {}
    near: dict[int, list[Near]] = defaultdict(list)
    graded: dict[int, list[int]] = defaultdict(list)
    for one in store.rated_households(session, homes):
        home = homes[one.place_id]
        key = (one.rule_version_id, grades[home])
        if key not in least:
            card = card_of(rule_version(session, one.rule_version_id)).definition
            least[key] = next((grade.minimum for grade in card.grades if grade.code == grades[home]), 0)
        if one.on_file and one.score < least[key]:
            near[home].append(Near(one.subject_id, least[key] - one.score))
        elif not one.on_file and one.score >= least[key]:
            graded[home].append(one.subject_id)
    return near, graded


def _arrears(session: Session, place_ids: Collection[int], *, night: RatingRun) -> dict[int, list[Arrears]]:
    """The loans that are bad or overdue, by the place of whoever owes them; of the merged, by the heir."""
    homes = stood_for(session, place_ids, on=night.as_of)
    known = known_by_night(session, night)
    merged = heirs(session, on=night.as_of)
    found: dict[int, list[Arrears]] = defaultdict(list)
    for loan in store.late_loans(session, homes, on=night.as_of, recorded_before=known.recorded_before):
        owes = merged.get(loan.subject_id, loan.subject_id)
        found[homes[loan.place_id]].append(
            Arrears(loan.loan_id, owes, loan.of_household, loan.balance_fen, loan.bad, loan.overdue)
        )
    return found


def stood_for(session: Session, place_ids: Collection[int], *, on: date) -> dict[int, int]:
    """These places and every division that is gone and of which they stand in the place."""
    gone = store.gone_places(session, on=on)
    homes = {place_id: place_id for place_id in place_ids}
    for place_id in gone:
        heir = place_id
        while heir in gone:
            heir = gone[heir]
        if heir in homes:
            homes[place_id] = heir
    return homes


def _references(report: StatusReport) -> dict[str, float]:
    """What the gates of a place were held against, from the thresholds the night kept of them."""
    kept = {line.name: line.threshold for line in report.gates}
    return {
        item.reference: (kept.get(item.name, math.nan) - item.plus) / item.factor
        for item in report.profile.criteria
        if item.reference
    }


def _night(session: Session) -> RatingRun:
    night = latest_run(session)
    if night is None:
        raise NotFound("no night has been published; run `credit-village rescore`")
    return night
