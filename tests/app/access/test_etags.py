"""No edit is lost: a change names the state that was read, and another state is refused."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from app.access.etags import etag_of, matches, require_match
from app.errors import PreconditionFailed, PreconditionRequired

ETAG = etag_of("consent", 7, date(2026, 11, 23))
PARTS = st.tuples(st.one_of(st.none(), st.integers(), st.text(), st.dates()))


def request(*if_match):
    return Request(
        {"type": "http", "headers": [(b"if-match", value.encode("latin-1")) for value in if_match]}
    )


@given(PARTS, PARTS)
def test_two_states_have_one_tag_only_when_every_part_is_the_same(one, other):
    assert (etag_of(*one) == etag_of(*other)) == (repr(one) == repr(other))


def test_a_tag_is_strong_and_quoted_and_tells_apart_what_looks_alike():
    assert ETAG.startswith('"')
    assert ETAG.endswith('"')
    alike: list[tuple[Any, ...]] = [
        (1,), ("1",), ("1", None), ("1", "None"), ("a", "b"), ("ab",), (date(2026, 1, 1),),
        (datetime(2026, 1, 1, tzinfo=UTC),),
    ]  # fmt: skip
    assert len({etag_of(*parts) for parts in alike}) == len(alike)


@pytest.mark.parametrize(
    "header",
    [ETAG, f" {ETAG}\t", "*", f'"other", {ETAG}', f'{ETAG},"other"', f',, "a,b" , {ETAG},', f'W/"x", {ETAG}'],
)
def test_a_header_that_names_the_tag_matches(header):
    assert matches(header, ETAG)


@pytest.mark.parametrize(
    "header",
    ["", '"other"', f"W/{ETAG}", ETAG.strip('"'), f"{ETAG} {ETAG}", f'"{ETAG}"', f'{ETAG}, "open', "**",
     f"*, {ETAG}", f'"a, {ETAG}'],
)  # fmt: skip
def test_another_tag_a_weak_one_or_a_malformed_header_does_not(header):
    assert not matches(header, ETAG)


def test_the_change_that_names_the_present_state_is_let_through():
    require_match(request(ETAG), ETAG)
    require_match(request('"older"', ETAG), ETAG)


def test_a_change_that_names_no_state_is_told_to_read_first():
    with pytest.raises(PreconditionRequired, match="ETag") as refused:
        require_match(request(), ETAG)
    assert refused.value.status == 428


@pytest.mark.parametrize("header", ['"older"', f"W/{ETAG}", ""])
def test_a_change_of_another_state_is_refused_without_repeating_what_was_sent(header):
    with pytest.raises(PreconditionFailed) as refused:
        require_match(request(header), ETAG)
    assert refused.value.status == 412
    assert "older" not in refused.value.detail
