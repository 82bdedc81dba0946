"""Old ratings come out the same, whatever has happened to the records since."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from app.consents.service import withdraw
from app.corrections.service import Act, correct, end, notice, repair, restore
from app.db import Session, reading, transaction
from app.errors import AppError, NotFound
from app.jobs.progress import quiet
from app.jobs.replay import replay
from app.jobs.trace import trace_all
from app.models import (
    AdverseRecord,
    Consent,
    ConsentChannel,
    ConsentKind,
    Lineage,
    LineageUndo,
    Record,
    Subject,
    SubjectKind,
    WrittenConsent,
)
from app.records.rules import load_record_rules
from app.subjects.lineage import merge, undo_merge
from tests.district import DAY, GOOD, GOOD_ENTITY, POLICIES, District, morning

SOURCES = ("town_office", "bank_return", "land_right", "judgment_defaulters", "village_appraisal", "tax")
ADVERSE = {"overdue_days_max_24m": 45, "overdue_days_now": 5, "judgment_defaulter": 1, "written_off_loan": 1}
RULES = load_record_rules(POLICIES / "cq_bishan" / "records" / "2023-01-01.yaml")
LATER = DAY + timedelta(days=31)


@dataclass
class Life:
    """Things that happen to a district, one after the other, by chance."""

    district: District
    chance: random.Random

    def begin(self, count: int) -> None:
        """Households and entities with records of several sources and years."""
        for _ in range(count):
            subject = self.district.household({})
            self.observe(subject, {**GOOD, **ADVERSE})
        for _ in range(count // 4):
            self.observe(self.district.entity({}), GOOD_ENTITY)

    def observe(self, subject_id: int, facts: Mapping[str, float]) -> None:
        """A few records of each of some facts."""
        for _ in range(4):
            chosen = self.chance.sample(sorted(facts), k=len(facts) * 2 // 3)
            self.district.observe(
                subject_id,
                {name: facts[name] * self.chance.choice([1, 1, 0, 1]) for name in chosen},
                on=DAY - timedelta(days=self.chance.randrange(0, 2500)),
                recorded=morning(DAY - timedelta(days=1)),
                source=self.chance.choice(SOURCES),
                noticed=self.chance.random() < 0.7,
            )

    def go_on(self, *, on: date) -> None:
        """Corrections, repairs, notices, consents and merges; what is refused does not happen."""
        with transaction(self.district.engine) as session:
            records = session.scalars(select(Record.record_id)).all()
            adverse = session.scalars(select(AdverseRecord.record_id)).all()
            households = session.scalars(
                select(Subject.subject_id).where(Subject.kind == SubjectKind.HOUSEHOLD)
            ).all()
        act = Act(on, morning(on), "test", "文件 1")
        for record_id in self.chance.sample(records, k=len(records) // 8):
            self.attempt(
                lambda s, n=record_id: correct(
                    s, n, value=self.chance.choice([None, 0, 1, 2]), reason="错", act=act
                )
            )
        for record_id in self.chance.sample(records, k=len(records) // 12):
            self.attempt(lambda s, n=record_id: restore(s, n, reason="误", act=act))
        for record_id in adverse:
            day = on - timedelta(days=self.chance.randrange(0, 2400))
            what = self.chance.randrange(5)
            self.attempt(lambda s, n=record_id, d=day, w=what: self.happen(s, n, day=d, what=w, act=act))
        for subject_id in self.chance.sample(households, k=len(households) // 5):
            self.attempt(lambda s, n=subject_id: self.consent(s, n, on=on))
        for one, other in zip(
            self.chance.sample(households, k=4), self.chance.sample(households, k=4), strict=True
        ):
            self.attempt(
                lambda s, a=one, b=other: merge(
                    s, a, b, happened_on=on, document="并户 1", on=on, at=morning(on), by="test"
                )
            )
        self.attempt(self.undo)

    def happen(self, session: Session, record_id: int, *, day: date, what: int, act: Act) -> None:
        """A notice, an end or a repair of an adverse record, or nothing."""
        if what == 0:
            notice(session, record_id, noticed_on=act.on, act=act)
        elif what == 1:
            end(session, record_id, ended_on=day, act=act)
        elif what == 2:
            repair(session, record_id, repair_class="light", rules=RULES, act=act)

    def consent(self, session: Session, subject_id: int, *, on: date) -> None:
        """A consent to collection for some rows, or a word about being rated; sometimes withdrawn at once."""
        kind = self.chance.choice([ConsentKind.RATING, ConsentKind.COLLECTION])
        given = Consent(
            subject_id=subject_id, kind=kind, agreed=self.chance.random() < 0.6, facts=[], reference="书 1",
            effective_from=on, channel=ConsentChannel.PAPER, evidence="原件", recorded_at=morning(on),
            recorded_by="test",
        )  # fmt: skip
        session.add(given)
        session.flush()
        rows = select(Record.batch_id, Record.row_no).where(Record.subject_id == subject_id)
        if kind is ConsentKind.COLLECTION:
            for batch_id, row_no in {tuple(row) for row in session.execute(rows)}:
                kept = session.get(WrittenConsent, (batch_id, row_no, subject_id))
                if kept is None:
                    session.add(
                        WrittenConsent(
                            batch_id=batch_id,
                            row_no=row_no,
                            subject_id=subject_id,
                            consent_id=given.consent_id,
                        )
                    )
        if self.chance.random() < 0.5:
            withdraw(
                session,
                given,
                on=on,
                channel=ConsentChannel.COUNTER,
                evidence="申请",
                at=morning(on),
                by="test",
            )

    def undo(self, session: Session) -> None:
        """Take one of the merges back."""
        undone = select(LineageUndo.lineage_id)
        merges = session.scalars(select(Lineage.lineage_id).where(Lineage.lineage_id.not_in(undone))).all()
        if merges:
            undo_merge(session, self.chance.choice(merges), document="撤销 1", at=morning(DAY), by="test")

    def attempt(self, what) -> None:
        """Let something happen, unless it is refused."""
        try:
            with transaction(self.district.engine) as session:
                what(session)
        except AppError:
            pass


@pytest.mark.parametrize("seed", range(3))
def test_every_night_is_worked_out_again_without_a_difference_whatever_happens_later(district, seed):
    life = Life(district, random.Random(seed))
    life.begin(24)
    life.go_on(on=DAY)
    district.night()
    life.go_on(on=LATER)
    district.night(LATER)
    life.go_on(on=LATER + timedelta(days=1))
    for day in (DAY, LATER):
        report = replay(district.engine, as_of=day, sample=1000, seed=seed, progress=quiet)
        assert (report.as_of, report.replayed, report.in_force) == (day, 30, 30)
        assert report.differences == ()
    with reading(district.engine) as session:
        counted = trace_all(session, progress=quiet)
    assert (counted.ratings, counted.orphans) == (30, 0)
    assert counted.records > 0 < counted.missing


def test_a_record_that_was_tampered_with_is_a_difference(district):
    household = district.household()
    district.night()
    with transaction(district.engine) as session:
        session.execute(update(Record).where(Record.subject_id == household).values(value=0))
    report = replay(district.engine, as_of=DAY, sample=10, seed=1, progress=quiet)
    assert {found.field for found in report.differences} >= {"packed_bins", "score"}
    assert any("score" in line for line in report.lines())


def test_before_the_first_night_there_is_nothing_to_replay(district):
    with pytest.raises(NotFound, match="no night had been published"):
        replay(district.engine, as_of=DAY, sample=10, seed=1, progress=quiet)
    with reading(district.engine) as session, pytest.raises(NotFound, match="rescore"):
        trace_all(session, progress=quiet)
