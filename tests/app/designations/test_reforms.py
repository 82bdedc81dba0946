"""What a new profile would change for a district, and how the command line tells it."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.db import reading
from app.designations.service.reforms import told, what_if
from app.errors import Invalid, NotFound
from scoring import Profile
from tests.app.designations.test_ways import DAY, POOR, settle
from tests.district import DISTRICT, GOOD, OTHER_VILLAGE, VILLAGE

POLICIES = Path("scoring/policies")
PREFECTURE = POLICIES / "autonomous_prefecture/credit_village/2010-01-01.yaml"
ZHAOYANG_TOWN = POLICIES / "zhaoyang_2014/credit_town/2014-12-30.yaml"
VILLAGE_FILE = POLICIES / "cq_bishan/credit_village/2026-11-01.yaml"
ZHEJIANG = POLICIES / "zhejiang_2020/credit_village/2020-01-01.yaml"
HOUSEHOLD = POLICIES / "cq_bishan/credit_household/2023-01-01.yaml"


def changed(district, file, on=DAY):
    with reading(district.engine) as session:
        return what_if(session, Profile.load(file), district_code=DISTRICT, on=on)


def test_a_stricter_share_costs_a_village_its_standing(district):
    settle(district, good=6, poor=[POOR] * 4)
    settle(district, good=10, code=OTHER_VILLAGE)
    district.night(DAY)
    found = changed(district, PREFECTURE)
    assert found.holding == (2, 1)
    [(lost, missed)] = found.lost
    assert (lost.code, missed, found.gained) == (VILLAGE, ("credit_household_share_registered",), [])


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_milder_profile_lets_a_village_in(district):
    settle(district, good=10, registered=20)
    district.night(DAY)
    mild = Path("tests/scoring/profiles/mild.yaml")
    found = changed(district, mild)
    assert [place.code for place in found.gained] == [VILLAGE]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_the_district_does_not_measure_is_named(district):
    settle(district, good=10)
    district.night(DAY)
    assert changed(district, ZHAOYANG_TOWN).changes.unmeasured == ("on_time_loan_share",)


def edited(folder, old, new):
    file = folder / "2027-01-01.yaml"
    text = VILLAGE_FILE.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")
    return file


def with_own_gate(folder, asked):
    """The village profile with a gate only documents answer, by a name of its own."""
    words = "{zh: 某, en: some}"
    text = edited(folder, "measures:\n", f"measures:\n  arson: {words}\n")
    gate = f"criteria:\n  - {{name: own, label: {words}, {asked}: arson, basis: A19}}\n"
    text.write_text(text.read_text("utf-8").replace("criteria:\n", gate, 1), "utf-8")
    return text


@pytest.mark.parametrize(("asked", "lost"), [("vetoes", []), ("attested", [(VILLAGE, ("own",))])])
def test_documents_nobody_recorded_are_none_and_not_unknown(district, tmp_path, asked, lost):
    settle(district, good=10)
    district.night(DAY)
    found = changed(district, with_own_gate(tmp_path, asked))
    assert [(place.code, missed) for place, missed in found.lost] == lost
    assert found.changes.unmeasured == ()


@pytest.mark.parametrize(("bad_elsewhere", "held"), [((), 0), (range(10), 1)])
def test_a_gate_on_the_average_of_the_own_banks_is_judged_as_a_night_would(
    district, tmp_path, bad_elsewhere, held
):
    old, new = (
        "measure: npl_share, at_most: 0.03",
        "measure: npl_share, below: {reference: own_bank_npl_share}",
    )
    file = edited(tmp_path, old, new)
    reference = "references:\n  own_bank_npl_share: {zh: 本行, en: own banks}\ncriteria:\n"
    file.write_text(file.read_text("utf-8").replace("criteria:\n", reference, 1), "utf-8")
    settle(district, good=10)
    settle(district, good=10, code=OTHER_VILLAGE, bad=bad_elsewhere)
    district.night(DAY)
    found = changed(district, file)
    assert (found.holding[1], found.changes.unmeasured) == (held, ())


def test_the_night_that_was_read_is_named_also_where_it_changed_nothing(district):
    settle(district, good=10)
    district.night(DAY)
    district.night(DAY + timedelta(days=1))
    found = changed(district, PREFECTURE, on=DAY + timedelta(days=1))
    assert told(found)["as_of"] == "2026-11-21"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_only_profiles_of_places_are_compared(district):
    with pytest.raises(Invalid, match="only profiles of credit_village and credit_town"):
        changed(district, HOUSEHOLD)
    with pytest.raises(NotFound, match="no night has judged"):
        changed(district, PREFECTURE)


@pytest.fixture
def terminal(district, district_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", district_url)
    monkeypatch.setattr("app.clock.today", lambda: date(2026, 11, 21))
    settle(district, good=6, poor=[POOR] * 4)
    district.household(GOOD, code=OTHER_VILLAGE, on=DAY)
    district.night(DAY)

    def run(*words):
        return CliRunner().invoke(app, ["designations", *map(str, words)])

    return run


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_command_line_tells_who_gains_and_loses(terminal):
    lines = terminal("what-if", PREFECTURE).output.splitlines()
    named = "cq-bishan-2026-village 2026-11-01 → autonomous-prefecture-village 2010-01-01"
    told = lines[lines.index(named) :]
    assert "1 → 0" in told[1]
    assert told[2].startswith("- ")
    assert VILLAGE in told[2]
    assert "信用户占全村总户数不低于70%（≥ 0.7）" in told[2]
    unknown = terminal("what-if", ZHAOYANG_TOWN).output
    assert "nothing here measures, taken as unknown: on_time_loan_share" in unknown


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_command_line_tells_the_way_of_a_village_and_a_town(terminal):
    zh, en = terminal("way", VILLAGE).output.splitlines()
    assert "各项已达标；信用村自 " in zh
    assert zh.endswith("下一步由村（社区）村级初核，最迟 2027-01-31")
    assert "holds every gate; title 1 is proposed since " in en
    assert terminal("way", "500120104000").output.startswith("大兴镇还差 1 个信用村：")
    refused = terminal("way", DISTRICT)
    assert refused.exit_code == 1
    assert "give the code of a village or a town" in str(refused.exception)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_file_with_an_error_is_not_compared(terminal, tmp_path):
    asked = "measure: credit_household_share, at_least: "
    file = edited(tmp_path, f"{asked}0.6", f"{asked}60")
    refused = terminal("what-if", file)
    assert refused.exit_code == 1
    assert "错误 error: " in refused.output
    assert "credit_household_share" in refused.output
    assert "→" not in refused.output, "nothing was compared"


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_warning_is_shown_and_a_missed_ladder_is_called_by_its_lowest_rung(terminal, district):
    answer = terminal("what-if", ZHEJIANG)
    assert answer.exit_code == 0
    assert answer.output.startswith("提醒 warning: ")
    assert "县级信用村（得分 ≥ 70）" in answer.output
    assert "ladder" not in answer.output.splitlines()[-1]
    [lost] = told(changed(district, ZHEJIANG))["lost"]
    assert lost["missed"] == [{"name": "ladder", "label": "县级信用村（得分 ≥ 70）"}]
