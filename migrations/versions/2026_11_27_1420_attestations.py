"""documents that speak for a title or against it"""

import sqlalchemy as sa
from alembic import op

revision = "8f21c6a04be7"
down_revision = "7b1f4e90c2d8"
branch_labels = None
depends_on = None

KINDS = (
    "activate_rule", "override", "revocation", "bulk_export", "new_recipient", "erasure", "privileged_account",
)  # fmt: skip
SEEN = {
    "attestations": (
        "subject_id IS NULL OR "
        "EXISTS (SELECT 1 FROM subjects AS owner WHERE owner.subject_id = attestations.subject_id)"
    ),
    "attestation_ends": (
        "EXISTS (SELECT 1 FROM attestations AS owner "
        "WHERE owner.attestation_id = attestation_ends.attestation_id)"
    ),
}


def upgrade() -> None:
    _allow_kinds(*KINDS, "attestation")
    _make_attestations()
    _make_ends()
    if op.get_bind().dialect.name == "postgresql":
        for table, seen in SEEN.items():
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY {table}_in_scope ON {table} USING ({seen}) WITH CHECK ({seen})")


def _make_attestations() -> None:
    op.create_table(
        "attestations",
        sa.Column("attestation_id", _big(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "attestation",
                "veto",
                name="attestationkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("holder", sa.String(length=24), nullable=False),
        sa.Column("subject_id", _big(), nullable=True),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("measure", sa.String(length=64), nullable=False),
        sa.Column("rule_version_id", sa.Integer(), nullable=False),
        sa.Column("approval_id", _big(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("document", sa.String(length=255), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        _leads("attestations", "approval_id", "approvals.approval_id"),
        _leads("attestations", "asked_by", "users.user_id"),
        _leads("attestations", "granted_by", "users.user_id"),
        _leads("attestations", "organisation_id", "organisations.organisation_id"),
        _leads("attestations", "place_id", "places.place_id"),
        _leads("attestations", "rule_version_id", "rule_versions.rule_version_id"),
        _leads("attestations", "subject_id", "subjects.subject_id"),
        sa.PrimaryKeyConstraint("attestation_id", name=op.f("pk_attestations")),
        sa.UniqueConstraint("approval_id", name=op.f("uq_attestations_approval_id")),
    )
    op.create_index(
        op.f("ix_attestations_holder_attestations_measure"),
        "attestations",
        ["holder", "measure"],
        unique=False,
    )
    op.create_index(op.f("ix_attestations_place_id"), "attestations", ["place_id"], unique=False)
    op.create_index(op.f("ix_attestations_subject_id"), "attestations", ["subject_id"], unique=False)


def _make_ends() -> None:
    op.create_table(
        "attestation_ends",
        sa.Column("attestation_end_id", _big(), nullable=False),
        sa.Column("attestation_id", _big(), nullable=False),
        sa.Column("approval_id", _big(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        _leads("attestation_ends", "approval_id", "approvals.approval_id"),
        _leads("attestation_ends", "asked_by", "users.user_id"),
        _leads("attestation_ends", "attestation_id", "attestations.attestation_id"),
        _leads("attestation_ends", "granted_by", "users.user_id"),
        sa.PrimaryKeyConstraint("attestation_end_id", name=op.f("pk_attestation_ends")),
        sa.UniqueConstraint("approval_id", name=op.f("uq_attestation_ends_approval_id")),
        sa.UniqueConstraint("attestation_id", name=op.f("uq_attestation_ends_attestation_id")),
    )


def downgrade() -> None:
    op.drop_table("attestation_ends")
    op.drop_table("attestations")
    mine = "approval_id IN (SELECT approval_id FROM approvals WHERE kind = 'attestation')"
    op.execute(f"DELETE FROM approval_uses WHERE {mine}")
    op.execute(f"DELETE FROM approval_decisions WHERE {mine}")
    op.execute("DELETE FROM approvals WHERE kind = 'attestation'")
    _allow_kinds(*KINDS)


def _allow_kinds(*kinds: str) -> None:
    listed = ", ".join(f"'{kind}'" for kind in kinds)
    with op.batch_alter_table("approvals") as batch:
        batch.drop_constraint(batch.f("ck_approvals_approvalkind"), type_="check")
        batch.create_check_constraint(batch.f("ck_approvals_approvalkind"), sa.text(f"kind IN ({listed})"))


def _leads(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [to], name=op.f(f"fk_{table}_{column}"))


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")
