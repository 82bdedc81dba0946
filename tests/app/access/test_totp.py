"""The codes of an authenticator app, by the examples of RFC 6238."""

from base64 import b32encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from app.access.totp import enrolment_uri, matching_step, new_secret

SECRET = b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"),
     (2000000000, "279037"), (20000000000, "353130")],
)  # fmt: skip
def test_the_examples_of_the_standard_hold(seconds, code):
    assert matching_step(SECRET, code, at=datetime.fromtimestamp(seconds, UTC)) == seconds // 30


# The code of 1111111109 belongs to the 30 seconds from 1111111080 to 1111111110.
@pytest.mark.parametrize(
    ("seconds", "accepted"),
    [(1111111079, False), (1111111080, True), (1111111109, True), (1111111110, False)],
)
def test_a_code_holds_for_its_own_30_seconds_and_no_longer(seconds, accepted):
    step = matching_step(SECRET, "081804", at=datetime.fromtimestamp(seconds, UTC))
    assert step == (1111111109 // 30 if accepted else None)


@pytest.mark.parametrize(
    ("late", "accepted"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_where_clocks_may_differ_a_code_holds_one_step_early_and_one_step_late(late, accepted):
    at = datetime.fromtimestamp(1111111109, UTC) + timedelta(seconds=late)
    step = matching_step(SECRET, "081804", at=at, drift_steps=1)
    assert step == (1111111109 // 30 if accepted else None)


@pytest.mark.parametrize("code", ["", "28708", "2870820", "28708a", "２８７０８２", "-28708"])
def test_what_is_no_code_matches_no_step(code):
    assert matching_step(SECRET, code, at=datetime.fromtimestamp(59, UTC)) is None


def test_a_new_secret_is_never_the_same_and_is_told_to_the_app_as_a_link():
    assert new_secret() != new_secret()
    link = urlsplit(enrolment_uri(SECRET, username="officer.nsh"))
    asked = parse_qs(link.query)
    assert (link.scheme, link.netloc, link.path) == ("otpauth", "totp", "/credit-village:officer.nsh")
    assert (asked["secret"], asked["digits"], asked["period"]) == ([SECRET], ["6"], ["30"])
