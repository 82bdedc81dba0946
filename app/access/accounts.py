"""Accounts of others: who gives them, changes them and takes them back; every change is logged."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_, select

from app.access import service
from app.access.passwords import hashed, one_time_password
from app.access.policy import GIVES, TAKES_TWO, gives_alone, may_manage, may_see, widens
from app.access.refresh import sign_out_everywhere
from app.access.scope import Viewer
from app.access.secrets import hash_of, new_secret
from app.access.terms import Account, Terms
from app.db import Session
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import ApiClient, Organisation, OrganisationKind, Place, Role, User
from app.one_line import one_line
from app.places import service as places
from app.places.divisions import subtree_prefix

_LOG = logging.getLogger(__name__)
BANK_ROLES = frozenset({Role.LOAN_OFFICER, Role.BANK_ADMIN})


def accounts(session: Session, *, viewer: Viewer, after: int, limit: int) -> Sequence[Account]:
    """The accounts an administrator may change, by id, from `after` on."""
    mine = _managed_by(viewer).where(User.user_id > after, User.user_id != viewer.user_id)
    rows = session.execute(mine.order_by(User.user_id).limit(limit))
    return [Account(*row) for row in rows]


def account(session: Session, user_id: int, *, viewer: Viewer, for_change: bool = False) -> Account:
    """One of them; kept from others until this request is done where it is to be changed."""
    found = _managed_by(viewer).where(User.user_id == user_id)
    if for_change:
        found = found.with_for_update(of=User).execution_options(populate_existing=True)
    row = session.execute(found).first()
    if row is None:
        raise NotFound(
            f"there is no account with the id {user_id} that you manage. 没有您可以管理的账号 {user_id}。"
        )
    if for_change and row[0].user_id == viewer.user_id:
        raise Forbidden(
            "your own account is changed by another administrator. 不能修改自己的账号，请由其他管理员办理。"
        )
    return Account(*row)


def open_account(
    session: Session, terms: Terms, *, username: str, viewer: Viewer, at: datetime, by_two: bool = False
) -> tuple[Account, str]:
    """A new account and the password to hand over, which its user has to change first.

    `by_two`: another person has agreed. Without one a bank's administrator opens accounts of its officers,
    and whoever manages the system none that reads credit data.
    """
    works_for, place = manageable(session, terms, viewer=viewer)
    if not by_two and not gives_alone(viewer, terms.role):
        raise _takes_two(terms.role)
    password = one_time_password()
    user = service.create_user(
        session,
        username=username,
        display_name=terms.display_name,
        password=password,
        role=terms.role,
        organisation_id=terms.organisation_id,
        place_id=terms.place_id,
        at=at,
    )
    user.must_change_password = True
    user.disabled = terms.disabled
    _bind_subject(session, user, terms.oidc_subject)
    _log(user, f"opened as {terms.role} of organisation {terms.organisation_id}")
    return Account(user, works_for, place), password


def change_account(
    session: Session, found: Account, terms: Terms, *, viewer: Viewer, at: datetime, by_two: bool = False
) -> Account:
    """Set the terms of an account as an administrator may give them.

    Without another person who agreed (`by_two`) an account of a privileged role is closed, and nothing else;
    one that reads credit data is given nothing it did not have.
    """
    works_for, place = manageable(session, terms, viewer=viewer)
    if not by_two and not _may_alone(viewer, terms_of(found.user), terms):
        raise _takes_two(terms.role)
    set_terms(session, found.user, terms, at=at)
    session.flush()
    return Account(found.user, works_for, place)


def set_terms(session: Session, user: User, terms: Terms, *, at: datetime) -> None:
    """Set the terms of an account; whoever is disabled, or given another role, is signed out."""
    before = terms_of(user)
    one_line(terms.display_name, where="display_name")
    changed = [name for name in Terms.__slots__ if getattr(before, name) != getattr(terms, name)]
    if "oidc_subject" in changed:
        _bind_subject(session, user, terms.oidc_subject)
    for name in changed:
        setattr(user, name, getattr(terms, name))
    if (terms.disabled and not before.disabled) or before.role is not terms.role:
        sign_out_everywhere(session, user, at=at)
    _count(user, f"changed: {', '.join(changed) or 'nothing'}")


def terms_of(user: User) -> Terms:
    """The present terms of an account."""
    return changed_terms(user, {})


def changed_terms(user: User, changes: Mapping[str, Any]) -> Terms:
    """The terms of an account with some of them changed; what is None there stays, but for `oidc_subject`."""
    kept = {name: value for name, value in changes.items() if value is not None or name == "oidc_subject"}
    return Terms(*(kept.get(name, getattr(user, name)) for name in Terms.__slots__))


def reset_password(session: Session, user: User, *, at: datetime) -> str:
    """A password to hand over, which its user has to change first; open sessions end, a lock is lifted."""
    password = one_time_password()
    user.password_hash = hashed(password)
    user.password_changed_at = at
    user.must_change_password = True
    unlock(user)
    sign_out_everywhere(session, user, at=at)
    _count(user, "password reset")
    return password


def reset_second_factor(session: Session, user: User, *, at: datetime) -> None:
    """Take the second factor off, for a phone that was lost; open sessions end."""
    user.totp_cipher = user.totp_confirmed_at = user.totp_last_step = None
    sign_out_everywhere(session, user, at=at)
    _count(user, "second factor taken off")


def sign_out(session: Session, user: User, *, at: datetime) -> None:
    """End every session of an account."""
    sign_out_everywhere(session, user, at=at)
    _count(user, "signed out everywhere")


def unlock(user: User) -> None:
    """Let an account that rests after failed sign-ins try again."""
    user.failed_attempts, user.locked_until = 0, None
    _log(user, "unlocked")


def organisations(session: Session, *, viewer: Viewer, after: int, limit: int) -> Sequence[Organisation]:
    """The organisations an administrator gives accounts in, by id, from `after` on."""
    mine = select(Organisation).where(_in_reach(viewer), Organisation.organisation_id > after)
    return session.scalars(mine.order_by(Organisation.organisation_id).limit(limit)).all()


def open_client(session: Session, user: User, *, at: datetime) -> tuple[ApiClient, str]:
    """Credentials a bank's system signs in with for this user, and their secret, which is shown only now."""
    if user.role is not service.CLIENT_ROLE:
        raise Forbidden(
            f"role: a bank's system signs in for a {service.CLIENT_ROLE}, not for a {user.role} "
            f"({user.role.label}). 接口凭据只能为信贷员账号开通。"
        )
    secret = new_secret()
    made = ApiClient(
        client_id=f"client-{secrets.token_hex(8)}",
        secret_hash=hash_of(secret),
        user_id=user.user_id,
        disabled=False,
        failed_attempts=0,
        created_at=at,
    )
    session.add(made)
    session.flush()
    _log(user, f"{made.client_id} opened")
    return made, secret


