"""What new criteria would change: the newest night's numbers under the profile in force and under another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from app.db import Session
from app.designations.found import fingerprint_of
from app.designations.reports import StatusReport
from app.designations.service.statuses import status_reports
from app.designations.ways import columns
from app.errors import Invalid, NotFound
from app.models import Place, PlaceKind
from app.places.service import places_within
from app.rules.service import profile_version
from scoring import HOLDS, Profile
from scoring.definition import ProfileDefinition
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


def what_if_kept(
    session: Session, code: str, *, effective_from: date, within: str, on: date
) -> dict[str, Any]:
    """What a kept profile would change in a division, as it is shown to whoever decides about it.

    `fingerprint` is the SHA-256 of all the rest: of the profiles, of the night that was read, of every place.
    """
    new = Profile(profile_version(session, code, effective_from=effective_from, kinds=KINDS))
    return told(what_if(session, new, district_code=within, on=on))


def told(found: CriteriaReform) -> dict[str, Any]:
    """A reform as plain words and numbers."""
    before, after = found.holding
    labels = {item.name: item.label.zh for item in found.new.definition.criteria}
    said: dict[str, Any] = {
        "as_of": max(report.since for report in found.reports).isoformat(),
        "old": _named(found.old.definition),
        "new": _named(found.new.definition),
        "place_count": len(found.reports),
        "holding_before_count": before,
        "holding_after_count": after,
        "gained": [_place(place) for place in found.gained],
        "lost": [
            {**_place(place), "missed": [{"name": name, "label": labels.get(name, name)} for name in missed]}
            for place, missed in found.lost
        ],
        "unmeasured": list(found.changes.unmeasured),
    }
    return said | {"fingerprint": fingerprint_of(said)}


def _named(profile: ProfileDefinition) -> dict[str, str]:
    return {
        "code": profile.code,
        "effective_from": profile.effective_from.isoformat(),
        "fingerprint": profile.fingerprint,
    }


def _place(place: Place) -> dict[str, str]:
    return {"code": place.code, "name": place.name}
