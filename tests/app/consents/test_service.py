"""An agreement covers one subject, what it was given for, and the days it is in force."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.consents import service
from app.consents.service import Agreement
from app.consents.store import Terms
from app.errors import Conflict, Invalid
from app.models import (
    Consent,
    ConsentChannel,
    ConsentKind,
    Organisation,
    OrganisationKind,
    Place,
    PlaceKind,
    Purpose,
    Subject,
    SubjectKind,
)
from tests.numbers import resident

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
AT = datetime(2026, 1, 2, tzinfo=UTC)
FIRST, DAY, END, TODAY = date(2025, 1, 1), date(2025, 6, 1), date(2026, 1, 1), date(2026, 1, 2)
INQUIRY: dict[str, Any] = {
    "subject_id": 7,
    "organisation_id": 3,
    "purpose": Purpose.PRE_LOAN,
    "on": DAY,
}
COLLECTION: dict[str, Any] = {"subject_id": 7, "fact": "debt_fen", "on": DAY}


def consent(kind: ConsentKind = ConsentKind.INQUIRY, **changed: Any) -> Consent:
    """A consent of subject 7, to a bank or to whatever a kind is about."""
    of_inquiry = kind is ConsentKind.INQUIRY
    values: dict[str, Any] = {
        "subject_id": 7,
        "kind": kind,
        "agreed": True,
        "organisation_id": 3 if of_inquiry else None,
        "purpose": Purpose.PRE_LOAN if of_inquiry else None,
        "facts": [],
        "reference": "授权书 1",
        "effective_from": FIRST,
        "effective_to": END,
        "channel": ConsentChannel.PAPER,
        "evidence": "演示档案柜 1",
        "recorded_at": AT,
        "recorded_by": "town.daxing",
    }
    return Consent(**values | changed)


@pytest.mark.parametrize(
    ("on", "holds"),
    [
        (date(2024, 12, 31), False),
        (FIRST, True),
        (date(2025, 12, 31), True),
        (END, False),
        (date(2026, 1, 2), False),
    ],
)
def test_a_consent_holds_from_its_first_day_to_the_day_before_its_end(on, holds):
    assert Agreement(consent(), None).holds(on) is holds


def test_a_consent_without_an_end_holds_until_it_is_withdrawn():
    assert Agreement(consent(effective_to=None), None).holds(date(2099, 1, 1))


@pytest.mark.parametrize(("on", "holds"), [(date(2025, 5, 31), True), (DAY, False)])
def test_a_withdrawn_consent_ends_on_the_day_it_is_withdrawn(on, holds):
    withdrawn = Agreement(consent(), withdrawn_on=DAY)
    assert withdrawn.holds(on) is holds
    assert withdrawn.covers_inquiry(**INQUIRY | {"on": on}) is holds


@pytest.mark.parametrize(
    "other", [{"subject_id": 8}, {"organisation_id": 4}, {"purpose": Purpose.POST_LOAN}, {"on": END}], ids=str
)
def test_a_consent_covers_no_inquiry_of_another_subject_organisation_purpose_or_day(other):
    agreement = Agreement(consent(), None)
    assert agreement.covers_inquiry(**INQUIRY)
    assert not agreement.covers_inquiry(**INQUIRY | other)


@pytest.mark.parametrize("changed", [{"agreed": False}, {"kind": ConsentKind.RATING}], ids=str)
def test_a_refusal_or_a_consent_to_something_else_covers_no_inquiry(changed):
    assert not Agreement(consent(**changed), None).covers_inquiry(**INQUIRY)


def test_a_consent_to_collection_covers_the_facts_it_names_and_all_where_it_names_none():
    named = Agreement(consent(ConsentKind.COLLECTION, facts=["debt_fen"]), None)
    every = Agreement(consent(ConsentKind.COLLECTION), None)
    other = COLLECTION | {"fact": "annual_income_fen"}
    assert named.covers_collection(**COLLECTION)
    assert not named.covers_collection(**other)
    assert every.covers_collection(**other)


@pytest.mark.parametrize("other", [{"subject_id": 8}, {"on": END}], ids=str)
def test_a_consent_to_collection_covers_no_other_subject_or_day(other):
    assert not Agreement(consent(ConsentKind.COLLECTION), None).covers_collection(**COLLECTION | other)


@pytest.mark.parametrize("changed", [{"agreed": False}, {"kind": ConsentKind.RATING}], ids=str)
def test_a_refusal_or_a_consent_to_something_else_covers_no_collection(changed):
    values = {"kind": ConsentKind.COLLECTION} | changed
    assert not Agreement(consent(**values), None).covers_collection(**COLLECTION)


Given = Callable[..., Consent]


@pytest.fixture
def give(session: Session) -> Given:
    """A household and a bank on file; what the household says is kept."""
    place = Place(
        code_system="NBS", code="500120104200", name="长隆村", kind=PlaceKind.VILLAGE,
        valid_from=date(2020, 6, 30),
    )  # fmt: skip
    bank = Organisation(code="bank", name="演示银行（合成）", kind=OrganisationKind.BANK)
    session.add_all([place, bank])
    session.flush()
    subject = Subject(kind=SubjectKind.HOUSEHOLD, place_id=place.place_id, recorded_at=AT, synthetic=True)
    session.add(subject)
    session.flush()

    def given(kind: ConsentKind = ConsentKind.INQUIRY, **changed: Any) -> Consent:
        made = consent(kind, subject_id=subject.subject_id, **changed)
        if made.organisation_id is not None:
            made.organisation_id = bank.organisation_id
        return service.give(session, made, on=TODAY)

    return given


def withdraw(session: Session, given: Consent, on: date = DAY, *, evidence: str = "演示撤回书") -> None:
    """The subject withdraws at the counter."""
    service.withdraw(
        session, given, on=on, channel=ConsentChannel.COUNTER, evidence=evidence, at=AT, by="town.daxing"
    )


def refused(session: Session, given: Consent, *, on: date = DAY, needs_consent: bool = False) -> bool:
    """Whether the household of a consent may not be rated on a day."""
    return service.rating_refused(session, given.subject_id, on=on, needs_consent=needs_consent)


def test_a_consent_is_found_again_with_the_day_it_was_withdrawn(session, give):
    given = give()
    asked = [given.consent_id, 999]
    found = service.consents(session, asked)
    assert (list(found), found[given.consent_id].withdrawn_on) == ([given.consent_id], None)
    terms = found[given.consent_id].consent
    assert isinstance(terms, Terms)
    assert {name: getattr(given, name) for name in Terms._fields} == terms._asdict()
    withdraw(session, given)
    assert service.consents(session, asked)[given.consent_id].withdrawn_on == DAY


@on_sqlite
def test_a_consent_is_withdrawn_once(session, give):
    given = give()
    withdraw(session, given, on=FIRST)
    with pytest.raises(Conflict, match="授权书 1: is withdrawn already"):
        withdraw(session, given)


@on_sqlite
def test_a_consent_is_not_withdrawn_before_it_begins(session, give):
    with pytest.raises(Invalid, match="2024-12-31, before it began"):
        withdraw(session, give(), on=date(2024, 12, 31))


@on_sqlite
@pytest.mark.parametrize(
    ("kind", "changed", "complaint"),
    [
        (ConsentKind.RATING, {"effective_from": date(2026, 1, 3), "effective_to": None}, "after today"),
        (ConsentKind.RATING, {"effective_to": FIRST}, "before it begins"),
        (ConsentKind.RATING, {"purpose": Purpose.PRE_LOAN, "organisation_id": 3}, "no other consent does"),
        (ConsentKind.INQUIRY, {"purpose": None}, "names an organisation and a purpose"),
        (ConsentKind.INQUIRY, {"organisation_id": None}, "names an organisation and a purpose"),
    ],
    ids=str,
)
def test_a_consent_that_contradicts_itself_is_not_kept(session, give, kind, changed, complaint):
    with pytest.raises(Invalid, match=complaint):
        give(kind, **changed)
    assert session.query(Consent).count() == 0


@on_sqlite
@pytest.mark.parametrize("field", ["reference", "evidence"])
def test_a_consent_and_its_withdrawal_name_nobody_by_a_number(session, give, field):
    number = resident(7)
    with pytest.raises(Invalid, match=f"^{field}: 内含居民身份证号"):
        give(ConsentKind.RATING, **{field: f"授权书 {number}"})
    with pytest.raises(Invalid, match=r"^evidence: 内含居民身份证号"):
        withdraw(session, give(), evidence=f"撤回书 {number}")
    # The number of a paper may be as long as that of a card.
    assert give(ConsentKind.RATING, reference="6222021001112345670").agreed


def test_consents_to_collection_are_found_by_subject_and_number_the_newest_first(session, give):
    old, new = give(ConsentKind.COLLECTION), give(ConsentKind.COLLECTION, facts=["debt_fen"])
    give(ConsentKind.COLLECTION, reference="授权书 2")
    give(ConsentKind.RATING)
    withdraw(session, old)
    found = service.collection_agreements(session, {old.subject_id, 999}, references={"授权书 1"})
    assert found == {(old.subject_id, "授权书 1"): [Agreement(new, None), Agreement(old, DAY)]}


@on_sqlite
@pytest.mark.parametrize("needs_consent", [False, True])
def test_who_said_nothing_is_rated_unless_consent_is_the_ground(session, give, needs_consent):
    said_nothing = give(ConsentKind.COLLECTION)
    assert refused(session, said_nothing, needs_consent=needs_consent) is needs_consent


@on_sqlite
@pytest.mark.parametrize("needs_consent", [False, True])
def test_who_said_no_is_not_rated_whatever_the_ground(session, give, needs_consent):
    assert refused(session, give(ConsentKind.RATING, agreed=False), needs_consent=needs_consent)


@on_sqlite
@pytest.mark.parametrize(("on", "is_refused"), [(date(2025, 5, 31), False), (DAY, True)])
def test_who_withdraws_is_not_rated_from_that_day_on(session, give, on, is_refused):
    given = give(ConsentKind.RATING)
    withdraw(session, given)
    assert refused(session, given, on=on, needs_consent=True) is is_refused


@on_sqlite
@pytest.mark.parametrize(
    ("on", "is_refused"),
    [(date(2024, 12, 31), True), (FIRST, False), (date(2025, 12, 31), False), (END, True)],
)
def test_a_consent_to_be_rated_counts_for_its_term(session, give, on, is_refused):
    assert refused(session, give(ConsentKind.RATING), on=on, needs_consent=True) is is_refused


@on_sqlite
@pytest.mark.parametrize(("on", "is_refused"), [(date(2025, 5, 31), True), (DAY, False)])
def test_of_several_answers_the_last_one_given_counts(session, give, on, is_refused):
    give(ConsentKind.RATING, agreed=True, effective_from=DAY)
    refusal = give(ConsentKind.RATING, agreed=False)
    assert refused(session, refusal, on=on) is is_refused


def test_with_the_last_rows_of_an_earlier_night_the_answer_is_the_one_known_then(session, give):
    given = give(ConsentKind.RATING)
    none, given_only = {"consents": 0}, {"consents": given.consent_id, "consent_withdrawals": 0}
    withdraw(session, given)
    give(ConsentKind.RATING, agreed=False)
    ask: dict[str, Any] = {"on": DAY, "needs_consent": True}
    answers = [
        service.rating_refused(session, given.subject_id, until=until, **ask)
        for until in (none, given_only, None)
    ]
    assert answers == [True, False, True]


def test_of_two_answers_of_one_day_the_one_recorded_last_counts(session, give):
    give(ConsentKind.RATING)
    assert refused(session, give(ConsentKind.RATING, agreed=False))
