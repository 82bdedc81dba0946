"""What became of a delivery, and its faulty rows as a file that can be corrected and sent again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from app.jobs.imports.report import ERRORS_SHOWN_MAX, RowError, both
from app.jobs.imports.workbook import new_workbook
from app.jobs.sources.layout import FIX_COLUMN, REASON_COLUMN, ROW_COLUMN

ERRORS_KEPT_MAX = 10_000
_TEXT_MAX = 32_000


@dataclass(slots=True)
class SourceReport:
    """What became of a delivery: it landed whole exactly when `error_count` is 0.

    `left` are rows about somebody who has no file here and of whom nothing was kept; `quarantined` rows wait
    for somebody to decide. `unchanged` values were on file already.
    """

    file_name: str
    mapping: str
    dry_run: bool
    errors: list[RowError] = field(default_factory=list)
    error_count: int = 0
    rows: int = 0
    left_out: int = 0
    left: int = 0
    quarantined: int = 0
    added: int = 0
    unchanged: int = 0
    adverse: int = 0
    loans: int = 0
    loan_months: int = 0
    contacts: int = 0
    already_imported: bool = False
    headers: list[str] = field(default_factory=list)
    faulty: dict[int, list[str]] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Whether nothing was wrong."""
        return self.error_count == 0

    def refuse(self, error: RowError, cells: list[str] | None = None) -> None:
        """Note an error, and the row it stands in; of very many only the first are kept."""
        self.error_count += 1
        if len(self.errors) < ERRORS_KEPT_MAX:
            self.errors.append(error)
            if cells is not None:
                self.faulty.setdefault(error.row, cells)

    def lines(self) -> Iterator[str]:
        """The report in Chinese and English, one statement a line, at most 50 errors in full."""
        if self.error_count:
            yield (
                f"{self.file_name}: {self.error_count} 处错误，没有写入任何数据 · "
                f"{self.error_count} errors, nothing was written"
            )
            yield from (error.line() for error in self.errors[:ERRORS_SHOWN_MAX])
            if self.error_count > ERRORS_SHOWN_MAX:
                yield both(f"…… 只列前 {ERRORS_SHOWN_MAX} 处", f"the first {ERRORS_SHOWN_MAX} are shown")
        elif self.already_imported:
            yield f"{self.file_name}: 此文件已导入过，没有任何变化 · imported before, nothing changed"
        else:
            yield from self._success()

    def _success(self) -> Iterator[str]:
        trial = "（试运行，未写入 · dry run, nothing was written）" if self.dry_run else ""
        yield (
            f"{self.file_name}: 共 {self.rows} 行，新增记录 {self.added}，与已有相同 {self.unchanged} · "
            f"{self.rows} rows: {self.added} records added, {self.unchanged} as on file{trial}"
        )
        if self.left_out:
            yield both(f"按规则不计 {self.left_out} 行", f"{self.left_out} rows do not count by the mapping")
        if self.left:
            yield both(
                f"未建档主体 {self.left} 行，未留存", f"{self.left} rows about nobody on file; not kept"
            )
        if self.quarantined:
            yield both(
                f"待认领 {self.quarantined} 行，请处理",
                f"{self.quarantined} rows fit no subject and wait for a decision",
            )
        if self.adverse:
            yield both(f"其中不良信息 {self.adverse} 条", f"{self.adverse} of the records are adverse")
        if self.loans or self.loan_months:
            yield both(
                f"新增贷款 {self.loans} 笔，月末状态 {self.loan_months} 条",
                f"{self.loans} new loans, {self.loan_months} month ends",
            )
        if self.contacts:
            yield both(
                f"新的电话和地址 {self.contacts} 项，已加密保存",
                f"{self.contacts} new phones and addresses, sealed",
            )


def write_faulty_rows(report: SourceReport, path: Path) -> None:
    """Write the faulty rows as they came, with what is wrong, to an .xlsx to be corrected and sent again."""
    reasons: dict[int, list[RowError]] = {}
    for error in report.errors:
        reasons.setdefault(error.row, []).append(error)
    with new_workbook(path) as book:
        sheet = book.add_worksheet("错误行")
        bold = book.add_format({"bold": True, "bg_color": "#FDE9D9"})
        plain = book.add_format({"num_format": "@"})
        headings = [ROW_COLUMN, REASON_COLUMN, FIX_COLUMN, *report.headers]
        for column, heading in enumerate(headings):
            sheet.write_string(0, column, heading, bold)
        sheet.set_column(1, 2, 48)
        sheet.set_column(3, len(headings), 20, plain)
        rows = [(number, report.faulty.get(number, [])) for number in sorted(reasons)]
        for row, (number, cells) in enumerate(rows, start=1):
            why = "；".join(f"「{error.column}」{error.reason}" for error in reasons[number])
            fix = "；".join(dict.fromkeys(error.fix for error in reasons[number]))
            for column, written in enumerate((str(number), why, fix, *cells)):
                sheet.write_string(row, column, written[:_TEXT_MAX], plain)
        sheet.freeze_panes(1, 0)
