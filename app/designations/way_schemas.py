"""Ways to a title on the wire."""

from collections.abc import Sequence
from datetime import date

from pydantic import BaseModel, Field

from app.designations.case import Case
from app.designations.path import Level
from app.designations.way_words import town_words, village_words
from app.designations.ways import Named, NamedFile, NamedHousehold, NamedLoan, TownsWay, VillageWay
from app.models import DesignationAction, DesignationState, GateState
from app.places.schemas import PlaceAnswer
from app.ratings.schemas import TextAnswer
from scoring.titles import Arrears, Must, Way


class MustAnswer(BaseModel):
    """A gate that no file, household or loan opens: `not_by_work`, `unknown` or `out_of_reach`."""

    gate: str
    label: TextAnswer
    why: str

    @classmethod
    def of(cls, must: Must) -> "MustAnswer":
        """One gate."""
        return cls(
            gate=must.criterion.name, label=TextAnswer.model_validate(must.criterion.label), why=must.why
        )


class ChangeAnswer(BaseModel):
    """One thing a household changes on its cheapest way to the next grade."""

    name: str
    label: TextAnswer
    to: TextAnswer
    points: int
    months: int


class NearHouseholdAnswer(BaseModel):
    """A household to bring up: its head's name masked, the points it lacks and its cheapest way up."""

    place: PlaceAnswer
    name: str
    household_no: str
    rating_id: int
    points_lacking: int
    way_up: list[ChangeAnswer]

    @classmethod
    def of(cls, one: NamedHousehold) -> "NearHouseholdAnswer":
        """One household."""
        return cls(
            place=PlaceAnswer.of(one.place),
            name=one.name,
            household_no=one.household_no,
            rating_id=one.rating_id,
            points_lacking=one.lacking,
            way_up=[
                ChangeAnswer(
                    name=change.name,
                    label=TextAnswer.model_validate(change.label),
                    to=TextAnswer.model_validate(change.to_label),
                    points=change.points_gained,
                    months=change.months,
                )
                for change in (() if one.way_up is None else one.way_up.changes)
            ],
        )


class FileToOpenAnswer(BaseModel):
    """A household whose file to open first, its head's name masked: it has the grade already."""

    place: PlaceAnswer
    name: str
    household_no: str
    rating_id: int

    @classmethod
    def of(cls, one: NamedFile) -> "FileToOpenAnswer":
        """One household."""
        return cls(
            place=PlaceAnswer.of(one.place),
            name=one.name,
            household_no=one.household_no,
            rating_id=one.rating_id,
        )


class LoanToCureAnswer(BaseModel):
    """A loan to cure and who owes it: a head of household masked, an entity by its name."""

    place: PlaceAnswer
    loan_id: int
    borrower: str
    balance_fen: int
    bad: bool
    overdue: bool

    @classmethod
    def of(cls, one: NamedLoan) -> "LoanToCureAnswer":
        """One loan."""
        return cls(
            place=PlaceAnswer.of(one.place),
            loan_id=one.loan.loan_id,
            borrower=one.name,
            balance_fen=one.loan.balance_fen,
            bad=one.loan.bad,
            overdue=one.loan.overdue,
        )


class WorkAnswer(BaseModel):
    """The least work: files to open, households to bring up to the grade, loans to cure.

    `files_graded` of the files are of households that have the grade already. `loans_fen` is null for whoever
    may not see persons: few borrowers could be known by it.
    """

    files: int
    files_graded: int
    households: int
    loans: int
    loans_fen: int | None

    @classmethod
    def of(cls, way: Way | None, loans: Sequence[Arrears], *, amounts: bool) -> "WorkAnswer":
        """The files and households of a way, if there is any, with some loans."""
        return cls(
            files=0 if way is None else way.file_count,
            files_graded=0 if way is None else len(way.graded),
            households=0 if way is None else way.household_count,
            loans=len(loans),
            loans_fen=sum(loan.balance_fen for loan in loans) if amounts else None,
        )


class NextRungAnswer(BaseModel):
    """The rung of a ladder above the highest a place is enough for, the points it lacks and the least work.

    `points_lacking` is null where too little is known of its points.
    """

    rung: str
    label: TextAnswer
    points_lacking: float | None
    work: WorkAnswer
    musts: list[MustAnswer]

    @classmethod
    def of(cls, village: VillageWay, *, amounts: bool) -> "NextRungAnswer | None":
        """The next rung of one village, if there is one."""
        line, way = village.report.next_rung, village.next_rung
        if line is None or way is None:
            return None
        return cls(
            rung=line.name,
            label=TextAnswer.model_validate(line.label),
            points_lacking=None if line.margin is None else -line.margin,
            work=WorkAnswer.of(way, way.loans, amounts=amounts),
            musts=[MustAnswer.of(must) for must in way.musts],
        )


