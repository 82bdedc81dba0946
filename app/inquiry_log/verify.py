"""Checking the log: needs its files and the public key, no database and no secret.

    python -m app.inquiry_log.verify FOLDER --seals FOLDER --public-key FILE

It finds an entry that was edited, moved or taken out, an end that was cut off, a seal that was forged, taken
out or differs between places, and a stream that is gone. What was written after the last seal can be cut off
without a trace: the service seals every 10,000 entries, every 10 minutes, and when it stops.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from app.inquiry_log.lines import FIRST, HASH, Seal, fingerprint, is_signed, key_id

AGE_MAX = timedelta(minutes=10)
_BLOCK = 1 << 22


@dataclass
class Report:
    """What was checked and what was found wrong, worst first read."""

    entries: int = 0
    unsealed: int = 0
    seals: int = 0
    streams: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The report to read."""
        rate = self.entries / self.seconds if self.seconds else 0
        return [
            f"日志流 streams        {self.streams:,}",
            f"查询记录 entries      {self.entries:,}",
            f"尚未签封 not sealed   {self.unsealed:,}",
            f"签封 seals            {self.seals:,}",
            f"用时 seconds          {self.seconds:.2f} ({rate:,.0f} entries a second)",
            *(f"问题 fault            {fault}" for fault in self.faults),
            f"结论 verdict          {'有改动 changed' if self.faults else '完整 whole'}",
        ]


def verify(
    folder: Path,
    *,
    seal_folders: Sequence[Path] = (),
    keys: Sequence[Ed25519PublicKey],
    at: datetime | None = None,
) -> Report:
    """Check every stream against its seals in every place.

    `at` is the moment of the check: entries that have waited longer than 10 minutes for a seal are a fault.
    """
    started = time.perf_counter()
    report, places = Report(), [folder, *seal_folders]
    known = {key_id(key): key for key in keys}
    streams = sorted({number for place in places for number in _streams(place)})
    for stream in streams:
        seals = _checked_seals(report, places, stream, known)
        _check_entries(report, folder / f"inquiries-{stream}.log", seals, at=at)
    if not streams:
        report.faults.append(f"{folder}: there is no log")
    report.streams, report.seconds = len(streams), time.perf_counter() - started
    return report


def _streams(folder: Path) -> Iterator[int]:
    for path in folder.glob("*-*.log"):
        kind, _, number = path.stem.partition("-")
        if kind in ("inquiries", "seals") and number.isdecimal():
            yield int(number)


def _checked_seals(
    report: Report, places: Sequence[Path], stream: int, keys: dict[str, Ed25519PublicKey]
) -> list[Seal]:
    """The seals of a stream, of the place that has most; what is wrong with them goes into the report."""
    kept = []
    for place in places:
        path = place / f"seals-{stream}.log"
        kept.append(path.read_bytes().splitlines(keepends=True) if path.exists() else [])
    lines = max(kept, key=len)
    for place, others in zip(places, kept, strict=True):
        if others != lines:
            report.faults.append(f"stream {stream}: the seals in {place} are not those of the other places")
    found: list[Seal] = []
    before = ""
    for number, line in enumerate(lines, start=1):
        where = f"stream {stream}, seal {number}"
        try:
            seal = Seal.read(line)
        except ValueError:
            report.faults.append(f"{where}: is no seal")
            break
        key = keys.get(seal.key_id)
        if key is None or not is_signed(line, key):
            report.faults.append(f"{where}: is not signed with a known key")
            break
        if seal.before != before or seal.stream != stream:
            report.faults.append(f"{where}: does not follow the seal before it")
            break
        before = fingerprint(line)
        found.append(seal)
    report.seals += len(found)
    return found


def _check_entries(report: Report, path: Path, seals: Sequence[Seal], *, at: datetime | None) -> None:
    """Walk the chain of a stream; stop at its first fault."""
    if not path.exists():
        report.faults.append(f"{path}: is gone")
        return
    wanted = {seal.position: seal.head for seal in seals}
    sha256, head, position, last = hashlib.sha256, FIRST, 0, b""
    with path.open("rb", buffering=_BLOCK) as file:
        for line in file:
            mark = sha256(head + line[HASH + 1 : -1]).hexdigest().encode()
            if mark != line[:HASH] or line[-1:] != b"\n" or line[HASH : HASH + 1] != b" ":
                report.faults.append(
                    f"{path.name}, entry {position + 1}: does not follow the entry before it"
                )
                break
            head, position, last = mark, position + 1, line
            if position in wanted and wanted[position] != head:
                report.faults.append(f"{path.name}, entry {position}: is not the one that was sealed")
                break
        else:
            sealed = seals[-1].position if seals else 0
            _check_end(report, path.name, position, sealed=sealed, last=last, at=at)
    report.entries += position


def _check_end(
    report: Report, name: str, position: int, *, sealed: int, last: bytes, at: datetime | None
) -> None:
    if position < sealed:
        report.faults.append(f"{name}: ends at entry {position}, but entry {sealed} was sealed")
        return
    report.unsealed += position - sealed
    if position > sealed and at is not None:
        _, _, rest = last.rpartition(b'"logged_at":"')
        if at - datetime.fromisoformat(rest.split(b'"')[0].decode()) > AGE_MAX:
            report.faults.append(
                f"{name}: {position - sealed} entries wait for a seal, for more than 10 minutes"
            )


def read_key(path: Path) -> Ed25519PublicKey:
    """The public key in a PEM file; `ValueError` where it is none of the log."""
    key = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path}: is no Ed25519 public key")
    return key


def main(arguments: Sequence[str] | None = None) -> int:
    """Check a log and say what was found; 1 where something was changed."""
    parser = argparse.ArgumentParser(prog="log verify", description="Check the log of inquiries.")
    parser.add_argument("folder", type=Path, help="the folder with inquiries-*.log")
    parser.add_argument("--seals", type=Path, action="append", default=[], help="a further folder with seals")
    parser.add_argument("--public-key", type=Path, action="append", required=True, help="log-key-….pem")
    chosen = parser.parse_args(arguments)
    try:
        keys = [read_key(path) for path in chosen.public_key]
        report = verify(chosen.folder, seal_folders=chosen.seals, keys=keys)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"log verify: {error}\n")
        return 2
    sys.stdout.write("\n".join(report.lines()) + "\n")
    return int(bool(report.faults))


if __name__ == "__main__":
    raise SystemExit(main())
