"""The pages for everybody in a real browser: without a script, by keyboard, on a small phone and on paper."""

import re
import threading
import time

import pytest
import uvicorn
from sqlalchemy import select

from app import clock
from app.db import reading
from app.main import create_app
from app.models import DesignationAction, DesignationState, NoticeObjection
from app.settings import Settings
from tests.app.certificates.test_service import awarded
from tests.app.notices.village import BEGINS, village
from tests.district import KEY, district, morning
from tests.district_databases import district_url, postgres_district, sqlite_district

__all__ = ["district", "district_url", "postgres_district", "sqlite_district", "village"]
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def backend():
    return "sqlite"


@pytest.fixture
def served(village, district_url, monkeypatch):
    """The service on the first day of the notices, on a port of its own."""
    monkeypatch.setattr(clock, "now", lambda: morning(BEGINS))
    monkeypatch.setattr(clock, "today", lambda: BEGINS)
    app = create_app(Settings(database_url=district_url, master_key=KEY.hex()))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    yield f"http://{host}:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def phone(browser, served):
    """A small phone that runs no script."""
    context = browser.new_context(viewport=PHONE, base_url=served, java_script_enabled=False, locale="zh-CN")
    yield context.new_page()
    context.close()


def test_a_villager_finds_the_notice_and_objects_with_the_keyboard_alone(phone, village):
    notice = village.post()
    phone.goto("/public/notices")
    phone.get_by_role("link", name="信用户拟认定公示").focus()
    phone.keyboard.press("Enter")
    phone.wait_for_url(f"**/{notice.number}")
    assert "还有 6 天" in phone.locator(".period").inner_text()
    assert phone.locator("tbody tr").count() == 3
    phone.get_by_role("link", name="我有不同意见").focus()
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/objection")
    phone.get_by_label("对哪一个有意见").focus()
    phone.keyboard.press("ArrowDown")
    phone.keyboard.press("Tab")
    phone.keyboard.type("他家不在本村。")
    phone.keyboard.press("Tab")
    phone.keyboard.press("Tab")
    phone.keyboard.press("Enter")
    phone.wait_for_url("**/objection?receipt=*")
    receipt = phone.locator(".receipt").inner_text()
    with reading(village.district.engine) as session:
        (made,) = session.scalars(select(NoticeObjection))
    assert made.notice_objection_uid[:8].upper() == receipt
    assert made.notice_entry_id is not None


def test_a_certificate_is_checked_on_a_phone(phone, village):
    made = awarded(village, village.titles[0])
    phone.goto("/public/certificates")
    phone.get_by_label("证书编号").fill(made.number.lower())
    phone.keyboard.press("Enter")
    phone.wait_for_url(f"**/{made.number}")
    assert phone.locator(".verdict").inner_text() == "✓ 有效"
    village.step(village.titles[0], DesignationState.REVOKED, action=DesignationAction.REVOKE, on=BEGINS)
    phone.reload()
    assert phone.locator(".verdict").inner_text() == "✗ 已摘牌，证书作废"


def test_every_page_fits_a_small_phone_in_large_type(browser, served, village):
    notice, made = village.post(), awarded(village, village.titles[0])
    page = browser.new_page(base_url=served, viewport=PHONE)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    for path in (
        "notices", f"notices/{notice.number}", f"notices/{notice.number}/objection", "certificates",
        f"certificates/{made.number}",
    ):  # fmt: skip
        page.goto(f"/public/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
        assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('main')).fontSize)") >= 18
        small = page.evaluate(
            "[...document.querySelectorAll('main a.button, main button, header a')]"
            ".map(e => e.getBoundingClientRect().height).filter(height => height < 24)"
        )
        assert small == [], path
    page.close()
    assert said == []
    assert [url for url in asked if not url.startswith(served)] == []


def test_a_notice_is_printed_with_its_names_and_without_its_buttons(browser, served, village):
    notice = village.post()
    page = browser.new_page(base_url=served)
    page.goto(f"/public/notices/{notice.number}")
    page.emulate_media(media="print")
    assert not page.locator(".act").is_visible()
    assert page.get_by_text("李**").is_visible()
    assert re.search("公示期：2025年12月1日至12月7日", page.locator(".period").inner_text())
    page.close()
