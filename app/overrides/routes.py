"""Overrides over HTTP; one is asked for at /v1/approvals and holds once another person grants it."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query

from app import clock
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RecordingSession, RequestSession
from app.overrides import service
from app.overrides.schemas import (
    OverrideAnswer,
    OverrideEnding,
    OverrideReport,
    OverridesAnswer,
    ReportLineAnswer,
)
from app.records.current import months_before

router = APIRouter(
    tags=["overrides"],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)

OverrideId = Annotated[int, Path(ge=1, le=2**63 - 1)]
First = Annotated[date | None, Query(alias="from", description="a year ago, unless said otherwise")]
End = Annotated[date | None, Query(alias="until", description="the first day that is not counted any more")]
Limit = Annotated[int, Query(ge=1, le=500, description="how many overrides to list at most")]


@router.get("/v1/overrides", summary="Overrides of the division · 评级调整")
def overrides(
    viewer: CurrentViewer,
    session: RecordingSession,
    first: First = None,
    end: End = None,
    limit: Limit = 200,
) -> OverridesAnswer:
    """Every override that began in the time, whether it still holds or not, the newest first.

    That the viewer looks is on record.
    """
    since, until = _time(first, end)
    found = service.listed(
        session, viewer=viewer, first=since, end=until, on=clock.today(), limit=limit
    )  # fmt: skip
    service.record_views(session, found, viewer=viewer, at=clock.now())
    return OverridesAnswer(overrides=[OverrideAnswer.in_full(one) for one in found])


@router.get("/v1/overrides/report", summary="Overrides per official and village · 评级调整统计")
def override_report(
    viewer: CurrentViewer, session: RequestSession, first: First = None, end: End = None
) -> OverrideReport:
    """How many each official of the division asked for and each village had; nothing about a subject."""
    since, until = _time(first, end)
    officials, villages = service.report(
        session, viewer=viewer, first=since, end=until, on=clock.today()
    )  # fmt: skip
    return OverrideReport(
        first=since,
        end=until,
        officials=[ReportLineAnswer.of(line) for line in officials],
        villages=[ReportLineAnswer.of(line) for line in villages],
    )


@router.post(
    "/v1/overrides/{override_id}/end",
    summary="End an override early · 提前终止评级调整",
    responses={409: {"model": Problem}, 422: {"model": Problem}},
)
def end_override(
    override_id: OverrideId, ending: OverrideEnding, viewer: CurrentViewer, session: RequestSession
) -> OverrideAnswer:
    """From today on the grade of the card holds again."""
    at = clock.now()
    made = service.end(session, override_id, reason=ending.reason, viewer=viewer, at=at)
    service.record_views(session, [made], viewer=viewer, at=at)
    return OverrideAnswer.in_full(made)


def _time(first: date | None, end: date | None) -> tuple[date, date]:
    """The time asked about: the year up to today, unless said otherwise."""
    today = clock.today()
    return first or months_before(today, 12), end or date.fromordinal(today.toordinal() + 1)
