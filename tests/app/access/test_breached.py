"""Passwords stolen elsewhere are found in the operator's collection, wherever in it they stand."""

import hashlib

import pytest

from app.access.breached import is_breached
from app.access.passwords import check_password
from app.errors import Invalid, SetupError

KNOWN = [f"known password {number}" for number in range(257)]


def sha1(password):
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.fixture(params=["\n", "\r\n"])
def collection(tmp_path, request):
    """A collection as it is handed out: sorted hashes, each with how often it was seen."""
    file = tmp_path / "breached.txt"
    lines = [f"{digest}:{number}" for number, digest in enumerate(sorted(map(sha1, KNOWN)))]
    file.write_text(request.param.join(lines) + request.param, newline="")
    return file


def test_every_password_of_the_collection_is_found_and_no_other(collection):
    assert [one for one in KNOWN if not is_breached(one, collection=collection)] == []
    others = [f"another password {number}" for number in range(500)]
    assert [one for one in others if is_breached(one, collection=collection)] == []


def test_one_of_them_is_refused_where_the_operator_has_a_collection(collection):
    check_password("known password 7")
    with pytest.raises(Invalid, match="stolen"):
        check_password("known password 7", breached=collection)
    check_password("a password nobody stole", breached=collection)


@pytest.mark.parametrize("content", ["", "\n", "no hashes\n"])
def test_an_empty_collection_holds_nothing(tmp_path, content):
    file = tmp_path / "empty"
    file.write_text(content)
    assert not is_breached("known password 7", collection=file)


def test_a_collection_that_cannot_be_read_refuses_instead_of_accepting(tmp_path):
    with pytest.raises(SetupError, match="CREDIT_VILLAGE_BREACHED_PASSWORDS"):
        check_password("a password nobody stole", breached=tmp_path / "none")
