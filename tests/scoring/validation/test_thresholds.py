"""Numbers nothing can be judged by are refused."""

import pytest

from scoring.errors import CardError
from scoring.validation import CUSTOMARY, Thresholds


@pytest.mark.parametrize(
    "wrong",
    [
        {"confidence": 1.0},
        {"psi_watch": 0.3},
        {"psi_watch": 0.0},
        {"adverse_impact_least": 1.1},
        {"subjects_least": 0},
        {"outcomes_least": 0},
        {"band_count": 1},
    ],
)
def test_an_impossible_threshold_is_refused_by_name(wrong):
    with pytest.raises(CardError, match=next(iter(wrong))):
        Thresholds(**wrong)


def test_the_customary_ones_are_those_of_the_field():
    assert (CUSTOMARY.psi_watch, CUSTOMARY.psi_shift, CUSTOMARY.adverse_impact_least) == (0.1, 0.25, 0.8)
    assert (CUSTOMARY.subjects_least, CUSTOMARY.outcomes_least, CUSTOMARY.confidence) == (30, 5, 0.95)
