"""The declarative base, the column types and the labelled enums all tables share."""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import BigInteger, DateTime, Dialect, Enum, Integer, LargeBinary, MetaData, TypeDecorator
from sqlalchemy.orm import DeclarativeBase

NAMES = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
_EPOCH = date(1970, 1, 1)
_EPOCH_ORDINAL = _EPOCH.toordinal()

BigId = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """All tables; every constraint has a name."""

    metadata = MetaData(naming_convention=NAMES)


class Labelled(StrEnum):
    """An enum whose members carry their Chinese label."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        return member


def enum_column(kind: type[Labelled]) -> Enum:
    """A text column that holds the values of `kind` and refuses all others."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        name=kind.__name__.lower(),
        length=32,
        values_callable=lambda members: [member.value for member in members],
    )


class Instant(TypeDecorator[datetime]):
    """An instant in UTC on every database; one without a time zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert value.tzinfo is not None, "an instant needs a time zone"
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        assert isinstance(value, datetime)
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Sealed(LargeBinary):
    """An encrypted text, bound to its row: `place` names the row by its columns: `members/{member_id}/name`.

    Whoever seals everything anew finds the columns by this type (app/jobs/rotation.py).
    """

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place


class Hashed(LargeBinary):
    """The keyed hash of the text that is sealed in the column `of` of the same row."""

    def __init__(self, of: str) -> None:
        super().__init__(32)
        self.of = of


class EpochDay(TypeDecorator[date]):
    """A date stored as days since 1970-01-01: the form the mass tables are read in."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int | None:
        return None if value is None else epoch_day(value)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> date | None:
        return None if value is None else date.fromordinal(_EPOCH_ORDINAL + value)


def epoch_day(day: date) -> int:
    """Days from 1970-01-01 to `day`."""
    return (day - _EPOCH).days
