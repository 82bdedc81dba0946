"""Which divisions there are on a day, what lies in what, and how the list of them is loaded."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

from app.db import Session
from app.errors import NotFound
from app.models import Place, PlaceKind
from app.places import store
from app.places.divisions import (
    CODE_DIGITS,
    Division,
    Key,
    allowed_parent,
    read_divisions,
    subtree_prefix,
)
from app.places.store import PlaceInShort, by_ids, children, with_parents

__all__ = [
    "PlaceInShort", "by_ids", "children", "load_divisions", "place", "place_by_code", "place_name_in_full",
    "places_within", "spoken", "spoken_name", "subtree_prefix", "with_parents", "within",
]  # fmt: skip

Versions = dict[tuple[str, str], list[Place]]


def place(session: Session, place_id: int) -> Place:
    """The division with this id."""
    found = store.by_id(session, place_id)
    if found is None:
        raise NotFound(f"there is no division with the id {place_id}")
    return found


def place_by_code(session: Session, code: str, *, on: date) -> Place:
    """The division that has this code of the Bureau of Statistics on that day."""
    # What is not shaped like a division code is not repeated: it may be a person's number.
    if len(code) != CODE_DIGITS or not code.isdecimal():
        raise NotFound(
            f"区划代码应为 {CODE_DIGITS} 位数字，如 500120104000 · no such division: a division code has "
            f"{CODE_DIGITS} digits, such as 500120104000"
        )
    found = store.by_code(session, code, on=on)
    if found is None:
        raise NotFound(
            f"{on} 没有代码为 {code} 的区划，请查区划表 · no division has the code {code} on {on}; look it "
            "up in the list of divisions"
        )
    return found


def spoken_name(place: Place) -> str:
    """How people call a division: 长隆村, where the list names the committee, 长隆村村民委员会."""
    return spoken(place.name)


def spoken(name: str) -> str:
    """The same of a name that was kept."""
    return name.removesuffix("村民委员会").removesuffix("居民委员会")


def place_name_in_full(session: Session, place: Place) -> str:
    """A division's name after those of the district and the town it lies in, such as 璧山区大兴镇长隆村."""
    names, above = [spoken_name(place)], place
    while above.kind not in (PlaceKind.DISTRICT, PlaceKind.CITY) and above.parent_id is not None:
        above = store.by_id(session, above.parent_id) or above
        names.insert(0, above.name)
    return "".join(names)


def places_within(
    session: Session, code: str, *, on: date, kinds: Collection[PlaceKind] | None = None
) -> list[Place]:
    """The division with this code and all in it on that day, by code; of some kinds only, if given."""
    return store.with_prefix(session, subtree_prefix(code), on=on, kinds=kinds)


def within(scope_code: str, code: str) -> bool:
    """Whether the division `code` is the division `scope_code` or lies in it."""
    return code.startswith(subtree_prefix(scope_code))


def load_divisions(session: Session, path: Path) -> int:
    """Bring the stored divisions to the state of the list; how many were added or changed."""
    divisions = read_divisions(path)
    known: dict[Key, Place] = {
        (stored.code_system, stored.code, stored.valid_from): stored for stored in store.all_places(session)
    }
    touched = {row.key for row in divisions if store.put(session, _filled(known, row))}
    session.flush()
    versions = _versions(known)
    for row in divisions:
        _refuse_overlap(versions, row)
        stored = known[row.key]
        stored.parent_id = _parent_id(versions, row)
        stored.successor_id = _successor_id(versions, row)
        if store.put(session, stored):
            touched.add(row.key)
    session.flush()
    return len(touched)


def _filled(known: dict[Key, Place], row: Division) -> Place:
    """The stored division of this row, or a new one, with all of the row but its links."""
    stored = known.setdefault(row.key, Place())
    stored.code_system, stored.code, stored.valid_from = row.key
    stored.mca_code, stored.name, stored.kind = row.mca_code, row.name, row.kind
    stored.valid_to = row.valid_to
    return stored


def _versions(known: dict[Key, Place]) -> Versions:
    """The divisions that have had a code, oldest first."""
    versions: Versions = defaultdict(list)
    for key in sorted(known):
        versions[key[:2]].append(known[key])
    return versions


def _refuse_overlap(versions: Versions, row: Division) -> None:
    for earlier, later in pairwise(versions[row.code_system, row.code]):
        if earlier.valid_to is None or earlier.valid_to > later.valid_from:
            raise row.line.refusal(
                "valid_from",
                f"the code stands for two divisions at once from {later.valid_from}; "
                f"end the one of {earlier.valid_from} with valid_to by that day",
            )


def _parent_id(versions: Versions, row: Division) -> int | None:
    if row.parent_code is None:
        return None
    parent = _version_on(versions, (row.code_system, row.parent_code), row.valid_from)
    if parent is None:
        raise row.line.refusal(
            "parent_code", f"no division has this code on {row.valid_from}; add it or correct it"
        )
    if not allowed_parent(row.kind, parent=parent.kind):
        raise row.line.refusal("parent_code", f"a {row.kind} does not lie directly in a {parent.kind}")
    return parent.place_id


def _successor_id(versions: Versions, row: Division) -> int | None:
    if row.successor_code is None or row.valid_to is None:
        return None
    successor = _version_on(versions, (row.code_system, row.successor_code), row.valid_to)
    if successor is None:
        raise row.line.refusal(
            "successor_code", f"no division has this code on {row.valid_to}; add it or correct it"
        )
    return successor.place_id


def _version_on(versions: Versions, code: tuple[str, str], on: date) -> Place | None:
    for version in versions.get(code, ()):
        if version.valid_from <= on < (version.valid_to or on + timedelta(days=1)):
            return version
    return None
