"""every delivery has a source, every written consent is on file; withdrawals are rows of their own"""

import sqlalchemy as sa
from alembic import op

revision = "8d6f0b7c4e31"
down_revision = "50aea49e9fcd"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("batches") as batch:
        batch.alter_column("source_id", existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table("written_consents") as batch:
        batch.alter_column("consent_id", existing_type=sa.BigInteger(), nullable=False)
        batch.drop_column("reference")
    with op.batch_alter_table("consents") as batch:
        batch.drop_column("withdrawn_on")


def downgrade() -> None:
    with op.batch_alter_table("consents") as batch:
        batch.add_column(sa.Column("withdrawn_on", sa.Date(), nullable=True))
    op.execute(
        "UPDATE consents SET withdrawn_on = (SELECT w.withdrawn_on FROM consent_withdrawals w "
        "WHERE w.consent_id = consents.consent_id)"
    )
    with op.batch_alter_table("written_consents") as batch:
        batch.add_column(sa.Column("reference", sa.String(length=64), nullable=False, server_default=""))
        batch.alter_column("consent_id", existing_type=sa.BigInteger(), nullable=True)
    op.execute(
        "UPDATE written_consents SET reference = (SELECT c.reference FROM consents c "
        "WHERE c.consent_id = written_consents.consent_id)"
    )
    with op.batch_alter_table("batches") as batch:
        batch.alter_column("source_id", existing_type=sa.Integer(), nullable=True)
