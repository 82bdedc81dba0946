"""What is written in a cell, as the value that was meant; or why it cannot be used."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.errors import Invalid
from app.jobs.imports.reading import Raw
from app.jobs.imports.report import both
from app.jobs.imports.workbook_scan import BrokenCell
from app.one_line import one_line
from app.subjects.free_text import OF_PAPERS, NumberKind, masked_numbers, number_kind
from app.subjects.numbers import masked_name, masked_number, resident_number, uscc

EXACT_DIGITS_MAX = 15
ADULT_YEARS = 18
_DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0{1,2}:00(?::00)?)?|(\d{4})(\d\d)(\d\d)"
)
_BETWEEN_CHARACTERS = re.compile(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])")
_NUMBER = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")
_FORMULA_STARTS = ("=", "+", "-", "@")
_SCIENTIFIC = re.compile(r"\d(?:\.\d+)?E\+?\d+", re.IGNORECASE)
_FULL_NUMBER = re.compile(r"(?<!\d)\d{15,17}[\dXx]?(?!\d)")

Parser = Callable[[Raw, date], Any]

SET_TO_TEXT = both(
    "把整列的单元格格式设为“文本”，再重新输入号码",
    "set the format of the column to text and type the number again",
)


class BadCell(Exception):
    """A cell that cannot be used: the reason, and how to mend it."""

    def __init__(self, reason: str, *, fix: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.fix = fix


def normal(text: str) -> str:
    """Text without full-width forms, line breaks and surrounding blanks."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def is_empty(raw: Raw) -> bool:
    """Whether nothing is written in the cell."""
    return isinstance(raw, str) and not normal(raw)


def text(raw: Raw, on: date) -> str:
    """Plain text; a number that Excel has made of a code is taken back as long as no digit was lost."""
    del on
    if isinstance(raw, BrokenCell):
        raise BadCell(
            both("单元格是公式错误或未计算的公式", "the cell is an error or a formula without a result"),
            fix=both("改成实际的值", "replace it with the value itself"),
        )
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise BadCell(both("应为文字", "must be text"), fix=SET_TO_TEXT)
    if isinstance(raw, str):
        written = normal(raw)
        quoted = re.fullmatch(r'="([^"]*)"', written)
        written = quoted.group(1).strip() if quoted else written.lstrip("'")
        _refuse_formula(written)
        _refuse_hidden(written)
        return written
    if raw != int(raw):
        raise BadCell(both("应为文字，却是小数", "must be text, but is a fraction"), fix=SET_TO_TEXT)
    return str(int(raw))


def _refuse_hidden(written: str) -> None:
    try:
        one_line(written, where="")
    except Invalid:
        raise BadCell(
            both("含有控制或改变书写方向的字符", "holds a control character or one that turns the direction"),
            fix=both("删去这些字符后重新填写", "write it again without them"),
        ) from None


def _refuse_formula(written: str) -> None:
    """Refuse a text that would be a formula in the next spreadsheet it is pasted into; a number is none."""
    if written.startswith(_FORMULA_STARTS) and not _NUMBER.fullmatch(re.sub(r"[\s￥¥]", "", written)):
        raise BadCell(
            both("以 = + - @ 开头，像是公式", "begins like a formula"),
            fix=both("改成实际的文字或数值", "write the text or the number itself"),
        )


def limited(length: int) -> Parser:
    """A parser of text that fits into `length` characters."""

    def parse(raw: Raw, on: date) -> str:
        written = text(raw, on)
        if len(written) > length:
            raise BadCell(
                both(f"超过 {length} 个字", f"longer than {length} characters"),
                fix=both("写短一些", "shorten it"),
            )
        return written

    return parse


def in_clear(length: int) -> Parser:
    """A parser of text that fits and, as it is kept in clear, holds no number of a person."""

    def parse(raw: Raw, on: date) -> str:
        written: str = limited(length)(raw, on)
        _refuse_number(number_kind(written))
        return written

    return parse


