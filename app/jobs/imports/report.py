"""What an import found: every error with its place in the file and its mending, and what landed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from app.jobs.imports.workbook import new_workbook

ERRORS_SHOWN_MAX = 50
_HEADINGS = (
    ("工作表 sheet", 14),
    ("行 row", 8),
    ("列 column", 24),
    ("值 value", 24),
    ("原因 reason", 60),
    ("改法 fix", 60),
)


class ImportKind(StrEnum):
    """What a file holds."""

    HOUSEHOLDS = "households"
    ENTITIES = "entities"
    OBSERVATIONS = "observations"
    ROSTER = "roster"
    CONSENTS = "consents"


@dataclass(frozen=True, slots=True)
class RowError:
    """One thing wrong in a file: where, what, why, and how to mend it. Numbers and names are masked."""

    sheet: str
    row: int
    column: str
    value: str
    reason: str
    fix: str

    def line(self) -> str:
        """The error as one line that an official can act on."""
        value = f" = {self.value}" if self.value else ""
        where = f"[{self.sheet}] 第{self.row}行 row {self.row} 「{self.column}」"
        return f"{where}{value}: {self.reason} → {self.fix}"


@dataclass(slots=True)
class ImportReport:
    """What became of a file: `errors` is empty exactly when it was accepted whole."""

    file_name: str
    kind: ImportKind
    dry_run: bool
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowError] = field(default_factory=list)
    accepted: int = 0
    added: int = 0
    changed: int = 0
    already_imported: bool = False

    def lines(self) -> Iterator[str]:
        """The report in Chinese and English, one statement a line, at most 50 errors in full."""
        yield from _some(self.warnings, what="提醒 warnings")
        if self.errors:
            count = len(self.errors)
            yield f"{self.file_name}: {count} 处错误，没有写入任何数据 · {count} errors, nothing was written"
            yield from _some(self.errors, what="错误 errors")
        elif self.already_imported:
            yield f"{self.file_name}: 此文件已导入过，没有任何变化 · imported before, nothing changed"
        else:
            yield self._success()

    def _success(self) -> str:
        same = self.accepted - self.added - self.changed
        trial = "（试运行，未写入 · dry run, nothing was written）" if self.dry_run else ""
        return (
            f"{self.file_name}: 接受 {self.accepted} 行，新增 {self.added}，变更 {self.changed}，不变 {same}"
            f" · accepted {self.accepted} rows: {self.added} added, {self.changed} changed, {same} as on file"
            f"{trial}"
        )


def both(chinese: str, english: str) -> str:
    """A sentence in the two languages of a report."""
    return f"{chinese} · {english}"


def write_error_workbook(report: ImportReport, path: Path) -> None:
    """Write all errors of a report to an .xlsx that can be sent back to whoever filled in the file."""
    with new_workbook(path) as book:
        sheet = book.add_worksheet("错误")
        bold = book.add_format({"bold": True, "bg_color": "#FDE9D9"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        for column, (heading, width) in enumerate(_HEADINGS):
            sheet.write_string(0, column, heading, bold)
            sheet.set_column(column, column, width)
        for row, error in enumerate(report.errors, start=1):
            texts = (error.sheet, str(error.row), error.column, error.value, error.reason, error.fix)
            for column, text in enumerate(texts):
                sheet.write_string(row, column, text, wrapped)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(report.errors), len(_HEADINGS) - 1)


def _some(errors: list[RowError], *, what: str) -> Iterator[str]:
    for error in errors[:ERRORS_SHOWN_MAX]:
        yield error.line()
    if len(errors) > ERRORS_SHOWN_MAX:
        shown = both(
            f"只列前 {ERRORS_SHOWN_MAX} 处", f"the first {ERRORS_SHOWN_MAX} of {len(errors)} are shown"
        )
        yield f"…… {what}: 共 {len(errors)} 处，{shown}"
