"""How fast the log of inquiries is checked, beside hashing the same lines with nothing checked.

    .venv/bin/python benchmarks/bench_log_verify.py [--entries 500000] [--repeats 5]

Prints entries a second, medians of the repeats taken in turns, and the ratio; then how fast groups of 16
entries are written and on the disk.
"""

import argparse
import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.inquiry_log.verify import read_key, verify
from app.inquiry_log.writing import InquiryLog

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
GROUP = 16


def main() -> None:
    """Write a log, check it and hash it in turns, print the rates."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=500_000)
    parser.add_argument("--repeats", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = InquiryLog(folder, seed=bytes(32))
        for first in range(0, chosen.entries, 10_000):
            log.append([_entry(number) for number in range(first, first + 10_000)], at=AT)
        groups = _seconds(lambda: [log.append([_entry(n) for n in range(GROUP)], at=AT) for _ in range(200)])
        log.close(AT)
        keys = [read_key(path) for path in folder.glob("*.pem")]
        checked, hashed = [], []
        for _ in range(chosen.repeats):
            checked.append(_seconds(lambda: _check(folder, keys)))
            hashed.append(_seconds(lambda: _hash(folder / "inquiries-0.log")))
        size = (folder / "inquiries-0.log").stat().st_size
    entries = chosen.entries + 200 * GROUP
    ours, floor = statistics.median(checked), statistics.median(hashed)
    print(f"entries              {entries:,} of {size / entries:.0f} bytes")
    print(f"checked a second     {entries / ours:,.0f}")
    print(f"hashed a second      {entries / floor:,.0f}")
    print(f"ratio                {floor / ours:.2f}")
    print(f"written a second     {200 * GROUP / groups:,.0f} in groups of {GROUP}, each on the disk")


def _entry(number: int) -> dict[str, object]:
    return {
        "uid": f"{number:032x}", "user_id": 3, "organisation_id": 2, "purpose": "pre_loan",
        "consent_id": number, "subject_id": number, "rating_id": number, "outcome": "answered",
        "refusal_code": "",
        "shown": {"grade": "AA", "score": 87, "card": "8f0c" * 16},
    }  # fmt: skip


def _check(folder: Path, keys: list) -> None:  # type: ignore[type-arg]
    assert verify(folder, keys=keys).faults == []


def _hash(path: Path) -> None:
    with path.open("rb") as file:
        for line in file:
            hashlib.sha256(line).digest()


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
