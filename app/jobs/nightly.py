"""The nightly job: rate everybody as of a day, judge every village and town, publish in one step."""

import time
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from app import clock
from app.db import Engine, Session, reading, transaction
from app.errors import Conflict, Invalid
from app.inquiries.service import forget_old_answers
from app.jobs.night import rating, writing
from app.jobs.night.reading import settled_rows
from app.jobs.night.staging import staged
from app.jobs.night.summary import NightSummary
from app.jobs.night.titles import keep_titles, title_fingerprints
from app.jobs.night.tonight import Tonight, compute
from app.jobs.progress import Progress
from app.models import RatingRun, UnratedReason
from app.objections.service import escalate, rules_in_force
from app.ratings.service import latest_run
from app.records.known import RECORDS

__all__ = ["NightSummary", "has_published_night", "newest_night", "run_night"]


def newest_night(session: Session) -> date | None:
    """The day the newest published night is about; none before the first."""
    newest = latest_run(session)
    return None if newest is None else newest.as_of


def has_published_night(session: Session) -> bool:
    """Whether there is any rating to see."""
    return latest_run(session) is not None


def run_night(
    engine: Engine,
    *,
    policy_folder: Path,
    district_code: str,
    as_of: date,
    started_at: datetime,
    progress: Progress,
    needs_consent: bool = False,
) -> NightSummary:
    """Rate everybody as of a day and publish; where nothing changed since the last night, write nothing.

    Where the law of the operator `needs_consent`, who has not agreed to be rated is not.

    `Invalid` for a day in the future, `Conflict` for one before the last published night, or when another
    night was published meanwhile.
    """
    begun = time.perf_counter()
    with transaction(engine) as session:
        until = settled_rows(session)
        forget_old_answers(session, at=started_at)
    with reading(engine) as session:
        _refuse_wrong_day(session, as_of)
        tonight = compute(
            engine,
            session,
            policy_folder=policy_folder,
            district_code=district_code,
            as_of=as_of,
            until=until,
            needs_consent=needs_consent,
            progress=progress,
        )
    progress(0, 1, "发布 publishing")
    changed = [columns.taken(tonight.changes[kind].rows) for kind, columns in tonight.ratings.items()]
    with (
        staged(engine, changed, grades=tonight.grades) as (publishing, prepared),
        transaction(publishing) as session,
    ):
        writing.begin_publishing(session, seen=tonight.last)
        summary = _publish(session, tonight, None if prepared else changed, started_at=started_at)
    progress(1, 1, "发布 publishing")
    return replace(summary, seconds=time.perf_counter() - begun)


def _refuse_wrong_day(session: Session, as_of: date) -> None:
    if as_of > clock.today():
        raise Invalid(f"as of {as_of}: lies in the future; today is {clock.today()}")
    last = latest_run(session)
    if last is not None and as_of < last.as_of:
        raise Conflict(
            f"as of {as_of}: the night of {last.as_of} is published, and nights are published in order. "
            f"Choose {last.as_of} or a later day."
        )


def _publish(
    session: Session, tonight: Tonight, ratings: list[rating.RatingColumns] | None, *, started_at: datetime
) -> NightSummary:
    """Write what changed and the night itself, in the transaction that makes both visible.

    `ratings` are the changed ones; None where they are prepared in a file already.
    """
    last_statuses = writing.last_statuses(session)
    statuses = [row for row in tonight.statuses if last_statuses.get(row.place_id) != row]
    covered = writing.changed_coverage(
        tonight.coverage, writing.last_coverage(session), roster_id=tonight.roster_id
    )
    summary = _summary(tonight, places_changed=len(statuses), coverage_changed=len(covered))
    if not summary.published:
        return summary
    run = RatingRun(
        as_of=tonight.known.on,
        started_at=started_at,
        last_record_id=tonight.known.until[RECORDS],
        known_until=dict(tonight.known.until),
        rule_fingerprints=tonight.rules.fingerprints | title_fingerprints(session, on=tonight.known.on),
        summary=summary.to_dict(),
    )
    run_id = writing.write_run(session, run)
    if ratings is None:
        writing.write_staged_ratings(session, run_id=run_id)
    else:
        writing.write_ratings(session, ratings, run_id=run_id, grades=tonight.grades)
    writing.write_statuses(session, statuses, run_id=run_id)
    writing.write_coverage(session, covered, run_id=run_id)
    last_peers = writing.last_peers(session)
    writing.write_peers(session, [row for row in tonight.peers if row not in last_peers], run_id=run_id)
    writing.publish(session, run_id, at=clock.now())
    escalate(session, on=run.as_of, at=started_at, rules=rules_in_force(session, on=run.as_of))
    # Last, in the same transaction: titles are judged by what this night says.
    summary = replace(summary, titles=keep_titles(session, tonight, at=started_at))
    run.summary = summary.to_dict()
    return summary


def _summary(tonight: Tonight, *, places_changed: int, coverage_changed: int) -> NightSummary:
    """What the night came to; it is worth publishing when anything changed, or when it is a new day."""
    subjects = sum(len(columns.subject_ids) for columns in tonight.ratings.values())
    reasons = {
        reason.value: sum(int((columns.unrated == code).sum()) for columns in tonight.ratings.values())
        for code, reason in enumerate(rating.REASONS)
        if reason is not UnratedReason.NONE
    }
    changed = sum(int(found.rows.sum()) for found in tonight.changes.values())
    new_day = tonight.last is None or tonight.last.as_of != tonight.known.on
    return NightSummary(
        as_of=tonight.known.on,
        published=new_day or bool(changed or places_changed or coverage_changed),
        subjects=subjects,
        rated=subjects - sum(reasons.values()),
        changed=changed,
        upgraded=sum(found.upgraded for found in tonight.changes.values()),
        downgraded=sum(found.downgraded for found in tonight.changes.values()),
        without_way_up=tonight.without_way_up,
        unrated=reasons,
        places_changed=places_changed,
        coverage_changed=coverage_changed,
        needs_consent=tonight.needs_consent,
        rules_held=tonight.rules.held,
        titles={},
        seconds=0.0,
    )
