"""Divisions: city, district, towns and streets, villages and communities."""

from datetime import date

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Labelled, enum_column


class PlaceKind(Labelled):
    """What a division is."""

    CITY = "city", "市"
    DISTRICT = "district", "区"
    TOWN = "town", "镇"
    SUBDISTRICT = "subdistrict", "街道"
    VILLAGE = "village", "行政村"
    COMMUNITY = "community", "社区"


class Place(Base):
    """One division over the time it exists; its code belongs to a code system (NBS)."""

    __tablename__ = "places"
    __table_args__ = (
        UniqueConstraint("code_system", "code", "valid_from"),
        Index(None, "parent_id"),
    )

    place_id: Mapped[int] = mapped_column(primary_key=True)
    code_system: Mapped[str] = mapped_column(String(8))
    code: Mapped[str] = mapped_column(String(12))
    mca_code: Mapped[str | None] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(64))
    kind: Mapped[PlaceKind] = mapped_column(enum_column(PlaceKind))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("places.place_id"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("places.place_id"))
