"""Notices over HTTP: what the public reads and sends, what officials do, and what nobody is ever shown."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, make_url, text, update

from app import clock
from app.access.tokens import issue_token
from app.db import reading
from app.jobs.serving_role import grant_serving
from app.main import create_app
from app.models import Batch, DesignationAction, DesignationState, NoticeObjection
from app.notices.service import Protest, object_publicly, public_notice, standings
from app.records.service import holds_demonstration
from app.settings import Settings
from tests.app.notices.village import BEGINS, ENDS, NAMES, Village, village
from tests.district import KEY, OTHER_TOWN, morning
from tests.numbers import resident
from tests.office_steps import transaction

__all__ = ["village"]
ADDRESS = "https://xinyong.example"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
SAID = "他家去年的水费没有交。"
# What is decided there does not depend on the database.
ON_SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def service(url: str, **said: Any) -> TestClient:
    """The application over a database."""
    settings = Settings(database_url=url, master_key=KEY.hex(), public_address=ADDRESS, **said)
    return TestClient(create_app(settings), follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def client(village: Village, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The service on the first day of the notices."""
    monkeypatch.setattr(clock, "now", lambda: morning(BEGINS))
    monkeypatch.setattr(clock, "today", lambda: BEGINS)
    with service(district_url) as client:
        yield client


def bearer(client: TestClient, village: Village, name: str) -> dict[str, str]:
    """The header of a signed-in user."""
    key = client.app.state.token_key  # type: ignore[attr-defined]
    token = issue_token(village.users[name], key=key, at=morning(BEGINS), minutes=30)
    return {"Authorization": f"Bearer {token}"}


def test_everybody_lists_and_reads_notices_as_an_interface_or_as_pages(client, village):
    notice = village.post()
    listed = client.get("/public/notices").json()["notices"]
    assert [one["number"] for one in listed] == [notice.number]
    assert client.get("/public/notices", params={"place": OTHER_TOWN}).json() == {"notices": []}
    read = client.get(f"/public/notices/{notice.number}").json()
    assert (read["begins_on"], read["last_day"], read["is_over"]) == ("2025-12-01", "2025-12-07", False)
    assert read["entries"][0] == {
        "line_number": 1, "shown_name": "王**", "shown_place": "大兴镇连枷村", "result": "拟认定为信用户",
        "end": None, "end_label": None,
    }  # fmt: skip
    for path in ("/public/notices", f"/public/notices/{notice.number}"):
        page = client.get(path, headers=BROWSER)
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.headers["vary"] == client.get(path).headers["vary"] == "Accept"
        assert "信用户拟认定公示" in page.text


def test_nothing_public_is_kept_on_the_way_nor_indexed_and_none_sets_a_cookie(client, village):
    notice = village.post()
    for path in ("", f"/{notice.number}", f"/{notice.number}/objection", f"/{notice.number}/sheet.pdf"):
        answer = client.get(f"/public/notices{path}", headers=BROWSER)
        assert answer.status_code == 200
        assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
        assert "<script" not in answer.text


def test_no_public_answer_holds_a_name_a_number_or_a_score(client, village):
    notice = village.post()
    told = [
        client.get(f"/public/notices{path}", headers=headers).text
        for path in ("", f"/{notice.number}", f"/{notice.number}/objection")
        for headers in ({}, BROWSER)
    ]
    told.append(words_of(client.get(f"/public/notices/{notice.number}/sheet.pdf").content))
    for answer in told:
        for name, subject_id in zip(NAMES, village.subjects, strict=True):
            assert name not in answer
            assert resident(subject_id) not in answer
        assert not re.search(r"score|income|designation_id|subject|opened_by|87|得分[^、]", answer)


@ON_SQLITE
@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, BROWSER], ids=["none", "any", "browser"])
def test_an_objection_is_taken_by_the_form_whatever_a_browser_says_it_accepts(client, village, headers):
    notice = village.post()
    path = f"/public/notices/{notice.number}/objection"
    client.headers.pop("accept")
    sent = client.post(path, data={"text": SAID}, headers=headers)
    assert sent.status_code == 303
    assert sent.headers["location"].startswith(f"{path}?receipt=")
    told = client.get(sent.headers["location"], headers=headers)
    assert "已经收到您的意见" in told.text
    own = bearer(client, village, "colleague")
    [kept] = client.get(f"/v1/notices/{notice.number}/objections", headers=own).json()["objections"]
    assert (kept["channel"], kept["channel_label"]) == ("online", "公示页面")


