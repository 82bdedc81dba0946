"""The plaques of a place leave the system as ratings do: granted by another, once, watermarked, on record."""

import csv
import io
from datetime import date

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from app.approvals import effects, proposals
from app.approvals import service as approvals
from app.certificates.service import plaques
from app.db import Session
from app.errors import Conflict, NotFound
from app.exports import service
from app.exports.export import PLAQUE_HEADINGS, ExportFile
from app.models import ConsentKind, DesignationKind, Export, ExportKind, Inquiry
from tests.app.designations.committee import NOTICE_DAYS, Committee, committee
from tests.app.designations.test_rungs import ladder
from tests.district import DAY, OTHER_TOWN, TOWN, morning
from tests.office_steps import transaction

__all__ = ["committee", "ladder"]
AWARDED = DAY + NOTICE_DAYS
sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def farms(committee: Committee) -> list[int]:
    """Two farms with their titles, one of which bears a person's name."""
    named = committee.district.entity(name="王建国家庭农场", representative="王建国")
    committee.district.agrees(named, kind=ConsentKind.PUBLICATION)
    other = committee.district.entity()
    committee.night()
    for number in committee.numbers(DesignationKind.CREDIT_ENTITY):
        committee.designated(number)
    return [named, other]


def granted(
    committee: Committee, *, form: str = "csv", place: str = TOWN, decide: bool = True, on: date = AWARDED
) -> int:
    with transaction(committee.district.engine) as session:
        maker = committee.viewers["clerk"]
        wanted = proposals.plaque_export(session, place, form=form, maker=maker, on=on)
        number = approvals.request(
            session, kind=wanted.kind, target=wanted.target, content=wanted.content, reason="制作展板",
            maker=maker, at=morning(on),
        ).approval_id  # fmt: skip
        if decide:
            checker = committee.viewers["admin"]
            effects.decide(session, number, granted=True, reason="同意", checker=checker, at=morning(on))
        return number


def taken(committee: Committee, number: int, *, on: date = AWARDED) -> ExportFile:
    with transaction(committee.district.engine) as session:
        viewer = committee.viewers["clerk"]
        at = morning(on)
        return service.export_granted(session, committee.district.cipher, number, viewer=viewer, at=at)


def test_the_list_has_every_plaque_and_no_person_in_full(committee, farms):
    made = taken(committee, granted(committee))
    rows = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"))))
    assert rows[0] == [made.watermark]
    assert rows[2] == list(PLAQUE_HEADINGS)
    assert [row[3] for row in rows[3:]] == ["王**家庭农场", f"演示主体{farms[1]}"]
    assert {(row[2], row[5], row[7]) for row in rows[3:]} == {
        ("信用新型农业经营主体", AWARDED.isoformat(), "有效")
    }
    assert "王建国" not in made.content.decode("utf-8-sig")
    with Session(committee.district.engine) as session:
        kept = session.scalars(select(Export)).one()
        assert (kept.kind, kept.row_count, kept.watermark) == (ExportKind.PLAQUES, 2, made.watermark)
        assert set(session.scalars(select(Inquiry.subject_id))) == set(farms)
        listed, _ = plaques(session, TOWN, on=AWARDED, after=0, limit=9)
    assert [row[1] for row in rows[3:]] == [found.text.number for found in listed]


@sqlite
def test_a_plaque_of_a_rung_is_called_by_its_rung(ladder):
    committee, on = ladder.committee, ladder.climbed("A", "AA")
    made = taken(committee, granted(committee, on=on), on=on)
    rows = list(csv.reader(io.StringIO(made.content.decode("utf-8-sig"))))
    assert [row[2] for row in rows[3:]] == ["A级信用村", "AA级信用村"]


@sqlite
def test_a_workbook_says_the_same(committee, farms):
    made = taken(committee, granted(committee, form="xlsx"))
    sheet = load_workbook(io.BytesIO(made.content)).worksheets[0]
    assert sheet["A1"].value == made.watermark
    assert [cell.value for cell in sheet[3]] == list(PLAQUE_HEADINGS)
    assert sheet["D4"].value == "王**家庭农场"


@sqlite
def test_without_a_grant_nothing_leaves_and_with_one_once(committee, farms):
    with pytest.raises(Conflict, match="is waiting"):
        taken(committee, granted(committee, decide=False))
    number = granted(committee)
    taken(committee, number)
    with pytest.raises(Conflict, match="is used"):
        taken(committee, number)
    assert committee.district.counts()["exports"] == 1


@sqlite
def test_more_than_allowed_is_refused_and_so_is_another_division(committee, farms, monkeypatch):
    monkeypatch.setattr(service, "ROWS_MAX", 1)
    number = granted(committee)
    with pytest.raises(Conflict, match="one by one"):
        taken(committee, number)
    with pytest.raises(NotFound):
        granted(committee, place=OTHER_TOWN)


@sqlite
def test_a_place_without_plaques_gives_no_file(committee):
    with pytest.raises(NotFound, match="no certificate to export"):
        taken(committee, granted(committee))
