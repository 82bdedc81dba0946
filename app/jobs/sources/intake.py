"""The rows of a delivery in their transaction: checked, combined, compared with what is on file, written."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from app.db import Session
from app.errors import Invalid, SetupError
from app.jobs.imports import lookups
from app.jobs.imports.cells import BadCell
from app.jobs.imports.report import RowError, both
from app.jobs.imports.writing import write_contacts
from app.jobs.progress import Progress
from app.jobs.sources.block import Asked, Part, read_block
from app.jobs.sources.contacts import Contacts
from app.jobs.sources.definition import FactRule, Together, Unmatched
from app.jobs.sources.delivery import Block
from app.jobs.sources.drafts import Drafts, combine
from app.jobs.sources.earlier import earlier_value
from app.jobs.sources.loans import LoanMonths
from app.jobs.sources.matching import Register
from app.jobs.sources.names import Neighbours
from app.jobs.sources.on_file import said_before
from app.jobs.sources.quarantine_content import content_of
from app.jobs.sources.report import SourceReport
from app.jobs.sources.seen import Seen
from app.jobs.sources.writing import Landing, Waiting
from app.models import Batch
from app.records.service import facts_of, source_by_code
from app.subjects.cipher import Cipher

_SEARCHES_MAX = 500
_TWICE = both("同一主体、同一天的同一指标在文件中出现两次", "the same subject, fact and day stand twice")
_SAME_NUMBER = both("同一编号在文件中出现两次", "the same number stands twice")
_DISPUTED = both("同一主体的几行写了不同的授权书编号", "rows of one subject name different consents")
_ONCE = both("只保留一行", "keep one of the two rows")
_ONE_CONSENT = both("同一主体的各行填同一编号", "write one number in all rows of a subject")


class Refused(Exception):
    """Something was wrong: the transaction ends without a trace."""


@dataclass(slots=True)
class _Rule:
    """One fact while a delivery is read: its id, what stood before, and what is to be combined."""

    fact_id: int
    seen: Seen = field(default_factory=Seen)
    parts: list[Drafts] = field(default_factory=list)


class Intake:
    """One delivery inside its transaction."""

    def __init__(
        self,
        session: Session,
        cipher: Cipher,
        asked: Asked,
        report: SourceReport,
        batch: Batch,
        *,
        writes: bool,
        forced: int | None = None,
    ) -> None:
        self._asked, self._report, self._batch, self._cipher = asked, report, batch, cipher
        self._register = Register(session, cipher, lookups.divisions(session, on=asked.on))
        facts = facts_of(session, asked.mapping.subject_kind)
        self._source_id = batch.source_id = source_by_code(session, asked.mapping.source).source_id
        missing = [rule.fact.name for rule in asked.mapping.facts if rule.fact.name not in facts]
        if missing:
            raise SetupError(f"the fact {missing[0]} is not loaded. Run `credit-village init` first.")
        self._rules = {
            index: _Rule(facts[rule.fact.name].fact_id) for index, rule in enumerate(asked.mapping.facts)
        }
        self._documents = Seen()
        self._neighbours = Neighbours(self._register, asked.mapping.subject_kind)
        self._searches = 0
        self._loans = LoanMonths(batch.source)
        self._contacts = Contacts()
        self._writes = writes
        self._forced = forced
        self._earlier: list[int] = []
        self._landing: Landing | None = None

    def add_earlier(self, batch_ids: list[int]) -> None:
        """Let rows that are combined be combined with what these batches recorded, too."""
        self._earlier = batch_ids

    def read(self, blocks: Iterator[Block], *, progress: Progress, size: int) -> None:
        """Read everything; raise when anything was wrong, so that nothing remains."""
        session = self._register.session
        if lookups.seen_before(session, self._batch.kind, self._batch.content_sha256):
            self._report.already_imported = True
            return
        if self._writes:
            session.add(self._batch)
            session.flush()
            self._landing = Landing(session, self._batch)
        done = 0
        for block in blocks:
            part = read_block(
                block, self._asked, register=self._register, report=self._report, forced=self._forced
            )
            self._take(part)
            done += block.row_count
            progress(done, max(size, done), self._report.file_name)
        self._combine()
        if not self._report.accepted:
            raise Refused
        self._write_contacts()
        if self._report.rows == 0:
            raise Invalid(both(f"{self._report.file_name}：文件中没有数据行", "the file has no rows of data"))
        self._batch.row_count = self._report.rows
        if self._writes:
            session.flush()

    def _write_contacts(self) -> None:
        """Seal and keep the phones and addresses that are not on file."""
        session, batch = self._register.session, self._batch
        news = self._contacts.news(session, self._cipher)
        self._report.contacts += len(news)
        if self._writes:
            write_contacts(session, self._cipher, news, at=batch.recorded_at, by=batch.recorded_by)

    def _take(self, part: Part) -> None:
        """Take the rows of one block: records, loans, and rows that wait."""
        if not len(part):
            return
        self._refuse_documents(part)
        self._contacts.take(part)
        if self._asked.mapping.loans is not None:
            self._loans.take(part, register=self._register, landing=self._landing)
        self._wait(part)
        for rule, found in part.facts:
            state = self._rules[self._asked.mapping.facts.index(rule)]
            drafts = part.drafts(found)
            if rule.together is not None:
                state.parts.append(drafts)
                continue
            drafts = self._refuse_repeated(part, rule, state, drafts)
            self._write(rule, state, drafts)

    def _refuse_documents(self, part: Part) -> None:
        """Refuse a row whose document number has stood before."""
        wanted = self._asked.mapping.row_id
        if wanted is None or not self._asked.layout.has(wanted):
            return
        numbers = part.texts(wanted)
        named = np.array(
            [place for place, number in enumerate(numbers) if number is not None], dtype=np.int64
        )
        keys = np.array([hash(numbers[place]) for place in named.tolist()], dtype=np.int64)
        for at, first in self._documents.add(keys, part.rows[named]).items():
            place = int(named[at])
            what = BadCell(f"{_SAME_NUMBER}：第 {first} 行 row {first}", fix=_ONCE)
            part.refuse_row(place, column=wanted.name, value=(numbers[place] or "")[:40], what=what)

    def _refuse_repeated(self, part: Part, rule: FactRule, state: _Rule, drafts: Drafts) -> Drafts:
        """Refuse a second value of the same subject, fact and day."""
        repeated = state.seen.add(drafts.keys, drafts.rows)
        if not repeated:
            return drafts
        by_row = {int(row): place for place, row in enumerate(part.rows)}
        for at, first in repeated.items():
            what = BadCell(f"{_TWICE}：第 {first} 行 row {first}", fix=_ONCE)
            part.refuse_row(by_row[int(drafts.rows[at])], column=rule.label, value="", what=what)
        return drafts.only(np.setdiff1d(np.arange(len(drafts)), list(repeated)))

    def _wait(self, part: Part) -> None:
        """Put rows that fit no subject aside, or leave them where the mapping says so."""
        reasons = {place: why for place, why in part.matches.reasons.items() if not part.refused[place]}
        if self._asked.mapping.unmatched is Unmatched.LEAVE:
            self._report.left += len(reasons)
            return
        self._report.quarantined += len(reasons)
        if self._landing is None or not self._report.accepted or not reasons:
            return
        names, villages = part.texts(self._asked.mapping.name), part.texts(self._asked.mapping.village)
        waiting = []
        for place, why in sorted(reasons.items()):
            self._searches += 1
            candidates = (
                self._neighbours.candidates(name=names[place], village=villages[place])
                if self._searches <= _SEARCHES_MAX
                else []
            )
            waiting.append(Waiting(int(part.rows[place]), why, content_of(part, place), candidates))
        self._landing.write_waiting(waiting, self._cipher)

    def _combine(self) -> None:
        """Make the rows of one subject into one record, and note which they were."""
        groups: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        for index, state in self._rules.items():
            rule = self._asked.mapping.facts[index]
            if rule.together is None or not state.parts:
                continue
            everything = Drafts.joined(state.parts)
            if not len(everything):
                continue
            earlier = (
                earlier_value(
                    self._register.session, everything, fact_id=state.fact_id, batch_ids=self._earlier
                )
                if self._earlier
                else None
            )
            if earlier is not None:
                everything = Drafts.joined([earlier.drafts, everything])
            combined = combine(everything, rule.together, adverse_from=rule.fact.adverse_from)
            self._refuse_disputed(combined.disputed)
            self._refuse_outside(rule, combined.drafts)
            self._write(rule, state, combined.drafts)
            groups.append((combined.group_rows, combined.source_rows))
            if earlier is not None:
                rows = np.array(earlier.source_rows, dtype=np.int64)
                groups.append((np.full(len(rows), combined.drafts.rows[0]), rows))
        if self._landing is not None and self._report.accepted and groups:
            self._landing.write_source_rows(
                np.concatenate([rows for rows, _ in groups]), np.concatenate([rows for _, rows in groups])
            )

    def _refuse_disputed(self, rows: NDArray[np.int64]) -> None:
        for row in rows.tolist():
            consent = self._asked.mapping.consent
            self._refuse(row, column=consent.name if consent else "", reason=_DISPUTED, fix=_ONE_CONSENT)

    def _refuse_outside(self, rule: FactRule, drafts: Drafts) -> None:
        """Refuse a sum that the catalogue does not allow."""
        highest = rule.fact.maximum
        if highest is None or rule.together not in (Together.SUM, Together.COUNT):
            return
        for row, value in zip(drafts.rows.tolist(), drafts.values.tolist(), strict=True):
            if value > highest:
                reason = both(
                    f"各行合计 {value:g}，超过 {highest:g}", f"the rows come to {value:g}, above {highest:g}"
                )
                self._refuse(row, column=rule.label, reason=reason, fix=both("核对各行", "check the rows"))

    def _refuse(self, row: int, *, column: str, reason: str, fix: str) -> None:
        self._report.refuse(RowError(self._asked.layout.sheet, row, column, "", reason, fix))

    def _write(self, rule: FactRule, state: _Rule, drafts: Drafts) -> None:
        """Write what this source has not said before; nothing once something was wrong."""
        if not len(drafts) or not self._report.accepted:
            return
        same = said_before(self._register.session, drafts, fact_id=state.fact_id, source_id=self._source_id)
        fresh = drafts.only(~same)
        self._report.unchanged += int(same.sum())
        self._report.added += len(fresh)
        if self._landing is not None:
            self._report.adverse += self._landing.write_records(fresh, fact=rule.fact, fact_id=state.fact_id)
        elif rule.fact.adverse_from is not None:
            self._report.adverse += int((fresh.values >= rule.fact.adverse_from).sum())
