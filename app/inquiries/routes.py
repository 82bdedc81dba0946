"""Ratings of persons and entities over HTTP: whoever looks leaves a record."""

import uuid
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request, Response
from pydantic import BaseModel

from app import clock
from app.access.problems import Problem, refusal
from app.access.routes import CurrentViewer, RecordingSession
from app.db import BeforeCommit, Engine, Session
from app.errors import AppError
from app.examples import shown
from app.inquiries import service
from app.inquiries.direct import KEY_HEADER, DirectRoute
from app.inquiries.inquiry import Answered, InquiryResult, RepeatKey
from app.inquiries.inquiry import Request as Asked
from app.inquiries.schemas import (
    InquiryAnswer,
    InquiryBatch,
    InquiryBatchAnswer,
    InquiryQuestion,
    RatedSubjectAnswer,
    SubjectHistoryAnswer,
    answer_parts,
    batch_text,
)
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
from app.ratings.service import explained, newest_night, shown_sources, superseded_on
from app.ratings.service import history as ratings_of
from app.rules.reference_limits import reference_limits
from app.settings import Settings
from app.subjects.cipher import Cipher

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
        alias=KEY_HEADER, min_length=1, max_length=255, pattern="^[!-~]+$",
        description="of your own choice, new for every request: sent again, it gets the first answer again",
    ),
]  # fmt: skip


asking = APIRouter(route_class=DirectRoute)


@asking.post(
    "/v1/inquiries",
    summary="Ask for a rating · 信用查询",
    response_class=Response,
    responses={
        200: {"model": InquiryAnswer} | shown("inquiry"),
        409: {"model": Problem},
        422: {"model": Problem},
    },
)
async def inquiries(
    request: Request,
    question: InquiryQuestion,
    viewer: CurrentViewer,
    idempotency_key: IdempotencyKeyHeader = None,
) -> Response:
    """The current rating of a household or entity, with the subject's consent, for a stated purpose.

    Every inquiry is on record before it is answered, also one that is refused.
    """
    key = _key(request, idempotency_key, question)
    return await _answer(request, Asked(viewer, [question.question()], clock.now(), key=key))


@asking.post(
    "/v1/inquiry-batches",
    summary="Ask for up to 1,000 ratings · 批量信用查询",
    response_class=Response,
    responses={200: {"model": InquiryBatchAnswer}, 409: {"model": Problem}, 422: {"model": Problem}},
)
async def inquiry_batches(
    request: Request,
    batch: InquiryBatch,
    viewer: CurrentViewer,
    idempotency_key: IdempotencyKeyHeader = None,
) -> Response:
    """Each inquiry is answered or refused on its own, in the order of the questions, and is on record."""
    questions = [one.question() for one in batch.inquiries]
    key = _key(request, idempotency_key, batch)
    asked = Asked(viewer, questions, clock.now(), batch_uid=uuid.uuid4().hex, key=key)
    return await _answer(request, asked)


router.include_router(asking)


def desk(
    engine: Engine,
    cipher: Cipher,
    settings: Settings,
    *,
    follow_keys: Callable[[Session], None],
    before_commit: BeforeCommit,
) -> service.Desk:
    """Where inquiries are asked: those of the same moment are answered together."""

    limits_file = settings.seed_folder / "reference_limits.yaml"

    def tell(asked: Asked, found: Sequence[InquiryResult | AppError]) -> Answered:
        limits = reference_limits(limits_file)
        answers = [
            one
            if isinstance(one, AppError)
            else answer_parts(one, operator_basis=settings.operator_basis, limits=limits)
            for one in found
        ]
        if asked.batch_uid is not None:
            return Answered(200, batch_text(asked.batch_uid, answers))
        [told] = answers
        if isinstance(told, AppError):
            refused = refusal(told)
            return Answered(refused.status_code, bytes(refused.body))
        return Answered(200, b"".join(told))

    return service.desk(engine, cipher, tell=tell, follow_keys=follow_keys, before_commit=before_commit)


def _key(request: Request, key: str | None, asked: BaseModel) -> RepeatKey | None:
    if key is None:
        return None
    return service.repeat_key(key, {"path": request.url.path, "body": asked.model_dump(mode="json")})


async def _answer(request: Request, asked: Asked) -> Response:
    told: Answered = await request.app.state.inquiry_desk.ask(asked)
    headers = {"Idempotency-Replayed": "true"} if told.replayed else None
    kind = _JSON if told.status == 200 else "application/problem+json"
    return Response(told.body, told.status, headers, media_type=kind)


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
        as_of=newest_night(session),
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
