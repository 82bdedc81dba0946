"""`card validate` reads a population, tells what it can, and keeps evidence that `init` accepts."""

import json
import random

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.rules.service import evidence_of
from scoring import Scorecard
from scoring.validation import from_json

HOUSEHOLD = "scoring/policies/cq_bishan/household/2023-01-01.yaml"
NAMES = ("household_size", "annual_net_income_fen", "labourer_count", "debt_fen", "annual_income_fen",
         "guarantee_fen", "income_source_count", "income_source_years", "operated_land_mu",
         "overdue_days_max_24m", "credit_relation_years", "sex", "age", "outcome", "month")  # fmt: skip


def run(*arguments):
    return CliRunner().invoke(app, ["card", *map(str, arguments)])


@pytest.fixture
def people(tmp_path):
    """演示数据（合成）: 400 households of twelve months; the poor and the overdue default more often."""
    rng = random.Random(4)
    rows = []
    for person in range(400):
        income, overdue = rng.randrange(1, 9) * 1_000_000, rng.choice([0, 0, 0, 20, 50, 100])
        defaulted = int(rng.random() < 0.05 + 0.004 * overdue + 0.02 * (9_000_000 - income) / 1_000_000)
        facts = (3, income, 2, 0, income, 0, 2, 5, 12, overdue, 6)
        rows.append((*facts, rng.choice("男女"), rng.randrange(20, 80), defaulted, 202401 + person % 12))
    file = tmp_path / "people.csv"
    lines = [",".join(NAMES), *(",".join(map(str, row)) for row in rows)]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture
def card(tmp_path):
    """A copy of the household card, to keep evidence beside."""
    copy = tmp_path / "2023-01-01.yaml"
    with open(HOUSEHOLD, encoding="utf-8") as original:
        copy.write_text(original.read(), encoding="utf-8")
    return copy


def test_a_population_is_validated_and_the_evidence_kept(people, card, tmp_path):
    report, page = tmp_path / "report.md", tmp_path / "report.html"
    result = run("validate", card, "--population", people, "--synthetic", "--report", report, "--html", page,
                 "--keep", "--description", "演示数据（合成）")  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "rated 400 of 400, 结果已知 outcomes 400" in " ".join(result.output.split())
    assert "公平性 fairness sex: 2 groups" in result.output
    assert "演示数据（合成）" in report.read_text(encoding="utf-8")
    assert "<svg" in page.read_text(encoding="utf-8")
    definition = Scorecard.load(card).definition
    kept = evidence_of(card, definition)
    found = from_json(kept["report"])
    assert found.is_of(definition)
    whole = next(item for item in found.discrimination if item.sample == "all")
    assert whole.auc is not None
    assert whole.auc > 0.6


def test_an_outcome_that_is_neither_0_nor_1_is_refused(people, card):
    text = people.read_text(encoding="utf-8").splitlines()
    text[1] = ",".join([*text[1].split(",")[:-2], "2", "202401"])
    people.write_text("\n".join(text), encoding="utf-8")
    result = run("validate", card, "--population", people)
    assert result.exit_code != 0
    assert "outcome, row 0: 2 is neither 0 (paid), 1 (default) nor unknown" in str(result.exception)


def test_a_population_without_outcomes_says_that_nothing_is_known(people, card):
    rows = [line.split(",") for line in people.read_text(encoding="utf-8").splitlines()]
    people.write_text("\n".join(",".join(row[:-2]) for row in rows), encoding="utf-8")
    result = run("validate", card, "--population", people)
    assert result.exit_code == 0
    assert "未定义 not defined" in result.output


def test_a_card_with_versions_by_type_is_validated_type_by_type(people):
    result = run("validate", "scoring/policies/cq_bishan/agri_entity/2023-01-01.yaml", "--population", people)
    assert "give the population of one type at a time" in str(result.exception) or result.exit_code != 0


def test_the_evidence_is_plain_json(people, card):
    run("validate", card, "--population", people, "--keep")
    kept = json.loads(card.with_suffix(".validation.json").read_text(encoding="utf-8"))
    assert set(kept) == {"validated_on", "reports"}


def test_the_model_card_is_made_from_the_card(tmp_path):
    target = tmp_path / "model.md"
    assert run("model-card", HOUSEHOLD, target).exit_code == 0
    text = target.read_text(encoding="utf-8")
    for words in ("璧山区农户信用评分卡", "征信业管理条例", "家庭年纯收入"):
        assert words in text


def test_a_card_goes_to_pmml_and_comes_back_the_same(tmp_path):
    document, back = tmp_path / "card.pmml", tmp_path / "2023-01-01.yaml"
    assert run("pmml", HOUSEHOLD, document).exit_code == 0
    assert run("from-pmml", document, back).exit_code == 0
    assert Scorecard.load(back).definition.fingerprint == Scorecard.load(HOUSEHOLD).definition.fingerprint


@pytest.mark.parametrize("text", ["", "<a/>", "<!DOCTYPE x><PMML/>"])
def test_what_is_no_pmml_is_refused_and_nothing_is_written(tmp_path, text):
    source, target = tmp_path / "card.pmml", tmp_path / "card.yaml"
    source.write_text(text, encoding="utf-8")
    assert run("from-pmml", source, target).exit_code != 0
    assert list(tmp_path.iterdir()) == [source]


def test_a_reform_is_compared_over_a_file(people, card, tmp_path):
    card.write_text(card.read_text(encoding="utf-8").replace("minimum: 60", "minimum: 65"), encoding="utf-8")
    report = tmp_path / "compare.md"
    result = run("compare", HOUSEHOLD, card, "--population", people, "--report", report)
    assert result.exit_code == 0, result.output
    assert "migration" in report.read_text(encoding="utf-8")
    assert report.read_text(encoding="utf-8").strip() == result.output.strip()
