"""A round that was opened by mistake gives way to another, as long as nobody has handed in a sheet."""

from datetime import date, timedelta

import pytest

from app.errors import Conflict
from tests.app.appraisals.village import CLOSES, OPENS, Village, mark, village
from tests.district import district

__all__ = ["district", "village"]


@pytest.mark.parametrize("opens", [OPENS, OPENS + timedelta(days=5)])
def test_a_round_without_any_sheet_is_closed_with_a_reason_and_makes_way_for_another(
    village: Village, opens: date
):
    village.settled(1)
    round_id = village.opened(opens=opens)
    village.invited(round_id, "appraiser.1")
    closed = village.closed(round_id, on=OPENS, reason=" 日期填错 ")
    assert closed.closing is not None
    assert (closed.closing.reason, closed.closing.sheet_count) == ("日期填错", 0)
    assert village.opened() != round_id


def test_a_reason_does_not_close_a_round_that_somebody_has_handed_a_sheet_in_of(village: Village):
    village.settled(1)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1", "appraiser.2")
    village.submitted(round_id, "appraiser.1", [mark(1)])
    with pytest.raises(Conflict, match="1 sheets are missing"):
        village.closed(round_id, on=CLOSES - timedelta(days=1), reason="日期填错")
