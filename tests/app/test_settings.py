"""Settings come from the environment; secrets also from files that a vault writes."""

import pytest
from pydantic import ValidationError

from app.settings import from_environment


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of secrets, as a vault or an orchestrator mounts it."""
    monkeypatch.setenv("CREDIT_VILLAGE_SECRETS_FOLDER", str(tmp_path))
    for name, secret in (
        ("DATABASE_URL", "postgresql://credit:hunter2@localhost/credit"),
        ("CREDIT_VILLAGE_KEY", "5a" * 32),
        ("CREDIT_VILLAGE_OIDC_CLIENT_SECRET", "secret of both"),
        ("CREDIT_VILLAGE_SOURCE_TOKEN", "token of a source"),
    ):
        (tmp_path / name).write_text(f"{secret}\n")
    return tmp_path


def test_every_secret_may_come_from_a_file_of_its_name(folder):
    chosen = from_environment()
    assert chosen.database_url == "postgresql://credit:hunter2@localhost/credit"
    assert chosen.master_key == "5a" * 32
    assert chosen.oidc_client_secret == "secret of both"
    assert chosen.source_token == "token of a source"


def test_the_environment_wins_over_a_file(folder, monkeypatch):
    monkeypatch.setenv("CREDIT_VILLAGE_SOURCE_TOKEN", "another token")
    assert from_environment().source_token == "another token"


def test_a_folder_that_is_not_there_is_refused(folder, monkeypatch):
    monkeypatch.setenv("CREDIT_VILLAGE_SECRETS_FOLDER", str(folder / "none"))
    with pytest.raises(ValidationError, match="CREDIT_VILLAGE_SECRETS_FOLDER"):
        from_environment()
