"""The calls that docs/api-for-banks.md and the README show run as they stand, and give what is shown."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from sqlalchemy import make_url

from app import clock
from app.db import reading
from app.jobs.demo import sample_inquiry
from app.settings import ROOT
from tests.demonstration import Demonstration

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
DOCUMENT = BLOCK.findall((ROOT / "docs" / "api-for-banks.md").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
# What `make run` prints at its end; the district of the tests is a smaller one.
SHOWN_USCC, SHOWN_CONSENT, SHOWN_ADDRESS = "92500120MALU9TB513", "26179", "127.0.0.1:8000"
MARK = "-- the next call --"


@dataclass(frozen=True)
class Server:
    """A service that runs for itself, and what its users would read instead of what is shown."""

    folder: Path
    instead: dict[str, str]

    def run(self, command: Sequence[str], text: str) -> str:
        """What a program prints that reads a text from its standard input."""
        for shown, here in self.instead.items():
            text = text.replace(shown, here)
        ran = subprocess.run(
            command, input=text, cwd=self.folder, capture_output=True, text=True, timeout=120, check=False
        )
        assert ran.returncode == 0, ran.stderr
        for shown, here in self.instead.items():
            ran.stdout = ran.stdout.replace(here, shown)
        return ran.stdout


@pytest.fixture(scope="module")
def server(demonstration: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """`credit-village serve` over a copy of the demonstration district."""
    folder = tmp_path_factory.mktemp("server")
    database = make_url(demonstration.settings.database_url).database
    with (
        closing(sqlite3.connect(str(database))) as source,
        closing(sqlite3.connect(folder / "district.db")) as copy,
    ):
        source.backup(copy)
    with reading(demonstration.engine) as session:
        sample = sample_inquiry(session, on=clock.today())
    assert sample is not None
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"sqlite:///{folder}/district.db",
        "CREDIT_VILLAGE_KEY_FILE": str(demonstration.settings.key_file),
        "CREDIT_VILLAGE_LOG_FOLDER": str(folder / "log"),
        "CREDIT_VILLAGE_SEAL_FOLDERS": str(folder / "seals"),
        "CREDIT_VILLAGE_PORT": address.split(":")[1],
    }
    with subprocess.Popen([sys.executable, "-m", "app", "serve"], cwd=ROOT, env=environment) as process:
        try:
            _wait_for(f"http://{address}/readyz", process)
            instead = {
                SHOWN_ADDRESS: address, SHOWN_USCC: sample.uscc, SHOWN_CONSENT: str(sample.consent_id)
            }  # fmt: skip
            yield Server(folder, instead)
        finally:
            process.terminate()


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert process.poll() is None, "the service has ended"
        try:
            with urlopen(address, timeout=5):
                return
        except (URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError("the service does not answer")


def fits(shown: Any, told: Any) -> bool:
    """Whether an answer is what is shown; `…` stands for anything."""
    if shown == "…":
        return True
    if isinstance(shown, dict) and isinstance(told, dict):
        return list(shown) == list(told) and all(fits(shown[name], told[name]) for name in shown)
    if isinstance(shown, list) and isinstance(told, list):
        return len(shown) == len(told) and all(map(fits, shown, told))
    return bool(shown == told)


def test_every_curl_call_of_the_document_gives_the_answer_it_shows(server: Server) -> None:
    calls = [text for kind, text in DOCUMENT if kind == "sh"]
    shown = [json.loads(text) for kind, text in DOCUMENT if kind == "json"]
    assert len(calls) == len(shown) >= 3
    printed = server.run(["bash", "-euo", "pipefail"], f"\necho '{MARK}'\n".join(calls)).split(MARK)
    told = [json.loads(text) for text in printed]
    assert [one for one in zip(shown, told, strict=True) if not fits(*one)] == []


def test_the_python_of_the_document_prints_what_it_shows(server: Server) -> None:
    [code] = [text for kind, text in DOCUMENT if kind == "python"]
    [shown] = [text for kind, text in DOCUMENT if kind == "text"]
    first, *_, last = server.run([sys.executable, "-I", "-"], code).splitlines()
    assert first.startswith(shown.splitlines()[0].removesuffix("…"))
    assert last == shown.splitlines()[-1]


def test_every_call_of_the_document_is_run() -> None:
    named = [text for kind, text in DOCUMENT if kind not in {"sh", "json", "python", "text"}]
    assert named == []


def test_the_curl_of_the_readme_gives_the_answer_it_shows(server: Server) -> None:
    [(_, block)] = [(kind, text) for kind, text in BLOCK.findall(README) if "/v1/inquiries" in text]
    commands, _, shown = block.partition("\n\n")
    told = server.run(["bash", "-euo", "pipefail"], commands)

    def names(text: str) -> list[str]:
        return re.findall(r'^ *"(\w+)":', text, re.MULTILINE)

    known = names(shown)
    assert len(known) > 40
    assert names(told)[: len(known)] == known
    assert json.loads(told)["subject"]["uscc"] == SHOWN_USCC


@pytest.mark.parametrize(
    ("shown", "told"), [({"a": 1}, {"a": 2}), ({"a": 1}, {"a": 1, "b": 2}), ([1], [1, 2]), ("x", None)]
)
def test_an_answer_that_is_not_the_one_shown_is_noticed(shown: Any, told: Any) -> None:
    assert not fits(shown, told)
    assert fits({"a": "…"}, {"a": told})
