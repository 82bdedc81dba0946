"""What is written is read back exactly, whatever the texts hold."""

from hypothesis import example, given
from hypothesis import strategies as st

from scoring import loader
from scoring.fitting.yaml_text import document, scalar

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(TEXTS, TEXTS)
@example("no", "是: 否 # x")
@example("", "~")
@example("\u2028\x7f\x85", "- {a: b}")
@example("1e5", "2024-01-01")
@example("<<", "&a *b !c")
def test_any_text_survives_as_value_as_key_and_in_a_list(one: str, other: str):
    content = {"a": one, "m": {one: {"zh": other}}, "l": [{"name": other, "is": [one, other]}]}
    assert loader.parse(document(content), where="test") == content


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_survives_to_the_last_digit(number: float):
    assert float(scalar(number)) == number


def test_parts_with_lists_of_parts_become_paragraphs_and_others_lines():
    content = {
        "bins": [
            {"name": "age", "steps": [{"to": 30.0, "points": 3}, {"from": 30.0, "points": 9}], "of": "age"}
        ],
        "words": [{"name": "a", "codes": {"1": {"zh": "是"}}, "none": []}],
        "plain": [{"name": "b"}],
    }
    assert document(content).splitlines() == [
        "bins:",
        "  - name: age",
        "    steps:",
        "      - {to: 30, points: 3}",
        "      - {from: 30, points: 9}",
        "    of: age",
        "words:",
        "  - name: a",
        "    codes:",
        "      1: {zh: 是}",
        "    none: []",
        "plain:",
        "  - {name: b}",
    ]
