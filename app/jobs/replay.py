"""Old ratings worked out again from the records known then, by the card in force then."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from app.consents.service import rating_refused
from app.db import Engine, Session, reading
from app.errors import NotFound
from app.jobs.progress import Progress
from app.models import EntityStatus, Rating, RatingRun, SubjectKind, UnratedReason
from app.ratings import service as ratings
from app.records.known import ENTITY_STATES, Known
from app.records.service import current_values
from app.rules.service import card_of, rule_version
from app.subjects.service import entity_state, subject
from scoring import NO_SCORE, RATED, REQUIRED_MISSING, TOO_FEW_FACTS

_REASONS = {
    RATED: UnratedReason.NONE,
    REQUIRED_MISSING: UnratedReason.REQUIRED_MISSING,
    TOO_FEW_FACTS: UnratedReason.TOO_FEW_FACTS,
}
WHAT = "重算 replaying"


@dataclass(frozen=True)
class Difference:
    """A rating that came out another way than it was published."""

    rating_id: int
    field: str
    published: object
    again: object


@dataclass(frozen=True)
class ReplayReport:
    """How many ratings of a night were worked out again, and which differ."""

    as_of: date
    run_id: int
    in_force: int
    replayed: int
    differences: tuple[Difference, ...]

    def lines(self) -> Iterator[str]:
        """The report in plain lines."""
        yield f"评级日 as of            {self.as_of} (run {self.run_id})"
        yield f"当时有效 in force        {self.in_force:,}"
        yield f"已重算 replayed         {self.replayed:,}"
        yield f"不一致 differences      {len(self.differences):,}"
        for each in self.differences[:20]:
            yield f"  rating {each.rating_id} {each.field}: published {each.published}, again {each.again}"


def replay(engine: Engine, *, as_of: date, sample: int, seed: int, progress: Progress) -> ReplayReport:
    """Work a sample of the ratings in force on a day out again; `NotFound` where no night had been published.

    The records are read one subject at a time, and one subject is scored at a time: by another way than the
    night's, so that the two check each other.
    """
    with reading(engine) as session:
        run = ratings.run_in_force(session, as_of)
        if run is None:
            raise NotFound(f"no night had been published by {as_of}; choose a later day")
        ids = ratings.in_force(session, run)
        rng = np.random.default_rng(seed)
        chosen = sorted(rng.choice(ids, size=min(sample, len(ids)), replace=False).tolist()) if ids else []
        differences: list[Difference] = []
        for place, rating_id in enumerate(chosen):
            if place % 500 == 0:
                progress(place, len(chosen), WHAT)
            differences += again(session, ratings.rating(session, rating_id), run=run)
            session.expunge_all()
        progress(len(chosen), len(chosen), WHAT)
    return ReplayReport(run.as_of, run.run_id, len(ids), len(chosen), tuple(differences))


def again(session: Session, rating: Rating, *, run: RatingRun) -> list[Difference]:
    """How a rating in force on a night differs from what that night comes to when worked out again."""
    expected = _rated(session, rating, run)
    return [
        Difference(rating.rating_id, name, getattr(rating, name), value)
        for name, value in expected.items()
        if getattr(rating, name) != value
    ]


def _rated(session: Session, rating: Rating, run: RatingRun) -> dict[str, object]:
    """The parts of a rating, from what was known that night and the card it was made by."""
    known = ratings.known_by_night(session, run)
    card = card_of(rule_version(session, rating.rule_version_id))
    unrated = card.definition.unrated.code
    kin = ratings.standing_for(session, rating.subject_id, known=known)
    values = current_values(session, kin, known=known)
    one = card.score_one({value.name: value.value for value in values if value.name in card.inputs})
    found: dict[str, object] = {
        "grade": card.grade_codes[one.grade],
        "score": None if one.total == NO_SCORE else one.total,
        "packed_bins": one.packed if one.packed < 2**63 else one.packed - 2**64,
        "vetoes": one.vetoes,
        "known_count": one.known,
        "unrated_reason": _REASONS[one.unrated],
        "out_of_range_count": one.out_of_range,
    }
    reason = _refused(session, rating.subject_id, run=run, known=known)
    if reason is not None:
        return dict.fromkeys(found, 0) | {"grade": unrated, "score": None, "unrated_reason": reason}
    if not _in_operation(session, rating.subject_id, known=known):
        found |= {"grade": unrated, "score": None, "unrated_reason": UnratedReason.NOT_IN_OPERATION}
    return found


def _refused(session: Session, subject_id: int, *, run: RatingRun, known: Known) -> UnratedReason | None:
    """Why a subject was not to be rated that night, whatever was on file of it."""
    if ratings.stands_behind(session, subject_id, known=known) != subject_id:
        return UnratedReason.MERGED
    refused = rating_refused(
        session,
        subject_id,
        on=known.on,
        needs_consent=bool(run.summary.get("needs_consent")),
        until=known.until,
    )
    return UnratedReason.NO_CONSENT if refused and known.rules is not None else None


def _in_operation(session: Session, subject_id: int, *, known: Known) -> bool:
    if subject(session, subject_id).kind is not SubjectKind.AGRI_ENTITY:
        return True
    state = entity_state(session, subject_id, last_id=known.until.get(ENTITY_STATES))
    return state is not None and state.status is EntityStatus.ACTIVE
