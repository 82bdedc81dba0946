"""which credentials of a bank's system an inquiry was asked with"""

import sqlalchemy as sa
from alembic import op

revision = "d17b3c52e846"
down_revision = "d3f60b8a17c4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inquiries", sa.Column("client_id", sa.String(64), nullable=True))


def downgrade() -> None:
    op.drop_column("inquiries", "client_id")
