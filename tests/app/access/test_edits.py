"""No edit is lost: every operation that changes something says how, and 100 writers show that it is so."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from app.access.policy import PERMISSIONS, PUBLIC
from app.models import Role
from tests.app.access.calls import Call
from tests.app.access.matrix import ALLOWED, REQUESTS, SCOPES, World
from tests.app.access.test_matrix import client, someone_allowed, world

__all__ = ["client", "world"]

SQLITE_ONLY = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
WRITERS = 100
# They change what somebody has read: If-Match names it (428 without, 412 where it has changed).
EDITS = {
    "change_user", "decide_approval", "reset_password", "reset_second_factor", "save_sheet", "submit_sheet",
    "take_designation_step",
}  # fmt: skip
# They add what ends a thing, and there is one end: whoever comes second is told (409).
ONCE = {
    "answer", "answer_notice_objection", "answer_review", "carry_out_account", "close_round", "end_override",
    "export", "import_sheet", "take_designation_steps", "withdraw_consent", "withdrawal",
}  # fmt: skip
# What the matrix sends of these is refused (409) for the state of the thing: their own tests carry them out.
NOT_YET = {"close_round", "import_sheet", "take_designation_step", "take_designation_steps"}
# They add something beside what is there, which stays as it is.
ADDITIONS = {
    "ask_approval", "ask_attestation", "ask_attestation_withdrawal", "create_client", "create_organisation",
    "create_user", "give_copy", "give_report",
    "inquiries", "inquiry_batches", "invite_appraiser", "note_inquiry_alert", "open_round",
    "propose_designation", "propose_designations", "raise_objection", "record_notice_objection",
    "request_review",
}  # fmt: skip
# Done twice they leave what they leave done once.
REPEATABLE = {"end_own_sessions", "revoke_client", "sign_out_user"}
# They change the own account, and prove with its present password or code that nobody was quicker.
PROVEN = {"begin_second_factor", "change_password", "confirm_second_factor"}
# They ask, without changing anything of the district's.
QUESTIONS = {"find_subject"}
DONE = frozenset({200, 201, 204})


def ready(
    client: TestClient, world: World, operation: str
) -> tuple[Call, Callable[[dict[str, str]], Response]]:
    """A request of an operation about one thing, and how it is sent, as often as wanted."""
    role = someone_allowed(operation)
    viewer_code, code = SCOPES["own"]
    world.asking = (role, viewer_code)
    call = REQUESTS[operation](world, code)
    token = world.token(role, viewer_code)
    client.app.state.account_limiter.take = lambda *_given, **_named: None  # type: ignore[attr-defined]

    def send(headers: dict[str, str]) -> Response:
        named = {"Authorization": f"Bearer {token}", **headers}
        return client.request(call.method, call.path, json=call.json, headers=named)

    return call, send


@SQLITE_ONLY
def test_every_operation_that_changes_something_says_how_no_change_is_lost(client: TestClient) -> None:
    paths = client.app.openapi()["paths"]  # type: ignore[attr-defined]
    changing = {
        operation["operationId"]: operation["responses"]
        for path in paths.values()
        for method, operation in path.items()
        if method not in {"get", "head", "options"}
    }
    kinds = (EDITS, ONCE, ADDITIONS, REPEATABLE, PROVEN, QUESTIONS)
    said = [name for kind in kinds for name in kind]
    assert sorted(said) == sorted(set(changing) - PUBLIC)
    assert {name for name, told in changing.items() if {"412", "428"} <= set(told)} == EDITS
    assert {name for name in ONCE if "409" not in changing[name]} == set()
    assert set(PERMISSIONS) >= set().union(*kinds)


@SQLITE_ONLY
@pytest.mark.parametrize("operation", sorted(EDITS))
def test_an_edit_names_the_state_it_was_made_on(client: TestClient, world: World, operation: str) -> None:
    _, send = ready(client, world, operation)
    without, stale = send({}), send({"If-Match": '"another state"'})
    assert (without.status_code, without.json()["code"]) == (428, "precondition_required")
    assert (stale.status_code, stale.json()["code"]) == (412, "precondition_failed")
    assert send({"If-Match": "*"}).status_code in ({409} if operation in NOT_YET else DONE)


@pytest.mark.parametrize("operation", sorted(EDITS - NOT_YET))
def test_of_a_hundred_edits_of_one_state_one_is_taken(
    client: TestClient, world: World, operation: str
) -> None:
    call, send = ready(client, world, operation)
    role = someone_allowed(operation)
    read = re.sub("/(decision|password|second-factor|steps|submission)$", "", call.path)
    headers = {"Authorization": f"Bearer {world.token(role, SCOPES['own'][0])}"}
    etag = client.get(read, headers=headers).headers["etag"]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: send({"If-Match": etag}).status_code, range(WRITERS)))
    taken = [status for status in answers if status in DONE]
    assert len(taken) == 1
    # Who decides or submits at the very moment of another one finds it done: 409.
    ends = operation in {"decide_approval", "submit_sheet"}
    assert set(answers) - DONE <= ({409, 412} if ends else {412})


@pytest.mark.parametrize("operation", sorted(ONCE - NOT_YET))
def test_of_a_hundred_ends_of_one_thing_one_is_kept_and_the_others_are_told(
    client: TestClient, world: World, operation: str
) -> None:
    _, send = ready(client, world, operation)
    with ThreadPoolExecutor(10) as pool:
        statuses = Counter(pool.map(lambda _: send({}).status_code, range(WRITERS)))
    assert sum(statuses[done] for done in DONE) == 1
    assert set(statuses) - DONE == {409}


@SQLITE_ONLY
@pytest.mark.parametrize("operation", sorted(REPEATABLE))
def test_what_is_done_twice_is_as_if_it_were_done_once(
    client: TestClient, world: World, operation: str
) -> None:
    _, send = ready(client, world, operation)
    assert [send({}).status_code for _ in range(2)] == [204, 204]


def test_of_many_notes_at_the_same_moment_all_are_kept(client: TestClient, world: World) -> None:
    _, send = ready(client, world, "note_inquiry_alert")
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: send({}), range(WRITERS)))
    assert {answer.status_code for answer in answers} <= ALLOWED
    assert world.district.counts()["inquiry_alert_notes"] == WRITERS


@SQLITE_ONLY
@pytest.mark.parametrize("operation", ["change_password", "begin_second_factor"])
def test_the_own_account_is_changed_by_who_knows_its_present_password(
    client: TestClient, world: World, operation: str
) -> None:
    call, _ = ready(client, world, operation)
    token = world.token(Role.LOAN_OFFICER, SCOPES["own"][0])
    wrong = dict.fromkeys(call.json, "not the present one")
    answer = client.request(call.method, call.path, json=wrong, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_value")
