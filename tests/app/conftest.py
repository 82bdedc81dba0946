"""The slices run over a small district made by hand, or look at the demonstration district."""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.jobs.demo import DEMO_PASSWORD
from app.main import create_app
from tests.demonstration import Demonstration
from tests.district import district
from tests.district_databases import district_url, postgres_district, sqlite_district

__all__ = ["Get", "district", "district_url", "postgres_district", "sqlite_district"]

Get = Callable[..., Any]


@pytest.fixture(scope="session")
def get(demonstration: Demonstration) -> Iterator[Get]:
    """Ask the demonstration district as one of its users: `get("admin.bishan", "/v1/villages", limit=5)`."""
    with TestClient(create_app(demonstration.settings), raise_server_exceptions=False) as client:

        @cache
        def token(username: str) -> str:
            form = {"username": username, "password": DEMO_PASSWORD}
            return str(client.post("/v1/token", data=form).json()["access_token"])

        def asked(username: str, path: str, **parameters: Any) -> Any:
            headers = {"Authorization": f"Bearer {token(username)}"}
            return client.get(path, params=parameters, headers=headers)

        yield asked
