"""Where in a form each column of a mapping stands, and everything that is wrong with its header."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.errors import Invalid
from app.jobs.imports.cells import shown, shown_name, shown_number, text
from app.jobs.imports.columns import Column, Findings, plain_header, table_of
from app.jobs.imports.contact_columns import CONTACT_COLUMN
from app.jobs.imports.reading import Raw, Sheet
from app.jobs.imports.report import RowError, both
from app.jobs.sources.definition import Field, FoundBy, Mapping
from app.jobs.sources.delivery import Block, Delivery

ROW_COLUMN, REASON_COLUMN, FIX_COLUMN = "原文件行号", "错误原因", "改法"
_OURS = (ROW_COLUMN, REASON_COLUMN, FIX_COLUMN)
_NUMBERS = (FoundBy.ID_NUMBER, FoundBy.HOUSEHOLD_NO)


@dataclass(frozen=True, slots=True)
class Layout:
    """The header of a delivery understood: its row, its texts, and the place of each column."""

    sheet: str
    header_row: int
    headers: list[str]
    places: dict[Field, int]

    def cells(self, block: Block, field: Field | None) -> list[Raw] | None:
        """The cells of a column in a block; None where the form has no such column."""
        if field is None or field not in self.places:
            return None
        place = self.places[field]
        return block.columns[place] if place < len(block.columns) else [""] * block.row_count

    def has(self, field: Field | None) -> bool:
        """Whether the form has a column."""
        return field is not None and field in self.places


def layout_of(delivery: Delivery, mapping: Mapping, *, errors: list[RowError]) -> Layout | None:
    """The layout of a delivery; None when its header is wrong, and `errors` says how."""
    findings = Findings()
    fields = list(_fields(mapping))
    columns = [*(column for column, _ in fields), *_ignored(mapping)]
    table = table_of(Sheet(delivery.sheet, delivery.head, delivery.merged), columns, findings=findings)
    errors += findings.errors
    if table is None or findings.errors:
        return None
    bound = {column.name: place for place, column in table.bound.items()}
    places = {
        field: bound[column.name] for column, members in fields if column.name in bound for field in members
    }
    headers = [str(raw) for raw in delivery.head[table.header_row - 1]]
    if not any(key.field in places for key in mapping.keys):
        errors.append(_no_key(delivery, mapping, row=table.header_row))
        return None
    if mapping.facts and not any(rule.field is None or rule.field in places for rule in mapping.facts):
        raise Invalid(
            both(f"{delivery.name}：没有任何指标列", "the form has none of the columns with values")
        )
    return Layout(delivery.sheet, table.header_row, headers, places)


def shown_of(mapping: Mapping, field: Field, raw: Raw) -> str:
    """A cell as a report may show it: numbers and names of persons are masked."""
    if any(key.field == field and key.by in _NUMBERS for key in mapping.keys):
        return shown_number(raw)
    for kind, column in CONTACT_COLUMN.items():
        if mapping.contacts.get(kind) == field:
            return column.show(raw)
    return shown_name(raw) if field == mapping.name else shown(raw)


def _fields(mapping: Mapping) -> Iterator[tuple[Column, list[Field]]]:
    """The columns of a mapping; what is read twice (to filter rows, and as a value) is one column."""
    groups: list[tuple[list[Field], bool, str]] = []
    for field, required, stands_for in _all_fields(mapping):
        for index, (members, needed, stands) in enumerate(groups):
            if {plain_header(name) for member in members for name in member.names} & {
                plain_header(name) for name in field.names
            }:
                groups[index] = ([*members, field], needed or required, stands or stands_for)
                break
        else:
            groups.append(([field], required, stands_for))
    for members, required, stands_for in groups:
        names = tuple(dict.fromkeys(name for member in members for name in member.names))
        yield Column(names[0], text, required=required, also=names[1:], stands_for=stands_for), members


def _all_fields(mapping: Mapping) -> Iterator[tuple[Field, bool, str]]:
    for key in mapping.keys:
        yield key.field, False, ""
    optional = (mapping.name, mapping.village, mapping.row_id, mapping.observed.field)
    last = (mapping.ended_on, mapping.noticed_on, mapping.consent, *mapping.contacts.values())
    for field in (*optional, *last):
        if field is not None:
            yield field, field.required, ""
    for rule in mapping.facts:
        if rule.field is not None:
            stands_for = "" if rule.together else rule.fact.name
            yield rule.field, rule.field.required, stands_for
        if rule.when is not None:
            yield rule.when.field, True, ""
    for rows in mapping.filters:
        yield rows.field, True, ""
    if mapping.loans is not None:
        loans = mapping.loans
        for field in (loans.granted_on, loans.amount, loans.balance, loans.overdue_days, loans.class_code):
            yield field, True, ""
        if loans.lender is not None:
            yield loans.lender, True, ""


def _ignored(mapping: Mapping) -> list[Column]:
    return [Column(name, text, required=False) for name in (*mapping.ignored, *_OURS)]


def _no_key(delivery: Delivery, mapping: Mapping, *, row: int) -> RowError:
    names = "、".join(key.field.name for key in mapping.keys)
    return RowError(
        delivery.sheet,
        row,
        names,
        "",
        both(f"缺少识别主体的列，至少要有其中一列：{names}", "no column says whom a row is about"),
        both("加上此列并填写", "add the column and fill it in"),
    )
