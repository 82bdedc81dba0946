"""The rules and the declarations are read strictly, and every complaint says where and what."""

from datetime import date
from pathlib import Path

import pytest

from app.alerts.rules import LIMITS, read_declarations, read_rules, shipped_rules
from app.errors import SetupError
from app.settings import ROOT

SHIPPED = (ROOT / "seed_data" / "inquiry_alerts.yaml").read_text("utf-8")
DECLARED = """
relatives: [{username: officer.nsh, villages: ["500120104200", "500120104201"]}]
campaigns: [{organisation: nsh, village: "500120104200", first: 2026-03-02, last: 2026-03-04}]
lenders: [{organisation: nsh, names: [璧山农商行]}]
"""


def test_every_rule_has_its_reason_in_both_languages_and_its_basis():
    rules = shipped_rules()
    assert tuple(rules.rules) == tuple(LIMITS)
    assert all(rule.reason.zh and rule.reason.en and rule.basis.document for rule in rules.rules.values())


def test_another_limit_gives_another_fingerprint(tmp_path):
    changed = written(tmp_path, SHIPPED.replace("more_than: 15", "more_than: 16"))
    assert read_rules(changed).fingerprint != shipped_rules().fingerprint


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("- name: burst", "- name: bursts", "'bursts' is none of outside_hours"),
        ("- name: many_a_day", "- name: at_night", "at_night stands twice"),
        ("limits: {more_than: 15, minutes: 10}", "limits: {more_than: 15}", "minutes: is missing"),
        ("more_than: 15,", "more_than: -1,", "write a number of 0 or more"),
        ("share_above: 0.75", "share_above: 75", "a share is less than 1"),
        ("purposes: [pre_loan]", "purposes: [preloan]", "'preloan' is none of pre_loan"),
        ("basis: ZX20", "basis: ZX21", "'ZX21' is none of ZX22, ZX20, GL"),
        ('from: "08:00"', 'from: "8 o\'clock"', "is not a time such as 18:30"),
        ('to: "18:30"', 'to: "22:30"', "must lie between"),
        ("last: 2025-01-01", "last: 2024-12-31", "does not lie within a year"),
        ("days: [2025-04-27]", "days: [27 April]", "write dates such as 2026-02-14"),
        ("    about: persons", "    abuot: persons", "unknown keys: abuot"),
    ],
)
def test_a_bad_entry_is_refused_with_its_place(tmp_path, old, new, complaint):
    assert old in SHIPPED
    with pytest.raises(SetupError, match=r"rules\.yaml: ") as refused:
        read_rules(written(tmp_path, SHIPPED.replace(old, new, 1)))
    assert complaint in refused.value.detail


def test_a_rule_that_is_left_out_is_missed(tmp_path):
    before, _ = SHIPPED.split("  - name: refused_in_a_row")
    with pytest.raises(SetupError, match="rules: missing: refused_in_a_row"):
        read_rules(written(tmp_path, before))


def test_relatives_campaigns_and_lenders_are_declared_beforehand(tmp_path):
    declared = read_declarations(written(tmp_path, DECLARED))
    assert declared.relatives == {"officer.nsh": ("500120104200", "500120104201")}
    assert declared.lenders == {"nsh": ("璧山农商行",)}
    assert [(each.first, each.last) for each in declared.campaigns] == [(date(2026, 3, 2), date(2026, 3, 4))]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("last: 2026-03-04", "last: 2026-03-12", "a campaign has at most 10 days"),
        ("relatives:", "relations:", "unknown keys: relations"),
        ("}]\ncamp", "}, {username: officer.nsh, villages: []}]\ncamp", "officer.nsh stands twice"),
    ],
)
def test_a_bad_declaration_is_refused(tmp_path, old, new, complaint):
    with pytest.raises(SetupError, match=complaint):
        read_declarations(written(tmp_path, DECLARED.replace(old, new)))


def written(folder: Path, text: str) -> Path:
    file = folder / "rules.yaml"
    file.write_text(text, "utf-8")
    return file
