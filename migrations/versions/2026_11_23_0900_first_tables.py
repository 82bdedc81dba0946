"""first tables"""

import sqlalchemy as sa
from alembic import op

revision = "b3acc8cc901b"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "households",
                "entities",
                "observations",
                "roster",
                "loan_return",
                "demonstration",
                name="batchkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_batches")),
        sa.UniqueConstraint("kind", "content_sha256", name=op.f("uq_batches_kind_content_sha256")),
    )
    op.create_table(
        "facts",
        sa.Column("fact_id", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column(
            "subject_kind",
            sa.Enum(
                "household",
                "agri_entity",
                "village",
                name="subjectkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("label_en", sa.String(length=128), nullable=False),
        sa.Column("unit", sa.String(length=32), nullable=False),
        sa.Column(
            "value_type",
            sa.Enum(
                "integer",
                "money_fen",
                "number",
                "boolean",
                "code",
                "share",
                name="valuetype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("minimum", sa.Double(), nullable=True),
        sa.Column("maximum", sa.Double(), nullable=True),
        sa.Column(
            "sensitivity",
            sa.Enum(
                "open",
                "personal",
                "restricted",
                name="sensitivity",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("freshness_months", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("fact_id", name=op.f("pk_facts")),
        sa.UniqueConstraint("subject_kind", "name", name=op.f("uq_facts_subject_kind_name")),
    )
    op.create_table(
        "organisations",
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "bank",
                "town_office",
                "department",
                "pboc",
                name="organisationkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_organisations")),
        sa.UniqueConstraint("code", name=op.f("uq_organisations_code")),
    )
    op.create_table(
        "places",
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("code_system", sa.String(length=8), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("mca_code", sa.String(length=12), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "city",
                "district",
                "town",
                "subdistrict",
                "village",
                "community",
                name="placekind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("successor_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["places.place_id"], name=op.f("fk_places_parent_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["places.place_id"], name=op.f("fk_places_successor_id")),
        sa.PrimaryKeyConstraint("place_id", name=op.f("pk_places")),
        sa.UniqueConstraint(
            "code_system", "code", "valid_from", name=op.f("uq_places_code_system_code_valid_from")
        ),
    )
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_places_parent_id"), ["parent_id"], unique=False)

    op.create_table(
        "rating_runs",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_record_id", sa.BigInteger(), nullable=False),
        sa.Column("rule_fingerprints", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_rating_runs")),
    )
    with op.batch_alter_table("rating_runs", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_rating_runs_as_of"), ["as_of"], unique=False)

    op.create_table(
        "rule_versions",
        sa.Column("rule_version_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("variant", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("rule_version_id", name=op.f("pk_rule_versions")),
        sa.UniqueConstraint(
            "code",
            "variant",
            "effective_from",
            "fingerprint",
            name=op.f("uq_rule_versions_code_variant_effective_from_fingerprint"),
        ),
    )
    op.create_table(
        "place_statuses",
        sa.Column("place_status_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("rule_version_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "holds",
                "fails",
                "insufficient",
                "not_applicable",
                name="gatestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["place_id"], ["places.place_id"], name=op.f("fk_place_statuses_place_id")),
        sa.ForeignKeyConstraint(
            ["rule_version_id"],
            ["rule_versions.rule_version_id"],
            name=op.f("fk_place_statuses_rule_version_id"),
        ),
        sa.ForeignKeyConstraint(["run_id"], ["rating_runs.run_id"], name=op.f("fk_place_statuses_run_id")),
        sa.PrimaryKeyConstraint("place_status_id", name=op.f("pk_place_statuses")),
    )
    with op.batch_alter_table("place_statuses", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_place_statuses_place_id_place_statuses_run_id"),
            ["place_id", "run_id"],
            unique=True,
        )

    op.create_table(
        "rosters",
        sa.Column("roster_id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.batch_id"], name=op.f("fk_rosters_batch_id")),
        sa.PrimaryKeyConstraint("roster_id", name=op.f("pk_rosters")),
        sa.UniqueConstraint("batch_id", name=op.f("uq_rosters_batch_id")),
    )
    op.create_table(
        "subjects",
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "household",
                "agri_entity",
                "village",
                name="subjectkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.place_id"], name=op.f("fk_subjects_place_id")),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_subjects")),
    )
    with op.batch_alter_table("subjects", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_subjects_place_id_subjects_kind"), ["place_id", "kind"], unique=False
        )

    op.create_table(
        "users",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "loan_officer",
                "town_official",
                "district_admin",
                "auditor",
                "job",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("failed_attempts", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.organisation_id"], name=op.f("fk_users_organisation_id")
        ),
        sa.ForeignKeyConstraint(["place_id"], ["places.place_id"], name=op.f("fk_users_place_id")),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_table(
        "agri_entities",
        sa.Column(
            "subject_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column(
            "entity_type",
            sa.Enum(
                "family_farm",
                "cooperative",
                "leading_enterprise",
                "large_grower",
                "service_organisation",
                "collective",
                name="entitytype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column(
            "status",
            sa.Enum(
                "active",
                "suspended",
                "deregistered",
                "revoked",
                name="entitystatus",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("recognition_level", sa.SmallInteger(), nullable=False),
        sa.Column("legal_representative_name_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("legal_representative_number_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("legal_representative_index", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint(
            "recognition_level BETWEEN 0 AND 4", name=op.f("ck_agri_entities_recognition_level")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_agri_entities_subject_id")
        ),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_agri_entities")),
        sa.UniqueConstraint("uscc", name=op.f("uq_agri_entities_uscc")),
    )
    with op.batch_alter_table("agri_entities", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_agri_entities_legal_representative_index"),
            ["legal_representative_index"],
            unique=False,
        )

    op.create_table(
        "consents",
        sa.Column("consent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "pre_loan",
                "post_loan",
                "guarantee_review",
                "collection",
                "objection",
                "official_duty",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("withdrawn_on", sa.Date(), nullable=True),
        sa.Column("evidence", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.organisation_id"], name=op.f("fk_consents_organisation_id")
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.subject_id"], name=op.f("fk_consents_subject_id")),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_consents_subject_id_consents_organisation_id"),
            ["subject_id", "organisation_id"],
            unique=False,
        )

    op.create_table(
        "coverage_counts",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "entity_type",
            sa.Enum(
                "family_farm",
                "cooperative",
                "leading_enterprise",
                "large_grower",
                "service_organisation",
                "collective",
                name="entitytype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("roster_id", sa.Integer(), nullable=False),
        sa.Column("roster_count", sa.Integer(), nullable=False),
        sa.Column("excluded_count", sa.Integer(), nullable=False),
        sa.Column("on_file_count", sa.Integer(), nullable=False),
        sa.Column("rated_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["place_id"], ["places.place_id"], name=op.f("fk_coverage_counts_place_id")),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["rosters.roster_id"], name=op.f("fk_coverage_counts_roster_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["rating_runs.run_id"], name=op.f("fk_coverage_counts_run_id")),
        sa.PrimaryKeyConstraint(
            "run_id", "place_id", "entity_type", "roster_id", name=op.f("pk_coverage_counts")
        ),
    )
    op.create_table(
        "households",
        sa.Column(
            "subject_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("household_no", sa.String(length=32), nullable=False),
        sa.Column("head_name_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("head_id_number_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("head_id_number_index", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_households_subject_id")
        ),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_households")),
        sa.UniqueConstraint("household_no", name=op.f("uq_households_household_no")),
    )
    with op.batch_alter_table("households", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_households_head_id_number_index"), ["head_id_number_index"], unique=True
        )

    op.create_table(
        "loans",
        sa.Column("loan_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lender", sa.String(length=64), nullable=False),
        sa.Column("granted_on", sa.Integer(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.batch_id"], name=op.f("fk_loans_batch_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.subject_id"], name=op.f("fk_loans_subject_id")),
        sa.PrimaryKeyConstraint("loan_id", name=op.f("pk_loans")),
    )
    with op.batch_alter_table("loans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_loans_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "place_gates",
        sa.Column("place_status_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("measure", sa.String(length=64), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "holds",
                "fails",
                "insufficient",
                "not_applicable",
                name="gatestate",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("threshold", sa.Double(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("margin", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(
            ["place_status_id"],
            ["place_statuses.place_status_id"],
            name=op.f("fk_place_gates_place_status_id"),
        ),
        sa.PrimaryKeyConstraint("place_status_id", "name", name=op.f("pk_place_gates")),
    )
    op.create_table(
        "place_grade_counts",
        sa.Column("place_status_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("grade", sa.String(length=8), nullable=False),
        sa.Column("subject_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_status_id"],
            ["place_statuses.place_status_id"],
            name=op.f("fk_place_grade_counts_place_status_id"),
        ),
        sa.PrimaryKeyConstraint(
            "place_status_id", "subject_kind", "grade", name=op.f("pk_place_grade_counts")
        ),
    )
    op.create_table(
        "place_measures",
        sa.Column("place_status_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("numerator", sa.Double(), nullable=True),
        sa.Column("denominator", sa.Double(), nullable=True),
        sa.Column("denominator_name", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_status_id"],
            ["place_statuses.place_status_id"],
            name=op.f("fk_place_measures_place_status_id"),
        ),
        sa.PrimaryKeyConstraint("place_status_id", "name", name=op.f("pk_place_measures")),
    )
    op.create_table(
        "ratings",
        sa.Column("rating_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("rule_version_id", sa.Integer(), nullable=False),
        sa.Column("grade", sa.String(length=8), nullable=False),
        sa.Column("score", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("packed_bins", sa.BigInteger(), nullable=False),
        sa.Column("vetoes", sa.Integer(), nullable=False),
        sa.Column("known_count", sa.Integer(), nullable=False),
        sa.Column(
            "unrated_reason",
            sa.Enum(
                "",
                "required_missing",
                "too_few_facts",
                "not_in_operation",
                name="unratedreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("on_file", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_version_id"], ["rule_versions.rule_version_id"], name=op.f("fk_ratings_rule_version_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["rating_runs.run_id"], name=op.f("fk_ratings_run_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.subject_id"], name=op.f("fk_ratings_subject_id")),
        sa.PrimaryKeyConstraint("rating_id", name=op.f("pk_ratings")),
    )
    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_ratings_subject_id_ratings_run_id"), ["subject_id", "run_id"], unique=True
        )

    op.create_table(
        "records",
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("fact_id", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.Column("observed_on", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.batch_id"], name=op.f("fk_records_batch_id")),
        sa.ForeignKeyConstraint(["fact_id"], ["facts.fact_id"], name=op.f("fk_records_fact_id")),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.subject_id"], name=op.f("fk_records_subject_id")),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_records")),
    )
    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_records_subject_id_records_fact_id"), ["subject_id", "fact_id"], unique=False
        )

    op.create_table(
        "written_consents",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("row_no", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column(
            "subject_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.batch_id"], name=op.f("fk_written_consents_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_written_consents_subject_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "row_no", "subject_id", name=op.f("pk_written_consents")),
    )
    op.create_table(
        "roster_entries",
        sa.Column("roster_entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("roster_id", sa.Integer(), nullable=False),
        sa.Column("row_no", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column(
            "entity_type",
            sa.Enum(
                "family_farm",
                "cooperative",
                "leading_enterprise",
                "large_grower",
                "service_organisation",
                "collective",
                name="entitytype",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column(
            "exclusion",
            sa.Enum(
                "deregistered",
                "revoked",
                "suspended",
                "shell",
                "duplicate",
                "refused",
                "unreachable",
                "out_of_district",
                name="exclusionreason",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=True,
        ),
        sa.Column("exclusion_document", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["place_id"], ["places.place_id"], name=op.f("fk_roster_entries_place_id")),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["rosters.roster_id"], name=op.f("fk_roster_entries_roster_id")
        ),
        sa.PrimaryKeyConstraint("roster_entry_id", name=op.f("pk_roster_entries")),
    )
    with op.batch_alter_table("roster_entries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_roster_entries_roster_id_roster_entries_uscc"), ["roster_id", "uscc"], unique=True
        )
        batch_op.create_index(batch_op.f("ix_roster_entries_uscc"), ["uscc"], unique=False)

    op.create_table(
        "inquiries",
        sa.Column("inquiry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inquired_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "pre_loan",
                "post_loan",
                "guarantee_review",
                "collection",
                "objection",
                "official_duty",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("consent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rating_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "answered",
                "refused",
                "not_found",
                "unrated",
                name="inquiryoutcome",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("refusal_code", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["consents.consent_id"], name=op.f("fk_inquiries_consent_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.organisation_id"], name=op.f("fk_inquiries_organisation_id")
        ),
        sa.ForeignKeyConstraint(["rating_id"], ["ratings.rating_id"], name=op.f("fk_inquiries_rating_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subjects.subject_id"], name=op.f("fk_inquiries_subject_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.user_id"], name=op.f("fk_inquiries_user_id")),
        sa.PrimaryKeyConstraint("inquiry_id", name=op.f("pk_inquiries")),
    )
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_inquiries_organisation_id_inquiries_inquired_at"),
            ["organisation_id", "inquired_at"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_inquiries_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "loan_months",
        sa.Column("month_end_on", sa.Integer(), nullable=False),
        sa.Column(
            "loan_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.Column("overdue_days", sa.Integer(), nullable=False),
        sa.Column("class_code", sa.SmallInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.batch_id"], name=op.f("fk_loan_months_batch_id")),
        sa.ForeignKeyConstraint(["loan_id"], ["loans.loan_id"], name=op.f("fk_loan_months_loan_id")),
        sa.PrimaryKeyConstraint("month_end_on", "loan_id", name=op.f("pk_loan_months")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "members",
        sa.Column("member_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("relation_code", sa.String(length=2), nullable=False),
        sa.Column("name_cipher", sa.LargeBinary(), nullable=False),
        sa.Column("id_number_cipher", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["households.subject_id"], name=op.f("fk_members_subject_id")
        ),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_members")),
    )
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_members_id_number_index"), ["id_number_index"], unique=False)
        batch_op.create_index(batch_op.f("ix_members_subject_id"), ["subject_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_members_subject_id"))
        batch_op.drop_index(batch_op.f("ix_members_id_number_index"))

    op.drop_table("members")
    op.drop_table("loan_months")
    with op.batch_alter_table("inquiries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_inquiries_subject_id"))
        batch_op.drop_index(batch_op.f("ix_inquiries_organisation_id_inquiries_inquired_at"))

    op.drop_table("inquiries")
    with op.batch_alter_table("roster_entries", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_roster_entries_uscc"))
        batch_op.drop_index(batch_op.f("ix_roster_entries_roster_id_roster_entries_uscc"))

    op.drop_table("roster_entries")
    op.drop_table("written_consents")
    with op.batch_alter_table("records", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_records_subject_id_records_fact_id"))

    op.drop_table("records")
    with op.batch_alter_table("ratings", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_ratings_subject_id_ratings_run_id"))

    op.drop_table("ratings")
    op.drop_table("place_measures")
    op.drop_table("place_grade_counts")
    op.drop_table("place_gates")
    with op.batch_alter_table("loans", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_loans_subject_id"))

    op.drop_table("loans")
    with op.batch_alter_table("households", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_households_head_id_number_index"))

    op.drop_table("households")
    op.drop_table("coverage_counts")
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consents_subject_id_consents_organisation_id"))

    op.drop_table("consents")
    with op.batch_alter_table("agri_entities", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_agri_entities_legal_representative_index"))

    op.drop_table("agri_entities")
    op.drop_table("users")
    with op.batch_alter_table("subjects", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subjects_place_id_subjects_kind"))

    op.drop_table("subjects")
    op.drop_table("rosters")
    with op.batch_alter_table("place_statuses", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_place_statuses_place_id_place_statuses_run_id"))

    op.drop_table("place_statuses")
    op.drop_table("rule_versions")
    with op.batch_alter_table("rating_runs", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_rating_runs_as_of"))

    op.drop_table("rating_runs")
    with op.batch_alter_table("places", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_places_parent_id"))

    op.drop_table("places")
    op.drop_table("organisations")
    op.drop_table("facts")
    op.drop_table("batches")
