"""What a subject is told of itself: the report and the copy to take away, in one documented form.

`schema_version` names the form; fields may be added under the same version, a field that changes its meaning
or goes away takes a new one.
"""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

REPORT_VERSION = "credit-village.subject-report/1"
PORTABILITY_VERSION = "credit-village.portability/1"


class Part(BaseModel):
    """The base of every part of a report: complete, and never changed once made."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Issued(Part):
    """By whom and when a copy was handed over, on which proof of identity; `number_in_year` counts reports.

    The first two reports of a calendar year are free (征信业管理条例 art. 17).
    """

    office: str
    issued_by: str
    issued_at: datetime
    document: str
    number_in_year: int | None
    free: bool


class Person(Part):
    """One other adult of a household: shown masked, because these are the data of somebody else."""

    relation_code: str
    name_masked: str
    number_masked: str | None


class Who(Part):
    """Whose report it is, with the own name and number in full."""

    subject_id: int
    kind: str
    kind_label: str
    name: str
    id_number: str | None
    uscc: str | None
    household_no: str | None
    representative: str | None
    division: str
    phones: list[str]
    addresses: list[str]
    members: list[Person]
    synthetic: bool


class ReportRecord(Part):
    """One record on file: what it says, from where, and whether the rating uses it.

    `use` is `counts`, `older` (another record of the same fact counts), `not_noticed` or `consent_withdrawn`
    (on file, not used). `adverse` marks what can only lower a rating, `statement` is the subject's own word.
    """

    record_id: int
    fact: str
    label: str
    value: float
    unit: str
    words: str
    source_code: str
    source: str
    observed_on: date
    recorded_on: date
    use: str
    use_label: str
    adverse: bool
    statement: str | None


class ReportLoan(Part):
    """One loan as its bank last returned it; amounts in fen."""

    loan_id: int
    lender: str
    granted_on: date
    amount_fen: int
    last_month_end_on: date | None
    balance_fen: int | None
    overdue_days: int | None
    class_label: str | None


class RatingLine(Part):
    """One characteristic of a rating: what it was, its points of the most it can give, and the rule."""

    label: str
    bin_label: str
    known: bool
    points: int
    points_maximum: int
    reason: str | None
    basis: str


class ReportRating(Part):
    """One rating the subject has had, with every point and reason and the version of the card."""

    rating_id: int
    since: date
    until: date | None
    grade: str
    grade_label: str
    score: int | None
    unrated_reason: str | None
    card: str
    card_version: date
    card_fingerprint: str
    lines: list[RatingLine]
    reasons: list[str]
    vetoes: list[str]


class ReportOverride(Part):
    """Where an official departed from the grade of the card, and whether that still holds."""

    override_id: int
    rating_id: int
    card_grade: str
    grade: str
    office: str
    reason_label: str
    reason: str
    document: str
    effective_from: date
    effective_to: date
    ended_on: date | None
    state_label: str


class ReportConsent(Part):
    """What the subject agreed to or refused, for whom and what, and until when."""

    consent_id: int
    kind_label: str
    agreed: bool
    organisation: str | None
    purpose_label: str | None
    facts: list[str]
    reference: str
    effective_from: date
    effective_to: date | None
    withdrawn_on: date | None


class ReportObjection(Part):
    """One objection and what became of it."""

    objection_id: int
    record_id: int | None
    rating_id: int | None
    raised_on: date
    due_on: date
    state_label: str
    outcome_label: str | None
    answered_on: date | None


class ReportReview(Part):
    """One request that a person looks at a rating, and what became of it."""

    review_id: int
    rating_id: int
    raised_on: date
    due_on: date
    outcome_label: str | None
    answered_on: date | None


class ReportDocument(Part):
    """A document that counts for or against a title of the subject, and whether it still does."""

    attestation_id: int
    kind_label: str
    label: str
    reason: str
    document: str
    office: str
    decided_on: date
    effective_from: date
    valid_until: date
    ended_on: date | None
    end_reason: str | None
    state_label: str


class ReportTitleStep(Part):
    """One step on the way of a title: what was done, when, why and on which document."""

    happened_on: date
    action_label: str
    state_label: str
    profile: str
    reason: str
    document: str
    notice_number: str | None
    certificate_number: str | None


class ReportTitle(Part):
    """One title the subject has had or was proposed for, with every step, and until when it holds."""

    designation_id: int
    kind_label: str
    state_label: str
    shown_name: str
    opened_on: date
    valid_until: date | None
    steps: list[ReportTitleStep]


class Asked(Part):
    """One inquiry about the subject: which organisation, when, for what, and with which consent."""

    organisation: str
    inquired_at: datetime
    purpose: str
    purpose_label: str
    outcome: str
    outcome_label: str
    consent_id: int | None


class Explained(Part):
    """The rating that holds now, told in plain Chinese sentences."""

    rating_id: int | None
    as_of: date | None
    grade: str | None
    score: int | None
    card: str | None
    card_version: date | None
    review_open: bool
    summary: list[str]
    counted: list[str]
    cost: list[str]
    ways_up: list[str]
    made: list[str]


class Held(Part):
    """Everything on file of a subject that it may see; `withheld_count` records are not shown any more."""

    who: Who
    records: list[ReportRecord]
    withheld_count: int
    loans: list[ReportLoan]
    ratings: list[ReportRating]
    overrides: list[ReportOverride]
    consents: list[ReportConsent]
    objections: list[ReportObjection]
    reviews: list[ReportReview]
    titles: list[ReportTitle]
    documents: list[ReportDocument]


class Report(Part):
    """The report of a subject on itself (征信业管理条例 art. 17, 个人信息保护法 art. 45)."""

    schema_version: str = REPORT_VERSION
    title: str
    notice: str
    issued: Issued
    held: Held
    explanation: Explained
    inquiries: list[Asked]
    rights: list[str]


class PortableCopy(Part):
    """The copy of its data a subject takes elsewhere (个人信息保护法 art. 45, third paragraph)."""

    schema_version: str = PORTABILITY_VERSION
    notice: str
    issued: Issued
    held: Held
