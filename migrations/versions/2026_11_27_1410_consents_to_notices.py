"""a person consents to standing on a public notice"""

import sqlalchemy as sa
from alembic import op

revision = "7b1f4e90c2d8"
down_revision = "5e0c8d17a6b3"
branch_labels = None
depends_on = None

KINDS = ("inquiry", "collection", "rating")


def upgrade() -> None:
    _allow_kinds(*KINDS, "publication")


def downgrade() -> None:
    op.execute("DELETE FROM consent_withdrawals WHERE consent_id IN (SELECT consent_id FROM consents "
               "WHERE kind = 'publication')")  # fmt: skip
    op.execute("DELETE FROM consents WHERE kind = 'publication'")
    _allow_kinds(*KINDS)


def _allow_kinds(*kinds: str) -> None:
    allowed = f"kind IN ({', '.join(repr(kind) for kind in kinds)})"
    if op.get_bind().dialect.name == "postgresql":
        # The table is locked while every row is looked at: a second for some millions.
        op.execute(
            "ALTER TABLE consents DROP CONSTRAINT ck_consents_consentkind, "
            f"ADD CONSTRAINT ck_consents_consentkind CHECK ({allowed})"
        )
        return
    with op.batch_alter_table("consents") as batch:
        batch.drop_constraint(batch.f("ck_consents_consentkind"), type_="check")
        batch.create_check_constraint(batch.f("ck_consents_consentkind"), sa.text(allowed))
