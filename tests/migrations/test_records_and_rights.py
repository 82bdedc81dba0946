"""What was kept before records had sources and consents were rows of their own is still there afterwards."""

from datetime import date

from alembic import command
from sqlalchemy import text

from app.db import alembic_config, make_engine, migrate

BEFORE = "c41f7d9e2a60"
DAY = date(2026, 3, 1)
OLD_ROWS = (
    (
        "INSERT INTO places (place_id, code_system, code, name, kind, valid_from) "
        "VALUES (1, 'NBS', '500120104201', '长隆村', 'village', '2020-06-30')"
    ),
    "INSERT INTO organisations (organisation_id, code, name, kind) VALUES (1, 'NSH', '农商行', 'bank')",
    (
        "INSERT INTO subjects (subject_id, kind, place_id, recorded_at, synthetic) "
        "VALUES (1, 'household', 1, '2026-03-01 00:00:00+00:00', {true})"
    ),
    (
        "INSERT INTO subjects (subject_id, kind, place_id, recorded_at, synthetic) "
        "VALUES (2, 'agri_entity', 1, '2026-03-01 00:00:00+00:00', {true})"
    ),
    (
        "INSERT INTO agri_entities (subject_id, uscc, name, entity_type, status, recognition_level, "
        "legal_representative_name_cipher) "
        "VALUES (2, '93500120MA00000001', '社', 'cooperative', 'suspended', 0, '')"
    ),
    (
        "INSERT INTO facts (fact_id, name, subject_kind, label, label_en, unit, value_type, sensitivity, "
        "freshness_months, basis) VALUES (1, 'debt_fen', 'household', '负债', 'debt', '分', 'money_fen', "
        "'restricted', 12, 'A19')"
    ),
    (
        "INSERT INTO batches (batch_id, kind, source, file_name, content_sha256, row_count, recorded_at, "
        "recorded_by, synthetic) "
        "VALUES (1, 'observations', '大兴镇', 'a', 'ab', 1, '2026-03-02 00:00:00+00:00', 'cli', {true})"
    ),
    (
        "INSERT INTO records (record_id, subject_id, fact_id, value, observed_on, batch_id, row_no) "
        "VALUES (1, 1, 1, 5, 20513, 1, 7)"
    ),
    "INSERT INTO written_consents (batch_id, row_no, subject_id, reference) VALUES (1, 7, 1, '授权书 9')",
    (
        "INSERT INTO consents (subject_id, organisation_id, purpose, effective_from, withdrawn_on, evidence) "
        "VALUES (1, 1, 'pre_loan', '2026-01-01', '2026-02-01', '原件')"
    ),
)


def test_old_rows_gain_a_source_a_consent_and_a_state_and_lose_nothing(database_url):
    migrate(database_url, revision=BEFORE)
    engine = make_engine(database_url)
    true = "1" if engine.dialect.name == "sqlite" else "true"
    with engine.begin() as connection:
        for statement in OLD_ROWS:
            connection.execute(text(statement.format(true=true)))
    engine.dispose()
    migrate(database_url)
    engine = make_engine(database_url)
    with engine.connect() as connection:
        source = "SELECT s.code, b.source FROM batches b JOIN sources s ON s.source_id = b.source_id"
        assert connection.execute(text(source)).all() == [("town_office", "大兴镇")]
        written = (
            "SELECT c.reference, c.kind, CAST(c.effective_from AS VARCHAR) FROM written_consents w "
            "JOIN consents c ON c.consent_id = w.consent_id WHERE w.row_no = 7"
        )
        assert connection.execute(text(written)).all() == [("授权书 9", "collection", "2026-03-01")]
        withdrawn = "SELECT consent_id, CAST(withdrawn_on AS VARCHAR) FROM consent_withdrawals"
        assert connection.execute(text(withdrawn)).all() == [(1, "2026-02-01")]
        states = "SELECT subject_id, entity_type, status FROM entity_states"
        assert connection.execute(text(states)).all() == [(2, "cooperative", "suspended")]
    engine.dispose()
    command.downgrade(alembic_config(database_url), BEFORE)
    engine = make_engine(database_url)
    with engine.connect() as connection:
        kept = "SELECT reference, row_no FROM written_consents"
        assert connection.execute(text(kept)).all() == [("授权书 9", 7)]
        day = "SELECT CAST(withdrawn_on AS VARCHAR) FROM consents"
        assert connection.execute(text(day)).all() == [("2026-02-01",)]
    engine.dispose()
