"""Whatever anybody tries, in any order: nothing is skipped, nobody does two steps, no objection is lost."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Thread
from typing import ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import func, select

from app.access.scope import Viewer
from app.db import Session, make_engine, transaction
from app.designations.found import fingerprint_of
from app.designations.path import JUDGED, transitions
from app.designations.service import steps as service
from app.errors import AppError
from app.models import Certificate, DesignationAction, DesignationKind, DesignationState, DesignationStep
from app.notices.service import standings as notice_standings
from tests.app.designations.committee import (
    NOTICE_DAYS,
    Committee,
    committee,
    committee_over,
)
from tests.district import DAY, District, morning

__all__ = ["committee"]
A, S = DesignationAction, DesignationState
ENTITY = DesignationKind.CREDIT_ENTITY
BY_PERSONS = sorted(set(A) - {A.PROPOSE})
USUAL = {
    S.PROPOSED: (A.CHECK_TOWN,),
    S.TOWN_CHECKED: (A.POST_NOTICE,),
    S.NOTICED: (A.AWARD,),
    S.DESIGNATED: (A.BEGIN_REVIEW, A.PUT_ON_PROBATION),
    S.UNDER_REVIEW: (A.RENEW, A.PUT_ON_PROBATION),
    S.ON_PROBATION: (A.POST_REVOCATION, A.RESTORE),
    S.REVOCATION_NOTICED: (A.REVOKE, A.KEEP),
}
PEOPLE = ("village", "clerk", "colleague", "admin", "deputy")


@pytest.fixture(scope="module", autouse=True)
def rated_farm(sqlite_district: Path) -> Iterator[None]:
    """A rated farm on a file of its own, to be copied for every try."""
    with TemporaryDirectory() as folder:
        TitleMachine.template = Path(folder) / "rated.db"
        TitleMachine.template.write_bytes(sqlite_district.read_bytes())
        with _district(TitleMachine.template) as district:
            over = committee_over(district)
            TitleMachine.farm = district.entity()
            over.night(proposes=False)
            with district.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            TitleMachine.viewers = over.viewers
        yield


@contextmanager
def _district(file: Path) -> Iterator[District]:
    engine = make_engine(f"sqlite:///{file}")
    yield District(engine)
    engine.dispose()


class TitleMachine(RuleBasedStateMachine):
    """Officials try every step on one title, in any order, on days that only go forward."""

    template: ClassVar[Path]
    viewers: ClassVar[dict[str, Viewer]]
    farm: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        file = Path(self.folder.name) / "title.db"
        file.write_bytes(self.template.read_bytes())
        self.engine = make_engine(f"sqlite:///{file}")
        self.committee = Committee(District(self.engine), self.viewers)
        self.on = DAY
        self.number = 0
        self.open_objections: list[tuple[str, str]] = []
        self.upheld = False

    def teardown(self) -> None:
        self.engine.dispose()
        self.folder.cleanup()

    @initialize(posted=st.booleans())
    def a_title_is_proposed(self, posted: bool) -> None:
        self.somebody_applies("clerk")
        if posted:
            self.committee.noticed(self.number, on=self.on)
            self.on += NOTICE_DAYS

    @rule(days=st.sampled_from([1, 6, 7, 90]))
    def time_passes(self, days: int) -> None:
        self.on += timedelta(days=days)

    @rule(by=st.sampled_from(PEOPLE))
    def somebody_applies(self, by: str) -> None:
        try:
            number = self.committee.apply(ENTITY, subject_id=self.farm, by=by, on=self.on)
        except AppError:
            return
        assert not self.number or self.committee.state(self.number).ends, "one attempt at a time"
        self.number, self.open_objections, self.upheld = number, [], False

    @precondition(lambda self: self.number)
    @rule(action=st.sampled_from(sorted(set(BY_PERSONS) - {A.WITHDRAW})), by=st.sampled_from(PEOPLE))
    def somebody_tries(self, action: DesignationAction, by: str) -> None:
        before = self.committee.standing(self.number)
        try:
            step = self.committee.step(self.number, action, by=by, on=self.on, document="文件")
        except AppError:
            assert len(self.committee.standing(self.number).steps) == len(before.steps), "nothing is written"
            return
        self._check(before, step, by=by)

    @precondition(lambda self: self.number)
    @rule(by=st.sampled_from(PEOPLE), other=st.booleans())
    def somebody_goes_on(self, by: str, other: bool) -> None:
        """The step that usually follows, so that tries reach every state."""
        usual = USUAL.get(self.committee.state(self.number))
        if usual is not None:
            self.somebody_tries(usual[-1 if other else 0], by)

    def _check(self, before, step: DesignationStep, *, by: str) -> None:
        """What must be true of a step that was taken, worked out anew."""
        path = self.committee.rules(ENTITY, on=self.on).path
        assert transitions(path)[before.state, step.action].after is step.state
        mine = {each.action for each in before.steps if each.user_id == self.viewers[by].user_id}
        if step.action in JUDGED:
            assert not mine & JUDGED, "no person takes two of propose, check and decide"
        if step.action in (A.AWARD, A.REVOKE):
            assert not self.open_objections, "an open objection blocks"
            posted = next(each for each in reversed(before.steps) if each.notice_id is not None)
            assert posted.happened_on + NOTICE_DAYS <= self.on, "the notice has run its days"
        if step.action is A.AWARD:
            late = posted.happened_on + NOTICE_DAYS + timedelta(days=path.decide_within_days)
            assert self.on < late, "what was shown too long ago is not decided"
            assert not self.upheld, "an upheld objection leaves only the refusal"
            assert [each.action for each in before.steps] == [A.PROPOSE, A.CHECK_TOWN, A.POST_NOTICE]
        if step.action is A.REVOKE:
            assert before.last.user_id != step.user_id

    @precondition(lambda self: self.number)
    @rule(luck=st.integers(0, 3))
    def somebody_objects(self, luck: int) -> None:
        standing = self.committee.standing(self.number)
        if luck or standing.state not in (S.NOTICED, S.REVOCATION_NOTICED):
            return
        try:
            self.open_objections.append(self.committee.objected(self.number, on=self.on))
        except AppError:
            return

    @precondition(lambda self: self.open_objections)
    @rule(upheld=st.booleans())
    def an_objection_is_answered(self, upheld: bool) -> None:
        try:
            self.committee.answered(self.open_objections[-1], upheld=upheld, on=self.on)
        except AppError:
            return
        self.open_objections.pop()
        self.upheld = self.upheld or upheld

    @invariant()
    def every_step_is_there_in_order_with_its_fingerprint(self) -> None:
        for number in self.committee.numbers():
            found = self.committee.standing(number).steps
            assert [each.sequence for each in found] == list(range(1, len(found) + 1))
            assert all(each.fingerprint == fingerprint_of(each.facts) for each in found)
            assert [each.valid_until is not None for each in found] == [
                each.state.holds_title for each in found
            ]
        with Session(self.engine) as session:
            given = session.scalar(select(func.count()).where(DesignationStep.action.in_([A.AWARD, A.RENEW])))
            assert session.scalar(select(func.count()).select_from(Certificate)) == given


TestNothingIsSkipped = TitleMachine.TestCase
TestNothingIsSkipped.settings = settings(
    # A failing try is replayed from its seed: each step is a transaction, too slow to shrink.
    max_examples=20, stateful_step_count=40, deadline=None, phases=(Phase.explicit, Phase.generate),
)  # fmt: skip


def test_two_deciders_at_once_get_one_decision(committee):
    farm = committee.district.entity()
    committee.night()
    number = committee.numbers(ENTITY)[0]
    committee.noticed(number)
    on, begin = DAY + NOTICE_DAYS, Barrier(2)
    outcomes: dict[str, object] = {}

    def decide(by: str, action: DesignationAction) -> None:
        begin.wait()
        try:
            outcomes[by] = committee.step(number, action, by=by, on=on).state
        except AppError as refusal:
            outcomes[by] = refusal.code

    threads = [
        Thread(target=decide, args=("admin", A.AWARD)),
        Thread(target=decide, args=("deputy", A.REFUSE)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, outcomes.values()))[0] == "conflict"
    standing = committee.standing(number)
    assert [each.sequence for each in standing.steps] == [1, 2, 3, 4]
    assert standing.designation.subject_id == farm


def test_two_applications_at_once_open_one_attempt(committee):
    farm = committee.district.entity()
    committee.night(proposes=False)
    begin, outcomes = Barrier(2), []

    def apply(by: str) -> None:
        begin.wait()
        try:
            outcomes.append(str(committee.apply(ENTITY, subject_id=farm, by=by)))
        except AppError as refusal:
            outcomes.append(refusal.code)

    threads = [Thread(target=apply, args=(by,)) for by in ("clerk", "colleague")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "conflict" in outcomes
    assert len(committee.numbers()) == 1


def test_what_crashes_half_way_leaves_nothing(committee):
    committee.district.entity()
    committee.night()
    number = committee.numbers(ENTITY)[0]
    committee.step(number, A.CHECK_TOWN, by="colleague")
    with pytest.raises(RuntimeError):
        _stops_after_posting(committee, number)
    assert committee.state(number) is S.TOWN_CHECKED
    with Session(committee.district.engine) as session:
        assert notice_standings(session, [1], on=date(2026, 1, 1)) == {}
    committee.step(number, A.POST_NOTICE, by="colleague")
    assert committee.state(number) is S.NOTICED


def _stops_after_posting(committee: Committee, number: int) -> None:
    """A notice and its step are written, and the machine stops before they are kept."""
    who = committee.viewers["colleague"]
    with transaction(committee.district.engine) as session:
        standing = service.seen_by(session, number, viewer=who)
        act = service.act_of(who, A.POST_NOTICE, session=session, at=morning(DAY), reason="", document="")
        service.take_one(session, standing, act, announcing=committee.announcing("colleague"))
        raise RuntimeError("the machine stops")
