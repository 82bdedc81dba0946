"""designations, notices and certificates"""

import sqlalchemy as sa
from alembic import op

revision = "c41a7e92d05b"
down_revision = "b83e5f60c9d4"
branch_labels = None
depends_on = None

# What became of a certificate's title by a day: its state, since when, and until when it was last given. Who
# checks a certificate may see no title; the function looks with the rights of the owner, at this alone.
STANDING = """
CREATE FUNCTION certificate_standing(wanted bigint, on_day date)
RETURNS TABLE (state text, since date, valid_until date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT taken.state::text, taken.happened_on, (
        SELECT given.valid_until FROM designation_steps AS given
        WHERE given.designation_id = taken.designation_id AND given.happened_on <= on_day
            AND given.valid_until IS NOT NULL
        ORDER BY given.sequence DESC LIMIT 1)
    FROM certificates
    JOIN designation_steps AS awarded ON awarded.designation_step_id = certificates.designation_step_id
    JOIN designation_steps AS taken ON taken.designation_id = awarded.designation_id
    WHERE certificates.certificate_id = wanted AND taken.happened_on <= on_day
    ORDER BY taken.sequence DESC LIMIT 1
$$
"""

SCOPE = "NULLIF(current_setting('credit_village.scope', true), '')"


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("purpose", _enum("noticepurpose", "award", "revocation"), nullable=False),
        sa.Column(
            "kind",
            _enum("designationkind", "credit_household", "credit_entity", "credit_village", "credit_town"),
            nullable=False,
        ),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("begins_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("rule_version_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.place_id"], name=op.f("fk_notices_place_id")),
        sa.ForeignKeyConstraint(
            ["rule_version_id"], ["rule_versions.rule_version_id"], name=op.f("fk_notices_rule_version_id")
        ),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_notices")),
        sa.UniqueConstraint("number", name=op.f("uq_notices_number")),
    )
    with op.batch_alter_table("notices") as batch:
        batch.create_index(batch.f("ix_notices_place_id"), ["place_id"], unique=False)

    op.create_table(
        "designations",
        sa.Column("designation_id", _big(), nullable=False),
        sa.Column(
            "kind",
            _enum("designationkind", "credit_household", "credit_entity", "credit_village", "credit_town"),
            nullable=False,
        ),
        sa.Column("rung", sa.String(length=16), nullable=False),
        sa.Column("holder", sa.String(length=24), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("subject_id", _big(), nullable=True),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.place_id"], name=op.f("fk_designations_place_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_designations_subject_id")
        ),
        sa.PrimaryKeyConstraint("designation_id", name=op.f("pk_designations")),
        sa.UniqueConstraint(
            "kind", "rung", "holder", "attempt", name=op.f("uq_designations_kind_rung_holder_attempt")
        ),
    )
    with op.batch_alter_table("designations") as batch:
        batch.create_index(
            batch.f("ix_designations_place_id_designations_kind"), ["place_id", "kind"], unique=False
        )
        batch.create_index(batch.f("ix_designations_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "designation_steps",
        sa.Column("designation_step_id", _big(), nullable=False),
        sa.Column("designation_id", _big(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column(
            "action",
            _enum(
                "designationaction",
                "propose",
                "check_village",
                "check_town",
                "post_notice",
                "award",
                "refuse",
                "withdraw",
                "begin_review",
                "renew",
                "put_on_probation",
                "restore",
                "post_revocation",
                "keep",
                "revoke",
                "lapse",
            ),
            nullable=False,
        ),
        sa.Column(
            "state",
            _enum(
                "designationstate",
                "proposed",
                "village_checked",
                "town_checked",
                "noticed",
                "designated",
                "under_review",
                "on_probation",
                "revocation_noticed",
                "revoked",
                "lapsed",
                "refused",
                "withdrawn",
            ),
            nullable=False,
        ),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("rule_version_id", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("document", sa.String(length=255), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=True),
        sa.Column("approval_id", _big(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["approval_id"], ["approvals.approval_id"], name=op.f("fk_designation_steps_approval_id")
        ),
        sa.ForeignKeyConstraint(
            ["designation_id"],
            ["designations.designation_id"],
            name=op.f("fk_designation_steps_designation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.notice_id"], name=op.f("fk_designation_steps_notice_id")
        ),
        sa.ForeignKeyConstraint(
            ["rule_version_id"],
            ["rule_versions.rule_version_id"],
            name=op.f("fk_designation_steps_rule_version_id"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_designation_steps_user_id")),
        sa.PrimaryKeyConstraint("designation_step_id", name=op.f("pk_designation_steps")),
        sa.UniqueConstraint(
            "designation_id", "sequence", name=op.f("uq_designation_steps_designation_id_sequence")
        ),
    )
    with op.batch_alter_table("designation_steps") as batch:
        batch.create_index(batch.f("ix_designation_steps_notice_id"), ["notice_id"], unique=False)

    op.create_table(
        "notice_entries",
        sa.Column("notice_entry_id", _big(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("designation_id", _big(), nullable=False),
        sa.Column("line_number", sa.Integer(), nullable=False),
        sa.Column("shown_name", sa.String(length=64), nullable=False),
        sa.Column("shown_place", sa.String(length=128), nullable=False),
        sa.Column("result", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["designation_id"], ["designations.designation_id"], name=op.f("fk_notice_entries_designation_id")
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.notice_id"], name=op.f("fk_notice_entries_notice_id")
        ),
        sa.PrimaryKeyConstraint("notice_entry_id", name=op.f("pk_notice_entries")),
        sa.UniqueConstraint("notice_id", "line_number", name=op.f("uq_notice_entries_notice_id_line_number")),
    )
    with op.batch_alter_table("notice_entries") as batch:
        batch.create_index(batch.f("ix_notice_entries_designation_id"), ["designation_id"], unique=False)

    op.create_table(
        "certificates",
        sa.Column("certificate_id", _big(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("designation_step_id", _big(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["designation_step_id"],
            ["designation_steps.designation_step_id"],
            name=op.f("fk_certificates_designation_step_id"),
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("designation_step_id", name=op.f("uq_certificates_designation_step_id")),
        sa.UniqueConstraint("number", name=op.f("uq_certificates_number")),
    )
    op.create_table(
        "notice_objections",
        sa.Column("notice_objection_uid", sa.String(length=32), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("notice_entry_id", _big(), nullable=True),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("channel", _enum("objectionchannel", "desk", "online", "letter"), nullable=False),
        sa.Column("text_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("contact_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["notice_entry_id"],
            ["notice_entries.notice_entry_id"],
            name=op.f("fk_notice_objections_notice_entry_id"),
        ),
        sa.ForeignKeyConstraint(
            ["notice_id"], ["notices.notice_id"], name=op.f("fk_notice_objections_notice_id")
        ),
        sa.PrimaryKeyConstraint("notice_objection_uid", name=op.f("pk_notice_objections")),
    )
    with op.batch_alter_table("notice_objections") as batch:
        batch.create_index(batch.f("ix_notice_objections_notice_id"), ["notice_id"], unique=False)

    op.create_table(
        "notice_objection_answers",
        sa.Column("notice_objection_uid", sa.String(length=32), nullable=False),
        sa.Column("upheld", sa.Boolean(), nullable=False),
        sa.Column("text_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("document", sa.String(length=255), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_by", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["answered_by"], ["users.user_id"], name=op.f("fk_notice_objection_answers_answered_by")
        ),
        sa.ForeignKeyConstraint(
            ["notice_objection_uid"],
            ["notice_objections.notice_objection_uid"],
            name=op.f("fk_notice_objection_answers_notice_objection_uid"),
        ),
        sa.PrimaryKeyConstraint("notice_objection_uid", name=op.f("pk_notice_objection_answers")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _protect()


def _protect() -> None:
    """Titles of persons and what is objected to them are seen from their division; a notice is public."""
    seen = (
        "subject_id IS NULL OR "
        "EXISTS (SELECT 1 FROM subjects AS owner WHERE owner.subject_id = designations.subject_id)"
    )
    op.execute("ALTER TABLE designations ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY designations_in_scope ON designations USING ({seen}) WITH CHECK ({seen})")
    seen = (
        "EXISTS (SELECT 1 FROM designations AS owner "
        "WHERE owner.designation_id = designation_steps.designation_id)"
    )
    op.execute("ALTER TABLE designation_steps ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY designation_steps_in_scope ON designation_steps USING ({seen}) WITH CHECK ({seen})"
    )
    seen = (
        "EXISTS (SELECT 1 FROM notices JOIN places ON places.place_id = notices.place_id "
        "WHERE notices.notice_id = notice_objections.notice_id "
        f"AND starts_with(places.code, {SCOPE}))"
    )
    op.execute("ALTER TABLE notice_objections ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY notice_objections_in_scope ON notice_objections FOR SELECT USING ({seen})")
    # Anybody may object to a public notice.
    op.execute("CREATE POLICY notice_objections_raised ON notice_objections FOR INSERT WITH CHECK (true)")
    seen = (
        "EXISTS (SELECT 1 FROM notice_objections AS owner "
        "WHERE owner.notice_objection_uid = notice_objection_answers.notice_objection_uid)"
    )
    op.execute("ALTER TABLE notice_objection_answers ENABLE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY notice_objection_answers_in_scope ON notice_objection_answers "
        f"USING ({seen}) WITH CHECK ({seen})"
    )
    op.execute(STANDING)


def _enum(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def _big() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION certificate_standing(bigint, date)")
    op.drop_table("notice_objection_answers")
    with op.batch_alter_table("notice_objections") as batch:
        batch.drop_index(batch.f("ix_notice_objections_notice_id"))

    op.drop_table("notice_objections")
    op.drop_table("certificates")
    with op.batch_alter_table("notice_entries") as batch:
        batch.drop_index(batch.f("ix_notice_entries_designation_id"))

    op.drop_table("notice_entries")
    with op.batch_alter_table("designation_steps") as batch:
        batch.drop_index(batch.f("ix_designation_steps_notice_id"))

    op.drop_table("designation_steps")
    with op.batch_alter_table("designations") as batch:
        batch.drop_index(batch.f("ix_designations_subject_id"))
        batch.drop_index(batch.f("ix_designations_place_id_designations_kind"))

    op.drop_table("designations")
    with op.batch_alter_table("notices") as batch:
        batch.drop_index(batch.f("ix_notices_place_id"))

    op.drop_table("notices")
