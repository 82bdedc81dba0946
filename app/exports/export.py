"""What a line of an export says, and what is written across the file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from app import clock
from app.access.scope import Viewer
from app.models import ExportKind, SubjectKind
from app.overrides.override import Override

ROWS_MAX = 5_000
HEADINGS = (
    "序号", "区划代码", "村（社区）", "户编号", "名称（个人已脱敏）", "信用等级", "得分", "未评级原因",
    "评级基准日", "评级规则", "异议标注", "人工调整后等级", "人工调整说明",
)  # fmt: skip
PLAQUE_HEADINGS = (
    "序号",
    "证书编号",
    "称号",
    "获得者（个人已脱敏）",
    "所在地",
    "发证日期",
    "有效期至",
    "状态",
)
NOTICE = "信用信息仅供参考，不得作为拒绝贷款的唯一依据"


class Format(StrEnum):
    """How an export is written."""

    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class ExportOrder:
    """What was granted, as it is carried out; a list of plaques is of no kind of subject alone."""

    kind: ExportKind
    place_code: str
    place_name: str
    subjects: SubjectKind | None
    form: Format

    @property
    def title(self) -> str:
        """What is written above the lines."""
        return f"{self.place_name} {'' if self.subjects is None else self.subjects.label}{self.kind.label}"


class Line(Protocol):
    """One line of a file, and how the file it is in is headed."""

    HEADINGS: ClassVar[tuple[str, ...]]
    WIDTHS: ClassVar[tuple[int, ...]]

    def cells(self, number: int) -> tuple[str | int | None, ...]:
        """The cells of the line, in the order of the headings."""


@dataclass(frozen=True)
class PlaqueLine:
    """One certificate of a title with what it is worth today: of a person the masked name."""

    HEADINGS: ClassVar[tuple[str, ...]] = PLAQUE_HEADINGS
    WIDTHS: ClassVar[tuple[int, ...]] = (6, 28, 22, 34, 34, 14, 14, 22)

    number: str
    title: str
    holder: str
    place: str
    issued_on: date
    last_day: date
    standing: str

    def cells(self, number: int) -> tuple[str | int | None, ...]:
        """The cells of the line, in the order of the headings."""
        return (
            number,
            self.number,
            self.title,
            self.holder,
            self.place,
            self.issued_on.isoformat(),
            self.last_day.isoformat(),
            self.standing,
        )


@dataclass(frozen=True)
class ExportLine:
    """The rating of one subject: of a person the masked name, never a number of an identity card."""

    HEADINGS: ClassVar[tuple[str, ...]] = HEADINGS
    WIDTHS: ClassVar[tuple[int, ...]] = (6, 14, 14, 12, 26, 10, 8, 16, 12, 22, 14, 14, 40)

    place_code: str
    place_name: str
    household_no: str
    name: str
    grade: str
    score: int | None
    unrated_reason: str
    as_of: date
    card: str
    disputed: bool
    override: Override | None = None

    def cells(self, number: int) -> tuple[str | int | None, ...]:
        """The cells of the line, in the order of the headings."""
        return (
            number,
            self.place_code,
            self.place_name,
            self.household_no,
            self.name,
            self.grade,
            self.score,
            self.unrated_reason,
            self.as_of.isoformat(),
            self.card,
            "异议处理中" if self.disputed else "",
            "" if self.override is None else self.override.grade,
            "" if self.override is None else self.override.words,
        )


@dataclass(frozen=True)
class ExportFile:
    """A file as it is handed over, and the number under which that is on record."""

    export_id: int
    name: str
    media_type: str
    content: bytes
    watermark: str
    lines: Sequence[Line]


def watermark_of(viewer: Viewer, *, approval_id: int, at: datetime) -> str:
    """Who took the file when, and by which approval: what a leaked copy is traced by."""
    moment = at.astimezone(clock.CHINA)
    return (
        f"导出人 {viewer.username}（{viewer.organisation_name}） {moment:%Y-%m-%d %H:%M:%S} 北京时间 "
        f"审批号 {approval_id} 内部资料 不得外传"
    )
