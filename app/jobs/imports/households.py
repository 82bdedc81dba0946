"""Households and their adult members, as a town office lists them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace

from app.jobs.imports import lookups
from app.jobs.imports.cells import (
    choice,
    household_no,
    id_number,
    is_adult,
    person_name,
    shown_name,
    shown_number,
)
from app.jobs.imports.checking import PLACE_CODE, PLACE_NAME, Check
from app.jobs.imports.columns import Column, Row, header_texts
from app.jobs.imports.contact_columns import CONTACT_COLUMNS, Contacts, contacts_in, news_in
from app.jobs.imports.reading import Sheet
from app.jobs.imports.relations import COMMON_RELATIONS, RELATIONS
from app.jobs.imports.report import both
from app.models import ContactKind, Household, Member, Subject
from app.subjects.contacts import newest_contacts

NO = Column(
    "户号",
    household_no,
    note="全区唯一的户号，单元格格式为文本",
    example="50012010420100001",
    also=("户编号",),
)
HEAD_NAME = Column(
    "户主姓名", person_name, show=shown_name, note="与身份证一致", example="王某某", also=("户主",)
)
HEAD_NUMBER = Column(
    "户主身份证号",
    id_number,
    show=shown_number,
    note="18 位，单元格格式为文本",
    example="11010519491231002X",
    also=("户主身份证号码", "户主公民身份号码"),
)
RELATION = Column(
    "与户主关系",
    choice(RELATIONS, listed=COMMON_RELATIONS),
    entry="choice",
    choices=COMMON_RELATIONS,
    note="GB/T 4761 的名称或两位代码；户主本人不列",
    example="配偶",
)
MEMBER_NAME = Column("姓名", person_name, show=shown_name, note="与身份证一致", example="李某某")
MEMBER_NUMBER = Column(
    "身份证号",
    id_number,
    show=shown_number,
    note="只列年满 18 周岁的成员；未成年人只统计人数，不登记个人信息",
    example="440524188001010014",
    also=("身份证号码", "公民身份号码"),
)
HOUSEHOLD_COLUMNS = (NO, HEAD_NAME, HEAD_NUMBER, PLACE_CODE, PLACE_NAME, *CONTACT_COLUMNS)
MEMBER_COLUMNS = (NO, RELATION, MEMBER_NAME, MEMBER_NUMBER)


@dataclass(frozen=True, slots=True)
class HouseholdDraft:
    """A household as a row of the file has it."""

    household_no: str
    head_name: str
    head_number: str
    place_id: int
    contacts: Contacts


@dataclass(frozen=True, slots=True)
class MemberDraft:
    """A member as a row of the file has it."""

    household_no: str
    relation_code: str
    name: str
    number: str


@dataclass(slots=True)
class HouseholdPlan:
    """What a file of households would change."""

    rows: int = 0
    new: list[HouseholdDraft] = field(default_factory=list)
    changed: list[tuple[Household, Subject, HouseholdDraft]] = field(default_factory=list)
    members_new: list[MemberDraft] = field(default_factory=list)
    members_changed: list[tuple[Member, MemberDraft]] = field(default_factory=list)
    on_file: dict[str, int] = field(default_factory=dict)

    @property
    def added_count(self) -> int:
        """How many rows bring something new."""
        return len(self.new) + len(self.members_new)

    @property
    def changed_count(self) -> int:
        """How many rows change something on file."""
        return len(self.changed) + len(self.members_changed)


def plan_households(sheets: Sequence[Sheet], check: Check) -> HouseholdPlan:
    """Check the sheets of households and members, and say what they would change."""
    plan = HouseholdPlan()
    of_members = [sheet for sheet in sheets if _holds_members(sheet)]
    household_rows = [
        row for sheet in sheets if sheet not in of_members for row in check.rows(sheet, HOUSEHOLD_COLUMNS)
    ]
    member_rows = [row for sheet in of_members for row in check.rows(sheet, MEMBER_COLUMNS)]
    plan.rows = len(household_rows) + len(member_rows)
    heads = _plan_heads(household_rows, plan=plan, check=check)
    unread = len(of_members) < len(sheets) and not household_rows
    if not unread:
        _plan_members(member_rows, plan=plan, check=check, heads=heads)
    return plan


def _holds_members(sheet: Sheet) -> bool:
    names = {name for column in (*HOUSEHOLD_COLUMNS, *MEMBER_COLUMNS) for name in column.names()}
    headers = header_texts(sheet, known=names)[1]
    return RELATION.name in headers or sheet.name.strip() == "成员"


def _plan_heads(rows: list[Row], *, plan: HouseholdPlan, check: Check) -> dict[str, str]:
    """Plan each household; the heads of the file by household number (also of refused rows)."""
    by_no: dict[Hashable, Row] = {}
    by_head: dict[Hashable, Row] = {}
    stored = _Stored.of(rows, check=check)
    heads: dict[str, str] = {}
    for row in rows:
        no, number = row[NO.name], row[HEAD_NUMBER.name]
        division = check.division(row)
        if no is not None and check.unique(row, NO, seen=by_no, key=no):
            heads[no] = number or ""
        if number is not None:
            check.unique(row, HEAD_NUMBER, seen=by_head, key=number)
        if not row.refused and division is not None:
            draft = HouseholdDraft(no, row[HEAD_NAME.name], number, division.place_id, contacts_in(row))
            _plan_household(row, draft, plan=plan, check=check, stored=stored)
    return heads


@dataclass(slots=True)
class _Stored:
    """The households on file that rows of the file may mean."""

    by_no: dict[str, tuple[Household, Subject]]
    by_head: dict[str, tuple[Household, Subject]]
    members: dict[str, Member]
    contacts: dict[int, dict[ContactKind, str]]

    @classmethod
    def of(cls, rows: list[Row], *, check: Check) -> "_Stored":
        numbers = {row[HEAD_NUMBER.name] for row in rows if row[HEAD_NUMBER.name]}
        people = lookups.people(check.cipher, numbers)
        pairs = lookups.households(
            check.session, numbers={row[NO.name] for row in rows if row[NO.name]}, heads=people
        )
        return cls(
            {household.household_no: (household, subject) for household, subject in pairs},
            {
                people[household.head_id_number_index]: (household, subject)
                for household, subject in pairs
                if household.head_id_number_index in people
            },
            lookups.members(check.session, people),
            newest_contacts(check.session, check.cipher, [subject.subject_id for _, subject in pairs]),
        )


def _plan_household(
    row: Row, draft: HouseholdDraft, *, plan: HouseholdPlan, check: Check, stored: _Stored
) -> None:
    by_no, by_head = stored.by_no.get(draft.household_no), stored.by_head.get(draft.head_number)
    if by_no is None and by_head is None:
        plan.new.append(draft)
        if draft.head_number in stored.members:
            _warn_elsewhere(row, HEAD_NUMBER, check=check)
    elif by_no is None:
        check.findings.refuse(
            row,
            HEAD_NUMBER,
            reason=both("此户主已在另一个户号下建档", "this head is on file under another household number"),
            fix=both("核对户号", "check the household number"),
        )
    elif by_no != by_head:
        check.findings.refuse(
            row,
            NO,
            reason=both("此户号已建档，户主是另一人", "this household number is on file with another head"),
            fix=both(
                "核对户号；换户主不能用导入办理", "check the number; a head is not replaced by an import"
            ),
        )
    else:
        household, subject = by_no
        plan.on_file[draft.household_no] = subject.subject_id
        sealed_row = f"households/{subject.subject_id}/head_name"
        name = check.cipher.open(household.head_name_cipher, row=sealed_row)
        news = news_in(draft.contacts, on_file=stored.contacts.get(subject.subject_id, {}))
        if news or (name, subject.place_id) != (draft.head_name, draft.place_id):
            plan.changed.append((household, subject, replace(draft, contacts=news)))


def _plan_members(rows: list[Row], *, plan: HouseholdPlan, check: Check, heads: dict[str, str]) -> None:
    numbers = {row[MEMBER_NUMBER.name] for row in rows if row[MEMBER_NUMBER.name]}
    stored = lookups.members(check.session, lookups.people(check.cipher, numbers))
    elsewhere = {row[NO.name] for row in rows if row[NO.name]} - plan.on_file.keys()
    for household, subject in lookups.households(check.session, numbers=elsewhere):
        plan.on_file[household.household_no] = subject.subject_id
        number = check.cipher.open(
            household.head_id_number_cipher, row=f"households/{subject.subject_id}/head_id_number"
        )
        heads.setdefault(household.household_no, number)
    seen: dict[Hashable, Row] = {}
    head_numbers = {number: no for no, number in heads.items()}
    for row in rows:
        number = row[MEMBER_NUMBER.name]
        if number is not None:
            check.unique(row, MEMBER_NUMBER, seen=seen, key=number)
        _check_member(row, check=check, heads=heads, head_numbers=head_numbers)
        if not row.refused:
            draft = MemberDraft(row[NO.name], row[RELATION.name], row[MEMBER_NAME.name], number)
            _plan_member(row, draft, plan=plan, check=check, stored=stored.get(number))


def _check_member(row: Row, *, check: Check, heads: dict[str, str], head_numbers: dict[str, str]) -> None:
    no, number = row[NO.name], row[MEMBER_NUMBER.name]
    if no is not None and no not in heads:
        check.findings.refuse(
            row,
            NO,
            reason=both("没有这个户号", "there is no such household in the file or on file"),
            fix=both("先在农户表中填写此户", "list the household in the first sheet"),
        )
    if number is None:
        return
    if not is_adult(number, check.on):
        check.findings.refuse(
            row,
            MEMBER_NUMBER,
            reason=both("未满 18 周岁", "a minor"),
            fix=both("删除此行，未成年人只统计人数", "delete the row; only the number of minors is kept"),
        )
    if head_numbers.get(number) == no:
        check.findings.refuse(
            row,
            MEMBER_NUMBER,
            reason=both("这是本户户主", "this is the head of the household"),
            fix=both("删除此行，户主不必再列为成员", "delete the row; the head is not listed as a member"),
        )
    elif number in head_numbers:
        _warn_elsewhere(row, MEMBER_NUMBER, check=check)


def _plan_member(
    row: Row, draft: MemberDraft, *, plan: HouseholdPlan, check: Check, stored: Member | None
) -> None:
    if stored is None:
        plan.members_new.append(draft)
        return
    name = check.cipher.open(stored.name_cipher, row=f"members/{stored.member_id}/name")
    moved = stored.subject_id != plan.on_file.get(draft.household_no)
    if moved:
        _warn_elsewhere(row, MEMBER_NUMBER, check=check)
    if moved or (name, stored.relation_code) != (draft.name, draft.relation_code):
        plan.members_changed.append((stored, draft))


def _warn_elsewhere(row: Row, column: Column, *, check: Check) -> None:
    check.findings.warn(
        row,
        column,
        reason=both("此人已在另一户登记", "this person is listed in another household as well"),
        fix=both("核对是否分户或迁移", "check whether the person has moved"),
    )
