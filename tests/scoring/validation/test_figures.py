"""The figures of a report survive being kept as JSON, and figures that are not a report's are refused."""

import json

import pytest

from scoring.errors import CardError
from scoring.validation import from_json, to_json, validate
from tests.scoring.validation.households import DEMO, population

REPORT = validate(DEMO, population(600))


@pytest.mark.parametrize(
    "changed",
    [{}, {"month": None}, {"outcome": [0.0] * 600}, {"groups": {}}, {"facts": {"marks": [None] * 600}}],
)
def test_a_report_comes_back_from_strict_json_as_it_was(changed):
    report = validate(DEMO, population(600, **changed))
    assert from_json(json.loads(json.dumps(to_json(report), allow_nan=False))) == report


def test_the_evidence_names_card_population_and_that_the_data_are_synthetic():
    figures = to_json(REPORT)
    assert figures["card"]["fingerprint"] == DEMO.definition.fingerprint
    assert figures["synthetic"] is True
    assert figures["population"] == "演示数据（合成）：模拟农户"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"format": 2}, "format 2 is not 1; validate the card again"),
        ({"surprise": 1}, "report: unknown figures: surprise; missing figures: none"),
        ({"synthetic": 1}, "report.synthetic: 1 is no bool"),
        ({"cut": None}, "report.cut: None is no str"),
        ({"counts": []}, "report.counts: expected a mapping"),
        ({"grades": {}}, "report.grades: expected a list"),
        ({"grades": [{}]}, r"report.grades\[0\]: unknown figures: none; missing figures: default_count"),
        (
            {"thresholds": {**to_json(REPORT)["thresholds"], "psi_watch": float("nan")}},
            "is not a finite number",
        ),
        ({"thresholds": {**to_json(REPORT)["thresholds"], "band_count": True}}, "True is no int"),
    ],
)
def test_anything_else_is_refused_with_its_place(change, told):
    with pytest.raises(CardError, match=told):
        from_json(to_json(REPORT) | change)


def test_a_missing_figure_is_named():
    figures = to_json(REPORT)
    del figures["fairness"]
    with pytest.raises(CardError, match="missing figures: fairness"):
        from_json(figures)
