"""the plaques of a place leave the system as a file"""

import sqlalchemy as sa
from alembic import op

revision = "a94c07e5b31d"
down_revision = "8f21c6a04be7"
branch_labels = None
depends_on = None

KINDS = ("ratings", "subjects")


def upgrade() -> None:
    _allow_kinds(*KINDS, "plaques")


def downgrade() -> None:
    op.execute("DELETE FROM exports WHERE kind = 'plaques'")
    _allow_kinds(*KINDS)


def _allow_kinds(*kinds: str) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("exports") as batch:
        batch.drop_constraint(batch.f("ck_exports_exportkind"), type_="check")
        batch.create_check_constraint(batch.f("ck_exports_exportkind"), sa.text(f"kind IN ({listed})"))
