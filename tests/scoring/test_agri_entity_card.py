"""The entity card CQ-E-1: six types of entity, each with its own 7 points of governance."""

from pathlib import Path

import pytest

from app.models.subjects import EntityType
from scoring import NO_SCORE, REQUIRED_MISSING, TOO_FEW_FACTS, Scorecard, loader

BASE = Scorecard.load(Path("scoring/policies/cq_bishan/agri_entity/2023-01-01.yaml"))
CARDS = {variant: BASE.overlay(variant) for variant in BASE.definition.overlays}
EVERY_TYPE = pytest.mark.parametrize("variant", CARDS)
BEST = {
    "overdue_days_max_24m": 0, "overdue_days_now": 0, "arrears_count": 0, "litigation_count": 0,
    "enforcement_listed": 0, "abnormal_listed": 0, "operating_years": 5, "revenue_fen": 110_000_000,
    "revenue_previous_fen": 100_000_000, "scale_index": 1, "lease_years_left": 5, "order_channel_count": 3,
    "asset_fen": 100_000_000, "liability_fen": 40_000_000, "net_profit_fen": 11_000_000, "accounts_kept": 1,
    "annual_report_filed": 1, "ledger_kept": 1, "surplus_return_share": 0.6, "member_accounts_kept": 1,
    "family_labour_share": 0.8, "farm_income_share": 0.8, "audited": 1, "acreage_served_mu": 1000,
    "households_led_count": 30, "certificate_count": 2, "green_practice": 1, "agricultural_insurance": 1,
    "demonstration_level": 0,
}  # fmt: skip

# repayment 30, operation 24 (lease 3), finance 18 (6 for liabilities), governance 8, contribution 9, title 4
STRONG = BEST | {
    "lease_years_left": 4, "liability_fen": 50_000_000, "households_led_count": 29, "demonstration_level": 3,
}  # fmt: skip
# repayment 10+8+4, operation 4+5+4+3+3, finance 6+4+6, governance 4+0, contribution 3+1+2+0, title 2
ORDINARY = BEST | {
    "overdue_days_max_24m": 30, "litigation_count": 1, "operating_years": 4, "revenue_fen": 105_000_000,
    "scale_index": 0.9, "lease_years_left": 3, "order_channel_count": 2, "liability_fen": 55_000_000,
    "net_profit_fen": 6_300_000, "ledger_kept": 0, "households_led_count": 12, "certificate_count": 1,
    "agricultural_insurance": 0, "demonstration_level": 1,
}  # fmt: skip
# repayment 2+4+2, operation 2+2+1+0+0, finance 0+0+0, governance 4+2, contribution 2+1+0+1, no title known
WEAK = BEST | {
    "overdue_days_max_24m": 75, "arrears_count": 1, "litigation_count": 2, "operating_years": 1.5,
    "revenue_fen": 80_000_000, "scale_index": 0.4, "lease_years_left": 0.5, "order_channel_count": 0,
    "liability_fen": 80_000_000, "net_profit_fen": -4_000_000, "accounts_kept": 0, "ledger_kept": None,
    "households_led_count": 3, "certificate_count": None, "green_practice": 0,
    "agricultural_insurance": None, "demonstration_level": None,
}  # fmt: skip


def one(variant, facts):
    return CARDS[variant].score({k: [float(v)] for k, v in facts.items() if v is not None})


def grade(scores):
    return BASE.grade_codes[scores.grade[0]]


def test_every_type_of_entity_has_its_own_card():
    assert set(CARDS) == {kind.value for kind in EntityType}


@EVERY_TYPE
def test_the_blocks_give_exactly_their_maximum_and_a_hundred_without_the_bonus(variant):
    card = CARDS[variant].definition
    given = {
        block.name: sum(item.maximum for item in card.characteristics if item.block == block.name)
        for block in card.blocks
    }
    assert given == {block.name: block.maximum for block in card.blocks}
    assert sum(given.values()) - given["bonus"] == 100


@EVERY_TYPE
@pytest.mark.parametrize("level", [0, 4])
def test_a_perfect_entity_has_a_hundred_points_and_no_title_lifts_it_higher(variant, level):
    scores = one(variant, BEST | {"demonstration_level": level})
    assert (scores.total[0], grade(scores)) == (100, "AAA")


@EVERY_TYPE
def test_an_entity_of_which_nothing_is_known_is_unrated(variant):
    scores = CARDS[variant].score({name: [float("nan")] for name in BEST})
    assert (scores.total[0], grade(scores), scores.unrated[0]) == (NO_SCORE, "N", REQUIRED_MISSING)


@EVERY_TYPE
def test_a_thin_file_is_unrated_never_poor(variant):
    scores = one(variant, {"operating_years": 5})
    assert (grade(scores), scores.unrated[0]) == ("N", TOO_FEW_FACTS)


