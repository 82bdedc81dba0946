"""The rows on file of a subject as the report lists them."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date

from app import clock
from app.attestations.attestation import Attestation
from app.designations.service.shown import ShownPath
from app.models import Consent, Inquiry, LoanClass, Organisation, ReviewAnswer, ReviewRequest
from app.objections.objection import Progress
from app.overrides.override import Override
from app.records.exclusions import Exclusion
from app.records.service import KnownRecord
from app.records.words import in_words
from app.rights.report import (
    Asked,
    ReportConsent,
    ReportDocument,
    ReportLoan,
    ReportObjection,
    ReportOverride,
    ReportRecord,
    ReportReview,
    ReportTitle,
    ReportTitleStep,
)
from app.rights.right import LoanState

# Wrong, made good or over its term: the law has these taken out, so that nobody is shown them again.
_GONE = (Exclusion.CORRECTED, Exclusion.REPAIRED, Exclusion.EXPIRED)


def record_lines(
    records: Iterable[KnownRecord], *, counting: Collection[int], statements: Mapping[int, str]
) -> tuple[list[ReportRecord], int]:
    """Every record that may be shown, those of one fact together, and how many are not shown any more."""
    listed = sorted(records, key=lambda each: (each.fact.fact_id, each.record.observed_on))
    kept = [each for each in listed if each.exclusion not in _GONE]
    return [_record(each, counting, statements) for each in kept], len(listed) - len(kept)


def loan_line(state: LoanState) -> ReportLoan:
    """One loan as its bank last returned it."""
    loan, last = state.loan, state.last
    return ReportLoan(
        loan_id=loan.loan_id,
        lender=loan.lender,
        granted_on=loan.granted_on,
        amount_fen=loan.amount_fen,
        last_month_end_on=None if last is None else last.month_end_on,
        balance_fen=None if last is None else last.balance_fen,
        overdue_days=None if last is None else last.overdue_days,
        class_label=None if last is None else list(LoanClass)[last.class_code - 1].label,
    )


def consent_line(given: Consent, withdrawn_on: date | None, organisation: str | None) -> ReportConsent:
    """One consent or refusal."""
    return ReportConsent(
        consent_id=given.consent_id,
        kind_label=given.kind.label,
        agreed=given.agreed,
        organisation=organisation,
        purpose_label=None if given.purpose is None else given.purpose.label,
        facts=list(given.facts),
        reference=given.reference,
        effective_from=given.effective_from,
        effective_to=given.effective_to,
        withdrawn_on=withdrawn_on,
    )


def override_line(found: Override) -> ReportOverride:
    """One override with its words: the subject is told all of it."""
    return ReportOverride(**{name: getattr(found, name) for name in ReportOverride.model_fields})


def objection_line(standing: Progress) -> ReportObjection:
    """One objection as it stands."""
    objection, end = standing.objection, standing.end
    return ReportObjection(
        objection_id=objection.objection_id,
        record_id=objection.record_id,
        rating_id=objection.rating_id,
        raised_on=objection.raised_on,
        due_on=objection.due_on,
        state_label=standing.state.label,
        outcome_label=None if end is None else end.kind.label,
        answered_on=None if end is None else end.happened_on,
    )


def review_line(request: ReviewRequest, answer: ReviewAnswer | None) -> ReportReview:
    """One request of review as it stands."""
    return ReportReview(
        review_id=request.review_request_id,
        rating_id=request.rating_id,
        raised_on=request.raised_on,
        due_on=request.due_on,
        outcome_label=None if answer is None else answer.outcome.label,
        answered_on=None if answer is None else answer.answered_on,
    )


def document_line(found: Attestation) -> ReportDocument:
    """One document for or against a title; who asked and who confirmed are not named."""
    same = [name for name in ReportDocument.model_fields if name != "kind_label"]
    return ReportDocument(kind_label=found.kind.label, **{name: getattr(found, name) for name in same})


def title_line(path: ShownPath) -> ReportTitle:
    """One title with its steps; whoever took them is not named."""
    title = path.title
    return ReportTitle(
        designation_id=title.designation.designation_id,
        kind_label=title.designation.kind.label,
        state_label=title.last.state.label,
        shown_name=title.name,
        opened_on=path.steps[0].step.happened_on,
        valid_until=title.last.valid_until,
        steps=[
            ReportTitleStep(
                happened_on=one.step.happened_on,
                action_label=one.step.action.label,
                state_label=one.step.state.label,
                profile=one.profile,
                reason=one.step.reason,
                document=one.step.document,
                notice_number=one.notice_number,
                certificate_number=one.certificate_number,
            )
            for one in path.steps
        ],
    )


def asked_line(inquiry: Inquiry, organisation: Organisation) -> Asked:
    """One inquiry: the organisation is named, the person who typed it is not."""
    return Asked(
        organisation=organisation.name,
        inquired_at=inquiry.inquired_at.astimezone(clock.CHINA),
        purpose=inquiry.purpose.value,
        purpose_label=inquiry.purpose.label,
        outcome=inquiry.outcome.value,
        outcome_label=inquiry.outcome.label,
        consent_id=inquiry.consent_id,
    )


def _record(known: KnownRecord, counting: Collection[int], statements: Mapping[int, str]) -> ReportRecord:
    record, fact = known.record, known.fact
    use, label = _use(known, counting)
    return ReportRecord(
        record_id=record.record_id,
        fact=fact.name,
        label=fact.label,
        value=record.value,
        unit=fact.unit,
        words=in_words(record.value, fact.value_type, fact.unit, fact.codes),
        source_code=known.source.code,
        source=known.source.label,
        observed_on=record.observed_on,
        recorded_on=clock.day_of(known.batch.recorded_at),
        use=use,
        use_label=label,
        adverse=known.adverse is not None,
        statement=statements.get(record.record_id),
    )


def _use(known: KnownRecord, counting: Collection[int]) -> tuple[str, str]:
    if known.exclusion is not None:
        return known.exclusion.value, f"{known.exclusion.label}，未采用"
    if known.record.record_id in counting:
        return "counts", "现行有效"
    return "older", "备查，未采用"
