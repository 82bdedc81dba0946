"""Objections over HTTP: the desk takes them, a colleague answers, the subject gets a letter."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app import clock
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RecordingSession, RequestSession
from app.examples import shown
from app.objections import service
from app.objections.letter import letter_pdf
from app.objections.letters import letter_of
from app.objections.schemas import (
    ObjectionAnswer,
    ObjectionFiling,
    ObjectionReply,
    ObjectionWithdrawal,
    WorkListAnswer,
)

router = APIRouter(
    tags=["objections"],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)

# No id in the database is greater.
ObjectionId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Limit = Annotated[int, Query(ge=1, le=500, description="how many objections to list at most")]


@router.post(
    "/v1/objections",
    summary="Raise an objection · 登记异议",
    status_code=201,
    responses={201: shown("objection"), 409: {"model": Problem}, 422: {"model": Problem}},
)
def raise_objection(
    request: Request, filing: ObjectionFiling, viewer: CurrentViewer, session: RequestSession
) -> ObjectionAnswer:
    """An objection of a subject of the viewer's division to one of its records or ratings.

    From now on every answer about the subject shows that there is one; it is answered within 20 days.
    """
    at, on = clock.now(), clock.today()
    made = service.raise_at_office(
        session,
        request.app.state.cipher,
        filing.filing(),
        viewer=viewer,
        at=at,
        rules=service.rules_in_force(session, on=on),
    )
    return ObjectionAnswer.of(service.standing(session, made, on=on), on=on)


@router.get(
    "/v1/objections", summary="What is to be answered · 异议待办", responses={200: shown("objections")}
)
def objections(
    request: Request, viewer: CurrentViewer, session: RecordingSession, limit: Limit = 200
) -> WorkListAnswer:
    """The open objections of the viewer's division by town, with the days that are left."""
    found = service.work_list(session, request.app.state.cipher, viewer=viewer, at=clock.now(), limit=limit)
    return WorkListAnswer.of(found)


@router.post(
    "/v1/objections/{objection_id}/answer",
    summary="Answer an objection · 答复异议",
    responses={409: {"model": Problem}, 422: {"model": Problem}},
)
def answer(
    request: Request,
    objection_id: ObjectionId,
    reply: ObjectionReply,
    viewer: CurrentViewer,
    session: RequestSession,
) -> ObjectionAnswer:
    """What was found: corrected, confirmed, or unresolved, when both versions are kept and shown.

    Neither who wrote the objection down nor who delivered the disputed record may answer.
    """
    cipher, at = request.app.state.cipher, clock.now()
    found = service.answer(session, cipher, objection_id, reply.reply(), viewer=viewer, at=at)
    return ObjectionAnswer.of(found, on=clock.today())


@router.post(
    "/v1/objections/{objection_id}/withdrawal",
    summary="Take an objection back · 撤回异议",
    responses={409: {"model": Problem}, 422: {"model": Problem}},
)
def withdrawal(
    request: Request,
    objection_id: ObjectionId,
    withdrawn: ObjectionWithdrawal,
    viewer: CurrentViewer,
    session: RequestSession,
) -> ObjectionAnswer:
    """Close an objection that the subject takes back, on the ground of what the subject signed."""
    found = service.withdraw(
        session,
        request.app.state.cipher,
        objection_id,
        text=withdrawn.text,
        document=withdrawn.document,
        viewer=viewer,
        at=clock.now(),
    )
    return ObjectionAnswer.of(found, on=clock.today())


@router.get(
    "/v1/objections/{objection_id}/letter",
    summary="The letter to the subject · 异议处理告知书",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}, 409: {"model": Problem}},
)
def letter(
    request: Request, objection_id: ObjectionId, viewer: CurrentViewer, session: RecordingSession
) -> Response:
    """One A4 page to print, stamp and hand over: what was found, what follows, what the subject can do."""
    case = service.answered_case(
        session, request.app.state.cipher, objection_id, viewer=viewer, at=clock.now()
    )
    return Response(
        letter_pdf(letter_of(case), dated=case.end.recorded_at),
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="objection-{objection_id}.pdf"'},
    )
