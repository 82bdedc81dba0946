"""which keys values are sealed with"""

import sqlalchemy as sa
from alembic import op

revision = "5e90b7d2f3a6"
down_revision = "e5b19c7d3a48"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cipher_keys",
        sa.Column("cipher_key_id", sa.Integer(), nullable=False),
        sa.Column(
            "suite",
            sa.Enum("aes", "sm4", name="ciphersuite", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("key_id", sa.String(4), nullable=False),
        sa.Column("seals_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("leaked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("cipher_key_id", name="pk_cipher_keys"),
    )


def downgrade() -> None:
    op.drop_table("cipher_keys")
