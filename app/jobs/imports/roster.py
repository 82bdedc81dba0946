"""Rosters: the frozen list of who ought to be on file, with documented exclusions."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.jobs.imports import lookups
from app.jobs.imports.cells import choice, credit_code, day, in_clear, shown_in_clear
from app.jobs.imports.checking import PLACE_CODE, Check
from app.jobs.imports.columns import Column, Row
from app.jobs.imports.entities import NAME, TYPE
from app.jobs.imports.reading import Sheet
from app.jobs.imports.report import both
from app.models import EntityType, ExclusionReason

_REASONS = {reason.label: reason for reason in ExclusionReason}

ROSTER_NAME = Column(
    "名录名称", in_clear(128), show=shown_in_clear, note="全表相同", example="2026年新型农业经营主体名录"
)
SOURCE = Column(
    "来源", in_clear(64), show=shown_in_clear, note="提供名录的部门；全表相同", example="区农业农村委"
)
AS_OF = Column("基准日", day, entry="date", note="名录截至日期；全表相同", example="2026-06-30")
USCC = Column(
    "统一社会信用代码",
    credit_code,
    note="18 位，单元格格式为文本",
    example="91350100M000100Y43",
    also=("信用代码",),
)
EXCLUSION = Column(
    "剔除原因",
    choice(_REASONS),
    required=False,
    entry="choice",
    choices=tuple(_REASONS),
    note="不剔除则留空",
    example="注销",
)
DOCUMENT = Column(
    "剔除文件",
    in_clear(255),
    required=False,
    show=shown_in_clear,
    note="有剔除原因时必填文件名称或文号，不写个人号码",
    example="准予注销登记通知书 2026-15 号",
)
ROSTER_COLUMNS = (ROSTER_NAME, SOURCE, AS_OF, NAME, USCC, TYPE, PLACE_CODE, EXCLUSION, DOCUMENT)


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """One entry of a roster as a row of the file has it."""

    row_no: int
    name: str
    uscc: str
    entity_type: EntityType
    place_id: int
    exclusion: ExclusionReason | None
    exclusion_document: str | None


@dataclass(slots=True)
class RosterPlan:
    """The roster a file would add."""

    rows: int = 0
    name: str = ""
    source: str = ""
    as_of: date = date.min
    entries: list[EntryDraft] = field(default_factory=list)

    @property
    def added_count(self) -> int:
        """How many entries the roster has."""
        return len(self.entries)

    @property
    def changed_count(self) -> int:
        """A roster is frozen: nothing on file changes."""
        return 0


def plan_roster(sheets: Sequence[Sheet], check: Check) -> RosterPlan:
    """Check the sheets of one roster, and say what it would add."""
    rows = [row for sheet in sheets for row in check.rows(sheet, ROSTER_COLUMNS)]
    plan = RosterPlan(rows=len(rows))
    _read_heading(rows, plan=plan, check=check)
    seen: dict[Hashable, Row] = {}
    for row in rows:
        division = check.division(row)
        if row[USCC.name] is not None:
            check.unique(row, USCC, seen=seen, key=row[USCC.name])
        _check_exclusion(row, check=check)
        if not row.refused and division is not None:
            plan.entries.append(
                EntryDraft(
                    row_no=row.number,
                    name=row[NAME.name],
                    uscc=row[USCC.name],
                    entity_type=row[TYPE.name],
                    place_id=division.place_id,
                    exclusion=row[EXCLUSION.name],
                    exclusion_document=row[DOCUMENT.name],
                )
            )
    return plan


def _read_heading(rows: list[Row], *, plan: RosterPlan, check: Check) -> None:
    """Name, source and day stand in every row and must be the same in all."""
    columns = (ROSTER_NAME, SOURCE, AS_OF)
    first = next((row for row in rows if all(row[column.name] is not None for column in columns)), None)
    if first is None:
        return
    plan.name, plan.source, plan.as_of = (first[column.name] for column in columns)
    for row in rows:
        for column in columns:
            if row[column.name] not in (None, first[column.name]):
                check.findings.refuse(
                    row,
                    column,
                    reason=both(f"与第 {first.number} 行不同", f"differs from row {first.number}"),
                    fix=both("一个文件只放一份名录", "one file holds one roster"),
                )
    if lookups.roster_exists(check.session, name=plan.name, source=plan.source, as_of=plan.as_of):
        check.findings.refuse(
            first,
            AS_OF,
            reason=both("同一来源、同一基准日的这份名录已导入", "this roster is on file for this day"),
            fix=both("名录不可修改；更正请用新的名称或基准日", "a roster is frozen; use another name or day"),
        )


def _check_exclusion(row: Row, *, check: Check) -> None:
    exclusion, document = row[EXCLUSION.name], row[DOCUMENT.name]
    if exclusion is not None and document is None and not row.refused:
        check.findings.refuse(
            row,
            DOCUMENT,
            reason=both("剔除必须有文件依据", "an exclusion needs a document"),
            fix=both("填文件名称或文号，或清空剔除原因", "name the document, or clear the reason"),
        )
    if document is not None and exclusion is None and not row.refused:
        check.findings.refuse(
            row,
            EXCLUSION,
            reason=both("有剔除文件，却没有剔除原因", "a document without a reason"),
            fix=both("选择剔除原因，或清空剔除文件", "choose the reason, or clear the document"),
        )
