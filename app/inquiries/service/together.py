"""Requests of the same moment are read, judged, written and logged together, in one transaction.

Reading for many costs little more than for one, and one commit with one write of the log is on the disk for
all of them before any is answered (docs/decisions/0011).
"""

from collections.abc import Callable, Sequence
from datetime import date

from app import clock
from app.db import BeforeCommit, Engine, RowScope, Session, enter, transaction
from app.errors import AppError
from app.groups import Together
from app.inquiries.inquiry import Answered, InquiryResult, Request
from app.inquiries.service.asking import inquire
from app.inquiries.service.repeats import Repeat, Tidying, claimed
from app.places.service import subtree_prefix
from app.subjects.cipher import Cipher

# As many questions as a batch may have: a batch waits for no other, and single ones only a moment for it.
QUESTIONS_TOGETHER = 1_000
Tell = Callable[[Request, Sequence[InquiryResult | AppError]], Answered]
Desk = Together[Request, Answered]


def desk(
    engine: Engine,
    cipher: Cipher,
    *,
    tell: Tell,
    follow_keys: Callable[[Session], None],
    before_commit: BeforeCommit,
) -> Desk:
    """Where inquiries are asked; `tell` writes an answer, `before_commit` the sealed log.

    `follow_keys` lets the cipher keep to the keys in force.
    """

    tidying = Tidying(engine)

    def handle(requests: Sequence[Request]) -> list[Answered | AppError]:
        if any(request.key is not None for request in requests):
            tidying.tidy(at=max(request.at for request in requests))
        with transaction(engine, of_one_state=True, before_commit=before_commit) as session:
            follow_keys(session)
            return answered(session, cipher, requests, tell=tell)

    return Together(handle, most=QUESTIONS_TOGETHER, size=lambda request: len(request.questions))


def answered(
    session: Session, cipher: Cipher, requests: Sequence[Request], *, tell: Tell
) -> list[Answered | AppError]:
    """The answer to each request, or why it gets none: its key stands for another, or is being answered.

    A request that stands twice in a group under one key gets the answer of the first.
    """
    told: dict[int, Answered | AppError] = {}
    repeats: dict[int, Repeat] = {}
    first: set[tuple[int, str]] = set()
    again: list[int] = []
    for place, request in enumerate(requests):
        if request.key is None:
            continue
        name = (request.viewer.user_id, request.key.key)
        if name in first:
            again.append(place)
        else:
            first.add(name)
            _claim(session, cipher, request, place, repeats=repeats, told=told)
    for (scope, on), places in _by_scope(requests, without=[*told, *again]).items():
        enter(session, scope)
        found = inquire(session, cipher, [requests[place] for place in places], on=on)
        for place, results in zip(places, found, strict=True):
            made = tell(requests[place], results)
            if place in repeats:
                repeats[place].keep(cipher, made)
            told[place] = made
    for place in again:
        _claim(session, cipher, requests[place], place, repeats={}, told=told)
    return [told[place] for place in range(len(requests))]


def _claim(
    session: Session,
    cipher: Cipher,
    request: Request,
    place: int,
    *,
    repeats: dict[int, Repeat],
    told: dict[int, Answered | AppError],
) -> None:
    """Take the place of a request under its key, or answer it as it was answered before."""
    assert request.key is not None
    try:
        repeat = claimed(session, cipher, request.key, user_id=request.viewer.user_id, at=request.at)
    except AppError as refused:
        told[place] = refused
        return
    if repeat.earlier is None:
        repeats[place] = repeat
    else:
        told[place] = repeat.earlier


def _by_scope(
    requests: Sequence[Request], *, without: Sequence[int]
) -> dict[tuple[RowScope, date], list[int]]:
    """The places of the requests that are to be answered, by the rows their viewers may see and by day."""
    groups: dict[tuple[RowScope, date], list[int]] = {}
    skipped = set(without)
    for place, request in enumerate(requests):
        if place not in skipped:
            viewer = request.viewer
            scope = RowScope(subtree_prefix(viewer.place_code), viewer.organisation_id)
            on = clock.day_of(request.at)
            groups.setdefault((scope, on), []).append(place)
    return groups
