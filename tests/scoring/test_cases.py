"""Cases an official can check by hand are what the cards give."""

from pathlib import Path

import pytest
import yaml

from scoring import REQUIRED_MISSING, TOO_FEW_FACTS, Scorecard

FOLDER = Path(__file__).parent / "cases"
CONTENTS = {
    file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(FOLDER.glob("*.yaml"))
}
CASES = [
    pytest.param(content["card"], content.get("variant", ""), case, id=f"{stem}: {case['name']}")
    for stem, content in CONTENTS.items()
    for case in content["cases"]
]
POLICIES = sorted(Path("scoring/policies").glob("*/*/*.yaml"))
CARDS = [str(file) for file in POLICIES if "card" in yaml.safe_load(file.read_text(encoding="utf-8"))]
UNRATED = {"required_missing": REQUIRED_MISSING, "too_few_facts": TOO_FEW_FACTS}


def rated(path, variant, facts):
    card = Scorecard.load(path).overlay(variant) if variant else Scorecard.load(path)
    assert set(facts) <= set(card.inputs)
    scores = card.score({name: [float(value)] for name, value in facts.items()})
    told = card.explain(int(scores.packed[0]), vetoes=int(scores.vetoes[0]), unrated=bool(scores.unrated[0]))
    return scores, told


@pytest.mark.parametrize(("path", "variant", "case"), CASES)
def test_a_case_comes_out_as_it_is_written(path, variant, case):
    _, told = rated(path, variant, case["facts"])
    points = {line.name: line.points for line in told.lines}
    blocks = {block.name: block.points for block in told.blocks}
    if "points" in case:
        assert points == dict.fromkeys(points, 0) | case["points"]
    assert case.get("blocks", blocks) == blocks
    assert (told.score, told.grade) == (case["score"], case["grade"])


@pytest.mark.parametrize(("path", "variant", "case"), CASES)
def test_a_case_says_what_is_known_what_is_refused_and_which_vetoes_hold(path, variant, case):
    scores, told = rated(path, variant, case["facts"])
    assert case.get("known", told.known_count) == told.known_count == scores.known[0]
    assert scores.out_of_range[0] == case.get("out_of_range", 0)
    assert scores.unrated[0] == UNRATED.get(case.get("unrated"), scores.unrated[0])
    if "vetoes" in case:
        assert [veto.name for veto in told.vetoes] == case["vetoes"]


@pytest.mark.parametrize(("path", "variant", "case"), CASES)
def test_the_points_written_in_a_case_add_up_to_its_blocks_and_its_score(path, variant, case):
    """The arithmetic of the case itself, so that a slip of the pen is not taken for the card's."""
    if "blocks" in case and case["score"] is not None:
        assert case["score"] == min(max(sum(case["blocks"].values()), 0), 100)
        assert sum(case.get("points", case["blocks"]).values()) == sum(case["blocks"].values())


def test_every_card_shipped_and_every_type_of_subject_has_cases():
    covered = {(content["card"], content.get("variant", "")) for content in CONTENTS.values()}
    cards = {path: Scorecard.load(path).definition for path in CARDS}
    assert covered == {(path, kind) for path, card in cards.items() for kind in ("", *card.overlays)}
