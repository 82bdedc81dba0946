"""The demonstration district: synthetic and labelled, equal for equal orders, and true to itself."""

from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Engine, func, select, text

from app.db import ROOT, Session, make_engine, reading, transaction
from app.errors import Conflict, Invalid, SetupError
from app.jobs.demo import demo_logins, make_demo
from app.jobs.demo.people import credit_codes, resident_numbers
from app.models import (
    AdverseRecord,
    AgriEntity,
    Batch,
    Consent,
    ConsentKind,
    ConsentWithdrawal,
    Household,
    Loan,
    LoanMonth,
    Member,
    Organisation,
    Place,
    PlaceKind,
    Record,
    Role,
    RosterEntry,
    Subject,
    SubjectKind,
    WrittenConsent,
)
from app.models.base import epoch_day
from app.subjects.numbers import resident_number, uscc
from scoring import Scorecard
from tests.jobs.demo_district import (
    CIPHER,
    ENTITIES,
    HOUSEHOLDS,
    LARGER,
    NOON,
    TODAY,
    demo,
    prepared,
    values_of,
)

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def district(migrated_engine: Engine) -> Engine:
    """A small district on the database the test runs on."""
    demo(prepared(migrated_engine))
    return migrated_engine


def rows_of(engine: Engine) -> list[list[tuple[object, ...]]]:
    """Everything in the district but what is sealed anew each time."""
    parts = [
        select(Subject.kind, Subject.place_id, Subject.synthetic),
        select(Household.household_no, Household.head_id_number_index),
        select(AgriEntity.uscc, AgriEntity.name, AgriEntity.entity_type, AgriEntity.status),
        select(Record.subject_id, Record.fact_id, Record.value, Record.observed_on, Record.row_no),
        select(Loan.subject_id, Loan.granted_on, Loan.amount_fen),
        select(LoanMonth.month_end_on, LoanMonth.loan_id, LoanMonth.balance_fen, LoanMonth.overdue_days),
        select(RosterEntry.uscc, RosterEntry.exclusion, RosterEntry.exclusion_document),
        select(Consent.subject_id, Consent.kind, Consent.effective_from, Consent.reference),
        select(ConsentWithdrawal.consent_id, ConsentWithdrawal.withdrawn_on),
        select(AdverseRecord.record_id, AdverseRecord.noticed_on),
        select(Member.subject_id, Member.relation_code, Member.id_number_index),
        select(WrittenConsent.subject_id, WrittenConsent.row_no, WrittenConsent.consent_id),
    ]
    with reading(engine) as session:
        return [sorted(map(tuple, session.execute(part)), key=repr) for part in parts]


def test_everything_is_labelled_as_synthetic(district):
    with reading(district) as session:
        assert set(session.scalars(select(Subject.synthetic))) == {True}
        assert set(session.execute(select(Batch.synthetic, Batch.source))) == {(True, "演示数据（合成）")}
        assert all("演示" in name for name in session.scalars(select(AgriEntity.name)))


def test_every_row_fits_the_others(district):
    """Foreign keys are not checked while the rows are written; all of them hold afterwards."""
    with reading(district) as session:
        counts = {
            kind: session.scalar(select(func.count()).where(Subject.kind == kind)) for kind in SubjectKind
        }
        assert counts == {
            SubjectKind.HOUSEHOLD: HOUSEHOLDS,
            SubjectKind.AGRI_ENTITY: ENTITIES,
            SubjectKind.VILLAGE: 131,
        }
        if district.dialect.name == "sqlite":
            assert session.execute(text("PRAGMA foreign_key_check")).all() == []
            assert session.scalar(text("PRAGMA foreign_keys")) == 1
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"


def test_the_tables_have_their_indexes_again_and_take_more_rows(district):
    with transaction(district) as session:
        assert "ix_records_subject_id_records_fact_id" in indexes_of(session)
        batch_id = session.scalars(select(Batch.batch_id)).first()
        place_id = session.scalars(select(Subject.place_id)).first()
        subject = Subject(kind=SubjectKind.HOUSEHOLD, place_id=place_id, recorded_at=NOON, synthetic=True)
        session.add(subject)
        session.flush()
        session.add(
            Loan(
                subject_id=subject.subject_id,
                lender="演示",
                granted_on=TODAY,
                amount_fen=1,
                batch_id=batch_id,
            )
        )


def indexes_of(session: Session) -> set[str]:
    sqlite = session.get_bind().dialect.name == "sqlite"
    statement = (
        "SELECT name FROM sqlite_master WHERE type = 'index'"
        if sqlite
        else "SELECT indexname FROM pg_indexes"
    )
    return set(session.scalars(text(statement)))


@on_sqlite
def test_equal_orders_give_equal_districts_and_another_seed_another_one(migrated_url, tmp_path):
    template = Path(make_engine(migrated_url).url.database or "")
    engines = []
    for seed, name in ((7, "one.db"), (7, "two.db"), (8, "other.db")):
        (tmp_path / name).write_bytes(template.read_bytes())
        engines.append(prepared(make_engine(f"sqlite:///{tmp_path / name}")))
        demo(engines[-1], seed=seed)
    one, two, other = (rows_of(engine) for engine in engines)
    assert one == two
    assert one != other
    for engine in engines:
        engine.dispose()


