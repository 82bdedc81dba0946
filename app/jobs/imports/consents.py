"""Consents and refusals, as town offices and counters collect them on paper or online."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.jobs.imports import lookups
from app.jobs.imports.cells import is_empty
from app.jobs.imports.checking import Check
from app.jobs.imports.columns import Row
from app.jobs.imports.consent_columns import (
    AGREED,
    CHANNEL,
    CONSENT_COLUMNS,
    EFFECTIVE_FROM,
    EVIDENCE,
    HOUSEHOLD_NO,
    KIND,
    PERSON,
    REFERENCE,
    USCC,
    WITHDRAWN_ON,
)
from app.jobs.imports.consent_rows import (
    Written,
    read_row,
    refuse_early_withdrawal,
    refuse_incomplete,
    refuse_other_content,
    refuse_withdrawn_refusal,
    restricted_labels,
)
from app.jobs.imports.reading import Sheet
from app.jobs.imports.report import both
from app.jobs.imports.subject_lookup import Known, entity_behind, household_behind
from app.models import Consent, ConsentChannel, ConsentWithdrawal

Kept = tuple[Consent, ConsentWithdrawal | None]


@dataclass(frozen=True, slots=True)
class AgreementDraft:
    """A consent or refusal to be kept, withdrawn at once where the row says so."""

    subject_id: int
    reference: str
    written: Written
    withdrawn_on: date | None


@dataclass(frozen=True, slots=True)
class WithdrawalDraft:
    """The withdrawal of a consent on file."""

    consent_id: int
    withdrawn_on: date
    channel: ConsentChannel
    evidence: str

    def same_as(self, withdrawal: ConsentWithdrawal) -> bool:
        """Whether the withdrawal on file says the same."""
        before = (withdrawal.withdrawn_on, withdrawal.channel, withdrawal.evidence)
        return before == (self.withdrawn_on, self.channel, self.evidence)


@dataclass(slots=True)
class ConsentPlan:
    """What a file of consents would keep, and which consents on file it would withdraw."""

    rows: int = 0
    new: list[AgreementDraft] = field(default_factory=list)
    withdrawn: list[WithdrawalDraft] = field(default_factory=list)
    changed_count: int = 0

    @property
    def added_count(self) -> int:
        """How many rows bring a consent or refusal that is not on file."""
        return len(self.new)


def plan_consents(sheets: Sequence[Sheet], check: Check) -> ConsentPlan:
    """Check the sheets of consents, and say which are new and which are withdrawn."""
    plan = ConsentPlan()
    organisations, restricted = lookups.organisations(check.session), restricted_labels(check)
    seen: dict[Hashable, Row] = {}
    for sheet in sheets:
        rows = check.rows(sheet, CONSENT_COLUMNS)
        plan.rows += len(rows)
        known = _known(rows, check)
        on_file = lookups.consents(
            check.session,
            {each.subject_id for each in known.values() if each.subject_id is not None},
            references={row[REFERENCE.name] for row in rows},
        )
        for row in rows:
            written = read_row(row, organisations=organisations, restricted=restricted, check=check)
            subject_id = known[row.number].subject_id if row.number in known else None
            if subject_id is None or row[REFERENCE.name] is None:
                continue
            key = (subject_id, row[REFERENCE.name])
            check.unique(row, REFERENCE, seen=seen, key=key)
            _plan_row(row, written, subject_id=subject_id, kept=on_file.get(key, []), plan=plan, check=check)
    return plan


def _known(rows: Sequence[Row], check: Check) -> dict[int, Known]:
    """The subject of each row; a row names a household or an entity, not both."""
    of_households, of_entities = [], []
    for row in rows:
        household = row[HOUSEHOLD_NO.name] or row[PERSON.name]
        if household and row[USCC.name]:
            check.findings.refuse(
                row,
                USCC,
                reason=both("一行写了两个主体", "the row names two subjects"),
                fix=both("分成两行", "make it two rows"),
            )
        elif household:
            of_households.append(row)
        elif row[USCC.name]:
            of_entities.append(row)
        elif all(is_empty(row.raws.get(column.name, "")) for column in (HOUSEHOLD_NO, PERSON, USCC)):
            check.findings.refuse(
                row,
                HOUSEHOLD_NO,
                reason=both("没有写明是谁的授权书", "the row names nobody"),
                fix=both("填户号、身份证号或统一社会信用代码", "fill in one of the three numbers"),
            )
    return household_behind(of_households, check) | entity_behind(of_entities, check)


def _plan_row(
    row: Row, written: Written | None, *, subject_id: int, kept: list[Kept], plan: ConsentPlan, check: Check
) -> None:
    withdrawn_on = row[WITHDRAWN_ON.name]
    if withdrawn_on is not None and not kept:
        _check_whole(row, check)
    if row.refused or written is None:
        return
    if not kept:
        plan.new.append(AgreementDraft(subject_id, row[REFERENCE.name], written, withdrawn_on))
    elif withdrawn_on is not None:
        _plan_withdrawal(row, written, kept=kept, plan=plan, check=check)
    elif not any(written.same_as(consent) for consent, _ in kept):
        refuse_other_content(row, check=check)


def _check_whole(row: Row, check: Check) -> None:
    """A withdrawal of what is not on file has to say what was given."""
    if any(not is_empty(row.raws.get(column.name, "")) for column in (KIND, AGREED, EFFECTIVE_FROM)):
        refuse_incomplete(row, check)
        return
    check.findings.refuse(
        row,
        REFERENCE,
        reason=both("没有登记这份授权书，无从撤回", "this subject has no such consent on file"),
        fix=both("核对编号，或在此行填全授权内容", "check the number, or fill in the whole row"),
    )


def _plan_withdrawal(
    row: Row, written: Written, *, kept: list[Kept], plan: ConsentPlan, check: Check
) -> None:
    """Withdraw what is on file under the number; the very same withdrawal again changes nothing."""
    meant = [(consent, withdrawal) for consent, withdrawal in kept if written.fits(consent)]
    if not meant:
        refuse_other_content(row, check=check)
    drafts = []
    for consent, withdrawal in meant:
        draft = WithdrawalDraft(
            consent.consent_id, row[WITHDRAWN_ON.name], row[CHANNEL.name], row[EVIDENCE.name]
        )
        if not consent.agreed:
            refuse_withdrawn_refusal(row, check=check)
        elif draft.withdrawn_on < consent.effective_from:
            refuse_early_withdrawal(row, consent.effective_from, check=check)
        elif withdrawal is None:
            drafts.append(draft)
        elif not draft.same_as(withdrawal):
            _refuse_second(row, withdrawal, check=check)
    plan.withdrawn += drafts
    plan.changed_count += bool(drafts)


def _refuse_second(row: Row, withdrawal: ConsentWithdrawal, *, check: Check) -> None:
    check.findings.refuse(
        row,
        WITHDRAWN_ON,
        reason=both(
            f"已于 {withdrawal.withdrawn_on} 撤回", f"withdrawn already on {withdrawal.withdrawn_on}"
        ),
        fix=both("删除此行，或按登记的撤回填写", "delete the row, or write it as it is on file"),
    )
