"""Coverage over HTTP."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from app import clock
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RequestSession
from app.coverage import service
from app.coverage.schemas import CoverageAnswer
from app.examples import shown

router = APIRouter(tags=["coverage"], responses={401: {"model": Problem}, 404: {"model": Problem}})


@router.get(
    "/v1/coverage",
    summary="Files and ratings of the roster · 建档评级覆盖率",
    responses={200: shown("coverage")},
)
def coverage(
    viewer: CurrentViewer,
    session: RequestSession,
    as_of: Annotated[date | None, Query(description="as the newest night up to this day counted")] = None,
    by: Annotated[service.By, Query(description="one line a town, or a type of entity")] = service.By.TOWN,
) -> CoverageAnswer:
    """How many entities of the roster are on file and rated, against the goal of the end of 2023."""
    day = as_of or clock.today()
    return CoverageAnswer.of(service.coverage(session, viewer.place_code, on=day, by=by))
