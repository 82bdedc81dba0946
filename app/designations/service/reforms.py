"""What new criteria would change: the newest night's numbers under the profile in force and under another."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from app.attestations.service import Until, counts
from app.db import Session
from app.designations.documents import counted
from app.designations.found import fingerprint_of
from app.designations.reports import StatusReport
from app.designations.service.own_bank import own_banks
from app.designations.service.statuses import status_reports
from app.designations.service.ways import UNITS, stood_for
from app.designations.ways import columns
from app.errors import Invalid, NotFound
from app.models import Place, PlaceKind, RatingRun
from app.places.service import places_within
from app.ratings.service import known_by_night, latest_run
from app.records.known import ATTESTATION_ENDS, ATTESTATIONS
from app.rules.service import profile_version
from scoring import HOLDS, Measure, Profile
from scoring.definition import ProfileDefinition
from scoring.measures import OWN_BANK, county_medians
from scoring.titles import Reform, reformed

KINDS = {
    "credit_village": (PlaceKind.VILLAGE,),
    "credit_town": (PlaceKind.TOWN, PlaceKind.SUBDISTRICT),
}

# What a place misses whose score is too low for the lowest rung.
_LADDER = "ladder"


@dataclass(frozen=True)
class CriteriaReform:
    """Two profiles over the places of a district, in one order, by the numbers of the night of a day."""

    old: Profile
    new: Profile
    reports: Sequence[StatusReport]
    changes: Reform
    as_of: date

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
    reports, night = status_reports(session, places), latest_run(session)
    if not reports or night is None:
        raise NotFound("no night has judged these places yet; run `credit-village rescore`")
    newest = max(reports, key=lambda report: report.since).profile
    old = Profile(newest)
    measures = _with_documents(session, reports, night=night, profiles=(old, new))
    references: dict[str, ArrayLike] = {
        **county_medians(measures, among=np.ones(len(reports), dtype=np.bool_))
    }
    if any(OWN_BANK in profile.definition.references for profile in (old, new)):
        references[OWN_BANK] = _own_bank(session, reports, night=night, district_code=district_code)
    changes = reformed(old, new, measures, references=references, places=len(reports))
    return CriteriaReform(old, new, reports, changes, as_of=night.as_of)


def _with_documents(
    session: Session, reports: Sequence[StatusReport], *, night: RatingRun, profiles: Sequence[Profile]
) -> dict[str, Measure]:
    """What the night measured, and what documents it would have counted for the gates of either profile."""
    holders = [f"p{report.place.place_id}" for report in reports]
    until = Until(night.known_until.get(ATTESTATIONS), night.known_until.get(ATTESTATION_ENDS))
    documents = counts(session, holders, on=night.as_of, until=until)
    gates = [gate for profile in profiles for gate in profile.definition.criteria]
    return counted(columns(reports), gates, documents, holders=holders)


def _own_bank(
    session: Session, reports: Sequence[StatusReport], *, night: RatingRun, district_code: str
) -> ArrayLike:
    """The average of the banks of each place, as the night would have known it."""
    units = places_within(session, district_code, on=night.as_of, kinds=UNITS)
    position = {unit.place_id: number for number, unit in enumerate(units)}
    homes = stood_for(session, list(position), on=night.as_of)
    banks = own_banks(
        session,
        {place_id: position[home] for place_id, home in homes.items()},
        size=len(units),
        on=night.as_of,
        recorded_before=known_by_night(session, night).recorded_before,
    )
    asked = {report.place.place_id: number for number, report in enumerate(reports)}
    # Whatever was asked for: each unit for itself, or for its town; what is neither is left out at the end.
    into = [asked.get(unit.place_id, asked.get(unit.parent_id or 0, len(asked))) for unit in units]
    return banks.shares_of(np.array(into, dtype=np.int64), size=len(asked) + 1)[:-1]


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
    labels |= ladder_label(found.new.definition)
    said: dict[str, Any] = {
        "as_of": found.as_of.isoformat(),
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


def ladder_label(profile: ProfileDefinition) -> dict[str, str]:
    """What the lowest rung is called where it is a gate, with its score; nothing without a ladder."""
    if profile.ladder is None:
        return {}
    rung = profile.ladder.rungs[0]
    return {_LADDER: f"{rung.label.zh}（得分 ≥ {rung.at_least}）"}


def _named(profile: ProfileDefinition) -> dict[str, str]:
    return {
        "code": profile.code,
        "effective_from": profile.effective_from.isoformat(),
        "fingerprint": profile.fingerprint,
    }


def _place(place: Place) -> dict[str, str]:
    return {"code": place.code, "name": place.name}
