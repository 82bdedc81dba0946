"""Files of town offices and departments: checked as a whole, then landed whole or not at all."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path

from app.db import Engine, Session
from app.db import reading as looking
from app.errors import Invalid
from app.jobs.imports import lookups
from app.jobs.imports.cells import is_empty
from app.jobs.imports.checking import Check
from app.jobs.imports.consents import plan_consents
from app.jobs.imports.entities import plan_entities
from app.jobs.imports.households import plan_households
from app.jobs.imports.observations import plan_observations
from app.jobs.imports.reading import Sheet, file_content, fingerprint, read_sheets
from app.jobs.imports.report import ImportKind, ImportReport, RowError, both, write_error_workbook
from app.jobs.imports.roster import plan_roster
from app.jobs.imports.template import write_template
from app.jobs.imports.writing import Landing, Plan, landing, write_plan
from app.models import Batch, BatchKind
from app.records.service import source_by_code
from app.records.source_list import TOWN_OFFICE
from app.subjects.cipher import Cipher
from app.subjects.free_text import paper_name, refuse_numbers
from app.subjects.keys import hold

__all__ = [
    "ImportKind",
    "ImportReport",
    "RowError",
    "import_file",
    "write_error_workbook",
    "write_template",
]

_SOURCE_LENGTH_MAX = 64
_PLANNERS: dict[ImportKind, Callable[[Sequence[Sheet], Check], Plan]] = {
    ImportKind.HOUSEHOLDS: plan_households,
    ImportKind.ENTITIES: plan_entities,
    ImportKind.OBSERVATIONS: plan_observations,
    ImportKind.ROSTER: plan_roster,
    ImportKind.CONSENTS: plan_consents,
}


def import_file(
    engine: Engine,
    cipher: Cipher,
    path: Path,
    *,
    kind: ImportKind,
    on: date,
    at: datetime,
    by: str,
    source: str,
    dry_run: bool,
) -> ImportReport:
    """Import a file: all of it, or none of it when anything is wrong; the same file again changes nothing."""
    if not 0 < len(source) <= _SOURCE_LENGTH_MAX:
        raise Invalid(f"the source must have 1 to {_SOURCE_LENGTH_MAX} characters; it has {len(source)}")
    paper_name(path.name, where="file_name")
    refuse_numbers(source=source, by=by)
    content = file_content(path)
    report = ImportReport(path.name, kind, dry_run)
    batch = Batch(
        kind=BatchKind[kind.name],
        source=source,
        mapping=None,
        file_name=path.name[:255],
        content_sha256=fingerprint(content),
        recorded_at=at,
        recorded_by=by,
        synthetic=False,
    )
    with looking(engine) if dry_run else landing(engine) as session:
        hold(session, cipher)
        if lookups.seen_before(session, batch.kind, batch.content_sha256):
            report.already_imported = True
            return report
        batch.source_id = source_by_code(session, TOWN_OFFICE).source_id
        plan = _checked(content, report, session=session, cipher=cipher, on=on)
        if not report.errors and not dry_run:
            batch.row_count = plan.rows
            write_plan(plan, Landing(session, cipher, batch))
    return report


def _checked(content: bytes, report: ImportReport, *, session: Session, cipher: Cipher, on: date) -> Plan:
    """The plan of a file, with every error and warning of it in the report."""
    sheets = [
        sheet
        for sheet in read_sheets(content, name=report.file_name)
        if not all(is_empty(cell) for row in sheet.rows for cell in row)
    ]
    check = Check(session, cipher, on, lookups.divisions(session, on=on))
    plan = _PLANNERS[report.kind](sheets, check)
    if plan.rows == 0 and not check.findings.errors:
        raise Invalid(both(f"{report.file_name}：文件中没有数据行", "the file has no rows of data"))
    order = {sheet.name: place for place, sheet in enumerate(sheets)}
    report.errors = sorted(check.findings.errors, key=lambda error: (order[error.sheet], error.row))
    report.warnings = sorted(check.findings.warnings, key=lambda error: (order[error.sheet], error.row))
    if not report.errors:
        report.accepted, report.added, report.changed = plan.rows, plan.added_count, plan.changed_count
    return plan
