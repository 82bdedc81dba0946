"""Rule versions, nights, ratings and the status of places: all insert-only."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Double,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Instant, Labelled, enum_column


class RuleVersion(Base):
    """One version of a card or profile exactly as it was in force, with its fingerprint."""

    __tablename__ = "rule_versions"
    __table_args__ = (UniqueConstraint("code", "variant", "effective_from", "fingerprint"),)

    rule_version_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32))
    variant: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(32))
    effective_from: Mapped[date]
    fingerprint: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(Text)
    validation: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    loaded_at: Mapped[datetime] = mapped_column(Instant)


class RatingRun(Base):
    """One night. Readers see the newest published one; an unpublished one does not exist for them.

    `known_until` is the last row the night had read of each table that is only ever added to, by table: with
    it, what was known that night can be read again.
    """

    __tablename__ = "rating_runs"
    __table_args__ = (Index(None, "as_of"),)

    run_id: Mapped[int] = mapped_column(primary_key=True)
    as_of: Mapped[date]
    started_at: Mapped[datetime] = mapped_column(Instant)
    published_at: Mapped[datetime | None] = mapped_column(Instant)
    last_record_id: Mapped[int] = mapped_column(BigInteger)
    known_until: Mapped[dict[str, Any]] = mapped_column(JSON)
    rule_fingerprints: Mapped[dict[str, Any]] = mapped_column(JSON)
    summary: Mapped[dict[str, Any]] = mapped_column(JSON)


class UnratedReason(Labelled):
    """Why a subject has the grade N."""

    NONE = "", ""
    REQUIRED_MISSING = "required_missing", "缺少必需指标"
    TOO_FEW_FACTS = "too_few_facts", "已知指标过少"
    NOT_IN_OPERATION = "not_in_operation", "主体未存续"
    NO_CONSENT = "no_consent", "未同意评级"
    MERGED = "merged", "已并户"


class Rating(Base):
    """What a subject's rating became on one night; it holds until the subject's next row."""

    __tablename__ = "ratings"
    __table_args__ = (Index(None, "subject_id", "run_id", unique=True),)

    rating_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("rating_runs.run_id"))
    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_versions.rule_version_id"))
    grade: Mapped[str] = mapped_column(String(8))
    score: Mapped[int | None] = mapped_column(SmallInteger().with_variant(Integer, "sqlite"))
    packed_bins: Mapped[int] = mapped_column(BigInteger)
    vetoes: Mapped[int]
    known_count: Mapped[int]
    unrated_reason: Mapped[UnratedReason] = mapped_column(enum_column(UnratedReason))
    on_file: Mapped[bool]
    out_of_range_count: Mapped[int] = mapped_column(server_default="0")


class PeerGroup(Labelled):
    """Whom a rating is compared with."""

    VILLAGE = "village", "本村平均"
    JUST_PASSED = "just_passed", "刚达标者平均"


class PeerPoints(Base):
    """What one card gave a group of subjects together from one night on, until the group's next row.

    `place_id` is the village or community, none for those of the district who just passed; `point_sums` are
    in the order of the card's characteristics.
    """

    __tablename__ = "peer_points"
    __table_args__ = (Index(None, "rule_version_id", "peer_group", "place_id", "run_id"),)

    peer_points_id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("rating_runs.run_id"))
    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_versions.rule_version_id"))
    peer_group: Mapped[PeerGroup] = mapped_column(enum_column(PeerGroup))
    place_id: Mapped[int | None] = mapped_column(ForeignKey("places.place_id"))
    subject_count: Mapped[int]
    point_sums: Mapped[list[int]] = mapped_column(JSON)


class GateState(Labelled):
    """Whether a gate holds."""

    HOLDS = "holds", "达标"
    FAILS = "fails", "未达标"
    INSUFFICIENT = "insufficient", "数据不足"
    NOT_APPLICABLE = "not_applicable", "不适用"


class PlaceStatus(Base):
    """The status of a village or town from one night on, until its next row."""

    __tablename__ = "place_statuses"
    __table_args__ = (Index(None, "place_id", "run_id", unique=True),)

    place_status_id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(ForeignKey("places.place_id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("rating_runs.run_id"))
    rule_version_id: Mapped[int] = mapped_column(ForeignKey("rule_versions.rule_version_id"))
    state: Mapped[GateState] = mapped_column(enum_column(GateState))


class PlaceMeasure(Base):
    """One measure of a place, with the numerator, the denominator and what the denominator counts."""

    __tablename__ = "place_measures"

    place_status_id: Mapped[int] = mapped_column(
        ForeignKey("place_statuses.place_status_id"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    numerator: Mapped[float | None] = mapped_column(Double)
    denominator: Mapped[float | None] = mapped_column(Double)
    denominator_name: Mapped[str] = mapped_column(String(64))


# What stands before the name of a rung where it is kept beside the gates.
RUNG_GATE = "rung:"


class PlaceGate(Base):
    """One gate of a place's title: the threshold, the value and how far apart they are.

    The rungs of a ladder are kept beside the gates under `rung:` and their name: the threshold is the least
    score, the value the score.
    """

    __tablename__ = "place_gates"

    place_status_id: Mapped[int] = mapped_column(
        ForeignKey("place_statuses.place_status_id"), primary_key=True, autoincrement=False
    )
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    measure: Mapped[str] = mapped_column(String(64))
    state: Mapped[GateState] = mapped_column(enum_column(GateState))
    threshold: Mapped[float] = mapped_column(Double)
    value: Mapped[float | None] = mapped_column(Double)
    margin: Mapped[float | None] = mapped_column(Double)


class PlaceGradeCount(Base):
    """How many subjects of one kind have one grade in a place."""

    __tablename__ = "place_grade_counts"

    place_status_id: Mapped[int] = mapped_column(
        ForeignKey("place_statuses.place_status_id"), primary_key=True, autoincrement=False
    )
    subject_kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    grade: Mapped[str] = mapped_column(String(8), primary_key=True)
    subject_count: Mapped[int]
