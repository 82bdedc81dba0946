"""Certificates over HTTP: everybody checks one by its number, officials print them."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from app import clock
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RecordingSession, RequestSession, public_address
from app.certificates import service
from app.certificates.schemas import CertificateAnswer, CertificatesAnswer
from app.certificates.sheet import sheet_pdf
from app.errors import NotFound
from app.places.service import within
from app.records.service import holds_demonstration

router = APIRouter(tags=["certificates"])
_GONE: dict[int | str, dict[str, Any]] = {404: {"model": Problem}}
_OFFICIAL: dict[int | str, dict[str, Any]] = {401: {"model": Problem}, 403: {"model": Problem}}

CertificateNumber = Annotated[
    str, Path(pattern=r"^CV-[0-9]{6}-[0-9]{4}-[0-9]{6,8}-[2-9A-Z]{4}$", max_length=32)
]
# No id in the database is greater.
After = Annotated[int, Query(ge=0, le=2**63 - 1, description="`next_after` of the page before")]
PlaceCode = Annotated[str, Query(alias="place", pattern=r"^([0-9]{12})?$", description="12 位区划代码")]
Limit = Annotated[int, Query(ge=1, le=500, description="how many certificates to list at most")]


@router.get("/public/certificates/{number}", summary="查验证书 · Check a certificate", responses=_GONE)
def public_certificate(
    response: Response, number: CertificateNumber, session: RequestSession
) -> CertificateAnswer:
    """What a certificate says, and whether its title is held today, by the newest step taken about it."""
    response.headers["Vary"] = "Accept"
    return CertificateAnswer.of(service.checked(session, number, on=clock.today()))


@router.get("/v1/certificates", summary="授牌名录 · The plaques of a division", responses=_OFFICIAL | _GONE)
def certificates(
    viewer: CurrentViewer,
    session: RecordingSession,
    code: PlaceCode = "",
    after: After = 0,
    limit: Limit = 200,
) -> CertificatesAnswer:
    """Every certificate of the viewer's division, or of a division in it, with what it is worth today.

    That the viewer looks is on record.
    """
    chosen = code or viewer.place_code
    if not within(viewer.place_code, chosen):
        raise NotFound(f"该区划不在您的辖区 · no such division in {viewer.place_name}")
    listed, next_after = service.plaques(session, chosen, on=clock.today(), after=after, limit=limit)
    service.record_views(session, listed, viewer=viewer, at=clock.now())
    answers = [CertificateAnswer.of(found) for found in listed]
    return CertificatesAnswer(certificates=answers, next_after=next_after)


@router.get(
    "/v1/certificates/{number}/sheet",
    summary="证书 · The certificate to print",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}}} | _OFFICIAL | _GONE,
)
def certificate_sheet(
    request: Request, number: CertificateNumber, viewer: CurrentViewer, session: RecordingSession
) -> Response:
    """A4 across, to frame: the title, the holder, the dates, and QR codes to check it with and without us."""
    found = service.certificate_of_division(session, number, viewer=viewer, on=clock.today())
    service.record_views(session, [found], viewer=viewer, at=clock.now())
    return Response(
        sheet_pdf(found, address=public_address(request), synthetic=holds_demonstration(session)),
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{number}.pdf"'},
    )