def paper_number(raw: Raw, on: date) -> str:
    """The number of a paper: as long as a card's at will, but no resident number or phone."""
    written: str = limited(64)(raw, on)
    _refuse_number(number_kind(written, among=OF_PAPERS))
    return written


def person_name(raw: Raw, on: date) -> str:
    """A person's name, without the blanks that make short names as wide as long ones."""
    return _BETWEEN_CHARACTERS.sub("", limited(40)(raw, on))


def code(raw: Raw, on: date) -> str:
    """A number that names something: kept digit by digit, refused when Excel has rounded it."""
    if isinstance(raw, int | float) and not isinstance(raw, bool) and abs(raw) >= 10**EXACT_DIGITS_MAX:
        raise BadCell(
            both(
                "Excel 已把号码当作数值，末尾几位已丢失",
                "Excel stored it as a number and lost the last digits",
            ),
            fix=SET_TO_TEXT,
        )
    written = re.sub(r"\s", "", text(raw, on))
    if _SCIENTIFIC.fullmatch(written) and not written.isdigit():
        raise BadCell(
            both(
                "号码变成了科学计数，末尾几位已丢失",
                "turned into scientific notation; the last digits are lost",
            ),
            fix=SET_TO_TEXT,
        )
    return written


def household_no(raw: Raw, on: date) -> str:
    """The number of a household: at most 32 letters, digits and hyphens."""
    written = code(raw, on).upper()
    if not re.fullmatch(r"[0-9A-Z-]{1,32}", written):
        raise BadCell(
            both("户号只能用数字、字母和连字符，最多 32 位", "only digits, letters and hyphens, at most 32"),
            fix=both("与户籍册核对后改正", "compare it with the register"),
        )
    return written


def id_number(raw: Raw, on: date) -> str:
    """A resident number (GB 11643)."""
    written = code(raw, on)
    try:
        return resident_number(written, on=on)
    except Invalid as refusal:
        raise BadCell(
            _number_reason(refusal), fix=both("与身份证核对后改正", "compare it with the identity card")
        ) from None


def credit_code(raw: Raw, on: date) -> str:
    """A unified social credit code (GB 32100)."""
    written = code(raw, on)
    try:
        return uscc(written)
    except Invalid as refusal:
        raise BadCell(
            _number_reason(refusal), fix=both("与营业执照核对后改正", "compare it with the licence")
        ) from None


def division_code(raw: Raw, on: date) -> str:
    """A division code of the Bureau of Statistics: 12 digits."""
    written = code(raw, on)
    if not re.fullmatch(r"[0-9]{12}", written):
        raise BadCell(
            both("区划代码应为 12 位数字", "a division code has 12 digits"),
            fix=both(
                "填村（社区）一级的 12 位统计用区划代码",
                "write the 12-digit NBS code of the village or community",
            ),
        )
    return written


def day(raw: Raw, on: date) -> date:
    """A date that is not in the future."""
    found = _date_of(raw)
    if found > on:
        raise BadCell(
            both(f"日期 {found} 晚于今天 {on}", f"{found} lies in the future; today is {on}"),
            fix=both("改成实际日期", "write the actual date"),
        )
    if found.year < 1900:
        raise BadCell(
            both("日期早于 1900 年", "earlier than 1900"), fix=both("改成实际日期", "write the actual date")
        )
    return found


def number(raw: Raw) -> Decimal:
    """A number exactly as people see it; Excel's hidden binary digits are dropped."""
    if isinstance(raw, bool):
        raise _not_a_number()
    if isinstance(raw, int | float):
        return Decimal(f"{raw:.{EXACT_DIGITS_MAX}g}")
    written = re.sub(r"[\s￥¥]", "", text(raw, date.max))
    if not _NUMBER.fullmatch(written):
        raise _not_a_number()
    return Decimal(written.replace(",", ""))