def test_a_head_is_found_by_the_number_and_opened_with_the_key(district):
    with reading(district) as session:
        households = session.scalars(select(Household).order_by(Household.subject_id)).all()
    for household in households[:20]:
        row = f"households/{household.subject_id}"
        number = CIPHER.open(household.head_id_number_cipher, row=f"{row}/head_id_number")
        assert resident_number(number, on=TODAY) == number
        assert 22 <= TODAY.year - int(number[6:10]) <= 85
        assert CIPHER.index(number) == household.head_id_number_index
        assert len(CIPHER.open(household.head_name_cipher, row=f"{row}/head_name")) in (2, 3)


def test_a_representative_opens_with_the_key_and_some_are_heads_of_households(larger):
    with reading(larger) as session:
        entities = session.scalars(select(AgriEntity)).all()
        heads = set(session.scalars(select(Household.head_id_number_index)))
    for entity in entities:
        row = f"agri_entities/{entity.subject_id}/legal_representative_number"
        number = CIPHER.open(entity.legal_representative_number_cipher or b"", row=row)
        assert CIPHER.index(number) == entity.legal_representative_index
    assert 0 < sum(entity.legal_representative_index in heads for entity in entities) < len(entities)


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_no_two_people_and_no_two_entities_share_a_number(seed):
    people = np.arange(3_000)
    numbers = resident_numbers(people, seed=seed, on=TODAY)
    codes = credit_codes(people, kinds=["93"] * len(people), seed=seed)
    assert len({resident_number(number, on=TODAY) for number in numbers}) == len(people)
    assert len({uscc(code) for code in codes}) == len(people)


def test_overdue_facts_are_what_the_loan_months_show(district):
    with reading(district) as session:
        loans = {
            row.loan_id: row.subject_id for row in session.execute(select(Loan.loan_id, Loan.subject_id))
        }
        days: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
        for month in session.scalars(select(LoanMonth)):
            owner = days[loans[month.loan_id]]
            owner[month.month_end_on] = max(owner[month.month_end_on], month.overdue_days)
        ends = sorted(set(session.scalars(select(LoanMonth.month_end_on))))
        worst, now = (
            values_of(session, name, SubjectKind.HOUSEHOLD)
            | values_of(session, name, SubjectKind.AGRI_ENTITY)
            for name in ("overdue_days_max_24m", "overdue_days_now")
        )
    assert worst == {owner: max(months[end] for end in ends[-24:]) for owner, months in days.items()}
    assert now == {owner: months[ends[-1]] for owner, months in days.items()}
    assert any(now.values())


def test_there_are_36_month_ends_up_to_the_last_one(larger):
    with reading(larger) as session:
        ends = sorted(set(session.scalars(select(LoanMonth.month_end_on))))
    assert len(ends) == 36
    assert (ends[0], ends[-1]) == (date(2023, 11, 30), date(2026, 10, 31))


def test_nothing_lies_in_the_future_and_some_files_are_older_than_a_year(larger):
    with reading(larger) as session:
        newest = session.scalar(select(func.max(Record.observed_on)))
        per_subject = session.execute(select(func.max(Record.observed_on)).group_by(Record.subject_id)).all()
    assert newest
    assert newest <= TODAY
    assert 0 < sum(epoch_day(TODAY) - epoch_day(day) > 365 for (day,) in per_subject) < 0.1 * len(per_subject)


def test_some_villages_have_no_borrower_and_the_street_without_villages_has_households(larger):
    with reading(larger) as session:
        place = {
            row.subject_id: row.place_id
            for row in session.execute(select(Subject.subject_id, Subject.place_id))
        }
        villages = set(session.scalars(select(Place.place_id).where(Place.kind == PlaceKind.VILLAGE)))
        with_borrowers = {place[owner] for owner in session.scalars(select(Loan.subject_id))}
        street = session.scalars(select(Place.place_id).where(Place.code.startswith("500120002"))).all()
        registered = values_of(session, "registered_household_count", SubjectKind.VILLAGE)
    assert 3 <= len(villages - with_borrowers) <= 8
    assert sum(place_id in street for place_id in place.values()) > 50
    assert len(registered) == len(villages)


def test_about_an_eighth_of_the_files_are_thin(larger):
    with reading(larger) as session:
        counts = session.scalars(
            select(func.count())
            .select_from(Record)
            .join(Subject, Subject.subject_id == Record.subject_id)
            .where(Subject.kind == SubjectKind.HOUSEHOLD)
            .group_by(Record.subject_id)
        ).all()
    assert 0.05 < sum(count <= 9 for count in counts) / LARGER < 0.2


