"""The rights of a subject over HTTP: the person stands at the desk, the office does it, all is on record."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from app import clock
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RecordingSession, RequestSession
from app.rights import service
from app.rights.report import PortableCopy, Report, ReportConsent
from app.rights.report_pdf import report_pdf
from app.rights.right import Format, Handed
from app.rights.schemas import (
    ID_MAX,
    AskedAnswer,
    ConsentsAnswer,
    ExplanationAnswer,
    Identified,
    ReportOrder,
    ReviewFiling,
    ReviewReply,
    ReviewStanding,
    ReviewWork,
    SubjectFound,
    SubjectSearch,
)

router = APIRouter(
    tags=["rights"],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)

SubjectId = Annotated[int, Path(ge=1, le=ID_MAX)]
ConsentId = Annotated[int, Path(ge=1, le=ID_MAX)]
ReviewId = Annotated[int, Path(ge=1, le=ID_MAX)]
Limit = Annotated[int, Query(ge=1, le=500, description="how many requests to list at most")]
_PDF, _JSON = "application/pdf", "application/json"
_REFUSED: dict[int | str, dict[str, object]] = {409: {"model": Problem}, 422: {"model": Problem}}


@router.post(
    "/v1/subjects/find",
    summary="Find a subject · 按证件号码查找",
    responses={422: _REFUSED[422]},
)
def find_subject(
    request: Request, search: SubjectSearch, viewer: CurrentViewer, session: RecordingSession
) -> SubjectFound:
    """The household or entity of the viewer's division behind a number, masked."""
    found = service.find(session, request.app.state.cipher, search.number, viewer=viewer, at=clock.now())
    return SubjectFound.of(found)


@router.post(
    "/v1/subjects/{subject_id}/reports",
    summary="The own credit report · 本人信用报告",
    status_code=201,
    response_class=Response,
    responses={201: {"model": Report, "content": {_PDF: {}}}, **_REFUSED},
)
def give_report(
    request: Request,
    subject_id: SubjectId,
    order: ReportOrder,
    viewer: CurrentViewer,
    session: RequestSession,
) -> Response:
    """Everything on file of the person at the desk, to take away; two reports a calendar year are free.

    `X-Report-Number` counts those of the year and `X-Report-Free` says whether this one is free.
    """
    handed = service.report(
        session,
        request.app.state.cipher,
        subject_id,
        document=order.document,
        form=order.format,
        render=report_pdf,
        viewer=viewer,
        at=clock.now(),
    )
    name = f"report-{handed.disclosure_id}.{order.format}"
    return _handed(handed, name, media_type=_PDF if order.format is Format.PDF else _JSON)


@router.post(
    "/v1/subjects/{subject_id}/portability",
    summary="The data to take elsewhere · 个人信息转移副本",
    status_code=201,
    response_class=Response,
    responses={201: {"model": PortableCopy}, **_REFUSED},
)
def give_copy(
    request: Request,
    subject_id: SubjectId,
    identified: Identified,
    viewer: CurrentViewer,
    session: RequestSession,
) -> Response:
    """A machine-readable copy of everything on file of the person at the desk, in a documented form."""
    handed = service.portability(
        session,
        request.app.state.cipher,
        subject_id,
        document=identified.document,
        viewer=viewer,
        at=clock.now(),
    )
    return _handed(handed, f"portability-{handed.disclosure_id}.json", media_type=_JSON)


@router.get("/v1/subjects/{subject_id}/inquiries", summary="Who asked about me · 谁查询过我")
def asked_about(subject_id: SubjectId, viewer: CurrentViewer, session: RecordingSession) -> AskedAnswer:
    """Every inquiry about a subject in five years: which organisation, when, for what, with which consent."""
    found = service.asked_about(session, subject_id, viewer=viewer, at=clock.now())
    return AskedAnswer(subject_id=subject_id, inquiries=found)


@router.get("/v1/subjects/{subject_id}/explanation", summary="Why this rating · 自动评级说明")
def explanation(subject_id: SubjectId, viewer: CurrentViewer, session: RecordingSession) -> ExplanationAnswer:
    """The rating that holds: what counted, what cost points, what would raise it, and how it was made."""
    found = service.explanation(session, subject_id, viewer=viewer, at=clock.now())
    return ExplanationAnswer(subject_id=subject_id, explanation=found)


@router.get("/v1/subjects/{subject_id}/consents", summary="What the person agreed to · 本人授权")
def subject_consents(
    subject_id: SubjectId, viewer: CurrentViewer, session: RecordingSession
) -> ConsentsAnswer:
    """Every consent and refusal of a subject: for whom, for what, from when until when."""
    found = service.agreements(session, subject_id, viewer=viewer, at=clock.now())
    return ConsentsAnswer(subject_id=subject_id, consents=found)


@router.post(
    "/v1/subjects/{subject_id}/consents/{consent_id}/withdrawal",
    summary="Withdraw a consent · 撤回授权",
    status_code=201,
    responses=_REFUSED,
)
def withdraw_consent(
    subject_id: SubjectId,
    consent_id: ConsentId,
    identified: Identified,
    viewer: CurrentViewer,
    session: RequestSession,
) -> ReportConsent:
    """The person at the desk takes a consent back, from today on; no reason is asked."""
    return service.withdraw_agreement(
        session, subject_id, consent_id, document=identified.document, viewer=viewer, at=clock.now()
    )


@router.post(
    "/v1/subjects/{subject_id}/reviews",
    summary="Ask that a person looks · 申请人工复核",
    status_code=201,
    responses=_REFUSED,
)
def request_review(
    request: Request,
    subject_id: SubjectId,
    filing: ReviewFiling,
    viewer: CurrentViewer,
    session: RequestSession,
) -> ReviewStanding:
    """The subject's request that a person looks at an automated rating; it is answered within 20 days."""
    state = service.request_review(
        session,
        request.app.state.cipher,
        subject_id,
        rating_id=filing.rating_id,
        text=filing.text,
        document=filing.document,
        viewer=viewer,
        at=clock.now(),
    )
    return ReviewStanding.of(state, on=clock.today())


@router.get("/v1/reviews", summary="Ratings a person has to look at · 人工复核待办")
def reviews(
    request: Request, viewer: CurrentViewer, session: RecordingSession, limit: Limit = 200
) -> ReviewWork:
    """The open requests of the viewer's division, those due first on top."""
    cipher, at = request.app.state.cipher, clock.now()
    return ReviewWork.of(service.open_reviews(session, cipher, viewer=viewer, at=at, limit=limit))


@router.post(
    "/v1/reviews/{review_id}/answer", summary="Answer a request of review · 答复人工复核", responses=_REFUSED
)
def answer_review(
    request: Request,
    review_id: ReviewId,
    reply: ReviewReply,
    viewer: CurrentViewer,
    session: RequestSession,
) -> ReviewStanding:
    """What the person found: upheld, corrected, or the automated rating set aside.

    Whoever wrote the request down may not answer it.
    """
    cipher, at = request.app.state.cipher, clock.now()
    state = service.answer_review(session, cipher, review_id, reply.verdict(), viewer=viewer, at=at)
    return ReviewStanding.of(state, on=clock.today())


def _handed(handed: Handed, name: str, *, media_type: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Disclosure": str(handed.disclosure_id),
        "X-Content-SHA256": handed.content_sha256,
        "X-Report-Free": "true" if handed.free else "false",
    }
    if handed.number_in_year is not None:
        headers["X-Report-Number"] = str(handed.number_in_year)
    return Response(handed.content, status_code=201, media_type=media_type, headers=headers)
