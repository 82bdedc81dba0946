"""Appraisals over HTTP: officials open, invite and close; an appraiser sees the own sheet and no other."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query, Request, Response

from app import clock
from app.access.etags import etag_of, require_match
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RecordingSession, RequestSession
from app.appraisals import service
from app.appraisals.appraisal import OwnSheet
from app.appraisals.paper import PaperReader, written
from app.appraisals.result_schemas import ResultAnswer
from app.appraisals.schemas import (
    Invitation,
    InvitedAnswer,
    OwnSheetAnswer,
    PaperTaken,
    RoundAnswer,
    RoundClosing,
    RoundInFull,
    RoundOpening,
    RoundsAnswer,
    SheetEntry,
)
from app.consents.activities import Activity, Basis, basis_of
from app.models import Role

router = APIRouter(
    tags=["appraisals"],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)

RoundId = Annotated[int, Path(ge=1, le=2**31 - 1)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="the number of the appraiser in the round")]
Limit = Annotated[int, Query(ge=1, le=500, description="how many rounds to list at most")]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Workbook = Annotated[bytes, Body(media_type=XLSX, description="the filled-in workbook")]
_CONFLICT: dict[int | str, dict[str, object]] = {409: {"model": Problem}, 422: {"model": Problem}}
_EDITED: dict[int | str, dict[str, object]] = _CONFLICT | {412: {"model": Problem}, 428: {"model": Problem}}


@router.get("/v1/appraisal-rounds", summary="Rounds of appraisal · 评议轮次")
def appraisal_rounds(viewer: CurrentViewer, session: RequestSession, limit: Limit = 200) -> RoundsAnswer:
    """For an official those of the division; for an appraiser the own ones, without any count."""
    on = clock.today()
    if viewer.role is Role.APPRAISER:
        own = service.own_rounds(session, viewer=viewer, on=on, limit=limit)
        return RoundsAnswer(rounds=[RoundAnswer.own(one) for one in own])
    found = service.rounds_within(session, viewer=viewer, on=on, limit=limit)
    return RoundsAnswer(rounds=[RoundAnswer.of(one) for one in found])


@router.post(
    "/v1/appraisal-rounds",
    summary="Open a round for a village · 开启评议",
    status_code=201,
    responses=_CONFLICT,
)
def open_round(
    request: Request, opening: RoundOpening, viewer: CurrentViewer, session: RequestSession
) -> RoundAnswer:
    """Over every household the village has today; whoever refused stays in the denominator, unasked."""
    basis = basis_of(Activity.RATE, request.app.state.settings.operator_basis)
    found = service.open_round(
        session,
        opening.place_code,
        opens_on=opening.opens_on,
        closes_on=opening.closes_on,
        needs_consent=basis is not Basis.STATUTORY_DUTY,
        viewer=viewer,
        at=clock.now(),
    )
    return RoundAnswer.of(found)


@router.get("/v1/appraisal-rounds/{round_id}", summary="One round · 评议轮次详情")
def appraisal_round(
    request: Request, round_id: RoundId, viewer: CurrentViewer, session: RequestSession
) -> RoundInFull:
    """For an official with who appraises and whose sheet is in; for an appraiser without anybody."""
    on = clock.today()
    if viewer.role is Role.APPRAISER:
        own = service.own_round(session, round_id, viewer=viewer, on=on)
        return RoundInFull.own(own)
    found = service.round_of(session, round_id, viewer=viewer, on=on)
    people = service.invited(session, request.app.state.cipher, round_id, viewer=viewer, on=on)
    return RoundInFull.with_people(found, people)


@router.post(
    "/v1/appraisal-rounds/{round_id}/appraisers",
    summary="Invite an appraiser · 邀请评议员",
    status_code=201,
    responses=_CONFLICT,
)
def invite_appraiser(
    request: Request, round_id: RoundId, asked: Invitation, viewer: CurrentViewer, session: RequestSession
) -> InvitedAnswer:
    """With the account of an appraiser, or on paper; households the appraiser is kin of are named."""
    made = service.invite(
        session,
        request.app.state.cipher,
        round_id,
        name=asked.name,
        username=asked.username,
        kin_household_nos=asked.kin_household_nos,
        viewer=viewer,
        at=clock.now(),
    )
    return InvitedAnswer.of(made)


@router.get("/v1/appraisal-rounds/{round_id}/sheet", summary="My own sheet · 我的评议表")
def own_sheet(
    request: Request, round_id: RoundId, viewer: CurrentViewer, session: RequestSession, response: Response
) -> OwnSheetAnswer:
    """The own sheet as it is saved or was submitted; send its ETag with a change."""
    found = service.own_sheet(
        session, request.app.state.cipher, round_id, viewer=viewer, on=clock.today()
    )  # fmt: skip
    return _own(found, response)


@router.put("/v1/appraisal-rounds/{round_id}/sheet", summary="Save my sheet · 保存评议表", responses=_EDITED)
def save_sheet(
    request: Request,
    round_id: RoundId,
    *,
    entry: SheetEntry,
    viewer: CurrentViewer,
    session: RequestSession,
    response: Response,
) -> OwnSheetAnswer:
    """As far as it is filled in; it can be corrected until it is submitted."""
    cipher, at = request.app.state.cipher, clock.now()
    found = service.own_sheet(session, cipher, round_id, viewer=viewer, on=clock.today())
    require_match(request, _etag(found))
    marks = [one.mark() for one in entry.marks]
    saved = service.save_sheet(
        session, cipher, round_id, marks, revision=found.revision, viewer=viewer, at=at
    )
    return _own(saved, response)


@router.post(
    "/v1/appraisal-rounds/{round_id}/sheet/submission",
    summary="Submit my sheet for good · 提交评议表",
    responses=_EDITED,
)
def submit_sheet(
    request: Request, round_id: RoundId, viewer: CurrentViewer, session: RequestSession, response: Response
) -> OwnSheetAnswer:
    """Every household has to be answered; after that nothing on the sheet can be changed."""
    cipher, at = request.app.state.cipher, clock.now()
    found = service.own_sheet(session, cipher, round_id, viewer=viewer, on=clock.today())
    require_match(request, _etag(found))
    done = service.submit_sheet(session, cipher, round_id, revision=found.revision, viewer=viewer, at=at)
    return _own(done, response)


@router.get(
    "/v1/appraisal-rounds/{round_id}/appraisers/{number}/form",
    summary="The sheet to print · 打印评议表",
    response_class=Response,
    responses={200: {"content": {XLSX: {}}}},
)
def print_form(
    request: Request, round_id: RoundId, number: Number, viewer: CurrentViewer, session: RequestSession
) -> Response:
    """The blank sheet of one appraiser as a workbook: households masked, its form code on every page."""
    form = service.paper_form(
        session, request.app.state.cipher, round_id, number, viewer=viewer, on=clock.today()
    )
    name = f"appraisal-{round_id}-{number}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(written(form), media_type=XLSX, headers=headers)


@router.post(
    "/v1/appraisal-rounds/{round_id}/appraisers/{number}/sheet",
    summary="Hand in a sheet on paper · 导入纸质评议表",
    status_code=201,
    responses=_CONFLICT,
)
def import_sheet(
    request: Request,
    round_id: RoundId,
    number: Number,
    *,
    content: Workbook,
    viewer: CurrentViewer,
    session: RequestSession,
) -> PaperTaken:
    """The filled-in workbook of an appraiser without an account: taken whole, or every wrong line named."""
    cipher, read = request.app.state.cipher, _reader(request)
    form = service.awaited_form(session, cipher, round_id, number, viewer=viewer, on=clock.today())
    made = service.submit_paper(
        session,
        cipher,
        round_id,
        number,
        read(content, form),
        file_sha256=hashlib.sha256(content).hexdigest(),
        viewer=viewer,
        at=clock.now(),
    )
    return PaperTaken.of(number, made)


@router.post(
    "/v1/appraisal-rounds/{round_id}/closing", summary="Close a round · 评议截止", responses=_CONFLICT
)
def close_round(
    request: Request,
    round_id: RoundId,
    *,
    order: RoundClosing | None = None,
    viewer: CurrentViewer,
    session: RequestSession,
) -> RoundAnswer:
    """Once, from `closes_on` on or when every sheet is in; the next night rates by what it came to.

    While no sheet is handed in, a `reason` closes it before its day.
    """
    reason = "" if order is None else order.reason
    found = service.close_round(
        session, request.app.state.cipher, round_id, viewer=viewer, at=clock.now(), reason=reason
    )
    return RoundAnswer.of(found)


@router.get(
    "/v1/appraisal-rounds/{round_id}/result",
    summary="What a round came to · 评议结果",
    responses={409: {"model": Problem}},
)
def round_result(
    request: Request, round_id: RoundId, viewer: CurrentViewer, session: RecordingSession
) -> ResultAnswer:
    """Shares with their denominators, every household's result, and what looks odd; no single mark."""
    found = service.result_of_round(
        session, request.app.state.cipher, round_id, viewer=viewer, at=clock.now()
    )  # fmt: skip
    return ResultAnswer.of(found)


def _reader(request: Request) -> PaperReader:
    reader: PaperReader = request.app.state.read_paper
    return reader


def _own(found: OwnSheet, response: Response) -> OwnSheetAnswer:
    response.headers["ETag"] = _etag(found)
    return OwnSheetAnswer.of(found)


def _etag(found: OwnSheet) -> str:
    submitted = None if found.sheet is None else found.sheet.submitted_at
    return etag_of("appraisal_sheet", found.appraiser.appraiser_id, found.revision, submitted)
