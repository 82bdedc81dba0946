"""Titles over HTTP: the list, one with its path, proposals, steps of one or of many, and what waits."""

from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app import clock
from app.access.etags import etag_of, require_match
from app.access.looks import record_looks, refusals_recorded
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RecordingSession, RequestSession
from app.access.scope import Viewer
from app.db import Session
from app.designations.service.announcing import Announcing
from app.designations.service.proposing import division_of, propose_all, propose_one
from app.designations.service.shown import (
    record_views,
    shown_left_out,
    shown_path,
    shown_titles,
    subjects_of,
    told_by_refusal,
    told_by_refusals,
)
from app.designations.service.steps import act_of, seen_by, take_many, take_one
from app.designations.service.titles import calendar, listed, work_list
from app.designations.standing import Standing
from app.designations.title_schemas import (
    ID_MAX,
    CampaignAnswer,
    ProposalRequest,
    ProposalsRequest,
    ProposedAnswer,
    RefusalAnswer,
    StepRequest,
    StepsAnswer,
    StepsRequest,
    TitleAnswer,
    TitleLine,
    TitlesAnswer,
    TitleVersion,
    WorkItemAnswer,
    WorkListAnswer,
)
from app.models import DesignationKind, DesignationState

router = APIRouter(
    tags=["designations"],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)

