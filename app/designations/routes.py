"""Villages and towns over HTTP."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from app import clock
from app.access.policy import may
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RequestSession
from app.access.scope import Viewer, may_see
from app.db import Session
from app.designations import service
from app.designations.schemas import StatusAnswer, StatusLine, TownAnswer, VillagesAnswer
from app.errors import NotFound
from app.examples import shown
from app.models import GateState, Place, PlaceKind
from app.places.service import place_by_code, places_within
from app.ratings.service import latest_run

router = APIRouter(tags=["villages and towns"], responses={401: {"model": Problem}, 404: {"model": Problem}})

UNITS = (PlaceKind.VILLAGE, PlaceKind.COMMUNITY)
TOWNS = (PlaceKind.TOWN, PlaceKind.SUBDISTRICT)


@router.get(
    "/v1/villages",
    summary="Villages and communities · 村（社区）列表",
    responses={200: shown("villages")},
)
def villages(
    viewer: CurrentViewer,
    session: RequestSession,
    *,
    town: Annotated[str | None, Query(description="only those of this town", pattern=r"^\d{12}$")] = None,
    state: Annotated[GateState | None, Query(description="only those in this state")] = None,
    cursor: Annotated[str | None, Query(description="`next_cursor` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> VillagesAnswer:
    """The villages and communities of the viewer's division, by code, a page at a time."""
    scope = viewer.place_code if town is None else visible(session, viewer, town, kinds=TOWNS).code
    places = places_within(session, scope, on=clock.today(), kinds=UNITS)
    reports = service.status_reports(session, [place for place in places if place.code > (cursor or "")])
    chosen = [report for report in reports if state is None or report.state is state]
    page = chosen[:limit]
    return VillagesAnswer(
        as_of=as_of(session),
        villages=[StatusLine.of(report) for report in page],
        next_cursor=page[-1].place.code if len(chosen) > limit else None,
    )


@router.get(
    "/v1/villages/{code}",
    summary="One village or community · 村（社区）状态",
    responses={200: shown("village")},
)
def village(code: str, viewer: CurrentViewer, session: RequestSession) -> StatusAnswer:
    """Every gate with value, threshold, numerator, denominator and margin; ratings by grade."""
    found = visible(session, viewer, code, kinds=UNITS)
    report = service.status_today(session, found, on=clock.today())
    return StatusAnswer.full(report, as_of=as_of(session), named=may(viewer, "attestations"))


@router.get("/v1/towns/{code}", summary="One town or street · 镇（街道）状态", responses={200: shown("town")})
def town(code: str, viewer: CurrentViewer, session: RequestSession) -> TownAnswer:
    """The gates of a town, and its villages and communities in one line each."""
    found = visible(session, viewer, code, kinds=TOWNS)
    report = service.status_today(session, found, on=clock.today())
    units = places_within(session, code, on=clock.today(), kinds=UNITS)
    return TownAnswer(
        **StatusAnswer.full(report, as_of=as_of(session), named=may(viewer, "attestations")).model_dump(),
        villages=[StatusLine.of(line) for line in service.status_reports(session, units)],
    )


def visible(session: Session, viewer: Viewer, code: str, *, kinds: tuple[PlaceKind, ...]) -> Place:
    """The division, if it lies in the viewer's; what lies outside does not exist for him."""
    found = place_by_code(session, code, on=clock.today())
    if found.kind not in kinds or not may_see(viewer, code):
        raise NotFound(f"no {' or '.join(kinds)} {code} in {viewer.place_name}")
    return found


def as_of(session: Session) -> date:
    """The day of the newest published night."""
    newest = latest_run(session)
    if newest is None:
        raise NotFound("no night has been published; run `credit-village rescore`")
    return newest.as_of
