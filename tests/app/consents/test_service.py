"""A consent covers one subject, one organisation, one purpose, and the days it is in force."""

from datetime import date
from typing import Any

import pytest

from app.consents.service import covers
from app.models import Consent, Purpose

FIRST, END = date(2025, 1, 1), date(2026, 1, 1)
ASKED: dict[str, Any] = {
    "subject_id": 7,
    "organisation_id": 3,
    "purpose": Purpose.PRE_LOAN,
    "on": date(2025, 6, 1),
}


def consent(*, until: date | None = END, withdrawn_on: date | None = None) -> Consent:
    return Consent(
        consent_id=1, subject_id=7, organisation_id=3, purpose=Purpose.PRE_LOAN, effective_from=FIRST,
        effective_to=until, withdrawn_on=withdrawn_on, evidence="授权书",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("on", "covered"),
    [
        (date(2024, 12, 31), False),
        (FIRST, True),
        (date(2025, 12, 31), True),
        (END, False),
        (date(2026, 1, 2), False),
    ],
)
def test_a_consent_holds_from_its_first_day_to_the_day_before_its_end(on, covered):
    assert covers(consent(), **ASKED | {"on": on}) is covered


def test_a_consent_without_an_end_holds_until_it_is_withdrawn():
    assert covers(consent(until=None), **ASKED | {"on": date(2099, 1, 1)})


@pytest.mark.parametrize(("on", "covered"), [(date(2025, 5, 31), True), (date(2025, 6, 1), False)])
def test_a_withdrawn_consent_ends_on_the_day_it_is_withdrawn(on, covered):
    assert covers(consent(withdrawn_on=date(2025, 6, 1)), **ASKED | {"on": on}) is covered


@pytest.mark.parametrize(
    "other", [{"subject_id": 8}, {"organisation_id": 4}, {"purpose": Purpose.POST_LOAN}], ids=str
)
def test_a_consent_covers_no_other_subject_organisation_or_purpose(other):
    assert covers(consent(), **ASKED)
    assert not covers(consent(), **ASKED | other)
