"""village appraisals and overrides"""

import sqlalchemy as sa
from alembic import op

revision = "e5b20c7f41a8"
down_revision = "c41a7e92d05b"
branch_labels = None
depends_on = None

SCOPE = "NULLIF(current_setting('credit_village.scope', true), '')"
# By which column a row leads to its subject, or to a row that does.
LEADS: dict[str, tuple[str, str, str]] = {
    "appraisal_households": ("subject_id", "subjects", "subject_id"),
    "appraiser_kin": ("subject_id", "subjects", "subject_id"),
    "appraisal_marks": ("subject_id", "subjects", "subject_id"),
    "appraisal_results": ("subject_id", "subjects", "subject_id"),
    "overrides": ("subject_id", "subjects", "subject_id"),
    "override_ends": ("override_id", "overrides", "override_id"),
}
# Who appraises, and what is said of persons, is seen from the village of the round.
OF_ROUNDS = ("appraisers", "appraisal_flags")
OF_APPRAISERS = ("appraisal_drafts", "appraisal_sheets")


def upgrade() -> None:
    op.create_table(
        "appraisal_rounds",
        sa.Column("appraisal_round_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rule_version_id", sa.Integer(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["opened_by"], ["users.user_id"], name=op.f("fk_appraisal_rounds_opened_by")),
        sa.ForeignKeyConstraint(["place_id"], ["places.place_id"], name=op.f("fk_appraisal_rounds_place_id")),
        sa.ForeignKeyConstraint(
            ["rule_version_id"],
            ["rule_versions.rule_version_id"],
            name=op.f("fk_appraisal_rounds_rule_version_id"),
        ),
        sa.PrimaryKeyConstraint("appraisal_round_id", name=op.f("pk_appraisal_rounds")),
        sa.UniqueConstraint("place_id", "number", name=op.f("uq_appraisal_rounds_place_id_number")),
    )
    op.create_table(
        "appraisal_households",
        sa.Column("appraisal_round_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", _big(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("standing", _enum("appraisalstanding", "appraisable", "refused"), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraisal_round_id"],
            ["appraisal_rounds.appraisal_round_id"],
            name=op.f("fk_appraisal_households_appraisal_round_id"),
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_appraisal_households_subject_id")
        ),
        sa.PrimaryKeyConstraint("appraisal_round_id", "subject_id", name=op.f("pk_appraisal_households")),
        sa.UniqueConstraint(
            "appraisal_round_id",
            "line_number",
            name=op.f("uq_appraisal_households_appraisal_round_id_line_number"),
        ),
    )
    op.create_index(
        op.f("ix_appraisal_households_subject_id"), "appraisal_households", ["subject_id"], unique=False
    )
    op.create_table(
        "appraisers",
        sa.Column("appraiser_id", _big(), nullable=False),
        sa.Column("appraisal_round_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("form_code", sa.String(length=16), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraisal_round_id"],
            ["appraisal_rounds.appraisal_round_id"],
            name=op.f("fk_appraisers_appraisal_round_id"),
        ),
        sa.ForeignKeyConstraint(["invited_by"], ["users.user_id"], name=op.f("fk_appraisers_invited_by")),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_appraisers_user_id")),
        sa.PrimaryKeyConstraint("appraiser_id", name=op.f("pk_appraisers")),
        sa.UniqueConstraint(
            "appraisal_round_id", "number", name=op.f("uq_appraisers_appraisal_round_id_number")
        ),
        sa.UniqueConstraint(
            "appraisal_round_id", "user_id", name=op.f("uq_appraisers_appraisal_round_id_user_id")
        ),
        sa.UniqueConstraint("form_code", name=op.f("uq_appraisers_form_code")),
    )
    op.create_table(
        "appraiser_kin",
        sa.Column("appraiser_id", _big(), nullable=False),
        sa.Column("subject_id", _big(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraiser_id"], ["appraisers.appraiser_id"], name=op.f("fk_appraiser_kin_appraiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_appraiser_kin_subject_id")
        ),
        sa.PrimaryKeyConstraint("appraiser_id", "subject_id", name=op.f("pk_appraiser_kin")),
    )
    op.create_index(op.f("ix_appraiser_kin_subject_id"), "appraiser_kin", ["subject_id"], unique=False)
    op.create_table(
        "appraisal_drafts",
        sa.Column("appraiser_id", _big(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("content_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraiser_id"], ["appraisers.appraiser_id"], name=op.f("fk_appraisal_drafts_appraiser_id")
        ),
        sa.PrimaryKeyConstraint("appraiser_id", name=op.f("pk_appraisal_drafts")),
    )
    op.create_table(
        "appraisal_sheets",
        sa.Column("appraiser_id", _big(), nullable=False),
        sa.Column("channel", _enum("sheetchannel", "online", "paper"), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraiser_id"], ["appraisers.appraiser_id"], name=op.f("fk_appraisal_sheets_appraiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["users.user_id"], name=op.f("fk_appraisal_sheets_submitted_by")
        ),
        sa.PrimaryKeyConstraint("appraiser_id", name=op.f("pk_appraisal_sheets")),
        sa.UniqueConstraint("file_sha256", name=op.f("uq_appraisal_sheets_file_sha256")),
    )
    op.create_table(
        "appraisal_marks",
        sa.Column("appraiser_id", _big(), nullable=False),
        sa.Column("subject_id", _big(), nullable=False),
        sa.Column("knows", sa.Boolean(), nullable=False),
        sa.Column("kin", sa.Boolean(), nullable=False),
        sa.Column("answers", sa.JSON(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("suggested_limit_fen", _big(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appraiser_id"], ["appraisal_sheets.appraiser_id"], name=op.f("fk_appraisal_marks_appraiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_appraisal_marks_subject_id")
        ),
        sa.PrimaryKeyConstraint("appraiser_id", "subject_id", name=op.f("pk_appraisal_marks")),
    )
    op.create_index(op.f("ix_appraisal_marks_subject_id"), "appraisal_marks", ["subject_id"], unique=False)
    op.create_table(
        "appraisal_closings",
        sa.Column("appraisal_round_id", sa.Integer(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=False),
        sa.Column("sheet_count", sa.Integer(), nullable=False),
        sa.Column("kappa", sa.Double(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraisal_round_id"],
            ["appraisal_rounds.appraisal_round_id"],
            name=op.f("fk_appraisal_closings_appraisal_round_id"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.batch_id"], name=op.f("fk_appraisal_closings_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["users.user_id"], name=op.f("fk_appraisal_closings_closed_by")
        ),
        sa.PrimaryKeyConstraint("appraisal_round_id", name=op.f("pk_appraisal_closings")),
    )
    op.create_table(
        "appraisal_results",
        sa.Column("appraisal_round_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", _big(), nullable=False),
        sa.Column("known_count", sa.Integer(), nullable=False),
        sa.Column("appraiser_count", sa.Integer(), nullable=False),
        sa.Column("favourable_count", sa.Integer(), nullable=False),
        sa.Column("score_hundredths", sa.Integer(), nullable=True),
        sa.Column("grade", sa.String(length=8), nullable=True),
        sa.Column("suggested_limit_fen", _big(), nullable=True),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraisal_round_id"],
            ["appraisal_closings.appraisal_round_id"],
            name=op.f("fk_appraisal_results_appraisal_round_id"),
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_appraisal_results_subject_id")
        ),
        sa.PrimaryKeyConstraint("appraisal_round_id", "subject_id", name=op.f("pk_appraisal_results")),
    )
    op.create_index(
        op.f("ix_appraisal_results_subject_id"), "appraisal_results", ["subject_id"], unique=False
    )
    op.create_table(
        "appraisal_flags",
        sa.Column("appraisal_flag_id", _big(), nullable=False),
        sa.Column("appraisal_round_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            _enum("flagkind", "kinship", "outlier", "identical_sheets", "all_top", "low_agreement"),
            nullable=False,
        ),
        sa.Column("appraiser_id", _big(), nullable=True),
        sa.Column("other_appraiser_id", _big(), nullable=True),
        sa.Column("subject_id", _big(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appraisal_round_id"],
            ["appraisal_closings.appraisal_round_id"],
            name=op.f("fk_appraisal_flags_appraisal_round_id"),
        ),
        sa.ForeignKeyConstraint(
            ["appraiser_id"], ["appraisers.appraiser_id"], name=op.f("fk_appraisal_flags_appraiser_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_appraiser_id"],
            ["appraisers.appraiser_id"],
            name=op.f("fk_appraisal_flags_other_appraiser_id"),
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_appraisal_flags_subject_id")
        ),
        sa.PrimaryKeyConstraint("appraisal_flag_id", name=op.f("pk_appraisal_flags")),
    )
    op.create_index(
        op.f("ix_appraisal_flags_appraisal_round_id"), "appraisal_flags", ["appraisal_round_id"], unique=False
    )
    op.create_index(op.f("ix_appraisal_flags_subject_id"), "appraisal_flags", ["subject_id"], unique=False)
    op.create_table(
        "overrides",
        sa.Column("override_id", _big(), nullable=False),
        sa.Column("subject_id", _big(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("rating_id", _big(), nullable=False),
        sa.Column("rule_version_id", sa.Integer(), nullable=False),
        sa.Column("approval_id", _big(), nullable=False),
        sa.Column("card_grade", sa.String(length=8), nullable=False),
        sa.Column("grade", sa.String(length=8), nullable=False),
        sa.Column("reason_code", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("document", sa.String(length=255), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.approval_id"], name=op.f("fk_overrides_approval_id")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["users.user_id"], name=op.f("fk_overrides_asked_by")),
        sa.ForeignKeyConstraint(["granted_by"], ["users.user_id"], name=op.f("fk_overrides_granted_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.organisation_id"], name=op.f("fk_overrides_organisation_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["places.place_id"], name=op.f("fk_overrides_place_id")),
        sa.ForeignKeyConstraint(["rating_id"], ["ratings.rating_id"], name=op.f("fk_overrides_rating_id")),
        sa.ForeignKeyConstraint(
            ["rule_version_id"], ["rule_versions.rule_version_id"], name=op.f("fk_overrides_rule_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_overrides_subject_id")
        ),
        sa.PrimaryKeyConstraint("override_id", name=op.f("pk_overrides")),
        sa.UniqueConstraint("approval_id", name=op.f("uq_overrides_approval_id")),
    )
    op.create_index(op.f("ix_overrides_place_id"), "overrides", ["place_id"], unique=False)
    op.create_index(op.f("ix_overrides_subject_id"), "overrides", ["subject_id"], unique=False)
    op.create_table(
        "override_ends",
        sa.Column("override_id", _big(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ended_by"], ["users.user_id"], name=op.f("fk_override_ends_ended_by")),
        sa.ForeignKeyConstraint(
            ["override_id"], ["overrides.override_id"], name=op.f("fk_override_ends_override_id")
        ),
        sa.PrimaryKeyConstraint("override_id", name=op.f("pk_override_ends")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect()


def _protect() -> None:
    for table, (column, parent, key) in LEADS.items():
        _policy(table, f"EXISTS (SELECT 1 FROM {parent} AS owner WHERE owner.{key} = {table}.{column})")
    for table in OF_ROUNDS:
        _policy(
            table,
            "EXISTS (SELECT 1 FROM appraisal_rounds AS owner JOIN places ON places.place_id = owner.place_id "
            f"WHERE owner.appraisal_round_id = {table}.appraisal_round_id "
            f"AND starts_with(places.code, {SCOPE}))",
        )
    for table in OF_APPRAISERS:
        _policy(
            table,
            f"EXISTS (SELECT 1 FROM appraisers AS owner WHERE owner.appraiser_id = {table}.appraiser_id)",
        )


def _policy(table: str, seen: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY {table}_in_scope ON {table} USING ({seen}) WITH CHECK ({seen})")


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    op.drop_table("override_ends")
    op.drop_table("overrides")
    op.drop_table("appraisal_flags")
    op.drop_table("appraisal_results")
    op.drop_table("appraisal_closings")
    op.drop_table("appraisal_marks")
    op.drop_table("appraisal_sheets")
    op.drop_table("appraisal_drafts")
    op.drop_table("appraiser_kin")
    op.drop_table("appraisers")
    op.drop_table("appraisal_households")
    op.drop_table("appraisal_rounds")
