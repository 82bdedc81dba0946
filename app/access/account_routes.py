"""Accounts over HTTP: the own one, and those an administrator manages."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from app import clock
from app.access import accounts, own_account, service
from app.access.etags import etag_of, require_match
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RequestSession, TokenAnswer, signed_in_answer
from app.access.schemas import (
    ID_MAX,
    WITHOUT_NUL,
    AccountAnswer,
    AccountChange,
    AccountOrder,
    AccountsAnswer,
    ClientAnswer,
    ClientOrder,
    ClientsAnswer,
    CodeProof,
    EnrolmentAnswer,
    KeptClientAnswer,
    NewAccountAnswer,
    OneTimePassword,
    OrganisationAnswer,
    OrganisationOrder,
    OrganisationsAnswer,
    PasswordChange,
    PasswordProof,
    SessionAnswer,
    SessionsAnswer,
    SessionsEnd,
)
from app.access.scope import Viewer
from app.access.sessions import sessions_of
from app.access.terms import Account, Terms
from app.db import Session

router = APIRouter(tags=["accounts"], responses={n: {"model": Problem} for n in (401, 403, 404, 409, 422)})

UserId = Annotated[int, Path(ge=1, le=ID_MAX)]
After = Annotated[int, Query(ge=0, le=ID_MAX, description="the `next_after` of the page before")]
AfterClient = Annotated[
    str, Query(max_length=64, pattern=WITHOUT_NUL, description="the `next_after` of the page before")
]
Limit = Annotated[int, Query(ge=1, le=500, description="how many to list at most")]
# What a change of something that was read before may be refused with.
_EDITED: dict[int | str, dict[str, Any]] = {412: {"model": Problem}, 428: {"model": Problem}}


@router.post(
    "/v1/me/password", summary="Change the own password · 修改密码", response_model_exclude_none=True
)
def change_password(
    request: Request, order: PasswordChange, viewer: CurrentViewer, session: RequestSession
) -> TokenAnswer:
    """Every open session ends; the one that asked goes on with the tokens answered here."""
    at = clock.now()
    chosen = request.app.state.settings
    user = own_account.change_password(
        session,
        viewer=viewer,
        old=order.old,
        new=order.new,
        code=order.totp,
        sealing=request.app.state.cipher,
        drift_steps=chosen.code_drift_steps,
        breached=chosen.breached_passwords,
        at=at,
    )
    return signed_in_answer(request, session, user, at=at)


@router.post("/v1/me/second-factor", summary="Enrol a second factor · 绑定动态口令")
def begin_second_factor(
    request: Request, proof: PasswordProof, viewer: CurrentViewer, session: RequestSession
) -> EnrolmentAnswer:
    """A secret for an authenticator app; it counts once a code of it was confirmed."""
    begun = own_account.begin_second_factor(
        session,
        viewer=viewer,
        password=proof.password,
        sealing=request.app.state.cipher,
        at=clock.now(),
    )
    return EnrolmentAnswer.model_validate(begun)


@router.post(
    "/v1/me/second-factor/confirm", status_code=204, summary="Confirm the second factor · 确认动态口令"
)
def confirm_second_factor(
    request: Request, proof: CodeProof, viewer: CurrentViewer, session: RequestSession
) -> None:
    """From now on signing in takes a code of the app too; every other session of the account ends."""
    own_account.confirm_second_factor(
        session,
        viewer=viewer,
        session_id=request.state.token.session_id,
        code=proof.code,
        sealing=request.app.state.cipher,
        drift_steps=request.app.state.settings.code_drift_steps,
        at=clock.now(),
    )


@router.get("/v1/me/sessions", summary="Own sessions · 我的登录会话")
def own_sessions(request: Request, viewer: CurrentViewer, session: RequestSession) -> SessionsAnswer:
    """Where you are signed in now; a bank's system is not: its credentials are its administrator's."""
    found = sessions_of(session, viewer.user_id, at=clock.now())
    asking = request.state.token.session_id
    return SessionsAnswer(items=[SessionAnswer.of(one, asking=asking) for one in found])


@router.post("/v1/me/sessions/end", status_code=204, summary="End own sessions · 退出登录会话")
def end_own_sessions(
    request: Request, order: SessionsEnd, viewer: CurrentViewer, session: RequestSession
) -> None:
    """End one of your sessions, or all but this one; none of their tokens holds any longer."""
    own_account.end_sessions(
        session,
        viewer=viewer,
        password=order.password,
        user_session_id=order.user_session_id,
        session_id=request.state.token.session_id,
        at=clock.now(),
    )


@router.get("/v1/users", summary="Accounts · 账号列表")
def users(
    viewer: CurrentViewer, session: RequestSession, after: After = 0, limit: Limit = 100
) -> AccountsAnswer:
    """The accounts you manage, by id; a bank's administrator manages the loan officers of that bank."""
    found = accounts.accounts(session, viewer=viewer, after=after, limit=limit + 1)
    page = [AccountAnswer.of(one) for one in found[:limit]]
    return AccountsAnswer(items=page, next_after=page[-1].user_id if len(found) > limit else None)


