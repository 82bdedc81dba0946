"""Tampering with a sealed log in every way there is, by the number: each way has to be found.

python -m tests.app.inquiry_log.tampers --seeds 10000
"""

import argparse
import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from app.inquiry_log.lines import FIRST, HASH, Seal, entry_line, fingerprint, key_id
from app.inquiry_log.verify import Report, read_key, verify
from app.inquiry_log.writing import InquiryLog

AT = datetime(2026, 11, 23, 2, tzinfo=UTC)
SEED = bytes(range(32))
ENTRIES, SEALED_EVERY = 60, 20


def entry(number: int) -> dict[str, object]:
    """What the service logs of one inquiry."""
    return {
        "uid": f"{number:032x}", "user_id": 3, "organisation_id": 2, "purpose": "pre_loan",
        "consent_id": number, "subject_id": number, "rating_id": number, "outcome": "answered",
        "shown": {"grade": "AA", "score": 87, "card": "8f0c" * 8},
    }  # fmt: skip


def sealed_log(folder: Path, *, entries: int = ENTRIES, every: int = SEALED_EVERY) -> None:
    """A log with seals in two places, closed as a service closes it."""
    log = InquiryLog(folder / "log", seed=SEED, seal_folders=[folder / "seals"], records_max=every)
    for number in range(entries):
        log.append([entry(number)], at=AT + timedelta(seconds=number))
    log.close(AT + timedelta(seconds=entries))


def checked(folder: Path) -> Report:
    """What the verification says of a log in a folder."""
    keys = [read_key(path) for path in (folder / "trusted").glob("*.pem")]
    return verify(folder / "log", seal_folders=[folder / "seals"], keys=keys)


def _lines(folder: Path, name: str = "log/inquiries-0.log") -> list[bytes]:
    return (folder / name).read_bytes().splitlines(keepends=True)


def _write(folder: Path, lines: Sequence[bytes], name: str = "log/inquiries-0.log") -> None:
    (folder / name).write_bytes(b"".join(lines))


def _rechained(lines: Sequence[bytes]) -> list[bytes]:
    """The entries with hashes that fit again, as somebody makes them who knows the form but not the key."""
    head, made = FIRST, []
    for line in lines:
        text, head = entry_line(json.loads(line[HASH + 1 :]), after=head)
        made.append(text)
    return made


def edit(folder: Path, chance: random.Random) -> None:
    """One byte of one entry."""
    text = bytearray((folder / "log/inquiries-0.log").read_bytes())
    place = chance.randrange(len(text))
    text[place] ^= 1 << chance.randrange(8)
    (folder / "log/inquiries-0.log").write_bytes(text)


def edit_and_rechain(folder: Path, chance: random.Random) -> None:
    """Who asked, in one entry, with all later hashes made to fit."""
    lines = _lines(folder)
    place = chance.randrange(len(lines))
    content = json.loads(lines[place][HASH + 1 :])
    content["user_id"] += 1 + chance.randrange(5)
    lines[place] = lines[place][: HASH + 1] + json.dumps(content).encode() + b"\n"
    _write(folder, _rechained(lines))


def swap(folder: Path, chance: random.Random) -> None:
    """Two entries, with or without fitting hashes."""
    lines = _lines(folder)
    one, other = chance.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    _write(folder, _rechained(lines) if chance.random() < 0.5 else lines)


def erase(folder: Path, chance: random.Random) -> None:
    """One entry or several, with or without fitting hashes."""
    lines = _lines(folder)
    first = chance.randrange(len(lines))
    del lines[first : first + chance.randint(1, 5)]
    _write(folder, _rechained(lines) if chance.random() < 0.5 else lines)


def insert(folder: Path, chance: random.Random) -> None:
    """An entry that never was, with fitting hashes."""
    lines = _lines(folder)
    place = chance.randrange(len(lines))
    lines.insert(place, lines[chance.randrange(len(lines))])
    _write(folder, _rechained(lines))


def cut_tail(folder: Path, chance: random.Random) -> None:
    """The end of the entries, at a line or in the middle of one."""
    text = (folder / "log/inquiries-0.log").read_bytes()
    if chance.random() < 0.5:
        _write(folder, _lines(folder)[: chance.randrange(ENTRIES)])
    else:
        (folder / "log/inquiries-0.log").write_bytes(text[: chance.randrange(len(text))])


