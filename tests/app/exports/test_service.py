"""A file of many ratings leaves the system once, as granted, watermarked and on record."""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from openpyxl import load_workbook

from app.approvals import proposals
from app.errors import AppError, Conflict, Forbidden, Invalid, NotFound
from app.exports import export, files, service
from app.exports.export import HEADINGS, ExportFile, ExportLine, Format
from app.models import Export, Inquiry, InquiryOutcome, ObjectionChannel, Purpose, SubjectKind
from app.objections.objection import Filing, ObjectionRules
from app.objections.service import raise_at_office
from tests.app.approvals.people import AT, People, people
from tests.district import DAY, OTHER_VILLAGE, TOWN, VILLAGE, VILLAGE_OF_OTHER_TOWN, district
from tests.numbers import resident
from tests.office_steps import transaction

__all__ = ["district", "people"]

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
NAMES = {"王建国": VILLAGE, "欧阳修文": VILLAGE, "李秀英": OTHER_VILLAGE, "赵外镇": VILLAGE_OF_OTHER_TOWN}
MARK = "导出人 clerk（演示区农业农村委） 2025-11-30 10:00:00 北京时间 审批号 1 内部资料 不得外传"


@pytest.fixture
def households(people: People) -> dict[str, int]:
    """Rated households of two villages of a town, and one of another town."""
    found = {name: people.district.household(name=name, code=code) for name, code in NAMES.items()}
    people.district.entity()
    people.district.night()
    return found


def asked(
    people: People, *, place: str = TOWN, form: str = "csv", subjects: SubjectKind = SubjectKind.HOUSEHOLD,
    by: str = "clerk",
) -> int:  # fmt: skip
    maker = people.viewers[by]
    with transaction(people.district.engine) as session:
        wanted = proposals.bulk_export(session, place, subjects=subjects, form=form, maker=maker, on=DAY)
    return people.asked(kind=wanted.kind, target=wanted.target, content=wanted.content, by=by)


def granted(people: People, **order: object) -> int:
    number = asked(people, **order)  # type: ignore[arg-type]
    people.decided(number)
    return number


def taken(people: People, number: int, *, by: str = "clerk") -> ExportFile:
    with transaction(people.district.engine) as session:
        return service.export_granted(
            session, people.district.cipher, number, viewer=people.viewers[by], at=AT
        )


def rows_of(made: ExportFile) -> list[list[str]]:
    return list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"))))


def test_the_file_has_the_ratings_of_the_place_with_masked_names(people: People, households: dict[str, int]):
    rows = rows_of(taken(people, granted(people)))
    assert rows[2] == list(HEADINGS)
    assert sorted(row[4] for row in rows[3:]) == ["李**", "欧***", "王**"]
    assert {(row[1], row[5]) for row in rows[3:]} == {(VILLAGE, "AAA"), (OTHER_VILLAGE, "AAA")}


@pytest.mark.parametrize("form", list(Format))
@sqlite
def test_no_number_and_no_full_name_of_a_person_is_in_the_file(
    people: People, households: dict[str, int], form: Format
):
    made = taken(people, granted(people, form=form.value))
    text = "\n".join(map(str, cells(made, form)))
    assert "王**" in text
    for name, subject_id in households.items():
        assert name not in text
        assert resident(subject_id) not in text
    assert re.search(r"\d{15}", text) is None


def cells(made: ExportFile, form: Format) -> Iterator[object]:
    if form is Format.CSV:
        yield from (cell for row in rows_of(made) for cell in row)
        return
    for row in load_workbook(io.BytesIO(made.content)).worksheets[0].iter_rows(values_only=True):
        yield from row


@sqlite
def test_the_watermark_is_the_first_row_and_on_record(people: People, households: dict[str, int]):
    made = taken(people, granted(people))
    assert rows_of(made)[0] == [made.watermark] == [MARK]
    (kept,) = people.district.rows(Export)["exports"]
    assert kept[0] == made.export_id
    assert kept[4:7] == (3, hashlib.sha256(made.content).hexdigest(), MARK)


@sqlite
def test_the_watermark_of_a_workbook_is_printed_and_in_its_properties(
    people: People, households: dict[str, int]
):
    book = load_workbook(io.BytesIO(taken(people, granted(people, form="xlsx")).content))
    sheet = book.worksheets[0]
    assert sheet["A1"].value == MARK
    assert sheet.oddHeader is not None
    assert sheet.oddFooter is not None
    assert (sheet.oddHeader.center.text, sheet.oddFooter.center.text) == (MARK, MARK)
    assert (book.properties.description, book.properties.keywords) == (MARK, MARK)


def test_everybody_in_the_file_is_on_record_as_seen(people: People, households: dict[str, int]):
    taken(people, granted(people))
    with transaction(people.district.engine) as session:
        seen = session.query(Inquiry).all()
        assert {view.subject_id for view in seen} == {
            subject_id for name, subject_id in households.items() if NAMES[name] != VILLAGE_OF_OTHER_TOWN
        }
        assert {(view.user_id, view.purpose, view.outcome) for view in seen} == {
            (people.users["clerk"].user_id, Purpose.OFFICIAL_DUTY, InquiryOutcome.ANSWERED)
        }


