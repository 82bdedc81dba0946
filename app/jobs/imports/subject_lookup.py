"""Whom each row of observations is about, and whether the name beside the number agrees."""

from dataclasses import dataclass

from app.jobs.imports import entities, lookups
from app.jobs.imports.checking import Check
from app.jobs.imports.columns import Column, Row
from app.jobs.imports.households import HEAD_NAME, MEMBER_NUMBER, NO
from app.jobs.imports.report import both


@dataclass(frozen=True, slots=True)
class Known:
    """A subject on file, or a village by its place as long as it has no file."""

    subject_id: int | None
    place_id: int | None = None


def household_behind(rows: list[Row], check: Check) -> dict[int, Known]:
    """The household of each row: by its number, else by the number of its head or of an adult member."""
    persons = {row[MEMBER_NUMBER.name] for row in rows if row[MEMBER_NUMBER.name]}
    people = lookups.people(check.cipher, persons)
    numbers = {row[NO.name] for row in rows if row[NO.name]}
    pairs = lookups.households(check.session, numbers=numbers, heads=people)
    by_no = {household.household_no: household for household, _ in pairs}
    by_person = {
        number: member.subject_id for number, member in lookups.members(check.session, people).items()
    }
    by_person |= {
        people[household.head_id_number_index]: household.subject_id
        for household, _ in pairs
        if household.head_id_number_index in people
    }
    head_names = {
        household.subject_id: (household.head_name_cipher, f"households/{household.subject_id}/head_name")
        for household, _ in pairs
    }
    found: dict[int, Known] = {}
    for row in rows:
        no, number = row[NO.name], row[MEMBER_NUMBER.name]
        household = by_no.get(no)
        by_number = by_person.get(number) if number else None
        subject_id = household.subject_id if household else None if no else by_number
        if no is None and number is None:
            _refuse_unnamed(row, check)
        elif subject_id is None:
            _refuse_unknown(row, NO if no else MEMBER_NUMBER, check)
        elif no is not None and number is not None and by_number != subject_id:
            _refuse_other(row, MEMBER_NUMBER, check)
        elif subject_id in head_names and row[HEAD_NAME.name] is not None:
            sealed, place = head_names[subject_id]
            if check.cipher.open(sealed, row=place) != row[HEAD_NAME.name]:
                _refuse_other(row, HEAD_NAME, check)
        if subject_id is not None:
            found[row.number] = Known(subject_id)
    return found


def entity_behind(rows: list[Row], check: Check) -> dict[int, Known]:
    """The entity of each row by its credit code."""
    stored = lookups.entities(
        check.session, {row[entities.USCC.name] for row in rows if row[entities.USCC.name]}
    )
    found: dict[int, Known] = {}
    for row in rows:
        code, name = row[entities.USCC.name], row[entities.NAME.name]
        if code is None:
            continue
        if code not in stored:
            _refuse_unknown(row, entities.USCC, check)
            continue
        entity = stored[code][0]
        found[row.number] = Known(entity.subject_id)
        if name is not None and name != entity.name:
            _refuse_other(row, entities.NAME, check)
    return found


def village_behind(rows: list[Row], check: Check) -> dict[int, Known]:
    """The village of each row by its division code and name."""
    places = {row.number: check.division(row) for row in rows}
    subjects = lookups.village_subjects(
        check.session, {place.place_id for place in places.values() if place is not None}
    )
    return {
        number: Known(subjects.get(place.place_id), place.place_id)
        for number, place in places.items()
        if place is not None
    }


def _refuse_unnamed(row: Row, check: Check) -> None:
    if not row.refused:
        check.findings.refuse(
            row,
            NO,
            reason=both("户号和身份证号都是空的", "neither the household nor a person is named"),
            fix=both("填户号或身份证号", "fill in one of them"),
        )


def _refuse_unknown(row: Row, column: Column, check: Check) -> None:
    check.findings.refuse(
        row,
        column,
        reason=both("查无此主体", "nobody is on file under this number"),
        fix=both("核对号码；未建档的请先导入主体", "check the number; import the subject first if it is new"),
    )


def _refuse_other(row: Row, column: Column, check: Check) -> None:
    check.findings.refuse(
        row,
        column,
        reason=both("与档案不符，可能错行", "does not belong to this file; the rows may have slipped"),
        fix=both("核对整行，或删除此列", "compare the whole row, or delete this column"),
    )
