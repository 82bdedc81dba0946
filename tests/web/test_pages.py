"""The pages: who may see them, and that a real browser shows what an official needs."""

import threading
import time

import pytest
import uvicorn
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from app import clock
from app.db import make_engine, reading, transaction
from app.jobs.demo import DEMO_PASSWORD
from app.jobs.demo.logins import add_logins
from app.jobs.setup import initialise
from app.main import create_app
from app.models import Inquiry, Purpose, Rating, Subject, SubjectKind, UnratedReason
from app.places.service import place
from app.settings import Settings

PAGES = ("/", "/towns/500120104000", "/villages/500120104200", "/ratings/1")


@pytest.fixture
def client(demonstration):
    with TestClient(create_app(demonstration.settings), follow_redirects=False) as client:
        yield client


def signed_in(client, username, **form):
    return client.post("/login", data={"username": username, "password": DEMO_PASSWORD} | form)


def views(demonstration):
    with reading(demonstration.engine) as session:
        return session.scalar(
            select(func.count()).select_from(Inquiry).where(Inquiry.purpose == Purpose.OFFICIAL_DUTY)
        )


def rating_in(demonstration, *, town):
    """The id of a rating in, or outside, the town of a code prefix."""
    with reading(demonstration.engine) as session:
        for rating, subject in session.execute(
            select(Rating, Subject).join(Subject, Subject.subject_id == Rating.subject_id)
        ):
            if place(session, subject.place_id).code.startswith("500120104") == town:
                return rating.rating_id
    raise AssertionError("no such rating")


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_sent_to_sign_in_and_back(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/login?next={path}")


def test_the_way_back_keeps_what_was_asked_for(client):
    answer = client.get("/villages/500120104200?after=7")
    assert answer.headers["location"] == "/login?next=/villages/500120104200%3Fafter%3D7"


def test_signing_in_sets_a_cookie_no_script_reads_and_no_other_site_sends(client):
    cookie = signed_in(client, "town.daxing").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_a_wrong_password_is_told_in_plain_words(client):
    answer = client.post("/login", data={"username": "auditor.bishan", "password": "wrong"})
    assert answer.status_code == 401
    assert "用户名或密码不正确" in answer.text


@pytest.mark.parametrize("goal", ["//evil.example", "https://evil.example", "/\\evil.example", "evil"])
def test_signing_in_never_leads_to_another_site(client, goal):
    assert signed_in(client, "admin.bishan", next=goal).headers["location"] == "/"


def test_a_form_of_another_site_is_refused(client):
    form = {"username": "admin.bishan", "password": DEMO_PASSWORD}
    for headers in ({"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        assert client.post("/login", data=form, headers=headers).status_code == 403


def test_signing_out_ends_it(client):
    signed_in(client, "admin.bishan")
    client.post("/logout")
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("path", ["/villages/500120100200", "/towns/500120100000", "/villages/500120104000"])
def test_an_official_does_not_see_the_places_of_others(client, path):
    signed_in(client, "town.daxing")
    answer = client.get(path)
    assert answer.status_code == 404
    assert "不在您负责的区域内" in answer.text


def test_an_official_sees_ratings_of_his_own_town_only(client, demonstration):
    signed_in(client, "town.daxing")
    assert client.get(f"/ratings/{rating_in(demonstration, town=True)}").status_code == 200
    assert client.get(f"/ratings/{rating_in(demonstration, town=False)}").status_code == 404


def test_whoever_looks_at_a_rating_leaves_a_record(client, demonstration):
    signed_in(client, "admin.bishan")
    before = views(demonstration)
    client.get(f"/ratings/{rating_in(demonstration, town=True)}")
    assert views(demonstration) == before + 1


def test_a_loan_officer_sees_villages_but_no_person(client, demonstration):
    signed_in(client, "officer.nsh")
    assert client.get("/").status_code == 200
    village = client.get("/villages/500120104200")
    assert village.status_code == 200
    assert "/ratings/" not in village.text
    answer = client.get(f"/ratings/{rating_in(demonstration, town=True)}")
    assert answer.status_code == 403
    assert "查询接口" in answer.text


def test_whoever_sees_no_person_reads_of_no_sum_by_which_a_borrower_could_be_known(client):
    told = {}
    for username in ("officer.nsh", "town.daxing"):
        signed_in(client, username)
        told[username] = client.get("/towns/500120104000").text
    assert all("督促欠款户清偿" in text for text in told.values())
    assert ["万元的逾期或不良贷款" in told[name] for name in ("officer.nsh", "town.daxing")] == [False, True]


def test_a_loan_officer_is_told_how_to_ask_for_a_rating(client):
    signed_in(client, "officer.nsh")
    assert "凭本人授权" in client.get("/villages/500120104200").text


@pytest.mark.parametrize("path", ["/", "/villages/500120104200"])
def test_the_account_of_a_job_sees_no_page(client, path):
    signed_in(client, "job.night")
    assert client.get(path).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/ratings/none", 422),
        ("/ratings/0", 422),
        (f"/ratings/{2**63}", 422),
        (f"/ratings/{2**63 - 1}", 404),
        ("/villages/500120104200?after=-1", 422),
        ("/villages/500120104200?kind=person", 422),
        ("/villages/51010519491231002X", 404),
        ("/towns/500120104200", 404),
    ],
)
def test_a_wrong_address_is_answered_by_a_page_that_repeats_nothing(client, path, status):
    signed_in(client, "admin.bishan")
    answer = client.get(path)
    assert answer.status_code == status
    assert "返回首页" in answer.text
    assert "51010519491231002X" not in answer.text


def test_before_the_first_night_the_pages_say_what_is_missing(tmp_path):
    settings = Settings(database_url=f"sqlite:///{tmp_path}/new.db", key_file=tmp_path / "master.key")
    initialise(settings, on=clock.today(), at=clock.now())
    engine = make_engine(settings.database_url)
    with transaction(engine) as session:
        add_logins(session, at=clock.now())
    engine.dispose()
    with TestClient(create_app(settings), follow_redirects=False) as client:
        signed_in(client, "admin.bishan")
        answer = client.get("/")
    assert answer.status_code == 503
    assert "还没有发布过评级" in answer.text
    assert "演示数据" not in answer.text


def test_a_village_lists_its_entities_too(client, demonstration):
    with reading(demonstration.engine) as session:
        entity = session.scalars(select(Subject).filter_by(kind=SubjectKind.AGRI_ENTITY).limit(1)).one()
        rating = session.scalars(select(Rating).filter_by(subject_id=entity.subject_id)).one()
        code = place(session, entity.place_id).code
    signed_in(client, "admin.bishan")
    assert f"/ratings/{rating.rating_id}" in client.get(f"/villages/{code}?kind=agri_entity").text
    told = client.get(f"/ratings/{rating.rating_id}")
    assert told.status_code == 200
    assert "统一社会信用代码" in told.text


def test_an_unrated_household_is_told_what_is_missing_and_gets_no_score(client, demonstration):
    with reading(demonstration.engine) as session:
        unrated = session.scalars(
            select(Rating).where(Rating.unrated_reason == UnratedReason.REQUIRED_MISSING).limit(1)
        ).one()
    signed_in(client, "admin.bishan")
    text = client.get(f"/ratings/{unrated.rating_id}").text
    assert "必需，尚未采集" in text
    assert "合计：" not in text


def test_a_household_that_refused_is_told_so_and_nothing_of_it_is_shown(client, demonstration):
    with reading(demonstration.engine) as session:
        refused = select(Rating.rating_id).where(Rating.unrated_reason == UnratedReason.NO_CONSENT)
        rating_id = session.scalars(refused).first()
    assert rating_id is not None
    signed_in(client, "admin.bishan")
    page = client.get(f"/ratings/{rating_id}").text
    assert "未同意评级" in page
    assert "未使用任何资料" in page
    assert "没有任何记录" in page
    assert "每一分的来历" not in page


@pytest.mark.parametrize("path", PAGES)
def test_synthetic_data_is_labelled_and_kept_by_nobody(client, path):
    signed_in(client, "admin.bishan")
    answer = client.get(path)
    assert "演示数据（合成）" in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.fixture(scope="module")
def address(demonstration):
    """The pages served for a real browser."""
    config = uvicorn.Config(create_app(demonstration.settings), host="127.0.0.1", port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(timeout=5)


@pytest.fixture
def shown(browser, address):
    """A page of a real browser, signed in by keyboard as the district's administrator."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.faults, page.requests = [], []
    page.on("console", lambda message: page.faults.append(message.text))
    page.on("pageerror", lambda error: page.faults.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(address)
    page.wait_for_selector("#username:focus")
    page.keyboard.type("admin.bishan")
    page.keyboard.press("Tab")
    page.keyboard.type(DEMO_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#treemap canvas")
    yield page
    context.close()


def test_the_overview_draws_the_map_and_the_tables(shown, address):
    assert shown.locator("section[aria-labelledby=towns-title] tbody tr").count() == 15
    assert shown.locator("section[aria-labelledby=villages-title] tbody tr").count() == 194
    assert shown.locator(".figure").first.inner_text().endswith("/ 131 个行政村")
    assert shown.faults == []
    assert {url for url in shown.requests if not url.startswith((address, "data:"))} == set()


def test_the_first_tab_leads_past_the_heading(shown):
    shown.keyboard.press("Tab")
    assert shown.locator(":focus").inner_text() == "跳到正文"
    shown.keyboard.press("Enter")
    assert shown.locator("main:focus").count() == 1


def test_no_page_is_wider_than_a_phone(shown, address):
    shown.set_viewport_size({"width": 390, "height": 844})
    widths = {}
    for path in PAGES:
        shown.goto(address + path)
        widths[path] = shown.evaluate("document.documentElement.scrollWidth")
    assert widths == dict.fromkeys(PAGES, 390)
    assert shown.faults == []


def test_the_villages_can_be_narrowed_to_one_state(shown):
    shown.select_option("#state", "insufficient")
    shown.click("text=筛选")
    states = shown.locator("section[aria-labelledby=villages-title] tbody .state").all_inner_texts()
    assert set(states) <= {"… 数据不足"}


def test_the_villages_can_be_narrowed_to_one_town(shown):
    shown.select_option("#town", "500120104000")
    shown.click("text=筛选")
    rows = shown.locator("section[aria-labelledby=villages-title] tbody tr")
    assert rows.count() == 19


def test_a_village_page_says_what_is_missing_and_every_gate(shown):
    shown.click("section[aria-labelledby=villages-title] .state.fails >> xpath=../.. >> a")
    shown.wait_for_selector("#gates-title")
    assert shown.locator("section[aria-labelledby=gates-title] tbody tr").count() == 7
    assert shown.locator(".missing li").count() >= 1
    assert shown.faults == []


def test_the_points_of_a_rating_page_add_up_to_its_score(shown, address, demonstration):
    with reading(demonstration.engine) as session:
        found = session.execute(
            select(Rating.rating_id, Rating.score).where(Rating.grade == "A").limit(1)
        ).one()
    shown.goto(f"{address}/ratings/{found.rating_id}")
    blocks = shown.locator("h3 .number").all_inner_texts()
    assert sum(int(points) for points in blocks) == found.score
    assert f"{found.score} 分" in shown.locator(".result").inner_text()
    assert shown.faults == []


def test_a_village_page_prints_its_tables_without_the_navigation(shown, address):
    shown.goto(f"{address}/villages/500120104200")
    shown.emulate_media(media="print")
    assert not shown.locator("header nav").is_visible()
    assert shown.locator("#gates-title").is_visible()
