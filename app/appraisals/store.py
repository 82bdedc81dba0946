"""Rounds of appraisal as they are kept: what was submitted and closed is only ever added."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import CursorResult, Select, delete, exists, func, insert, select, text, update

from app.db import Session
from app.models import (
    AppraisalClosing,
    AppraisalDraft,
    AppraisalFlag,
    AppraisalHousehold,
    AppraisalMark,
    AppraisalResult,
    AppraisalRound,
    AppraisalSheet,
    Appraiser,
    AppraiserKin,
    Base,
    Batch,
    Erasure,
    Fact,
    Household,
    Place,
    Record,
    Subject,
    SubjectKind,
    User,
)

Person = tuple[Appraiser, str | None, AppraisalSheet | None, int]
_PER_QUERY = 500
# Locks of rounds do not meet locks of anything else.
_LOCK_CLASS = 20221


def add(session: Session, *rows: Base) -> None:
    """Keep new rows."""
    session.add_all(rows)
    session.flush()


def lock_round(session: Session, round_id: int) -> None:
    """Let only one at a time submit to a round or close it, until the end of the transaction.

    On SQLite there is one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(:kind, :id)"), {"kind": _LOCK_CLASS, "id": round_id}
        )


def round_with_place(session: Session, round_id: int) -> tuple[AppraisalRound, Place] | None:
    """A round and its village."""
    row = session.execute(_rounds().where(AppraisalRound.appraisal_round_id == round_id)).first()
    return None if row is None else (row[0], row[1])


