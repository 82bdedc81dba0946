"""The officials of a simulated year: they check, post, decide and answer; some try what they may not."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from sqlalchemy import select

from app import clock
from app.access.scope import Viewer
from app.access.service import viewer
from app.certificates.signing import Signer
from app.db import Engine, Session, transaction
from app.designations.service.announcing import Announcing
from app.designations.service.steps import act_of, standings, take, take_one
from app.designations.standing import Standing
from app.errors import AppError
from app.jobs.simulation.world import STAFF, World
from app.models import (
    Designation,
    DesignationAction,
    DesignationKind,
    DesignationState,
    Notice,
    NoticeObjection,
)
from app.models import NoticeObjectionAnswer as Answer
from app.notices.service import Finding, Protest, answer, object_publicly
from app.subjects.cipher import Cipher

_ISSUER = "璧山区信用办（模拟）"
_ACTS, _MISCHIEF = 0.85, 3
_OBJECTS, _ANSWERED, _UPHELD = 0.3, 0.7, 0.35
_KEPT, _GIVES_UP = 0.25, 0.4
_COLLECTORS = ("collector.one", "collector.two")
_TOWN = ("town.one", "town.two")
_DISTRICT = ("district.one", "district.two")
A, S, K = DesignationAction, DesignationState, DesignationKind
# The share of titles nobody thinks of any more, once they have come so far.
_FORGOTTEN = {S.NOTICED: 0.04, S.UNDER_REVIEW: 0.15, S.ON_PROBATION: 0.1, S.REVOCATION_NOTICED: 0.15}
# The share of titles under way that are refused or given up on a day; of those that are held, far fewer are.
_SECOND_THOUGHTS = {
    K.CREDIT_HOUSEHOLD: 0.006,
    K.CREDIT_ENTITY: 0.02,
    K.CREDIT_VILLAGE: 0.02,
    K.CREDIT_TOWN: 0.05,
}
_OF_HELD = 0.1


@dataclass
class Office:
    """Where the officials work: the database, what opens names, what signs, and chance."""

    engine: Engine
    cipher: Cipher
    signer: Signer
    world: World
    rng: np.random.Generator
    chance: np.random.Generator
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    forgotten: dict[int, bool] = field(default_factory=dict)

    def viewer(self, session: Session, username: str) -> Viewer:
        """One of the officials."""
        return viewer(session, self.world.users[username])

    def one_of(self, names: Sequence[str]) -> str:
        """Somebody of these, by chance."""
        return names[int(self.rng.integers(len(names)))]

    def remembers(self, standing: Standing) -> bool:
        """Whether anybody thinks of a title where it stands now."""
        share, step_id = _FORGOTTEN.get(standing.state, 0.0), standing.last.designation_step_id
        if share and step_id not in self.forgotten:
            self.forgotten[step_id] = bool(self.chance.random() < share)
        return not self.forgotten.get(step_id, False)


def work(office: Office, *, at: datetime) -> None:
    """A day at the office: every pile of titles that wait for the same step is taken up, mostly."""
    everybody = _open_titles(office)
    for one in everybody:
        share = _SECOND_THOUGHTS[one.designation.kind] * (_OF_HELD if one.state.holds_title else 1)
        if office.chance.random() < share:
            _think_again(office, one, at=at)
    for pile in _piles(office, everybody):
        if office.rng.random() < _ACTS:
            _take_up(office, pile, at=at)
    _object(office, at=at)
    _answer(office, at=at)
    for _ in range(_MISCHIEF):
        _mischief(office, at=at)


def _open_titles(office: Office) -> list[Standing]:
    """The titles that are under way or held."""
    with transaction(office.engine) as session:
        numbers = session.scalars(select(Designation.designation_id)).all()
        return [one for one in standings(session, numbers) if not one.state.ends]


def _piles(office: Office, titles: Sequence[Standing]) -> list[list[Standing]]:
    """Those that somebody thinks of, by kind, place and state; the few entities of the town together."""
    piles: dict[tuple[str, int, str], list[Standing]] = defaultdict(list)
    for one in titles:
        if office.remembers(one):
            kind = one.designation.kind
            place_id = 0 if kind is K.CREDIT_ENTITY else one.designation.place_id
            piles[kind, place_id, one.state].append(one)
    return [piles[key] for key in sorted(piles)]


def _think_again(office: Office, one: Standing, *, at: datetime) -> None:
    """Somebody refuses a title under way, or the holder gives it up."""
    refused = not one.state.holds_title and office.chance.random() < 0.5
    who = tuple(STAFF)[int(office.chance.integers(len(STAFF)))]
    _attempt(office, one.number, A.REFUSE if refused else A.WITHDRAW, who, at=at)


def _take_up(office: Office, pile: list[Standing], *, at: datetime) -> None:
    """Take the next step for a pile; whoever is refused is left for another day, the rest goes on."""
    first = pile[0]
    step = _next_step(office, first)
    if step is None:
        return
    action, who, reason = step
    while pile:
        with transaction(office.engine) as session:
            taken = take(
                session,
                standings(session, [one.number for one in pile]),
                act_of(
                    office.viewer(session, who), action, session=session, at=at, reason=reason, document=""
                ),
                announcing=Announcing(office.cipher, office.signer, by=who, issuer=_ISSUER),
            )
        if not taken.refusals:
            return
        against = {refusal.designation_id for refusal in taken.refusals}
        for refusal in taken.refusals:
            office.refused[refusal.error.code] += 1
        if action is A.AWARD and office.rng.random() < _GIVES_UP:
            _refuse_title(office, [one.number for one in pile if one.number in against], who, at=at)
        pile = [one for one in pile if one.number not in against]


def _refuse_title(office: Office, numbers: Sequence[int], who: str, *, at: datetime) -> None:
    """What cannot be awarded is refused, where whoever decides may."""
    for number in numbers:
        try:
            with transaction(office.engine) as session:
                seen = office.viewer(session, who)
                act = act_of(seen, A.REFUSE, session=session, at=at, reason="异议成立或不再达标", document="")
                take_one(session, standings(session, [number])[0], act)
        except AppError as refusal:
            office.refused[refusal.code] += 1


def _next_step(office: Office, standing: Standing) -> tuple[DesignationAction, str, str] | None:
    """The step that should follow, who takes it, and why."""
    kind, state = standing.designation.kind, standing.state
    decider = office.one_of(_TOWN if kind is K.CREDIT_HOUSEHOLD else _DISTRICT)
    village, town = office.one_of(_COLLECTORS), office.one_of(_TOWN)
    lower = village if kind is K.CREDIT_HOUSEHOLD else town
    if state is S.PROPOSED:
        by_village = kind in (K.CREDIT_HOUSEHOLD, K.CREDIT_VILLAGE)
        return (A.CHECK_VILLAGE, village, "") if by_village else (A.CHECK_TOWN, town, "")
    if state is S.VILLAGE_CHECKED and kind is K.CREDIT_VILLAGE:
        return A.CHECK_TOWN, town, ""
    steps = {
        S.VILLAGE_CHECKED: (A.POST_NOTICE, lower, ""),
        S.TOWN_CHECKED: (A.POST_NOTICE, town, ""),
        S.NOTICED: (A.AWARD, decider, ""),
        S.UNDER_REVIEW: (A.RENEW, decider, ""),
        S.ON_PROBATION: (A.POST_REVOCATION, lower, "整改期满仍未达标"),
        S.REVOCATION_NOTICED: (A.REVOKE, decider, "整改期满仍未达标"),
    }
    found = steps.get(state)
    if found is not None and state is S.REVOCATION_NOTICED and office.rng.random() < _KEPT:
        return A.KEEP, decider, "已达标，不予摘牌"
    return found


def _object(office: Office, *, at: datetime) -> None:
    """Somebody of the village objects to a line of a notice, or to the whole of it."""
    with transaction(office.engine) as session:
        on = clock.day_of(at)
        running = session.scalars(
            select(Notice).where(Notice.begins_on <= on, Notice.ends_on > on).order_by(Notice.notice_id)
        ).all()
        for notice in running:
            if office.rng.random() < _OBJECTS:
                line = None if office.rng.random() < 0.2 else 1
                protest = Protest("所公示的情况与实际不符", line_number=line)
                object_publicly(session, office.cipher, notice.number, protest, at=at)


def _answer(office: Office, *, at: datetime) -> None:
    """What was objected is looked into; whoever had a hand in it is refused and somebody else answers."""
    with transaction(office.engine) as session:
        waiting = session.execute(
            select(Notice.number, NoticeObjection.notice_objection_uid)
            .join(NoticeObjection, NoticeObjection.notice_id == Notice.notice_id)
            .where(NoticeObjection.notice_objection_uid.not_in(select(Answer.notice_objection_uid)))
            .order_by(Notice.notice_id, NoticeObjection.recorded_at)
        ).all()
    for number, uid in waiting:
        if office.rng.random() < _ANSWERED:
            upheld = bool(office.rng.random() < _UPHELD)
            finding = Finding(upheld, "经核实" + ("属实" if upheld else "不属实"), "核查记录")
            who = office.one_of((*_TOWN, *_DISTRICT))
            try:
                with transaction(office.engine) as session:
                    seen = office.viewer(session, who)
                    answer(session, office.cipher, number, uid, finding, viewer=seen, at=at)
            except AppError as refusal:
                office.refused[refusal.code] += 1


def _mischief(office: Office, *, at: datetime) -> None:
    """Anybody tries any step of any title: what the rules allow is done, everything else is refused."""
    with transaction(office.engine) as session:
        numbers = session.scalars(select(Designation.designation_id).order_by(Designation.designation_id))
        known = numbers.all()
    if not known:
        return
    number = known[int(office.rng.integers(len(known)))]
    who, action = office.one_of(tuple(STAFF)), list(A)[int(office.rng.integers(len(A)))]
    _attempt(office, number, action, who, at=at)


def _attempt(office: Office, number: int, action: DesignationAction, who: str, *, at: datetime) -> None:
    """Somebody takes a step of a title, or is refused."""
    try:
        with transaction(office.engine) as session:
            seen = office.viewer(session, who)
            act = act_of(seen, action, session=session, at=at, reason="试办", document="试办单")
            announcing = Announcing(office.cipher, office.signer, by=who, issuer=_ISSUER)
            take_one(session, standings(session, [number])[0], act, announcing=announcing)
    except AppError as refusal:
        office.refused[refusal.code] += 1
