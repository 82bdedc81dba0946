"""Cases an official can check by hand are what the cards give."""

from pathlib import Path

import pytest
import yaml

from scoring import Scorecard

FILES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
CASES = [
    pytest.param(content["card"], case, id=f"{file.stem}: {case['name']}")
    for file in FILES
    for content in [yaml.safe_load(file.read_text(encoding="utf-8"))]
    for case in content["cases"]
]


@pytest.mark.parametrize(("card", "case"), CASES)
def test_a_case_comes_out_as_it_is_written(card, case):
    loaded = Scorecard.load(card)
    assert set(case["facts"]) <= set(loaded.inputs)
    scores = loaded.score({name: [float(value)] for name, value in case["facts"].items()})
    told = loaded.explain(
        int(scores.packed[0]), vetoes=int(scores.vetoes[0]), unrated=bool(scores.unrated[0])
    )
    points = {line.name: line.points for line in told.lines}
    assert {name: points[name] for name in case.get("points", {})} == case.get("points", {})
    assert (told.score, told.grade) == (case["score"], case["grade"])
