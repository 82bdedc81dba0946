"""Reading the log: the numbers of its entries, for whoever holds them against something else."""

import json
from collections.abc import Iterator
from pathlib import Path

from app.inquiry_log.lines import HASH


def uids(folder: Path) -> Iterator[str]:
    """The numbers of all entries; `ValueError` for a line that is none. What was changed `verify` tells."""
    for path in sorted(folder.glob("inquiries-*.log")):
        if path.stem.partition("-")[2].isdecimal():
            with path.open("rb") as file:
                for number, line in enumerate(file, start=1):
                    yield _uid(line, where=f"{path}, line {number}")


def _uid(line: bytes, *, where: str) -> str:
    try:
        return str(json.loads(line[HASH + 1 :])["uid"])
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{where}: is no entry; run `credit-village log verify`") from None
