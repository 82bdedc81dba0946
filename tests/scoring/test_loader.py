"""A policy file that is wrong is refused with the place and the fault."""

import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scoring import CardError, Profile, Scorecard, in_force, loader

# The other rules are read by the application, which is their only user.
RATING_FILES = [
    file
    for file in sorted(Path("scoring/policies").rglob("*.yaml"))
    if {"card", "profile"} & loader.read(file).keys()
]
CARD_FILE = Path("scoring/policies/cq_bishan/household/2023-01-01.yaml")
CONTENT = loader.read(CARD_FILE)


def broken(**changes):
    content = copy.deepcopy(CONTENT)
    for path, value in changes.items():
        *parents, last = path.split("__")
        part: Any = content
        for key in parents:
            part = part[int(key)] if key.isdigit() else part[key]
        if value is None:
            del part[last]
        else:
            part[last] = value
    return content


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"characteristics__0__bins__1__from": "2"}, "repayment_record, bin 2: hole between 1 and 2"),
        (
            {"characteristics__0__bins__1__from": "0"},
            "repayment_record, bin 2: overlap with bin 1 between 0 and 1",
        ),
        ({"characteristics__0__bins__1__to": "1"}, "repayment_record, bin 2: from 1 to 1 is empty"),
        ({"characteristics__0__bins__0__from": "0"}, "the first bin must have no `from`"),
        ({"characteristics__0__of": "mood"}, "repayment_record: reads mood, which is not declared"),
        ({"characteristics__0__basis": "A99"}, "the basis A99 is not declared under sources"),
        ({"characteristics__0__unknown__reason": "R99"}, "the reason R99 is not declared"),
        ({"characteristics__0__bins__0__points": "20.5"}, "'20.5' is not a whole number"),
        ({"characteristics__0__unknown": None}, "unknown: is missing"),
        ({"characteristics__0__colour": "red"}, "unknown keys: colour"),
        ({"blocks__0__maximum": "50"}, "repayment: its characteristics give at most 40 of 50 points"),
        ({"inputs__0__name": "disease"}, "disease: a prohibited input"),
        ({"grades__0__minimum": "70"}, "grades: must be listed best first"),
        ({"grades__3__minimum": "10"}, "B: the last grade must begin at 0"),
        ({"unrated__code": "B"}, "the grade for 'unrated' is a grade of its own"),
        ({"vetoes__0__grade_at_most": "C"}, "overdue_now: the grade C is not declared"),
        ({"derived__1__operation": "guess"}, "no operation 'guess'"),
        ({"derived__1__of": ["debt_fen"]}, "ratio reads 2 values, not 1"),
        ({"required": ["shoe_size"]}, "shoe_size: required, but not an input"),
        ({"effective_from": "2023-13-01"}, "is not a date"),
        ({"title": "评分卡"}, "title: expected a mapping"),
    ],
)
def test_a_fault_in_a_card_is_named(changes, complaint):
    with pytest.raises(CardError, match=r"household\.yaml") as refused:
        loader.card(broken(**changes), where="household.yaml")
    assert complaint in str(refused.value)


def test_a_key_written_twice_is_refused():
    with pytest.raises(CardError, match="line 1: the key 'card' is written twice"):
        Scorecard.parse("card: A\ncard: B\n")


@pytest.mark.parametrize("text", ["[", "- a", ""])
def test_what_is_no_mapping_is_refused(text):
    with pytest.raises(CardError):
        Scorecard.parse(text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CardError, match=r"none\.yaml: cannot be read"):
        Scorecard.load(tmp_path / "none.yaml")


def test_the_kept_content_of_a_card_is_the_card():
    card = Scorecard.load(CARD_FILE)
    assert Scorecard.parse(card.definition.content).definition == card.definition


@pytest.mark.parametrize(
    ("on", "name"), [("2023-01-01", "2023-01-01"), ("2024-06-30", "2023-01-01"), ("2024-07-01", "2024-07-01")]
)
def test_the_version_in_force_is_the_newest_that_has_begun(tmp_path, on, name):
    for first_day in ("2023-01-01", "2024-07-01"):
        (tmp_path / f"{first_day}.yaml").touch()
    assert in_force(tmp_path, on=date.fromisoformat(on)).stem == name


