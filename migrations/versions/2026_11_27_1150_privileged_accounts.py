"""two persons give the accounts that see or decide for the whole district"""

import sqlalchemy as sa
from alembic import op

revision = "5e0c8d17a6b3"
down_revision = "5e90b7d2f3a6"
branch_labels = None
depends_on = None

KINDS = ("activate_rule", "override", "revocation", "bulk_export", "new_recipient", "erasure")


def upgrade() -> None:
    _allow_kinds(*KINDS, "privileged_account")


def downgrade() -> None:
    op.execute("DELETE FROM approval_uses WHERE approval_id IN (SELECT approval_id FROM approvals "
               "WHERE kind = 'privileged_account')")  # fmt: skip
    op.execute("DELETE FROM approval_decisions WHERE approval_id IN (SELECT approval_id FROM approvals "
               "WHERE kind = 'privileged_account')")  # fmt: skip
    op.execute("DELETE FROM approvals WHERE kind = 'privileged_account'")
    _allow_kinds(*KINDS)


def _allow_kinds(*kinds: str) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("approvals") as batch:
        batch.drop_constraint(batch.f("ck_approvals_approvalkind"), type_="check")
        batch.create_check_constraint(batch.f("ck_approvals_approvalkind"), sa.text(f"kind IN ({listed})"))
