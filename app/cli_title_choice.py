"""Which titles a command of `credit-village designations` is about: those named, or a batch of a division."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app import clock
from app.access.scope import Viewer
from app.db import Session
from app.designations.service.proposing import division_of
from app.designations.service.steps import seen_by, set_aside, standings
from app.designations.service.titles import Listed, listed, listed_one
from app.designations.standing import Act, Refusal
from app.errors import Invalid
from app.models import DesignationKind, DesignationState
from app.subjects.cipher import Cipher

AT_ONCE = 2_000


@dataclass(frozen=True)
class Choice:
    """The titles a command is about; of a `whole` batch those that are not for this person are left out."""

    found: Callable[[Session, Viewer], Sequence[Listed]]
    whole: bool = False


def chosen_titles(
    numbers: list[int] | None,
    *,
    kind: DesignationKind | None,
    place: str | None,
    states: Sequence[DesignationState],
) -> Choice:
    """The titles a command is about: those named, or all of a kind in a division that stand so."""
    if bool(numbers) == (place is not None and kind is not None):
        raise Invalid(
            "请列出称号编号，或用 --place 与 --kind 指明一批 · name titles by their numbers, or all of a "
            "kind with --place and --kind"
        )
    if numbers:
        return only(*numbers)

    def found(session: Session, who: Viewer) -> list[Listed]:
        return [
            row for state in states for row in listed_of(session, who, kind=kind, state=state, place=place)
        ]

    return Choice(found, whole=True)


def only(*numbers: int) -> Choice:
    """The titles with these numbers."""

    def found(session: Session, who: Viewer) -> list[Listed]:
        return [listed_one(session, seen_by(session, number, viewer=who)) for number in numbers]

    return Choice(found)


def without_aside(
    session: Session, rows: Sequence[Listed], act: Act, *, cipher: Cipher
) -> tuple[Sequence[Listed], Sequence[Refusal]]:
    """A batch without what is left to others, and why that is; all of it where nothing would be left."""
    taken = standings(session, [row.designation.designation_id for row in rows])
    aside = set_aside(session, taken, act, cipher=cipher)
    if len(aside) == len(rows):
        return rows, ()
    numbers = {each.designation_id for each in aside}
    left = [row for row in rows if row.designation.designation_id not in numbers]
    return left, sorted(aside, key=lambda each: each.designation_id)


def listed_of(
    session: Session,
    who: Viewer,
    *,
    kind: DesignationKind | None,
    state: DesignationState | None,
    place: str | None,
) -> list[Listed]:
    """The titles of a person's division, or of one in it."""
    within = place and division_of(session, place, viewer=who, on=clock.today()).code
    return listed(session, viewer=who, within=within, kind=kind, state=state, after=0, limit=AT_ONCE)