def test_who_falls_behind_is_also_thought_less_of_and_earns_less(larger):
    with reading(larger) as session:
        worst = values_of(session, "overdue_days_max_24m", SubjectKind.HOUSEHOLD)
        for name in ("appraisal_score", "net_assets_fen", "income_source_count"):
            values = values_of(session, name, SubjectKind.HOUSEHOLD)
            late = [values[each] for each, days in worst.items() if days > 0 and each in values]
            sound = [values[each] for each, days in worst.items() if days == 0 and each in values]
            assert np.mean(late) < np.mean(sound), name


def test_grades_are_top_light(larger):
    """Of 1,110 archived households in a real village 24 were AAA, 87 AA and 625 A."""
    card = Scorecard.load(ROOT / "scoring" / "policies" / "cq_bishan" / "household" / "2023-01-01.yaml")
    with reading(larger) as session:
        heads = session.scalars(select(Household.subject_id).order_by(Household.subject_id)).all()
        values = {name: values_of(session, name, SubjectKind.HOUSEHOLD) for name in card.inputs}
    columns = {name: [known.get(each, np.nan) for each in heads] for name, known in values.items()}
    grades = np.bincount(card.score(columns).grade, minlength=5) / len(heads)
    share = dict(zip(card.grade_codes, grades.tolist(), strict=True))
    assert 0 < share["AAA"] < 0.04
    assert 0.05 < share["AA"] < 0.13
    assert 0.4 < share["A"] < 0.6
    assert 0.08 < share["N"] < 0.2


def test_the_roster_names_some_that_are_not_on_file_and_excludes_only_with_a_document(larger):
    with reading(larger) as session:
        entries = session.scalars(select(RosterEntry)).all()
        on_file = set(session.scalars(select(AgriEntity.uscc)))
    listed = {entry.uscc for entry in entries}
    assert listed - on_file
    assert on_file - listed
    assert any(entry.exclusion for entry in entries)
    assert all((entry.exclusion is None) == (entry.exclusion_document is None) for entry in entries)


def test_a_third_has_agreed_to_be_asked_about_by_the_bank(larger):
    with reading(larger) as session:
        consents = session.scalars(select(Consent).where(Consent.kind == ConsentKind.INQUIRY)).all()
        bank = session.scalars(select(Organisation).where(Organisation.kind == "bank")).one()
    assert {consent.organisation_id for consent in consents} == {bank.organisation_id}
    assert 0.2 < len(consents) / (LARGER * 1.1) < 0.4


def test_a_few_households_refuse_to_be_rated_and_a_few_persons_were_not_told_of_what_is_adverse(larger):
    with reading(larger) as session:
        refused = session.scalars(select(Consent).where(~Consent.agreed)).all()
        noticed = session.scalars(select(AdverseRecord.noticed_on)).all()
    assert 0 < len(refused) < LARGER / 100
    assert {given.kind for given in refused} == {ConsentKind.RATING}
    assert 0 < sum(day is None for day in noticed) < len(noticed)


def test_there_is_a_login_of_every_role(larger):
    with reading(larger) as session:
        logins = demo_logins(session)
    assert dict(logins)["officer.nsh"] == "信贷员"
    assert {role for _, role in logins} == {role.label for role in Role}


def test_a_second_demonstration_is_refused_and_changes_nothing(district):
    before = rows_of(district)
    with pytest.raises(Conflict, match="already"):
        demo(district, seed=8)
    assert rows_of(district) == before


@on_sqlite
def test_a_demonstration_is_never_mixed_with_real_subjects(migrated_engine):
    prepared(migrated_engine)
    with transaction(migrated_engine) as session:
        place_id = session.scalars(select(Place.place_id).where(Place.kind == PlaceKind.VILLAGE)).first()
        session.add(Subject(kind=SubjectKind.HOUSEHOLD, place_id=place_id, recorded_at=NOON, synthetic=False))
    with pytest.raises(Conflict, match="not synthetic"):
        demo(migrated_engine)


@on_sqlite
def test_without_divisions_or_facts_the_command_that_loads_them_is_named(migrated_engine):
    with pytest.raises(SetupError, match="credit-village init"):
        demo(migrated_engine)


def test_a_failure_on_the_way_leaves_nothing_behind(migrated_engine):
    prepared(migrated_engine)

    def interrupted(done: int, total: int, what: str) -> None:
        if what.startswith("贷款"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_demo(migrated_engine, CIPHER, households=50, entities=5, seed=1, on=TODAY, progress=interrupted)
    with reading(migrated_engine) as session:
        assert session.scalars(select(Subject.subject_id)).all() == []
        assert "ix_records_subject_id_records_fact_id" in indexes_of(session)


@on_sqlite
@pytest.mark.parametrize(("households", "entities"), [(1, 0), (200, 0)])
def test_the_smallest_districts_can_be_made(migrated_engine, households, entities):
    summary = demo(prepared(migrated_engine), households=households, entities=entities)
    assert (summary.households, summary.entities) == (households, entities)


@on_sqlite
@pytest.mark.parametrize("households", [0, -1])
def test_a_district_without_households_is_refused(migrated_engine, households):
    with pytest.raises(Invalid, match="at least 1 household"):
        demo(migrated_engine, households=households)
