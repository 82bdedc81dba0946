"""Ratings of persons and entities over HTTP: whoever looks leaves a record."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from app import clock
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RecordingSession
from app.examples import shown
from app.inquiries import service
from app.inquiries.inquiry import Question
from app.inquiries.schemas import InquiryAnswer, InquiryQuestion, RatedSubjectAnswer
from app.objections.schemas import ObjectionNote
from app.objections.service import notes_of
from app.ratings.schemas import (
    RatingAnswer,
    RatingHistoryAnswer,
    RatingHistoryLine,
    RecordAnswer,
    card_version,
)
from app.ratings.service import explained, latest_run, shown_sources, superseded_on
from app.ratings.service import history as ratings_of

router = APIRouter(
    tags=["inquiries"],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)

# No id in the database is greater.
RatingId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.post(
    "/v1/inquiries",
    summary="Ask for a rating · 信用查询",
    responses={200: shown("inquiry"), 422: {"model": Problem}},
)
def inquiries(
    request: Request, question: InquiryQuestion, viewer: CurrentViewer, session: RecordingSession
) -> InquiryAnswer:
    """The current rating of a household or entity, with the subject's consent, for a stated purpose.

    Every inquiry is on record before it is answered, also one that is refused.
    """
    asked = Question(question.number, question.purpose, question.consent_id)
    result = service.inquire(session, request.app.state.cipher, asked, viewer=viewer, at=clock.now())
    return InquiryAnswer.of(result, operator_basis=request.app.state.settings.operator_basis)


@router.get(
    "/v1/ratings/{rating_id}",
    summary="One rating with its points and records · 评级明细",
    responses={200: shown("rating")},
)
def rating(
    request: Request, rating_id: RatingId, viewer: CurrentViewer, session: RecordingSession
) -> RatedSubjectAnswer:
    """A rating of a subject in the viewer's division: every point, the rule behind it, every record."""
    found = service.view_rating(session, rating_id, viewer=viewer, at=clock.now())
    answer = RatingAnswer.of(
        explained(session, found),
        newest=latest_run(session),
        superseded_on=superseded_on(session, found),
    )
    shown_now = shown_sources(session, request.app.state.cipher, found, on=clock.today())
    records = [RecordAnswer.of(one) for one in shown_now]
    notes = [ObjectionNote.of(note) for note in notes_of(session, found.subject_id, on=clock.today())]
    return RatedSubjectAnswer(
        **answer.model_dump(), subject_id=found.subject_id, objections=notes, records=records
    )


@router.get(
    "/v1/ratings/{rating_id}/history",
    summary="All ratings of its subject · 历次评级",
    responses={200: shown("rating_history")},
)
def history(rating_id: RatingId, viewer: CurrentViewer, session: RecordingSession) -> RatingHistoryAnswer:
    """Every rating the subject of this rating has had, the newest first."""
    found = service.view_rating(session, rating_id, viewer=viewer, at=clock.now())
    lines = []
    for earlier in ratings_of(session, found.subject_id):
        told = explained(session, earlier)
        lines.append(
            RatingHistoryLine(
                rating_id=earlier.rating_id,
                since=told.run.as_of,
                grade=earlier.grade,
                score=earlier.score,
                unrated_reason=earlier.unrated_reason.value or None,
                card=card_version(told.rule),
            )
        )
    return RatingHistoryAnswer(subject_id=found.subject_id, ratings=lines)
