"""How fast an inquiry is, beside a raw ASGI reply and a plain ORM endpoint, and what a batch saves.

    .venv/bin/python benchmarks/bench_inquiries.py [--households 30000] [--rounds 5]

Three servers, one process each, under the same settings of uvicorn: this service as `credit-village serve`
starts it, benchmarks/peers/web_raw.py and benchmarks/peers/web_orm.py. The load comes from a second process
over connections that stay open; what is compared is measured in turns, and medians of the rounds are printed
with the processor time the server spent on each request. "First asked" are subjects nobody has asked about
since the service started, "asked again" are 100 of them time and again. PostgreSQL: set BENCH_DATABASE_URL to
the address of an empty database.
"""

import argparse
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import exists, or_, select

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app import clock
from app.access.service import user_by_name
from app.access.tokens import issue_token
from app.db import Session, make_engine, reading
from app.jobs.demo import make_demo
from app.jobs.nightly import run_night
from app.jobs.progress import quiet
from app.jobs.setup import initialise
from app.models import Consent, ConsentKind, ConsentWithdrawal, Household, Purpose, Rating
from app.settings import Settings
from app.subjects.cipher import derived_key
from app.subjects.key_source import cipher_of

ROOT = Path(__file__).resolve().parent.parent
OFFICER = "officer.nsh"
PEERS = ROOT / "benchmarks" / "peers"
CONNECTIONS, BATCH = 16, 1_000
COUNTS = {"raw": 4_000, "first": 500, "again": 1_000, "orm": 500, "orm full": 200, "alone": 200}


@dataclass(frozen=True)
class Server:
    """A server that runs: its process and its port."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """The processor time the process has spent until now."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """One round of one kind: subjects answered a second, and the server's processor time for each, in ms."""

    rate: float
    cpu_ms: float


