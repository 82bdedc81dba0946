"""The same inquiry many times at once under one key, over a real server: it has to be done once.

python -m tests.app.inquiries.duplicates --requests 10000
"""

import argparse
import sys
import tempfile
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import uvicorn
from sqlalchemy import func, select

from app import clock
from app.db import reading
from app.jobs.demo import DEMO_PASSWORD, sample_inquiry
from app.main import create_app
from app.models import Inquiry
from tests.demonstration import rated_demonstration


def main() -> int:
    """Send the duplicates and say what came of them; 1 where it was done more than once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=32)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        made = rated_demonstration(Path(folder))
        limits = {"requests_per_minute": 10**6, "requests_burst": 10**6}
        server = uvicorn.Server(
            uvicorn.Config(create_app(made.settings.model_copy(update=limits)), port=0, log_level="critical")
        )
        thread = threading.Thread(target=server.run)
        thread.start()
        while not server.started:
            threading.Event().wait(0.05)
        port = server.servers[0].sockets[0].getsockname()[1]
        with reading(made.engine) as session:
            sample = sample_inquiry(session, on=clock.today())
        assert sample is not None
        question = {"uscc": sample.uscc, "purpose": sample.purpose, "consent_id": sample.consent_id}
        statuses = send(f"http://127.0.0.1:{port}", question, chosen.requests, chosen.connections)
        server.should_exit = True
        thread.join()
        with reading(made.engine) as session:
            inquiries = session.scalar(select(func.count()).select_from(Inquiry))
    sys.stdout.write(f"answers {dict(sorted(statuses.items()))}, inquiries on record {inquiries}\n")
    return int(inquiries != 1)


def send(address: str, question: dict[str, object], requests: int, connections: int) -> Counter[str]:
    """How often which answer came; `same` counts those with the very text of the first."""
    with httpx2.Client(
        base_url=address, limits=httpx2.Limits(max_connections=connections), timeout=60
    ) as client:
        form = {"username": "officer.nsh", "password": DEMO_PASSWORD}
        token = client.post("/v1/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "the-same"}

        def ask(_number: int) -> tuple[int, bytes]:
            answer = client.post("/v1/inquiries", json=question, headers=headers)
            return answer.status_code, answer.content

        with ThreadPoolExecutor(connections) as pool:
            answers = list(pool.map(ask, range(requests)))
    texts = {text for status, text in answers if status == 200}
    counted = Counter(str(status) for status, _ in answers)
    counted["different texts"] = len(texts)
    return counted


if __name__ == "__main__":
    raise SystemExit(main())
