"""Every answer tells the browser to load nothing from outside, and tells other sites nothing."""

import threading
import time

import pytest
import uvicorn
from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from fastapi.testclient import TestClient

from app.access.headers import SecurityHeaders
from app.access.problems import install_problems
from app.jobs.demo import DEMO_PASSWORD
from app.main import create_app
from app.settings import Settings

ALWAYS = {
    "content-security-policy", "cross-origin-opener-policy", "cross-origin-resource-policy",
    "permissions-policy", "referrer-policy", "x-content-type-options", "x-frame-options",
    "x-robots-tag",
}  # fmt: skip
PATHS = ("/v1/me", "/v1/broken", "/page", "/enter", "/static/style.css", "/static/none", "/none")


@pytest.fixture
def app(tmp_path):
    """An application with every kind of answer."""
    app = FastAPI(docs_url=None)
    install_problems(app)

    @app.get("/v1/me")
    def me():
        return {}

    @app.get("/v1/broken")
    def broken():
        raise LookupError

    @app.get("/page")
    @app.get("/docs")
    def page():
        return HTMLResponse("<p>…</p>")

    @app.get("/own")
    def own():
        return Response(headers={"Cache-Control": "max-age=60", "X-Frame-Options": "SAMEORIGIN"})

    @app.get("/enter")
    def enter(response: Response):
        response.set_cookie("session", "x")

    (tmp_path / "style.css").write_text("p {}")
    (tmp_path / "help.html").write_text("<p>…</p>")
    app.mount("/static", StaticFiles(directory=tmp_path))
    app.add_middleware(SecurityHeaders)
    return app


def asked(app, path, *, scheme="http", method="GET", **headers):
    with TestClient(app, base_url=f"{scheme}://testserver", raise_server_exceptions=False) as client:
        return client.request(method, path, headers=headers).headers


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_them_also_a_refusal_a_failure_and_a_file(app, path):
    assert set(asked(app, path)) >= ALWAYS


def test_scripts_and_styles_run_only_from_files_of_this_service(app):
    policy = asked(app, "/page")["content-security-policy"]
    assert "default-src 'self';" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


@pytest.mark.parametrize(("scheme", "told"), [("https", True), ("http", False)])
def test_who_came_by_https_is_told_to_come_by_nothing_else(app, scheme, told):
    assert ("strict-transport-security" in asked(app, "/page", scheme=scheme)) is told


@pytest.mark.parametrize(
    ("path", "kept"),
    [("/v1/me", False), ("/v1/broken", False), ("/page", False), ("/enter", False),
     ("/static/style.css", True), ("/static/help.html", True), ("/docs", True)],
)  # fmt: skip
def test_pages_and_answers_of_the_interface_are_kept_by_nobody_and_shipped_files_may_be(app, path, kept):
    assert asked(app, path).get("cache-control") == (None if kept else "no-store")


def test_an_answer_that_sets_its_own_keeps_them(app):
    headers = asked(app, "/own")
    assert (headers["cache-control"], headers["x-frame-options"]) == ("max-age=60", "SAMEORIGIN")


@pytest.mark.parametrize(
    "path", ["/v1/me", "/v1/inquiries", "/v1/token", "/login", "/static/style.css", "/none"]
)
@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
def test_another_site_is_told_nothing_by_any_answer_of_the_service(tmp_path, method, path):
    app = create_app(Settings(database_url=f"sqlite:///{tmp_path}/none.db", master_key="00" * 31 + "01"))
    preflight = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization"}  # fmt: skip
    headers = asked(app, path, method=method, **preflight)
    assert [name for name in headers if name.startswith("access-control")] == []


@pytest.fixture
def address(demonstration):
    """The demonstration district on a real port."""
    server = uvicorn.Server(uvicorn.Config(create_app(demonstration.settings), port=0, log_config=None))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def test_a_browser_draws_every_page_without_anything_the_policy_forbids(browser, address):
    page, said = browser.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{address}/login")
    page.fill("[name=username]", "admin.bishan")
    page.fill("[name=password]", DEMO_PASSWORD)
    page.click("form:has([name=username]) button")
    page.wait_for_selector("#treemap canvas")
    box = page.locator("#treemap").bounding_box()
    for part in (0.2, 0.3, 0.4):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] * part)
    page.wait_for_selector("#treemap > div:nth-child(2)", state="attached")
    for path in ("/towns/500120104000", "/villages/500120104200", "/ratings/1"):
        assert page.goto(address + path).status == 200
    page.goto(f"{address}/docs")
    page.locator(".opblock-summary-control").first.click()
    page.locator("button.try-out__btn").first.click()
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=color:red>…</p>')")
    page.close()
    forbidden = [text for text in said if "Content Security Policy" in text]
    # The one that the test itself has put in at the end: it shows that the browser would say so.
    assert len(forbidden) == 1
