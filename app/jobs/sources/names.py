"""Names: whether a row's name belongs to its household, and who comes near to a row that fits nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from sqlalchemy import select

from app.jobs.sources.matching import NOBODY, Register, among
from app.models import AgriEntity, Household, Member, Subject, SubjectKind

CANDIDATES_MAX = 5
_NAME_SIMILARITY = 50.0
_VILLAGE_SIMILARITY = 80.0
_VILLAGES_MAX = 5


def misnamed(register: Register, subject_ids: NDArray[np.int64], names: Sequence[str | None]) -> list[int]:
    """The rows whose name is neither that of the household's head nor of one of its members."""
    asked = {
        int(subject_id)
        for subject_id, name in zip(subject_ids, names, strict=True)
        if subject_id != NOBODY and name is not None
    }
    known = _heads(register, asked)
    doubtful = [
        place
        for place, name in enumerate(names)
        if name is not None and subject_ids[place] != NOBODY and known.get(int(subject_ids[place])) != name
    ]
    members = _members(register, {int(subject_ids[place]) for place in doubtful})
    return [place for place in doubtful if names[place] not in members.get(int(subject_ids[place]), ())]


@dataclass(slots=True)
class Neighbours:
    """Everybody in a village, or every entity, by name; read when the first row asks for them."""

    register: Register
    kind: SubjectKind
    _by_village: dict[int, list[tuple[int, str]]] = field(default_factory=dict)
    _entities: list[tuple[int, str]] | None = None

    def candidates(self, *, name: str | None, village: str | None) -> list[dict[str, int]]:
        """Who comes near by name, in the village where it is known: ids and likeness (0 to 100), no names.

        Persons are only looked for within a village: the same name is too common in a district.
        """
        if name is None:
            return []
        if self.kind is SubjectKind.AGRI_ENTITY:
            return _near(name, self._all_entities())
        people = [each for place_id in self._places(village) for each in self._villagers(place_id)]
        return _near(name, people)

    def _places(self, village: str | None) -> list[int]:
        """The villages that are called so: by code, else all whose names come equally near."""
        if village is None:
            return []
        divisions = self.register.divisions
        if village in divisions:
            return [divisions[village].place_id]
        names = {code: division.town + division.name for code, division in divisions.items()}
        found = process.extract(
            village, names, scorer=fuzz.partial_ratio, score_cutoff=_VILLAGE_SIMILARITY, limit=_VILLAGES_MAX
        )
        return [divisions[code].place_id for _, likeness, code in found if likeness == found[0][1]]

    def _villagers(self, place_id: int) -> list[tuple[int, str]]:
        if place_id not in self._by_village:
            ids = set(
                self.register.session.scalars(
                    select(Subject.subject_id).where(
                        Subject.place_id == place_id, Subject.kind == SubjectKind.HOUSEHOLD
                    )
                )
            )
            found = list(_heads(self.register, ids).items())
            for subject_id, names in _members(self.register, ids).items():
                found += [(subject_id, name) for name in names]
            self._by_village[place_id] = found
        return self._by_village[place_id]

    def _all_entities(self) -> list[tuple[int, str]]:
        if self._entities is None:
            rows = self.register.session.execute(select(AgriEntity.subject_id, AgriEntity.name))
            self._entities = [(row[0], row[1]) for row in rows]
        return self._entities


def _near(name: str, people: list[tuple[int, str]]) -> list[dict[str, int]]:
    names = [known for _, known in people]
    found = process.extract(
        name, names, scorer=fuzz.ratio, score_cutoff=_NAME_SIMILARITY, limit=4 * CANDIDATES_MAX
    )
    best: dict[int, int] = {}
    for _, likeness, place in found:
        best.setdefault(people[place][0], round(likeness))
    return [{"subject_id": key, "similarity": value} for key, value in best.items()][:CANDIDATES_MAX]


def _heads(register: Register, subject_ids: set[int]) -> dict[int, str]:
    rows = register.session.execute(
        select(Household.subject_id, Household.head_name_cipher).where(
            among(register.session, Household.subject_id, subject_ids)
        )
    )
    return {row[0]: register.cipher.open(row[1], row=f"households/{row[0]}/head_name") for row in rows}


def _members(register: Register, subject_ids: set[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if not subject_ids:
        return found
    rows = register.session.execute(
        select(Member.subject_id, Member.member_id, Member.name_cipher).where(
            among(register.session, Member.subject_id, subject_ids)
        )
    )
    for subject_id, member_id, sealed in rows:
        name = register.cipher.open(sealed, row=f"members/{member_id}/name")
        found.setdefault(subject_id, []).append(name)
    return found
