"""Which sessions an account is told of and may end: its own, and only those that hold."""

from datetime import timedelta

import pytest

from app.access import accounts as managed
from app.access.sessions import end_others, end_own, lengthen, note_session, sessions_of
from app.access.tokens import SignedInBy
from app.db import transaction
from app.errors import NotFound
from app.models import SessionPlace, User
from tests.app.access.test_accounts import accounts
from tests.web.test_login import AT, application, now

__all__ = ["accounts", "application", "now"]

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
HOUR = timedelta(hours=1)


@pytest.fixture
def noted(accounts):
    """Two sessions of the officer, the second an hour younger, one of the official; each holds two hours."""
    opened = [("first", "officer", AT), ("second", "officer", AT + HOUR), ("other", "official", AT)]
    with transaction(accounts.app.state.engine) as session:
        for name, who, at in opened:
            user = session.get_one(User, accounts.users[who].user_id)
            note_session(
                session, user, session_id=name, place=SessionPlace.PAGES, signed_in_by=SignedInBy.PASSWORD,
                at=at, holds_until=at + 2 * HOUR,
            )  # fmt: skip
    return accounts


def names(accounts, who="officer", *, at=AT + HOUR):
    with transaction(accounts.app.state.engine) as session:
        return [one.session_id for one in sessions_of(session, accounts.users[who].user_id, at=at)]


def test_an_account_is_told_of_its_own_sessions_the_newest_first(noted):
    assert (names(noted), names(noted, "official")) == (["second", "first"], ["other"])


def test_a_session_is_told_of_until_it_ends(noted):
    assert names(noted, at=AT + 2 * HOUR - timedelta(seconds=1)) == ["second", "first"]
    assert names(noted, at=AT + 2 * HOUR) == ["second"]


def test_a_session_from_before_signing_out_is_told_of_no_more(noted):
    with transaction(noted.app.state.engine) as session:
        session.get_one(User, noted.users["officer"].user_id).signed_out_at = AT + HOUR
    assert names(noted) == ["second"]


def test_a_session_in_use_goes_on_and_no_other(noted):
    with transaction(noted.app.state.engine) as session:
        lengthen(session, "first", holds_until=AT + 9 * HOUR)
    assert names(noted, at=AT + 8 * HOUR) == ["first"]
    assert names(noted, "official", at=AT + 8 * HOUR) == []


def test_ending_one_session_leaves_the_others(noted):
    user_id = noted.users["officer"].user_id
    with transaction(noted.app.state.engine) as session:
        first = sessions_of(session, user_id, at=AT + HOUR)[-1]
        end_own(session, user_id, user_session_id=first.user_session_id, at=AT + HOUR)
    assert (names(noted), names(noted, "official")) == (["second"], ["other"])


def test_nobody_ends_the_session_of_another_account(noted):
    with transaction(noted.app.state.engine) as session:
        [theirs] = sessions_of(session, noted.users["official"].user_id, at=AT + HOUR)
        number = theirs.user_session_id
    with pytest.raises(NotFound), transaction(noted.app.state.engine) as session:
        end_own(session, noted.users["officer"].user_id, user_session_id=number, at=AT + HOUR)
    assert names(noted, "official") == ["other"]


def test_ending_the_others_keeps_the_one_that_asks_and_those_of_other_accounts(noted):
    with transaction(noted.app.state.engine) as session:
        end_others(session, noted.users["officer"].user_id, kept="first", at=AT + HOUR)
    assert (names(noted), names(noted, "official")) == (["first"], ["other"])


def test_signing_an_account_out_leaves_nothing_to_tell(noted):
    with transaction(noted.app.state.engine) as session:
        user = session.get_one(User, noted.users["officer"].user_id)
        managed.sign_out(session, user, at=AT + 90 * timedelta(minutes=1))
    assert (names(noted, at=AT + 90 * timedelta(minutes=1)), names(noted, "official")) == ([], ["other"])
