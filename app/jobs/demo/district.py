"""The demonstration district: made whole in one transaction, or not at all."""

from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
from sqlalchemy import exists, select

from app.db import Engine, Session, transaction
from app.errors import Conflict, Invalid
from app.jobs.demo.batches import (
    Deliveries,
    add_deliveries,
    append_records,
    append_subjects,
    count_rows,
    demo_facts,
)
from app.jobs.demo.consents import append_consents, append_publication_consents, append_refusals
from app.jobs.demo.contacts import append_contacts
from app.jobs.demo.entity_rows import EntityFiles, append_entities, append_entity_files, invent_files
from app.jobs.demo.households import append_files, append_heads, live, parts
from app.jobs.demo.loan_rows import LoanBook
from app.jobs.demo.logins import add_logins
from app.jobs.demo.members import append_members
from app.jobs.demo.order import Ints, Order, midnight
from app.jobs.demo.roster import append_roster
from app.jobs.demo.summary import DemoSummary
from app.jobs.demo.villages import Villages, spread, village_facts
from app.jobs.demo.writer import Writer, relaxed
from app.jobs.progress import Progress
from app.models import Batch, BatchKind, Subject, SubjectKind
from app.subjects.cipher import Cipher
from app.subjects.keys import hold

_INDEXED = (
    "records",
    "adverse_records",
    "written_consents",
    "households",
    "members",
    "subjects",
    "loans",
    "consents",
    "contacts",
)
_COUNTED = {
    "subjects": "subject_id",
    "loans": "loan_id",
    "members": "member_id",
    "records": "record_id",
    "consents": "consent_id",
    "contacts": "contact_id",
}


def make_demo(
    engine: Engine,
    cipher: Cipher,
    *,
    households: int,
    entities: int | None,
    seed: int,
    on: date,
    progress: Progress,
) -> DemoSummary:
    """Make a synthetic district over the divisions in the database; equal orders give equal districts."""
    if households < 1 or (entities is not None and entities < 0):
        raise Invalid("a demonstration needs at least 1 household, and 0 or more entities")
    count = households // 10 if entities is None else entities
    order = Order(households=households, entities=count, seed=seed % 2**32, on=on)
    with relaxed(engine) as own, transaction(own) as session:
        hold(session, cipher)
        writer = Writer(session.connection())
        _refuse_second(session)
        return _District.begin(session, writer, cipher, order=order).make(progress)


def _refuse_second(session: Session) -> None:
    if session.scalar(select(exists().where(Subject.synthetic.is_(False)))):
        raise Conflict(
            "the database holds subjects that are not synthetic; a demonstration is never mixed with them. "
            "Set DATABASE_URL to an empty database."
        )
    synthetic = session.scalar(select(exists().where(Batch.kind == BatchKind.DEMONSTRATION)))
    if synthetic or session.scalar(select(exists().where(Subject.synthetic.is_(True)))):
        raise Conflict(
            "the database holds a demonstration district already. "
            "Use it, or set DATABASE_URL to an empty database for another one."
        )


@dataclass(frozen=True, slots=True)
class Written:
    """How much has been written of the subjects: records and adult members."""

    records: int = 0
    members: int = 0

    def __add__(self, other: Self) -> "Written":
        """Both together."""
        return Written(self.records + other.records, self.members + other.members)


