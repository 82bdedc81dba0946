"""A small district made by hand: subjects, records, loans and rosters, and the nights over them."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.db import Engine, Session, make_engine, transaction
from app.jobs.night import columns
from app.jobs.nightly import NightSummary, run_night
from app.jobs.progress import quiet
from app.models import (
    AdverseRecord,
    AgriEntity,
    Base,
    Batch,
    BatchKind,
    Consent,
    ConsentChannel,
    ConsentKind,
    ConsentWithdrawal,
    EntityState,
    EntityStatus,
    EntityType,
    ExclusionReason,
    Fact,
    Household,
    Loan,
    LoanMonth,
    Place,
    Purpose,
    Record,
    Roster,
    RosterEntry,
    Subject,
    SubjectKind,
)
from app.records.service import source_by_code
from app.records.source_list import TOWN_OFFICE
from app.settings import Settings
from app.subjects.cipher import Cipher
from tests.numbers import credit_code, resident

DAY = date(2025, 11, 30)
POLICIES = Settings().policy_folder
DISTRICT = "500120000000"
TOWN, VILLAGE, OTHER_VILLAGE = "500120104000", "500120104200", "500120104201"
OTHER_TOWN, VILLAGE_OF_OTHER_TOWN = "500120100000", "500120100200"
# 璧泉街道 has communities only.
STREET, COMMUNITY = "500120002000", "500120002001"
DIVISIONS = {
    "500000000000", DISTRICT, TOWN, VILLAGE, OTHER_VILLAGE, OTHER_TOWN, VILLAGE_OF_OTHER_TOWN, STREET,
    COMMUNITY,
}  # fmt: skip
KEY = bytes(range(32))

# A household that gets 100 points (AAA), and an entity whose file is full.
GOOD: Mapping[str, float] = {
    "overdue_days_max_24m": 0, "overdue_days_now": 0, "credit_relation_years": 6, "debt_fen": 0,
    "annual_income_fen": 20_000_000, "guarantee_fen": 0, "annual_net_income_fen": 15_000_000,
    "household_size": 3, "labourer_count": 3, "income_source_count": 2, "income_source_years": 5,
    "operated_land_mu": 30, "net_assets_fen": 30_000_000, "confirmed_right_count": 3,
    "appraisal_score": 90, "appraiser_count": 3, "agricultural_insurance": 1,
}  # fmt: skip
GOOD_ENTITY: Mapping[str, float] = {
    "overdue_days_max_24m": 0, "overdue_days_now": 0, "arrears_count": 0, "litigation_count": 0,
    "operating_years": 10, "revenue_fen": 100_000_000, "revenue_previous_fen": 80_000_000,
    "scale_index": 3, "lease_years_left": 10, "order_channel_count": 3, "asset_fen": 200_000_000,
    "liability_fen": 20_000_000, "net_profit_fen": 20_000_000, "accounts_kept": 1,
    "annual_report_filed": 1, "ledger_kept": 1, "households_led_count": 50, "certificate_count": 2,
    "green_practice": 1, "agricultural_insurance": 1, "demonstration_level": 1,
}  # fmt: skip


def morning(day: date) -> datetime:
    """Ten o'clock in China on a day."""
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


