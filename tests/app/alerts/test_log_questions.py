"""What is asked of the log of inquiries is answered or refused, never a failure, on both databases."""

import pytest

from tests.app.alerts.audit import CLIENT, WEDNESDAY, audit
from tests.app.alerts.test_routes import desk
from tests.district import morning

__all__ = ["audit", "desk"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"from": "0001-01-01"}, 422),
        ({"to": "0001-01-01"}, 422),
        ({"from": "1969-12-31"}, 422),
        ({"from": "1970-01-01"}, 200),
        ({"to": "9999-12-31"}, 200),
        ({"user": "\x00"}, 422),
        ({"user": "officer\x00"}, 422),
        ({"organisation": "\x00"}, 422),
        ({"organisation": "农商"}, 200),
    ],
)
def test_a_question_out_of_bounds_is_malformed_and_no_failure(desk, asked, status):
    answer = desk.get("/v1/inquiry-log", **asked)
    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "malformed_request"


def test_the_log_tells_a_person_from_a_banks_system(desk):
    desk.audit.ask("officer", 1, at=morning(WEDNESDAY))
    desk.audit.ask("system", 1, at=morning(WEDNESDAY), client_id=CLIENT)
    lines = desk.get("/v1/inquiry-log").json()["inquiries"]
    assert {line["username"]: line["client_id"] for line in lines} == {"system": CLIENT, "officer": None}
