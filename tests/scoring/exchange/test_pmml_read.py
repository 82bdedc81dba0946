"""A PMML document comes back as a card with the same points, or is refused with its place."""

import re
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from scoring import CardError, Scorecard
from scoring.exchange.pmml_read import read_pmml
from scoring.exchange.pmml_write import write_pmml
from tests.scoring.random_cards import cards, random_columns, text_of

HERE = Path(__file__).resolve().parent
POLICIES = HERE.parents[2] / "scoring/policies"
FOREIGN = (HERE / "foreign.pmml").read_text(encoding="utf-8")
CHINESE = Scorecard.load(HERE / "chinese_card.yaml")
NAMESPACE = "{http://www.dmg.org/PMML-4_4}"
PATIENT = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("path", sorted(POLICIES.glob("*/household/*.yaml")), ids=str)
def test_a_shipped_card_comes_back_as_it_was(path):
    card = Scorecard.load(path).definition
    found = read_pmml(write_pmml(card))
    assert (found.fingerprint, found.content) == (card.fingerprint, card.content)


@PATIENT
@given(part=cards())
def test_every_card_that_is_written_comes_back_as_it_was(part):
    card = Scorecard.parse(text_of(part)).definition
    try:
        document = write_pmml(card)
    except CardError:  # a value that could be no number
        assume(False)
    assert read_pmml(document).content == card.content


@PATIENT
@given(part=cards(), seed=st.integers(0, 2**32))
def test_the_bare_table_read_as_a_foreign_one_gives_the_same_points(part, seed):
    part = bare_of_what_is_derived(part)
    card = Scorecard.parse(text_of(part))
    foreign = Scorecard(read_pmml(bare(write_pmml(card.definition))), "foreign")
    columns = random_columns(part, np.random.default_rng(seed), rows=100)
    expected, found = card.score(columns).points, foreign.score(columns).points
    assert {k: v.tolist() for k, v in found.items()} == {k: v.tolist() for k, v in expected.items()}


def test_a_foreign_scorecard_becomes_bins_with_the_edges_its_predicates_have():
    card = read_pmml(FOREIGN)
    bins = {item.name: [(step.low, step.points) for step in item.steps] for item in card.characteristics}
    after = np.nextafter
    assert bins["age"] == [(-np.inf, 7), (after(25, 99), 20), (40, 11), (after(60, 99), 20)]
    assert bins["characteristic_2"] == [
        (-np.inf, 1), (0.1, -5), (500, 1), (after(500, 999), -5), (1000, 15),
    ]  # fmt: skip
    members = {step.members: step.points for step in card.characteristics[2].steps}
    assert members == {("营销",): 3, ("工程",): 9, ("农 业", "other"): 13}
    assert [item.bins[0].points for item in card.characteristics] == [4, 1, 5]
    assert card.characteristics[0].bins[-1].special == -1
    assert card.effective_from == date(2019, 6, 30)
    assert (card.inputs[0].minimum, card.inputs[0].maximum) == (18, after(100, 0))


def test_a_missing_value_without_an_attribute_leaves_the_card_without_a_score():
    text = re.sub(r'<p:Attribute partialScore="4">.*?</p:Attribute>', "", FOREIGN)
    card = Scorecard(read_pmml(text), "foreign")
    scores = card.score({"age": np.array([np.nan, 30]), "income": np.array([5.0, 5.0])})
    assert scores.total.tolist() == [-1, 20 - 5 + 5]


def test_a_value_that_is_not_valid_is_refused_where_the_document_refuses_it():
    text = FOREIGN.replace('"income" invalidValueTreatment="asMissing"', '"income"').replace(
        'name="income" optype="continuous" dataType="double"/>',
        'name="income" optype="continuous" dataType="double"><p:Interval closure="openOpen" rightMargin="9"/>'
        "</p:DataField>",
    )
    card = Scorecard(read_pmml(text), "foreign")
    assert card.definition.inputs[1].maximum == np.nextafter(9, 0)
    assert card.score({"income": np.array([8.0])}).points["characteristic_2"].tolist() == [-5]
    with pytest.raises(CardError, match="income, row 0: the value is not allowed"):
        card.score({"income": np.array([9.0])})
    upwards = text.replace('rightMargin="9"', 'leftMargin="9"')
    assert read_pmml(upwards).inputs[1].minimum == np.nextafter(9, 10)