@router.post("/v1/users", status_code=201, summary="Open an account · 开通账号")
def create_user(
    order: AccountOrder, response: Response, viewer: CurrentViewer, session: RequestSession
) -> NewAccountAnswer:
    """A new account and a password to hand over, which its user has to change first."""
    given = order.model_dump()
    terms = Terms(**{name: given[name] for name in given if name != "username"})
    found, password = accounts.open_account(
        session, terms, username=order.username, viewer=viewer, at=clock.now()
    )
    response.headers["ETag"] = _etag(found)
    return NewAccountAnswer(**AccountAnswer.of(found).model_dump(), one_time_password=password)


@router.get("/v1/users/{user_id}", summary="One account · 账号")
def user(
    user_id: UserId, response: Response, viewer: CurrentViewer, session: RequestSession
) -> AccountAnswer:
    """An account you manage, with the ETag a change of it names."""
    return _shown(response, accounts.account(session, user_id, viewer=viewer))


@router.patch("/v1/users/{user_id}", summary="Change an account · 修改账号", responses=_EDITED)
def change_user(
    user_id: UserId,
    change: AccountChange,
    *,
    request: Request,
    response: Response,
    viewer: CurrentViewer,
    session: RequestSession,
) -> AccountAnswer:
    """Change it as you read it: If-Match names the ETag. Whoever is disabled or moved is out at once."""
    found = _as_read(request, session, user_id, viewer)
    sent = change.model_dump(exclude_unset=True)
    terms = accounts.changed_terms(found.user, sent)
    if sent.get("locked") is False:
        accounts.unlock(found.user)
    changed = accounts.change_account(session, found, terms, viewer=viewer, at=clock.now())
    return _shown(response, changed)


@router.post("/v1/users/{user_id}/sign-out", status_code=204, summary="End all sessions · 强制退出")
def sign_out_user(user_id: UserId, viewer: CurrentViewer, session: RequestSession) -> None:
    """No token that was issued to this account until now holds any longer."""
    accounts.sign_out(session, _for_change(session, user_id, viewer).user, at=clock.now())


@router.post("/v1/users/{user_id}/password", summary="Reset a password · 重置密码", responses=_EDITED)
def reset_password(
    request: Request, user_id: UserId, viewer: CurrentViewer, session: RequestSession
) -> OneTimePassword:
    """A password to hand over; its sessions end, and its user has to change it first.

    If-Match names the account as it was read: a password that was just handed over is not replaced unseen.
    """
    found = _as_read(request, session, user_id, viewer)
    accounts.refuse_alone(found, viewer=viewer)
    password = accounts.reset_password(session, found.user, at=clock.now())
    return OneTimePassword(one_time_password=password)


