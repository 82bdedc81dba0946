"""Ratings and cards over HTTP."""

import json
from typing import Annotated

from fastapi import APIRouter, Depends, Query

from app.access.problems import Problem
from app.access.routes import CurrentViewer, RequestSession, require
from app.access.scope import Viewer, may_see
from app.db import Session
from app.errors import NotFound
from app.examples import shown
from app.models import Rating, Role, RuleVersion
from app.places.service import place
from app.ratings import service
from app.ratings.schemas import (
    CardAnswer,
    CardLine,
    CardsAnswer,
    RatedSubjectAnswer,
    RatingAnswer,
    RatingHistoryAnswer,
    RatingHistoryLine,
    RecordAnswer,
    TextAnswer,
    card_version,
)
from app.rules import service as rules
from app.subjects.service import subject

router = APIRouter(
    tags=["ratings"],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)

# A bank learns of a rating by an inquiry, with consent and purpose; not here.
Official = Annotated[Viewer, Depends(require(Role.TOWN_OFFICIAL, Role.DISTRICT_ADMIN, Role.AUDITOR))]


@router.get(
    "/v1/ratings/{rating_id}",
    summary="One rating with its points and records · 评级明细",
    responses={200: shown("rating")},
)
def rating(rating_id: int, viewer: Official, session: RequestSession) -> RatedSubjectAnswer:
    """A rating of a subject in the viewer's division: every point, the rule behind it, every record."""
    found = _visible(session, viewer, rating_id)
    answer = RatingAnswer.of(service.explained(session, found), newest=service.latest_run(session))
    records = [RecordAnswer.of(value) for value in service.sources(session, found)]
    return RatedSubjectAnswer(**answer.model_dump(), subject_id=found.subject_id, records=records)


@router.get(
    "/v1/ratings/{rating_id}/history",
    summary="All ratings of its subject · 历次评级",
    responses={200: shown("rating_history")},
)
def history(rating_id: int, viewer: Official, session: RequestSession) -> RatingHistoryAnswer:
    """Every rating the subject of this rating has had, the newest first."""
    found = _visible(session, viewer, rating_id)
    lines = []
    for earlier in service.history(session, found.subject_id):
        explained = service.explained(session, earlier)
        lines.append(
            RatingHistoryLine(
                rating_id=earlier.rating_id,
                since=explained.run.as_of,
                grade=earlier.grade,
                score=earlier.score,
                unrated_reason=earlier.unrated_reason.value or None,
                card=card_version(explained.rule),
            )
        )
    return RatingHistoryAnswer(subject_id=found.subject_id, ratings=lines)


@router.get("/v1/cards", summary="All scorecards · 评分卡", responses={200: shown("cards")})
def cards(_viewer: CurrentViewer, session: RequestSession) -> CardsAnswer:
    """Every version of every card, also those no longer in force."""
    return CardsAnswer(cards=[_card_line(rule) for rule in rules.cards(session)])


@router.get(
    "/v1/cards/{code}/{version}",
    summary="One scorecard in full · 评分卡全文",
    responses={200: shown("card")},
)
def card(
    code: str,
    version: str,
    _viewer: CurrentViewer,
    session: RequestSession,
    variant: Annotated[str, Query(description="the type of entity, such as cooperative")] = "",
) -> CardAnswer:
    """A card as it is kept; `version` is its first day in force, such as 2023-01-01."""
    rule = rules.card_version(session, code, version=version, variant=variant)
    return CardAnswer(**_card_line(rule).model_dump(), content=json.loads(rule.content))


def _card_line(rule: RuleVersion) -> CardLine:
    return CardLine(
        code=rule.code,
        variant=rule.variant,
        version=rule.effective_from,
        title=TextAnswer.model_validate(rules.card_of(rule).definition.title),
        kind=rule.kind,
        fingerprint=rule.fingerprint,
    )


def _visible(session: Session, viewer: Viewer, rating_id: int) -> Rating:
    """The rating, if its subject lives in the viewer's division; what lies outside does not exist for him."""
    found = service.rating(session, rating_id)
    home = place(session, subject(session, found.subject_id).place_id)
    if not may_see(viewer, home.code):
        raise NotFound(f"there is no rating {rating_id}")
    return found
