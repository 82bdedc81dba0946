"""Village appraisals: rounds, who appraises, their sheets, and what the closed round came to."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Double, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, Sealed, enum_column


class AppraisalStanding(Labelled):
    """Whether a household of the village can be appraised; whoever cannot stays in the denominator."""

    APPRAISABLE = "appraisable", "可评"
    REFUSED = "refused", "未同意建档评级"


class SheetChannel(Labelled):
    """How an appraiser filled in the sheet."""

    ONLINE = "online", "线上"
    PAPER = "paper", "纸质"


class FlagKind(Labelled):
    """What looks odd in a round; it is shown to the town, and nothing follows by itself."""

    KINSHIP = "kinship", "亲属回避"
    OUTLIER = "outlier", "与他人差异大"
    IDENTICAL_SHEETS = "identical_sheets", "评议表雷同"
    ALL_TOP = "all_top", "几乎全评最高"
    LOW_AGREEMENT = "low_agreement", "一致性低"


class AppraisalRound(Base):
    """One round of appraisal of a village, numbered without a gap, under the rules of its first day.

    Sheets are taken from `opens_on`; from `closes_on` on it may be closed whoever is missing.
    """

    __tablename__ = "appraisal_rounds"
    __table_args__ = (UniqueConstraint("place_id", "number"),)

    appraisal_round_id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("places.place_id"))
    number: Mapped[int]
    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_versions.rule_version_id"))
    opens_on: Mapped[date]
    closes_on: Mapped[date]
    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))


class AppraisalHousehold(Base):
    """One household of the village when the round was opened, with its line on every sheet."""

    __tablename__ = "appraisal_households"
    __table_args__ = (UniqueConstraint("appraisal_round_id", "line_number"), Index(None, "subject_id"))

    appraisal_round_id: Mapped[int] = mapped_column(
        ForeignKey("appraisal_rounds.appraisal_round_id"), primary_key=True, autoincrement=False
    )
    subject_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("subjects.subject_id"), primary_key=True, autoincrement=False
    )
    line_number: Mapped[int]
    standing: Mapped[AppraisalStanding] = mapped_column(enum_column(AppraisalStanding))


class Appraiser(Base):
    """Who appraises in a round: with an account, or (`user_id` none) on paper; the name is sealed.

    `form_code` is printed on the paper sheet, which is matched by it.
    """

    __tablename__ = "appraisers"
    __table_args__ = (
        UniqueConstraint("appraisal_round_id", "number"),
        UniqueConstraint("appraisal_round_id", "user_id"),
        UniqueConstraint("form_code"),
    )

    appraiser_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    appraisal_round_id: Mapped[int] = mapped_column(ForeignKey("appraisal_rounds.appraisal_round_id"))
    number: Mapped[int]
    name_cipher: Mapped[bytes] = mapped_column(Sealed("appraisers/{form_code}/name"))
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.user_id"))
    form_code: Mapped[str] = mapped_column(String(16))
    invited_at: Mapped[datetime] = mapped_column(Instant)
    invited_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))


class AppraiserKin(Base):
    """That an appraiser is kin of a household, as declared at the invitation: that mark will not count."""

    __tablename__ = "appraiser_kin"
    __table_args__ = (Index(None, "subject_id"),)

    appraiser_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("appraisers.appraiser_id"), primary_key=True, autoincrement=False
    )
    subject_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("subjects.subject_id"), primary_key=True, autoincrement=False
    )


class AppraisalDraft(Base):
    """A sheet that is not submitted yet, sealed; `revision` counts how often it was saved."""

    __tablename__ = "appraisal_drafts"

    appraiser_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("appraisers.appraiser_id"), primary_key=True, autoincrement=False
    )
    revision: Mapped[int]
    content_cipher: Mapped[bytes] = mapped_column(Sealed("appraisal_drafts/{appraiser_id}/{revision}"))
    saved_at: Mapped[datetime] = mapped_column(Instant)


class AppraisalSheet(Base):
    """A submitted sheet: final, with the SHA-256 of all it says; `file_sha256` is that of a paper's file."""

    __tablename__ = "appraisal_sheets"
    __table_args__ = (UniqueConstraint("file_sha256"),)

    appraiser_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("appraisers.appraiser_id"), primary_key=True, autoincrement=False
    )
    channel: Mapped[SheetChannel] = mapped_column(enum_column(SheetChannel))
    fingerprint: Mapped[str] = mapped_column(String(64))
    file_sha256: Mapped[str | None] = mapped_column(String(64))
    submitted_at: Mapped[datetime] = mapped_column(Instant)
    submitted_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))


class AppraisalMark(Base):
    """What one appraiser said of one household.

    Without knowing it, nothing else is said; of kin, whatever is said does not count.
    """

    __tablename__ = "appraisal_marks"
    __table_args__ = (Index(None, "subject_id"),)

    appraiser_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("appraisal_sheets.appraiser_id"), primary_key=True, autoincrement=False
    )
    subject_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("subjects.subject_id"), primary_key=True, autoincrement=False
    )
    knows: Mapped[bool]
    kin: Mapped[bool]
    answers: Mapped[dict[str, Any]] = mapped_column(JSON)
    score: Mapped[int | None]
    reasons: Mapped[list[str]] = mapped_column(JSON)
    suggested_limit_fen: Mapped[int | None] = mapped_column(BigId)


class AppraisalClosing(Base):
    """That a round was closed, once: how many sheets there were, and how far they agree (Fleiss' kappa).

    `batch_id` is the delivery its scores went into the records by; none where no household had a quorum.
    `reason` is why it was closed before its day, without any sheet.
    """

    __tablename__ = "appraisal_closings"

    appraisal_round_id: Mapped[int] = mapped_column(
        ForeignKey("appraisal_rounds.appraisal_round_id"), primary_key=True, autoincrement=False
    )
    closed_on: Mapped[date]
    sheet_count: Mapped[int]
    kappa: Mapped[float | None] = mapped_column(Double)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.batch_id"))
    fingerprint: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str | None] = mapped_column(String(255))
    closed_at: Mapped[datetime] = mapped_column(Instant)
    closed_by: Mapped[int] = mapped_column(ForeignKey("users.user_id"))


class AppraisalResult(Base):
    """What the marks of one household came to; without a quorum neither score nor grade."""

    __tablename__ = "appraisal_results"
    __table_args__ = (Index(None, "subject_id"),)

    appraisal_round_id: Mapped[int] = mapped_column(
        ForeignKey("appraisal_closings.appraisal_round_id"), primary_key=True, autoincrement=False
    )
    subject_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("subjects.subject_id"), primary_key=True, autoincrement=False
    )
    known_count: Mapped[int]
    appraiser_count: Mapped[int]
    favourable_count: Mapped[int]
    score_hundredths: Mapped[int | None]
    grade: Mapped[str | None] = mapped_column(String(8))
    suggested_limit_fen: Mapped[int | None] = mapped_column(BigId)
    reasons: Mapped[dict[str, Any]] = mapped_column(JSON)


class AppraisalFlag(Base):
    """One thing the town should look at, with what was found; it changes no score."""

    __tablename__ = "appraisal_flags"
    __table_args__ = (Index(None, "appraisal_round_id"), Index(None, "subject_id"))

    appraisal_flag_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    appraisal_round_id: Mapped[int] = mapped_column(ForeignKey("appraisal_closings.appraisal_round_id"))
    kind: Mapped[FlagKind] = mapped_column(enum_column(FlagKind))
    appraiser_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("appraisers.appraiser_id"))
    other_appraiser_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("appraisers.appraiser_id"))
    subject_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
