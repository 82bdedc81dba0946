"""Whom each row of a block is about: found with one question to the database a block, never guessed."""

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, LargeBinary, any_, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.db import Session
from app.jobs.imports import lookups
from app.jobs.imports.lookups import Division
from app.jobs.imports.report import both
from app.jobs.sources.definition import FoundBy
from app.models import AgriEntity, Household, Member
from app.subjects.cipher import Cipher

NOBODY = 0
_PER_QUERY = 10_000
_SEPARATOR = "\n"  # stands in no number


@dataclass(slots=True)
class Matches:
    """The subject of each row (`NOBODY` where there is none), and why single rows have none."""

    subject_ids: NDArray[np.int64]
    reasons: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Register:
    """Where subjects are looked up: the transaction, the key, and the divisions of the day."""

    session: Session
    cipher: Cipher
    divisions: dict[str, Division]


def match(
    register: Register, keys: Sequence[tuple[FoundBy, Sequence[str | None]]], *, row_count: int
) -> Matches:
    """The subject of each row by the first of its keys that is filled in; the others must not disagree."""
    result = Matches(np.full(row_count, NOBODY, dtype=np.int64))
    seen = [False] * row_count
    for by, texts in keys:
        wanted = {text for text in texts if text is not None}
        known = _FINDERS[by](register, wanted) if wanted else {}
        for place, text in enumerate(texts):
            if text is None:
                continue
            found = known.get(text, NOBODY)
            if not seen[place]:
                seen[place] = True
                _take(result, place, found)
            elif found != result.subject_ids[place]:
                _contradict(result, place)
    for place, named in enumerate(seen):
        if not named:
            result.reasons[place] = both("没有填写识别主体的号码", "no number says whom the row is about")
    return result


def among(session: Session, column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """Whether a column has one of many values, asked with a single parameter where the database can."""
    if session.get_bind().dialect.name != "sqlite":
        return _among_postgres(column, values)
    if isinstance(column.type, LargeBinary):
        return column.in_(values)  # type: ignore[no-any-return]  # the column is of any kind
    each = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(each.c.value))  # type: ignore[no-any-return]  # the column is of any kind


def _among_postgres(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """One long text instead of many parameters: the driver is slow with lists."""
    if isinstance(column.type, LargeBinary):
        listed = func.string_to_array(",".join(value.hex() for value in values), ",")
        return column.in_(select(func.decode(func.unnest(listed), "hex")))  # type: ignore[no-any-return]
    texts = func.string_to_array(_SEPARATOR.join(map(str, values)), _SEPARATOR)
    return column == any_(cast(texts, ARRAY(column.type)))  # type: ignore[no-any-return]


def _take(result: Matches, place: int, found: int) -> None:
    if found > NOBODY:
        result.subject_ids[place] = found
    elif found == _SEVERAL:
        result.reasons[place] = both("该号码属于多个主体", "several subjects have this number")
    else:
        result.reasons[place] = both("查无此主体", "nobody is on file under this number")


def _contradict(result: Matches, place: int) -> None:
    result.subject_ids[place] = NOBODY
    result.reasons[place] = both("两个号码不是同一主体", "the two numbers belong to different subjects")


_SEVERAL = -1


def _households(register: Register, numbers: Collection[str]) -> dict[str, int]:
    rows = register.session.execute(
        select(Household.household_no, Household.subject_id).where(
            among(register.session, Household.household_no, numbers)
        )
    )
    return {row[0]: row[1] for row in rows}


def _persons(register: Register, numbers: Collection[str]) -> dict[str, int]:
    """The households of persons: as their head, else as a member; a member of two belongs to none surely."""
    by_index = lookups.people(register.cipher, numbers)
    found: dict[str, int] = {}
    for part in _parts(register.session, by_index):
        of_members = among(register.session, Member.id_number_index, part)
        of_heads = among(register.session, Household.head_id_number_index, part)
        members = select(Member.id_number_index, Member.subject_id).where(of_members)
        for index, subject_id in register.session.execute(members):
            number = by_index[index or b""]
            found[number] = subject_id if found.get(number, subject_id) == subject_id else _SEVERAL
        heads = select(Household.head_id_number_index, Household.subject_id).where(of_heads)
        for index, subject_id in register.session.execute(heads):
            found[by_index[index]] = subject_id
    return found


def _entities(register: Register, codes: Collection[str]) -> dict[str, int]:
    rows = register.session.execute(
        select(AgriEntity.uscc, AgriEntity.subject_id).where(among(register.session, AgriEntity.uscc, codes))
    )
    return {row[0]: row[1] for row in rows}


def _villages(register: Register, codes: Collection[str]) -> dict[str, int]:
    places = {code: register.divisions[code].place_id for code in codes if code in register.divisions}
    subjects = lookups.village_subjects(register.session, set(places.values()))
    return {code: subjects.get(place_id, NOBODY) for code, place_id in places.items()}


_FINDERS = {
    FoundBy.HOUSEHOLD_NO: _households,
    FoundBy.ID_NUMBER: _persons,
    FoundBy.USCC: _entities,
    FoundBy.DIVISION: _villages,
}


def _parts(session: Session, values: Collection[bytes]) -> Iterator[list[bytes]]:
    """The values in portions of which each fits one question."""
    size = _PER_QUERY if session.get_bind().dialect.name == "sqlite" else max(1, len(values))
    rest = iter(values)
    while part := list(islice(rest, size)):
        yield part
