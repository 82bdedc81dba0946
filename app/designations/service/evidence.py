"""What others have decided about households: the village by its appraisal, officials by an override."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from app.appraisals.service import results_of
from app.db import Session
from app.overrides.service import in_force


@dataclass(frozen=True)
class Appraised:
    """The appraisal of a household that holds on a day; `counts`: enough of the village answered."""

    answered_count: int
    favourable_count: int
    favourable: bool
    counts: bool

    @property
    def facts(self) -> Mapping[str, int | bool]:
        """What of it is kept with a step."""
        return {
            "answered_count": self.answered_count,
            "favourable_count": self.favourable_count,
            "favourable": self.favourable,
        }


@dataclass(frozen=True)
class Overridden:
    """The grade in the place of the card's."""

    override_id: int
    grade: str


def appraised(session: Session, subject_ids: Collection[int], *, on: date) -> dict[int, Appraised]:
    """The appraisal of each of some households that holds on a day; who has none is left out."""
    found = results_of(session, subject_ids, on=on)
    return {
        each: Appraised(
            one.appraiser_count, one.favourable_count, one.favourable, counts=one.score is not None
        )
        for each, one in found.items()
    }


def overridden(session: Session, subject_ids: Collection[int], *, on: date) -> dict[int, Overridden]:
    """The override of each of some subjects that holds on a day; who has none is left out."""
    found = in_force(session, subject_ids, on=on)
    return {each: Overridden(one.override_id, one.grade) for each, one in found.items()}
