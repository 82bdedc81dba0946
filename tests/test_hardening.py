"""What the service does not do, read from its code, its pages, its addresses and its image (docs/asvs.md)."""

import ast
import re
from collections.abc import Iterator
from typing import Literal

import pytest
import yaml
from fastapi.testclient import TestClient
from sqlalchemy import make_url

from app.errors import SetupError
from app.main import create_app
from app.settings import ROOT, Settings
from app.subjects.cipher import Cipher

TEMPLATES = sorted((ROOT / "app" / "web" / "templates").glob("*.html"))
OWN_SCRIPTS = sorted((ROOT / "app" / "web" / "static").glob("*.js"))
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
STARTS_A_PROGRAM = {"subprocess", "os.system", "os.popen", "os.execv", "os.spawnv"}
# Without a shell: this interpreter with a module of this package, to read a file beside the night; and the
# operator's own command that prints the master key.
ALLOWED = {("app/jobs/night/columns.py", "subprocess"), ("app/subjects/key_source.py", "subprocess")}
UNSAFE_READERS = {"pickle", "marshal", "shelve", "dill", "joblib"}
NOT_USED = {
    "ldap", "ldap3", "smtplib", "imaplib", "poplib", "ftplib", "telnetlib", "graphql", "strawberry",
    "websockets", "memcache", "pymemcache", "lxml", "aiortc", "markdown", "saml2",
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service before it has a database: what is asked here never reaches one."""
    folder = tmp_path_factory.mktemp("hardening")
    settings = Settings(database_url=f"sqlite:///{folder}/none.db", master_key="5a" * 32)
    with TestClient(create_app(settings), raise_server_exceptions=False) as asked:
        yield asked


def test_no_program_is_started_and_no_text_is_run_as_code() -> None:
    found = [
        (name, used)
        for name, tree in TREES.items()
        for used in (*_imported(tree), *_called(tree))
        if used in RUNS_TEXT | UNSAFE_READERS | STARTS_A_PROGRAM and (name, used) not in ALLOWED
    ]
    assert found == []
    in_a_shell = [name for name, tree in TREES.items() if "shell" in {word.arg for word in _keywords(tree)}]
    assert in_a_shell == []


def test_nothing_is_used_that_a_requirement_is_said_not_to_apply_for() -> None:
    used = {package for tree in TREES.values() for package in _imported(tree)}
    assert {"fastapi", "sqlalchemy"} <= used
    assert used & NOT_USED == set()
    assert [name for name, tree in TREES.items() if "websocket" in _called(tree)] == []


def test_no_certificate_goes_unchecked_and_no_redirect_is_followed() -> None:
    switched = [
        (name, word.arg, ast.unparse(word.value))
        for name, tree in TREES.items()
        for word in _keywords(tree)
        if word.arg in ("verify", "follow_redirects", "ssl_context", "check_hostname")
    ]
    assert switched == [("app/access/oidc.py", "follow_redirects", "False")]


def test_no_address_takes_a_number_a_name_or_a_secret(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    names = {
        parameter["name"]
        for path, operations in paths.items()
        # The number of a notice or certificate is printed on it, an appraiser's is a place in a round.
        if not re.match(r"/(public|v1)/(notices|certificates|appraisal-rounds/.*)/\{number\}", path)
        for operation in operations.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] in ("path", "query")
    }
    assert {"code", "rating_id", "limit"} <= names
    said = re.compile(r"name|number|uscc|phone|token|secret|password|key|totp", re.IGNORECASE)
    assert {name for name in names if said.search(name)} == set()


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static/echarts/", "/static/%2e%2e/page.py", "/.git/config", "/.env", "/var/master.key"],
)
def test_no_folder_is_listed_and_nothing_beside_the_shipped_files_is_served(
    client: TestClient, path: str
) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/v1/me", "/login", "/static/style.css"])
def test_a_request_is_not_echoed(client: TestClient, path: str) -> None:
    assert client.request("TRACE", path, headers={"X-Mine": "told"}).status_code == 405


@pytest.mark.parametrize(
    "path", ["/login", "/docs", "/static/style.css", "/static/treemap.js", "/static/icon.svg"]
)
def test_text_says_in_which_characters_it_is_written(client: TestClient, path: str) -> None:
    assert client.get(path).headers["content-type"].endswith("; charset=utf-8")


def test_what_came_from_outside_is_shown_as_text(client: TestClient) -> None:
    shown = client.get("/login", params={"next": '/"><script>alert(1)</script>'}).text
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    # One value goes into a page unescaped: the data of the map, with every "<" written as an escape of JSON.
    unescaped = [found for path in TEMPLATES for found in re.findall(r"(\w+)\s*\|\s*safe", path.read_text())]
    assert unescaped == ["treemap"]


def test_a_password_is_typed_hidden_and_may_be_filled_in_by_a_manager() -> None:
    fields = [
        field
        for path in TEMPLATES
        for field in re.findall(r"<input[^>]*>", path.read_text(encoding="utf-8"))
        if re.search(r'name="(password|old|new|again)"', field)
    ]
    assert len(fields) >= 5
    for field in fields:
        assert 'type="password"' in field
        assert re.search(r'autocomplete="(current|new)-password"', field)
    assert not [path for path in (*TEMPLATES, *OWN_SCRIPTS) if "onpaste" in path.read_text(encoding="utf-8")]


def test_pages_keep_nothing_in_the_browser_and_take_no_message_from_other_windows() -> None:
    said = re.compile(
        r"localStorage|sessionStorage|indexedDB|postMessage|document\.cookie|innerHTML|document\.write"
    )
    assert OWN_SCRIPTS
    assert not [
        path.name for path in (*TEMPLATES, *OWN_SCRIPTS) if said.search(path.read_text(encoding="utf-8"))
    ]


def test_the_image_holds_what_runs_and_neither_history_nor_tests_nor_secrets() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    copied = {source for line in lines if line.startswith("COPY ") for source in line.split()[1:-1]}
    left_out = set((ROOT / ".dockerignore").read_text().split())
    assert not copied & {".", ".git", "tests", "benchmarks", "tools", "docs", "var"}
    assert {".git", "tests", "var", "*.key", ".env"} <= left_out
    assert [line for line in lines if line.startswith("USER ")] == ["USER credit"]


def test_compose_starts_with_no_secret_of_its_own_and_listens_on_this_machine_only() -> None:
    text = (ROOT / "compose.yaml").read_text()
    services = yaml.safe_load(text)["services"]
    assert "POSTGRES_PASSWORD:?" in text
    assert "CREDIT_VILLAGE_KEY:?" in text
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_compose_serves_as_a_role_that_owns_nothing_and_gives_the_database_no_network() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    assert services["database"]["command"] == ["postgres", "-c", "listen_addresses="]
    assert "--auth-local=scram-sha-256" in services["database"]["environment"]["POSTGRES_INITDB_ARGS"]
    users = {}
    for name in ("prepare", "service"):
        address = make_url(re.sub(r"\$\{(\w+)[^}]*\}", r"\1", services[name]["environment"]["DATABASE_URL"]))
        assert (address.host, address.query["host"]) == (None, "/var/run/postgresql")
        users[name] = address.username
    assert users == {"prepare": "credit", "service": "credit_village_serving"}
    assert f"--role {users['service']} --password-file /dev/stdin" in services["prepare"]["command"][-1]
    assert "POSTGRES_PASSWORD" not in str(services["service"])


@pytest.mark.parametrize("suite", ["aes", "sm4"])
def test_a_sealed_value_opens_in_its_own_row_only_and_not_when_it_was_changed(
    suite: Literal["aes", "sm4"],
) -> None:
    cipher = Cipher(bytes(range(32)), suite)
    sealed = cipher.seal("王小明", row="households/17/head_name")
    assert cipher.open(sealed, row="households/17/head_name") == "王小明"
    assert cipher.seal("王小明", row="households/17/head_name") != sealed
    with pytest.raises(SetupError, match="does not open"):
        cipher.open(sealed, row="households/18/head_name")
    for place in (3, 15, len(sealed) - 1):
        changed = bytearray(sealed)
        changed[place] ^= 1
        with pytest.raises(SetupError, match="does not open"):
            cipher.open(bytes(changed), row="households/17/head_name")
    with pytest.raises(SetupError, match="does not open"):
        Cipher(bytes(32), suite).open(sealed, row="households/17/head_name")


def _keywords(tree: ast.AST) -> list[ast.keyword]:
    """Everything that is handed to a call by name."""
    return [word for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords]


def _called(tree: ast.AST) -> list[str]:
    """What is called: `eval`, and `os.system` by its last word too."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    plain = [call.id for call in calls if isinstance(call, ast.Name)]
    dotted = [call for call in calls if isinstance(call, ast.Attribute)]
    return (
        plain
        + [ast.unparse(call) for call in dotted]
        + [call.attr for call in dotted if call.attr == "websocket"]
    )


def _imported(tree: ast.AST) -> list[str]:
    """The top packages a module imports."""
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    froms = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return [name.partition(".")[0] for name in names + froms]


TREES = {
    str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8"))
    for top in ("app", "scoring")
    for path in sorted((ROOT / top).rglob("*.py"))
}
