"""A population to try a card on: facts in columns, and the groups its people belong to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.db import Engine, Session, reading
from app.errors import Invalid
from app.jobs.night.places import District
from app.jobs.night.rating import valid_files
from app.jobs.night.reading import ENTITY_TYPES, Subjects
from app.jobs.night.tonight import Inputs, read_all
from app.jobs.table_file import facts_in, numbers, read_table, texts
from app.models import SubjectKind
from app.subjects.cipher import Cipher
from app.subjects.service import heads
from scoring import Coded, Profile, Scorecard

# How the columns of a file are called that say which group somebody belongs to.
GROUPS = ("town", "village", "kind", "sex", "age_band", "poverty_status", "remoteness")
AGE_BANDS = ((30, "不满30岁"), (45, "30–44岁"), (60, "45–59岁"), (200, "60岁及以上"))
SEXES = {1: "男", 2: "女"}


@dataclass(frozen=True)
class Part:
    """Those a card (or its version for one type) is for: what is known of them, and their groups.

    `on_file` marks those whose credit file counts for the title of their village; `outcome` is 1 for default
    and 0 for paid, `month` the month of rating as 202403, where they are known.
    """

    variant: str
    facts: Mapping[str, ArrayLike | Coded]
    groups: Mapping[str, NDArray[np.str_]]
    on_file: NDArray[np.bool_]
    outcome: NDArray[np.float64] | None = None
    month: NDArray[np.float64] | None = None

    @property
    def rows(self) -> int:
        """How many they are."""
        return len(self.on_file)


def from_file(path: Path, card: Scorecard) -> Part:
    """The population in a .csv or .parquet file; a column `age` is taken in bands.

    `outcome` (1 default, 0 paid) and `month` (202403) are read where they are given.
    """
    table = read_table(path)
    rows = len(next(iter(table.values()), []))
    groups = {name: _labels(texts(table[name]).tolist()) for name in GROUPS if name in table}
    if "age" in table and "age_band" not in groups:
        groups["age_band"] = age_bands(numbers(path, "age", table["age"]))
    given = {name: numbers(path, name, table[name]) for name in ("outcome", "month") if name in table}
    return Part("", facts_in(path, table, card=card), groups, np.ones(rows, dtype=np.bool_), **given)


def from_district(
    engine: Engine,
    cipher: Cipher,
    card: Scorecard,
    *,
    policy_folder: Path,
    district_code: str,
    files: Profile,
    as_of: date,
) -> Iterator[Part]:
    """The subjects of the database a card is for, as a night of this day would read them.

    `files` is the rule which credit files count.
    Sex and age of the heads are read from their numbers for statistics, and only the groups leave this step.
    """
    kind = next((k for k in SubjectKind if k.value == card.definition.subject), None)
    with reading(engine) as session:
        found, district = read_all(
            engine, session, policy_folder=policy_folder, district_code=district_code, as_of=as_of
        )
        if kind is SubjectKind.HOUSEHOLD:
            groups = _places(found.subjects[kind], district)
            groups |= _heads(session, cipher, found.subjects[kind], as_of=as_of)
            on_file = valid_files(found.facts[kind], files, kind=kind.value, as_of=as_of)
            yield Part("", found.facts[kind].values, groups, on_file)
        elif kind is SubjectKind.AGRI_ENTITY:
            yield from _entities(found, district)
        else:
            raise Invalid(f"{card.where}: `subject` names no kind of subject that is rated")


def age_bands(ages: NDArray[np.float64]) -> NDArray[np.str_]:
    """Ages in years as bands; unknown ages have none."""
    limits = np.array([limit for limit, _ in AGE_BANDS[:-1]], dtype=np.float64)
    names = np.array([name for _, name in AGE_BANDS])
    bands = names[np.searchsorted(limits, ages, side="right")]
    return np.where(np.isnan(ages), "", bands)


def _entities(found: Inputs, district: District) -> Iterator[Part]:
    """The entities in operation, type by type: each type has its own version of the card."""
    kind = SubjectKind.AGRI_ENTITY
    subjects, facts = found.subjects[kind], found.facts[kind]
    places = _places(subjects, district)
    for code, entity_type in enumerate(ENTITY_TYPES):
        mine = (subjects.type_codes == code) & subjects.active
        groups = {name: labels[mine] for name, labels in places.items()}
        groups["kind"] = _labels([entity_type.label] * int(mine.sum()))
        values = {name: column[mine] for name, column in facts.values.items()}
        yield Part(entity_type.value, values, groups, np.ones(int(mine.sum()), dtype=np.bool_))


def _places(subjects: Subjects, district: District) -> dict[str, NDArray[np.str_]]:
    homes = district.positions(subjects.place_ids)
    # Communities are measured, and hold no title.
    held = zip(district.units, district.is_village, strict=True)
    units = np.array([*(unit.name if is_village else "" for unit, is_village in held), ""])
    towns = np.array([*(district.towns[town].name for town in district.town_of_unit), ""])
    kinds = np.array([*(unit.kind.label for unit in district.units), ""])
    return {"town": towns[homes], "village": units[homes], "remoteness": kinds[homes]}


def _heads(
    session: Session, cipher: Cipher, subjects: Subjects, *, as_of: date
) -> dict[str, NDArray[np.str_]]:
    sexes = np.full(len(subjects.ids), "", dtype="<U8")
    ages = np.full(len(subjects.ids), np.nan)
    places = {int(subject_id): place for place, subject_id in enumerate(subjects.ids)}
    for subject_id, sex, born in heads(session, cipher):
        if (place := places.get(subject_id)) is not None:
            before_birthday = (as_of.month, as_of.day) < (born.month, born.day)
            ages[place] = as_of.year - born.year - before_birthday
            sexes[place] = SEXES[sex]
    return {"sex": sexes, "age_band": age_bands(ages)}


def _labels(values: list[str | None]) -> NDArray[np.str_]:
    return np.array([value or "" for value in values], dtype=np.str_)