@pytest.mark.parametrize("synthetic", [True, False])
def test_whoever_reads_the_demonstration_is_told_that_it_is_made_up(client, village, synthetic):
    notice = village.post()
    with transaction(village.district.engine) as session:
        session.execute(update(Batch).values(synthetic=synthetic))
    pages = ["/public/notices", f"/public/notices/{notice.number}", "/public/certificates"]
    pages.append(f"/public/notices/{notice.number}/objection")
    told = [client.get(path, headers=BROWSER).text for path in pages]
    own = bearer(client, village, "colleague")
    told += [
        words_of(client.get(f"/public/notices/{notice.number}/sheet.pdf").content),
        words_of(client.get(f"/v1/notices/{notice.number}/sheet", headers=own).content),
    ]
    assert ["演示数据（合成）" in text for text in told] == [synthetic] * len(told)


def words_of(pdf: bytes) -> str:
    """The text of a PDF."""
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def codes_of(pdf: bytes) -> list[str]:
    """What a phone reads from the QR codes of a PDF."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            found += [each.text for each in zxingcpp.read_barcodes(page.render(scale=3).to_numpy())]
    return found


def test_the_sheet_says_all_there_is_to_know_and_its_code_leads_to_the_notice(client, village):
    notice = village.post()
    public = client.get(f"/public/notices/{notice.number}/sheet.pdf")
    own = client.get(f"/v1/notices/{notice.number}/sheet", headers=bearer(client, village, "colleague"))
    assert public.content == own.content
    assert public.headers["content-type"] == "application/pdf"
    words = re.sub(r"\s", "", words_of(public.content))
    told = {"信用户拟认定公示", "公示期：2025年12月1日至12月7日", "大兴镇人民政府", notice.number}
    for said in told | {"王**", "李**", "大兴镇连枷村", "拟认定为信用户"}:
        assert said in words
    assert codes_of(public.content) == [f"{ADDRESS}/public/notices/{notice.number}"]


ENDED = {
    DesignationAction.WITHDRAW: (DesignationState.WITHDRAWN, "withdrawn", "已撤回"),
    DesignationAction.REFUSE: (DesignationState.REFUSED, "refused", "不予认定"),
}


@pytest.mark.parametrize("action", ENDED)
def test_a_line_nothing_comes_of_says_so_and_takes_no_objection(client, village, action):
    notice = village.post()
    state, end, label = ENDED[action]
    for title in village.titles:
        village.step(
            title, DesignationState.NOTICED, action=DesignationAction.POST_NOTICE, on=BEGINS, notice=notice
        )
    village.step(village.titles[0], state, action=action, on=BEGINS)
    path = f"/public/notices/{notice.number}"
    read = client.get(path).json()["entries"]
    assert [(one["end"], one["end_label"]) for one in read] == [(end, label), (None, None), (None, None)]
    assert client.get(path, headers=BROWSER).text.count(label) == 1
    assert "王**" not in client.get(f"{path}/objection", headers=BROWSER).text
    assert words_of(client.get(f"{path}/sheet.pdf").content).count(label) == 1
    said = {"text": SAID}
    refused = client.post(f"{path}/objections", json=said | {"line_number": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert f"第 1 行{label}，不再受理异议" in refused.json()["detail"]
    assert client.post(f"{path}/objections", json=said | {"line_number": 2}).status_code == 201
    assert client.post(f"{path}/objections", json=said).status_code == 201


@ON_SQLITE
def test_a_notice_of_which_nothing_comes_takes_no_objection_at_all(client, village):
    notice = village.post()
    for title in village.titles:
        village.step(
            title, DesignationState.NOTICED, action=DesignationAction.POST_NOTICE, on=BEGINS, notice=notice
        )
        village.step(title, DesignationState.REFUSED, action=DesignationAction.REFUSE, on=BEGINS)
    path = f"/public/notices/{notice.number}"
    assert client.post(f"{path}/objections", json={"text": SAID}).status_code == 409
    assert "我有不同意见" not in client.get(path, headers=BROWSER).text


@ON_SQLITE
def test_a_title_that_was_given_and_later_given_up_stands_on_its_notice_as_it_was(client, village):
    notice, title = village.post(), village.titles[0]
    for action, state in (
        (DesignationAction.POST_NOTICE, DesignationState.NOTICED),
        (DesignationAction.AWARD, DesignationState.DESIGNATED),
        (DesignationAction.WITHDRAW, DesignationState.WITHDRAWN),
    ):
        posted = notice if action is DesignationAction.POST_NOTICE else None
        until = ENDS if state.holds_title else None
        village.step(title, state, action=action, on=BEGINS, notice=posted, valid_until=until)
    assert client.get(f"/public/notices/{notice.number}").json()["entries"][0]["end"] is None


@ON_SQLITE
def test_a_sheet_of_many_lines_repeats_its_headings_and_loses_none(client, village):
    lines = village.lines(shown_place="连枷村" * 30, result="拟" * 64)
    notice = village.post(lines)
    words = re.sub(
        r"[\s\u200b]", "", words_of(client.get(f"/public/notices/{notice.number}/sheet.pdf").content)
    )
    assert "连枷村" * 10 in words
    assert words.count("拟认定为信用户") == 2


def test_anybody_objects_with_a_receipt_and_the_title_waits(client, village):
    notice, (title, *_) = village.post(), village.titles
    body = {"line_number": 1, "text": SAID, "contact": "电话 139"}
    sent = client.post(f"/public/notices/{notice.number}/objections", json=body)
    assert sent.status_code == 201
    assert re.fullmatch(r"[0-9A-F]{8}", sent.json()["receipt"])
    with reading(village.district.engine) as session:
        assert standings(session, [notice.notice_id], on=BEGINS)[notice.notice_id].open_objections == {
            title: 1
        }


@ON_SQLITE
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 422),
        ({"text": "字" * 1001}, 422),
        ({"text": SAID, "contact": "话" * 101}, 422),
        ({"text": SAID, "line_number": 9}, 404),
        ({"text": SAID, "raised_on": "2025-12-01"}, 422),
        ({"text": SAID, "channel": "desk"}, 422),
    ],
)
def test_an_objection_out_of_form_is_refused_and_not_repeated(client, village, body, status):
    notice = village.post()
    refused = client.post(f"/public/notices/{notice.number}/objections", json=body)
    assert refused.status_code == status
    assert SAID not in refused.text
    assert village.district.rows(NoticeObjection) == {"notice_objections": []}


def test_the_form_works_without_a_script_and_shows_the_receipt(client, village):
    notice = village.post()
    path = f"/public/notices/{notice.number}/objection"
    form = client.get(path, headers=BROWSER).text
    assert f'<form method="post" action="{path}">' in form
    same = BROWSER | {"Sec-Fetch-Site": "same-origin"}
    sent = client.post(path, data={"text": SAID, "line": "2", "contact": ""}, headers=same)
    assert sent.status_code == 303
    receipt = sent.headers["location"].removeprefix(f"{path}?receipt=")
    assert receipt in client.get(sent.headers["location"], headers=BROWSER).text
    (row,) = village.district.rows(NoticeObjection)["notice_objections"]
    assert row[0][:8].upper() == receipt


@pytest.mark.parametrize(
    ("data", "words"), [({"text": " "}, "请写清楚您的意见"), ({"text": "字" * 1001}, "最多 1000 个字")]
)
def test_what_cannot_be_taken_is_shown_again_with_a_hint(client, village, data, words):
    notice = village.post()
    answer = client.post(f"/public/notices/{notice.number}/objection", data=data, headers=BROWSER)
    assert answer.status_code == 422
    assert words in answer.text
    assert f">{data['text']}</textarea>" in answer.text
    assert village.district.rows(NoticeObjection) == {"notice_objections": []}


@ON_SQLITE
@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}]
)
def test_a_page_of_another_site_cannot_send_the_form(client, village, headers):
    notice = village.post()
    path = f"/public/notices/{notice.number}/objection"
    refused = client.post(path, data={"text": SAID}, headers=BROWSER | headers)
    assert refused.status_code == 403
    assert "公示页面" in refused.text
    plain = client.post(f"{path}s", content=f'{{"text": "{SAID}"}}', headers={"Content-Type": "text/plain"})
    assert plain.status_code == 422
    assert village.district.rows(NoticeObjection) == {"notice_objections": []}


@ON_SQLITE
@pytest.mark.parametrize("receipt", ["", "<b>", "1234567g", "1234567"])
def test_a_receipt_nobody_was_given_is_not_shown(client, village, receipt):
    notice = village.post()
    page = client.get(f"/public/notices/{notice.number}/objection?receipt={receipt}", headers=BROWSER).text
    assert "已经收到" not in page


@ON_SQLITE
def test_too_many_objections_from_one_address_are_refused(village, district_url, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: morning(BEGINS))
    monkeypatch.setattr(clock, "today", lambda: BEGINS)
    notice = village.post()
    with service(district_url, objections_per_minute=2) as client:
        sent = [
            client.post(f"/public/notices/{notice.number}/objections", json={"text": SAID}).status_code
            for _ in range(3)
        ]
    assert sent == [201, 201, 429]


@ON_SQLITE
def test_a_notice_that_is_over_is_said_to_be_and_later_is_gone(client, village, monkeypatch):
    notice = village.post()
    path = f"/public/notices/{notice.number}"
    monkeypatch.setattr(clock, "now", lambda: morning(ENDS))
    monkeypatch.setattr(clock, "today", lambda: ENDS)
    assert client.get(path).json()["is_over"]
    assert client.post(f"{path}/objections", json={"text": SAID}).status_code == 409
    assert "公示期已满" in client.get(path, headers=BROWSER).text
    assert "公示期已满" in client.get(f"{path}/objection", headers=BROWSER).text
    late = client.post(f"{path}/objection", data={"text": SAID}, headers=BROWSER)
    assert (late.status_code, "公示期已经过了" in late.text) == (409, True)
    gone = ENDS + timedelta(days=30)
    monkeypatch.setattr(clock, "today", lambda: gone)
    for lost in (path, f"{path}/sheet.pdf"):
        assert client.get(lost).status_code == 404
    page = client.get(path, headers=BROWSER)
    assert (page.status_code, "没有找到" in page.text, "登录" in page.text) == (404, True, True)


@ON_SQLITE
@pytest.mark.parametrize("number", ["GS-1", "' OR 1=1", "GS-500120104200-2025-9999", "510231197001011234"])
def test_a_number_of_no_notice_is_refused_without_being_repeated(client, village, number):
    for headers in ({}, BROWSER):
        answer = client.get(f"/public/notices/{number}", headers=headers)
        assert answer.status_code in (404, 422)
        assert number not in answer.text


def test_officials_work_through_what_was_objected(client, village):
    notice = village.post()
    client.post(f"/public/notices/{notice.number}/objections", json={"text": SAID, "line_number": 2})
    own = bearer(client, village, "colleague")
    work = client.get("/v1/notices", headers=own).json()
    assert (work["open_count"], work["overdue_count"], work["notices"][0]["days_left"]) == (1, 0, 20)
    (case,) = client.get(f"/v1/notices/{notice.number}/objections", headers=own).json()["objections"]
    assert (case["text"], case["line"]["line_number"], case["channel"]) == (SAID, 2, "online")
    path = f"/v1/notices/{notice.number}/objections/{case['uid']}/answer"
    finding = {"upheld": True, "found": "经核对，未交。", "document": "水务站台账"}
    assert client.post(path, json=finding, headers=bearer(client, village, "poster")).status_code == 403
    answered = client.post(path, json=finding, headers=own)
    assert answered.json()["upheld"] is True
    assert client.post(path, json=finding, headers=own).status_code == 409
    assert client.get("/v1/notices", headers=own).json()["open_count"] == 0


def test_the_desk_writes_an_objection_down(client, village):
    notice, own = village.post(), bearer(client, village, "admin")
    path = f"/v1/notices/{notice.number}/objections"
    body = {"text": SAID, "channel": "letter", "raised_on": "2025-12-01"}
    assert client.post(path, json=body, headers=own).json()["channel_label"] == "书面来信"
    assert client.post(path, json=body | {"channel": "online"}, headers=own).status_code == 422


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_serving_role_lets_the_public_write_what_it_cannot_read(village, district_url):
    notice, engine = village.post(), village.district.engine
    role = f"public_{notice.notice_id}_{id(village) % 10**6}"
    grant_serving(engine, role)
    url = make_url(district_url).set(username=role, drivername="postgresql+psycopg")
    serving = create_engine(url)
    with transaction(serving) as session:
        shown = public_notice(session, notice.number, on=BEGINS)
        assert len(shown.entries) == 3
        object_publicly(session, village.district.cipher, notice.number, Protest(SAID), at=morning(BEGINS))
    with reading(serving) as session:
        assert session.scalar(text("SELECT count(*) FROM notice_objections")) == 0
        assert session.scalar(text("SELECT count(*) FROM designations")) == 0
        assert session.scalar(text("SELECT count(*) FROM designation_steps")) == 0
        assert holds_demonstration(session)
    with reading(engine) as session:
        assert session.scalar(text("SELECT count(*) FROM notice_objections")) == 1
    serving.dispose()
    with engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))
