"""What a reviewer reads of a profile: its faults, its gates, and where each of them turns."""

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app

POLICIES = Path("scoring/policies")
VILLAGE = POLICIES / "cq_bishan/credit_village/2026-11-01.yaml"
TOWN = POLICIES / "cq_bishan/credit_town/2026-11-01.yaml"
ZHEJIANG = POLICIES / "zhejiang_2020/credit_village/2020-01-01.yaml"
LADDER = Path("tests/scoring/profiles/ladder.yaml")
RELATIVE = Path("tests/scoring/profiles/relative.yaml")


def run(*arguments):
    return CliRunner().invoke(app, ["card", *map(str, arguments)])


def edges(profile, folder):
    result = run("boundaries", profile, folder / "edges.csv")
    assert result.exit_code == 0, result.output
    with (folder / "edges.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert result.output.startswith(f"{len(rows)} edges")
    return {(row["gate"], row["edge"]): (row["below"], row["at"], row["above"]) for row in rows}


HOLDS, FAILS, INSUFFICIENT = "达标 holds", "未达标 fails", "数据不足 insufficient"


def test_a_sound_profile_passes():
    result = run("lint", VILLAGE)
    assert (result.exit_code, result.output.strip()) == (0, f"{VILLAGE}: 0 errors, 0 warnings")


def test_a_profile_with_a_fault_fails(tmp_path):
    file = tmp_path / "cq_bishan" / "credit_village" / "2026-11-01.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        VILLAGE.read_text("utf-8").replace("at_least: 0.9, basis: A19", "at_least: 90, basis: A19")
    )
    result = run("lint", file)
    assert result.exit_code == 1
    assert "file_coverage: can never hold" in result.output


def test_of_a_profile_of_another_jurisdiction_what_is_not_measured_here_is_only_warned_of():
    result = run("lint", POLICIES / "zhaoyang_2014/credit_village/2014-12-30.yaml")
    assert result.exit_code == 0
    assert "on_time_loan_share is not measured of a credit_village" in result.output


def test_every_threshold_is_written_with_the_state_around_it(tmp_path):
    found = edges(VILLAGE, tmp_path)
    assert found["credit_household_share", "0.6"] == (FAILS, HOLDS, HOLDS)
    assert found["npl_share", "0.03"] == (HOLDS, HOLDS, FAILS)
    assert found["on_time_borrower_share: denominator", "10"] == (INSUFFICIENT, HOLDS, HOLDS)
    assert found["village_veto_count", "0"] == (HOLDS, HOLDS, FAILS)


def test_a_gate_held_against_an_average_turns_at_it(tmp_path):
    assert edges(RELATIVE, tmp_path)["npl_share", "own_bank_npl_share"] == (HOLDS, FAILS, FAILS)


def test_the_bins_and_rungs_of_a_ladder_are_edges_too(tmp_path):
    found = edges(LADDER, tmp_path)
    assert found["files", "0.8"] == ("0", "20", "20")
    assert found["county", "70"] == (FAILS, HOLDS, HOLDS)


@pytest.mark.parametrize(
    ("profile", "told"),
    [
        (VILLAGE, "按期还款户不低于90%（至少10户有贷款）"),
        (VILLAGE, "on_time_borrower_share ≥ 0.9，分母至少 10"),
        (VILLAGE, "公示 7 天 days → district，有效 12 个月"),
        (VILLAGE, "连续 2 个月末未达标后整改 90 天"),
        (TOWN, "designated_village_share ≥ 0.5，分母为零时不适用"),
        (ZHEJIANG, "得分 assessed_score"),
        (ZHEJIANG, "city 市级信用村 · city level ≥ 80，先有 after county"),
        (LADDER, "60 ≥ 0.7"),
        (RELATIVE, "npl_share < own_bank_npl_share"),
    ],
)
def test_a_profile_is_shown_with_every_gate(profile, told):
    shown = run("show", profile).output
    assert told in " ".join(shown.split())


def test_a_factor_and_an_addition_are_told(tmp_path):
    file = tmp_path / "2026-01-01.yaml"
    text = RELATIVE.read_text("utf-8").replace(
        "{reference: own_bank_npl_share}", "{reference: own_bank_npl_share, factor: 1.5, plus: 0.01}"
    )
    file.write_text(text, encoding="utf-8")
    assert "npl_share < own_bank_npl_share × 1.5 + 0.01" in run("show", file).output
    assert edges(file, tmp_path)["npl_share", "own_bank_npl_share × 1.5 + 0.01"] == (HOLDS, FAILS, FAILS)


def test_a_broken_profile_is_refused_with_its_fault(tmp_path):
    file = tmp_path / "2026-01-01.yaml"
    file.write_text("profile: X\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["card", "show", str(file)])
    assert result.exit_code == 1
    assert "level: is missing" in str(result.exception)


def test_a_table_that_cannot_be_written_is_told(tmp_path):
    result = run("boundaries", VILLAGE, tmp_path / "none" / "edges.csv")
    assert result.exit_code == 1
    assert "cannot be written" in str(result.exception)
