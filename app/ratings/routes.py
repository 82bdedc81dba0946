"""Cards over HTTP."""

import json
from typing import Annotated

from fastapi import APIRouter, Query

from app.access.problems import Problem
from app.access.routes import CurrentViewer, RequestSession
from app.examples import shown
from app.models import RuleVersion
from app.ratings.schemas import CardAnswer, CardLine, CardsAnswer, TextAnswer, ValidationAnswer
from app.rules import service as rules

router = APIRouter(tags=["cards"], responses={401: {"model": Problem}, 404: {"model": Problem}})


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
    return CardAnswer(
        **_card_line(rule).model_dump(),
        content=json.loads(rule.content),
        validation=ValidationAnswer.of(rule),
    )


def _card_line(rule: RuleVersion) -> CardLine:
    return CardLine(
        code=rule.code,
        variant=rule.variant,
        version=rule.effective_from,
        title=TextAnswer.model_validate(rules.card_of(rule).definition.title),
        kind=rule.kind,
        fingerprint=rule.fingerprint,
    )
