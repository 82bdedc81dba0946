"""Ratings of persons and entities over HTTP: whoever looks leaves a record."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel

from app import clock
from app.access.problems import Problem, refusal
from app.access.routes import CurrentViewer, RecordingSession
from app.access.scope import Viewer
from app.db import Session
from app.errors import AppError
from app.examples import shown
from app.inquiries import service
from app.inquiries.inquiry import InquiryResult
from app.inquiries.schemas import (
    BatchedInquiry,
    InquiryAnswer,
    InquiryBatch,
    InquiryBatchAnswer,
    InquiryQuestion,
    RatedSubjectAnswer,
    RefusedInquiry,
    SubjectHistoryAnswer,
)
from app.inquiries.service import Answered
from app.objections.schemas import ObjectionNote
from app.objections.service import notes_of
from app.overrides.schemas import OverrideAnswer
from app.overrides.service import in_force, of_subject
from app.ratings.schemas import (
    RatingAnswer,
    RatingHistoryLine,
    RecordAnswer,
    card_version,
)
from app.ratings.service import explained, latest_run, shown_sources, superseded_on
from app.ratings.service import history as ratings_of
from app.rules.reference_limits import reference_limits
from app.settings import Settings

router = APIRouter(
    tags=["inquiries"],
    responses={401: {"model": Problem}, 403: {"model": Problem}, 404: {"model": Problem}},
)

_JSON = "application/json"
# No id in the database is greater.
RatingId = Annotated[int, Path(ge=1, le=2**63 - 1)]


IdempotencyKeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", min_length=1, max_length=255, pattern="^[!-~]+$",
        description="of your own choice, new for every request: sent again, it gets the first answer again",
    ),
]  # fmt: skip


@router.post(
    "/v1/inquiries",
    summary="Ask for a rating · 信用查询",
    response_class=Response,
    responses={
        200: {"model": InquiryAnswer} | shown("inquiry"),
        409: {"model": Problem},
        422: {"model": Problem},
    },
)
def inquiries(
    request: Request,
    question: InquiryQuestion,
    viewer: CurrentViewer,
    session: RecordingSession,
    idempotency_key: IdempotencyKeyHeader = None,
) -> Response:
    """The current rating of a household or entity, with the subject's consent, for a stated purpose.

    Every inquiry is on record before it is answered, also one that is refused.
    """
    at, state = clock.now(), request.app.state

    def answer() -> InquiryAnswer:
        found = service.inquire(session, state.cipher, question.question(), viewer=viewer, at=at)
        return _told(state.settings, found)

    return _once(request, session, idempotency_key, question, answer, viewer=viewer, at=at)


@router.post(
    "/v1/inquiry-batches",
    summary="Ask for up to 1,000 ratings · 批量信用查询",
    response_class=Response,
    responses={200: {"model": InquiryBatchAnswer}, 409: {"model": Problem}, 422: {"model": Problem}},
)
def inquiry_batches(
    request: Request,
    batch: InquiryBatch,
    viewer: CurrentViewer,
    session: RecordingSession,
    idempotency_key: IdempotencyKeyHeader = None,
) -> Response:
    """Each inquiry is answered or refused on its own, in the order of the questions, and is on record."""
    at, state = clock.now(), request.app.state
    questions = [one.question() for one in batch.inquiries]

    def answer() -> InquiryBatchAnswer:
        uid, found = service.inquire_each(session, state.cipher, questions, viewer=viewer, at=at)
        lines = [_line(state.settings, one) for one in found]
        refused = sum(line.answer is None for line in lines)
        return InquiryBatchAnswer(
            batch_uid=uid, answered_count=len(lines) - refused, refused_count=refused, inquiries=lines
        )

    return _once(request, session, idempotency_key, batch, answer, viewer=viewer, at=at)


def _once(
    request: Request,
    session: Session,
    key: str | None,
    asked: BaseModel,
    answer: Callable[[], BaseModel],
    *,
    viewer: Viewer,
    at: datetime,
) -> Response:
    """Answer a request; one that was sent before under the same key gets the answer it got then."""
    if key is None:
        return Response(answer().model_dump_json(), media_type=_JSON)
    cipher = request.app.state.cipher
    content = {"path": request.url.path, "body": asked.model_dump(mode="json")}
    repeat = service.claimed(session, cipher, key, content, user_id=viewer.user_id, at=at)
    if repeat.earlier is not None:
        again = {"Idempotency-Replayed": "true"}
        kind = _JSON if repeat.earlier.status == 200 else "application/problem+json"
        return Response(repeat.earlier.body, repeat.earlier.status, again, media_type=kind)
    try:
        made = Response(answer().model_dump_json(), media_type=_JSON)
    except AppError as refused:
        if not refused.leaves_record:
            raise
        made = refusal(refused)
    repeat.keep(cipher, Answered(made.status_code, bytes(made.body).decode()))
    return made


def _told(settings: Settings, found: InquiryResult) -> InquiryAnswer:
    limits = reference_limits(settings.seed_folder / "reference_limits.yaml")
    return InquiryAnswer.of(found, operator_basis=settings.operator_basis, limits=limits)


def _line(settings: Settings, found: InquiryResult | AppError) -> BatchedInquiry:
    if isinstance(found, AppError):
        return BatchedInquiry(refusal=RefusedInquiry(code=found.code, title=found.title, detail=found.detail))
    return BatchedInquiry(answer=_told(settings, found))


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
    held = in_force(session, [found.subject_id], on=clock.today()).get(found.subject_id)
    beside = None if held is None or answer.superseded_on else OverrideAnswer.in_full(held)
    return RatedSubjectAnswer(
        **answer.model_dump(), subject_id=found.subject_id, override=beside, objections=notes, records=records
    )


@router.get(
    "/v1/ratings/{rating_id}/history",
    summary="All ratings of its subject · 历次评级",
    responses={200: shown("rating_history")},
)
def history(rating_id: RatingId, viewer: CurrentViewer, session: RecordingSession) -> SubjectHistoryAnswer:
    """Every rating the subject of this rating has had, and every override of one, the newest first."""
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
    overrides = of_subject(session, found.subject_id, on=clock.today())
    return SubjectHistoryAnswer(
        subject_id=found.subject_id,
        ratings=lines,
        overrides=[OverrideAnswer.in_full(one) for one in overrides],
    )
