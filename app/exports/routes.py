"""Bulk exports over HTTP: a file for whoever asked, once a second person has granted it."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app import clock
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RequestSession
from app.exports import service
from app.exports.export import MEDIA_TYPES

router = APIRouter(
    tags=["exports"],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)


class ExportRequest(BaseModel):
    """Which granted approval is carried out."""

    model_config = ConfigDict(extra="forbid")

    approval_id: int = Field(ge=1, le=2**63 - 1)


@router.post(
    "/v1/exports",
    summary="Take a granted export · 批量导出",
    status_code=201,
    response_class=Response,
    responses={
        201: {"content": {kind.partition(";")[0]: {} for kind in MEDIA_TYPES.values()}},
        409: {"model": Problem},
        422: {"model": Problem},
    },
)
def export(
    request: Request, asked: ExportRequest, viewer: CurrentViewer, session: RequestSession
) -> Response:
    """Ratings or plaques of a place as .csv or .xlsx: names of persons masked, no numbers, 5,000 lines.

    Ask first at `/v1/approvals` (`bulk_export`); another person grants it, and it can be taken once. The file
    says who took it and when, and everybody in it is on record as seen.
    """
    made = service.export_granted(
        session, request.app.state.cipher, asked.approval_id, viewer=viewer, at=clock.now()
    )
    headers = {
        "Content-Disposition": f'attachment; filename="{made.name}"',
        "X-Export-Id": str(made.export_id),
    }
    return Response(made.content, status_code=201, media_type=made.media_type, headers=headers)
