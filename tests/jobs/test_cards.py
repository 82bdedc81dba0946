"""What a reviewer reads of a card."""

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from app.cli import app
from app.jobs.cards import load_card

HOUSEHOLD = "scoring/policies/cq_bishan/household/2023-01-01.yaml"
ENTITY = "scoring/policies/cq_bishan/agri_entity/2023-01-01.yaml"


def run(*arguments):
    return CliRunner().invoke(app, ["card", *map(str, arguments)])


def reformed(folder, old, new):
    text = Path(HOUSEHOLD).read_text(encoding="utf-8")
    assert old in text
    file = folder / "2024-01-01.yaml"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_a_sound_card_passes():
    result = run("lint", ENTITY)
    assert (result.exit_code, result.output.strip()) == (0, f"{ENTITY}: 0 errors, 0 warnings")


def test_a_card_with_a_fault_fails(tmp_path):
    result = run("lint", reformed(tmp_path, "above: 90, grade_at_most: B", "above: 90, grade_at_most: AAA"))
    assert result.exit_code == 1
    assert "overdue_now: does nothing" in result.output


def test_a_card_is_shown_with_every_step():
    shown = run("show", f"{ENTITY}:cooperative").output
    assert "盈余返还" in shown
    assert "AAA ≥ 85" in shown


def test_every_edge_is_written_with_the_points_around_it(tmp_path):
    run("boundaries", HOUSEHOLD, tmp_path / "edges.csv")
    with (tmp_path / "edges.csv").open(encoding="utf-8-sig") as file:
        rows = {(row["characteristic"], row["edge"]): row for row in csv.DictReader(file)}
    overdue, debt = rows["repayment_record", "91"], rows["debt_to_income", "0.3"]
    assert (overdue["below"], overdue["at"], overdue["above"]) == ("3", "0", "0")
    assert (debt["below"], debt["at"], debt["above"]) == ("10", "10", "8")


def test_a_reform_is_told_step_by_step(tmp_path):
    old, new = "{from: 1, to: 31, points: 14, reason: R02}", "{from: 1, to: 31, points: 12, reason: R02}"
    told = run("diff", HOUSEHOLD, reformed(tmp_path, old, new)).output.splitlines()
    assert told[1:] == ["~ 近24个月信用记录 repayment_record · ≥ 1 且 < 31 天: 14 → 12"]


def test_the_same_card_has_no_difference():
    assert run("diff", HOUSEHOLD, HOUSEHOLD).output.splitlines()[1:] == ["没有变化 nothing changes"]


def test_the_sql_of_a_card_reads_the_table_and_refuses_what_is_no_name():
    assert "FROM files" in run("sql", HOUSEHOLD, "--table", "files").output
    assert run("sql", HOUSEHOLD, "--table", "files; DROP TABLE x").exit_code != 0


@pytest.mark.parametrize("command", ["lint", "show"])
def test_a_card_that_is_not_there_is_refused(command):
    assert run(command, "nowhere.yaml").exit_code != 0


@pytest.mark.parametrize("card", [HOUSEHOLD, f"{ENTITY}:cooperative"])
def test_the_printed_card_gives_the_points_that_are_scored(card):
    """Every bin of a subject stands on the page with its points; steps of a ladder are counted from it."""
    loaded = load_card(card)
    page = run("show", card).output
    rng = np.random.default_rng(2)
    columns = {i.name: rng.uniform(i.minimum, min(i.maximum, 1e7), 50) for i in loaded.definition.inputs}
    columns = {name: np.where(rng.random(50) < 0.2, np.nan, column) for name, column in columns.items()}
    for packed in loaded.score(columns).packed.tolist():
        for line in loaded.explain(packed).lines:
            item = next(i for i in loaded.definition.characteristics if i.name == line.name)
            # What stands on the page from this characteristic on to the next.
            part = re.split(r"\n(?=  \S|\n)", page.split(f"\n  {item.label.zh} · ")[1])[0]
            if len(item.steps) > 8 and line.known:
                ((first, each), *_) = re.findall(r"(-?\d+)  .*，此后每档 ([+-]\d+)", part)
                assert int(first) + int(each) * (line.bin - 1) == line.points
            else:
                assert f"    {line.points:>4}  {line.bin_label.zh}" in part, (line.name, part)