@sqlite
def test_a_disputed_rating_is_marked(people: People, households: dict[str, int]):
    with transaction(people.district.engine) as session:
        filing = Filing(households["王建国"], "登记有误", ObjectionChannel.DESK, record_id=1, raised_on=DAY)
        raise_at_office(
            session, people.district.cipher, filing, viewer=people.viewers["colleague"], at=AT,
            rules=ObjectionRules(days=20, escalate_before=5),
        )  # fmt: skip
    rows = rows_of(taken(people, granted(people)))[3:]
    assert {row[4]: row[10] for row in rows} == {"王**": "异议处理中", "欧***": "", "李**": ""}


@sqlite
def test_entities_are_exported_by_themselves(people: People, households: dict[str, int]):
    rows = rows_of(taken(people, granted(people, subjects=SubjectKind.AGRI_ENTITY)))[3:]
    assert len(rows) == 1
    assert rows[0][4].startswith("演示主体")
    assert rows[0][9] == "CQ-E-1 family_farm 2023-01-01"


@sqlite
def test_a_grant_is_taken_once(people: People, households: dict[str, int]):
    number = granted(people)
    taken(people, number)
    with pytest.raises(Conflict, match="is used"):
        taken(people, number)
    assert people.district.counts()["exports"] == 1


@sqlite
def test_nothing_leaves_before_a_second_person_has_granted_it(people: People, households: dict[str, int]):
    number = asked(people)
    with pytest.raises(Conflict, match="is waiting"):
        taken(people, number)
    people.decided(number, granted=False)
    with pytest.raises(Conflict, match="is refused"):
        taken(people, number)
    assert people.district.counts()["exports"] == people.district.counts()["inquiries"] == 0


@pytest.mark.parametrize(
    ("by", "refusal"),
    [("checker", Forbidden), ("colleague", Forbidden), ("auditor", NotFound), ("officer", NotFound)],
)
@sqlite
def test_only_whoever_asked_takes_the_file(
    people: People, households: dict[str, int], by: str, refusal: type[AppError]
):
    number = granted(people)
    with pytest.raises(refusal):
        taken(people, number, by=by)
    assert people.district.counts()["exports"] == 0


@sqlite
def test_another_kind_of_approval_is_no_export(people: People, households: dict[str, int]):
    number = people.granted()
    with pytest.raises(Invalid, match="name one of a bulk export"):
        taken(people, number, by="maker")


@sqlite
def test_a_place_without_ratings_gives_no_file_and_keeps_the_grant(people: People):
    number = granted(people)
    with pytest.raises(NotFound, match="no rating to export"):
        taken(people, number)
    assert people.waiting("clerk") == {number: False}


@pytest.mark.parametrize(("rows_max", "fits"), [(2, False), (3, True)])
@sqlite
def test_a_file_has_no_more_lines_than_allowed(
    people: People, households: dict[str, int], monkeypatch: pytest.MonkeyPatch, rows_max: int, fits: bool
):
    assert export.ROWS_MAX == 5_000
    monkeypatch.setattr(service, "ROWS_MAX", rows_max)
    number = granted(people)
    if fits:
        assert len(taken(people, number).lines) == rows_max
        return
    with pytest.raises(Conflict, match="ask for its towns or villages one by one"):
        taken(people, number)
    assert people.district.counts()["inquiries"] == 0


@sqlite
def test_a_grant_older_than_its_term_is_not_taken(people: People, households: dict[str, int]):
    number = granted(people)
    with pytest.raises(Conflict, match="is expired"), transaction(people.district.engine) as session:
        service.export_granted(
            session, people.district.cipher, number, viewer=people.viewers["clerk"],
            at=AT + timedelta(days=14),
        )  # fmt: skip


@pytest.mark.parametrize("name", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_name_is_read_as_a_formula(name: str):
    line = ExportLine(VILLAGE, "演示村", "", name, "A", 80, "", DAY, "CQ-E-1", disputed=False)
    text = files.written([line], form=Format.CSV, watermark="w", title="t", at=AT).decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[3][4] == f"'{name}"
    book = load_workbook(io.BytesIO(files.written([line], form=Format.XLSX, watermark="w", title="t", at=AT)))
    cell = book.worksheets[0]["E4"]
    assert (cell.value, cell.data_type) == (name, "s")


@sqlite
def test_a_district_admin_takes_a_place_of_any_town(people: People, households: dict[str, int]):
    made = taken(people, granted(people, place=VILLAGE_OF_OTHER_TOWN, by="maker"), by="maker")
    assert [line.name for line in made.lines if isinstance(line, ExportLine)] == ["赵**"]
