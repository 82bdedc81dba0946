"""Villages of a simulated year appraise their households: opened, filled in on paper, closed."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import select

from app import clock
from app.appraisals.appraisal import Line, Mark
from app.appraisals.service.closing import close_round
from app.appraisals.service.rounds import invite, lines_of, open_round
from app.appraisals.service.sheets import appraisable, submit_paper
from app.db import Session, transaction
from app.jobs.simulation.officials import Office
from app.models import AppraisalClosing, AppraisalRound, Place
from app.rules.appraisals import AppraisalRules
from app.rules.service import appraisal_rules_of

OPEN, FILL_IN, CLOSE = 0, 1, 2
_APPRAISERS = 5
_TERM = timedelta(days=10)
_KNOWS, _KIN, _NOISE = 0.93, 0.04, 0.14
_BY = "town.one"


def appraise(office: Office, *, day: int, at: datetime) -> None:
    """The first, second or third day of a month in which villages appraise."""
    with transaction(office.engine) as session:
        if day == OPEN:
            for village in office.world.villages:
                _open(session, office, village, at=at)
            return
        closed = select(AppraisalClosing.appraisal_round_id)
        rounds = select(AppraisalRound).where(AppraisalRound.appraisal_round_id.not_in(closed))
        for found in session.scalars(rounds.order_by(AppraisalRound.appraisal_round_id)).all():
            if day == FILL_IN:
                _fill_in(session, office, found, at=at)
            else:
                viewer = office.viewer(session, _BY)
                close_round(session, office.cipher, found.appraisal_round_id, viewer=viewer, at=at)


def _open(session: Session, office: Office, village: Place, *, at: datetime) -> None:
    viewer, on = office.viewer(session, _BY), clock.day_of(at)
    made = open_round(
        session,
        village.code,
        opens_on=on,
        closes_on=on + _TERM,
        needs_consent=False,
        viewer=viewer,
        at=at,
    )
    for number in range(1, _APPRAISERS + 1):
        invite(
            session,
            office.cipher,
            made.round.appraisal_round_id,
            name=f"评议员{number}（模拟）",
            username=None,
            kin_household_nos=(),
            viewer=viewer,
            at=at,
        )


def _fill_in(session: Session, office: Office, found: AppraisalRound, *, at: datetime) -> None:
    round_id = found.appraisal_round_id
    rules = appraisal_rules_of(session, found.rule_version_id)
    lines = appraisable(lines_of(session, office.cipher, round_id))
    quality = {family.subject_id: family.quality for family in office.world.families}
    for number in range(1, _APPRAISERS + 1):
        marks = [_mark(office, line, quality[line.subject_id], rules) for line in lines]
        submit_paper(
            session,
            office.cipher,
            round_id,
            number,
            marks,
            file_sha256=hashlib.sha256(f"{round_id}/{number}".encode()).hexdigest(),
            viewer=office.viewer(session, _BY),
            at=at,
        )


def _mark(office: Office, line: Line, quality: float, rules: AppraisalRules) -> Mark:
    """What one appraiser finds: near the truth, each in his own way."""
    rng = office.rng
    if rng.random() >= _KNOWS:
        return Mark(line.line, knows=False)
    seen = quality + 0.12 + rng.normal(0, _NOISE)
    answers = {
        item.name: item.choices[min(len(item.choices) - 1, max(0, int((1 - seen) * len(item.choices))))].code
        for item in rules.form.items
    }
    points = sum(item.points(answers[item.name]) or 0 for item in rules.form.items)
    reasons = () if points >= rules.counting.favourable_from else (rules.form.reasons[-1].code,)
    return Mark(line.line, knows=True, kin=bool(rng.random() < _KIN), answers=answers, reasons=reasons)
