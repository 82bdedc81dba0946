"""Why a rating is what it is: at most four reasons and one about inquiries, and whom it is compared with."""

import copy
from pathlib import Path

import numpy as np
import pytest

from scoring import Peers, Scorecard, loader
from scoring.reasons import inputs_behind

FILE = Path("scoring/policies/cq_bishan/household/2023-01-01.yaml")
CARD = Scorecard.load(FILE)
COUNT = len(CARD.definition.characteristics)


def packed(card, bins):
    result = shift = 0
    for item in card.definition.characteristics:
        result |= bins.get(item.name, len(item.steps) if item.direction == "up" else 1) << shift
        shift += item.bits
    return result


def with_inquiries():
    """The household card with a characteristic about inquiries that costs one point when there are any."""
    content = copy.deepcopy(loader.read(FILE))
    content["inquiry_reasons"] = ["Q1"]
    content["reasons"]["Q1"] = {"zh": "近期查询较多", "en": "many recent inquiries"}
    shared = {"label": {"zh": "近期查询", "en": "recent inquiries"}, "unit": "次"}
    fact = {"name": "inquiry_count", "minimum": "0", "maximum": "99", "sensitivity": "personal"}
    content["inputs"].append(shared | fact)
    judged = {
        "name": "inquiries",
        "block": "bonus",
        "of": "inquiry_count",
        "basis": "DEFAULT",
        "direction": "down",
    }
    steps = [{"to": "1", "points": "1"}, {"from": "1", "points": "0", "reason": "Q1"}]
    content["characteristics"].append(shared | judged | {"unknown": {"points": "0"}, "bins": steps})
    return Scorecard(loader.card(content, where="card"), "card")


def test_four_reasons_at_most_the_dearest_first():
    told = CARD.explain(packed(CARD, dict.fromkeys((c.name for c in CARD.definition.characteristics), 1)))
    assert len(told.reasons) == 4
    lost = [reason.points_lost for reason in told.reasons]
    assert lost == sorted(lost, reverse=True)


def test_a_reason_about_inquiries_comes_after_the_four():
    card = with_inquiries()
    worst = dict.fromkeys((c.name for c in card.definition.characteristics), 1) | {"inquiries": 2}
    codes = [reason.code for reason in card.explain(packed(card, worst)).reasons]
    assert len(codes) == 5
    assert codes[4] == "Q1"
    without = worst | {"inquiries": 1}
    assert len(card.explain(packed(card, without)).reasons) == 4


def test_a_reason_about_inquiries_among_the_four_is_told_once():
    card = with_inquiries()
    codes = [reason.code for reason in card.explain(packed(card, {"inquiries": 2})).reasons]
    assert codes == ["Q1"]


def test_a_reason_that_costs_nothing_is_not_told():
    # Unknown guarantees give 3 of 5 points; a record without overdue gives all.
    told = CARD.explain(packed(CARD, {"guarantee_to_income": 0}))
    assert [(reason.code, reason.points_lost) for reason in told.reasons] == [("R15", 2)]
    assert CARD.explain(packed(CARD, {})).reasons == ()


def test_the_same_reason_of_two_characteristics_adds_up():
    told = CARD.explain(packed(CARD, {"guarantee_to_income": 0, "debt_to_income": 0}))
    assert [(reason.code, reason.points_lost) for reason in told.reasons] == [("R15", 7)]


def test_points_are_lost_against_the_mean_of_peers_and_never_won():
    told = CARD.explain(packed(CARD, {"repayment_record": 3, "confirmed_rights": 3}))
    passing = Peers(10, tuple(10 * c.maximum for c in CARD.definition.characteristics))
    village = Peers(20, (0,) * COUNT)
    lines = {line.name: line for line in told.compared(passing=passing, village=village).lines}
    assert (lines["repayment_record"].lost_to_full, lines["repayment_record"].lost_to_passing) == (12, 12.0)
    assert lines["confirmed_rights"].lost_to_passing == 2.0
    assert {line.lost_to_village for line in lines.values()} == {0.0}


