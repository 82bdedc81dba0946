"""Corrected is said only of what no longer counts: what is named instead says something else and does."""

from datetime import timedelta

import pytest

from app.corrections.service import Act, correct
from app.errors import Conflict
from app.models import ObjectionChannel, ObjectionEventKind
from app.objections.objection import Filing, Reply
from tests.app.objections.office import FOUND, RAISED, TEXT, Office, office
from tests.district import DAY, GOOD, morning
from tests.office_steps import transaction

__all__ = ["office"]
# The fact the office's filings dispute the record of: 0 days, of the day.
FACT = "overdue_days_max_24m"


def _replaced(by: int) -> Reply:
    return Reply(ObjectionEventKind.CORRECTED, FOUND, "登记册", replaced_by=by)


# What another record of the disputed fact says, and observed how many days after the disputed one.
@pytest.mark.parametrize(
    ("value", "days", "refusal"),
    [(45, -60, "record correct"), (0, 0, "says nothing else"), (45, 0, None)],
)
def test_a_record_that_does_not_count_or_says_the_same_corrects_nothing(
    office: Office, value: float, days: int, refusal: str | None
) -> None:
    household = office.district.household()
    disputed = office.record_id(household)
    number = office.raised(office.filing(household))
    office.district.observe(household, {FACT: value}, on=DAY + timedelta(days=days), recorded=morning(RAISED))
    right = office.record_id(household, last=True)
    reply = _replaced(right)
    if refusal is None:
        assert office.answered(number, reply).outcome is ObjectionEventKind.CORRECTED
        return
    with pytest.raises(Conflict, match=refusal) as refused:
        office.answered(number, reply)
    assert str(disputed) in refused.value.detail
    assert office.notes(household)[0].outcome is None


def test_a_rating_is_corrected_by_no_record_it_was_made_from(office: Office) -> None:
    household = office.district.household()
    office.district.night(DAY)
    rating_id = office.rating_id(household)
    number = office.raised(Filing(household, TEXT, ObjectionChannel.LETTER, rating_id=rating_id))
    with pytest.raises(Conflict, match="says nothing else"):
        office.answered(number, _replaced(office.record_id(household)))
    with transaction(office.district.engine) as session:
        act = Act(on=RAISED, at=morning(RAISED), by="admin", document="更正通知")
        event = correct(session, office.record_id(household), value=45, reason="录入有误", act=act)
    assert event.replaced_by is not None
    assert office.answered(number, _replaced(event.replaced_by)).outcome is ObjectionEventKind.CORRECTED


def test_a_rating_is_corrected_by_no_record_its_night_knew_and_did_not_use(office: Office) -> None:
    unused = "overdue_days_now"
    household = office.district.household({name: value for name, value in GOOD.items() if name != unused})
    # The person was never told of it, so the night left it out.
    office.district.observe(household, {unused: 40}, noticed=False)
    office.district.night(DAY)
    rating_id = office.rating_id(household)
    number = office.raised(Filing(household, TEXT, ObjectionChannel.LETTER, rating_id=rating_id))
    with pytest.raises(Conflict, match="nothing else than the rating was made from"):
        office.answered(number, _replaced(office.record_id(household, last=True)))