@dataclass
class District:
    """Divisions, facts and rules, to put subjects and records into."""

    engine: Engine
    policies: Path = POLICIES

    def __post_init__(self) -> None:
        self.cipher = Cipher(KEY)

    def place_id(self, code: str) -> int:
        """A division by its code."""
        with Session(self.engine) as session:
            return session.scalars(select(Place.place_id).where(Place.code == code)).one()

    def batch(
        self,
        session: Session,
        at: datetime,
        *,
        kind: BatchKind = BatchKind.OBSERVATIONS,
        source: str = TOWN_OFFICE,
    ) -> int:
        """A delivery of a source."""
        made = Batch(
            kind=kind, source="大兴镇", source_id=source_by_code(session, source).source_id,
            file_name="file.xlsx", content_sha256=uuid.uuid4().hex * 2,
            row_count=1, recorded_at=at, recorded_by="test", synthetic=True,
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.batch_id

    def household(
        self, facts: Mapping[str, float] = GOOD, *, code: str = VILLAGE, on: date = DAY, name: str = "王建国"
    ) -> int:
        """A household, observed and recorded on a day; its id. Its number is `resident(its id)`."""
        with transaction(self.engine) as session:
            subject_id = self._subject(session, SubjectKind.HOUSEHOLD, code)
            number, row = resident(subject_id), f"households/{subject_id}"
            session.add(
                Household(
                    subject_id=subject_id,
                    household_no=f"H{subject_id:05d}",
                    head_name_cipher=self.cipher.seal(name, row=f"{row}/head_name"),
                    head_id_number_cipher=self.cipher.seal(number, row=f"{row}/head_id_number"),
                    head_id_number_index=self.cipher.index(number),
                )
            )
        self.observe(subject_id, facts, on=on)
        return subject_id

    def entity(
        self,
        facts: Mapping[str, float] = GOOD_ENTITY,
        *,
        code: str = VILLAGE,
        on: date = DAY,
        kind: EntityType = EntityType.FAMILY_FARM,
        status: EntityStatus = EntityStatus.ACTIVE,
        name: str = "",
        representative: str = "赵法人",
    ) -> int:
        """An entity, observed and recorded on a day; its id. Its code is `credit_code(its id)`."""
        with transaction(self.engine) as session:
            subject_id = self._subject(session, SubjectKind.AGRI_ENTITY, code)
            session.add(
                AgriEntity(
                    subject_id=subject_id,
                    uscc=credit_code(subject_id),
                    name=name or f"演示主体{subject_id}",
                    entity_type=kind,
                    status=status,
                    recognition_level=0,
                    legal_representative_name_cipher=self.cipher.seal(
                        representative, row=f"agri_entities/{subject_id}/legal_representative_name"
                    ),
                )
            )
            session.add(
                EntityState(subject_id=subject_id, entity_type=kind, status=status, recorded_at=morning(on))
            )
        self.observe(subject_id, facts, on=on)
        return subject_id

    def village(self, facts: Mapping[str, float], *, code: str = VILLAGE, on: date = DAY) -> int:
        """A village as a subject of its own; its id."""
        with transaction(self.engine) as session:
            subject_id = self._subject(session, SubjectKind.VILLAGE, code)
        self.observe(subject_id, facts, on=on)
        return subject_id

    def _subject(self, session: Session, kind: SubjectKind, code: str) -> int:
        made = Subject(kind=kind, place_id=self.place_id(code), recorded_at=morning(DAY), synthetic=True)
        session.add(made)
        session.flush()
        return made.subject_id

    def observe(
        self,
        subject_id: int,
        facts: Mapping[str, float],
        *,
        on: date = DAY,
        recorded: datetime | None = None,
        source: str = TOWN_OFFICE,
        noticed: bool = True,
        ended_on: date | None = None,
    ) -> None:
        """Record facts of a subject as observed on a day, and recorded that day unless said otherwise.

        Of what is adverse the person was told that day, unless said otherwise.
        """
        with transaction(self.engine) as session:
            kind = session.get_one(Subject, subject_id).kind
            known = {fact.name: fact for fact in session.scalars(select(Fact).filter_by(subject_kind=kind))}
            batch_id = self.batch(session, recorded or morning(on), source=source)
            for row_no, (name, value) in enumerate(facts.items(), start=1):
                record = Record(
                    subject_id=subject_id, fact_id=known[name].fact_id, value=value, observed_on=on,
                    batch_id=batch_id, row_no=row_no,
                )  # fmt: skip
                session.add(record)
                session.flush()
                least = known[name].adverse_from
                if least is not None and value >= least:
                    session.add(
                        AdverseRecord(
                            record_id=record.record_id,
                            subject_id=subject_id,
                            ended_on=ended_on,
                            noticed_on=on if noticed else None,
                        )
                    )

    def consent(
        self,
        subject_id: int,
        organisation_id: int,
        *,
        purpose: Purpose = Purpose.PRE_LOAN,
        first: date = DAY,
        end: date | None = None,
        withdrawn_on: date | None = None,
    ) -> int:
        """A consent of a subject to the inquiries of an organisation; its number."""
        with transaction(self.engine) as session:
            given = Consent(
                subject_id=subject_id, kind=ConsentKind.INQUIRY, agreed=True, facts=[], reference="查询 1",
                organisation_id=organisation_id, purpose=purpose, effective_from=first, effective_to=end,
                channel=ConsentChannel.PAPER, evidence="授权书", recorded_at=morning(first),
                recorded_by="test",
            )  # fmt: skip
            session.add(given)
            session.flush()
            if withdrawn_on is not None:
                end_of_it = ConsentWithdrawal(
                    consent_id=given.consent_id, withdrawn_on=withdrawn_on, evidence="撤回申请",
                    channel=ConsentChannel.COUNTER, recorded_at=morning(withdrawn_on), recorded_by="test",
                )  # fmt: skip
                session.add(end_of_it)
            return given.consent_id

    def agrees(
        self,
        subject_id: int,
        *,
        kind: ConsentKind,
        agreed: bool = True,
        first: date = DAY,
        end: date | None = None,
    ) -> None:
        """What a subject says about a matter from a day on, for as long as it says."""
        with transaction(self.engine) as session:
            session.add(
                Consent(
                    subject_id=subject_id, kind=kind, agreed=agreed, facts=[], reference=f"{kind} {first}",
                    organisation_id=None, purpose=None, effective_from=first, effective_to=end,
                    channel=ConsentChannel.PAPER, evidence="同意书", recorded_at=morning(first),
                    recorded_by="test",
                )
            )  # fmt: skip

    def loan(
        self,
        subject_id: int,
        month_end: date,
        *,
        balance: int = 100,
        overdue: int = 0,
        code: int = 1,
        lender: str = "农商行",
        recorded: datetime | None = None,
    ) -> None:
        """A loan at one month-end."""
        with transaction(self.engine) as session:
            batch_id = self.batch(session, recorded or morning(month_end), kind=BatchKind.LOAN_RETURN)
            loan = Loan(
                subject_id=subject_id, lender=lender, granted_on=date(2022, 1, 1), amount_fen=balance,
                batch_id=batch_id,
            )  # fmt: skip
            session.add(loan)
            session.flush()
            session.add(
                LoanMonth(
                    month_end_on=month_end,
                    loan_id=loan.loan_id,
                    balance_fen=balance,
                    overdue_days=overdue,
                    class_code=code,
                    batch_id=batch_id,
                )
            )

    def roster(
        self,
        entries: Sequence[tuple[str, EntityType, str, ExclusionReason | None]],
        *,
        as_of: date = DAY,
        recorded: datetime | None = None,
    ) -> int:
        """A roster of credit codes with type, division and exclusion; its id."""
        with transaction(self.engine) as session:
            batch_id = self.batch(session, recorded or morning(as_of), kind=BatchKind.ROSTER)
            made = Roster(batch_id=batch_id, name=f"名录{as_of}", source="区农业农村委", as_of=as_of)
            session.add(made)
            session.flush()
            for row_no, (uscc, kind, code, exclusion) in enumerate(entries, start=1):
                session.add(
                    RosterEntry(
                        roster_id=made.roster_id,
                        row_no=row_no,
                        name="演示主体",
                        uscc=uscc,
                        entity_type=kind,
                        place_id=self.place_id(code),
                        exclusion=exclusion,
                        exclusion_document=exclusion and "证明",
                    )
                )
            return made.roster_id

    def night(self, as_of: date = DAY) -> NightSummary:
        """Rate everybody as of a day."""
        return run_night(
            self.engine, policy_folder=self.policies, district_code=DISTRICT, as_of=as_of,
            started_at=morning(as_of), progress=quiet,
        )  # fmt: skip

    def rows(self, *tables: type[Base]) -> dict[str, list[tuple[Any, ...]]]:
        """Everything in these tables (all, if none is named), in the order of their keys."""
        names = [model.__tablename__ for model in tables] or list(Base.metadata.tables)
        chosen = [Base.metadata.tables[name] for name in names]
        with self.engine.connect() as connection:
            return {
                table.name: [
                    tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))
                ]
                for table in chosen
            }

    def counts(self) -> dict[str, int]:
        """How many rows every table has."""
        with self.engine.connect() as connection:
            return {
                name: connection.scalar(select(func.count()).select_from(table)) or 0
                for name, table in Base.metadata.tables.items()
            }


@pytest.fixture
def district(district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[District]:
    """An empty district on the database the test runs on; its nights read through the driver."""
    # Arrow pays for millions of records; here it would cost more than the night.
    monkeypatch.setattr(columns, "_arrow_connection", lambda engine: None)
    engine = make_engine(district_url)
    yield District(engine)
    engine.dispose()
