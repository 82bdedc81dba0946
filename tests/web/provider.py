"""A real OIDC provider for the tests: glewlwyd of Debian, set up through its own interface."""

import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

PROGRAM = Path("/usr/bin/glewlwyd")
_TABLES = Path("/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
CLIENT, CLIENT_SECRET = "credit-village", "a-secret-of-both-0123456789"
PERSON = {"username": "zhang", "password": "zhang signs in"}
_DEADLINE_SECONDS = 20


@dataclass(frozen=True)
class Provider:
    """A running provider, with one client and one person."""

    address: str

    @property
    def issuer(self) -> str:
        """Its name, under which its description is found."""
        return f"{self.address}/api/oidc"

    def sign_in(self, url: str) -> dict[str, str]:
        """Sign the person in where our service has sent the browser; what the browser is sent back with."""
        with httpx2.Client() as browser:
            _ok(browser.post(f"{self.address}/api/auth/", json=PERSON))
            _ok(browser.put(f"{self.address}/api/auth/grant/{CLIENT}", json={"scope": "openid"}))
            answer = browser.get(f"{url}&g_continue")
        back = urlsplit(answer.headers["location"])
        return {name: values[0] for name, values in parse_qs(back.query).items()}


@contextmanager
def running_provider(folder: Path, *, redirect_uri: str) -> Iterator[Provider]:
    """Start the provider with a database and keys of its own, and stop it at the end."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    provider = Provider(f"http://127.0.0.1:{port}")
    _make_tables(folder / "provider.db")
    settings = folder / "provider.conf"
    settings.write_text(_settings(provider, port=port, database=folder / "provider.db"))
    with (folder / "provider.log").open("w") as log:
        server = subprocess.Popen([PROGRAM, "-c", settings], stdout=log, stderr=log, cwd=folder)
    try:
        _wait(provider)
        _set_up(provider, redirect_uri=redirect_uri)
        yield provider
    finally:
        server.terminate()
        server.wait(timeout=_DEADLINE_SECONDS)


def _make_tables(file: Path) -> None:
    with sqlite3.connect(file) as database:
        database.executescript(_TABLES.read_text())


def _settings(provider: Provider, *, port: int, database: Path) -> str:
    modules = "/usr/lib/glewlwyd"
    return f"""
port={port}
bind_address="127.0.0.1"
external_url="{provider.address}"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="WARNING"
cookie_domain="127.0.0.1"
cookie_secure=0
session_expiration=3600
session_key="PROVIDER_SESSION"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="{modules}/user"
client_module_path="{modules}/client"
user_auth_scheme_module_path="{modules}/scheme"
plugin_module_path="{modules}/plugin"
hash_algorithm="SHA512"
database = {{ type = "sqlite3" path = "{database}" }};
"""


def _wait(provider: Provider) -> None:
    until = time.monotonic() + _DEADLINE_SECONDS
    while True:
        try:
            _ok(httpx2.get(f"{provider.address}/config"))
        except httpx2.TransportError:
            assert time.monotonic() < until, "glewlwyd did not start"
            time.sleep(0.05)
        else:
            return


def _set_up(provider: Provider, *, redirect_uri: str) -> None:
    """As an operator would in the pages of the provider: a plugin, a client, a person."""
    private = rsa.generate_private_key(65537, 2048)
    key = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    cert = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    plugin = {
        "iss": provider.issuer, "jwt-type": "rsa", "jwt-key-size": "256", "key": key, "cert": cert,
        "access-token-duration": 600, "refresh-token-duration": 600, "code-duration": 600,
        "refresh-token-rolling": True, "allow-non-oidc": False, "auth-type-code-enabled": True,
        "auth-type-token-enabled": False, "auth-type-id-token-enabled": True,
        "auth-type-none-enabled": False, "auth-type-password-enabled": False,
        "auth-type-client-enabled": False, "auth-type-device-enabled": False,
        "auth-type-refresh-enabled": False, "scope": [], "additional-parameters": [], "claims": [],
        "pkce-allowed": True, "pkce-method-plain-allowed": False, "pkce-required": True,
        "jwks-show": True, "subject-type": "public",
    }  # fmt: skip
    client = {
        "client_id": CLIENT, "name": "credit-village", "confidential": True, "password": CLIENT_SECRET,
        "redirect_uri": [redirect_uri], "authorization_type": ["code"], "scope": [], "enabled": True,
        "token_endpoint_auth_method": ["client_secret_basic"],
    }  # fmt: skip
    person = {**PERSON, "name": "张三", "enabled": True, "scope": ["g_profile", "openid"]}
    module = {"module": "oidc", "name": "oidc", "display_name": "OIDC", "parameters": plugin,
              "order_rank": 0, "readonly": False}  # fmt: skip
    with httpx2.Client(base_url=provider.address) as operator:
        _ok(operator.post("/api/auth/", json={"username": "admin", "password": "password"}))
        _ok(operator.post("/api/mod/plugin/", json=module))
        _ok(operator.post("/api/client/", json=client))
        _ok(operator.post("/api/user/", json=person))


def _ok(answer: httpx2.Response) -> None:
    assert answer.status_code == 200, f"{answer.request.url.path}: {answer.status_code} {answer.text}"


def is_installed() -> bool:
    """Whether the provider is on this machine."""
    return PROGRAM.exists() and _TABLES.exists()