@pytest.mark.parametrize(("count", "expected"), [(9, None), (10, 2.0)])
def test_fewer_than_ten_peers_are_not_compared(count, expected):
    told = CARD.explain(packed(CARD, {"confirmed_rights": 3}))
    peers = Peers(
        count,
        tuple(6 * count if c.name == "confirmed_rights" else 0 for c in CARD.definition.characteristics),
    )
    lines = {line.name: line for line in told.compared(passing=peers, village=None).lines}
    assert lines["confirmed_rights"].lost_to_passing == expected
    assert lines["confirmed_rights"].lost_to_village is None


def test_the_facts_behind_a_value_are_those_it_is_worked_out_from():
    assert inputs_behind(CARD.definition, "income_index") == ("annual_net_income_fen", "household_size")
    assert inputs_behind(CARD.definition, "household_size") == ("household_size",)
    assert inputs_behind(CARD.definition, "county_net_assets_fen") == ()


def test_vetoes_that_hold_are_told_and_the_worst_decides():
    told = CARD.explain(packed(CARD, {}), vetoes=0b101)
    assert [line.name for line in told.vetoes] == ["overdue_now", "written_off_loan"]
    assert (told.score, told.grade) == (100, "B")
    plain = CARD.explain(packed(CARD, {}), vetoes=0)
    assert (plain.grade, plain.out_of_range_count) == ("AAA", 0)


def test_without_a_grade_there_is_no_score():
    told = CARD.explain(packed(CARD, {}), unrated=True, out_of_range=2)
    assert (told.score, told.grade, told.out_of_range_count) == (None, "N", 2)
    assert told.to_dict()["grade_label"] == {"zh": "未评级", "en": "unrated"}


def test_the_points_of_groups_are_summed():

    ratings = np.array(
        [packed(CARD, {}), packed(CARD, {"confirmed_rights": 1}), packed(CARD, {})], dtype=np.uint64
    )
    sums = CARD.point_sums(ratings, np.array([0, 0, 1]), groups=3)
    names = [c.name for c in CARD.definition.characteristics]
    assert sums[:, names.index("confirmed_rights")].tolist() == [6, 6, 0]
    assert sums[:, names.index("repayment_record")].tolist() == [40, 20, 0]


def test_a_rating_kept_as_a_signed_number_is_the_same_rating():
    best = packed(CARD, {})
    assert CARD.explain(best - 2**64) == CARD.explain(best)


def test_points_lost_to_peers_are_told_to_two_places():
    told = CARD.explain(packed(CARD, {"confirmed_rights": 1}))
    names = [c.name for c in CARD.definition.characteristics]
    sums = tuple(34 * (name == "confirmed_rights") for name in names)
    lines = {line.name: line for line in told.compared(passing=Peers(12, sums), village=None).lines}
    assert lines["confirmed_rights"].lost_to_passing == 2.83


def test_what_is_at_full_marks_has_lost_nothing():
    told = CARD.explain(packed(CARD, {}))
    assert {line.lost_to_full for line in told.lines} == {0}


def test_one_reason_about_inquiries_is_told_of_several():
    content = copy.deepcopy(loader.read(FILE))
    content["inquiry_reasons"] = ["R12", "R13", "R09", "R08"]
    card = Scorecard(loader.card(content, where="card"), "card")
    worst = packed(card, dict.fromkeys((c.name for c in card.definition.characteristics), 1))
    codes = [reason.code for reason in card.explain(worst).reasons]
    assert len([code for code in codes if code in content["inquiry_reasons"]]) <= len(codes) <= 5
    assert len(codes) == 5


def test_silence_that_pays_more_than_the_best_value_has_lost_nothing_and_is_no_reason():
    content = copy.deepcopy(loader.read(FILE))
    rights = next(item for item in content["characteristics"] if item["name"] == "confirmed_rights")
    rights["unknown"] = {"points": "9", "reason": "R15"}
    card = Scorecard(loader.card(content, where="card"), "card")
    told = card.explain(packed(card, {"confirmed_rights": 0}))
    silent = next(line for line in told.lines if line.name == "confirmed_rights")
    assert (silent.points, silent.points_maximum, silent.lost_to_full) == (9, 6, 0)
    assert told.reasons == ()
