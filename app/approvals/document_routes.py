"""Documents for and against titles over HTTP: one person asks that one be counted, another grants it."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from app import clock
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RequestSession
from app.access.scope import Viewer
from app.approvals import proposals, service
from app.approvals.labels import labels_of
from app.approvals.proposals import Proposal
from app.approvals.schemas import ApprovalAnswer
from app.attestations.schemas import AttestationEnding, AttestationOrder
from app.attestations.service import Order
from app.db import Session

router = APIRouter(
    tags=["attestations"],
    responses={code: {"model": Problem} for code in (401, 403, 404, 409, 422)},
)

AttestationId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.post(
    "/v1/attestations", summary="Ask that a document be counted · 登记证明或一票否决", status_code=201
)
def ask_attestation(
    request: Request, order: AttestationOrder, viewer: CurrentViewer, session: RequestSession
) -> ApprovalAnswer:
    """Ask that a document be counted for a title or against it; it counts once another person grants it."""
    wanted = Order(**order.model_dump(exclude={"reason"}))
    proposal = proposals.attestation(session, wanted, maker=viewer, on=clock.today())
    return _asked(request, session, proposal, reason=order.reason, maker=viewer)


@router.post(
    "/v1/attestations/{attestation_id}/withdrawal",
    summary="Ask that a document no longer be counted · 撤回证明或一票否决",
    status_code=201,
)
def ask_attestation_withdrawal(
    request: Request,
    attestation_id: AttestationId,
    *,
    ending: AttestationEnding,
    viewer: CurrentViewer,
    session: RequestSession,
) -> ApprovalAnswer:
    """Ask that a document be withdrawn before its time; it counts until another person grants it."""
    proposal = proposals.attestation_withdrawal(session, attestation_id, maker=viewer, on=clock.today())
    return _asked(request, session, proposal, reason=ending.reason, maker=viewer)


def _asked(
    request: Request, session: Session, proposal: Proposal, *, reason: str, maker: Viewer
) -> ApprovalAnswer:
    at = clock.now()
    made = service.request(
        session,
        kind=proposal.kind,
        target=proposal.target,
        content=proposal.content,
        reason=reason,
        maker=maker,
        at=at,
    )
    said = labels_of(session, request.app.state.cipher, [made], viewer=maker)
    found = service.standing(session, made.approval_id, viewer=maker, at=at)
    service.record_views(session, [found], viewer=maker, at=at)
    return ApprovalAnswer.of(found, label=said[made.approval_id])
