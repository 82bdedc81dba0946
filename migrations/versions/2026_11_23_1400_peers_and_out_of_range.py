"""peers of a rating, its values out of range, and the validation of its card"""

import sqlalchemy as sa
from alembic import op

revision = "c41f7d9e2a60"
down_revision = "b3acc8cc901b"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("ratings") as batch:
        batch.add_column(sa.Column("out_of_range_count", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("rule_versions") as batch:
        batch.add_column(sa.Column("validation", sa.JSON(), nullable=True))
    op.create_table(
        "peer_points",
        sa.Column("peer_points_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("rule_version_id", sa.Integer(), nullable=False),
        sa.Column(
            "peer_group",
            sa.Enum(
                "village",
                "just_passed",
                name="peergroup",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("place_id", sa.Integer(), nullable=True),
        sa.Column("subject_count", sa.Integer(), nullable=False),
        sa.Column("point_sums", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"], ["places.place_id"], name=op.f("fk_peer_points_place_id_places")
        ),
        sa.ForeignKeyConstraint(
            ["rule_version_id"],
            ["rule_versions.rule_version_id"],
            name=op.f("fk_peer_points_rule_version_id_rule_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["rating_runs.run_id"], name=op.f("fk_peer_points_run_id_rating_runs")
        ),
        sa.PrimaryKeyConstraint("peer_points_id", name=op.f("pk_peer_points")),
    )
    with op.batch_alter_table("peer_points") as batch:
        batch.create_index(
            batch.f(
                "ix_peer_points_rule_version_id_peer_points_peer_group_peer_points_place_id_peer_points_run_id"
            ),
            ["rule_version_id", "peer_group", "place_id", "run_id"],
        )


def downgrade() -> None:
    op.drop_table("peer_points")
    with op.batch_alter_table("rule_versions") as batch:
        batch.drop_column("validation")
    with op.batch_alter_table("ratings") as batch:
        batch.drop_column("out_of_range_count")
