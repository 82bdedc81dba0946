"""What the README promises is so."""

import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from app.cli import app

README = Path("README.md").read_text(encoding="utf-8")


def test_the_python_of_the_readme_runs_and_prints_what_it_says(capsys):
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code
    exec(compile(code.group(1), "README.md", "exec"), {})
    assert capsys.readouterr().out.splitlines() == re.findall(r"print\(.*?\) +# (.*)", code.group(1))


def test_every_file_the_readme_links_to_is_there():
    links = re.findall(r"\]\(((?!http)[^)#]+)\)", README)
    assert [link for link in links if not Path(link).exists()] == []


def test_every_command_the_readme_names_exists():
    for line in re.findall(r"\.venv/bin/credit-village (.+?)(?:\s{2,}#.*)?$", README, re.MULTILINE):
        command = shlex.split(line)[0]
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0, command


def test_scoring_a_file_prints_what_the_readme_shows(tmp_path):
    card, source = "scoring/policies/cq_bishan/household/2023-01-01.yaml", "docs/examples/households.csv"
    result = CliRunner().invoke(app, ["score", card, source, str(tmp_path / "rated.csv")])
    told = result.output.replace(str(tmp_path / "rated.csv"), "rated.csv").strip()
    assert told in README


def test_linting_a_card_prints_what_the_readme_shows():
    result = CliRunner().invoke(app, ["card", "lint", "tests/scoring/faulty_cards/holes.yaml"])
    assert result.exit_code == 1
    assert result.output.strip() in README
