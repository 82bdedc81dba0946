"""What is sealed: every column by its type, and how many values are under which key."""

from dataclasses import dataclass
from string import Formatter
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Table, and_, func, select

from app.db import Session
from app.models import Base
from app.models.base import Hashed, Sealed
from app.subjects.cipher import HEAD_BYTES, KeyName

Counts = dict[KeyName, dict[str, int]]


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with its sealed columns, and for each hash the sealed column it is made from."""

    table: Table
    sealed: dict[str, str]
    hashed: dict[str, str]

    @property
    def key(self) -> list[Any]:
        """The columns of its primary key."""
        return list(self.table.primary_key.columns)

    @property
    def read(self) -> list[Any]:
        """What has to be read to seal a row anew."""
        bound = {name for place in self.sealed.values() for _, name, _, _ in Formatter().parse(place) if name}
        names = dict.fromkeys(
            [*(column.name for column in self.key), *sorted(bound), *self.sealed, *self.hashed]
        )
        return [self.table.c[name] for name in names]


def sealed_tables() -> list[SealedTable]:
    """Every table that has a sealed column, found by the columns' types."""
    found = []
    for name in sorted(Base.metadata.tables):
        table = Base.metadata.tables[name]
        sealed = {each.name: each.type.place for each in table.columns if isinstance(each.type, Sealed)}
        hashed = {each.name: each.type.of for each in table.columns if isinstance(each.type, Hashed)}
        if sealed:
            found.append(SealedTable(table, sealed, hashed))
    return found


def counts(session: Session) -> Counts:
    """How many values are under each key, by table and column; a hash goes with the value it is made from."""
    found: Counts = {}
    for each in sealed_tables():
        for column in each.sealed:
            head = _head(each.table.c[column])
            asked = select(head, func.count()).where(func.length(each.table.c[column]) > 0).group_by(head)
            for begins, count in session.execute(asked):
                found.setdefault(KeyName.of_head(bytes(begins)), {})[f"{each.table.name}.{column}"] = count
    return found


def elsewhere(column: Any, target: KeyName) -> ColumnElement[bool]:
    """Whether a value is under another key."""
    return and_(func.length(column) > 0, _head(column) != target.head)


def _head(column: Any) -> ColumnElement[bytes]:
    return func.substr(column, 1, HEAD_BYTES, type_=LargeBinary())
