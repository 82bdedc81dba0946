"""The same person behind several files: heads one household, is a member of another, answers for an entity.

Persons are compared by the keyed hash of their number only; no number is opened. While values move from one
key to another (`credit-village keys status`) one person can have two, and stand apart until that is done.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app.db import Session
from app.models import AgriEntity, Household, Member
from app.models.base import Labelled

__all__ = ["Link", "LinkRole", "PeopleCount", "distinct_people_count", "links_of"]

_PER_QUERY = 500
_Column = InstrumentedAttribute[Any]


class LinkRole(Labelled):
    """What a person is in a file; who heads a household is not its member as well."""

    HEAD = "head", "户主"
    MEMBER = "member", "家庭成员"
    LEGAL_REPRESENTATIVE = "legal_representative", "法定代表人"


# The head comes first: who is listed as a member as well is still the head.
_COLUMNS: dict[LinkRole, tuple[_Column, _Column]] = {
    LinkRole.HEAD: (Household.subject_id, Household.head_id_number_index),
    LinkRole.MEMBER: (Member.subject_id, Member.id_number_index),
    LinkRole.LEGAL_REPRESENTATIVE: (AgriEntity.subject_id, AgriEntity.legal_representative_index),
}


@dataclass(frozen=True, slots=True)
class Link:
    """One person of a file who stands in another file too: what the person is here and there."""

    subject_id: int
    here: LinkRole
    there: LinkRole


@dataclass(frozen=True, slots=True)
class PeopleCount:
    """How many different persons there are, and how many entries have no number to tell them apart by."""

    people: int
    without_number: int


class _Appearance(NamedTuple):
    """A person, known by the hash of a number or not at all, in a file."""

    subject_id: int
    person: bytes | None
    role: LinkRole


def links_of(session: Session, subject_id: int) -> list[Link]:
    """The other files the persons of a subject stand in, each person and file once, by the file's id."""
    here = {person: role for (person, _), role in _first_roles(_of_subjects(session, [subject_id])).items()}
    everywhere = _first_roles(_of_people(session, here))
    links = [
        Link(other_id, here[person], there)
        for (person, other_id), there in everywhere.items()
        if other_id != subject_id
    ]
    return sorted(links, key=lambda link: (link.subject_id, link.here, link.there))


def distinct_people_count(session: Session, subject_ids: Collection[int]) -> PeopleCount:
    """The persons behind some subjects, counted once however many of the files they stand in."""
    people: set[bytes] = set()
    without_number = 0
    rest = iter(set(subject_ids))
    while part := list(islice(rest, _PER_QUERY)):
        for found in _of_subjects(session, part):
            if found.person is None:
                without_number += 1
            else:
                people.add(found.person)
    return PeopleCount(len(people), without_number)


def _of_subjects(session: Session, subject_ids: Collection[int]) -> Iterator[_Appearance]:
    """Everybody who stands in one of these files."""
    for role, (subject, person) in _COLUMNS.items():
        for row in session.execute(select(subject, person).where(subject.in_(subject_ids))):
            yield _Appearance(row[0], row[1], role)


def _of_people(session: Session, people: Collection[bytes]) -> Iterator[_Appearance]:
    """Every file one of these persons stands in."""
    for role, (subject, person) in _COLUMNS.items():
        for row in session.execute(select(subject, person).where(person.in_(people))):
            yield _Appearance(row[0], row[1], role)


def _first_roles(appearances: Iterable[_Appearance]) -> dict[tuple[bytes, int], LinkRole]:
    """What each person is in each file; who heads a household and is listed in it too, heads it."""
    roles: dict[tuple[bytes, int], LinkRole] = {}
    for found in appearances:
        if found.person is not None:
            roles.setdefault((found.person, found.subject_id), found.role)
    return roles
