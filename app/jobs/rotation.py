"""Moving every sealed value and keyed hash to another key or suite, in small steps, while the service serves.

Nothing is remembered but the values themselves and the keys in force: whatever was cut off goes on when it
is run again.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, literal, or_, select, tuple_, update

from app.db import Engine, Session, reading, transaction
from app.errors import Conflict, NotReady, SetupError
from app.jobs.progress import Progress
from app.jobs.sealed import Counts, SealedTable, counts, elsewhere, sealed_tables
from app.models import CipherKey, CipherSuite
from app.subjects.cipher import HEAD_BYTES, Cipher, KeyName
from app.subjects.keys import SETTLED, follow, hold, hold_alone, in_force, name_of

ROWS_PER_STEP = 500
# Between two steps others get their turn, which on SQLite is the only one.
PAUSE_SECONDS = 0.01
# A serving process may seal with the former key for some seconds more, and a row may be in use.
_PASSES_MAX, _BETWEEN_PASSES_SECONDS = 20, 0.5


@dataclass(slots=True)
class Moved:
    """What a rotation did: the values now under the new key, and the rows that would not go."""

    values: int = 0
    stuck: list[str] = field(default_factory=list)
    left: int = 0


def register_first(session: Session, cipher: Cipher, *, at: datetime) -> int:
    """Write down the keys in force where none is yet: those of the data, else the one that was given.

    `NotReady` where the data are under a key that was not given.
    """
    if follow(session, cipher):
        return 0
    used = [*counts(session)] or list(cipher.in_force)
    _refuse_missing(cipher, used)
    # The one that seals comes last, where the data are under several.
    for name in sorted(used, key=lambda name: name in cipher.in_force):
        _put(session, name, at=at)
    follow(session, cipher)
    return len(used)


def switch(engine: Engine, cipher: Cipher, target: KeyName, *, at: datetime, leaked: bool) -> bool:
    """Let a key seal from now on; the former ones still open and are looked up. False where it seals already.

    With `leaked`, no token signed with a former key is accepted any longer.
    """
    with reading(engine) as session:
        _refuse_missing(cipher, [*counts(session), target])
    with transaction(engine) as session:
        hold_alone(session)
        register_first(session, cipher, at=at)
        keys = follow(session, cipher)
        if leaked:
            _note_leak(keys, target, at=at)
        if name_of(keys[0]) == target:
            return False
        for key in keys:
            if name_of(key) == target:
                key.retired_at = at
        session.flush()
        _put(session, target, at=at)
        follow(session, cipher)
        return True


def move(engine: Engine, cipher: Cipher, *, progress: Progress) -> Moved:
    """Seal everything anew with the key that seals, until nothing is left under another."""
    moved = Moved()
    for turn in range(_PASSES_MAX):
        if turn > 1:
            time.sleep(_BETWEEN_PASSES_SECONDS)
        moved.stuck.clear()
        with reading(engine) as session:
            moved.left = _left(counts(session), cipher.in_force[0])
        if moved.left == 0:
            break
        before = moved.values
        for each in sealed_tables():
            _move_table(engine, cipher, each, moved=moved)
            progress(min(moved.values - before, moved.left), moved.left, "重新加密 sealed anew")
        if moved.values == before and moved.stuck:
            break
    return moved


def retire(engine: Engine, name: KeyName, *, at: datetime) -> None:
    """Take a key out of force; `Conflict` while it seals, while any value is under it, or too early."""
    with transaction(engine) as session:
        hold_alone(session)
        keys = [key for key in in_force(session) if name_of(key) == name]
        if not keys:
            raise Conflict(f"{name} is not in force; `credit-village keys status` shows which keys are")
        newest = in_force(session)[0]
        if name_of(newest) == name:
            raise Conflict(f"{name} seals; let another key seal first (`credit-village keys rotate`)")
        if at - newest.seals_from < SETTLED:
            raise Conflict(
                f"{name_of(newest)} seals since {newest.seals_from:%H:%M:%S} UTC only; a running service may "
                f"still seal with {name}. Wait {SETTLED.seconds // 60} minutes and try again"
            )
        under = counts(session).get(name, {})
        if under:
            told = ", ".join(f"{column} {count}" for column, count in sorted(under.items()))
            raise Conflict(
                f"{sum(under.values())} values are under {name}: {told}. Run `credit-village keys rotate`"
            )
        for key in keys:
            key.retired_at = at


def _move_table(engine: Engine, cipher: Cipher, each: SealedTable, *, moved: Moved) -> None:
    """One table from its first row to its last, a transaction for each step."""
    after: tuple[Any, ...] | None = None
    while True:
        with transaction(engine) as session:
            # Another key may seal by now: nothing is moved to one that could be retired meanwhile.
            hold(session, cipher)
            rows = _next_rows(session, each, cipher.in_force[0], after=after)
            _reseal(session, cipher, each, rows, moved=moved)
        if len(rows) < ROWS_PER_STEP:
            return
        after = tuple(rows[-1]._mapping[column.name] for column in each.key)
        time.sleep(PAUSE_SECONDS)


def _next_rows(
    session: Session, each: SealedTable, target: KeyName, *, after: tuple[Any, ...] | None
) -> Sequence[Row[Any]]:
    """The next rows with a value under another key, locked; what somebody else is changing comes later."""
    wanted = or_(*(elsewhere(each.table.c[name], target) for name in each.sealed))
    asked = select(*each.read).where(wanted).order_by(*each.key).limit(ROWS_PER_STEP)
    if after is not None:
        asked = asked.where(tuple_(*each.key) > tuple_(*map(literal, after)))
    return session.execute(asked.with_for_update(skip_locked=True)).all()


def _reseal(
    session: Session, cipher: Cipher, each: SealedTable, rows: Sequence[Row[Any]], *, moved: Moved
) -> None:
    changes = []
    for row in rows:
        told = dict(row._mapping)
        try:
            changes.append(_resealed(cipher, each, told))
        except SetupError:
            moved.stuck.append(f"{_named(each, told)}: does not open, although its key is known")
    changes = list(_without_twice(session, each, changes, moved=moved))
    if not changes:
        return
    same = and_(*(column == bindparam(f"_{column.name}") for column in each.key))
    values: dict[str, Any] = {name: bindparam(name) for name in (*each.sealed, *each.hashed)}
    session.connection().execute(
        update(each.table).where(same).values(values),
        [{**change, **{f"_{column.name}": change[column.name] for column in each.key}} for change in changes],
    )
    moved.values += sum(change[name] is not None for change in changes for name in each.sealed)


def _resealed(cipher: Cipher, each: SealedTable, told: dict[str, Any]) -> dict[str, Any]:
    """A row as it is under the key that seals; the hash of an erased number stays the noise it is."""
    target, made, texts = cipher.in_force[0].head, dict(told), {}
    for name, place in each.sealed.items():
        if told[name]:
            row = place.format_map(told)
            texts[name] = cipher.open(told[name], row=row)
            if told[name][:HEAD_BYTES] != target:
                made[name] = cipher.seal(texts[name], row=row)
    for name, of in each.hashed.items():
        if texts.get(of):
            made[name] = cipher.index(texts[of])
    return made


def _without_twice(
    session: Session, each: SealedTable, changes: list[dict[str, Any]], *, moved: Moved
) -> Iterator[dict[str, Any]]:
    """The changes but those of a person who stands in another row under the new key already."""
    unique = [index.columns[0] for index in each.table.indexes if index.unique and len(index.columns) == 1]
    taken: set[tuple[str, bytes]] = set()
    for column in (column for column in unique if column.name in each.hashed):
        keys = {tuple(change[key.name] for key in each.key) for change in changes}
        asked = select(column, *each.key).where(column.in_([change[column.name] for change in changes]))
        taken |= {
            (column.name, bytes(row[0])) for row in session.execute(asked) if tuple(row[1:]) not in keys
        }
    for change in changes:
        own = {(column.name, change[column.name]) for column in unique if column.name in each.hashed}
        if own & taken:
            moved.stuck.append(f"{_named(each, change)}: the same person is on file in another row")
        else:
            taken |= own
            yield change


def _named(each: SealedTable, told: dict[str, Any]) -> str:
    return "/".join([each.table.name, *(str(told[column.name]) for column in each.key)])


def _left(found: Counts, target: KeyName) -> int:
    return sum(sum(columns.values()) for name, columns in found.items() if name != target)


def _put(session: Session, name: KeyName, *, at: datetime) -> None:
    session.add(CipherKey(suite=CipherSuite[name.suite.upper()], key_id=name.key_id, seals_from=at))
    session.flush()


def _note_leak(keys: Sequence[CipherKey], target: KeyName, *, at: datetime) -> None:
    former = [key for key in keys if key.key_id != target.key_id]
    if not former:
        raise Conflict("the key that leaked is the one to seal with; make a new one first (`keys add`)")
    for key in former:
        key.leaked_at = key.leaked_at or at


def _refuse_missing(cipher: Cipher, names: Sequence[KeyName]) -> None:
    missing = sorted({str(name) for name in names if not cipher.knows(name)})
    if missing:
        raise NotReady(
            f"values are under {', '.join(missing)}, and that key was not given; nothing was changed. Add it "
            "after the new one to the key file, or to what CREDIT_VILLAGE_KEY or its command gives"
        )
