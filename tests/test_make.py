"""What a newcomer types works, and says in one sentence why where it cannot."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("run", "dev")


def make(folder: Path, *arguments: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run make in a folder, with only what `path` holds to be found as a command."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    environment |= {"PATH": str(path)} if path else {}
    command = [shutil.which("make") or "make", "--no-print-directory", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A new checkout, as far as make is concerned: nothing is installed."""
    folder = tmp_path / "信用村 checkout"
    folder.mkdir()
    for name in ("Makefile", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    for name in ("tools", "requirements"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """The commands of a plain system, without any Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("cat", "cksum", "dirname", "rm", "sh"):
        (folder / name).symlink_to(shutil.which(name) or name)
    return folder


def fake_python(folder: Path, program: str) -> None:
    """A `python3` that answers every question with this line of shell."""
    (folder / "python3").write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
    (folder / "python3").chmod(0o755)


def lock(name: str) -> str:
    """The text of a lock file."""
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def test_make_alone_lists_every_target() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert {line.split()[1] for line in make(ROOT).stdout.splitlines()} == targets


def test_an_old_python_is_refused_in_one_sentence_of_each_language(checkout: Path, commands: Path) -> None:
    fake_python(commands, "exit 1")
    refused = make(checkout, "install", path=commands)
    assert refused.returncode != 0
    assert refused.stderr.splitlines()[0].startswith("Python 3.11 or newer is needed")
    assert refused.stderr.splitlines()[1].startswith("需要 Python 3.11 或更高版本")


def test_a_python_without_venv_names_the_package_to_install(checkout: Path, commands: Path) -> None:
    fake_python(commands, 'case "$*" in *venv*) exit 1 ;; -V) echo Python 3.12.1 ;; esac')
    refused = make(checkout, "install", path=commands)
    assert refused.returncode != 0
    assert "python3-venv" in refused.stderr.splitlines()[0]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(checkout: Path) -> None:
    checkout.chmod(0o555)
    refused = make(checkout, "install")
    checkout.chmod(0o755)
    assert refused.stderr.startswith(f"Cannot write to the folder {checkout}")


def test_a_second_install_does_nothing(checkout: Path, commands: Path) -> None:
    fake_python(commands, "exit 1")
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to(shutil.which("true") or "true")
    script = (checkout / "tools" / "install.sh").read_text(encoding="utf-8")
    content = next(line for line in script.splitlines() if line.startswith("content()"))
    stamp = subprocess.run(
        ["/bin/sh", "-c", f"{content}\ncontent run >.venv/.installed"], cwd=checkout, check=False
    )
    assert stamp.returncode == 0
    assert make(checkout, "install", path=commands).returncode == 0


def test_the_audit_looks_up_every_locked_library_and_fails_with_the_one_that_cannot_be(
    checkout: Path,
) -> None:
    folder = checkout / ".venv-audit" / "bin"
    folder.mkdir(parents=True)
    (folder / "python").write_text('#!/bin/sh\necho "$@"\nexit 1\n', encoding="utf-8")
    (folder / "python").chmod(0o755)
    script = (checkout / "tools" / "audit.sh").read_text(encoding="utf-8")
    content = next(line for line in script.splitlines() if line.startswith("content()"))
    stamp = f"lock=requirements/audit.txt\n{content}\ncontent >.venv-audit/.installed"
    subprocess.run(["/bin/sh", "-c", stamp], cwd=checkout, check=True)
    asked = subprocess.run([checkout / "tools" / "audit.sh"], capture_output=True, text=True, check=False)
    assert asked.returncode == 1
    assert "SECURITY.md" in asked.stderr
    words = asked.stdout.split()
    assert {"--strict", "requirements/run.txt", "requirements/dev.txt"} <= set(words)
    assert "--ignore-vuln" not in words


def test_how_soon_a_library_is_mended_is_written_down() -> None:
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    terms = re.search(r"critical (\d+) days, high\s+(\d+) days, medium (\d+) days", text)
    assert terms
    assert [int(days) for days in terms.groups()] == [7, 30, 90]
    tested = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\ntest:")[2].partition("\n\n")[0]
    assert "audit" not in tested, "tests need no network"


def test_the_pipeline_runs_the_whole_suite() -> None:
    run = ROOT / ".ci" / "run"
    assert os.access(run, os.X_OK)
    assert run.read_text(encoding="utf-8").splitlines()[-1] == "exec make test"


@pytest.mark.parametrize("name", [*LOCKS, "audit", "pmml-engines"])
def test_a_lock_names_no_host_and_hashes_everything(name: str) -> None:
    packages = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", lock(name), re.MULTILINE | re.DOTALL)
    assert packages
    assert [package for package in packages if "--hash=sha256:" not in package] == []
    assert re.findall(r"https?:|file:|--(?:extra-)?index-url|--find-links|--trusted-host", lock(name)) == []


def test_the_locks_hold_every_requirement_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    groups = project["dependency-groups"]
    run = [*project["project"]["dependencies"], *extras["batch"], *groups["build"]]
    everything = [*run, *groups["dev"], *(item for extra in extras.values() for item in extra)]
    for name, requirements in zip(LOCKS, (run, everything), strict=True):
        wanted = {re.split(r"[\[<>=~ ]", requirement)[0] for requirement in requirements}
        assert wanted - set(re.findall(r"^([a-z0-9-]+)==", lock(name), re.MULTILINE)) == set()
    assert set(re.findall(r"^\S+==\S+", lock("run"), re.MULTILINE)) <= set(
        re.findall(r"^\S+==\S+", lock("dev"), re.MULTILINE)
    )