class CaseAnswer(BaseModel):
    """How far a title has come: where it stands, and the step that usually follows, by whom and when.

    `next_action` is null where nobody has to do anything; it can be taken from `waits_until` on (null: now),
    by `due_on` at the latest.
    """

    designation_id: int
    title: str
    state: DesignationState
    state_label: str
    since: date
    valid_until: date | None
    next_action: DesignationAction | None
    next_action_label: str | None
    level: Level | None
    level_label: str | None
    waits_until: date | None
    due_on: date | None
    open_objections: int

    @classmethod
    def of(cls, case: Case | None) -> "CaseAnswer | None":
        """One case."""
        if case is None:
            return None
        return cls(
            designation_id=case.designation_id,
            title=case.title,
            state=case.state,
            state_label=case.state.label,
            since=case.since,
            valid_until=case.valid_until,
            next_action=case.next_action,
            next_action_label=None if case.next_action is None else case.next_action.label,
            level=case.level,
            level_label=None if case.level is None else case.level.label,
            waits_until=case.waits_until,
            due_on=case.due_on,
            open_objections=case.open_objections,
        )


class VillageWayAnswer(BaseModel):
    """The shortest way of a village to its title.

    `applicable` is false for a community; `titled`: it bears the title already. `near_count` households lack
    at most `near_points` points. `files` (to open first), `households` and `loans` name whom it is about, to
    officials only; to others they are empty and `named` is false.
    """

    place: PlaceAnswer
    as_of: date
    state: GateState
    profile: str
    applicable: bool
    titled: bool
    case: CaseAnswer | None
    work: WorkAnswer
    near_points: int
    near_count: int
    musts: list[MustAnswer]
    next_rung: NextRungAnswer | None
    text: TextAnswer
    named: bool = False
    files: list[FileToOpenAnswer] = Field(default_factory=list)
    households: list[NearHouseholdAnswer] = Field(default_factory=list)
    loans: list[LoanToCureAnswer] = Field(default_factory=list)

    @classmethod
    def of(cls, village: VillageWay, *, as_of: date, seen: Named | None) -> "VillageWayAnswer":
        """One village; `seen` is whom the viewer may see, none where he may not."""
        way, report = village.way, village.report
        return cls(
            place=PlaceAnswer.of(report.place),
            as_of=as_of,
            state=report.state,
            profile=report.profile.code,
            applicable=way is not None,
            titled=village.titled,
            case=CaseAnswer.of(village.case),
            work=WorkAnswer.of(way, () if way is None else way.loans, amounts=seen is not None),
            near_points=village.near_points,
            near_count=village.near_count,
            musts=[MustAnswer.of(must) for must in (() if way is None else way.musts)],
            next_rung=NextRungAnswer.of(village, amounts=seen is not None),
            text=TextAnswer.model_validate(village_words(village, amounts=seen is not None)),
            named=seen is not None,
            files=_files(seen),
            households=_households(seen),
            loans=_loans(seen),
        )


class UnitWorkAnswer(BaseModel):
    """What the town's way asks of one village: `chosen` to be brought to its title, or only loans to cure."""

    place: PlaceAnswer
    chosen: bool
    case: CaseAnswer | None
    work: WorkAnswer
    near_count: int
    musts: list[MustAnswer]


class TownWayAnswer(BaseModel):
    """The shortest way of a town: the villages and loans that take the least work together."""

    place: PlaceAnswer
    as_of: date
    state: GateState
    profile: str
    case: CaseAnswer | None
    villages_lacking: int
    entity_files: int
    units: list[UnitWorkAnswer]
    musts: list[MustAnswer]
    text: TextAnswer
    named: bool
    files: list[FileToOpenAnswer]
    households: list[NearHouseholdAnswer]
    loans: list[LoanToCureAnswer]

    @classmethod
    def of(cls, town: TownsWay, *, as_of: date, seen: Named | None) -> "TownWayAnswer":
        """One town."""
        way = town.way
        return cls(
            place=PlaceAnswer.of(town.report.place),
            as_of=as_of,
            state=town.report.state,
            profile=town.report.profile.code,
            case=CaseAnswer.of(town.case),
            villages_lacking=way.village_count,
            entity_files=way.entity_file_count,
            units=_units(town, amounts=seen is not None),
            musts=[MustAnswer.of(must) for must in way.musts],
            text=TextAnswer.model_validate(town_words(town, amounts=seen is not None)),
            named=seen is not None,
            files=_files(seen),
            households=_households(seen),
            loans=_loans(seen),
        )


def _units(town: TownsWay, *, amounts: bool) -> list[UnitWorkAnswer]:
    found = []
    for unit in town.way.units:
        village = town.villages[unit.place_id]
        way = village.way if unit.chosen else None
        found.append(
            UnitWorkAnswer(
                place=PlaceAnswer.of(village.report.place),
                chosen=unit.chosen,
                case=CaseAnswer.of(village.case),
                work=WorkAnswer.of(way, unit.loans, amounts=amounts),
                near_count=village.near_count,
                musts=[MustAnswer.of(must) for must in (() if way is None else way.musts)],
            )
        )
    return found


def _files(seen: Named | None) -> list[FileToOpenAnswer]:
    return [] if seen is None else [FileToOpenAnswer.of(one) for one in seen.files]


def _households(seen: Named | None) -> list[NearHouseholdAnswer]:
    return [] if seen is None else [NearHouseholdAnswer.of(one) for one in seen.households]


def _loans(seen: Named | None) -> list[LoanToCureAnswer]:
    return [] if seen is None else [LoanToCureAnswer.of(one) for one in seen.loans]
