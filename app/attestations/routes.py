"""Attestations and vetoes over HTTP; one counts once another grants it."""

from typing import Annotated

from fastapi import APIRouter, Query

from app import clock
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RecordingSession
from app.attestations import service
from app.attestations.schemas import AttestationAnswer, AttestationsAnswer

router = APIRouter(
    tags=["attestations"],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)


@router.get("/v1/attestations", summary="Documents for and against titles · 证明与一票否决")
def attestations(
    viewer: CurrentViewer,
    session: RecordingSession,
    *,
    place: Annotated[str | None, Query(pattern=r"^\d{12}$", description="only those of a division")] = None,
    past: Annotated[
        bool, Query(description="also those that no longer count; not with `ending_within_days`")
    ] = False,
    ending_within_days: Annotated[
        int | None, Query(ge=0, le=3660, description="only those that count and end within so many days")
    ] = None,
    cursor: Annotated[
        int | None, Query(ge=1, le=2**63 - 1, description="the `next_cursor` of the page before")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500, description="how many to list at most")] = 200,
) -> AttestationsAnswer:
    """Which documents count in the viewer's division, by whom, since when, and which of them end soon.

    That the viewer looks at those about persons is on record.
    """
    found = service.listed(
        session,
        viewer=viewer,
        within=place,
        on=clock.today(),
        past=past,
        ending_within_days=ending_within_days,
        after=cursor,
        limit=limit + 1,
    )
    page = found[:limit]
    service.record_views(session, page, viewer=viewer, at=clock.now())
    return AttestationsAnswer(
        attestations=[AttestationAnswer.of(one) for one in page],
        next_cursor=page[-1].attestation_id if len(found) > limit else None,
    )
