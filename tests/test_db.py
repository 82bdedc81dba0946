"""A step is committed whole or not at all, and a reader sees one state of the database."""

import pytest
from sqlalchemy import event, func, select, text

from app.clock import now
from app.db import note_added, reading, transaction
from app.errors import AppError, ConsentMissing, DatabaseUnavailable, NotFound
from app.models import Organisation, OrganisationKind, RuleVersion
from tests.office_steps import unlogged


def organisation(code):
    return Organisation(code=code, name=f"银行 {code}", kind=OrganisationKind.BANK)


def count(session):
    return session.scalar(select(func.count()).select_from(Organisation))


def test_a_refusal_undoes_the_step(migrated_engine):
    def step():
        with transaction(migrated_engine) as session:
            session.add(organisation("a"))
            session.flush()
            raise NotFound("nobody")

    with pytest.raises(NotFound):
        step()
    with reading(migrated_engine) as session:
        assert count(session) == 0


def test_a_refusal_that_leaves_a_record_keeps_it(migrated_engine):
    def step():
        with transaction(migrated_engine) as session:
            session.add(organisation("a"))
            raise ConsentMissing("no consent", leaves_record=True)

    with pytest.raises(ConsentMissing):
        step()
    with reading(migrated_engine) as session:
        assert count(session) == 1


def test_a_reader_sees_one_state_from_beginning_to_end(migrated_engine):
    with reading(migrated_engine) as reader:
        before = count(reader)
        with transaction(migrated_engine) as session:
            session.add(organisation("a"))
        assert (before, count(reader)) == (0, 0)
    with reading(migrated_engine) as reader:
        assert count(reader) == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_full_disk_is_told_in_one_sentence_and_nothing_is_written(migrated_engine):
    @event.listens_for(migrated_engine, "connect")
    def fill(connection, _record):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 2}")

    migrated_engine.dispose()
    with pytest.raises(DatabaseUnavailable, match="disk is full"), transaction(migrated_engine) as session:
        session.add(
            RuleVersion(
                code="X", variant="", kind="x", effective_from=now().date(), fingerprint="f",
                content="x" * 1_000_000, loaded_at=now(),
            )
        )  # fmt: skip
    with reading(migrated_engine) as session:
        assert session.scalar(select(func.count()).select_from(RuleVersion)) == 0


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_a_cut_connection_is_told_in_one_sentence_and_nothing_is_written(migrated_engine):
    def step():
        with transaction(migrated_engine) as session:
            session.add(organisation("a"))
            session.flush()
            server = session.scalar(text("SELECT pg_backend_pid()"))
            with migrated_engine.connect() as other:
                other.execute(text("SELECT pg_terminate_backend(:server)"), {"server": server})
            session.execute(text("SELECT 1"))

    with pytest.raises(DatabaseUnavailable, match="cannot be used"):
        step()
    with reading(migrated_engine) as session:
        assert count(session) == 0


class Look:
    """A row that belongs in the sealed log."""

    in_sealed_log = True


@pytest.mark.parametrize("leaves_record", [True, False])
def test_no_look_is_kept_without_its_entry_in_the_sealed_log(migrated_engine, leaves_record):
    def step():
        with transaction(migrated_engine) as session:
            session.add(organisation("a"))
            note_added(session, [Look()])
            if leaves_record:
                raise ConsentMissing("no consent", leaves_record=True)

    with pytest.raises(AppError, match="without its entry in the log"):
        step()
    with reading(migrated_engine) as session:
        assert count(session) == 0


def test_a_look_is_kept_by_whoever_answers_for_its_entry(migrated_engine):
    with transaction(migrated_engine, before_commit=unlogged) as session:
        session.add(organisation("a"))
        note_added(session, [Look()])
    with reading(migrated_engine) as session:
        assert count(session) == 1