def main() -> None:
    """Make the district, start the servers, measure in turns, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--households", type=int, default=30_000)
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = _district(Path(folder), households=chosen.households)
        token, questions = _questions(settings, wanted=chosen.rounds)
        environment = _environment(settings)
        with (
            _served([sys.executable, str(PEERS / "web_raw.py")], environment) as raw,
            _served([sys.executable, str(PEERS / "web_orm.py")], environment) as orm,
            _served([sys.executable, "-m", "app", "serve"], environment) as ours,
        ):
            found = _measured(raw, orm, ours, token=token, questions=questions, rounds=chosen.rounds)
    _print(found)


def _district(folder: Path, *, households: int) -> Settings:
    url = os.environ.get("BENCH_DATABASE_URL", f"sqlite:///{folder}/district.db")
    settings = Settings(database_url=url, key_file=folder / "master.key", log_folder=folder / "log")
    on = clock.today()
    initialise(settings, on=on, at=clock.now())
    engine = make_engine(url)
    cipher = cipher_of(settings)
    make_demo(engine, cipher, households=households, entities=120, seed=7, on=on, progress=quiet)
    run_night(
        engine, policy_folder=settings.policy_folder, district_code=settings.district_code, as_of=on,
        started_at=clock.now(), progress=quiet,
    )  # fmt: skip
    engine.dispose()
    return settings


def _questions(settings: Settings, *, wanted: int) -> tuple[str, list[dict[str, object]]]:
    """A token of the officer, and a question about each household whose consent is in force, shuffled."""
    cipher, at = cipher_of(settings), clock.now()
    master = cipher.master(cipher.in_force[0])
    engine = make_engine(settings.database_url)
    with reading(engine) as session:
        officer = user_by_name(session, OFFICER)
        assert officer is not None
        token = issue_token(
            officer, key=derived_key(master, purpose="token", length=32), at=at, minutes=12 * 60
        )
        questions = [
            {
                "id_number": cipher.open(sealed, row=f"households/{subject_id}/head_id_number"),
                "purpose": Purpose.PRE_LOAN.value,
                "consent_id": consent_id,
            }
            for subject_id, sealed, consent_id in _consenting(session, officer.organisation_id)
        ]
    engine.dispose()
    random.Random(7).shuffle(questions)
    needed = wanted * (COUNTS["first"] + COUNTS["alone"] + BATCH)
    assert len(questions) >= needed, f"{len(questions)} consents are in force, {needed} wanted"
    return token, questions


def _consenting(session: Session, organisation_id: int) -> Iterator[tuple[int, bytes, int]]:
    on = clock.today()
    rows = session.execute(
        select(Household.subject_id, Household.head_id_number_cipher, Consent.consent_id)
        .join(Consent, Consent.subject_id == Household.subject_id)
        .where(
            Consent.kind == ConsentKind.INQUIRY,
            Consent.organisation_id == organisation_id,
            Consent.effective_from <= on,
            or_(Consent.effective_to.is_(None), Consent.effective_to > on + timedelta(days=1)),
            ~exists().where(ConsentWithdrawal.consent_id == Consent.consent_id),
            exists().where(Rating.subject_id == Household.subject_id),
        )
    )
    for row in rows:
        yield row[0], row[1], row[2]


def _environment(settings: Settings) -> dict[str, str]:
    return os.environ | {
        "DATABASE_URL": settings.database_url,
        "CREDIT_VILLAGE_KEY_FILE": str(settings.key_file),
        "CREDIT_VILLAGE_LOG_FOLDER": str(settings.log_folder),
        # One account sends all of the load.
        "CREDIT_VILLAGE_REQUESTS_PER_MINUTE": str(10**7),
        "CREDIT_VILLAGE_REQUESTS_BURST": str(10**6),
    }


@contextmanager
def _served(command: Sequence[str], environment: dict[str, str]) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = [*command, str(port)] if "serve" not in command else list(command)
    process = subprocess.Popen(
        told, cwd=ROOT, env=environment | {"CREDIT_VILLAGE_PORT": str(port)}, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(600):
            assert process.poll() is None, f"{told} did not start"
            if _answers(port):
                break
            time.sleep(0.1)
        yield Server(process.pid, port)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        # A port nobody listens to yet may by chance be the probe's own: it would be connected to itself.
        return probe.connect_ex(("127.0.0.1", port)) == 0 and probe.getsockname() != probe.getpeername()


def _measured(
    raw: Server, orm: Server, ours: Server, *, token: str, questions: list[dict[str, object]], rounds: int
) -> dict[str, list[Measured]]:
    found: dict[str, list[Measured]] = defaultdict(list)
    fresh = iter(questions)

    def bodies(count: int) -> list[str]:
        return [json.dumps(next(fresh)) for _ in range(count)]

    def once(kind: str, server: Server, sent: list[str], *, connections: int = CONNECTIONS) -> None:
        found[kind].append(_loaded(server, "/v1/inquiries", sent, token=token, connections=connections))

    known = [json.dumps(question) for question in questions[-100:]]
    _loaded(ours, "/v1/inquiries", known, token=token)
    _loaded(orm, "/v1/inquiries", known, token=token)
    for _ in range(rounds):
        once("raw", raw, known[:1] * COUNTS["raw"])
        once("first", ours, bodies(COUNTS["first"]))
        once("again", ours, known * (COUNTS["again"] // len(known)))
        once("orm", orm, known * (COUNTS["orm"] // len(known)))
        in_full = known * (COUNTS["orm full"] // len(known))
        found["orm full"].append(_loaded(orm, "/v1/inquiries/in-full", in_full, token=token))
        once("alone", ours, bodies(COUNTS["alone"]), connections=1)
        once("alone again", ours, known * (COUNTS["alone"] // len(known)), connections=1)
        batch = f'{{"inquiries":[{",".join(bodies(BATCH))}]}}'
        for kind, times in (("batch", 1), ("batch again", 3)):
            sent = [batch] * times
            found[kind].append(
                _loaded(ours, "/v1/inquiry-batches", sent, token=token, connections=1, each=BATCH)
            )
    return found


def _loaded(
    server: Server, path: str, bodies: list[str], *, token: str, connections: int = CONNECTIONS, each: int = 1
) -> Measured:
    """Send the bodies and see that every one was answered."""
    begun = server.cpu_seconds()
    command = [sys.executable, str(PEERS / "web_load.py"), str(server.port), path, str(connections)]
    sent = "\n".join([token, *bodies]).encode()
    answered = json.loads(subprocess.run(command, input=sent, capture_output=True, check=True).stdout)
    assert answered["statuses"] == {"200": len(bodies)}, answered
    count = len(bodies) * each
    return Measured(count / answered["seconds"], (server.cpu_seconds() - begun) / count * 1000)


_WORDS = {
    "raw": "raw ASGI reply, 16 connections",
    "orm": "plain ORM endpoint in a threadpool, nine fields",
    "orm full": "the same with the whole answer, 16 connections",
    "first": "inquiry, subject first asked, 16 connections",
    "again": "inquiry, subject asked again, 16 connections",
    "alone": "inquiry, first asked, one after the other",
    "alone again": "inquiry, asked again, one after the other",
    "batch": "subjects in a batch of 1,000, first asked",
    "batch again": "subjects in a batch of 1,000, asked again",
}


def _print(found: dict[str, list[Measured]]) -> None:
    rate = {kind: statistics.median(one.rate for one in runs) for kind, runs in found.items()}
    for kind, words in _WORDS.items():
        runs = " ".join(f"{one.rate:,.0f}" for one in found[kind])
        cpu = statistics.median(one.cpu_ms for one in found[kind])
        print(f"{words:52} {rate[kind]:9,.0f} a second, {cpu:6.3f} ms of processor   ({runs})")
    ratios = [
        ("inquiry / raw reply", "first", "again", ("raw", "raw")),
        ("inquiry / ORM endpoint, nine fields", "first", "again", ("orm", "orm")),
        ("inquiry / ORM endpoint, whole answer", "first", "again", ("orm full", "orm full")),
        ("batch / single calls, 16 connections", "batch", "batch again", ("first", "again")),
        ("batch / single calls, one after the other", "batch", "batch again", ("alone", "alone again")),
    ]
    print(f"\n{'medians of the ratios within each round':44} {'first asked':>25} {'asked again':>25}")
    for words, first, again, (below, below_again) in ratios:
        told = [_ratios(found, one, other) for one, other in ((first, below), (again, below_again))]
        print(f"{words:44} {told[0]:>25} {told[1]:>25}")


def _ratios(found: dict[str, list[Measured]], one: str, other: str) -> str:
    """How many times as many a second, and how many times less of the processor."""
    pairs = list(zip(found[one], found[other], strict=True))
    rate = statistics.median(a.rate / b.rate for a, b in pairs)
    cpu = statistics.median(b.cpu_ms / a.cpu_ms for a, b in pairs)
    return f"{rate:.2f}, processor {cpu:.2f}"


if __name__ == "__main__":
    main()