def cut_tail_with_seals(folder: Path, chance: random.Random) -> None:
    """The end of the entries and their seals in one place; the other place still has them."""
    kept = chance.randrange(3)
    _write(folder, _lines(folder)[: kept * SEALED_EVERY])
    place = chance.choice(["log", "seals"])
    _write(folder, _lines(folder, f"{place}/seals-0.log")[:kept], f"{place}/seals-0.log")


def forge_seal(folder: Path, chance: random.Random) -> None:
    """Other entries under a seal of another key, in every place."""
    edit_and_rechain(folder, chance)
    key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
    claimed = chance.choice([key, Ed25519PrivateKey.from_private_bytes(SEED)])
    before, made = "", []
    heads = [line[:HASH] for line in _lines(folder)]
    for number, line in enumerate(_lines(folder, "seals/seals-0.log"), start=1):
        old = Seal.read(line)
        name = key_id(claimed.public_key())
        new = Seal(0, old.position, old.size, heads[old.position - 1], old.sealed_at, before, name).line(key)
        made.append(new)
        before = fingerprint(new)
        assert number == len(made)
    for place in ("log", "seals"):
        _write(folder, made, f"{place}/seals-0.log")


def edit_seal(folder: Path, chance: random.Random) -> None:
    """One byte of the seals, in one place or in all."""
    text = bytearray((folder / "log/seals-0.log").read_bytes())
    text[chance.randrange(len(text))] ^= 1 << chance.randrange(8)
    for place in chance.choice([["log"], ["seals"], ["log", "seals"]]):
        (folder / place / "seals-0.log").write_bytes(text)


def erase_seal(folder: Path, chance: random.Random) -> None:
    """A seal that is not the last, in all places."""
    lines = _lines(folder, "seals/seals-0.log")
    del lines[chance.randrange(len(lines) - 1)]
    for place in ("log", "seals"):
        _write(folder, lines, f"{place}/seals-0.log")


def erase_stream(folder: Path, chance: random.Random) -> None:
    """The entries altogether, or with the seals beside them."""
    (folder / "log/inquiries-0.log").unlink()
    if chance.random() < 0.5:
        (folder / "log/seals-0.log").unlink()


KINDS: Mapping[str, Callable[[Path, random.Random], None]] = {
    made.__name__: made
    for made in (
        edit, edit_and_rechain, swap, erase, insert, cut_tail, cut_tail_with_seals, forge_seal, edit_seal,
        erase_seal, erase_stream,
    )
}  # fmt: skip


def tampered(folder: Path, seeds: range) -> tuple[Counter[str], list[str]]:
    """Tamper by each number with a copy of a log: how often in which way, and what was not found."""
    sealed_log(folder / "whole")
    (folder / "whole/trusted").mkdir()
    for path in (folder / "whole/log").glob("*.pem"):
        shutil.copy(path, folder / "whole/trusted")
    assert not checked(folder / "whole").faults
    tried: Counter[str] = Counter()
    missed = []
    for seed in seeds:
        chance = random.Random(seed)
        kind = list(KINDS)[seed % len(KINDS)]
        copy = folder / "copy"
        shutil.copytree(folder / "whole", copy)
        before = _all(copy)
        KINDS[kind](copy, chance)
        if _all(copy) != before:
            tried[kind] += 1
            if not checked(copy).faults:
                missed.append(f"{kind} {seed}")
        shutil.rmtree(copy)
    return tried, missed


def _all(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.log"))}


def main() -> int:
    """Tamper so many times and say what was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10_000)
    with tempfile.TemporaryDirectory() as folder:
        tried, missed = tampered(Path(folder), range(parser.parse_args().seeds))
    for kind, count in sorted(tried.items()):
        sys.stdout.write(f"{kind:22} {count:6,}\n")
    sys.stdout.write(f"{'together':22} {tried.total():6,}, not found: {len(missed)} {missed[:5]}\n")
    return int(bool(missed))


if __name__ == "__main__":
    raise SystemExit(main())
