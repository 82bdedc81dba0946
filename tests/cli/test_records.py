"""What an official does with sources, records and households on the command line."""

import csv
import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Run, refused

OFFICE = ("--document", "更正申请表 1", "--by", "李某")


@pytest.fixture
def district(run: Run, url: str) -> sqlite3.Connection:
    """A demonstration district, rated once."""
    assert run("demo", "--households", 30, "--entities", 6)[0] == 0
    assert run("rescore")[0] == 0
    return sqlite3.connect(url.removeprefix("sqlite:///"))


def first(district: sqlite3.Connection, question: str) -> object:
    """The first value of an answer."""
    row = district.execute(question).fetchone()
    assert row is not None, question
    return row[0]


def land(folder: Path, *rows: tuple[object, ...], extra: str = "备注") -> Path:
    """A file of the register of land rights."""
    path = folder / "确权.csv"
    with path.open("w", encoding="gb18030", newline="") as file:
        header = ("户号", "承包方代表", "所在村", "登记日期", "确权面积（亩）", "权证状态", extra)
        csv.writer(file).writerows([header, *rows])
    return path


def test_a_file_of_a_department_lands_and_every_value_leads_back_to_its_row(run, district, tmp_path):
    no = first(district, "SELECT household_no FROM households ORDER BY subject_id")
    path = land(tmp_path, (no, "", "", "2026-06-30", 3.5, "有效", ""))
    told = run("source", "import", path, "--mapping", "land_right", "--sender", "区农业农村委")
    assert (told[0], "新增记录 1" in told[1]) == (0, True)
    again = run("source", "import", path, "--mapping", "land_right", "--sender", "区农业农村委")
    assert (again[0], "没有任何变化" in again[1]) == (0, True)
    row = (
        "SELECT r.value, r.row_no, s.code FROM records r JOIN batches b USING (batch_id) "
        "JOIN sources s USING (source_id) ORDER BY record_id DESC"
    )
    assert district.execute(row).fetchone() == (3.5, 2, "land_right")


def test_a_forbidden_column_or_an_unknown_mapping_is_refused_and_the_faulty_rows_come_back(
    run, district, tmp_path
):
    path = land(tmp_path, ("x", "", "", "2026-06-30", 3.5, "有效", ""), extra="血型")
    status, said, _ = run(
        "source", "import", path, "--mapping", "land_right", "--sender", "委", "--errors", tmp_path / "e.xlsx"
    )
    assert (status, "第十四条" in said, (tmp_path / "e.xlsx").exists()) == (1, True, True)
    refused(
        run("source", "import", path, "--mapping", "nothing", "--sender", "委"), because="没有映射 nothing"
    )


def test_a_row_that_fits_nobody_waits_until_somebody_decides(run, district, tmp_path):
    path = land(tmp_path, ("99999999", "张三", "长隆村", "2026-06-30", 2, "有效", ""))
    assert run("source", "import", path, "--mapping", "land_right", "--sender", "委")[0] == 0
    assert "待认领 1 行" in run("source", "quarantine")[1]
    assert "张三" in run("source", "quarantine", "--show", 1)[1]
    refused(run("source", "decide", 1, "--by", "李某"), because="--nobody")
    subject = first(district, "SELECT subject_id FROM households ORDER BY subject_id")
    assert run("source", "decide", 1, "--subject", subject, "--by", "李某")[0] == 0
    assert "待认领 0 行" in run("source", "quarantine")[1]
    assert first(district, "SELECT subject_id FROM records ORDER BY record_id DESC") == subject


def test_the_mappings_are_listed_and_a_mapping_of_ones_own_is_checked(run, url, tmp_path):
    assert "land_right" in run("source", "list")[1]
    shipped = Path("seed_data/mappings/land_right.yaml")
    assert run("source", "check", shipped)[0] == 0
    (tmp_path / "own.yaml").write_text(shipped.read_text("utf-8").replace("unit: 亩", "unit: 米"), "utf-8")
    refused(run("source", "check", tmp_path / "own.yaml"), because="unit")


def test_a_correction_a_merge_and_its_undo_are_kept_and_traced(run, district):
    record = first(
        district,
        "SELECT record_id FROM records r JOIN facts f USING (fact_id) WHERE f.name = 'household_size'",
    )
    status, said, _ = run("record", "correct", record, "--value", 9, "--reason", "数错", *OFFICE)
    assert (status, "已更正" in said or "更正" in said) == (0, True)
    refused(
        run("record", "correct", record, "--value", 8, "--reason", "数错", *OFFICE),
        because="corrected already",
    )
    assert run("record", "restore", record, "--reason", "误", *OFFICE)[0] == 0
    refused(run("record", "statement", record, "说明", *OFFICE), because="不是不良信息")
    one, other = (
        row[0] for row in district.execute("SELECT subject_id FROM households ORDER BY subject_id LIMIT 2")
    )
    assert run("household", "merge", one, other, "--on", "2026-11-01", *OFFICE)[0] == 0
    assert run("household", "undo-merge", 1, *OFFICE)[0] == 0
    assert run("household", "split", one, other, "--on", "2026-11-01", *OFFICE)[0] == 0
    assert run("rescore")[0] == 0
    rated = first(district, "SELECT rating_id FROM ratings WHERE score IS NOT NULL ORDER BY rating_id DESC")
    assert "记录 record" in run("trace", rated)[1]
    status, said, _ = run("trace", "--all")
    assert (status, "orphans           0" in said) == (0, True)
    status, said, _ = run("replay", "--sample", 20)
    assert (status, "differences      0" in said) == (0, True)


def test_an_adverse_record_is_told_ended_repaired_and_commented_on(run, district):
    bank = first(
        district,
        "SELECT record_id FROM adverse_records JOIN records r USING (record_id) JOIN facts f USING (fact_id) "
        "WHERE f.subject_kind = 'agri_entity' OR f.domain = 'repayment'",
    )
    assert run("record", "notice", bank, "--on", "2026-11-20", *OFFICE)[0] == 0
    assert run("record", "statement", bank, "因病住院，已还清。", *OFFICE)[0] == 0
    assert run("record", "end", bank, "--on", "2026-11-20", *OFFICE)[0] == 0
    refused(run("record", "end", bank, "--on", "20.11.2026", *OFFICE), because="is not a date")
    refused(run("record", "repair", bank, "--class", "grave", *OFFICE), because="repair")


def test_a_town_reads_what_is_missing(run, district, tmp_path):
    status, said, _ = run("quality", "--csv", tmp_path / "quality.csv")
    assert (status, "个月以内的" in said) == (0, True)
    assert "待采集" in (tmp_path / "quality.csv").read_text("utf-8-sig").splitlines()[0]
    refused(run("trace"), because="name one rating")
    refused(run("trace", 999_999), because="no such rating")
