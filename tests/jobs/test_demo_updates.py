"""What is in the demonstration beside plain files: two deliveries, adult members, written consents."""

from datetime import date

import pytest
from sqlalchemy import func, select

from app.clock import CHINA
from app.db import reading
from app.jobs.demo.order import Order
from app.jobs.imports.relations import RELATIONS
from app.models import (
    AgriEntity,
    Batch,
    BatchKind,
    Consent,
    Fact,
    Household,
    Loan,
    LoanMonth,
    Member,
    Record,
    Sensitivity,
    SubjectKind,
    WrittenConsent,
)
from app.models.base import epoch_day
from app.subjects.numbers import resident_number
from tests.jobs.demo_district import CIPHER, LARGER, TODAY, values_of

FIRST, SECOND = date(2026, 10, 14), date(2026, 11, 18)


def test_what_arrived_in_two_deliveries_was_observed_before_each(larger):
    with reading(larger) as session:
        days = (
            select(Batch.kind, Batch.recorded_at, func.max(Record.observed_on), func.count(Record.record_id))
            .join(Record, Record.batch_id == Batch.batch_id)
            .group_by(Batch.kind, Batch.recorded_at)
            .order_by(Batch.recorded_at)
        )
        files, updates = session.execute(days).all()
        months = (
            select(Batch.recorded_at, func.max(LoanMonth.month_end_on))
            .join(LoanMonth, LoanMonth.batch_id == Batch.batch_id)
            .group_by(Batch.batch_id)
            .order_by(Batch.batch_id)
        )
        returns = session.execute(months).all()
        granted = (
            select(func.max(Loan.granted_on)).group_by(Loan.batch_id).order_by(func.max(Loan.granted_on))
        )
        assert session.scalars(granted).all()[0] <= date(2026, 9, 30)
        delivered = select(Batch.batch_id, func.count(Record.row_no.distinct())).join(Record)
        rows = dict(session.execute(delivered.group_by(Batch.batch_id)).all())
        counts = select(Batch.batch_id, Batch.row_count).where(Batch.kind == BatchKind.DEMONSTRATION)
        assert {number: count for number, count in session.execute(counts) if count} == rows
    assert [each.recorded_at.astimezone(CHINA).date() for each in (files, updates)] == [FIRST, SECOND]
    assert files[2] < FIRST
    assert updates[2] < SECOND
    assert 0.02 < updates[3] / (files[3] + updates[3]) < 0.04
    assert [(each[0].astimezone(CHINA).date(), each[1]) for each in returns] == [
        (FIRST, date(2026, 9, 30)),
        (SECOND, date(2026, 10, 31)),
    ]


def test_some_records_are_corrected_and_both_values_are_kept(larger):
    with reading(larger) as session:
        twice = (
            select(func.count(Record.value.distinct()))
            .group_by(Record.subject_id, Record.fact_id, Record.observed_on)
            .having(func.count() > 1)
        )
        counts = session.scalars(twice).all()
    assert len(counts) > 5
    assert set(counts) == {2}


@pytest.mark.parametrize("on", [date(2026, 11, 2), date(2026, 3, 1), date(2026, 3, 31), date(2024, 2, 29)])
def test_a_month_end_is_returned_only_after_it(on):
    order = Order(households=1, entities=0, seed=1, on=on)
    assert order.first_month_ends[-1] < epoch_day(order.delivered_on)
    assert order.month_ends[-1] < epoch_day(order.updated_on)
    assert len(order.first_month_ends) < len(order.month_ends) == 36


def test_members_are_adults_related_to_the_head_by_age_and_sex(larger):
    with reading(larger) as session:
        members = session.scalars(select(Member)).all()
        homes = {home.subject_id: home for home in session.scalars(select(Household))}
        sizes = values_of(session, "household_size", SubjectKind.HOUSEHOLD)
        others = set(session.scalars(select(AgriEntity.legal_representative_index)))
    assert 0.04 < len(members) / LARGER < 0.1
    indexes = {member.id_number_index for member in members}
    heads = {home.head_id_number_index for home in homes.values()}
    assert len(indexes) == len(members)
    assert not indexes & (heads | others)
    spouses = 0
    for member in members:
        row = f"members/{member.member_id}"
        number = CIPHER.open(member.id_number_cipher or b"", row=f"{row}/id_number")
        assert resident_number(number, on=TODAY) == number
        assert CIPHER.index(number) == member.id_number_index
        assert len(CIPHER.open(member.name_cipher, row=f"{row}/name")) in (2, 3)
        head = CIPHER.open(
            homes[member.subject_id].head_id_number_cipher,
            row=f"households/{member.subject_id}/head_id_number",
        )
        assert member.relation_code in RELATIONS.values()
        assert _fits(member.relation_code, number, head)
        assert sizes[member.subject_id] > 1
        spouses += member.relation_code in ("11", "12")
    assert spouses > len(members) / 2


def _fits(relation: str, number: str, head: str) -> bool:
    """Whether birthdays and sexes allow the relation."""
    male, of_head = (int(each[16]) % 2 == 1 for each in (number, head))
    younger = int(number[6:10]) - int(head[6:10])
    return {
        "11": male and not of_head and abs(younger) <= 17,
        "12": not male and of_head and abs(younger) <= 17,
        "20": male and younger > 17,
        "30": not male and younger > 17,
        "51": male and younger < -17,
        "52": not male and younger < -17,
    }.get(relation, relation in ("70", "97"))


def test_income_debts_and_assets_lead_back_to_a_written_consent(larger):
    same_row = (
        (WrittenConsent.batch_id == Record.batch_id)
        & (WrittenConsent.row_no == Record.row_no)
        & (WrittenConsent.subject_id == Record.subject_id)
    )
    restricted = (
        select(Record.record_id, Consent.reference)
        .join(Fact, Fact.fact_id == Record.fact_id)
        .outerjoin(WrittenConsent, same_row)
        .outerjoin(Consent, Consent.consent_id == WrittenConsent.consent_id)
        .where(Fact.sensitivity == Sensitivity.RESTRICTED)
    )
    with reading(larger) as session:
        references = [row.reference for row in session.execute(restricted)]
    assert len(references) > LARGER
    assert all(reference and reference.startswith("演示") for reference in references)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("farm_income_share", {"family_farm", "large_grower"}),
        ("audited", {"leading_enterprise", "collective"}),
        ("surplus_return_share", {"cooperative"}),
        ("acreage_served_mu", {"service_organisation"}),
    ],
)
def test_an_entity_has_the_facts_its_own_card_asks_for(larger, name, kinds):
    with reading(larger) as session:
        values = values_of(session, name, SubjectKind.AGRI_ENTITY)
        entities = session.scalars(select(AgriEntity)).all()
    having = {entity.subject_id for entity in entities if entity.entity_type.value in kinds}
    assert values.keys() <= having
    assert len(values) > 0.9 * len(having)
