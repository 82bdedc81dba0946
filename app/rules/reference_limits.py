"""What a grade may stand for in money: dated figures for orientation, never a decision (REQ-216)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from app.errors import SetupError
from scoring import CardError
from scoring.loader import read

_FEN = 100


@dataclass(frozen=True, slots=True)
class ReferenceLimit:
    """The band of one grade, in fen, with the version and the source of the figures."""

    version: str
    low_fen: int
    high_fen: int
    source: str


@lru_cache(maxsize=8)
def reference_limits(path: Path) -> Mapping[tuple[str, str], ReferenceLimit]:
    """The bands of a file by kind of subject and grade; `SetupError` where it cannot be read."""
    try:
        content = read(path)
        version = f"{content['reference_limits']} {date.fromisoformat(str(content['effective_from']))}"
        source = str(content["source"]["title"])
        return {
            (kind, str(line["grade"])): ReferenceLimit(
                version, int(line["low_yuan"]) * _FEN, int(line["high_yuan"]) * _FEN, source
            )
            for kind in ("household", "agri_entity")
            for line in content.get(kind, ())
        }
    except (CardError, KeyError, TypeError, ValueError) as error:
        raise SetupError(f"{path}: is no file of reference limits ({error})") from None
