"""Two overrides of one subject that are granted at the same moment: one holds, the other is told."""

from app.errors import Conflict
from tests.app.appraisals.village import Village, desk, village
from tests.app.overrides.test_service import MIDDLING, asked, decide, held, settle
from tests.at_once import refusal_of_second
from tests.district import district

__all__ = ["desk", "district", "village"]


def test_of_two_overrides_of_one_subject_granted_at_once_one_holds(village: Village):
    household = settle(village, MIDDLING, 100)
    first, second = asked(village, household, "B"), asked(village, household, "AA")
    refused = refusal_of_second(
        village.district.engine,
        lambda session: decide(village, session, first),
        lambda session: decide(village, session, second),
    )
    assert isinstance(refused, Conflict)
    assert "holds already; end it first" in refused.detail
    found = held(village, household)
    assert (village.district.counts()["overrides"], found and found.grade) == (1, "B")
