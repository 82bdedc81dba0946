"""Cards over HTTP: every version in full, as it is kept."""

import pytest

from app.settings import Settings
from scoring import Scorecard

NUMBER = "11010519491231002X"
CARD = Settings().policy_folder / "cq_bishan" / "household" / "2023-01-01.yaml"


def test_every_version_of_every_card_is_listed(get):
    cards = get("officer.nsh", "/v1/cards").json()["cards"]
    named = {(card["code"], card["variant"]) for card in cards}
    assert {code for code, _ in named} == {"CQ-H-1", "CQ-E-1", "HN-H-1"}
    assert {variant for code, variant in named if code == "CQ-E-1"} == {
        "", "family_farm", "cooperative", "leading_enterprise", "large_grower", "service_organisation",
        "collective",
    }  # fmt: skip
    assert len({card["fingerprint"] for card in cards}) == len(cards)


def test_a_card_tells_every_bin_with_its_points_and_its_source(get):
    card = get("town.daxing", "/v1/cards/CQ-H-1/2023-01-01").json()
    kept = Scorecard.load(CARD).definition
    assert card["fingerprint"] == kept.fingerprint
    content = card["content"]
    assert [item["name"] for item in content["characteristics"]] == [
        item.name for item in kept.characteristics
    ]
    sources = set(content["sources"])
    for item in content["characteristics"]:
        assert item["basis"] in sources
        assert item.get("bins") or item.get("ladder")
        assert "points" in item["unknown"]
    assert {item["name"] for item in content["prohibited_inputs"]} >= {"religion", "disability"}


def test_a_card_of_a_type_of_entity_is_asked_for_by_its_type(get):
    cards = {
        variant: get("officer.nsh", "/v1/cards/CQ-E-1/2023-01-01", variant=variant).json()
        for variant in ("", "cooperative")
    }
    assert [cards[variant]["variant"] for variant in cards] == list(cards)
    assert cards[""]["fingerprint"] != cards["cooperative"]["fingerprint"]


@pytest.mark.parametrize(
    ("path", "variant"),
    [
        ("CQ-X-1/2023-01-01", ""),
        ("CQ-H-1/2023-01-02", ""),
        ("CQ-H-1/newest", ""),
        ("CQ-E-1/2023-01-01", "bank"),
        ("CQ-H-1/2023-01-01", NUMBER),
        (f"{NUMBER}/2023-01-01", ""),
    ],
)
def test_a_card_that_is_not_kept_is_not_found_and_not_repeated(get, path, variant):
    answer = get("officer.nsh", f"/v1/cards/{path}", variant=variant)
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert NUMBER not in answer.text
