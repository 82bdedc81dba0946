"""A person looks at an automated rating because the subject asks for it."""

from datetime import date, datetime, timedelta

from app import clock
from app.access.scope import Viewer, may_see
from app.db import Session
from app.errors import NotFound
from app.models import ReviewAnswer, ReviewOutcome, ReviewRequest
from app.objections.service import rules_in_force
from app.places.service import subtree_prefix
from app.printing import in_chinese
from app.ratings.service import as_of, current_rating, known_on, superseded_on
from app.ratings.service import rating as rating_by_id
from app.records.exclusions import Exclusion
from app.records.service import known_records
from app.rights import erasing, store
from app.rights.checks import (
    checked_document,
    checked_text,
    nothing_corrected,
    refuse_answered,
    refuse_own,
    refuse_second_review,
)
from app.rights.right import ReviewItem, ReviewList, ReviewState, Verdict
from app.rights.service.desk import home_code, kin_of, record_view, seen
from app.subjects.cipher import Cipher
from app.subjects.service import describe
from app.subjects.service import subject as subject_by_id


def request_review(
    session: Session,
    cipher: Cipher,
    subject_id: int,
    *,
    rating_id: int | None,
    text: str,
    document: str,
    viewer: Viewer,
    at: datetime,
) -> ReviewState:
    """Keep the request that a person looks at a rating (the one that holds, if none is named)."""
    words, proof, on = checked_text(text, where="text"), checked_document(document), clock.day_of(at)
    seen(session, subject_id, viewer=viewer, at=at)
    rating = current_rating(session, subject_id) if rating_id is None else rating_by_id(session, rating_id)
    if rating is None or rating.subject_id not in kin_of(session, subject_id, on=on):
        raise NotFound(f"主体 {subject_id} 没有该评级 · subject {subject_id} has no such rating")
    store.lock_subject(session, subject_id)
    earlier = [request for request, answer in store.reviews_of(session, [subject_id]) if answer is None]
    refuse_second_review(next((each for each in earlier if each.rating_id == rating.rating_id), None))
    made = ReviewRequest(
        subject_id=subject_id,
        rating_id=rating.rating_id,
        raised_on=on,
        due_on=on + timedelta(days=rules_in_force(session, on=on).days),
        text_cipher=b"",
        document=proof,
        recorded_at=at,
        recorded_by=viewer.username,
    )
    store.add(session, made)
    # Only now the row has the number its text is bound to.
    made.text_cipher = cipher.seal(words, row=erasing.request_row(made.review_request_id))
    session.flush()
    return ReviewState(made, None)


def open_reviews(session: Session, cipher: Cipher, *, viewer: Viewer, at: datetime, limit: int) -> ReviewList:
    """What the viewer's division has to look at, those due first on top; that he saw them is written down."""
    on, prefix = clock.day_of(at), subtree_prefix(viewer.place_code)
    open_count, overdue_count = store.count_open_reviews(session, prefix, on=on)
    items = []
    for request, place in store.open_reviews_within(session, prefix, limit=limit):
        record_view(session, request.subject_id, viewer=viewer, at=at, rating_id=request.rating_id)
        item = ReviewItem(
            state=ReviewState(request, None),
            subject=describe(session, cipher, subject_by_id(session, request.subject_id)),
            place=place,
            about=_about(session, request),
            text=cipher.open(request.text_cipher, row=erasing.request_row(request.review_request_id)),
        )
        items.append(item)
    return ReviewList(on, open_count, overdue_count, tuple(items))


def answer_review(
    session: Session, cipher: Cipher, review_id: int, verdict: Verdict, *, viewer: Viewer, at: datetime
) -> ReviewState:
    """Keep what the person who looked has found; whoever wrote the request down does not answer it.

    `corrected` takes a correction that is on file; of two answers at once one is kept.
    """
    words = checked_text(verdict.text, where="text")
    store.lock_review(session, review_id)
    found = store.review(session, review_id)
    if found is None:
        raise NotFound(f"本辖区没有复核申请 {review_id} · there is no request {review_id} in your division")
    request, earlier = found
    if not may_see(viewer, home_code(session, request.subject_id)):
        raise NotFound(f"本辖区没有复核申请 {review_id} · there is no request {review_id} in your division")
    refuse_answered(earlier)
    refuse_own(request, username=viewer.username)
    on = clock.day_of(at)
    if verdict.outcome is ReviewOutcome.CORRECTED and not _corrected_since(session, request, on=on):
        raise nothing_corrected(request)
    record_view(session, request.subject_id, viewer=viewer, at=at, rating_id=request.rating_id)
    made = ReviewAnswer(
        review_request_id=review_id,
        outcome=verdict.outcome,
        text_cipher=cipher.seal(words, row=erasing.answer_row(review_id)),
        answered_on=on,
        recorded_at=at,
        recorded_by=viewer.username,
    )
    store.add(session, made)
    return ReviewState(request, made)


def open_review(session: Session, subject_id: int) -> bool:
    """Whether a person has yet to look at a rating of this subject: whoever sees the rating is told."""
    return store.has_open_review(session, [subject_id])


def _about(session: Session, request: ReviewRequest) -> str:
    """Which rating a person is to look at, in words."""
    rating = rating_by_id(session, request.rating_id)
    score = rating.unrated_reason.label if rating.score is None else f"{rating.score} 分"
    day = in_chinese(as_of(session, rating))
    return f"信用等级 {rating.grade}，{score}（{day}评定，评级号 {rating.rating_id}）"


def _corrected_since(session: Session, request: ReviewRequest, *, on: date) -> bool:
    """Whether anything behind a rating was corrected since the request, or a later rating took its place."""
    kin = kin_of(session, request.subject_id, on=on)

    def corrected(day: date) -> set[int]:
        found = known_records(session, kin, known=known_on(session, day))
        return {each.record.record_id for each in found if each.exclusion is Exclusion.CORRECTED}

    before = request.raised_on - timedelta(days=1)
    later = superseded_on(session, rating_by_id(session, request.rating_id))
    return later is not None or bool(corrected(on) - corrected(before))
