"""What every kind of file is checked with: the day, the divisions, the key, duplicates in the file."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.db import Session
from app.jobs.imports.cells import division_code, limited
from app.jobs.imports.columns import Column, Findings, Row, plain_header, rows_of, table_of
from app.jobs.imports.lookups import Division
from app.jobs.imports.reading import Sheet
from app.jobs.imports.report import both
from app.subjects.cipher import Cipher

_VILLAGERS = re.compile(r"村?(村民委员会|村委会)$")
_RESIDENTS = re.compile(r"(居民委员会|居委会)$")

PLACE_CODE = Column(
    "区划代码",
    division_code,
    note="村（社区）的 12 位统计用区划代码",
    example="500120104201",
)
PLACE_NAME = Column(
    "村（社区）",
    limited(64),
    note="与区划代码一致的村（社区）名称",
    also=("村", "社区", "村(社区)名称", "行政村"),
)


@dataclass(slots=True)
class Check:
    """One file being checked: against which day and which data, and what was found so far."""

    session: Session
    cipher: Cipher
    on: date
    divisions: dict[str, Division]
    findings: Findings = field(default_factory=Findings)

    def rows(self, sheet: Sheet, columns: Sequence[Column]) -> list[Row]:
        """The rows of a sheet with these columns; none when its header is wrong."""
        table = table_of(sheet, columns, findings=self.findings)
        return [] if table is None else list(rows_of(table, on=self.on, findings=self.findings))

    def division(self, row: Row) -> Division | None:
        """The village or community a row names by code and, where it has the column, by the same name."""
        code, name = row[PLACE_CODE.name], row[PLACE_NAME.name]
        if code is None:
            return None
        found = self.divisions.get(code)
        if found is None:
            self.findings.refuse(
                row,
                PLACE_CODE,
                reason=both("没有这个村（社区）", "no village or community has this code"),
                fix=both(
                    "填统计局（不是民政）的村级代码，见区划表",
                    "write the village's code of the Bureau of Statistics, not of Civil Affairs",
                ),
            )
        elif name is not None and not _same_place(name, found):
            self.findings.refuse(
                row,
                PLACE_NAME,
                reason=both(
                    f"与区划代码不符，该代码是{found.town}{found.name}",
                    "the name does not belong to the code",
                ),
                fix=both("核对后改正代码或名称", "compare both and correct one"),
            )
        return found

    def unique(self, row: Row, column: Column, *, seen: dict[Hashable, Row], key: Hashable) -> bool:
        """Whether this is the first row with this value; the second is refused and told of the first."""
        first = seen.setdefault(key, row)
        if first is row:
            return True
        self.findings.refuse(
            row,
            column,
            reason=both(
                f"与[{first.sheet}]第 {first.number} 行重复",
                f"the same as in [{first.sheet}] row {first.number}",
            ),
            fix=both("只保留一行", "keep one of the two rows"),
        )
        return False


def _same_place(written: str, division: Division) -> bool:
    name = plain_header(written).removeprefix(plain_header(division.town))
    return _spoken(name) == _spoken(plain_header(division.name))


def _spoken(name: str) -> str:
    """The name of a village or community without its committee."""
    return _RESIDENTS.sub("", _VILLAGERS.sub("村", name))
