"""The open objections of a division by town, with the days that are left, those due first at the top."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.models import Place
from app.objections.objection import Progress
from app.subjects.service import SubjectCard


@dataclass(frozen=True)
class WorkItem:
    """One open objection: whose, about what, in what words; `town` is where it is to be answered."""

    progress: Progress
    subject: SubjectCard
    place: Place
    town: Place
    about: str
    text: str


@dataclass(frozen=True)
class TownWork:
    """The open objections of one town or street."""

    town: Place
    items: tuple[WorkItem, ...]


@dataclass(frozen=True)
class WorkList:
    """What a division has to answer; the counts are of all of it, also of what is not listed."""

    on: date
    open_count: int
    overdue_count: int
    towns: tuple[TownWork, ...]


def by_town(items: Iterable[WorkItem]) -> tuple[TownWork, ...]:
    """The objections town by town, in the order in which the first of each comes."""
    towns: dict[int, list[WorkItem]] = {}
    for item in items:
        towns.setdefault(item.town.place_id, []).append(item)
    return tuple(TownWork(listed[0].town, tuple(listed)) for listed in towns.values())
