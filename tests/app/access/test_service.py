"""Signing in: who may, how often one may be wrong, and what a user sees."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from argon2 import PasswordHasher

from app.access import passwords, service
from app.access.service import create_organisation, create_user, sign_in, viewer
from app.db import transaction
from app.errors import Conflict, Invalid, NotFound, NotSignedIn, TooManyAttempts
from app.models import OrganisationKind, Place, PlaceKind, Role

AT = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
PASSWORD = "correct horse"


@pytest.fixture
def place(session):
    made = Place(code_system="NBS", code="500120104000", name="大兴镇", kind=PlaceKind.TOWN,
                 valid_from=date(2020, 6, 30))  # fmt: skip
    session.add(made)
    session.flush()
    return made


@pytest.fixture
def new_user(session, place):
    bank = create_organisation(session, code="nsh", name="农商行", kind=OrganisationKind.BANK)

    def make(**changed):
        given = {
            "username": "officer.nsh",
            "display_name": "信贷员",
            "password": PASSWORD,
            "role": Role.LOAN_OFFICER,
            "organisation_id": bank.organisation_id,
            "place_id": place.place_id,
        }
        return create_user(session, **given | changed)

    return make


@pytest.fixture
def officer(session, new_user):
    made = new_user()
    session.commit()
    return made


@pytest.fixture
def attempt(migrated_engine, officer):
    """One attempt as a request makes it: what a refusal leaves behind is rolled back."""

    def attempt(password, *, username="officer.nsh", minutes=0):
        with transaction(migrated_engine) as session:
            return sign_in(session, username, password, at=AT + timedelta(minutes=minutes))

    return attempt


def fail(attempt, times, *, minutes=0):
    for _ in range(times):
        with pytest.raises(NotSignedIn):
            attempt("wrong horses", minutes=minutes)


def test_the_right_password_signs_in(attempt, officer):
    assert attempt(PASSWORD).user_id == officer.user_id


@pytest.mark.parametrize("username", ["nobody", "", "officer\x00", "信贷员", "x" * 65, "OFFICER.NSH"])
def test_an_unknown_name_is_refused_like_a_wrong_password(attempt, username):
    with pytest.raises(NotSignedIn) as unknown:
        attempt(PASSWORD, username=username)
    with pytest.raises(NotSignedIn) as wrong:
        attempt("wrong horses")
    assert unknown.value.detail == wrong.value.detail


def test_an_unknown_name_costs_a_password_check_too(attempt, monkeypatch):
    checks: list[str] = []

    def mismatch(hashed: str, _password: str) -> bool:
        checks.append(hashed)
        return False

    monkeypatch.setattr(service, "matches", mismatch)
    with pytest.raises(NotSignedIn):
        attempt(PASSWORD, username="nobody")
    with pytest.raises(NotSignedIn):
        attempt(PASSWORD)
    unknown, known = (hashed.rpartition("$")[0].rpartition("$")[0] for hashed in checks)
    assert unknown == known != ""


def test_a_disabled_user_does_not_sign_in(session, attempt, officer):
    officer.disabled = True
    session.commit()
    with pytest.raises(NotSignedIn):
        attempt(PASSWORD)


def test_four_failures_do_not_lock_and_success_forgets_them(attempt):
    for _ in range(2):
        fail(attempt, 4)
        attempt(PASSWORD)


def test_after_five_failures_even_the_right_password_has_to_wait(attempt):
    fail(attempt, 5)
    with pytest.raises(TooManyAttempts) as refusal:
        attempt(PASSWORD, minutes=14)
    assert refusal.value.retry_after_seconds == 60


def test_the_account_opens_after_fifteen_minutes_with_a_fresh_count(attempt):
    fail(attempt, 5)
    fail(attempt, 4, minutes=15)
    assert attempt(PASSWORD, minutes=15)


def test_attempts_at_the_same_moment_are_all_counted(attempt):
    def guess(_):
        try:
            attempt("wrong horses")
        except (NotSignedIn, TooManyAttempts) as refusal:
            return type(refusal).__name__

    with ThreadPoolExecutor(6) as pool:
        refusals = Counter(pool.map(guess, range(12)))
    assert refusals == {"NotSignedIn": 5, "TooManyAttempts": 7}


def test_a_rest_is_not_made_longer_by_more_attempts(attempt):
    fail(attempt, 5)
    for minutes in (1, 14):
        with pytest.raises(TooManyAttempts):
            attempt("wrong horses", minutes=minutes)
    assert attempt(PASSWORD, minutes=15)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_password_is_kept_as_an_argon2id_hash_only(officer):
    assert officer.password_hash.startswith("$argon2id$")


def test_a_hash_of_weaker_parameters_is_renewed_at_the_next_sign_in(session, attempt, officer, monkeypatch):
    stronger = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)
    monkeypatch.setattr(passwords, "_HASHER", stronger)
    attempt(PASSWORD)
    session.refresh(officer)
    assert not stronger.check_needs_rehash(officer.password_hash)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("password", ["ninechars", "x" * 129])
def test_a_password_too_short_or_too_long_is_refused(new_user, password):
    with pytest.raises(Invalid):
        new_user(password=password)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("password", ["tenletters", ("some words, " * 11)[:128], "十个汉字也是一个密码"])
def test_a_password_of_ten_characters_is_long_enough(new_user, password):
    assert new_user(password=password)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("username", ["", "x", "Officer", "信贷员", "a b", "-ab", "x" * 65])
def test_a_username_is_written_in_small_latin_letters(new_user, username):
    with pytest.raises(Invalid):
        new_user(username=username)


def test_a_username_or_a_code_is_given_once(session, new_user):
    new_user()
    with pytest.raises(Conflict):
        new_user(role=Role.AUDITOR)
    with pytest.raises(Conflict):
        create_organisation(session, code="nsh", name="另一家", kind=OrganisationKind.BANK)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("missing", ["organisation_id", "place_id"])
def test_a_user_belongs_to_an_organisation_and_a_division_that_exist(new_user, missing):
    with pytest.raises(NotFound):
        new_user(**{missing: 999})


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("code", "seen"),
    [
        ("500120104000", True),
        ("500120104201", True),
        ("500120105000", False),
        ("500120000000", False),
        ("500000000000", False),
    ],
)
def test_a_town_official_sees_the_town_and_what_lies_in_it(session, officer, code, seen):
    assert service.may_see(viewer(session, officer.user_id), code) is seen


def test_a_disabled_or_unknown_user_views_nothing(session, officer):
    officer.disabled = True
    session.flush()
    for user_id in (officer.user_id, 999):
        with pytest.raises(NotSignedIn):
            viewer(session, user_id)
