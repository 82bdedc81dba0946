"""why a round nobody had handed in a sheet of was closed before its day"""

import sqlalchemy as sa
from alembic import op

revision = "c5e8127a90bf"
down_revision = "a94c07e5b31d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("appraisal_closings", sa.Column("reason", sa.String(255), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("appraisal_closings") as batch:
        batch.drop_column("reason")
