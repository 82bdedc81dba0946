"""What new criteria would change: the newest night's numbers under the profile in force and under another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from app.db import Session
from app.designations.reports import StatusReport
from app.designations.service.statuses import status_reports
from app.designations.ways import columns
from app.errors import Invalid, NotFound
from app.models import Place, PlaceKind
from app.places.service import places_within
from scoring import HOLDS, Profile
from scoring.measures import county_medians
from scoring.titles import Reform, reformed

KINDS = {
    "credit_village": (PlaceKind.VILLAGE,),
    "credit_town": (PlaceKind.TOWN, PlaceKind.SUBDISTRICT),
}


@dataclass(frozen=True)
class CriteriaReform:
    """Two profiles over the places of a district, in one order."""

    old: Profile
    new: Profile
    reports: Sequence[StatusReport]
    changes: Reform

    @property
    def holding(self) -> tuple[int, int]:
        """How many places hold the old profile, and how many the new."""
        before, after = (
            (found.overall == HOLDS).sum() for found in (self.changes.before, self.changes.after)
        )
        return int(before), int(after)

    @property
    def gained(self) -> list[Place]:
        """The places that hold only the new one."""
        return [self.reports[position].place for position in self.changes.gained]

    @property
    def lost(self) -> list[tuple[Place, tuple[str, ...]]]:
        """The places that hold only the old one, with the gates of the new they miss."""
        return [
            (self.reports[position].place, self.changes.missed_by(position)) for position in self.changes.lost
        ]


def what_if(session: Session, new: Profile, *, district_code: str, on: date) -> CriteriaReform:
    """What a new profile changes; nothing is kept of it."""
    level = new.definition.level
    if level not in KINDS:
        raise Invalid(
            f"{level}: 只能比较信用村、信用镇标准 · only profiles of {' and '.join(KINDS)} are compared here"
        )
    places = places_within(session, district_code, on=on, kinds=KINDS[level])
    reports = status_reports(session, places)
    if not reports:
        raise NotFound("no night has judged these places yet; run `credit-village rescore`")
    newest = max(reports, key=lambda report: report.since).profile
    old = Profile(newest)
    measures, every = columns(reports), np.ones(len(reports), dtype=np.bool_)
    medians = county_medians(measures, among=every)
    changes = reformed(old, new, measures, references=medians, places=len(reports))
    return CriteriaReform(old, new, reports, changes)
