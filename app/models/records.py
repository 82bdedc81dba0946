"""The catalogue of facts, the sources and batches they arrive from, and the records themselves."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, EpochDay, Instant, Labelled, Sealed, enum_column
from app.models.subjects import SubjectKind


class Sensitivity(Labelled):
    """How the law treats a fact (征信业管理条例 art. 14)."""

    OPEN = "open", "公开"
    PERSONAL = "personal", "个人"
    RESTRICTED = "restricted", "限制采集"


class ValueType(Labelled):
    """How the number in a record is to be read."""

    INTEGER = "integer", "整数"
    MONEY_FEN = "money_fen", "金额（分）"
    NUMBER = "number", "数值"
    BOOLEAN = "boolean", "是否"
    CODE = "code", "代码"
    SHARE = "share", "比例"


class Fact(Base):
    """One kind of thing that can be recorded of one kind of subject."""

    __tablename__ = "facts"
    __table_args__ = (UniqueConstraint("subject_kind", "name"),)

    fact_id: Mapped[int] = mapped_column(SmallInteger().with_variant(Integer, "sqlite"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[SubjectKind] = mapped_column(enum_column(SubjectKind))
    label: Mapped[str] = mapped_column(String(64))
    label_en: Mapped[str] = mapped_column(String(128))
    unit: Mapped[str] = mapped_column(String(32))
    value_type: Mapped[ValueType] = mapped_column(enum_column(ValueType))
    minimum: Mapped[float | None] = mapped_column(Double)
    maximum: Mapped[float | None] = mapped_column(Double)
    sensitivity: Mapped[Sensitivity] = mapped_column(enum_column(Sensitivity))
    freshness_months: Mapped[int]
    basis: Mapped[str] = mapped_column(String(64))
    domain: Mapped[str] = mapped_column(String(32))
    departments: Mapped[list[str]] = mapped_column(JSON)
    cycle_months: Mapped[int]
    adverse_from: Mapped[float | None] = mapped_column(Double)
    codes: Mapped[dict[str, Any]] = mapped_column(JSON)
    law: Mapped[str] = mapped_column(String(64))


class Source(Base):
    """Who a kind of record comes from: a department's register, the banks' returns, the town offices.

    What a source `is_public` by law says of a person may be kept without a notice to that person first
    (征信业管理条例 art. 15).
    """

    __tablename__ = "sources"

    source_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32), unique=True)
    label: Mapped[str] = mapped_column(String(64))
    label_en: Mapped[str] = mapped_column(String(128))
    department: Mapped[str] = mapped_column(String(32))
    cycle_months: Mapped[int]
    is_public: Mapped[bool]
    basis: Mapped[str] = mapped_column(String(64))


class BatchKind(Labelled):
    """What a delivery contains."""

    HOUSEHOLDS = "households", "农户"
    ENTITIES = "entities", "新型农业经营主体"
    OBSERVATIONS = "observations", "采集指标"
    ROSTER = "roster", "名录"
    LOAN_RETURN = "loan_return", "贷款月报"
    DEMONSTRATION = "demonstration", "演示数据"
    SOURCE = "source", "部门数据"
    CONSENTS = "consents", "授权书"
    CORRECTION = "correction", "更正"


class Batch(Base):
    """One delivery: a file of a town office, a return of a bank, the synthetic district.

    `source` is who sent it, `source_id` what kind of source that is; `mapping` the fingerprint of the mapping
    file it was read by.
    """

    __tablename__ = "batches"
    __table_args__ = (UniqueConstraint("kind", "content_sha256"),)

    batch_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[BatchKind] = mapped_column(enum_column(BatchKind))
    source: Mapped[str] = mapped_column(String(64))
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.source_id"))
    mapping: Mapped[str | None] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(255))
    content_sha256: Mapped[str] = mapped_column(String(64))
    row_count: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))
    synthetic: Mapped[bool]


class Record(Base):
    """One value of one fact of one subject, never changed; newest observation first is current."""

    __tablename__ = "records"
    __table_args__ = (Index(None, "subject_id", "fact_id"),)

    record_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    fact_id: Mapped[int] = mapped_column(ForeignKey("facts.fact_id"))
    value: Mapped[float] = mapped_column(Double)
    observed_on: Mapped[date] = mapped_column(EpochDay)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.batch_id"))
    row_no: Mapped[int]


class SourceRow(Base):
    """A row of a file that was summed up with others into one row of records (`row_no`)."""

    __tablename__ = "source_rows"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.batch_id"), primary_key=True)
    row_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    source_row_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class WrittenConsent(Base):
    """The written consent under which a row of a file was collected (art. 14)."""

    __tablename__ = "written_consents"
    __table_args__ = (Index(None, "consent_id"),)

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.batch_id"), primary_key=True)
    row_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subject_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("subjects.subject_id"), primary_key=True, autoincrement=False
    )
    consent_id: Mapped[int] = mapped_column(BigId, ForeignKey("consents.consent_id"))


class AdverseRecord(Base):
    """What the delivery itself said of an adverse record: when the event ended, when the person was told."""

    __tablename__ = "adverse_records"
    __table_args__ = (Index(None, "subject_id"),)

    record_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("records.record_id"), primary_key=True, autoincrement=False
    )
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    ended_on: Mapped[date | None] = mapped_column(EpochDay)
    noticed_on: Mapped[date | None] = mapped_column(EpochDay)


class RecordEventKind(Labelled):
    """What can happen to a record after it was delivered; the record itself never changes."""

    NOTICED = "noticed", "已告知本人"
    ENDED = "ended", "不良行为终止"
    CORRECTED = "corrected", "更正"
    REPAIRED = "repaired", "信用修复"
    RESTORED = "restored", "恢复"


class RecordEvent(Base):
    """One event of one record, on a day; `replaced_by` is the record that says what is right."""

    __tablename__ = "record_events"
    __table_args__ = (Index(None, "record_id"), Index(None, "subject_id"))

    record_event_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    record_id: Mapped[int] = mapped_column(BigId, ForeignKey("records.record_id"))
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    kind: Mapped[RecordEventKind] = mapped_column(enum_column(RecordEventKind))
    happened_on: Mapped[date] = mapped_column(EpochDay)
    replaced_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("records.record_id"))
    document: Mapped[str] = mapped_column(String(255))
    reason: Mapped[str] = mapped_column(String(255))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))


class Statement(Base):
    """What a person says about an adverse record, at most 100 characters; shown beside it (art. 16)."""

    __tablename__ = "statements"
    __table_args__ = (Index(None, "record_id"), Index(None, "subject_id"))

    statement_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    record_id: Mapped[int] = mapped_column(BigId, ForeignKey("records.record_id"))
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    text_cipher: Mapped[bytes] = mapped_column(Sealed("records/{record_id}/statement"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))


class QuarantinedRow(Base):
    """A row of a file that fits no subject; `content` is sealed, and waits for somebody to decide."""

    __tablename__ = "quarantined_rows"
    __table_args__ = (UniqueConstraint("batch_id", "row_no"),)

    quarantined_row_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.batch_id"))
    row_no: Mapped[int]
    reason: Mapped[str] = mapped_column(String(255))
    content_cipher: Mapped[bytes] = mapped_column(Sealed("quarantined_rows/{quarantined_row_id}/content"))
    candidates: Mapped[list[Any]] = mapped_column(JSON)


class QuarantineDecision(Base):
    """Who decided what becomes of a quarantined row: it belongs to a subject, or to nobody."""

    __tablename__ = "quarantine_decisions"

    quarantined_row_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("quarantined_rows.quarantined_row_id"), primary_key=True, autoincrement=False
    )
    subject_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.batch_id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))