@dataclass(frozen=True, slots=True)
class _District:
    """One demonstration on its way into the tables."""

    session: Session
    writer: Writer
    cipher: Cipher
    order: Order
    villages: Villages
    book: LoanBook
    returns: Deliveries
    files: Deliveries
    bank_id: int
    first_id: int

    @classmethod
    def begin(cls, session: Session, writer: Writer, cipher: Cipher, *, order: Order) -> Self:
        """Register the deliveries and the logins, and lay out the villages."""
        returns = add_deliveries(session, order, kind=BatchKind.LOAN_RETURN)
        return cls(
            session=session,
            writer=writer,
            cipher=cipher,
            order=order,
            villages=spread(session, order.random("villages"), households=order.households, on=order.on),
            book=LoanBook(writer, order, returns=returns),
            returns=returns,
            files=add_deliveries(session, order, kind=BatchKind.DEMONSTRATION),
            bank_id=add_logins(session, at=midnight(order.on)).organisation_id,
            first_id=writer.next_id("subjects", "subject_id"),
        )

    def make(self, progress: Progress) -> DemoSummary:
        """Write everything, then make the indexes again."""
        order, writer = self.order, self.writer
        writer.lay_aside_indexes(*_INDEXED)
        village_ids = self.first_id + np.arange(self.villages.is_village.sum())
        household_ids = village_ids[-1] + 1 + np.arange(order.households)
        entities = invent_files(order, villages=self.villages, first_id=int(household_ids[-1]) + 1)
        files = self._append_villages(village_ids)
        files += self._append_households(int(household_ids[0]), progress)
        files += self._append_entities(entities)
        loan_months = self.book.append_months(progress)
        ids = np.concatenate([household_ids, entities.ids])
        summary = DemoSummary(
            households=order.households,
            entities=order.entities,
            villages=len(village_ids),
            members=files.members,
            records=files.records,
            loans=self.book.loan_count,
            loan_months=loan_months,
            roster_entries=append_roster(
                self.session, writer, order, entities=entities.entities, villages=self.villages
            ),
            consents=append_consents(writer, order, ids=ids, organisation_id=self.bank_id),
            refusals=append_refusals(writer, order, ids=household_ids),
            seed=order.seed,
            on=order.on,
        )
        append_publication_consents(writer, order, ids=ids)
        count_rows(self.session, self.returns.rows | self.files.rows)
        writer.finish(_COUNTED)
        return summary

    def _append_villages(self, ids: Ints) -> Written:
        place_id = self.villages.place_id[self.villages.is_village]
        append_subjects(self.writer, self.order, ids=ids, kind=SubjectKind.VILLAGE, place_id=place_id)
        records = append_records(
            self.writer,
            village_facts(self.villages, self.order.random("village facts")),
            of=demo_facts(self.session, SubjectKind.VILLAGE),
            ids=ids,
            row_no=self.order.households + self.order.entities + np.arange(1, len(ids) + 1),
            observed_on=np.full(len(ids), self.order.first_month_ends[-1]),
            delivery=self.files.first,
        )
        return Written(records=records)

    def _append_households(self, first_id: int, progress: Progress) -> Written:
        of = demo_facts(self.session, SubjectKind.HOUSEHOLD)
        written = Written()
        for part in parts(self.villages, first_id=first_id):
            progress(int(part.index[0]), self.order.households, "农户 households")
            append_heads(self.writer, self.cipher, self.order, part=part, villages=self.villages)
            self._append_contacts(people=part.index, ids=part.ids, village=part.village)
            lives = live(self.order, part=part, villages=self.villages)
            several = lives.facts["household_size"] > 1
            written += Written(
                records=append_files(
                    self.writer, self.order, part=part, lives=lives, of=of, files=self.files
                ),
                members=append_members(
                    self.writer,
                    self.cipher,
                    self.order,
                    index=part.index[several],
                    ids=part.ids[several],
                    number=part.number,
                ),
            )
            self.book.add(lives.loans, ids=part.ids)
        progress(self.order.households, self.order.households, "农户 households")
        return written

    def _append_contacts(self, *, people: Ints, ids: Ints, village: Ints) -> None:
        append_contacts(
            self.writer,
            self.cipher,
            self.order,
            people=people,
            ids=ids,
            village=village,
            villages=self.villages,
        )

    def _append_entities(self, files: EntityFiles) -> Written:
        append_entities(self.writer, self.cipher, self.order, files=files, villages=self.villages)
        self._append_contacts(
            people=self.order.households + np.arange(self.order.entities),
            ids=files.ids,
            village=files.entities.village,
        )
        self.book.add(files.loans, ids=files.ids)
        records = append_entity_files(
            self.writer,
            files,
            of=demo_facts(self.session, SubjectKind.AGRI_ENTITY),
            deliveries=self.files,
            first_row=self.order.households + 1,
        )
        return Written(records=records)
