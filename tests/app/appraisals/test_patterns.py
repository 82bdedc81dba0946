"""What the town is shown of a closed round: kin, outliers, twins, reasons and limits, and never a mark."""

import pytest

from app.appraisals.appraisal import Mark, RoundResult
from app.appraisals.service import result_of_round
from app.models import (
    FlagKind,
)
from tests.app.appraisals.village import CLOSES, Village, mark, village
from tests.district import (
    district,
    morning,
)
from tests.office_steps import transaction

__all__ = ["district", "village"]

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def result(village: Village, round_id: int, *, by: str = "official") -> RoundResult:
    with transaction(village.district.engine) as session:
        return result_of_round(
            session, village.district.cipher, round_id, viewer=village.viewers[by], at=morning(CLOSES)
        )


@pytest.mark.parametrize("declared", ["invitation", "sheet"])
@sqlite
def test_a_mark_of_kin_does_not_count_and_is_shown(village: Village, declared: str):
    village.settled(1)
    household = village.households[0]
    round_id = village.opened()
    number = f"H{household:05d}"
    village.invited(round_id, "appraiser.1", kin=[number] if declared == "invitation" else [])
    village.invited(round_id, "appraiser.2", "appraiser.3", "appraiser.4")
    own = mark(1, 100, kin=declared == "sheet")
    for name, one in {"1": own, "2": mark(1), "3": mark(1), "4": mark(1)}.items():
        village.submitted(round_id, f"appraiser.{name}", [one])
    village.closed(round_id)
    found = village.results()[household]
    assert (found.score, found.appraiser_count, found.flags) == (71.0, 3, ("kinship",))
    shown = [(one.kind, one.appraiser_number, one.subject_id) for one in result(village, round_id).flags]
    assert shown == [(FlagKind.KINSHIP, 1, household)]


@sqlite
def test_a_mark_of_declared_kin_may_be_left_without_answers(village: Village):
    village.settled(1)
    round_id = village.opened()
    village.invited(round_id, "appraiser.1")
    village.submitted(round_id, "appraiser.1", [Mark(line=1, knows=True, kin=True)])
    village.closed(round_id)
    assert village.results()[village.households[0]].appraiser_count == 0


@sqlite
def test_outliers_twins_and_all_top_sheets_are_shown_and_change_nothing(village: Village):
    village.settled(6)
    varied = [71, 46, 71, 100, 71, 46]
    round_id = village.appraised(varied, varied, [100] * 6, [4, 4, 4, 4, 4, 4])
    found = result(village, round_id)
    shown = {(one.kind, one.appraiser_number, one.other_appraiser_number) for one in found.flags}
    assert {
        (FlagKind.IDENTICAL_SHEETS, 1, 2), (FlagKind.ALL_TOP, 3, None), (FlagKind.OUTLIER, 4, None)
    } <= shown  # fmt: skip
    assert village.results()[village.households[0]].score == 61.5
    assert village.results()[village.households[0]].appraiser_count == 4


@sqlite
def test_low_agreement_is_shown_with_its_kappa(village: Village):
    village.settled(2)
    round_id = village.appraised([71, 46], [46, 71])
    found = result(village, round_id)
    assert found.round.closing is not None
    assert found.round.closing.kappa == pytest.approx(-1)
    assert [one.kind for one in found.flags] == [FlagKind.LOW_AGREEMENT]


@sqlite
def test_the_suggested_limit_is_the_median_of_those_that_were_given(village: Village):
    village.settled(1)
    round_id = village.opened()
    for number, limit in enumerate((1_000_000, None, 3_000_000), start=1):
        village.invited(round_id, f"appraiser.{number}")
        village.submitted(round_id, f"appraiser.{number}", [mark(1, suggested_limit_fen=limit)])
    village.closed(round_id)
    assert result(village, round_id).lines[0].suggested_limit_fen == 2_000_000


@sqlite
def test_the_reasons_are_counted_and_not_said_by_whom(village: Village):
    village.settled(1)
    round_id = village.appraised([46], [46], [71])
    assert result(village, round_id).lines[0].reasons == {"P01": 2}
