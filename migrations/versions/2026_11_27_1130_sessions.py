"""the sessions of a person, for their owner to see and end"""

import sqlalchemy as sa
from alembic import op

revision = "e5b19c7d3a48"
down_revision = "e5b20c7f41a8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "user_sessions",
        sa.Column(
            "user_session_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column(
            "place",
            sa.Enum(
                "pages",
                "interface",
                name="sessionplace",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("signed_in_by", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holds_until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_user_sessions_user_id")),
        sa.PrimaryKeyConstraint("user_session_id", name=op.f("pk_user_sessions")),
        sa.UniqueConstraint("session_id", name=op.f("uq_user_sessions_session_id")),
    )
    with op.batch_alter_table("user_sessions") as batch:
        batch.create_index(batch.f("ix_user_sessions_user_id"), ["user_id"], unique=False)
        batch.create_index(batch.f("ix_user_sessions_holds_until"), ["holds_until"], unique=False)


def downgrade() -> None:
    op.drop_table("user_sessions")