DesignationId = Annotated[int, Path(ge=1, le=ID_MAX)]
After = Annotated[int, Query(ge=0, le=ID_MAX, description="the `next_cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500, description="how many to list at most")]
Most = Annotated[int, Query(ge=0, le=2_000, description="how many of those left out to name at most")]


@router.get("/v1/designations", summary="Titles · 称号列表")
def designations(
    request: Request,
    viewer: CurrentViewer,
    session: RecordingSession,
    *,
    kind: DesignationKind | None = None,
    state: DesignationState | None = None,
    place: Annotated[str | None, Query(pattern=r"^\d{12}$", description="only those of a division")] = None,
    cursor: After = 0,
    limit: Limit = 100,
) -> TitlesAnswer:
    """The titles of the viewer's division, proposals too, a page at a time; that he looks is on record."""
    at = clock.now()
    within = None if place is None else division_of(session, place, viewer=viewer, on=clock.day_of(at)).code
    rows = listed(
        session, viewer=viewer, within=within, kind=kind, state=state, after=cursor, limit=limit + 1
    )
    page = rows[:limit]
    record_views(session, [row.designation for row in page], viewer=viewer, at=at)
    return TitlesAnswer(
        designations=[TitleLine.of(one) for one in shown_titles(session, request.app.state.cipher, page)],
        next_cursor=page[-1].designation.designation_id if len(rows) > limit else None,
    )


@router.get("/v1/designations/work-list", summary="What waits · 称号待办")
def designation_work_list(
    request: Request, viewer: CurrentViewer, session: RecordingSession, limit: Limit = 200
) -> WorkListAnswer:
    """What waits for the viewer's level, the most urgent first, and the calendar of the yearly rounds."""
    at = clock.now()
    on = clock.day_of(at)
    items = work_list(session, viewer=viewer, on=on, limit=limit)
    record_views(session, [item.listed.designation for item in items], viewer=viewer, at=at)
    shown = shown_titles(session, request.app.state.cipher, [item.listed for item in items])
    return WorkListAnswer(
        items=[WorkItemAnswer.item(item, one) for item, one in zip(items, shown, strict=True)],
        calendar=[CampaignAnswer.of(one) for one in calendar(session, viewer=viewer, on=on)],
    )


@router.get("/v1/designations/{designation_id}", summary="One title · 称号办理过程")
def designation(
    request: Request,
    designation_id: DesignationId,
    *,
    viewer: CurrentViewer,
    session: RecordingSession,
    response: Response,
) -> TitleAnswer:
    """Every step with who, when, on what facts; send the ETag of this answer with the next step."""
    at = clock.now()
    standing = seen_by(session, designation_id, viewer=viewer)
    return _answer(request, session, standing, response, viewer=viewer, at=at)


@router.post(
    "/v1/designations",
    summary="Propose one · 申请认定",
    status_code=201,
    responses={409: {"model": Problem}, 422: {"model": Problem}},
)
def propose_designation(
    request: Request,
    order: ProposalRequest,
    *,
    viewer: CurrentViewer,
    session: RequestSession,
    response: Response,
) -> TitleAnswer:
    """An application; where the numbers are too few to tell, with a reason and a document, by hand.

    A refusal tells what stands against it, and is on record as a look.
    """
    at = clock.now()
    told = partial(told_by_refusal, session, order.subject_id, viewer=viewer)
    with refusals_recorded(session, told, viewer=viewer, at=at):
        number = propose_one(
            session,
            order.kind,
            subject_id=order.subject_id,
            place_code=order.place_code,
            viewer=viewer,
            at=at,
            reason=order.reason,
            document=order.document,
        )
    standing = seen_by(session, number, viewer=viewer)
    return _answer(request, session, standing, response, viewer=viewer, at=at)


@router.post(
    "/v1/designations/proposals",
    summary="Propose all who qualify · 批量提名",
    responses={409: {"model": Problem}, 422: {"model": Problem}},
)
def propose_designations(
    request: Request,
    order: ProposalsRequest,
    *,
    viewer: CurrentViewer,
    session: RequestSession,
    most: Most = 100,
) -> ProposedAnswer:
    """Everybody of a division who qualifies, in one step: how many were left out for what, the first by name.

    That the viewer was shown those by name is on record.
    """
    at = clock.now()
    made = propose_all(session, order.kind, within=order.place_code, viewer=viewer, at=at)
    first = made.left_out[:most]
    shown = shown_left_out(session, request.app.state.cipher, first, viewer=viewer, at=at)
    return ProposedAnswer.of(made, shown)


@router.post(
    "/v1/designations/steps",
    summary="Take one step of many titles · 批量办理",
    responses={409: {"model": StepsAnswer}, 422: {"model": Problem}},
)
def take_designation_steps(
    request: Request,
    order: StepsRequest,
    *,
    viewer: CurrentViewer,
    session: RequestSession,
    response: Response,
) -> StepsAnswer:
    """All take it, each as its own step, or none does: then the answer is a 409 that names each refusal.

    `sequence` is that of the last step as it was read: whoever was changed meanwhile is refused.
    """
    at = clock.now()
    act = act_of(
        viewer,
        order.action,
        session=session,
        at=at,
        reason=order.reason,
        document=order.document,
    )
    versions = {one.designation_id: one.sequence for one in order.titles}
    taken = take_many(session, versions, act, viewer=viewer, announcing=_announcing(request, viewer))
    if taken.refusals:
        response.status_code = 409
        record_looks(session, told_by_refusals(session, taken.refusals), viewer=viewer, at=at)
    return StepsAnswer(
        taken=[
            TitleVersion(designation_id=step.designation_id, sequence=step.sequence) for step in taken.steps
        ],
        refusals=[RefusalAnswer.of(each) for each in taken.refusals],
    )


@router.post(
    "/v1/designations/{designation_id}/steps",
    summary="Take one step · 办理一步",
    responses={code: {"model": Problem} for code in (409, 412, 422, 428)},
)
def take_designation_step(
    request: Request,
    designation_id: DesignationId,
    order: StepRequest,
    *,
    viewer: CurrentViewer,
    session: RequestSession,
    response: Response,
) -> TitleAnswer:
    """Check, post the notice, award, refuse, withdraw, review, take; nothing is skipped."""
    standing = seen_by(session, designation_id, viewer=viewer)
    require_match(request, _etag(standing))
    at = clock.now()
    act = act_of(
        viewer,
        order.action,
        session=session,
        at=at,
        reason=order.reason,
        document=order.document,
    )
    told = partial(subjects_of, session, [designation_id])
    with refusals_recorded(session, told, viewer=viewer, at=at):
        take_one(session, standing, act, announcing=_announcing(request, viewer))
    standing = seen_by(session, designation_id, viewer=viewer)
    return _answer(request, session, standing, response, viewer=viewer, at=at)


def _answer(
    request: Request,
    session: Session,
    standing: Standing,
    response: Response,
    *,
    viewer: Viewer,
    at: datetime,
) -> TitleAnswer:
    """One title in full; that the viewer looks is on record."""
    record_views(session, [standing.designation], viewer=viewer, at=at)
    response.headers["ETag"] = _etag(standing)
    shown = shown_path(session, request.app.state.cipher, standing, on=clock.today())
    return TitleAnswer.full(shown)


def _etag(standing: Standing) -> str:
    return etag_of(standing.number, standing.last.sequence)


def _announcing(request: Request, viewer: Viewer) -> Announcing:
    state = request.app.state
    return Announcing(state.cipher, state.signer, viewer.username, viewer.organisation_name)
