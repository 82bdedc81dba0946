"""requests that may be sent again are kept as keyed hashes only, and found by their age

What was kept before is let go: its hashes could be made by whoever has a copy. A request that is sent again
across the upgrade is answered anew.
"""

from alembic import op

revision = "d3f60b8a17c4"
down_revision = "c5e8127a90bf"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM idempotency_keys")
    with op.batch_alter_table("idempotency_keys") as batch:
        batch.create_index(batch.f("ix_idempotency_keys_created_at"), ["created_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("idempotency_keys") as batch:
        batch.drop_index(batch.f("ix_idempotency_keys_created_at"))