def choice(options: Mapping[str, Any], *, listed: Iterable[str] | None = None) -> Parser:
    """A parser that takes one of the words and gives what it stands for; `listed` are named when it fails."""
    words = "、".join(options if listed is None else listed)

    def parse(raw: Raw, on: date) -> Any:
        written = text(raw, on)
        if written not in options:
            raise BadCell(
                both("不在可选范围内", "not one of the choices"),
                fix=both(f"填其中之一：{words}", "choose one of these"),
            )
        return options[written]

    return parse


def is_adult(number_: str, on: date) -> bool:
    """Whether the bearer of a resident number has turned 18."""
    birth = (int(number_[6:10]) + ADULT_YEARS, int(number_[10:12]), int(number_[12:14]))
    return birth <= (on.year, on.month, on.day)


def shown(raw: Raw) -> str:
    """A value as a report may show it: what looks like a person's number is masked."""
    return _FULL_NUMBER.sub(lambda found: masked_number(found.group()), plain(raw))[:40]


def shown_in_clear(raw: Raw) -> str:
    """A text as a report may show it, also where it was refused for the number of a person in it."""
    return shown(masked_numbers(plain(raw)))


def shown_number(raw: Raw) -> str:
    """A person's number as a report may show it, also when it is too short or not a number at all."""
    written = plain(raw)
    if len(written) >= EXACT_DIGITS_MAX:
        return masked_number(written)[:40]
    return written[:2] + "*" * (len(written) - 2) if written[:3].isdigit() else shown_name(raw)


def shown_name(raw: Raw) -> str:
    """A person's name as a report may show it."""
    written = plain(raw)
    return masked_name(written)[:40] if written else ""


def plain(raw: Raw) -> str:
    """What is written in a cell, as it is."""
    if isinstance(raw, BrokenCell):
        return raw.shown
    if isinstance(raw, float) and raw == int(raw) and abs(raw) < 10**18:
        return str(int(raw))
    return normal(str(raw))


def _date_of(raw: Raw) -> date:
    if isinstance(raw, datetime):
        return raw.date()
    if isinstance(raw, date):
        return raw
    try:
        found = _DATE.fullmatch(text(raw, date.max))
        if found:
            year, month, day_ = (int(part) for part in found.groups() if part is not None)
            return date(year, month, day_)
    except (ValueError, BadCell):
        pass
    raise BadCell(
        both("不是日期", "not a date"),
        fix=both(
            "写成 2026-11-01，或把单元格格式设为日期", "write it as 2026-11-01, or format the cell as a date"
        ),
    )


def _refuse_number(kind: NumberKind | None) -> None:
    if kind is not None:
        raise BadCell(
            both(f"内含{kind.zh}，此列以明文保存", f"holds {kind.en}; this column is kept in clear"),
            fix=both("改写文件的名称、编号或存放处", "write the name, the number or the place of the paper"),
        )


def _not_a_number() -> BadCell:
    return BadCell(
        both("不是数值", "not a number"),
        fix=both("只填数字，单位写在表头", "write digits only; the unit belongs in the header"),
    )


_CHINESE = {
    "Excel has turned": "Excel 已把号码变成数值",
    "has": "位数不是 18 位",
    "only digits": "只能是数字，最后一位可为 X",
    "characters 7 to 14": "第 7 至 14 位不是出生日期",
    "the date of birth": "出生日期在将来或早于 1880 年",
    "wrong check": "校验码不对",
    "the character": "含有不用的字符（不用 I、O、S、V、Z）",
    "characters 3 to 8": "第 3 至 8 位应为六位区划代码",
}


def _number_reason(refusal: Invalid) -> str:
    english = refusal.detail.split(": ", 1)[1].split(";")[0]
    chinese = next((words for start, words in _CHINESE.items() if english.startswith(start)), "号码不对")
    return both(chinese, english)