def rounds_within(session: Session, prefix: str, *, limit: int) -> list[tuple[AppraisalRound, Place]]:
    """The rounds of a division whose code begins with these digits, the newest first."""
    found = _rounds().where(Place.code.startswith(prefix, autoescape=True))
    rows = session.execute(found.order_by(AppraisalRound.appraisal_round_id.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


def rounds_of_user(session: Session, user_id: int, *, limit: int) -> list[tuple[AppraisalRound, Place]]:
    """The rounds a user appraises in, the newest first."""
    mine = select(Appraiser.appraisal_round_id).where(Appraiser.user_id == user_id)
    found = _rounds().where(AppraisalRound.appraisal_round_id.in_(mine))
    rows = session.execute(found.order_by(AppraisalRound.appraisal_round_id.desc()).limit(limit))
    return [(row[0], row[1]) for row in rows]


def last_round(session: Session, place_id: int) -> AppraisalRound | None:
    """The newest round of a village."""
    found = select(AppraisalRound).where(AppraisalRound.place_id == place_id)
    return session.scalars(found.order_by(AppraisalRound.number.desc()).limit(1)).first()


def closing(session: Session, round_id: int) -> AppraisalClosing | None:
    """That a round was closed."""
    return session.get(AppraisalClosing, round_id)


def households_of(session: Session, place_id: int) -> Sequence[Household]:
    """The households of a village that are still on file, by their numbers."""
    erased = exists().where(Erasure.subject_id == Household.subject_id)
    found = (
        select(Household)
        .join(Subject, Subject.subject_id == Household.subject_id)
        .where(Subject.place_id == place_id, Subject.kind == SubjectKind.HOUSEHOLD, ~erased)
        .order_by(Household.household_no)
    )
    return session.scalars(found).all()


def lines(session: Session, round_id: int) -> list[tuple[AppraisalHousehold, Household, bool]]:
    """The households of a round by line, and whether each is synthetic."""
    rows = session.execute(
        select(AppraisalHousehold, Household, Subject.synthetic)
        .join(Household, Household.subject_id == AppraisalHousehold.subject_id)
        .join(Subject, Subject.subject_id == AppraisalHousehold.subject_id)
        .where(AppraisalHousehold.appraisal_round_id == round_id)
        .order_by(AppraisalHousehold.line_number)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def household_counts(session: Session, round_id: int) -> dict[str, int]:
    """How many households of a round have each standing."""
    rows = session.execute(
        select(AppraisalHousehold.standing, func.count())
        .where(AppraisalHousehold.appraisal_round_id == round_id)
        .group_by(AppraisalHousehold.standing)
    )
    return {str(row[0]): int(row[1]) for row in rows}


def appraisers(
    session: Session, round_id: int
) -> list[tuple[Appraiser, str | None, AppraisalSheet | None, int]]:
    """Who appraises in a round: with the username, the submitted sheet and how many kin were declared."""
    kin = (
        select(func.count())
        .where(AppraiserKin.appraiser_id == Appraiser.appraiser_id)
        .correlate(Appraiser)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Appraiser, User.username, AppraisalSheet, kin)
        .outerjoin(User, User.user_id == Appraiser.user_id)
        .outerjoin(AppraisalSheet, AppraisalSheet.appraiser_id == Appraiser.appraiser_id)
        .where(Appraiser.appraisal_round_id == round_id)
        .order_by(Appraiser.number)
    )
    return [(row[0], row[1], row[2], int(row[3])) for row in rows]


def appraiser_of_user(session: Session, round_id: int, user_id: int) -> Appraiser | None:
    """The appraiser a user is in a round."""
    mine = select(Appraiser).where(Appraiser.appraisal_round_id == round_id, Appraiser.user_id == user_id)
    return session.scalars(mine).first()


def kin_of(session: Session, appraiser_id: int) -> set[int]:
    """The households an appraiser was declared kin of."""
    return set(
        session.scalars(select(AppraiserKin.subject_id).where(AppraiserKin.appraiser_id == appraiser_id))
    )


def kin_of_round(session: Session, round_id: int) -> set[tuple[int, int]]:
    """Every declared kinship of a round: appraiser and household."""
    rows = session.execute(
        select(AppraiserKin.appraiser_id, AppraiserKin.subject_id)
        .join(Appraiser, Appraiser.appraiser_id == AppraiserKin.appraiser_id)
        .where(Appraiser.appraisal_round_id == round_id)
    )
    return {(row[0], row[1]) for row in rows}


def draft(session: Session, appraiser_id: int) -> AppraisalDraft | None:
    """The unsubmitted sheet of an appraiser."""
    return session.get(AppraisalDraft, appraiser_id, populate_existing=True)


def replace_draft(
    session: Session, appraiser_id: int, *, revision: int, content: bytes, at: datetime
) -> bool:
    """Put a draft in the place of the one with this revision; False where another one is there by now."""
    changed = session.execute(
        update(AppraisalDraft)
        .where(AppraisalDraft.appraiser_id == appraiser_id, AppraisalDraft.revision == revision)
        .values(revision=revision + 1, content_cipher=content, saved_at=at)
    )
    assert isinstance(changed, CursorResult)
    return bool(changed.rowcount)


def remove_draft(session: Session, appraiser_id: int) -> None:
    """Let the draft of a sheet that is submitted go."""
    session.execute(delete(AppraisalDraft).where(AppraisalDraft.appraiser_id == appraiser_id))


def sheet(session: Session, appraiser_id: int) -> AppraisalSheet | None:
    """The submitted sheet of an appraiser."""
    return session.get(AppraisalSheet, appraiser_id)


def file_is_known(session: Session, file_sha256: str) -> bool:
    """Whether a file was imported before, for whomever."""
    known = select(AppraisalSheet.appraiser_id).where(AppraisalSheet.file_sha256 == file_sha256)
    return session.scalar(known) is not None


def marks_of_appraiser(session: Session, appraiser_id: int) -> Sequence[AppraisalMark]:
    """What one appraiser submitted."""
    return session.scalars(select(AppraisalMark).where(AppraisalMark.appraiser_id == appraiser_id)).all()


def marks_of_round(session: Session, round_id: int) -> Sequence[AppraisalMark]:
    """Every mark that was submitted to a round."""
    return session.scalars(
        select(AppraisalMark)
        .join(Appraiser, Appraiser.appraiser_id == AppraisalMark.appraiser_id)
        .where(Appraiser.appraisal_round_id == round_id)
    ).all()


def results(session: Session, round_id: int) -> Sequence[AppraisalResult]:
    """What a closed round came to, household by household."""
    return session.scalars(
        select(AppraisalResult).where(AppraisalResult.appraisal_round_id == round_id)
    ).all()


def flags(session: Session, round_id: int) -> Sequence[AppraisalFlag]:
    """What looked odd in a round."""
    found = select(AppraisalFlag).where(AppraisalFlag.appraisal_round_id == round_id)
    return session.scalars(found.order_by(AppraisalFlag.appraisal_flag_id)).all()


def results_of(
    session: Session, subject_ids: Collection[int], *, on: date
) -> Iterator[tuple[AppraisalResult, AppraisalClosing, int]]:
    """Every result of some subjects of rounds closed by a day, the oldest first, with the rules behind it."""
    rest = iter(sorted(subject_ids))
    while part := list(islice(rest, _PER_QUERY)):
        rows = session.execute(
            select(AppraisalResult, AppraisalClosing, AppraisalRound.rule_version_id)
            .join(
                AppraisalClosing,
                AppraisalClosing.appraisal_round_id == AppraisalResult.appraisal_round_id,
            )
            .join(AppraisalRound, AppraisalRound.appraisal_round_id == AppraisalClosing.appraisal_round_id)
            .where(AppraisalResult.subject_id.in_(part), AppraisalClosing.closed_on <= on)
            .order_by(AppraisalClosing.closed_on, AppraisalRound.number)
        )
        for row in rows:
            yield row[0], row[1], row[2]


def flags_of(session: Session, round_ids: Collection[int]) -> dict[tuple[int, int], set[str]]:
    """The kinds of flags about single households of some rounds: by round and subject."""
    found: dict[tuple[int, int], set[str]] = {}
    rest = iter(sorted(round_ids))
    while part := list(islice(rest, _PER_QUERY)):
        rows = session.execute(
            select(AppraisalFlag.appraisal_round_id, AppraisalFlag.subject_id, AppraisalFlag.kind).where(
                AppraisalFlag.appraisal_round_id.in_(part), AppraisalFlag.subject_id.is_not(None)
            )
        )
        for round_id, subject_id, kind in rows:
            assert subject_id is not None
            found.setdefault((round_id, subject_id), set()).add(str(kind))
    return found


def add_records(
    session: Session,
    batch: Batch,
    values: Mapping[str, Mapping[int, float]],
    *,
    rows: Mapping[int, int],
    on: date,
) -> int:
    """Keep a delivery: per fact the value of each subject, observed on a day; its number."""
    add(session, batch)
    listed = select(Fact).where(Fact.subject_kind == SubjectKind.HOUSEHOLD, Fact.name.in_(list(values)))
    facts = {fact.name: fact.fact_id for fact in session.scalars(listed)}
    made: list[dict[str, Any]] = [
        {
            "subject_id": subject_id, "fact_id": facts[name], "value": value, "observed_on": on,
            "batch_id": batch.batch_id, "row_no": rows[subject_id],
        }
        for name, of_subject in values.items()
        for subject_id, value in of_subject.items()
    ]  # fmt: skip
    session.execute(insert(Record), made)
    return batch.batch_id


def _rounds() -> Select[AppraisalRound, Place]:
    return select(AppraisalRound, Place).join(Place, Place.place_id == AppraisalRound.place_id)
