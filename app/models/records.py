"""The catalogue of facts, the batches they arrive in, and the records themselves."""

from datetime import date, datetime

from sqlalchemy import Double, ForeignKey, Index, Integer, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, EpochDay, Instant, Labelled, enum_column
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


class BatchKind(Labelled):
    """What a delivery contains."""

    HOUSEHOLDS = "households", "农户"
    ENTITIES = "entities", "新型农业经营主体"
    OBSERVATIONS = "observations", "采集指标"
    ROSTER = "roster", "名录"
    LOAN_RETURN = "loan_return", "贷款月报"
    DEMONSTRATION = "demonstration", "演示数据"


class Batch(Base):
    """One delivery: a file of a town office, a return of a bank, the synthetic district."""

    __tablename__ = "batches"
    __table_args__ = (UniqueConstraint("kind", "content_sha256"),)

    batch_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[BatchKind] = mapped_column(enum_column(BatchKind))
    source: Mapped[str] = mapped_column(String(64))
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


class WrittenConsent(Base):
    """The number of the written consent under which a row of a file was collected (art. 14)."""

    __tablename__ = "written_consents"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.batch_id"), primary_key=True)
    row_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    subject_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("subjects.subject_id"), primary_key=True, autoincrement=False
    )
    reference: Mapped[str] = mapped_column(String(64))
