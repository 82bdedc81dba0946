"""Nobody gets more than the stated rate, everybody gets it, and the memory of it is bounded."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from app import clock
from app.access.rates import AddressLimit, Limiter, Rate

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
ACCOUNT = Rate("account", per_minute=600, burst=120)
COOKIE = "credit_village_session"


def taken(limiter, count, *, at, key=1):
    """How many of so many requests at one instant are let through."""
    return sum(limiter.take(key, at=at) is None for _ in range(count))


def later(seconds):
    return AT + timedelta(seconds=seconds)


def test_after_a_rest_the_burst_is_let_through_and_not_one_more():
    assert taken(Limiter(ACCOUNT), 200, at=AT) == 120


@pytest.mark.parametrize(
    ("seconds", "count"), [(0.099, 0), (0.1, 1), (1, 10), (6, 60), (12, 120), (3600, 120)]
)
def test_an_empty_bucket_fills_at_ten_a_second_up_to_the_burst(seconds, count):
    limiter = Limiter(ACCOUNT)
    taken(limiter, 120, at=AT)
    assert taken(limiter, 200, at=later(seconds)) == count


@given(st.lists(st.floats(0, 3), min_size=1, max_size=200), st.integers(1, 20), st.integers(30, 600))
def test_no_span_of_time_lets_more_through_than_its_burst_and_its_rate(steps, burst, per_minute):
    limiter, seconds, passed = Limiter(Rate("any", per_minute=per_minute, burst=burst)), 0.0, []
    for step in steps:
        seconds += step
        if limiter.take(1, at=later(seconds)) is None:
            passed.append(seconds)
    for first, start in enumerate(passed):
        for last, end in enumerate(passed[first:], start=first):
            assert last - first + 1 <= burst + (end - start) * per_minute / 60 + 1e-3


@given(st.integers(1, 50), st.integers(1, 600))
def test_who_waits_as_long_as_told_is_let_through_and_who_waits_a_second_less_is_not_always(
    burst, per_minute
):
    limiter = Limiter(Rate("any", per_minute=per_minute, burst=burst))
    taken(limiter, burst, at=AT)
    refused = limiter.take(1, at=AT)
    assert refused is not None
    assert limiter.take(1, at=later(refused.retry_after_seconds)) is None
    if refused.retry_after_seconds > 1:
        other = Limiter(Rate("any", per_minute=per_minute, burst=burst))
        taken(other, burst, at=AT)
        assert other.take(1, at=later(refused.retry_after_seconds - 1)) is not None


def test_one_account_does_not_use_up_the_rate_of_another():
    limiter = Limiter(ACCOUNT)
    assert taken(limiter, 200, at=AT, key=1) == taken(limiter, 200, at=AT, key=2) == 120


def test_a_clock_that_is_set_back_locks_nobody_out_for_longer_than_the_burst():
    limiter = Limiter(ACCOUNT)
    taken(limiter, 120, at=later(3600))
    assert limiter.take(1, at=AT) is not None
    assert taken(limiter, 200, at=later(12)) == 120


def test_of_more_keys_than_are_kept_the_longest_unused_is_forgotten():
    limiter = Limiter(Rate("any", per_minute=1, burst=1), keys_max=3)
    for key in (1, 2, 3):
        limiter.take(key, at=AT)
    limiter.take(1, at=AT)
    for key in range(4, 1_000):
        limiter.take(key, at=AT)
        limiter.take(1, at=AT)
    assert len(limiter) == 3
    assert limiter.take(1, at=AT) is not None
    assert limiter.take(2, at=AT) is None


@pytest.fixture
def ask(monkeypatch):
    """An application limited by address, at a clock that stands still; ask it from any address."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    app = FastAPI()

    @app.api_route("/{path:path}", methods=["GET", "POST"])
    def anything(path: str):
        return {}

    app.add_middleware(
        AddressLimit,
        strangers=Limiter(Rate("address", per_minute=600, burst=5)),
        sign_ins=Limiter(Rate("sign-in", per_minute=30, burst=2)),
        sign_in_paths={"/v1/token"},
        objections=Limiter(Rate("objection", per_minute=2, burst=2)),
        cookie=COOKIE,
    )

    def asked(path, address="192.0.2.1", method="GET", **headers):
        with TestClient(app, client=(address, 1)) as client:
            return client.request(method, path, headers=headers)

    return asked


def statuses(ask, count, *arguments, **keywords):
    return [ask(*arguments, **keywords).status_code for _ in range(count)]


def test_a_stranger_over_the_rate_is_told_when_to_come_back(ask):
    assert statuses(ask, 6, "/v1/cards") == [200] * 5 + [429]
    refused = ask("/login")
    assert refused.json()["code"] == "too_many_requests"
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit-policy"] == '"address";q=5;w=1'
    assert refused.headers["ratelimit"] == '"address";r=0;t=1'
    assert re.search("[一-鿿]", refused.json()["detail"])


def test_what_the_public_objects_has_a_rate_of_its_own_that_no_made_up_account_escapes(ask):
    path = "/public/notices/GS-500120-2025-0001/objections"
    assert statuses(ask, 3, path, method="POST", Authorization="Bearer x") == [200, 200, 429]
    assert ask(path, method="POST").headers["ratelimit-policy"] == '"objection";q=2;w=60'
    assert statuses(ask, 6, "/public/notices", Cookie=f"{COOKIE}=x") == [200] * 5 + [429]


@pytest.mark.parametrize("other", ["192.0.2.2", "2001:db8:0:1::1", "testclient"])
def test_another_address_has_its_own_rate(ask, other):
    statuses(ask, 6, "/")
    assert ask("/", other).status_code == 200


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2001:db8::1", "2001:db8::ffff:1"),
        ("2001:db8::1", "2001:db8::2%eth0"),
        ("192.0.2.1", "::ffff:192.0.2.1"),
    ],
)
def test_the_addresses_of_one_customer_share_a_rate(ask, one, other):
    statuses(ask, 5, "/", one)
    assert ask("/", other).status_code == 429


def test_attempts_to_sign_in_are_counted_for_their_own_lower_rate_whatever_they_carry(ask):
    attempt = {"path": "/v1/token", "method": "POST", "Authorization": "Basic x", "Cookie": f"{COOKIE}=x"}
    assert statuses(ask, 3, **attempt) == [200, 200, 429]
    assert ask(**attempt).headers["ratelimit-policy"] == '"sign-in";q=2;w=4'
    assert ask("/v1/token").status_code == 200


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer x"}, {"Cookie": f"a=b; {COOKIE}=x"}])
def test_what_comes_with_a_token_or_a_session_is_left_to_its_account(ask, headers):
    assert set(statuses(ask, 8, "/v1/me", **headers)) == {200}


def test_another_cookie_is_no_session(ask):
    assert statuses(ask, 6, "/", Cookie="theme=dark")[-1] == 429


def test_shipped_files_are_free(ask):
    assert set(statuses(ask, 8, "/static/style.css")) == {200}
