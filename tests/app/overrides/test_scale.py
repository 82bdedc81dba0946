"""A village that appraises by another scale than that of an override neither ends it nor stops the night."""

import pytest
from sqlalchemy import update

from app.db import transaction
from app.models import AppraisalResult
from app.overrides.override import OverrideRefused
from tests.app.appraisals.village import Village, desk, village
from tests.app.overrides.test_service import MIDDLING, NEXT, asked, held, overridden, settle
from tests.district import district

__all__ = ["desk", "district", "village"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def appraised_by_another_scale(village: Village) -> None:
    with transaction(village.district.engine) as session:
        session.execute(update(AppraisalResult).values(grade="S"))


def test_an_override_holds_on_where_the_village_appraises_by_another_scale(village: Village):
    household = settle(village, MIDDLING, 100)
    overridden(village, household, "AA")
    appraised_by_another_scale(village)
    assert village.district.night(NEXT).published
    found = held(village, household)
    assert found is not None
    assert found.grade == "AA"


def test_no_override_raises_a_grade_above_an_appraisal_by_another_scale(village: Village):
    household = settle(village, MIDDLING, 100)
    appraised_by_another_scale(village)
    with pytest.raises(OverrideRefused, match="do not know the grade of the village appraisal, S"):
        asked(village, household, "AA")