def test_before_the_first_version_nothing_is_in_force(tmp_path):
    (tmp_path / "2023-01-01.yaml").touch()
    with pytest.raises(CardError, match="no version is in force on 2022-12-31"):
        in_force(tmp_path, on=date(2022, 12, 31))


@pytest.mark.parametrize("file", RATING_FILES, ids=str)
def test_every_shipped_policy_file_is_sound_and_named_by_its_first_day(file):
    content = loader.read(file)
    if "profile" in content:
        first_day = Profile.load(file).definition.effective_from
    else:
        card = Scorecard.load(file)
        first_day = card.definition.effective_from
        for variant in card.definition.overlays:
            assert card.overlay(variant).definition.variant == variant
    assert first_day.isoformat() == file.stem


def changed_text(old, new):
    return (Path("tests/scoring/exchange/chinese_card.yaml").read_text("utf-8")).replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("is: [自有]", "is: [自由]", "'自由' is no category of housing"),
        ("code: -9", "code: -7", "-7 is no special code of the value that is read"),
        ("{to: 26,", "{to: 26, up_to: 26,", "write either to or up_to"),
        ("required: [age]", "required: {age: 1}", "required: expected a list"),
        ("required: [age]", "required: [{a: 1}]", "required: expected a list of texts"),
        ("least_known_share: 0.5", "least_known_share: half", "'half' is not a number"),
        ("least_known_share: 0.5", "least_known_share: nan", "not-a-number is no value"),
        (
            "{-9: {zh: 拒答, en: refused}",
            "{-9.0: {zh: 空, en: e}, -9: {zh: 拒答, en: refused}",
            "-9 is written twice",
        ),
    ],
)
def test_a_malformed_part_is_named(old, new, complaint):
    text = changed_text(old, new)
    assert text != changed_text("", "")
    with pytest.raises(CardError) as refused:
        Scorecard.parse(text)
    assert complaint in str(refused.value)


@pytest.mark.parametrize("ladder", ["count: 0, width: 1", "count: 3, width: 0"])
def test_a_ladder_has_steps_of_some_width(ladder):
    content = copy.deepcopy(loader.read(CARD_FILE))
    written = dict(pair.split(": ") for pair in ladder.split(", "))
    content["characteristics"][1]["ladder"] |= written
    with pytest.raises(CardError, match="at least one step, of a width above 0"):
        loader.card(content, where="card")


def test_a_file_that_is_no_text_or_no_kept_content_is_refused(tmp_path):
    file = tmp_path / "2023-01-01.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CardError, match="is not a text in UTF-8"):
        loader.read(file)
    with pytest.raises(CardError, match="is not readable"):
        loader.parse("{broken", where="kept")


def test_a_policy_file_is_named_by_its_first_day(tmp_path):
    (tmp_path / "first.yaml").write_text("card: X", encoding="utf-8")
    with pytest.raises(CardError, match="the name of a policy file is its first day in force"):
        in_force(tmp_path, on=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("overlays", "complaint"), [({}, "no overlay 'x'"), ({"x": "text"}, "overlays: x: expected a mapping")]
)
def test_an_overlay_that_is_not_there_or_no_mapping_is_refused(overlays, complaint):
    content = copy.deepcopy(loader.read(CARD_FILE)) | {"overlays": overlays}
    with pytest.raises(CardError, match=complaint):
        loader.card(content, where="card", variant="x")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda c: c["criteria"][0].update(measure="nothing"), "the measure nothing is not declared"),
        (lambda c: c["criteria"][0].update(basis="NO"), "the basis NO is not declared"),
        (
            lambda c: c["criteria"][0].update(no_denominator="ignore"),
            "expected insufficient or not_applicable",
        ),
    ],
)
def test_a_fault_in_a_profile_is_named(change, complaint):
    content = copy.deepcopy(loader.read(Path("scoring/policies/cq_bishan/credit_village/2023-01-01.yaml")))
    change(content)
    with pytest.raises(CardError, match=complaint):
        loader.profile(content, where="profile")
    assert Profile.parse(loader.canonical(loader.read(
        Path("scoring/policies/cq_bishan/credit_village/2023-01-01.yaml")
    ))).definition.level == "credit_village"  # fmt: skip
