"""Accounts that read credit data, decide, audit or give accounts: two persons open, widen and reset them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from app.access import accounts
from app.access.scope import Viewer
from app.access.terms import Account, Terms
from app.approvals import service
from app.approvals.proposals import Proposal
from app.db import Session
from app.errors import Forbidden
from app.models import Approval, ApprovalKind, Role

KIND = ApprovalKind.PRIVILEGED_ACCOUNT


def opening(session: Session, terms: Terms, *, username: str, maker: Viewer) -> Proposal:
    """A new account, in just these terms."""
    content = {"action": "open", "username": username, "terms": _in_words(session, terms, maker=maker)}
    return Proposal(KIND, f"user/{username}", content)


def change(session: Session, user_id: int, changes: Mapping[str, Any], *, maker: Viewer) -> Proposal:
    """Another role, division, organisation or person of the provider for an account as it is now."""
    found = accounts.account(session, user_id, viewer=maker, for_change=True)
    terms = _in_words(session, accounts.changed_terms(found.user, changes), maker=maker)
    return Proposal(KIND, f"user/{user_id}", _of(found) | {"action": "change", "terms": terms})


def reset(session: Session, user_id: int, *, maker: Viewer) -> Proposal:
    """A new password for an account, and no second factor until its user enrols one."""
    found = accounts.account(session, user_id, viewer=maker, for_change=True)
    return Proposal(KIND, f"user/{user_id}", _of(found) | {"action": "reset"})


def carry_out(
    session: Session, approval_id: int, *, viewer: Viewer, at: datetime
) -> tuple[Account, str | None]:
    """What two persons agreed on, by the one who asked for it; the account and a password to hand over.

    `Conflict` where the account has changed since it was asked for.
    """
    approval = service.standing(session, approval_id, viewer=viewer, at=at).approval
    if approval.made_by != viewer.user_id:
        raise Forbidden(
            f"审批 {approval_id} 由他人申请，由申请人执行 · somebody else asked for approval {approval_id} "
            "and carries it out"
        )
    asked = _again(session, approval, maker=viewer)
    service.use(
        session,
        approval_id,
        kind=KIND,
        target=asked.target,
        content=asked.content,
        user_id=viewer.user_id,
        at=at,
        outcome={"carried_out": asked.content["action"]},
    )
    return _done(session, asked.content, viewer=viewer, at=at)


def _again(session: Session, approval: Approval, *, maker: Viewer) -> Proposal:
    """The same asked for from what is kept now: what has changed meanwhile makes it another thing."""
    asked = approval.content
    if asked["action"] == "open":
        return opening(session, _terms_of(asked), username=asked["username"], maker=maker)
    if asked["action"] == "reset":
        return reset(session, asked["user_id"], maker=maker)
    return change(session, asked["user_id"], asdict(_terms_of(asked)), maker=maker)


def _done(
    session: Session, asked: Mapping[str, Any], *, viewer: Viewer, at: datetime
) -> tuple[Account, str | None]:
    if asked["action"] == "open":
        terms, username = _terms_of(asked), asked["username"]
        return accounts.open_account(session, terms, username=username, viewer=viewer, at=at, by_two=True)
    found = accounts.account(session, asked["user_id"], viewer=viewer, for_change=True)
    if asked["action"] == "change":
        terms = _terms_of(asked)
        return accounts.change_account(session, found, terms, viewer=viewer, at=at, by_two=True), None
    accounts.reset_second_factor(session, found.user, at=at)
    return found, accounts.reset_password(session, found.user, at=at)


def _of(found: Account) -> dict[str, Any]:
    """An account as the second person sees it, in the state it was read."""
    user = found.user
    return {"username": user.username, "user_id": user.user_id, "revision": user.revision}


def _in_words(session: Session, terms: Terms, *, maker: Viewer) -> dict[str, Any]:
    """Terms the maker may give, with the names of what their numbers stand for."""
    works_for, place = accounts.manageable(session, terms, viewer=maker)
    names = {"organisation_name": works_for.name, "place_name": place.name}
    return asdict(terms) | {"role": terms.role.value} | names


def _terms_of(asked: Mapping[str, Any]) -> Terms:
    said = {name: asked["terms"][name] for name in Terms.__slots__}
    role = next(role for role in Role if role.value == said["role"])
    return Terms(**said | {"role": role})
