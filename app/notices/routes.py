"""Notices over HTTP: the public reads and objects without signing in, officials answer."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from app import clock
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RecordingSession, RequestSession, public_address
from app.db import Session
from app.notices import service
from app.notices.notice import ShownNotice, receipt_of
from app.notices.schemas import (
    FindingBody,
    NoticeAnswer,
    NoticeHead,
    NoticeObjectionAnswerBody,
    NoticeObjectionsAnswer,
    NoticesAnswer,
    NoticeWorkAnswer,
    OfficeProtest,
    PublicProtest,
    ReceiptAnswer,
)
from app.notices.sheet import sheet_pdf
from app.records.service import holds_demonstration

_Responses = dict[int | str, dict[str, Any]]
_GONE: _Responses = {404: {"model": Problem}}
_OFFICIAL: _Responses = {401: {"model": Problem}, 403: {"model": Problem}}
_KEPT: _Responses = {409: {"model": Problem}, 422: {"model": Problem}}
_SHEET: _Responses = {200: {"content": {"application/pdf": {}}}, **_GONE}
_NEGOTIATED = {"Vary": "Accept"}
router = APIRouter(tags=["notices"])

NoticeNumber = Annotated[str, Path(pattern=r"^GS-[0-9]{2,12}-[0-9]{4}-[0-9]{4,6}$", max_length=32)]
ObjectionUid = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
PlaceCode = Annotated[str, Query(alias="place", pattern=r"^([0-9]{12})?$", description="12 位区划代码")]
Limit = Annotated[int, Query(ge=1, le=500, description="how many notices to list at most")]


@router.get("/public/notices", summary="公示 · Public notices", responses={422: {"model": Problem}})
def public_notices(
    request: Request, response: Response, session: RequestSession, code: PlaceCode = "", limit: Limit = 200
) -> NoticesAnswer:
    """The running notices of a division (the district by default), and those that ended lately."""
    response.headers.update(_NEGOTIATED)
    on, chosen = clock.today(), code or request.app.state.settings.district_code
    found = service.public_notices(session, code=chosen, on=on, limit=limit)
    return NoticesAnswer(notices=[NoticeHead.head(listed, on=on) for listed in found])


@router.get("/public/notices/{number}", summary="一份公示 · One public notice", responses=_GONE)
def public_notice(response: Response, number: NoticeNumber, session: RequestSession) -> NoticeAnswer:
    """Masked names, the village and the result: never a score, an income or a number."""
    response.headers.update(_NEGOTIATED)
    on = clock.today()
    return NoticeAnswer.of(service.public_notice(session, number, on=on), on=on)


@router.get(
    "/public/notices/{number}/sheet.pdf",
    summary="公示单 · The sheet of a notice",
    response_class=Response,
    responses=_SHEET,
)
def public_notice_sheet(request: Request, number: NoticeNumber, session: RequestSession) -> Response:
    """The notice to print, in large type, with a QR code to object."""
    return _sheet(request, session, service.public_notice(session, number, on=clock.today()))


@router.post(
    "/public/notices/{number}/objections",
    summary="对公示提出异议 · Object to a notice",
    status_code=201,
    responses={**_GONE, **_KEPT, 429: {"model": Problem}},
)
def object_to_notice(
    request: Request, number: NoticeNumber, protest: PublicProtest, session: RequestSession
) -> ReceiptAnswer:
    """Anybody may object, without saying who he is; the title waits until this is answered."""
    made = service.object_publicly(
        session, request.app.state.cipher, number, protest.protest(), at=clock.now()
    )
    return ReceiptAnswer(notice_number=number, receipt=receipt_of(made), raised_on=made.raised_on)


@router.get("/v1/notices", summary="公示与异议待办 · Notices and what is to be answered", responses=_OFFICIAL)
def notices(viewer: CurrentViewer, session: RequestSession, limit: Limit = 200) -> NoticeWorkAnswer:
    """The notices of the viewer's division, with the objections that wait and the days that are left."""
    return NoticeWorkAnswer.of(service.work_list(session, viewer=viewer, limit=limit), on=clock.today())


@router.get("/v1/notices/{number}", summary="一份公示 · One notice", responses=_OFFICIAL | _GONE)
def notice(number: NoticeNumber, viewer: CurrentViewer, session: RequestSession) -> NoticeAnswer:
    """A notice of the viewer's division, also one that the public no longer sees."""
    on = clock.today()
    return NoticeAnswer.of(service.notice_of_division(session, number, viewer=viewer, on=on), on=on)


@router.get(
    "/v1/notices/{number}/sheet",
    summary="公示单 · The sheet to pin up",
    response_class=Response,
    responses=_OFFICIAL | _SHEET,
)
def notice_sheet(
    request: Request, number: NoticeNumber, viewer: CurrentViewer, session: RequestSession
) -> Response:
    """A4 in large type: masked names, village, result, period, where to object, and a QR code to do so."""
    return _sheet(
        request, session, service.notice_of_division(session, number, viewer=viewer, on=clock.today())
    )


@router.get(
    "/v1/notices/{number}/objections",
    summary="公示异议 · Objections to a notice",
    responses=_OFFICIAL | _GONE,
)
def notice_objections(
    request: Request, number: NoticeNumber, viewer: CurrentViewer, session: RecordingSession
) -> NoticeObjectionsAnswer:
    """What was objected, in the words it was said in; that it was read is on record."""
    on, cipher = clock.today(), request.app.state.cipher
    found = service.objections(session, cipher, number, viewer=viewer, at=clock.now())
    cases = [NoticeObjectionAnswerBody.of(case, on=on) for case in found]
    return NoticeObjectionsAnswer(notice_number=number, objections=cases)


@router.post(
    "/v1/notices/{number}/objections",
    summary="登记公示异议 · Write an objection down",
    status_code=201,
    responses=_OFFICIAL | _GONE | _KEPT,
)
def record_notice_objection(
    request: Request,
    number: NoticeNumber,
    protest: OfficeProtest,
    viewer: CurrentViewer,
    session: RequestSession,
) -> NoticeObjectionAnswerBody:
    """What came to the desk or by letter, on a day the notice ran."""
    made = service.object_at_office(
        session, request.app.state.cipher, number, protest.protest(), viewer=viewer, at=clock.now()
    )
    return NoticeObjectionAnswerBody.of(made, on=clock.today())


@router.post(
    "/v1/notices/{number}/objections/{uid}/answer",
    summary="答复公示异议 · Answer an objection to a notice",
    responses=_OFFICIAL | _GONE | _KEPT,
)
def answer_notice_objection(
    request: Request,
    number: NoticeNumber,
    uid: ObjectionUid,
    finding: FindingBody,
    *,
    viewer: CurrentViewer,
    session: RequestSession,
) -> NoticeObjectionAnswerBody:
    """What was found, with its reason and document; not by who posted, proposed or wrote it down."""
    found = service.answer(
        session,
        request.app.state.cipher,
        number,
        uid,
        finding.finding(),
        viewer=viewer,
        at=clock.now(),
    )
    return NoticeObjectionAnswerBody.of(found, on=clock.today())


def _sheet(request: Request, session: Session, shown: ShownNotice) -> Response:
    return Response(
        sheet_pdf(shown, address=public_address(request), synthetic=holds_demonstration(session)),
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{shown.notice.number}.pdf"'},
    )
