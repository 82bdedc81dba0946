"""Which rating of a subject holds, and everything behind it."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import TypeVar, cast

from app.corrections.service import statements_of
from app.db import Session, remembered
from app.errors import NotFound
from app.models import PeerGroup, Rating, RatingRun, RuleVersion, Subject, SubjectKind, UnratedReason
from app.ratings import store
from app.ratings.explained import ExplainedRating, ShownRecord, ToldRating
from app.ratings.rating_text import rating_text
from app.records.known import LINEAGE_UNDOS, LINEAGES, RECORDS, Known
from app.records.service import CurrentValue, counting_records, current_values, known_records
from app.rules.service import (
    card_of,
    newest_catalogue,
    record_rules_in_force,
    rule_version,
    rules_of_night,
)
from app.subjects.cipher import Cipher
from app.subjects.lineage import heirs
from app.subjects.service import subject
from scoring import Peers

# More ways up than a person would compare are kept for the card's reviewers.
WAYS_UP_SHOWN = 3
_TOLD = "told ratings"
_NOTHING_USED = (UnratedReason.NO_CONSENT, UnratedReason.MERGED)

__all__ = [
    "ExplainedRating",
    "ToldRating",
    "as_of",
    "current_rating",
    "current_ratings",
    "explained",
    "explained_each",
    "history",
    "in_force",
    "known_by_night",
    "known_on",
    "latest_run",
    "newest_night",
    "rating",
    "ratings_in_place",
    "run_in_force",
    "shown_sources",
    "sources",
    "standing_for",
    "stands_behind",
    "superseded_on",
    "told_each",
]


def latest_run(session: Session) -> RatingRun | None:
    """The newest published night, or none."""
    return store.latest_run(session)


def newest_night(session: Session) -> date | None:
    """The day the newest published night was about, or none."""
    return store.newest_night(session)


def current_ratings(session: Session, subject_ids: Collection[int]) -> dict[int, int]:
    """The numbers of the ratings that hold now, by subject; one without a night yet is left out."""
    return store.current_ratings(session, subject_ids)


def current_rating(session: Session, subject_id: int) -> Rating | None:
    """The rating of a subject that holds now; none before its first night."""
    return store.latest(session, subject_id)


def rating(session: Session, rating_id: int) -> Rating:
    """A published rating by its number."""
    found = store.rating(session, rating_id)
    if found is None:
        raise NotFound("there is no such rating in your division")
    return found


def history(session: Session, subject_id: int) -> Sequence[Rating]:
    """All ratings a subject has had, the newest first; each held until the one above it."""
    return store.history(session, subject_id)


def superseded_on(session: Session, rating: Rating) -> date | None:
    """The night a later rating of the same subject took the place of this one; none while it holds."""
    later = [other for other in store.history(session, rating.subject_id) if other.run_id > rating.run_id]
    if not later:
        return None
    run = store.run(session, later[-1].run_id)
    assert run is not None
    return run.as_of


def explained(session: Session, rating: Rating) -> ExplainedRating:
    """A rating explained from its own bins, the card as it was and whom it was compared with that night."""
    place_id = subject(session, rating.subject_id).place_id
    return explained_each(session, {rating.rating_id: place_id})[rating.rating_id]


def told_each(session: Session, places: Mapping[int, int], *, as_of: date) -> dict[int, ToldRating]:
    """What is told of ratings that hold after the newest night, by their numbers.

    `places` says where the subject of each lives: of all a rating is made from only that can change. What a
    process has told lately it does not make again. It keeps the text: the objects behind it would be looked
    through for garbage again and again.
    """
    kept = remembered(session)
    told: dict[int, ToldRating] = {}
    for rating_id, place_id in places.items():
        found = kept.get(_TOLD, (rating_id, place_id, as_of))
        if isinstance(found, ToldRating):
            told[rating_id] = found
    missing = {rating_id: place_id for rating_id, place_id in places.items() if rating_id not in told}
    for rating_id, made in explained_each(session, missing).items() if missing else ():
        told[rating_id] = ToldRating(
            made.rating.grade,
            made.rating.score,
            made.rule.fingerprint,
            tuple(made.record_ids.values()),
            rating_text(made, as_of=as_of),
        )
        kept.put(_TOLD, (rating_id, places[rating_id], as_of), told[rating_id])
    return told


def explained_each(session: Session, places: Mapping[int, int]) -> dict[int, ExplainedRating]:
    """Ratings explained, by their numbers; `places` says where the subject of each lives."""
    ratings = store.ratings(session, list(places))
    records = _counted_each(session, ratings)
    return {
        rating.rating_id: _explained(
            session, rating, place_id=places[rating.rating_id], records=records[rating.rating_id]
        )
        for rating in ratings
    }


def _explained(
    session: Session, rating: Rating, *, place_id: int, records: Mapping[str, int]
) -> ExplainedRating:
    rule, run = _rule(session, rating.rule_version_id), _night(session, rating.run_id)
    card, unrated = card_of(rule), bool(rating.unrated_reason)
    explanation = card.explain(
        rating.packed_bins, vetoes=rating.vetoes, unrated=unrated, out_of_range=rating.out_of_range_count
    )
    compared = explanation.compared(
        passing=_peers(session, rating, PeerGroup.JUST_PASSED, place_id=None),
        village=_peers(session, rating, PeerGroup.VILLAGE, place_id=place_id),
    )
    # Points lift no veto, and without a grade there is none to rise from.
    ways_up = () if unrated or rating.vetoes else card.ways_up(rating.packed_bins, beyond_fewest=1)
    return ExplainedRating(rating, run, rule, compared, tuple(islice(ways_up, WAYS_UP_SHOWN)), records)


def _rule(session: Session, rule_version_id: int) -> RuleVersion:
    """The rule somebody was rated by; it is never changed after."""
    return _once(session, "rules", rule_version_id, lambda: rule_version(session, rule_version_id))


def _night(session: Session, run_id: int) -> RatingRun:
    """A published night; it is never changed after."""

    def read() -> RatingRun:
        run = store.run(session, run_id)
        assert run is not None
        return run

    return _once(session, "nights", run_id, read)


def _peers(session: Session, rating: Rating, group: PeerGroup, *, place_id: int | None) -> Peers | None:
    """Whom a rating was compared with on its night."""

    def read() -> list[Peers]:
        found = store.peer_points(session, rating, group=group, place_id=place_id)
        return [] if found is None else [Peers(found.subject_count, tuple(found.point_sums))]

    key = (rating.rule_version_id, group, place_id, rating.run_id)
    found = _once(session, "peers", key, read)
    return found[0] if found else None


_Kept = TypeVar("_Kept")


def _once(session: Session, kind: str, key: Hashable, read: Callable[[], _Kept]) -> _Kept:
    """What this process remembers under a key, read where it does not; for what never changes."""
    kept = remembered(session)
    found = kept.get(kind, key)
    if found is None:
        found = read()
        kept.put(kind, key, found)
    return cast("_Kept", found)


def _counted_each(session: Session, ratings: Sequence[Rating]) -> dict[int, dict[str, int]]:
    """The records each rating was made from, by its number and the names of the facts."""
    records: dict[int, dict[str, int]] = {rating.rating_id: {} for rating in ratings}
    by_night: dict[int, dict[int, Rating]] = {}
    for rating in ratings:
        if rating.unrated_reason not in _NOTHING_USED:
            by_night.setdefault(rating.run_id, {})[rating.subject_id] = rating
    for run_id, rated in by_night.items():
        known = known_by_night(session, _night(session, run_id))
        merged = _heirs(session, known)
        kin: dict[int, list[int]] = {subject_id: [subject_id] for subject_id in rated}
        for gone, heir in sorted(merged.items()):
            if heir in kin:
                kin[heir].append(gone)
        for subject_id, found in counting_records(session, kin, known=known).items():
            records[rated[subject_id].rating_id] = found
    return records


def sources(session: Session, rating: Rating) -> list[CurrentValue]:
    """The records a rating was made from: what counted on its night, with where it came from.

    Of who may not be rated nothing was used.
    """
    if rating.unrated_reason in _NOTHING_USED:
        return []
    known = known_by_night(session, _night(session, rating.run_id))
    return current_values(session, standing_for(session, rating.subject_id, known=known), known=known)


def shown_sources(session: Session, cipher: Cipher, rating: Rating, *, on: date) -> list[ShownRecord]:
    """The records a rating was made from, as they may be shown on a day, with what the subject says of them.

    What was corrected or repaired since, has been kept long enough, or may no longer be used is withheld.
    """
    known = known_on(session, on)
    kin = standing_for(session, rating.subject_id, known=known)
    excluded = {found.record.record_id: found.exclusion for found in known_records(session, kin, known=known)}
    said = {record_id: text for one in kin for record_id, text in statements_of(session, cipher, one).items()}
    return [
        ShownRecord(value, excluded.get(value.record_id), said.get(value.record_id))
        for value in sources(session, rating)
    ]


def known_by_night(session: Session, run: RatingRun) -> Known:
    """What a night knew, and the rules it chose among the records by."""
    rules, catalogue = _once(
        session, "rules of nights", run.run_id, lambda: rules_of_night(session, run.rule_fingerprints)
    )
    until = {RECORDS: run.last_record_id} | run.known_until
    return Known(run.as_of, rules, catalogue, until)


def known_on(session: Session, on: date) -> Known:
    """What is known on a day from everything on file, by the rules then in force."""
    return Known(on, record_rules_in_force(session, on=on), newest_catalogue(session))


def stands_behind(session: Session, subject_id: int, *, known: Known) -> int:
    """The subject that stands for this one: itself, unless it was merged into another."""
    return _heirs(session, known).get(subject_id, subject_id)


def standing_for(session: Session, subject_id: int, *, known: Known) -> list[int]:
    """The subject itself and those that were merged into it."""
    merged = _heirs(session, known)
    return [subject_id, *sorted(gone for gone, heir in merged.items() if heir == subject_id)]


def _heirs(session: Session, known: Known) -> dict[int, int]:
    return heirs(
        session,
        on=known.on,
        last_lineage_id=known.until.get(LINEAGES),
        last_undo_id=known.until.get(LINEAGE_UNDOS),
    )


def run_in_force(session: Session, on: date) -> RatingRun | None:
    """The newest published night of a day or before it."""
    return store.run_in_force(session, on)


def in_force(session: Session, run: RatingRun) -> list[int]:
    """The numbers of all ratings that were in force on a night, by subject."""
    return store.in_force(session, run.run_id)


def as_of(session: Session, rating: Rating) -> date:
    """The day a rating was made for."""
    run = store.run(session, rating.run_id)
    assert run is not None
    return run.as_of


def ratings_in_place(
    session: Session, place_id: int, *, kind: SubjectKind, after: int, limit: int
) -> Sequence[tuple[Rating, Subject]]:
    """The ratings that hold now of the households or entities of a place, after a subject."""
    return store.latest_in_place(session, place_id, kind=kind.value, after=after, limit=limit)
