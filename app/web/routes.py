"""The pages for officials and banks."""

import json
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse

from app import clock
from app.access.policy import may
from app.access.routes import RecordingSession, RequestSession
from app.access.scope import Viewer, may_see
from app.db import Session
from app.designations.service import status_reports, status_today
from app.designations.service.ways import town_way, village_way
from app.designations.way_words import town_words, village_words
from app.errors import NotFound, NotReady
from app.inquiries.service import record_views, view_rating
from app.models import GateState, Place, PlaceKind, SubjectKind
from app.objections.service import notes_of
from app.overrides.service import in_force, of_subject
from app.places.service import children, place, place_by_code
from app.ratings.service import explained, history, latest_run, ratings_in_place, shown_sources
from app.rules.service import card_of
from app.subjects.service import describe, has_synthetic, subject
from app.web import account, gates, interface_token, login
from app.web.overview import TOWNS, UNITS, overview, treemap, unit_rows
from app.web.page import Page, PageViewer, page

router = APIRouter(route_class=Page, include_in_schema=False)
router.include_router(login.router)
router.include_router(account.router)
router.include_router(interface_token.router)

RATINGS_A_PAGE = 20
LARGEST_ID = 2**63 - 1
# Whose ratings a village page lists.
KINDS = (SubjectKind.HOUSEHOLD, SubjectKind.AGRI_ENTITY)


@router.get("/")
def first_page(
    request: Request,
    viewer: PageViewer,
    session: RequestSession,
    state: Annotated[str, Query(max_length=32)] = "",
    town: Annotated[str, Query(max_length=12)] = "",
) -> HTMLResponse:
    """The viewer's division: key figures, the map of its villages, the towns and villages in tables."""
    _refuse_before_first_night(session)
    found = overview(session, viewer.place_code, on=clock.today())
    rows = [
        unit
        for unit in found.units
        if state in ("", unit.report.state.value) and town in ("", unit.town.code)
    ]
    return page(
        request,
        "overview.html",
        viewer=viewer,
        found=found,
        rows=rows,
        gates=gates,
        chosen_state=state,
        chosen_town=town,
        states=list(GateState),
        treemap=json.dumps(treemap(found), ensure_ascii=False).replace("<", "\\u003c"),
        synthetic=has_synthetic(session),
    )


@router.get("/towns/{code}")
def town_page(code: str, request: Request, viewer: PageViewer, session: RequestSession) -> HTMLResponse:
    """A town: its gates, what is missing, its villages."""
    found = _visible_place(session, viewer, code, kinds=TOWNS)
    way = town_words(town_way(session, found, on=clock.today()), amounts=may(viewer, "rating_page"))
    reports = status_reports(session, children(session, found.place_id, on=clock.today()))
    return page(
        request,
        "place.html",
        viewer=viewer,
        names_documents=may(viewer, "attestations"),
        report=status_today(session, found, on=clock.today()),
        parent=None,
        way=way,
        units=unit_rows(reports, found),
        kinds=KINDS,
        kind=None,
        ratings=[],
        next_after=None,
        after=0,
        gates=gates,
        as_of=_as_of(session),
        synthetic=has_synthetic(session),
    )


@router.get("/villages/{code}")
def village_page(
    code: str,
    *,
    request: Request,
    viewer: PageViewer,
    session: RecordingSession,
    kind: Annotated[SubjectKind, Query()] = SubjectKind.HOUSEHOLD,
    after: Annotated[int, Query(ge=0, le=LARGEST_ID)] = 0,
) -> HTMLResponse:
    """A village or community: its gates, what is missing, ratings by grade, and for officials the ratings."""
    found = _visible_place(session, viewer, code, kinds=UNITS)
    report = status_today(session, found, on=clock.today())
    rows, next_after = [], None
    sees_persons = may(viewer, "rating_page")
    if sees_persons:
        listed = ratings_in_place(session, found.place_id, kind=kind, after=after, limit=RATINGS_A_PAGE + 1)
        on_page = listed[:RATINGS_A_PAGE]
        record_views(session, [rating for rating, _ in on_page], viewer=viewer, at=clock.now())
        held = in_force(session, [owner.subject_id for _, owner in on_page], on=clock.today())
        rows = [
            (rating, describe(session, request.app.state.cipher, owner), held.get(owner.subject_id))
            for rating, owner in on_page
        ]
        next_after = on_page[-1][1].subject_id if len(listed) > RATINGS_A_PAGE else None
    return page(
        request,
        "place.html",
        viewer=viewer,
        names_documents=may(viewer, "attestations"),
        report=report,
        way=village_words(village_way(session, found, on=clock.today()), amounts=sees_persons),
        parent=place(session, found.parent_id or 0),
        units=[],
        kinds=KINDS,
        kind=kind if sees_persons else None,
        ratings=rows,
        next_after=next_after,
        after=after,
        gates=gates,
        as_of=_as_of(session),
        synthetic=has_synthetic(session),
    )


@router.get("/ratings/{rating_id}")
def rating_page(
    rating_id: Annotated[int, Path(ge=1, le=LARGEST_ID)],
    request: Request,
    viewer: PageViewer,
    session: RecordingSession,
) -> HTMLResponse:
    """A rating with every point of it, the records behind it and the ratings before it."""
    found = view_rating(session, rating_id, viewer=viewer, at=clock.now())
    owner = subject(session, found.subject_id)
    home = place(session, owner.place_id)
    told = explained(session, found)
    records = shown_sources(session, request.app.state.cipher, found, on=clock.today())
    earlier = [explained(session, one) for one in history(session, found.subject_id)]
    return page(
        request,
        "rating.html",
        viewer=viewer,
        told=told,
        card=card_of(told.rule).definition,
        recorded={one.value.name for one in records},
        owner=describe(session, request.app.state.cipher, owner),
        home=home,
        home_path=f"/{'villages' if home.kind in UNITS else 'towns'}/{home.code}",
        records=records,
        objections=notes_of(session, found.subject_id, on=clock.today()),
        history=earlier,
        overrides=of_subject(session, found.subject_id, on=clock.today()),
        is_current=earlier[0].rating.rating_id == rating_id,
        as_of=_as_of(session),
        synthetic=owner.synthetic or any(one.value.synthetic for one in records),
    )


def _visible_place(session: Session, viewer: Viewer, code: str, *, kinds: tuple[PlaceKind, ...]) -> Place:
    _refuse_before_first_night(session)
    found = place_by_code(session, code, on=clock.today())
    if found.kind not in kinds or not may_see(viewer, code):
        raise NotFound(f"no such place in {viewer.place_name}")
    return found


def _refuse_before_first_night(session: Session) -> None:
    if latest_run(session) is None:
        raise NotReady("no night has been published. Run `credit-village rescore`.")


def _as_of(session: Session) -> date | None:
    newest = latest_run(session)
    return newest.as_of if newest else None