def test_the_day_can_be_given_where_the_document_has_none():
    text = re.sub("<p:Timestamp>.*?</p:Timestamp>", "", FOREIGN)
    assert read_pmml(text, effective_from=date(2024, 2, 29)).effective_from == date(2024, 2, 29)
    with pytest.raises(CardError, match="PMML/Header/Timestamp: has no day"):
        read_pmml(text)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('partialScore="20"', 'partialScore="21"', "PMML/Scorecard/Characteristics/Characteristic[housing]"),
        ('value="26.0"', 'value="27.0"', "Characteristic[age]/Attribute/SimplePredicate[age]"),
        ('leftMargin="18.0"', 'leftMargin="0.0"', "PMML/DataDictionary/DataField[age]/Interval"),
        ('"maximum": "60"', '"maximum": "61"', "PMML/Header"),
        (
            '<MiningField name="age"',
            '<MiningField name="ages"',
            "MiningSchema/MiningField[ages]",
        ),
    ],
)
def test_a_document_changed_by_hand_is_refused_with_the_place(old, new, place):
    document = write_pmml(CHINESE.definition)
    assert old in document
    with pytest.raises(CardError, match=re.escape(place)):
        read_pmml(document.replace(old, new, 1))


def test_a_document_that_lost_an_attribute_is_refused():
    document = re.sub(
        r'<Attribute partialScore="12".*?</Attribute>', "", write_pmml(CHINESE.definition), flags=re.S
    )
    with pytest.raises(CardError, match=re.escape("Characteristic[age]/Attribute: is not as the card")):
        read_pmml(document)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("<p:PMML", "<!DOCTYPE x [<!ENTITY a 'b'>]><p:PMML", "document type 'x' is refused"),
        ("</p:PMML>", "", "is not readable XML"),
        ("演示", "\ud800", "is not readable XML"),
        (
            "<p:DataDictionary>",
            "<p:DataDictionary/><p:DataDictionary>",
            "has 2 elements DataDictionary",
        ),
        (">2019-06-30T", ">June 2019", "PMML/Header/Timestamp: has no day"),
        ("PMML-4_2", "PMML-3_2", "expected the element PMML of a version 4"),
        ("p:Scorecard", "p:TreeModel", "PMML/TreeModel: is not carried"),
        ('"regression"', '"classification"', "functionName 'classification' gives no score"),
        (
            'functionName="regression"',
            'functionName="regression" initialScore="3"',
            "initialScore: a card begins",
        ),
        (
            "<p:Characteristics>",
            "<p:LocalTransformations/><p:Characteristics>",
            "Scorecard/LocalTransformations",
        ),
        ('feature="predictedValue"', 'feature="transformedValue"', "OutputField[final]: a result computed"),
        ('dataType="integer"', 'dataType="float"', "DataField[age]: dataType 'float' is not carried"),
        (
            '"income" invalid',
            '"income" missingValueReplacement="0" invalid',
            "MiningField[income]: missingValueR",
        ),
        ('"income" invalid', '"wages" invalid', "MiningField[wages]: the DataDictionary has no such field"),
        (
            '"age" invalidValueTreatment="asMissing"',
            '"age" invalidValueTreatment="asIs"',
            "asIs scores what is not",
        ),
        ('"asMissing"', '"asValue"', "invalidValueTreatment 'asValue' is not carried"),
        (
            'leftMargin="-1" rightMargin="-1"',
            'leftMargin="0" rightMargin="5"',
            "DataField[age]/Interval: an input",
        ),
        ('rightMargin="100"', 'rightMargin="∞"', "'∞' is not a finite number"),
        (
            '<p:Value value="other"/>',
            '<p:Value value="other" property="missing"/>',
            "DataField[department]/Value",
        ),
        (
            'partialScore="13"',
            'partialScore="13.5"',
            "Characteristic[department]/Attribute: partialScore 13.5",
        ),
        ('partialScore="13"', "", "Characteristic[department]/Attribute: has no partialScore"),
        ('partialScore="-5"', 'partialScore="-9"', "the score can fall to -4; the total of a card ends at 0"),
        (
            'value="-1"/>',
            'value="-1"/><p:ComplexPartialScore/>',
            "Attribute/ComplexPartialScore: is not carried",
        ),
        ("<p:True/>", "", "Characteristic[characteristic_2]/Attribute: has 0 predicates"),
        ("<p:True/>", '<p:SimplePredicate field="income" operator="isMissing"/>', "no Attribute holds for"),
        (
            "<p:True/>",
            '<p:SimplePredicate field="age" operator="isMissing"/>',
            "asks age, income: a character",
        ),
        ('booleanOperator="or"', 'booleanOperator="xor"', "CompoundPredicate: 'xor': use and, or"),
        (
            'operator="equal" value="营销"',
            'operator="lessThan" value="营销"',
            "operator 'lessThan' is not carried",
        ),
        ('operator="lessOrEqual" value="25"', 'operator="lessOrEqual"', "SimplePredicate: has no value"),
        ('value="25"', 'value="25 years"', "'25 years' is not a finite number"),
        ('"农 业" other</p:Array>', '"农 业 other</p:Array>', "No closing quotation"),
        (
            '<p:MiningField name="age" ',
            '<p:MiningField name="age" usageType="supplementary" ',
            "age is no active",
        ),
    ],
)
def test_what_a_card_cannot_carry_exactly_is_refused_with_element_and_place(old, new, message):
    assert old in FOREIGN
    changed = FOREIGN.replace(old, new) if old == "p:Scorecard" else FOREIGN.replace(old, new, 1)
    with pytest.raises(CardError, match=re.escape(message)):
        read_pmml(changed)