@router.delete(
    "/v1/users/{user_id}/second-factor",
    status_code=204,
    summary="Take a second factor off · 解绑动态口令",
    responses=_EDITED,
)
def reset_second_factor(
    request: Request, user_id: UserId, viewer: CurrentViewer, session: RequestSession
) -> None:
    """For a phone that was lost: the account signs in by its password alone until it enrols again.

    If-Match names the account as it was read: a factor that was just enrolled is not taken off unseen.
    """
    found = _as_read(request, session, user_id, viewer)
    accounts.refuse_alone(found, viewer=viewer)
    accounts.reset_second_factor(session, found.user, at=clock.now())


@router.post("/v1/clients", status_code=201, summary="Credentials for a bank's system · 开通接口凭据")
def create_client(order: ClientOrder, viewer: CurrentViewer, session: RequestSession) -> ClientAnswer:
    """Credentials a bank's system signs in with for an account; their secret is shown only now."""
    found = _for_change(session, order.user_id, viewer)
    made, secret = accounts.open_client(session, found.user, at=clock.now())
    return ClientAnswer(client_id=made.client_id, client_secret=secret, user_id=made.user_id)


@router.get("/v1/clients", summary="Credentials of banks' systems · 接口凭据列表")
def clients(
    viewer: CurrentViewer, session: RequestSession, after: AfterClient = "", limit: Limit = 100
) -> ClientsAnswer:
    """The credentials for the accounts you manage, by id, also those taken back; of no secret anything."""
    found = accounts.clients(session, viewer=viewer, after=after, limit=limit + 1)
    page = [KeptClientAnswer.of(*one) for one in found[:limit]]
    return ClientsAnswer(items=page, next_after=page[-1].client_id if len(found) > limit else None)


@router.delete("/v1/clients/{client_id}", status_code=204, summary="Take credentials back · 吊销接口凭据")
def revoke_client(
    client_id: Annotated[str, Path(max_length=64, pattern=WITHOUT_NUL)],
    viewer: CurrentViewer,
    session: RequestSession,
) -> None:
    """The credentials, and every token they got, hold no longer."""
    found = accounts.client(session, client_id)
    _for_change(session, found.user_id, viewer)
    accounts.revoke_client(found)


@router.get("/v1/organisations", summary="Organisations · 机构列表")
def organisations(
    viewer: CurrentViewer, session: RequestSession, after: After = 0, limit: Limit = 100
) -> OrganisationsAnswer:
    """The organisations you give accounts in, by id; for a bank's administrator the bank and its branches."""
    found = accounts.organisations(session, viewer=viewer, after=after, limit=limit + 1)
    page = [OrganisationAnswer.model_validate(one) for one in found[:limit]]
    return OrganisationsAnswer(
        items=page, next_after=page[-1].organisation_id if len(found) > limit else None
    )


@router.post("/v1/organisations", status_code=201, summary="Open an organisation · 新增机构")
def create_organisation(
    order: OrganisationOrder, _viewer: CurrentViewer, session: RequestSession
) -> OrganisationAnswer:
    """A bank or a branch, a town office, a department; a bank has to be admitted to receive ratings."""
    made = service.create_organisation(session, **order.model_dump())
    return OrganisationAnswer.model_validate(made)


def _for_change(session: Session, user_id: int, viewer: Viewer) -> Account:
    return accounts.account(session, user_id, viewer=viewer, for_change=True)


def _as_read(request: Request, session: Session, user_id: int, viewer: Viewer) -> Account:
    """An account that is still as whoever changes it has read it."""
    found = _for_change(session, user_id, viewer)
    require_match(request, _etag(found))
    return found


def _shown(response: Response, found: Account) -> AccountAnswer:
    response.headers["ETag"] = _etag(found)
    return AccountAnswer.of(found)


def _etag(found: Account) -> str:
    return etag_of(found.user.user_id, found.user.revision)
