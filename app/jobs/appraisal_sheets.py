"""Filled-in sheets of appraisers: read as a whole, every wrong line named, or refused."""

from collections.abc import Iterator, Sequence
from datetime import date

from app.appraisals.appraisal import Line, Mark
from app.appraisals.marks import faults
from app.appraisals.paper import (
    CODE_COLUMN,
    CODE_ROW,
    HEADING_ROW,
    KIN,
    KNOWS,
    LIMIT,
    NO,
    REASONS,
    SHEET_NAME,
    YES,
    PaperForm,
    SheetRefused,
    heading,
)
from app.errors import Invalid
from app.jobs.imports.cells import BadCell, is_empty, normal, text
from app.jobs.imports.reading import Raw, read_sheets
from app.jobs.imports.report import ERRORS_SHOWN_MAX, RowError, both

_FEN = 100
_ANY_DAY = date(2000, 1, 1)


def read_paper(content: bytes, form: PaperForm) -> list[Mark]:
    """The marks on a sheet; `SheetRefused` names every line that is wrong, in Chinese and English."""
    rows = _rows(content, form)
    errors: list[RowError] = []
    marks = [_mark(rows, number, line, form, errors) for number, line in enumerate(form.lines)]
    beyond = rows[HEADING_ROW + 1 + len(form.lines) :]
    for extra, row in enumerate(beyond, HEADING_ROW + 2 + len(form.lines)):
        if not all(is_empty(cell) for cell in row):
            errors.append(_error(extra, "序号", "", both("表外多出的行", "a row that is not on the form")))
    if errors:
        raise SheetRefused("\n".join(_told(errors)))
    return [mark for mark in marks if mark is not None]


def _rows(content: bytes, form: PaperForm) -> list[list[Raw]]:
    sheets = [sheet for sheet in read_sheets(content, name="sheet.xlsx") if sheet.name == SHEET_NAME]
    if not sheets:
        raise Invalid(both(f"文件中没有“{SHEET_NAME}”", f"there is no worksheet {SHEET_NAME} in the file"))
    rows = sheets[0].rows
    code = _plain(_cell(rows, CODE_ROW, CODE_COLUMN))
    if code != form.form_code:
        raise SheetRefused(
            both(
                f"表号是 {code or '空白'}，应为 {form.form_code}：这不是这位评议员的表",
                f"the form code is {code or 'empty'}, not {form.form_code}: this is not his sheet",
            )
        )
    headings = tuple(_plain(_cell(rows, HEADING_ROW, column)) for column in range(len(form.headings)))
    if headings != tuple(normal(name) for name in form.headings):
        raise SheetRefused(
            both("表头被改动，请用原表填写", "the headings were changed; fill in the sheet as it was printed")
        )
    return rows


def _mark(
    rows: Sequence[Sequence[Raw]], number: int, line: Line, form: PaperForm, errors: list[RowError]
) -> Mark | None:
    place = HEADING_ROW + 1 + number
    cells = dict(zip(form.headings, _texts(rows, place, form, errors), strict=True))
    written_no = cells[form.headings[1]]
    if cells[form.headings[0]] != str(line.line) or written_no != line.household_no:
        errors.append(
            _error(place + 1, "户号", written_no, both("与原表不一致", "is not the household of this line"))
        )
        return None
    before = len(errors)
    knows = _yes_or_no(cells[KNOWS], place, KNOWS, errors, required=True)
    kin = _yes_or_no(cells[KIN], place, KIN, errors, required=False)
    limit = _yuan(cells[LIMIT], place, errors)
    if len(errors) > before:
        return None
    reasons = cells[REASONS].replace("，", " ").replace("、", " ").replace(",", " ").split()
    mark = Mark(
        line=line.line,
        knows=knows,
        kin=kin,
        answers={
            item.name: cells[heading(item)].upper() for item in form.rules.form.items if cells[heading(item)]
        },
        reasons=tuple(one.upper() for one in reasons),
        suggested_limit_fen=limit,
    )
    labels = {item.name: item.label.zh for item in form.rules.form.items}
    labels |= {"knows": KNOWS, "reasons": REASONS, "suggested_limit": LIMIT}
    for fault in faults(mark, form.rules, complete=True):
        column = labels.get(fault.field, fault.field)
        errors.append(_error(place + 1, column, mark.answers.get(fault.field, ""), fault.words))
    return mark


def _texts(
    rows: Sequence[Sequence[Raw]], place: int, form: PaperForm, errors: list[RowError]
) -> Iterator[str]:
    for column, name in enumerate(form.headings):
        try:
            yield text(_cell(rows, place, column), _ANY_DAY)
        except BadCell as bad:
            errors.append(RowError(SHEET_NAME, place + 1, name, "", bad.reason, bad.fix))
            yield ""


def _yes_or_no(written: str, place: int, column: str, errors: list[RowError], *, required: bool) -> bool:
    if written not in (YES, NO) and (required or written):
        errors.append(_error(place + 1, column, written, both("应填“是”或“否”", "write 是 or 否")))
    return written == YES


def _yuan(written: str, place: int, errors: list[RowError]) -> int | None:
    if not written:
        return None
    if not (written.isascii() and written.isdigit() and len(written) <= 9):
        errors.append(_error(place + 1, LIMIT, written, both("应为整数元", "write whole yuan")))
        return None
    return int(written) * _FEN


def _cell(rows: Sequence[Sequence[Raw]], row: int, column: int) -> Raw:
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else ""


def _plain(raw: Raw) -> str:
    try:
        return text(raw, _ANY_DAY)
    except BadCell:
        return ""


def _error(row: int, column: str, value: str, reason: str) -> RowError:
    return RowError(
        SHEET_NAME, row, column, value[:20], reason, both("改正后重新导入", "mend it, import again")
    )


def _told(errors: Sequence[RowError]) -> Iterator[str]:
    yield both(f"{len(errors)} 处错误，没有写入任何数据", f"{len(errors)} errors, nothing was written")
    yield from (error.line() for error in errors[:ERRORS_SHOWN_MAX])
    if len(errors) > ERRORS_SHOWN_MAX:
        yield both(f"只列前 {ERRORS_SHOWN_MAX} 处", f"the first {ERRORS_SHOWN_MAX} are shown")
