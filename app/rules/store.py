"""Rule versions as they are kept."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import exists, func, select

from app.db import Session
from app.models import (
    AppraisalRound,
    Approval,
    ApprovalKind,
    ApprovalUse,
    DesignationStep,
    Notice,
    Override,
    PlaceStatus,
    Rating,
    RatingRun,
    RuleVersion,
)
from app.rules.notice_rules import KIND as NOTICES


def rule_versions(session: Session) -> Sequence[RuleVersion]:
    """Every kept rule version, by code, variant and first day."""
    order = (RuleVersion.code, RuleVersion.variant, RuleVersion.effective_from, RuleVersion.rule_version_id)
    return session.scalars(select(RuleVersion).order_by(*order)).all()


def rule_version(session: Session, rule_version_id: int) -> RuleVersion | None:
    """One kept rule version."""
    return session.get(RuleVersion, rule_version_id)


def contents(session: Session, rule_version_ids: Collection[int]) -> dict[int, str]:
    """What some kept versions say, in one query."""
    rows = select(RuleVersion.rule_version_id, RuleVersion.content)
    found = session.execute(rows.where(RuleVersion.rule_version_id.in_(rule_version_ids)))
    return {row[0]: row[1] for row in found}


def of_kind(session: Session, kind: str) -> Sequence[RuleVersion]:
    """The kept versions of one kind, in the order they were kept."""
    found = select(RuleVersion).where(RuleVersion.kind == kind)
    return session.scalars(found.order_by(RuleVersion.rule_version_id)).all()


def is_used(session: Session, kept: RuleVersion) -> bool:
    """Whether anybody was rated, appraised, overridden, noticed or given a title, or a place judged."""
    rated = exists().where(Rating.rule_version_id == kept.rule_version_id)
    judged = exists().where(PlaceStatus.rule_version_id == kept.rule_version_id)
    appraised = exists().where(AppraisalRound.rule_version_id == kept.rule_version_id)
    overridden = exists().where(Override.rule_version_id == kept.rule_version_id)
    titled = exists().where(DesignationStep.rule_version_id == kept.rule_version_id)
    by_profile = Notice.rule_version_id == kept.rule_version_id
    posted = exists().where(by_profile if kept.kind != NOTICES else Notice.begins_on >= kept.effective_from)
    if session.scalar(select(rated | judged | appraised | overridden | titled | posted)):
        return True
    # Neither ratings nor places refer to the profile of coverage; the nights do.
    return any(
        kept.fingerprint in marks.values() for marks in session.scalars(select(RatingRun.rule_fingerprints))
    )


def first_published_at(session: Session) -> datetime | None:
    """When the first night of this installation was published; None before it."""
    return session.scalar(select(func.min(RatingRun.published_at)))


def activated(session: Session) -> set[str]:
    """The fingerprints of all that was put in force by two persons."""
    used = select(Approval.content).join(ApprovalUse, ApprovalUse.approval_id == Approval.approval_id)
    found = session.scalars(used.where(Approval.kind == ApprovalKind.ACTIVATE_RULE))
    return {mark for content in found for mark in content["fingerprints"].values()}


def put_rule(session: Session, kept: RuleVersion | None, fresh: RuleVersion) -> None:
    """Add a version, or put it in the place of one that was never used."""
    if kept is not None:
        session.delete(kept)
        session.flush()
    session.add(fresh)
