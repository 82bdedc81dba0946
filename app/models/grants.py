"""What the serving process may do in PostgreSQL: it owns no table, and cannot change what is insert-only."""

from collections.abc import Mapping

from app.models.base import Base

# Tables of the command line and the nights alone: a request neither reads nor writes them.
UNSEEN = frozenset({"quarantine_decisions", "quarantined_rows"})
ADDED_TO = frozenset(
    {
        "api_clients",
        "appraisal_closings",
        "appraisal_drafts",
        "appraisal_flags",
        "appraisal_households",
        "appraisal_marks",
        "appraisal_results",
        "appraisal_rounds",
        "appraisal_sheets",
        "appraiser_kin",
        "appraisers",
        "approval_decisions",
        "approval_uses",
        "approvals",
        "attestation_ends",
        "attestations",
        "batches",
        "certificates",
        "consent_withdrawals",
        "consents",
        "designation_steps",
        "designations",
        "disclosures",
        "exports",
        "idempotency_keys",
        "inquiries",
        "inquiry_alert_notes",
        "notice_entries",
        "notice_objection_answers",
        "notice_objections",
        "notices",
        "objection_events",
        "objections",
        "organisations",
        "override_ends",
        "overrides",
        "record_events",
        "records",
        "refresh_tokens",
        "review_answers",
        "review_requests",
        "revoked_tokens",
        "user_sessions",
        "users",
    }
)
# What of a row may change after it was written; a sealed text is bound to the number its row was given.
CHANGED: Mapping[str, tuple[str, ...]] = {
    "appraisal_drafts": ("content_cipher", "revision", "saved_at"),
    "api_clients": ("disabled", "failed_attempts", "locked_until", "secret_hash"),
    "idempotency_keys": ("answer_cipher", "status"),
    "objection_events": ("text_cipher",),
    "objections": ("text_cipher",),
    "organisations": ("admitted_at",),
    "refresh_tokens": ("revoked_at", "used_at"),
    "review_answers": ("text_cipher",),
    "review_requests": ("text_cipher",),
    # Only to lock the row: the policy of the table lets no change through.
    "subjects": ("synthetic",),
    "user_sessions": ("holds_until",),
}
CHANGED_WHOLLY = frozenset({"users"})
DELETED_FROM = frozenset({"appraisal_drafts", "idempotency_keys", "revoked_tokens", "user_sessions"})


def grants(role: str) -> list[str]:
    """The statements that let a role serve, and nothing else; `role` is quoted by the caller."""
    tables = sorted(Base.metadata.tables)
    seen = ", ".join(name for name in tables if name not in UNSEEN)
    found = [
        f"REVOKE ALL ON {', '.join(tables)}, alembic_version FROM {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"GRANT SELECT ON {seen}, alembic_version TO {role}",
        f"GRANT INSERT ON {', '.join(sorted(ADDED_TO))} TO {role}",
        f"GRANT UPDATE ON {', '.join(sorted(CHANGED_WHOLLY))} TO {role}",
        f"GRANT DELETE ON {', '.join(sorted(DELETED_FROM))} TO {role}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    ]
    changed = [
        f"GRANT UPDATE ({', '.join(columns)}) ON {table} TO {role}"
        for table, columns in sorted(CHANGED.items())
    ]
    return found + changed