def clients(session: Session, *, viewer: Viewer, after: str, limit: int) -> Sequence[tuple[ApiClient, User]]:
    """The credentials for accounts an administrator manages, taken back or not, by id, from `after` on."""
    mine = _managed_by(viewer).join(ApiClient, ApiClient.user_id == User.user_id).add_columns(ApiClient)
    rows = session.execute(mine.where(ApiClient.client_id > after).order_by(ApiClient.client_id).limit(limit))
    return [(made, user) for user, _, _, made in rows]


def client(session: Session, client_id: str) -> ApiClient:
    """Credentials of a bank's system; `NotFound` where there are none."""
    found = session.get(ApiClient, client_id, with_for_update=True)
    if found is None:
        raise NotFound("there is no client with this id that you manage. 没有您可以管理的该接口凭据。")
    return found


def revoke_client(found: ApiClient) -> None:
    """Take the credentials of a bank's system back; its tokens hold no longer."""
    found.disabled = True
    _LOG.info("account %d: %s revoked", found.user_id, found.client_id)


def _managed_by(viewer: Viewer) -> Select[User, Organisation, Place]:
    """The accounts a viewer may change: of roles it gives, in its division, a bank's in that bank."""
    return (
        select(User, Organisation, Place)
        .join(Organisation, Organisation.organisation_id == User.organisation_id)
        .join(Place, Place.place_id == User.place_id)
        .where(User.role.in_(GIVES.get(viewer.role, frozenset())))
        .where(Place.code.startswith(subtree_prefix(viewer.place_code), autoescape=True))
        .where(_in_reach(viewer))
    )


