"""What new criteria would change, on the wire."""

from datetime import date

from pydantic import BaseModel


class ReformProfile(BaseModel):
    """One of the two profiles."""

    code: str
    effective_from: date
    fingerprint: str


class ReformPlace(BaseModel):
    """A village or town."""

    code: str
    name: str


class ReformGate(BaseModel):
    """A gate of the new profile."""

    name: str
    label: str


class ReformLoss(ReformPlace):
    """A place that holds only the profile in force, with the gates of the new one it misses."""

    missed: list[ReformGate]


class ReformAnswer(BaseModel):
    """Who gains and who loses under a profile, on the numbers of the newest night (`as_of`).

    Documents and the average of a place's own banks are taken as the night took them, or would have; where
    no document is on file, none counts. `unmeasured` is what nothing here measures and is taken as unknown.
    `fingerprint` is the SHA-256 of all
    the rest: an approval that shows the same fingerprint was asked for on the same numbers.
    """

    as_of: date
    old: ReformProfile
    new: ReformProfile
    place_count: int
    holding_before_count: int
    holding_after_count: int
    gained: list[ReformPlace]
    lost: list[ReformLoss]
    unmeasured: list[str]
    fingerprint: str
