"""The work list: the most urgent first, town by town; whoever reads it leaves a record."""

from datetime import timedelta

from app.db import Session
from app.models import Inquiry
from app.objections import service
from app.objections.work_list import WorkList
from tests.app.objections.office import RAISED, TEXT, Office, office
from tests.district import OTHER_VILLAGE, VILLAGE_OF_OTHER_TOWN, morning
from tests.office_steps import transaction

__all__ = ["office"]


def test_the_work_list_has_the_most_urgent_first_town_by_town(office: Office) -> None:
    places = (OTHER_VILLAGE, VILLAGE_OF_OTHER_TOWN, "500120104200")
    numbers = [
        office.raised(
            office.filing(office.district.household(code=code)), on=RAISED + timedelta(days=day), by="admin"
        )
        for code, day in zip(places, (2, 1, 0), strict=True)
    ]
    on = RAISED + timedelta(days=21)
    lists = {name: work_list(office, name, day=21) for name in ("admin", "clerk", "neighbour")}
    listed = {
        name: [[item.progress.objection.objection_id for item in town.items] for town in found.towns]
        for name, found in lists.items()
    }
    assert listed == {
        "admin": [[numbers[2], numbers[0]], [numbers[1]]],
        "clerk": [[numbers[2], numbers[0]]],
        "neighbour": [[numbers[1]]],
    }
    assert {name: (found.open_count, found.overdue_count) for name, found in lists.items()} == {
        "admin": (3, 1), "clerk": (2, 1), "neighbour": (1, 0),
    }  # fmt: skip
    item = lists["clerk"].towns[0].items[0]
    assert (item.progress.days_left(on), item.text, item.subject.name_masked) == (-1, TEXT, "王**")
    assert [len(town.items) for town in work_list(office, "admin", day=21, limit=1).towns] == [1]


def test_who_reads_an_objection_leaves_a_record(office: Office) -> None:
    household = office.district.household()
    number = office.raised(office.filing(household))
    office.answered(number)
    with transaction(office.district.engine) as session:
        _case(office, session, number)
    views = office.district.rows(Inquiry)["inquiries"]
    columns = [column.name for column in Inquiry.__table__.columns]
    [view] = [dict(zip(columns, row, strict=True)) for row in views]
    assert (view["user_id"], view["subject_id"], view["purpose"]) == (
        office.users["auditor"].user_id, household, "objection",
    )  # fmt: skip


def _case(office: Office, session: Session, number: int) -> None:
    viewer = office.viewers["auditor"]
    service.answered_case(session, office.district.cipher, number, viewer=viewer, at=morning(RAISED))


def work_list(office: Office, name: str, *, day: int, limit: int = 10) -> WorkList:
    at = morning(RAISED + timedelta(days=day))
    with transaction(office.district.engine) as session:
        viewer = office.viewers[name]
        return service.work_list(session, office.district.cipher, viewer=viewer, at=at, limit=limit)
