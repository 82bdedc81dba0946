"""Observations: one row per subject and day, one column per fact."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.consents.service import Agreement, collection_agreements
from app.jobs.imports import entities, lookups
from app.jobs.imports.cells import day, id_number, limited, shown_number
from app.jobs.imports.checking import PLACE_CODE, PLACE_NAME, Check
from app.jobs.imports.columns import Column, Row, header_texts
from app.jobs.imports.facts import CONSENT_COLUMN, FactLike, fact_columns, is_restricted
from app.jobs.imports.households import HEAD_NAME, NO
from app.jobs.imports.reading import Sheet
from app.jobs.imports.report import both
from app.jobs.imports.subject_lookup import Known, entity_behind, household_behind, village_behind
from app.models import Fact, SubjectKind
from app.records import service as records

OBSERVED_ON = Column("观察日期", day, entry="date", note="看到或取得这些数值的日期", example="2026-06-30")
CONSENT = Column(
    CONSENT_COLUMN,
    limited(64),
    required=False,
    note="收入、负债、资产等列有值时必填",
    example="授权书 2026-0001",
)
_NO_OR_NUMBER = (
    Column(
        NO.name, NO.parse, required=False, note="户号和身份证号至少填一列", example=NO.example, also=NO.also
    ),
    Column(
        "身份证号",
        id_number,
        required=False,
        show=shown_number,
        note="户主或成年成员的身份证号；已填户号可不填",
        also=("户主身份证号", "身份证号码", "公民身份号码"),
    ),
    Column(HEAD_NAME.name, HEAD_NAME.parse, required=False, show=HEAD_NAME.show, note="可不填；填了会核对"),
)
_NAME = Column(
    "名称", entities.NAME.parse, required=False, note="可不填；填了会核对", also=entities.NAME.also
)
KEYS: dict[SubjectKind, tuple[Column, ...]] = {
    SubjectKind.HOUSEHOLD: (*_NO_OR_NUMBER, OBSERVED_ON, CONSENT),
    SubjectKind.AGRI_ENTITY: (entities.USCC, _NAME, OBSERVED_ON),
    SubjectKind.VILLAGE: (PLACE_CODE, PLACE_NAME, OBSERVED_ON),
}
_Behind = Callable[[list[Row], Check], dict[int, Known]]
_BEHIND: dict[SubjectKind, _Behind] = {
    SubjectKind.HOUSEHOLD: household_behind,
    SubjectKind.AGRI_ENTITY: entity_behind,
    SubjectKind.VILLAGE: village_behind,
}


@dataclass(frozen=True, slots=True)
class RecordDraft:
    """One value to be recorded; a village without a file of its own is known by its place."""

    known: Known
    fact_id: int
    value: float
    observed_on: date
    row_no: int
    adverse: bool


@dataclass(frozen=True, slots=True)
class ConsentDraft:
    """The written consent a row was collected under."""

    subject_id: int
    row_no: int
    consent_id: int


@dataclass(slots=True)
class ObservationPlan:
    """What a file of observations would record."""

    rows: int = 0
    records: list[RecordDraft] = field(default_factory=list)
    consents: dict[tuple[int, int], ConsentDraft] = field(default_factory=dict)
    added_count: int = 0
    changed_count: int = 0


def plan_observations(sheets: Sequence[Sheet], check: Check) -> ObservationPlan:
    """Check the sheets of observations, and say which values they would record."""
    plan = ObservationPlan()
    seen: dict[Hashable, Row] = {}
    for sheet in sheets:
        kind = _kind_of(sheet)
        facts = records.facts_of(check.session, kind)
        columns = fact_columns(facts.values())
        rows = check.rows(sheet, (*KEYS[kind], *(column for _, column in columns.values())))
        plan.rows += len(rows)
        known = _BEHIND[kind](rows, check)
        for row in rows:
            _check_named(row, columns, check=check)
            _check_repeated(row, columns, known=known.get(row.number), seen=seen, check=check)
        _plan_consents(rows, columns, known=known, plan=plan, check=check)
        _plan_records(rows, columns, known=known, facts=facts, plan=plan, check=check)
    return plan


def _kind_of(sheet: Sheet) -> SubjectKind:
    """Whom a sheet is about: a household before an entity before a village."""
    names = {name for columns in KEYS.values() for column in columns for name in column.names()}
    headers = set(header_texts(sheet, known=names)[1])
    if entities.USCC.names() & headers:
        return SubjectKind.AGRI_ENTITY
    household = set().union(*(column.names() for column in _NO_OR_NUMBER))
    if PLACE_CODE.names() & headers and not household & headers:
        return SubjectKind.VILLAGE
    return SubjectKind.HOUSEHOLD


def _check_named(row: Row, columns: dict[str, tuple[FactLike, Column]], *, check: Check) -> None:
    if row[CONSENT.name] is not None:
        return
    for name in list(row.values):
        if name in columns and is_restricted(columns[name][0]):
            check.findings.refuse(
                row,
                columns[name][1],
                reason=both(
                    "《征信业管理条例》第十四条：未取得书面同意不得采集此项",
                    "art. 14 of the credit reporting regulation: not without written consent",
                ),
                fix=both(
                    f"在“{CONSENT_COLUMN}”列填授权书编号，或清空此格",
                    "fill in the number of the consent, or clear the cell",
                ),
            )


def _check_repeated(
    row: Row,
    columns: dict[str, tuple[FactLike, Column]],
    *,
    known: Known | None,
    seen: dict[Hashable, Row],
    check: Check,
) -> None:
    if known is None or row[OBSERVED_ON.name] is None:
        return
    for name in list(row.values):
        if name in columns:
            fact, column = columns[name]
            check.unique(row, column, seen=seen, key=(known, fact.name, row[OBSERVED_ON.name]))


def _plan_consents(
    rows: list[Row],
    columns: dict[str, tuple[FactLike, Column]],
    *,
    known: dict[int, Known],
    plan: ObservationPlan,
    check: Check,
) -> None:
    """Find the consent each row names; the subject's own, and for every restricted fact of the row."""
    named = [row for row in rows if not row.refused and row.number in known and row[CONSENT.name] is not None]
    agreements = collection_agreements(
        check.session,
        {subject_id for row in named if (subject_id := known[row.number].subject_id) is not None},
        references={row[CONSENT.name] for row in named},
    )
    for row in named:
        subject_id = known[row.number].subject_id
        restricted = [name for name in row.values if name in columns and is_restricted(columns[name][0])]
        if subject_id is None or not restricted:
            continue
        given = agreements.get((subject_id, row[CONSENT.name]), [])
        covering = [each for each in given if _covers(each, row, restricted, columns, subject_id=subject_id)]
        if not covering:
            _refuse_consent(row, on_file=bool(given), check=check)
            continue
        draft = ConsentDraft(subject_id, row.number, covering[0].consent.consent_id)
        if plan.consents.setdefault((subject_id, row.number), draft) != draft:
            _refuse_second_consent(row, check=check)