def test_elements_nested_without_end_are_refused():
    with pytest.raises(CardError, match="nested more than 200 deep"):
        read_pmml('<PMML xmlns="http://www.dmg.org/PMML-4_4">' + "<a>" * 100_000)


def test_a_text_without_listed_values_is_read_by_what_its_predicates_name():
    text = re.sub(r'(<p:DataField name="department"[^>]*)>.*?</p:DataField>', r"\1/>", FOREIGN, flags=re.S)
    with pytest.raises(CardError, match="gives any text points; list the values of department in DataField"):
        read_pmml(text)
    text = re.sub(r'<p:Attribute partialScore="9">.*?</p:Attribute>', "", text, flags=re.S)
    card = read_pmml(text)
    members = {step.members: step.points for step in card.characteristics[2].steps}
    assert members == {("农 业", "other"): 13, ("营销",): 3}


def bare(document):
    """What is left of a document when everything only this project reads is taken out."""
    ElementTree.register_namespace("", NAMESPACE[1:-1])
    root = ElementTree.fromstring(document)
    for parent in list(root.iter()):
        for child in list(parent):
            name = child.tag.removeprefix(NAMESPACE)
            if name in ("Extension", "Output", "LocalTransformations"):
                parent.remove(child)
    header = root.find(f"{NAMESPACE}Header")
    assert header is not None
    stamp = ElementTree.SubElement(header, f"{NAMESPACE}Timestamp")
    stamp.text = "2023-01-01"
    return ElementTree.tostring(root, encoding="unicode")


def bare_of_what_is_derived(part):
    """The same random card with the characteristics that read a fact itself, and no points below 0."""
    inputs = {item["name"] for item in part["inputs"]}
    kept = [item for item in part["characteristics"] if item["of"] in inputs]
    assume(kept)
    for item in kept:
        item["block"] = "all"
        for step in (item["unknown"], *item.get("bins", []), *item.get("special", [])):
            step["points"] = max(step["points"], 0)
        if "ladder" in item:
            item["ladder"] |= {"points_step": 1}
    vacant: dict[str, Any] = {"derived": [], "vetoes": [], "required": [], "overlays": {}}
    block = {"name": "all", "label": part["title"], "maximum": 1, "basis": "P"}
    return part | vacant | {"characteristics": kept, "blocks": [block]}
