"""an auditor reads every inquiry of the users of the own division, whoever it was about (PostgreSQL)"""

from alembic import op

revision = "3e9b50d7c4a2"
down_revision = "d17b3c52e846"
branch_labels = None
depends_on = None

SCOPE = "NULLIF(current_setting('credit_village.scope', true), '')"
# Only a request of somebody who reads the log sets it (`RowScope`).
READS_LOG = "current_setting('credit_village.reads_log', true) = 'yes'"


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    # To read alone; who may write an inquiry stays as it was.
    seen = (
        f"{READS_LOG} AND "
        "EXISTS (SELECT 1 FROM users JOIN places ON places.place_id = users.place_id "
        f"WHERE users.user_id = inquiries.user_id AND starts_with(places.code, {SCOPE}))"
    )
    op.execute(f"CREATE POLICY inquiries_of_own_users ON inquiries FOR SELECT USING ({seen})")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP POLICY inquiries_of_own_users ON inquiries")
