"""What others have decided about households: the village by its appraisal, officials by an override."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from app.db import Session


@dataclass(frozen=True)
class Appraised:
    """The appraisal of a household that holds on a day."""

    appraisal_round_id: int
    answered_count: int
    favourable_count: int


@dataclass(frozen=True)
class Overridden:
    """The grade in the place of the card's."""

    override_id: int
    grade: str


def appraised_subjects(session: Session) -> Collection[int]:
    """Everybody any closed round was about."""
    return ()


def overridden_subjects(session: Session, *, on: date) -> Collection[int]:
    """Everybody an override may hold for on a day."""
    return ()


def appraised(session: Session, subject_ids: Collection[int], *, on: date) -> dict[int, Appraised]:
    """The appraisal of each of some households; who has none is left out."""
    return {}


def overridden(session: Session, subject_ids: Collection[int], *, on: date) -> dict[int, Overridden]:
    """The override of each of some subjects that holds on a day; who has none is left out."""
    return {}
