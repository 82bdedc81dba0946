"""What a village or town lacks for its title, and how its gates stood month by month, over HTTP."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from app import clock
from app.access.district import refuse_part_of_district
from app.access.policy import may
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RecordingSession, RequestSession
from app.access.scope import Viewer
from app.db import Session
from app.designations.reform_schemas import ReformAnswer
from app.designations.routes import TOWNS, UNITS, as_of, visible
from app.designations.service.reforms import what_if_kept
from app.designations.service.trends import trend_of
from app.designations.service.ways import named, record_named, town_way, village_way
from app.designations.trend_schemas import TrendAnswer
from app.designations.way_schemas import TownWayAnswer, VillageWayAnswer
from app.designations.ways import About, Named

router = APIRouter(tags=["villages and towns"], responses={401: {"model": Problem}, 404: {"model": Problem}})

# Who may look at ratings may be told whom a way is about.
_SEES_PERSONS = "rating"
Most = Annotated[int, Query(ge=0, le=100, description="how many households to name of a village at most")]
Months = Annotated[int, Query(ge=1, le=120, description="how many month-ends")]


@router.get("/v1/villages/{code}/way-to-title", summary="What a village lacks · 信用村差距")
def village_way_to_title(
    code: str, *, request: Request, viewer: CurrentViewer, session: RecordingSession, most: Most = 20
) -> VillageWayAnswer:
    """The least work to the title; officials see whom it is about, masked, and leave a record of it."""
    found = village_way(session, visible(session, viewer, code, kinds=UNITS), on=clock.today())
    seen = _seen(request, session, viewer, found.about, most=most)
    return VillageWayAnswer.of(found, as_of=as_of(session), seen=seen)


@router.get("/v1/towns/{code}/way-to-title", summary="What a town lacks · 信用镇差距")
def town_way_to_title(
    code: str, *, request: Request, viewer: CurrentViewer, session: RecordingSession, most: Most = 20
) -> TownWayAnswer:
    """The villages to bring to their title and the loans to cure that take the least work together."""
    place = visible(session, viewer, code, kinds=TOWNS)
    found = town_way(session, place, on=clock.today())
    seen = _seen(request, session, viewer, found.about, most=most)
    return TownWayAnswer.of(found, as_of=as_of(session), seen=seen)


@router.get("/v1/villages/{code}/trend", summary="A village month by month · 村级月度走势")
def village_trend(
    code: str, *, viewer: CurrentViewer, session: RequestSession, months: Months = 36
) -> TrendAnswer:
    """Every gate at the end of every month up to the newest night."""
    place, until = visible(session, viewer, code, kinds=UNITS), as_of(session)
    return TrendAnswer.of(place, trend_of(session, place, until=until, months=months), as_of=until)


@router.get("/v1/towns/{code}/trend", summary="A town month by month · 镇级月度走势")
def town_trend(
    code: str, *, viewer: CurrentViewer, session: RequestSession, months: Months = 36
) -> TrendAnswer:
    """Every gate at the end of every month up to the newest night."""
    place, until = visible(session, viewer, code, kinds=TOWNS), as_of(session)
    return TrendAnswer.of(place, trend_of(session, place, until=until, months=months), as_of=until)


@router.get(
    "/v1/criteria/{code}/{effective_from}/what-if",
    summary="What new criteria would change · 标准变动测算",
    responses={403: {"model": Problem}, 422: {"model": Problem}},
)
def criteria_what_if(
    code: Annotated[str, Path(max_length=32)],
    effective_from: date,
    *,
    viewer: CurrentViewer,
    session: RequestSession,
) -> ReformAnswer:
    """Which villages or towns of the district a kept profile lets in, and which lose by it."""
    refuse_part_of_district(session, viewer)
    found = what_if_kept(
        session, code, effective_from=effective_from, within=viewer.place_code, on=clock.today()
    )
    return ReformAnswer.model_validate(found)


def _seen(
    request: Request,
    session: Session,
    viewer: Viewer,
    about: Sequence[About],
    *,
    most: int,
) -> Named | None:
    """Whom the viewer may see, and that he did; none where he may see no person."""
    if not may(viewer, _SEES_PERSONS):
        return None
    seen = named(session, request.app.state.cipher, about, most=most)
    record_named(session, seen, viewer=viewer, at=clock.now())
    return seen
