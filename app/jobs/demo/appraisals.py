"""Rounds of appraisal for the demonstration: two closed ones and one that is open, all synthetic."""

from datetime import datetime, timedelta

import numpy as np
from sqlalchemy import exists, select

from app import clock
from app.access.scope import Viewer
from app.access.service import user_by_name, viewer
from app.appraisals import service
from app.appraisals.appraisal import Line, Mark, Round
from app.db import Engine, Session, transaction
from app.errors import Conflict, SetupError
from app.models import AppraisalRound, Place, PlaceKind, Role, Subject
from app.places.service import places_within
from app.rules.appraisals import Form
from app.subjects.cipher import Cipher

OFFICIAL, APPRAISER = "town.daxing", "appraiser.daxing"
APPRAISERS = 6
CLOSED_ROUNDS = 2
_SEED = 2022
_OPENED_BEFORE, _CLOSED_BEFORE = timedelta(days=20), timedelta(days=2)
_TERM = timedelta(days=14)


def add_appraisals(engine: Engine, cipher: Cipher, *, at: datetime) -> list[str]:
    """Two closed rounds and an open one in the town of the demonstration's official; what was made, in words.

    The scores of the closed ones are in the records: the next night rates by them.
    """
    with transaction(engine) as session:
        who = _official(session)
        on = clock.day_of(at)
        villages = [
            place
            for place in places_within(session, who.place_code, on=on, kinds=(PlaceKind.VILLAGE,))
            if session.scalar(select(exists().where(Subject.place_id == place.place_id)))
        ][: CLOSED_ROUNDS + 1]
        made = [
            _closed(session, cipher, place, who=who, at=at, seed=number)
            for number, place in enumerate(villages[:CLOSED_ROUNDS])
        ]
        made += [_opened(session, cipher, place, who=who, at=at) for place in villages[CLOSED_ROUNDS:]]
    return [
        f"演示评议 {one.place.name}第 {one.round.number} 轮：{one.household_count} 户，"
        f"{one.submitted_count}/{one.invited_count} 份评议表 · round {one.round.appraisal_round_id} of "
        f"{one.place.code} is {one.state}"
        for one in made
    ]


def _official(session: Session) -> Viewer:
    found = user_by_name(session, OFFICIAL)
    if found is None or found.role is not Role.TOWN_OFFICIAL:
        raise SetupError("there is no demonstration district here; run `credit-village demo` first")
    if session.scalar(select(exists().where(Subject.synthetic.is_(False)))):
        raise Conflict(
            "the database holds subjects that are not synthetic; a demonstration is not mixed with them"
        )
    if session.scalar(select(exists().where(AppraisalRound.appraisal_round_id > 0))):
        raise Conflict("there are rounds of appraisal already; a demonstration is not mixed with them")
    return viewer(session, found.user_id)


def _closed(session: Session, cipher: Cipher, place: Place, *, who: Viewer, at: datetime, seed: int) -> Round:
    """A round that was filled in on paper and closed a few days ago."""
    began, ended = at - _OPENED_BEFORE, at - _CLOSED_BEFORE
    found = _round(session, place, who=who, at=began)
    number, rng = found.round.appraisal_round_id, np.random.default_rng([_SEED, seed])
    lines: list[Line] = []
    for appraiser in range(1, APPRAISERS + 1):
        _invite(session, cipher, number, f"评议员{appraiser}（演示）", None, who=who, at=began)
        form = service.paper_form(session, cipher, number, appraiser, viewer=who, on=found.round.opens_on)
        lines = list(form.lines)
        likings = np.random.default_rng([_SEED, seed, 1]).normal(0.75, 0.15, len(lines))
        marks = [
            _mark(line, form.rules.form, liking=float(liking), rng=rng)
            for line, liking in zip(lines, likings, strict=True)
        ]
        service.submit_paper(
            session, cipher, number, appraiser, marks,
            file_sha256=f"{number:032x}{appraiser:032x}", viewer=who, at=began,
        )  # fmt: skip
    return service.close_round(session, cipher, number, viewer=who, at=ended)


def _opened(session: Session, cipher: Cipher, place: Place, *, who: Viewer, at: datetime) -> Round:
    """A round that waits for its appraisers, the demonstration's own among them."""
    found = _round(session, place, who=who, at=at)
    number = found.round.appraisal_round_id
    _invite(session, cipher, number, "评议员（演示）", APPRAISER, who=who, at=at)
    _invite(session, cipher, number, "评议员二（演示）", None, who=who, at=at)
    return service.round_of(session, number, viewer=who, on=found.round.opens_on)


def _round(session: Session, place: Place, *, who: Viewer, at: datetime) -> Round:
    opens_on = clock.day_of(at)
    return service.open_round(
        session,
        place.code,
        opens_on=opens_on,
        closes_on=opens_on + _TERM,
        needs_consent=False,
        viewer=who,
        at=at,
    )


def _invite(
    session: Session,
    cipher: Cipher,
    number: int,
    name: str,
    username: str | None,
    *,
    who: Viewer,
    at: datetime,
) -> None:
    service.invite(
        session, cipher, number, name=name, username=username, kin_household_nos=[], viewer=who, at=at
    )


def _mark(line: Line, form: Form, *, liking: float, rng: np.random.Generator) -> Mark:
    """What one appraiser says: near what the village thinks, and of a few households nothing."""
    if rng.random() < 0.12:
        return Mark(line=line.line, knows=False)
    own = float(np.clip(liking + rng.normal(0, 0.12), 0, 1))
    answers = {}
    for item in form.items:
        worst = len(item.choices) - 1
        answers[item.name] = item.choices[round((1 - own) * worst)].code
    return Mark(
        line=line.line,
        knows=True,
        answers=answers,
        reasons=() if own >= 0.5 else (form.reasons[2].code,),
        suggested_limit_fen=int(own * 10) * 1_000_000,
    )