def _in_reach(viewer: Viewer) -> ColumnElement[bool]:
    """Every organisation for who manages the system, for others their own and its branches."""
    own = viewer.organisation_id
    everywhere = literal(viewer.role is Role.SYSTEM_ADMIN)
    return or_(everywhere, Organisation.organisation_id == own, Organisation.parent_id == own)


def manageable(session: Session, terms: Terms, *, viewer: Viewer) -> tuple[Organisation, Place]:
    """The organisation and division of terms the viewer may give; no other role, bank or division."""
    if terms.role not in GIVES.get(viewer.role, frozenset()):
        raise Forbidden(
            f"the role {viewer.role} ({viewer.role.label}) does not give the role {terms.role} "
            f"({terms.role.label}). 您无权授予该角色。"
        )
    works_for = service.organisation(session, terms.organisation_id)
    of_viewer = may_manage(viewer, works_for.organisation_id, parent_id=works_for.parent_id)
    if viewer.role is not Role.SYSTEM_ADMIN and not of_viewer:
        raise NotFound(f"there is no organisation with the id {terms.organisation_id} that you manage")
    if (works_for.kind is OrganisationKind.BANK) != (terms.role in BANK_ROLES):
        raise Invalid(
            f"role: {terms.role.label} does not work for {works_for.name} ({works_for.kind.label}). "
            "信贷员和银行管理员属于银行，其他角色属于政府部门。"
        )
    place = places.place(session, terms.place_id)
    if not may_see(viewer, place.code):
        raise NotFound(f"there is no division with the id {terms.place_id} in {viewer.place_name}")
    return works_for, place


def refuse_alone(found: Account, *, viewer: Viewer) -> None:
    """What would let one person sign in to an account he does not give alone takes two."""
    if not gives_alone(viewer, found.user.role):
        raise _takes_two(found.user.role)


def _may_alone(viewer: Viewer, before: Terms, after: Terms) -> bool:
    """Whether one person makes this change: of roles he gives alone any, else none that opens anything."""
    if gives_alone(viewer, before.role) and gives_alone(viewer, after.role):
        return True
    closed = replace(before, disabled=after.disabled)
    if after.role not in TAKES_TWO:
        closed = replace(closed, display_name=after.display_name, role=after.role)
        if after.oidc_subject is None:
            closed = replace(closed, oidc_subject=None)
    return closed == after and (after.disabled or not before.disabled) and not widens(before.role, after.role)


def _takes_two(role: Role) -> Forbidden:
    return Forbidden(
        f"role: {role} ({role.label}) takes a second person: ask with POST /v1/approvals "
        "(privileged_account), and carry it out once a district administrator has granted it. "
        "该角色的账号须双人办理：请先提交审批。"
    )


def _bind_subject(session: Session, user: User, subject: str | None) -> None:
    """Let a person at the outside provider sign in to this account, and to no other."""
    taken = select(User.user_id).where(User.oidc_subject == subject)
    if subject is not None and session.scalars(taken).first() is not None:
        raise Conflict(
            "oidc_subject: another account is bound to this person already; take it off there first"
        )
    user.oidc_subject = subject


def _count(user: User, what: str) -> None:
    """Count a change and note it."""
    user.revision += 1
    _log(user, what)


def _log(user: User, what: str) -> None:
    _LOG.info("account %d: %s", user.user_id, what)
