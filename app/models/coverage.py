"""Rosters (who ought to be on file) and the coverage measured against them."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Labelled, enum_column
from app.models.subjects import EntityType


class ExclusionReason(Labelled):
    """Why a roster entry does not count; each needs a document (REQ-503)."""

    DEREGISTERED = "deregistered", "注销"
    REVOKED = "revoked", "吊销"
    SUSPENDED = "suspended", "停业"
    SHELL = "shell", "空壳"
    DUPLICATE = "duplicate", "重复"
    REFUSED = "refused", "拒绝"
    UNREACHABLE = "unreachable", "失联"
    OUT_OF_DISTRICT = "out_of_district", "跨区"


class Roster(Base):
    """A frozen list of entities from a named source, as of a day."""

    __tablename__ = "rosters"

    roster_id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.batch_id"), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    source: Mapped[str] = mapped_column(String(64))
    as_of: Mapped[date]


class RosterEntry(Base):
    """One entity that ought to be on file, or is excluded for a stated reason and document."""

    __tablename__ = "roster_entries"
    __table_args__ = (Index(None, "roster_id", "uscc", unique=True), Index(None, "uscc"))

    roster_entry_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    roster_id: Mapped[int] = mapped_column(ForeignKey("rosters.roster_id"))
    row_no: Mapped[int]
    name: Mapped[str] = mapped_column(String(128))
    uscc: Mapped[str] = mapped_column(String(18))
    entity_type: Mapped[EntityType] = mapped_column(enum_column(EntityType))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.place_id"))
    exclusion: Mapped[ExclusionReason | None] = mapped_column(enum_column(ExclusionReason))
    exclusion_document: Mapped[str | None] = mapped_column(String(255))


class CoverageCount(Base):
    """Coverage of one entity type in one town from one night on, until its next row."""

    __tablename__ = "coverage_counts"

    run_id: Mapped[int] = mapped_column(
        ForeignKey("rating_runs.run_id"), primary_key=True, autoincrement=False
    )
    place_id: Mapped[int] = mapped_column(
        ForeignKey("places.place_id"), primary_key=True, autoincrement=False
    )
    entity_type: Mapped[EntityType] = mapped_column(enum_column(EntityType), primary_key=True)
    roster_id: Mapped[int] = mapped_column(ForeignKey("rosters.roster_id"), primary_key=True)
    roster_count: Mapped[int]
    excluded_count: Mapped[int]
    on_file_count: Mapped[int]
    rated_count: Mapped[int]
