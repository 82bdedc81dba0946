"""Empty workbooks for town offices: the right headers, formats, drop-down lists and a guide."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

from app.jobs.imports.columns import Column
from app.jobs.imports.consent_columns import CONSENT_COLUMNS
from app.jobs.imports.entities import ENTITY_COLUMNS
from app.jobs.imports.facts import fact_columns
from app.jobs.imports.households import HOUSEHOLD_COLUMNS, MEMBER_COLUMNS
from app.jobs.imports.observations import KEYS
from app.jobs.imports.reading import GUIDE_SHEET
from app.jobs.imports.report import ImportKind
from app.jobs.imports.roster import ROSTER_COLUMNS
from app.jobs.imports.workbook import new_workbook
from app.models import SubjectKind
from app.records.catalogue import read_catalogue
from app.settings import ROOT

Layout = Sequence[tuple[str, Sequence[Column]]]
_CATALOGUE = ROOT / "seed_data" / "facts.yaml"
_LIST_LENGTH_MAX = 255  # what Excel allows in one drop-down list
_LAST_ROW = 20_000
_SHEET_NAMES = {
    SubjectKind.HOUSEHOLD: "农户",
    SubjectKind.AGRI_ENTITY: "经营主体",
    SubjectKind.VILLAGE: "村",
}
_GENERAL = (
    "带 * 的列必填；空白表示不清楚，不是 0。 Columns with * are required; empty means unknown, not zero.",
    "号码列已设为“文本”格式，请直接输入或“选择性粘贴—数值”。 Number columns are text: type, or paste values.",
    "日期写成 2026-11-01。 Write dates as 2026-11-01.",
    "不要增加疾病、病史、残疾、宗教、基因、指纹、血型等列：《征信业管理条例》第十四条禁止采集。",
    "整个文件有一处错误就不会写入；同一文件重复导入没有变化。 A file lands whole or not at all.",
)


def write_template(kind: ImportKind, path: Path) -> None:
    """Write an empty workbook that, once filled in, imports cleanly."""
    layout = _layout(kind)
    with new_workbook(path) as book:
        for title, columns in layout:
            _write_sheet(book, title, columns)
        _write_guide(book, layout)


def _layout(kind: ImportKind) -> Layout:
    if kind is ImportKind.HOUSEHOLDS:
        return (("农户", HOUSEHOLD_COLUMNS), ("成员", MEMBER_COLUMNS))
    if kind is ImportKind.ENTITIES:
        return (("经营主体", ENTITY_COLUMNS),)
    if kind is ImportKind.ROSTER:
        return (("名录", ROSTER_COLUMNS),)
    if kind is ImportKind.CONSENTS:
        return (("授权书", CONSENT_COLUMNS),)
    facts = read_catalogue(_CATALOGUE).facts
    return [
        (title, (*KEYS[of], *_template_columns([fact for fact in facts if fact.subject_kind is of])))
        for of, title in _SHEET_NAMES.items()
    ]


def _template_columns(facts: Sequence[Any]) -> list[Column]:
    """One column per fact; amounts of money in yuan."""
    first: dict[str, Column] = {}
    for fact, column in fact_columns(facts).values():
        first.setdefault(fact.name, column)
    return list(first.values())


def _write_sheet(book: xlsxwriter.Workbook, title: str, columns: Sequence[Column]) -> None:
    sheet = book.add_worksheet(title)
    formats = {
        "text": book.add_format({"num_format": "@"}),
        "choice": book.add_format({"num_format": "@"}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "number": book.add_format({"num_format": "General"}),
    }
    bold = {"bold": True, "text_wrap": True, "valign": "vcenter", "border": 1}
    required = book.add_format({**bold, "bg_color": "#FDE9D9"})
    optional = book.add_format({**bold, "bg_color": "#EAF1DD"})
    for place, column in enumerate(columns):
        sheet.set_column(place, place, max(14, min(28, 2 * len(column.name) + 4)), formats[column.entry])
        sheet.write_string(0, place, _header(column), required if column.required else optional)
        if column.note:
            sheet.write_comment(0, place, column.note, {"x_scale": 2})
        if column.choices and len(",".join(column.choices)) <= _LIST_LENGTH_MAX:
            sheet.data_validation(
                1, place, _LAST_ROW, place, {"validate": "list", "source": list(column.choices)}
            )
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 0)


def _write_guide(book: xlsxwriter.Workbook, layout: Layout) -> None:
    sheet = book.add_worksheet(GUIDE_SHEET)
    bold, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    for place, width in enumerate((12, 26, 10, 60, 28)):
        sheet.set_column(place, place, width)
    row = 0
    for sentence in _GENERAL:
        sheet.write_string(row, 0, sentence)
        row += 1
    row += 1
    for place, heading in enumerate(("工作表", "列", "必填", "怎样填写", "示例（合成）")):
        sheet.write_string(row, place, heading, bold)
    for title, columns in layout:
        for column in columns:
            row += 1
            texts = (title, column.name, "是" if column.required else "否", _how(column), column.example)
            for place, text in enumerate(texts):
                sheet.write_string(row, place, text, wrapped)


def _header(column: Column) -> str:
    return f"{column.name}*" if column.required else column.name


def _how(column: Column) -> str:
    listed = f"可选：{'、'.join(column.choices)}" if column.choices else ""
    return "；".join(part for part in (column.note, listed) if part)
