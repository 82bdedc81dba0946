"""rows about persons are seen only from the division they belong to (PostgreSQL)"""

from alembic import op

revision = "b83e5f60c9d4"
down_revision = "7d2c94be1f05"
branch_labels = None
depends_on = None

# By which column a row leads to its subject, or to a row that does.
LEADS: dict[str, tuple[str, str, str]] = {
    "households": ("subject_id", "subjects", "subject_id"),
    "members": ("subject_id", "subjects", "subject_id"),
    "contacts": ("subject_id", "subjects", "subject_id"),
    "agri_entities": ("subject_id", "subjects", "subject_id"),
    "entity_states": ("subject_id", "subjects", "subject_id"),
    "lineages": ("to_subject_id", "subjects", "subject_id"),
    "lineage_undos": ("lineage_id", "lineages", "lineage_id"),
    "consents": ("subject_id", "subjects", "subject_id"),
    "consent_withdrawals": ("consent_id", "consents", "consent_id"),
    "written_consents": ("subject_id", "subjects", "subject_id"),
    "records": ("subject_id", "subjects", "subject_id"),
    "adverse_records": ("subject_id", "subjects", "subject_id"),
    "record_events": ("subject_id", "subjects", "subject_id"),
    "statements": ("subject_id", "subjects", "subject_id"),
    "quarantine_decisions": ("subject_id", "subjects", "subject_id"),
    "loans": ("subject_id", "subjects", "subject_id"),
    "loan_months": ("loan_id", "loans", "loan_id"),
    "ratings": ("subject_id", "subjects", "subject_id"),
    "objections": ("subject_id", "subjects", "subject_id"),
    "objection_events": ("objection_id", "objections", "objection_id"),
    "disclosures": ("subject_id", "subjects", "subject_id"),
    "review_requests": ("subject_id", "subjects", "subject_id"),
    "review_answers": ("review_request_id", "review_requests", "review_request_id"),
    "erasures": ("subject_id", "subjects", "subject_id"),
}
# What is not set is empty, and then nothing is seen.
SCOPE = "NULLIF(current_setting('credit_village.scope', true), '')"
ORGANISATION = "NULLIF(current_setting('credit_village.organisation', true), '')::integer"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    seen = (
        "EXISTS (SELECT 1 FROM places WHERE places.place_id = subjects.place_id "
        f"AND starts_with(places.code, {SCOPE}))"
    )
    op.execute("ALTER TABLE subjects ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY subjects_in_scope ON subjects FOR SELECT USING ({seen})")
    # A request may lock the subject it writes about; it may change none.
    op.execute(f"CREATE POLICY subjects_locked ON subjects FOR UPDATE USING ({seen}) WITH CHECK (false)")
    for table, (column, parent, key) in LEADS.items():
        _protect(table, f"EXISTS (SELECT 1 FROM {parent} AS owner WHERE owner.{key} = {table}.{column})")
    # A bank sees what it asked itself, also where nobody was found; an office what was asked about its people.
    _protect(
        "inquiries",
        f"organisation_id = {ORGANISATION} OR "
        "EXISTS (SELECT 1 FROM subjects AS owner WHERE owner.subject_id = inquiries.subject_id)",
    )


def _protect(table: str, seen: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_in_scope ON {table} USING ({seen}) WITH CHECK ({seen})")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP POLICY subjects_locked ON subjects")
    for table in ("inquiries", *reversed(LEADS), "subjects"):
        op.execute(f"DROP POLICY {table}_in_scope ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