@pytest.mark.parametrize(
    ("variant", "entity", "own", "total", "expected"),
    [
        ("family_farm", STRONG, {"family_labour_share": 0.9, "farm_income_share": 0.79}, 93 + 3 + 2, "AAA"),
        ("family_farm", ORDINARY, {"family_labour_share": 0.5, "farm_income_share": 0.8}, 69 + 2 + 4, "AA"),
        ("family_farm", WEAK, {"family_labour_share": 0.3, "farm_income_share": None}, 23 + 0 + 2, "B"),
        ("cooperative", STRONG, {"member_accounts_kept": 1, "surplus_return_share": 0.6}, 93 + 3 + 4, "AAA"),
        ("cooperative", ORDINARY, {"member_accounts_kept": 1, "surplus_return_share": 0.59}, 69 + 3, "A"),
        ("cooperative", WEAK, {"member_accounts_kept": 0, "surplus_return_share": None}, 23 + 0 + 2, "B"),
        ("leading_enterprise", STRONG, {"audited": 1}, 93 + 7, "AAA"),
        ("leading_enterprise", ORDINARY, {"audited": None}, 69 + 4, "A"),
        ("leading_enterprise", WEAK, {"audited": 0}, 23, "B"),
        ("large_grower", STRONG, {"farm_income_share": 0.8}, 93 + 7, "AAA"),
        ("large_grower", ORDINARY, {"farm_income_share": 0.79}, 69 + 4, "A"),
        ("large_grower", WEAK, {"farm_income_share": 0.49}, 23, "B"),
        ("service_organisation", STRONG, {"acreage_served_mu": 999}, 93 + 5, "AAA"),
        ("service_organisation", ORDINARY, {"acreage_served_mu": 100}, 69 + 3, "A"),
        ("service_organisation", WEAK, {"acreage_served_mu": 99}, 23, "B"),
        ("collective", STRONG, {"audited": None}, 93 + 4, "AAA"),
        ("collective", ORDINARY, {"audited": 1}, 69 + 7, "AA"),
        ("collective", WEAK, {"audited": 0}, 23, "B"),
    ],
)
def test_worked_examples_come_out_as_by_hand(variant, entity, own, total, expected):
    scores = one(variant, entity | own)
    assert (scores.total[0], grade(scores)) == (total, expected)


@pytest.mark.parametrize(
    ("fact", "value", "characteristic", "points"),
    [
        ("overdue_days_max_24m", 0, "repayment_record", 15),
        ("overdue_days_max_24m", 1, "repayment_record", 10),
        ("overdue_days_max_24m", 30, "repayment_record", 10),
        ("overdue_days_max_24m", 31, "repayment_record", 6),
        ("overdue_days_max_24m", 60, "repayment_record", 6),
        ("overdue_days_max_24m", 61, "repayment_record", 2),
        ("overdue_days_max_24m", 90, "repayment_record", 2),
        ("overdue_days_max_24m", 91, "repayment_record", 0),
        ("overdue_days_max_24m", None, "repayment_record", 8),
        ("liability_fen", 0, "asset_liability", 8),
        ("liability_fen", 40_000_000, "asset_liability", 8),
        ("liability_fen", 40_000_001, "asset_liability", 6),
        ("liability_fen", 60_000_000, "asset_liability", 6),
        ("liability_fen", 60_000_001, "asset_liability", 3),
        ("liability_fen", 70_000_000, "asset_liability", 3),
        ("liability_fen", 70_000_001, "asset_liability", 0),
        ("liability_fen", None, "asset_liability", 4),
        ("revenue_fen", 109_999_999, "revenue_trend", 5),
        ("revenue_previous_fen", 0, "revenue_trend", 3),
        ("net_profit_fen", -1, "net_margin", 0),
        ("net_profit_fen", 0, "net_margin", 2),
        ("demonstration_level", None, "demonstration_title", 0),
        ("demonstration_level", 2, "demonstration_title", 3),
    ],
)
def test_points_change_exactly_where_the_card_says(fact, value, characteristic, points):
    assert one("collective", BEST | {fact: value}).points[characteristic][0] == points


@pytest.mark.parametrize(("liability_fen", "points"), [(0, 4), (1, 0)])
def test_an_empty_balance_sheet_is_unknown_and_debts_without_assets_are_the_worst_step(liability_fen, points):
    scores = one("collective", BEST | {"asset_fen": 0, "liability_fen": liability_fen})
    assert scores.points["asset_liability"][0] == points


@EVERY_TYPE
@pytest.mark.parametrize(
    ("fact", "value", "expected"),
    [
        ("overdue_days_now", 90, "AAA"),
        ("overdue_days_now", 91, "B"),
        ("enforcement_listed", 1, "B"),
        ("abnormal_listed", 1, "B"),
        ("abnormal_listed", None, "AAA"),
    ],
)
def test_a_veto_holds_the_grade_at_b_and_leaves_the_points(variant, fact, value, expected):
    scores = one(variant, BEST | {fact: value})
    assert (grade(scores), scores.total[0]) == (expected, 100)


@EVERY_TYPE
def test_unknown_gives_half_rounded_up_and_every_lost_point_but_a_bonus_has_a_reason(variant):
    for item in CARDS[variant].definition.characteristics:
        assert item.bins[0].points == (0 if item.block == "bonus" else (item.maximum + 1) // 2)
        if item.block != "bonus":
            silent = [step.reason is None for step in item.bins]
            assert silent == [step.points == item.maximum for step in item.bins], item.name


def test_the_card_reads_facts_of_the_catalogue_in_their_units():
    listed = loader.read(Path("seed_data/facts.yaml"))["facts"]
    facts = {fact["name"]: fact["unit"] for fact in listed if fact["subject_kind"] == "agri_entity"}
    assert {item.name: item.unit for item in BASE.definition.inputs}.items() <= facts.items()
