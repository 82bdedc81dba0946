"""New-type agricultural operating entities, as a department lists them."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from app.jobs.imports import lookups
from app.jobs.imports.cells import (
    choice,
    credit_code,
    day,
    id_number,
    limited,
    person_name,
    shown_name,
    shown_number,
)
from app.jobs.imports.checking import PLACE_CODE, PLACE_NAME, Check
from app.jobs.imports.columns import Column, Row
from app.jobs.imports.contact_columns import CONTACT_COLUMNS, Contacts, contacts_in, news_in
from app.jobs.imports.reading import Sheet
from app.jobs.imports.report import both
from app.models import AgriEntity, EntityStatus, EntityType, Subject
from app.subjects.contacts import newest_contacts

LEVELS = {"无": 0, "区县级": 1, "市级": 2, "省级": 3, "国家级": 4}
_TYPES = {kind.label: kind for kind in EntityType}
_STATUSES = {status.label: status for status in EntityStatus}

NAME = Column(
    "名称",
    limited(128),
    note="营业执照上的名称",
    example="演示家庭农场（合成）",
    also=("主体名称", "企业名称"),
)
USCC = Column(
    "统一社会信用代码",
    credit_code,
    note="18 位，单元格格式为文本",
    example="91350100M000100Y43",
    also=("信用代码",),
)
TYPE = Column(
    "类型", choice(_TYPES), entry="choice", choices=tuple(_TYPES), example="家庭农场", also=("主体类型",)
)
STATUS = Column("状态", choice(_STATUSES), entry="choice", choices=tuple(_STATUSES), example="存续")
REGISTERED_ON = Column(
    "成立日期",
    day,
    required=False,
    entry="date",
    note="营业执照上的成立日期；不清楚则留空",
    example="2019-03-01",
)
REPRESENTATIVE = Column("法定代表人", person_name, show=shown_name, note="负责人姓名", example="张某某")
REPRESENTATIVE_NUMBER = Column(
    "法定代表人身份证号",
    id_number,
    required=False,
    show=shown_number,
    note="18 位，单元格格式为文本；可留空",
    example="11010519491231002X",
)
LEVEL = Column("认定级别", choice(LEVELS), entry="choice", choices=tuple(LEVELS), example="区县级")
ENTITY_COLUMNS = (
    NAME,
    USCC,
    TYPE,
    STATUS,
    REGISTERED_ON,
    REPRESENTATIVE,
    REPRESENTATIVE_NUMBER,
    LEVEL,
    PLACE_CODE,
    PLACE_NAME,
    *CONTACT_COLUMNS,
)


@dataclass(frozen=True, slots=True)
class EntityDraft:
    """An entity as a row of the file has it."""

    uscc: str
    name: str
    entity_type: EntityType
    status: EntityStatus
    registered_on: date | None
    recognition_level: int
    representative: str
    representative_number: str | None
    place_id: int
    contacts: Contacts


@dataclass(slots=True)
class EntityPlan:
    """What a file of entities would change."""

    rows: int = 0
    new: list[EntityDraft] = field(default_factory=list)
    changed: list[tuple[AgriEntity, Subject, EntityDraft]] = field(default_factory=list)

    @property
    def added_count(self) -> int:
        """How many rows bring something new."""
        return len(self.new)

    @property
    def changed_count(self) -> int:
        """How many rows change something on file."""
        return len(self.changed)


def plan_entities(sheets: Sequence[Sheet], check: Check) -> EntityPlan:
    """Check the sheets of entities, and say what they would change."""
    rows = [row for sheet in sheets for row in check.rows(sheet, ENTITY_COLUMNS)]
    plan = EntityPlan(rows=len(rows))
    stored = lookups.entities(check.session, {row[USCC.name] for row in rows if row[USCC.name]})
    contacts = newest_contacts(
        check.session, check.cipher, [subject.subject_id for _, subject in stored.values()]
    )
    seen: dict[Hashable, Row] = {}
    for row in rows:
        code = row[USCC.name]
        division = check.division(row)
        if code is not None:
            check.unique(row, USCC, seen=seen, key=code)
            _warn_of_department(row, check=check)
        if row.refused or division is None:
            continue
        draft = _draft(row, place_id=division.place_id)
        if code not in stored:
            plan.new.append(draft)
            continue
        entity, subject = stored[code]
        news = news_in(draft.contacts, on_file=contacts.get(subject.subject_id, {}))
        if news or _differs(entity, subject, draft, check=check):
            plan.changed.append((entity, subject, replace(draft, contacts=news)))
    return plan


def _draft(row: Row, *, place_id: int) -> EntityDraft:
    return EntityDraft(
        uscc=row[USCC.name],
        name=row[NAME.name],
        entity_type=row[TYPE.name],
        status=row[STATUS.name],
        registered_on=row[REGISTERED_ON.name],
        recognition_level=row[LEVEL.name],
        representative=row[REPRESENTATIVE.name],
        representative_number=row[REPRESENTATIVE_NUMBER.name],
        place_id=place_id,
        contacts=contacts_in(row),
    )


def _differs(entity: AgriEntity, subject: Subject, draft: EntityDraft, *, check: Check) -> bool:
    """Whether a row says something else than the file on record; an empty cell says nothing."""
    before = (
        entity.name,
        entity.entity_type,
        entity.status,
        entity.recognition_level,
        subject.place_id,
        check.cipher.open(
            entity.legal_representative_name_cipher,
            row=f"agri_entities/{entity.subject_id}/legal_representative_name",
        ),
    )
    after = (
        draft.name,
        draft.entity_type,
        draft.status,
        draft.recognition_level,
        draft.place_id,
        draft.representative,
    )
    redated = draft.registered_on is not None and draft.registered_on != entity.registered_on
    renumbered = draft.representative_number is not None and (
        entity.legal_representative_index not in check.cipher.indexes(draft.representative_number)
    )
    return before != after or redated or renumbered


def _warn_of_department(row: Row, *, check: Check) -> None:
    """The first two characters of a code tell who registered it: 93 is a farmers' co-operative."""
    kind: EntityType | None = row[TYPE.name]
    cooperative = row[USCC.name].startswith("93")
    if kind is None or cooperative == (kind is EntityType.COOPERATIVE):
        return
    check.findings.warn(
        row,
        TYPE,
        reason=both(
            "与信用代码的登记类别不一致（93 开头为农民专业合作社）",
            "the code and the type disagree: codes of co-operatives begin with 93",
        ),
        fix=both("核对类型；确认无误可不改", "check the type; leave it if it is right"),
    )
