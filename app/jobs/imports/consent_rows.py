"""One row of a sheet of consents: what it says, and what in it contradicts itself."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from app.jobs.imports.cells import is_empty, normal
from app.jobs.imports.checking import Check
from app.jobs.imports.columns import Row
from app.jobs.imports.consent_columns import (
    AGREED,
    CHANNEL,
    EFFECTIVE_FROM,
    EFFECTIVE_TO,
    EVIDENCE,
    FACTS,
    KIND,
    ORGANISATION,
    PURPOSE,
    REFERENCE,
    USCC,
    WITHDRAWN_ON,
)
from app.jobs.imports.facts import is_restricted
from app.jobs.imports.report import both
from app.models import Consent, ConsentChannel, ConsentKind, Purpose, SubjectKind
from app.records import service as records

_OF_THE_PAPER = ("channel", "evidence")
_OWNERS = (
    (ORGANISATION, ConsentKind.INQUIRY),
    (PURPOSE, ConsentKind.INQUIRY),
    (FACTS, ConsentKind.COLLECTION),
)
Restricted = Mapping[SubjectKind, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Written:
    """What a row says of a consent or refusal; a cell that is empty says nothing."""

    kind: ConsentKind | None
    agreed: bool | None
    organisation_id: int | None
    purpose: Purpose | None
    facts: tuple[str, ...]
    effective_from: date | None
    effective_to: date | None
    channel: ConsentChannel
    evidence: str

    def same_as(self, consent: Consent) -> bool:
        """Whether a consent on file says all of this, and nothing else."""
        return all(self._agrees(consent, field.name) for field in fields(self))

    def fits(self, consent: Consent) -> bool:
        """Whether a consent on file may be the one meant by a withdrawal, which has a paper of its own."""
        said = [field.name for field in fields(self) if getattr(self, field.name) not in (None, ())]
        return all(self._agrees(consent, name) for name in said if name not in _OF_THE_PAPER)

    def _agrees(self, consent: Consent, name: str) -> bool:
        if name == "facts":
            return sorted(self.facts) == sorted(consent.facts)
        return bool(getattr(self, name) == getattr(consent, name))


def restricted_labels(check: Check) -> Restricted:
    """The names of the restricted facts of households and entities by their labels, long and short."""
    found: dict[SubjectKind, dict[str, str]] = {}
    for kind in (SubjectKind.HOUSEHOLD, SubjectKind.AGRI_ENTITY):
        facts = [fact for fact in records.facts_of(check.session, kind).values() if is_restricted(fact)]
        labels = {normal(fact.label): fact.name for fact in facts}
        found[kind] = labels | {label.partition("(")[0]: name for label, name in labels.items()}
    return found


def read_row(
    row: Row, *, organisations: Mapping[str, int], restricted: Restricted, check: Check
) -> Written | None:
    """What a row says, checked against itself; None where a cell of it cannot be used."""
    if is_empty(row.raws.get(WITHDRAWN_ON.name, "")):
        refuse_incomplete(row, check)
    _check_scope(row, check)
    _check_days(row, check)
    facts = _facts(row, restricted, check=check)
    code = row[ORGANISATION.name]
    if code is not None and code not in organisations:
        check.findings.refuse(
            row,
            ORGANISATION,
            reason=both("没有这个机构代码", "no organisation has this code"),
            fix=both("核对代码，或先登记机构", "check the code, or register the organisation first"),
        )
    if row.refused:
        return None
    return Written(
        kind=row[KIND.name],
        agreed=row[AGREED.name],
        organisation_id=organisations.get(code),
        purpose=row[PURPOSE.name],
        facts=facts,
        effective_from=row[EFFECTIVE_FROM.name],
        effective_to=row[EFFECTIVE_TO.name],
        channel=row[CHANNEL.name],
        evidence=row[EVIDENCE.name],
    )


def refuse_incomplete(row: Row, check: Check) -> None:
    """Refuse a row that is to be kept and does not say what was agreed to, for whom, and from when."""
    of_inquiry = (ORGANISATION, PURPOSE) if row[KIND.name] is ConsentKind.INQUIRY else ()
    for column in (KIND, AGREED, EFFECTIVE_FROM, *of_inquiry):
        if is_empty(row.raws.get(column.name, "")):
            check.findings.refuse(
                row,
                column,
                reason=both("必填，却是空的", "required, but empty"),
                fix=both("补填", "fill it in"),
            )


def refuse_early_withdrawal(row: Row, first: date, *, check: Check) -> None:
    """Refuse the withdrawal of a consent before its first day."""
    check.findings.refuse(
        row,
        WITHDRAWN_ON,
        reason=both(f"撤回日期早于生效日期 {first}", f"withdrawn before it begins ({first})"),
        fix=both("核对两个日期", "compare the two dates"),
    )


def refuse_withdrawn_refusal(row: Row, *, check: Check) -> None:
    """Refuse the withdrawal of a refusal: who changes their mind gives a consent."""
    check.findings.refuse(
        row,
        WITHDRAWN_ON,
        reason=both("拒绝不能撤回", "a refusal is not withdrawn"),
        fix=both("本人改为同意的，用新编号登记授权", "enter the new consent under a number of its own"),
    )


def refuse_other_content(row: Row, *, check: Check) -> None:
    """Refuse a row whose number stands for something else on file."""
    check.findings.refuse(
        row,
        REFERENCE,
        reason=both("此编号已登记，内容不同", "the subject's consent of this number says something else"),
        fix=both("核对编号；新授权用新编号", "check the number; a new consent has a new one"),
    )


def _check_scope(row: Row, check: Check) -> None:
    """An inquiry is for one organisation and purpose, a collection for facts, nothing else for either."""
    kind: ConsentKind | None = row[KIND.name]
    if kind is None:
        return
    for column, owner in _OWNERS:
        if kind is not owner and not is_empty(row.raws.get(column.name, "")):
            check.findings.refuse(
                row,
                column,
                reason=both(f"{kind.label}不填此列", "does not belong to this kind of consent"),
                fix=both("清空此格，或改授权类型", "clear the cell, or change the kind"),
            )


def _check_days(row: Row, check: Check) -> None:
    first, end, withdrawn_on = (row[column.name] for column in (EFFECTIVE_FROM, EFFECTIVE_TO, WITHDRAWN_ON))
    if first is not None and end is not None and end <= first:
        check.findings.refuse(
            row,
            EFFECTIVE_TO,
            reason=both(f"截止日期不晚于生效日期 {first}", f"it ends before it begins ({first})"),
            fix=both("核对两个日期", "compare the two dates"),
        )
    if first is not None and withdrawn_on is not None and withdrawn_on < first:
        refuse_early_withdrawal(row, first, check=check)
    if row[AGREED.name] is False and withdrawn_on is not None:
        refuse_withdrawn_refusal(row, check=check)


def _facts(row: Row, restricted: Restricted, *, check: Check) -> tuple[str, ...]:
    """The names of the restricted facts a row lists by their labels, in the order of the names."""
    labels = row[FACTS.name] or ()
    names = restricted[SubjectKind.AGRI_ENTITY if row[USCC.name] else SubjectKind.HOUSEHOLD]
    strangers = [label for label in labels if label not in names]
    if strangers:
        check.findings.refuse(
            row,
            FACTS,
            reason=both(f"不是限制类指标：{'、'.join(strangers)[:60]}", "not a restricted fact"),
            fix=both(f"可填：{'、'.join(names) or '无'}", "use these labels, or leave the cell empty"),
        )
    return tuple(sorted({names[label] for label in labels if label in names}))
