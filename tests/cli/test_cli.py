"""The commands of an operator: they do what they say, and refuse in one sentence."""

import os
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest

from app import clock
from app.settings import ROOT
from tests.cli.conftest import refused, rows

CARD = ROOT / "scoring" / "policies" / "cq_bishan" / "household" / "2023-01-01.yaml"


def test_init_twice_changes_nothing_the_second_time(run, url):
    status, said, _ = run("init")
    assert status == 0
    assert said.startswith("ready: sqlite:///")
    before = rows(url)
    assert len(before["places"]) > 200
    assert len(before["rule_versions"]) == 21
    assert run("init")[0] == 0
    assert rows(url) == before


def test_a_demonstration_is_made_once_and_rated_once(run, url):
    status, said, _ = run("demo", "--households", 30, "--entities", 6)
    assert (status, "合成" in said) == (0, True)
    refused(run("demo", "--households", 30), because="a demonstration district already")
    status, said, _ = run("rescore")
    assert status == 0
    assert f"as of        {clock.today()}" in said
    assert "of 36" in said
    before = rows(url)
    assert len(before["ratings"]) == 36
    status, said, _ = run("rescore")
    assert (status, "nothing was written" in said) == (0, True)
    assert rows(url) == before
    future, past = clock.today() + timedelta(days=1), clock.today() - timedelta(days=1)
    refused(run("rescore", "--as-of", future), because="lies in the future")
    refused(run("rescore", "--as-of", past), because="nights are published in order")
    refused(run("rescore", "--as-of", "2026-13-01"), because="is not a date; write it as 2026-11-30")
    assert rows(url) == before


def test_progress_is_plain_lines_where_there_is_no_terminal(run):
    run("demo", "--households", 5, "--entities", 1)
    _, said, _ = run("rescore")
    assert "scoring: 1 done" in said
    assert "publishing: 1 done" in said
    assert "\x1b" not in said


def test_a_template_is_written_and_an_empty_one_is_not_taken(run, url, tmp_path):
    target = tmp_path / "农户.xlsx"
    assert run("template", "households", target)[0] == 0
    book = openpyxl.load_workbook(target)
    assert len(book.sheetnames) >= 1
    outcome = run("import", target, "--kind", "households")
    refused(outcome, because="农户.xlsx")
    assert rows(url)["batches"] == []


def test_a_file_with_errors_ends_with_1_names_the_cell_and_lands_not_at_all(run, url, tmp_path):
    source, errors = tmp_path / "农户.csv", tmp_path / "错误.xlsx"
    source.write_text(
        "户号*,户主姓名*,户主身份证号*,区划代码*,村（社区）*\n"
        "H1,王建国,11010519491231002X,500120104200,长隆村村民委员会\n"
        "H2,李秀英,110105194912310021,500120104200,长隆村村民委员会\n",
        "utf-8",
    )
    status, said, _ = run("import", source, "--kind", "households", "--errors", errors)
    assert status == 1
    assert "户主身份证号" in said
    assert "110105194912310021" not in said
    assert "李秀英" not in said
    assert errors.exists()
    assert rows(url)["households"] == []
    source.write_text(source.read_text("utf-8").rsplit("H2", 1)[0], "utf-8")
    assert run("import", source, "--kind", "households")[0] == 0
    before = rows(url)
    assert len(before["households"]) == 1
    assert run("import", source, "--kind", "households")[0] == 0
    assert rows(url) == before


def test_a_file_is_scored_without_a_database(run, url, tmp_path, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "sqlite:////nowhere/at/all.db")
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text("户号,household_size,annual_net_income_fen\n1,3,5000000\n", "utf-8")
    status, said, _ = run("score", CARD, source, target)
    assert (status, "N" in said) == (0, True)
    assert len(target.read_text("utf-8-sig").splitlines()) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("import", "missing.csv", "--kind", "households"),
        ("score", CARD, "missing.csv", "out.csv"),
        ("score", "missing.yaml", "missing.csv", "out.csv"),
    ],
    ids=str,
)
def test_a_file_that_is_not_there_is_one_sentence(run, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    refused(run(*words), because="missing.")


@pytest.mark.parametrize("kind", ["households", "entities", "observations", "roster"])
def test_a_place_that_cannot_be_written_is_one_sentence(run, tmp_path, kind):
    refused(run("template", kind, tmp_path / "no" / "such" / "folder.xlsx"), because="folder.xlsx")


def test_a_folder_that_cannot_be_written_is_one_sentence(run, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way", "utf-8")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/file/village.db")
    for command in ("init", "demo", "rescore"):
        refused(run(command), because="cannot write the database file")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/var/village.db")
    monkeypatch.setenv("CREDIT_VILLAGE_KEY_FILE", f"{tmp_path}/file/master.key")
    refused(run("init"), because="master.key")


@pytest.mark.parametrize(
    ("name", "value", "because"),
    [
        ("DATABASE_URL", "village.db", "DATABASE_URL"),
        ("DATABASE_URL", "mysql://user:secret@host/name", "DATABASE_URL"),
        ("DATABASE_URL", "postgresql://user:secret@127.0.0.1:1/name", "DATABASE_URL"),
        ("CREDIT_VILLAGE_KEY", "short", "CREDIT_VILLAGE_KEY"),
        ("CREDIT_VILLAGE_DISTRICT", "510000000000", "CREDIT_VILLAGE_DISTRICT"),
        ("CREDIT_VILLAGE_PORT", "http", "CREDIT_VILLAGE_PORT"),
        ("CREDIT_VILLAGE_CIPHER_SUITE", "rot13", "CREDIT_VILLAGE_CIPHER_SUITE"),
    ],
)
def test_a_wrong_setting_is_named_in_one_sentence_without_its_secrets(run, monkeypatch, name, value, because):
    monkeypatch.setenv(name, value)
    outcome = run("init")
    refused(outcome, because=because)
    assert "secret" not in outcome[2]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "village.db"),
        ("DATABASE_URL", "mysql://user:secret@host/name"),
        ("CREDIT_VILLAGE_KEY", "secret"),
        ("CREDIT_VILLAGE_PORT", "65536"),
    ],
)
def test_with_a_wrong_setting_nothing_is_served(run, monkeypatch, name, value):
    monkeypatch.setenv("CREDIT_VILLAGE_PORT", "0")
    monkeypatch.setenv("CREDIT_VILLAGE_KEY", bytes(32).hex())
    monkeypatch.setenv(name, value)
    outcome = run("serve")
    refused(outcome, because=name)
    assert "secret" not in outcome[2]


def test_a_file_that_is_no_database_is_one_sentence(run, url):
    Path(url.removeprefix("sqlite:///")).write_bytes(b"not a database" * 1000)
    refused(run("init"), because="cannot use the database")


@pytest.mark.parametrize("command", ["serve", "up"])
def test_a_busy_port_is_one_sentence_and_nothing_is_made(run, url, monkeypatch, command):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        monkeypatch.setenv("CREDIT_VILLAGE_PORT", str(busy.getsockname()[1]))
        refused(run(command), because="cannot listen on 127.0.0.1")
    assert rows(url)["subjects"] == []


def test_as_a_program_it_ends_with_1_and_one_line(url):
    command = [sys.executable, "-m", "app", "rescore", "--as-of", "2099-01-01"]
    ended = subprocess.run(
        command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False
    )
    refused((ended.returncode, ended.stdout, ended.stderr), because="lies in the future")
