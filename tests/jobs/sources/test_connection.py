"""Only hosts the operator has named are asked for rows, where any are named."""

import pytest

from app.errors import SetupError
from app.jobs.sources.connection import Secrets, pulled
from app.jobs.sources.pull_http import HttpConnection
from app.jobs.sources.pull_sql import SqlConnection

HOSTS = frozenset({"register.example"})


def quiet(_done, _total, _what):
    """Say nothing about how far it is."""


@pytest.mark.parametrize(
    ("connection", "database_url"),
    [
        (HttpConnection("farms", "https://evil.example/rows"), None),
        (HttpConnection("farms", "http://169.254.169.254/latest"), None),
        (SqlConnection("farms", "SELECT 1"), "postgresql://reader@evil.example/farms"),
        (SqlConnection("farms", "SELECT 1"), "postgresql://reader@/farms?host=evil.example"),
    ],
)
def test_a_host_that_is_not_named_is_not_asked(connection, database_url):
    secrets = Secrets(None, database_url, HOSTS)
    with (
        pytest.raises(SetupError, match="CREDIT_VILLAGE_OUTGOING_HOSTS"),
        pulled(connection, secrets=secrets, progress=quiet),
    ):
        pass


def test_a_file_of_this_machine_is_no_host(tmp_path):
    url = f"sqlite:///{tmp_path}/farms.db"
    secrets = Secrets(None, url, HOSTS)
    with pulled(SqlConnection("farms", "SELECT 1 AS one"), secrets=secrets, progress=quiet) as delivery:
        assert delivery is not None
