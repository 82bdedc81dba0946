"""accounts, approvals, alerts and the rights of the subject"""

import sqlalchemy as sa
from alembic import op

revision = "7d2c94be1f05"
down_revision = "8d6f0b7c4e31"
branch_labels = None
depends_on = None

ROLES = ("loan_officer", "town_official", "district_admin", "auditor", "job")
NEW_ROLES = ("bank_admin", "collector", "appraiser", "system_admin")


def upgrade() -> None:
    op.create_table(
        "revoked_tokens",
        sa.Column("jti", sa.String(length=32), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("jti", name=op.f("pk_revoked_tokens")),
    )
    op.create_table(
        "api_clients",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_api_clients_user_id")),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_api_clients")),
    )
    op.create_table(
        "approvals",
        sa.Column("approval_id", _big(), nullable=False),
        sa.Column(
            "kind",
            _enum(
                "approvalkind",
                "activate_rule",
                "override",
                "revocation",
                "bulk_export",
                "new_recipient",
                "erasure",
            ),
            nullable=False,
        ),
        sa.Column("target", sa.String(length=255), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["made_by"], ["users.user_id"], name=op.f("fk_approvals_made_by")),
        sa.ForeignKeyConstraint(["place_id"], ["places.place_id"], name=op.f("fk_approvals_place_id")),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_approvals")),
    )
    with op.batch_alter_table("approvals") as batch:
        batch.create_index(batch.f("ix_approvals_kind_approvals_target"), ["kind", "target"], unique=False)

    op.create_table(
        "contacts",
        sa.Column("contact_id", _big(), nullable=False),
        sa.Column("subject_id", _big(), nullable=False),
        sa.Column("kind", _enum("contactkind", "phone", "address"), nullable=False),
        sa.Column("value_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.subject_id"], name=op.f("fk_contacts_subject_id")),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contacts")),
    )
    with op.batch_alter_table("contacts") as batch:
        batch.create_index(batch.f("ix_contacts_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "disclosures",
        sa.Column("disclosure_id", _big(), nullable=False),
        sa.Column("subject_id", _big(), nullable=False),
        sa.Column("kind", _enum("disclosurekind", "report", "portability"), nullable=False),
        sa.Column("free", sa.Boolean(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("document", sa.String(length=255), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_disclosures_subject_id")
        ),
        sa.PrimaryKeyConstraint("disclosure_id", name=op.f("pk_disclosures")),
    )
    with op.batch_alter_table("disclosures") as batch:
        batch.create_index(batch.f("ix_disclosures_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "erasures",
        sa.Column("erasure_id", _big(), nullable=False),
        sa.Column("subject_id", _big(), nullable=False),
        sa.Column("ground", sa.String(length=64), nullable=False),
        sa.Column("document", sa.String(length=255), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.subject_id"], name=op.f("fk_erasures_subject_id")),
        sa.PrimaryKeyConstraint("erasure_id", name=op.f("pk_erasures")),
        sa.UniqueConstraint("subject_id", name=op.f("uq_erasures_subject_id")),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_idempotency_keys_user_id")),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "inquiry_alerts",
        sa.Column("inquiry_alert_id", _big(), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("rules_fingerprint", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("window_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("window_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inquiry_count", sa.Integer(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.organisation_id"],
            name=op.f("fk_inquiry_alerts_organisation_id"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_inquiry_alerts_user_id")),
        sa.PrimaryKeyConstraint("inquiry_alert_id", name=op.f("pk_inquiry_alerts")),
        sa.UniqueConstraint(
            "rule", "user_id", "window_from", name=op.f("uq_inquiry_alerts_rule_user_id_window_from")
        ),
    )
    with op.batch_alter_table("inquiry_alerts") as batch:
        batch.create_index(batch.f("ix_inquiry_alerts_raised_at"), ["raised_at"], unique=False)

    op.create_table(
        "refresh_tokens",
        sa.Column("refresh_token_id", _big(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("family", sa.String(length=32), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_refresh_tokens_user_id")),
        sa.PrimaryKeyConstraint("refresh_token_id", name=op.f("pk_refresh_tokens")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_refresh_tokens_token_hash")),
    )
    with op.batch_alter_table("refresh_tokens") as batch:
        batch.create_index(batch.f("ix_refresh_tokens_family"), ["family"], unique=False)
        batch.create_index(batch.f("ix_refresh_tokens_user_id"), ["user_id"], unique=False)

    op.create_table(
        "approval_decisions",
        sa.Column("approval_id", _big(), autoincrement=False, nullable=False),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.approval_id"], name=op.f("fk_approval_decisions_approval_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.user_id"], name=op.f("fk_approval_decisions_decided_by")
        ),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_approval_decisions")),
    )
    op.create_table(
        "approval_uses",
        sa.Column("approval_id", _big(), autoincrement=False, nullable=False),
        sa.Column("used_by", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.approval_id"], name=op.f("fk_approval_uses_approval_id")
        ),
        sa.ForeignKeyConstraint(["used_by"], ["users.user_id"], name=op.f("fk_approval_uses_used_by")),
        sa.PrimaryKeyConstraint("approval_id", name=op.f("pk_approval_uses")),
    )
    op.create_table(
        "exports",
        sa.Column("export_id", _big(), nullable=False),
        sa.Column("approval_id", _big(), nullable=False),
        sa.Column("kind", _enum("exportkind", "ratings", "subjects"), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("watermark", sa.String(length=255), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.approval_id"], name=op.f("fk_exports_approval_id")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.user_id"], name=op.f("fk_exports_made_by")),
        sa.ForeignKeyConstraint(["place_id"], ["places.place_id"], name=op.f("fk_exports_place_id")),
        sa.PrimaryKeyConstraint("export_id", name=op.f("pk_exports")),
        sa.UniqueConstraint("approval_id", name=op.f("uq_exports_approval_id")),
    )
    op.create_table(
        "inquiry_alert_notes",
        sa.Column("inquiry_alert_note_id", _big(), nullable=False),
        sa.Column("inquiry_alert_id", _big(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("closes", sa.Boolean(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inquiry_alert_id"],
            ["inquiry_alerts.inquiry_alert_id"],
            name=op.f("fk_inquiry_alert_notes_inquiry_alert_id"),
        ),
        sa.ForeignKeyConstraint(
            ["noted_by"], ["users.user_id"], name=op.f("fk_inquiry_alert_notes_noted_by")
        ),
        sa.PrimaryKeyConstraint("inquiry_alert_note_id", name=op.f("pk_inquiry_alert_notes")),
    )
    with op.batch_alter_table("inquiry_alert_notes") as batch:
        batch.create_index(
            batch.f("ix_inquiry_alert_notes_inquiry_alert_id"), ["inquiry_alert_id"], unique=False
        )

    op.create_table(
        "review_requests",
        sa.Column("review_request_id", _big(), nullable=False),
        sa.Column("subject_id", _big(), nullable=False),
        sa.Column("rating_id", _big(), nullable=False),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("text_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.String(length=255), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["rating_id"], ["ratings.rating_id"], name=op.f("fk_review_requests_rating_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_review_requests_subject_id")
        ),
        sa.PrimaryKeyConstraint("review_request_id", name=op.f("pk_review_requests")),
    )
    with op.batch_alter_table("review_requests") as batch:
        batch.create_index(batch.f("ix_review_requests_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "review_answers",
        sa.Column("review_request_id", _big(), autoincrement=False, nullable=False),
        sa.Column("outcome", _enum("reviewoutcome", "upheld", "corrected", "set_aside"), nullable=False),
        sa.Column("text_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_request_id"],
            ["review_requests.review_request_id"],
            name=op.f("fk_review_answers_review_request_id"),
        ),
        sa.PrimaryKeyConstraint("review_request_id", name=op.f("pk_review_answers")),
    )
    with op.batch_alter_table("inquiries") as batch:
        batch.add_column(sa.Column("uid", sa.String(length=32), nullable=True))
        batch.add_column(sa.Column("batch_uid", sa.String(length=32), nullable=True))
        batch.create_unique_constraint(batch.f("uq_inquiries_uid"), ["uid"])

    with op.batch_alter_table("organisations") as batch:
        batch.add_column(sa.Column("parent_id", sa.Integer(), nullable=True))
        batch.add_column(sa.Column("admitted_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_foreign_key(
            batch.f("fk_organisations_parent_id"), "organisations", ["parent_id"], ["organisation_id"]
        )

    with op.batch_alter_table("users") as batch:
        batch.add_column(sa.Column("revision", sa.Integer(), server_default="1", nullable=False))
        batch.add_column(sa.Column("password_changed_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("must_change_password", sa.Boolean(), server_default="0", nullable=False))
        batch.add_column(sa.Column("totp_cipher", sa.LargeBinary(), nullable=True))
        batch.add_column(sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column("totp_last_step", sa.BigInteger(), nullable=True))
        batch.add_column(sa.Column("oidc_subject", sa.String(length=255), nullable=True))
        batch.add_column(sa.Column("signed_out_at", sa.DateTime(timezone=True), nullable=True))
        batch.create_unique_constraint(batch.f("uq_users_oidc_subject"), ["oidc_subject"])

    _allow_roles(*ROLES, *NEW_ROLES)
    # The banks that were recipients before this had been made so by the district.
    op.execute("UPDATE organisations SET admitted_at = CURRENT_TIMESTAMP")


def _allow_roles(*roles: str) -> None:
    listed = ", ".join(f"'{role}'" for role in roles)
    with op.batch_alter_table("users") as batch:
        batch.drop_constraint(batch.f("ck_users_role"), type_="check")
        batch.create_check_constraint(batch.f("ck_users_role"), sa.text(f"role IN ({listed})"))


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    # Nobody may keep a role that there was not; the account is kept, and cannot be used.
    listed = ", ".join(f"'{role}'" for role in NEW_ROLES)
    op.execute(f"UPDATE users SET role = 'job', disabled = TRUE WHERE role IN ({listed})")
    _allow_roles(*ROLES)
    with op.batch_alter_table("users") as batch:
        batch.drop_constraint(batch.f("uq_users_oidc_subject"), type_="unique")
        batch.drop_column("signed_out_at")
        batch.drop_column("oidc_subject")
        batch.drop_column("totp_last_step")
        batch.drop_column("totp_confirmed_at")
        batch.drop_column("totp_cipher")
        batch.drop_column("must_change_password")
        batch.drop_column("password_changed_at")
        batch.drop_column("revision")

    with op.batch_alter_table("organisations") as batch:
        batch.drop_constraint(batch.f("fk_organisations_parent_id"), type_="foreignkey")
        batch.drop_column("admitted_at")
        batch.drop_column("parent_id")

    with op.batch_alter_table("inquiries") as batch:
        batch.drop_constraint(batch.f("uq_inquiries_uid"), type_="unique")
        batch.drop_column("batch_uid")
        batch.drop_column("uid")

    op.drop_table("review_answers")
    with op.batch_alter_table("review_requests") as batch:
        batch.drop_index(batch.f("ix_review_requests_subject_id"))

    op.drop_table("review_requests")
    with op.batch_alter_table("inquiry_alert_notes") as batch:
        batch.drop_index(batch.f("ix_inquiry_alert_notes_inquiry_alert_id"))

    op.drop_table("inquiry_alert_notes")
    op.drop_table("exports")
    op.drop_table("approval_uses")
    op.drop_table("approval_decisions")
    with op.batch_alter_table("refresh_tokens") as batch:
        batch.drop_index(batch.f("ix_refresh_tokens_user_id"))
        batch.drop_index(batch.f("ix_refresh_tokens_family"))

    op.drop_table("refresh_tokens")
    with op.batch_alter_table("inquiry_alerts") as batch:
        batch.drop_index(batch.f("ix_inquiry_alerts_raised_at"))

    op.drop_table("inquiry_alerts")
    op.drop_table("idempotency_keys")
    op.drop_table("erasures")
    with op.batch_alter_table("disclosures") as batch:
        batch.drop_index(batch.f("ix_disclosures_subject_id"))

    op.drop_table("disclosures")
    with op.batch_alter_table("contacts") as batch:
        batch.drop_index(batch.f("ix_contacts_subject_id"))

    op.drop_table("contacts")
    with op.batch_alter_table("approvals") as batch:
        batch.drop_index(batch.f("ix_approvals_kind_approvals_target"))

    op.drop_table("approvals")
    op.drop_table("api_clients")
    op.drop_table("revoked_tokens")
