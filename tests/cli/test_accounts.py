"""The commands about accounts: an operator opens and closes them, with no secret on the command line."""

from datetime import date

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app import clock
from app.access.service import sign_in, sign_in_client
from app.cli_accounts import account
from app.db import transaction
from app.errors import AppError, NotSignedIn, TooManyAttempts
from app.models import ApiClient, Place, PlaceKind, User

PASSWORD = "nine quiet herons"
OFFICER = ("--name", "李", "--role", "loan_officer", "--organisation", "nsh", "--place", "500120000000")


@pytest.fixture
def backend():
    return "sqlite"


@pytest.fixture
def engine(migrated_engine, migrated_url, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    with transaction(migrated_engine) as session:
        session.add(Place(code_system="NBS", code="500120000000", name="璧山区", kind=PlaceKind.DISTRICT,
                          valid_from=date(2020, 6, 30)))  # fmt: skip
    return migrated_engine


def run(*arguments, typed=""):
    """A command as it is typed, with what it is given on standard input; a refusal is raised."""
    done = CliRunner().invoke(account, list(arguments), input=typed)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def officer(engine):
    """A bank with a loan officer."""
    run("organisation", "nsh", "--name", "农商行", "--kind", "bank")
    run("user", "officer", *OFFICER, typed=f"{PASSWORD}\n")
    return "officer"


def enter(engine, password=PASSWORD):
    with transaction(engine) as session:
        return sign_in(session, "officer", password, at=clock.now())


def test_an_account_is_opened_with_a_password_read_from_standard_input(engine, officer):
    assert enter(engine).display_name == "李"


@pytest.mark.parametrize("typed", ["\n", "short\n", "password123\n"])
def test_a_weak_password_opens_nothing(engine, officer, typed):
    with pytest.raises(AppError):
        run("user", "another", *OFFICER, typed=typed)
    with transaction(engine) as session:
        assert len(session.scalars(select(User)).all()) == 1


def test_a_branch_belongs_to_its_bank(engine, officer):
    run("organisation", "nsh-2", "--name", "支行", "--kind", "bank", "--parent", "nsh")
    with pytest.raises(AppError, match="nowhere"):
        run("organisation", "nsh-3", "--name", "支行", "--kind", "bank", "--parent", "nowhere")


def test_an_account_is_closed_and_opened_again(engine, officer):
    run("disable", officer)
    with pytest.raises(NotSignedIn):
        enter(engine)
    run("enable", officer)
    assert enter(engine)


def test_a_locked_account_is_unlocked(engine, officer):
    for _ in range(5):
        with pytest.raises(NotSignedIn):
            enter(engine, "wrong herons")
    with pytest.raises(TooManyAttempts):
        enter(engine)
    run("unlock", officer)
    assert enter(engine)


def test_a_reset_gives_a_password_to_hand_over(engine, officer):
    password = run("reset", officer).split()[-1]
    assert enter(engine, password).must_change_password


def test_a_lost_phone_is_taken_off(engine, officer):
    with transaction(engine) as session:
        session.scalars(select(User)).one().totp_confirmed_at = clock.now()
    run("reset", officer, "--second-factor")
    assert enter(engine)


def test_a_banks_system_is_given_credentials_and_they_are_taken_back(engine, officer):
    shown = dict(line.split(": ") for line in run("client", officer).splitlines())
    with transaction(engine) as session:
        found = sign_in_client(session, shown["client_id"], shown["client_secret"], at=clock.now())
        assert found.username == officer
    run("revoke", shown["client_id"])
    with transaction(engine) as session:
        assert session.scalars(select(ApiClient)).one().disabled


def test_every_session_of_an_account_is_ended(engine, officer):
    run("revoke", officer)
    assert enter(engine).signed_out_at is not None


def test_a_wrong_username_is_told(engine):
    with pytest.raises(AppError, match="nobody"):
        run("disable", "nobody")
