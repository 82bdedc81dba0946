"""Every text that can be sent: sealed, or kept in clear without a number of a person in it."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import JSON, Enum, String

from app.models import Base, Role
from tests.app.access.matrix import REQUESTS, SCOPES, World
from tests.app.access.test_matrix import client, someone_allowed, world
from tests.district import DAY
from tests.numbers import resident

__all__ = ["client", "world"]

Body = dict[str, Any]
# Shorter ones are codes.
CODE_LENGTH_MAX = 32
SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
# Kept in clear, and read by everybody who sees the thing it is about.
IN_CLEAR = {
    "answer": {"document"},
    "answer_notice_objection": {"document"},
    "ask_approval": {"reason", "document", "ground", "pia"},
    "ask_attestation": {"reason", "document"},
    "ask_attestation_withdrawal": {"reason"},
    "close_round": {"reason"},
    "decide_approval": {"reason"},
    "end_override": {"reason"},
    "give_copy": {"document"},
    "give_report": {"document"},
    "inquiries": {"authorisation.document", "authorisation.reference"},
    "inquiry_batches": {"inquiries.authorisation.document", "inquiries.authorisation.reference"},
    "note_inquiry_alert": {"text"},
    "propose_designation": {"reason", "document"},
    "request_review": {"document"},
    "take_designation_step": {"reason", "document"},
    "take_designation_steps": {"reason", "document"},
    "withdraw_consent": {"document"},
    "withdrawal": {"document"},
}
# Sealed, each to its row.
SEALED = {
    "answer": {"found"},
    "answer_notice_objection": {"found"},
    "answer_review": {"text"},
    "invite_appraiser": {"name"},
    "object_to_notice": {"text", "contact"},
    "raise_objection": {"text"},
    "record_notice_objection": {"text", "contact"},
    "request_review": {"text"},
    "withdrawal": {"text"},
}
# Codes, names of accounts and offices, files, and what is compared but never kept.
NO_TEXT = {
    "", "account.display_name", "account.oidc_subject", "account.username",
    "authorisation.document_sha256", "change.display_name", "change.oidc_subject", "client_id",
    "client_secret", "code", "display_name", "document_sha256", "grade", "id_number",
    "inquiries.authorisation.document_sha256", "inquiries.id_number", "inquiries.uscc", "kin_household_nos",
    "marks.reasons", "measure", "name", "new", "oidc_subject", "old", "password", "reason_code",
    "refresh_token", "token", "totp", "username", "uscc",
}  # fmt: skip
PAPER = {
    "reference": "授权书 1", "document": "档案柜 3", "document_sha256": "0" * 64, "signed_on": f"{DAY}",
    "ends_on": f"{DAY + timedelta(days=365)}",
}  # fmt: skip
# Rules to activate are newer ones: tests/app/approvals/test_cli.py asks for them.
ELSEWHERE = {("ask_approval", "pia")}


# Kept in clear: each is looked through for numbers where it is written down.
LOOKED_THROUGH = {
    "appraisal_closings.reason",
    "approval_decisions.reason", "approvals.content", "approvals.reason", "attestation_ends.reason",
    "attestations.document", "attestations.reason", "batches.file_name", "batches.recorded_by",
    "batches.source", "consent_withdrawals.evidence", "consents.evidence", "consents.reference",
    "designation_steps.document", "designation_steps.reason", "disclosures.document", "erasures.document",
    "erasures.ground", "inquiry_alert_notes.text", "lineage_undos.document", "lineage_undos.recorded_by",
    "lineages.document", "lineages.recorded_by", "notice_entries.result",
    "notice_entries.shown_name", "notice_entries.shown_place", "notice_objection_answers.document",
    "objection_events.document", "override_ends.reason", "overrides.document", "overrides.reason",
    "quarantine_decisions.recorded_by", "record_events.document", "record_events.reason",
    "record_events.recorded_by", "review_requests.document", "roster_entries.exclusion_document",
    "rosters.name", "rosters.source", "statements.recorded_by",
}  # fmt: skip
# Names of accounts, offices, entities and papers, and what the service itself or its rules say.
NO_FREE_TEXT = re.compile(
    r"(facts|sources|rule_versions|rating_runs|places|place_gates|place_measures|peer_points|api_clients)\..*"
    r"|.*(fingerprint|sha256|_hash|measure|username|client_id|opened_by|erased_by)"
    r"|(agri_entities|roster_entries|organisations)\.name|loans\.lender|users\.(display_name|oidc_subject)"
    r"|(notices|consents|consent_withdrawals|contacts|disclosures|objections|objection_events|review_requests"
    r"|review_answers|notice_objections)\.recorded_by"
    r"|(appraisal_(?!closings\.reason)|approval_uses|inquiry_alerts|consents\.facts|erasures\.counts|idempotency_keys\.key).*"
    r"|approvals\.target|batches\.mapping|certificates\.payload|designation_steps\.facts|exports\.watermark"
    r"|quarantined_rows\.(reason|candidates)"
)


def fields(texts: Mapping[str, set[str]], *, of: set[str] | None = None) -> Iterator[tuple[str, str]]:
    """Each field with its operation."""
    for operation, names in texts.items():
        if of is None or operation in of:
            yield from ((operation, name) for name in names)


def texts_of(schema: Any, whole: Any, *, path: str = "") -> Iterator[str]:
    """The paths of the strings of a body that have no form, list or length-fixing pattern."""
    while "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from texts_of(part, whole, path=path)
    if schema.get("type") == "array":
        yield from texts_of(schema["items"], whole, path=path)
    for name, field in schema.get("properties", {}).items():
        yield from texts_of(field, whole, path=f"{path}.{name}".lstrip("."))
    if schema.get("type") == "string" and not {"enum", "const", "pattern", "format"} & schema.keys():
        yield path


def bodies(client: TestClient) -> Iterator[tuple[str, set[str]]]:
    """Every operation that takes a body, with the texts in it."""
    whole = client.app.openapi()  # type: ignore[attr-defined]
    for operations in whole["paths"].values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {})
            for media in content.values():
                yield operation["operationId"], set(texts_of(media["schema"], whole))


@SQLITE_ONLY
def test_every_text_that_can_be_sent_is_sealed_or_kept_without_numbers(client: TestClient) -> None:
    found: dict[str, set[str]] = {}
    for operation, texts in bodies(client):
        found.setdefault(operation, set()).update(texts - (NO_TEXT - SEALED.get(operation, set())))
    told = {
        operation: IN_CLEAR.get(operation, set()) | SEALED.get(operation, set())
        for operation in IN_CLEAR.keys() | SEALED.keys()
    }
    assert {operation: texts for operation, texts in found.items() if texts} == told


@SQLITE_ONLY
@pytest.mark.parametrize(("operation", "field"), sorted(set(fields(IN_CLEAR)) - ELSEWHERE))
def test_a_number_of_a_person_in_a_text_that_is_kept_in_clear_is_refused(
    client: TestClient, world: World, operation: str, field: str
) -> None:
    number = resident(7)
    refused = sent(client, world, operation, field, text=f"王某 {number}")
    assert f"{field.removeprefix('inquiries.')}: 内含居民身份证号" in refused.text
    assert refused.status_code == (200 if operation == "inquiry_batches" else 422)
    assert number not in refused.text
    taken = sent(client, world, operation, field, text="王某 2026-01-01")
    assert ("内含" in taken.text, taken.status_code == 422) == (False, False)


@SQLITE_ONLY
@pytest.mark.parametrize(("operation", "field"), sorted(fields(SEALED, of=set(REQUESTS))))
def test_a_text_that_is_sealed_may_say_whose_number_it_is(
    client: TestClient, world: World, operation: str, field: str
) -> None:
    taken = sent(client, world, operation, field, text=f"王某 {resident(7)}")
    assert ("内含" in taken.text, taken.status_code in {200, 201, 409}) == (False, True)


def sent(client: TestClient, world: World, operation: str, field: str, *, text: str) -> Response:
    """The answer to the request of the matrix with another text in one field."""
    place, code = SCOPES["own"]
    role = Role.DISTRICT_ADMIN if operation == "ask_approval" else someone_allowed(operation)
    world.asking = (role, place)
    call = REQUESTS[operation](world, code)
    body = body_with(operation, field, dict(call.json), world=world, text=text)
    headers = {"Authorization": f"Bearer {world.token(role, place)}", "If-Match": "*"}
    return client.request(call.method, call.path, json=body, headers=headers)


def body_with(operation: str, field: str, body: Body, *, world: World, text: str) -> Body:
    """The body of a request that has the field, with this text in it."""
    name = field.rpartition(".")[2]
    if operation == "inquiry_batches":
        [one] = body["inquiries"]
        return {"inquiries": [body_with("inquiries", field, dict(one), world=world, text=text)]}
    if operation == "inquiries":
        del body["consent_id"]
        return {**body, "authorisation": {**PAPER, name: text}}
    if operation == "ask_approval" and name in {"ground", "document"}:
        subject = world.households[SCOPES["own"][1]]
        body = {
            "kind": "erasure",
            "subject_id": subject,
            "ground": "销户",
            "document": "申请",
            "reason": "销户",
        }
    return {**body, name: text}


def test_every_text_that_is_kept_in_clear_is_looked_through_or_no_free_text() -> None:
    long = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, String | JSON)
        and not isinstance(column.type, Enum)
        and (getattr(column.type, "length", None) or 255) > CODE_LENGTH_MAX
    }
    assert {name for name in long if not NO_FREE_TEXT.fullmatch(name)} == LOOKED_THROUGH
