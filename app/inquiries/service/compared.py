"""The log and the database held against each other: every look that is kept has its entry, and back."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.db import Engine, reading
from app.errors import Invalid
from app.inquiries import store
from app.inquiry_log.reading import uids


@dataclass(frozen=True)
class Comparison:
    """How many looks were compared, and the numbers of those that only one side has."""

    row_count: int
    entry_count: int
    # Rows from before there was a log have no number to find them by.
    unnumbered_count: int
    rows_alone: frozenset[str]
    entries_alone: frozenset[str]

    @property
    def agrees(self) -> bool:
        """Whether each side has all the other has."""
        return not self.rows_alone and not self.entries_alone

    def lines(self, *, most: int) -> list[str]:
        """The comparison to read, with the first few numbers of each side."""
        return [
            f"数据库记录 rows               {self.row_count:,}",
            f"日志条目 entries              {self.entry_count:,}",
            f"无编号的早期记录 unnumbered   {self.unnumbered_count:,}",
            *_alone("记录无日志条目 rows without an entry", self.rows_alone, most=most),
            *_alone("条目无数据库记录 entries without a row", self.entries_alone, most=most),
            f"结论 verdict                  {'一致 the same' if self.agrees else '不一致 not the same'}",
        ]


def compare(engine: Engine, folder: Path) -> Comparison:
    """Hold all rows against all entries, while the service may go on answering.

    The rows are read first: the entry of each was written before it. What was asked meanwhile is an entry
    whose row is looked for once more at the end.
    """
    with reading(engine) as session:
        unnumbered, rows = store.numbered(session)
    entries = _read(folder)
    with reading(engine) as session:
        late = store.known_uids(session, entries - rows)
    return Comparison(
        row_count=len(rows) + unnumbered,
        entry_count=len(entries),
        unnumbered_count=unnumbered,
        rows_alone=frozenset(rows - entries),
        entries_alone=frozenset(entries - rows - late),
    )


def _read(folder: Path) -> set[str]:
    try:
        return set(uids(folder))
    except (OSError, ValueError) as error:
        raise Invalid(f"log compare: {error}") from None


def _alone(label: str, numbers: Iterable[str], *, most: int) -> list[str]:
    found = sorted(numbers)
    return [f"{label}: {len(found):,}", *(f"  {number}" for number in found[:most])]