def _covers(
    agreement: Agreement,
    row: Row,
    restricted: list[str],
    columns: dict[str, tuple[FactLike, Column]],
    *,
    subject_id: int,
) -> bool:
    facts = [columns[name][0].name for name in restricted]
    on = row[OBSERVED_ON.name]
    return all(agreement.covers_collection(subject_id=subject_id, fact=fact, on=on) for fact in facts)


def _refuse_consent(row: Row, *, on_file: bool, check: Check) -> None:
    reason = (
        both("授权书不含此项指标，或当日未生效、已撤回", "the consent does not cover this on that day")
        if on_file
        else both("没有登记这份授权书", "this subject has no such consent on file")
    )
    fix = both(
        "核对编号；未登记的先用 --kind consents 导入授权书", "check the number, or import the consent first"
    )
    check.findings.refuse(row, CONSENT, reason=reason, fix=fix)


def _refuse_second_consent(row: Row, *, check: Check) -> None:
    """Two sheets cannot give one row of one household two consents."""
    check.findings.refuse(
        row,
        CONSENT,
        reason=both(
            "另一张表的同一行是同一户，编号不同",
            "the same row of another sheet is about this household and names another consent",
        ),
        fix=both("把两行写在同一张表里", "write both rows in one sheet"),
    )


def _plan_records(
    rows: list[Row],
    columns: dict[str, tuple[FactLike, Column]],
    *,
    known: dict[int, Known],
    facts: dict[str, Fact],
    plan: ObservationPlan,
    check: Check,
) -> None:
    sound = [row for row in rows if not row.refused and row.number in known]
    ids = {
        name: facts[columns[name][0].name].fact_id for row in sound for name in row.values if name in columns
    }
    stored = lookups.recorded(
        check.session,
        {known[row.number].subject_id or 0 for row in sound},
        facts=set(ids.values()),
        days={row[OBSERVED_ON.name] for row in sound},
    )
    for row in sound:
        subject, on = known[row.number], row[OBSERVED_ON.name]
        drafts = [
            RecordDraft(
                subject,
                ids[name],
                row[name],
                on,
                row.number,
                _adverse(facts, columns[name][0].name, row[name]),
            )
            for name in row.values
            if name in ids and stored.get((subject.subject_id or 0, ids[name], on)) != row[name]
        ]
        new = any((subject.subject_id or 0, draft.fact_id, on) not in stored for draft in drafts)
        plan.records += drafts
        plan.added_count += bool(drafts) and new
        plan.changed_count += bool(drafts) and not new


def _adverse(facts: dict[str, Fact], name: str, value: float) -> bool:
    least = facts[name].adverse_from
    return least is not None and value >= least
