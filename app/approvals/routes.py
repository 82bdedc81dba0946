"""Approvals over HTTP: one person asks, another one decides."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request, Response

from app import clock
from app.access.etags import etag_of, require_match
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RecordingSession, RequestSession
from app.access.schemas import AccountAnswer
from app.access.scope import Viewer
from app.access.terms import Terms
from app.approvals import effects, privileged, proposals, service
from app.approvals.labels import labels_of
from app.approvals.proposals import Proposal
from app.approvals.schemas import (
    ActivateRuleRequest,
    ApprovalAnswer,
    ApprovalRequest,
    ApprovalsAnswer,
    ApprovedAccountAnswer,
    BulkExportRequest,
    DecisionRequest,
    NewRecipientRequest,
    OverrideRequest,
    PrivilegedAccountRequest,
)
from app.db import Session

router = APIRouter(
    tags=["approvals"],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)

ApprovalId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Limit = Annotated[int, Query(ge=1, le=500, description="how many approvals to list at most")]


@router.post(
    "/v1/approvals",
    summary="Ask for a second person · 申请审批",
    status_code=201,
    responses={409: {"model": Problem}, 422: {"model": Problem}},
)
def ask_approval(
    request: Request,
    asked: Annotated[ApprovalRequest, Body()],
    *,
    viewer: CurrentViewer,
    session: RequestSession,
    response: Response,
) -> ApprovalAnswer:
    """Ask for what takes a second person: new rules, a recipient, an export, a deletion, an account.

    It expires after 14 days.
    """
    at = clock.now()
    proposal = _proposal(session, asked, maker=viewer)
    made = service.request(
        session,
        kind=proposal.kind,
        target=proposal.target,
        content=proposal.content,
        reason=asked.reason,
        maker=viewer,
        at=at,
    )
    return _answer(request, session, made.approval_id, viewer=viewer, at=at, response=response)


@router.get("/v1/approvals", summary="What waits for a second person · 审批待办")
def approvals(
    request: Request, viewer: CurrentViewer, session: RecordingSession, limit: Limit = 200
) -> ApprovalsAnswer:
    """What waits in the viewer's division, the oldest first, and whether the viewer may decide about it.

    That the viewer looks at what is about a person is on record.
    """
    at = clock.now()
    found = service.work_list(session, viewer=viewer, at=at, limit=limit)
    service.record_views(session, found, viewer=viewer, at=at)
    said = labels_of(session, request.app.state.cipher, [one.approval for one in found], viewer=viewer)
    return ApprovalsAnswer(
        approvals=[ApprovalAnswer.of(one, label=said[one.approval.approval_id]) for one in found]
    )


@router.get("/v1/approvals/{approval_id}", summary="One approval · 审批详情")
def approval(
    request: Request,
    approval_id: ApprovalId,
    *,
    viewer: CurrentViewer,
    session: RecordingSession,
    response: Response,
) -> ApprovalAnswer:
    """What is asked for, exactly; send the ETag of this answer with the decision."""
    return _answer(request, session, approval_id, viewer=viewer, at=clock.now(), response=response)


@router.post(
    "/v1/approvals/{approval_id}/decision",
    summary="Grant or refuse · 审批决定",
    responses={code: {"model": Problem} for code in (409, 412, 422, 428)},
)
def decide_approval(
    request: Request,
    approval_id: ApprovalId,
    *,
    decision: DecisionRequest,
    viewer: CurrentViewer,
    session: RequestSession,
    response: Response,
) -> ApprovalAnswer:
    """Grant or refuse what another person asked for; rules and recipients take effect with the grant."""
    at = clock.now()
    require_match(request, _etag(service.standing(session, approval_id, viewer=viewer, at=at)))
    effects.decide(
        session, approval_id, granted=decision.granted, reason=decision.reason, checker=viewer, at=at
    )
    return _answer(request, session, approval_id, viewer=viewer, at=at, response=response)


@router.post(
    "/v1/approvals/{approval_id}/account",
    summary="Open or change a privileged account · 办理特权账号",
    responses={409: {"model": Problem}, 422: {"model": Problem}},
)
def carry_out_account(
    approval_id: ApprovalId, viewer: CurrentViewer, session: RequestSession
) -> ApprovedAccountAnswer:
    """What was granted about a privileged account, carried out once by whoever asked for it."""
    found, password = privileged.carry_out(session, approval_id, viewer=viewer, at=clock.now())
    told = AccountAnswer.of(found).model_dump()
    return ApprovedAccountAnswer(**told, one_time_password=password)


def _proposal(session: Session, asked: ApprovalRequest, *, maker: Viewer) -> Proposal:
    if isinstance(asked, ActivateRuleRequest):
        return proposals.activation(
            session,
            asked.code,
            effective_from=asked.effective_from,
            pia=asked.pia,
            maker=maker,
            on=clock.today(),
        )
    if isinstance(asked, NewRecipientRequest):
        return proposals.new_recipient(session, asked.organisation_id, document=asked.document, maker=maker)
    if isinstance(asked, BulkExportRequest):
        return _export(session, asked, maker=maker)
    if isinstance(asked, PrivilegedAccountRequest):
        return _account(session, asked, maker=maker)
    if isinstance(asked, OverrideRequest):
        return _override(session, asked, maker=maker)
    return proposals.erasure(
        session, asked.subject_id, ground=asked.ground, document=asked.document, maker=maker
    )


def _export(session: Session, asked: BulkExportRequest, *, maker: Viewer) -> Proposal:
    on = clock.today()
    if asked.subjects is None:
        return proposals.plaque_export(session, asked.place_code, form=asked.format, maker=maker, on=on)
    return proposals.bulk_export(
        session, asked.place_code, subjects=asked.subjects, form=asked.format, maker=maker, on=on
    )


def _override(session: Session, asked: OverrideRequest, *, maker: Viewer) -> Proposal:
    return proposals.override(
        session,
        asked.subject_id,
        grade=asked.grade,
        reason_code=asked.reason_code,
        document=asked.document,
        months=asked.months,
        maker=maker,
        at=clock.now(),
    )


def _account(session: Session, asked: PrivilegedAccountRequest, *, maker: Viewer) -> Proposal:
    if asked.account is not None:
        terms = Terms(**asked.account.model_dump(exclude={"username"}))
        return privileged.opening(session, terms, username=asked.account.username, maker=maker)
    assert asked.user_id is not None, "a request names an account or gives one"
    if asked.change is None:
        return privileged.reset(session, asked.user_id, maker=maker)
    changes = asked.change.model_dump(exclude_unset=True, exclude={"locked"})
    return privileged.change(session, asked.user_id, changes, maker=maker)


def _answer(
    request: Request,
    session: Session,
    approval_id: int,
    *,
    viewer: Viewer,
    at: datetime,
    response: Response,
) -> ApprovalAnswer:
    found = service.standing(session, approval_id, viewer=viewer, at=at)
    service.record_views(session, [found], viewer=viewer, at=at)
    response.headers["ETag"] = _etag(found)
    said = labels_of(session, request.app.state.cipher, [found.approval], viewer=viewer)
    return ApprovalAnswer.of(found, label=said[approval_id])


def _etag(standing: service.Standing) -> str:
    return etag_of(standing.approval.approval_id, standing.approval.fingerprint, standing.state.value)
