"""Certificates over HTTP: anybody checks one, and what is printed carries what was signed."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, make_url, text, update

from app import clock
from app.access.tokens import issue_token
from app.certificates.certificate import qr_text
from app.certificates.service import checked, plaques
from app.certificates.signing import Signer
from app.db import reading, transaction
from app.errors import SetupError
from app.jobs.serving_role import grant_serving
from app.main import create_app
from app.models import Batch, DesignationAction, DesignationState
from app.settings import Settings
from tests.app.certificates.test_service import UNTIL, awarded
from tests.app.certificates.test_verify import checked as offline
from tests.app.notices.village import NAMES, SIGNER, Village, village
from tests.district import DAY, DISTRICT, KEY, OTHER_TOWN, TOWN, morning
from tests.numbers import resident

__all__ = ["village"]
ADDRESS = "https://xinyong.example"
BROWSER = {"Accept": "text/html"}
LATER = DAY + timedelta(days=30)


@pytest.fixture
def client(village: Village, district_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The service a month after the titles were given."""
    monkeypatch.setattr(clock, "now", lambda: morning(LATER))
    monkeypatch.setattr(clock, "today", lambda: LATER)
    settings = Settings(database_url=district_url, master_key=KEY.hex(), public_address=ADDRESS)
    with TestClient(create_app(settings), follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


def bearer(client: TestClient, village: Village, name: str) -> dict[str, str]:
    """The header of a signed-in user."""
    key = client.app.state.token_key  # type: ignore[attr-defined]
    token = issue_token(village.users[name], key=key, at=morning(LATER), minutes=30)
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("state", "action", "standing", "shown"),
    [
        (None, None, "valid", "有效"),
        (DesignationState.UNDER_REVIEW, DesignationAction.BEGIN_REVIEW, "valid", "有效"),
        (DesignationState.ON_PROBATION, DesignationAction.PUT_ON_PROBATION, "on_probation", "限期整改"),
        (
            DesignationState.REVOCATION_NOTICED,
            DesignationAction.POST_REVOCATION,
            "revocation_noticed",
            "公示拟摘牌",
        ),
        (DesignationState.REVOKED, DesignationAction.REVOKE, "revoked", "已摘牌，证书作废"),
        (DesignationState.WITHDRAWN, DesignationAction.WITHDRAW, "given_up", "已由本人放弃，证书作废"),
        (DesignationState.LAPSED, DesignationAction.LAPSE, "lapsed", "已到期"),
    ],
)
def test_a_certificate_is_worth_what_the_newest_step_says(client, village, *, state, action, standing, shown):
    title = village.titles[0]
    made = awarded(village, title)
    if state is not None:
        village.step(title, state, action=action, on=DAY + timedelta(days=9))
    told = client.get(f"/public/certificates/{made.number}").json()
    holds = standing in ("valid", "on_probation", "revocation_noticed")
    assert (told["standing"], told["holds"]) == (standing, holds)
    page = client.get(f"/public/certificates/{made.number}", headers=BROWSER)
    assert (page.status_code, shown in page.text) == (200, True)
    assert ("✓" in page.text) is holds


@pytest.mark.parametrize(("on", "standing"), [(UNTIL - timedelta(days=1), "valid"), (UNTIL, "lapsed")])
def test_a_title_lapses_on_its_day_even_before_a_night_says_so(client, village, monkeypatch, on, standing):
    made = awarded(village, village.titles[0])
    monkeypatch.setattr(clock, "today", lambda: on)
    assert client.get(f"/public/certificates/{made.number}").json()["standing"] == standing


def test_a_title_that_was_renewed_holds_until_its_new_day(client, village, monkeypatch):
    title, renewed = village.titles[0], UNTIL + timedelta(days=365)
    made = awarded(village, title)
    village.step(
        title, DesignationState.DESIGNATED, action=DesignationAction.RENEW, on=LATER, valid_until=renewed
    )
    monkeypatch.setattr(clock, "today", lambda: UNTIL)
    told = client.get(f"/public/certificates/{made.number}").json()
    assert (told["standing"], told["valid_until"]) == ("valid", renewed.isoformat())


@pytest.mark.parametrize("headers", [{}, BROWSER])
def test_a_certificate_of_days_to_come_is_not_there_yet(client, village, headers, monkeypatch):
    title = village.titles[0]
    village.step(title, DesignationState.NOTICED, action=DesignationAction.POST_NOTICE)
    step = village.step(
        title, DesignationState.DESIGNATED, action=DesignationAction.AWARD, on=LATER, valid_until=UNTIL
    )
    made = awarded(village, title, given=step, issued_on=LATER)
    monkeypatch.setattr(clock, "today", lambda: LATER - timedelta(days=1))
    assert client.get(f"/public/certificates/{made.number}", headers=headers).status_code == 404
    with reading(village.district.engine) as session:
        assert plaques(session, DISTRICT, on=LATER - timedelta(days=1), after=0, limit=5)[0] == []
    monkeypatch.setattr(clock, "today", lambda: LATER)
    assert client.get(f"/public/certificates/{made.number}", headers=headers).status_code == 200


def test_what_happens_later_is_not_known_before(village):
    made = awarded(village, village.titles[0])
    village.step(village.titles[0], DesignationState.REVOKED, action=DesignationAction.REVOKE, on=LATER)
    with reading(village.district.engine) as session:
        found = [checked(session, made.number, on=day).standing for day in (LATER - timedelta(days=1), LATER)]
    assert [str(standing) for standing in found] == ["valid", "revoked"]


@pytest.mark.parametrize(
    "number", ["CV-500120-2025-000001-AAAA", "CV-500120-2025-000009-2222", "CV-1", "510231197001011234", "王"]
)
def test_an_unknown_number_tells_nothing(client, village, number):
    awarded(village, village.titles[0])
    for headers in ({}, BROWSER):
        answer = client.get(f"/public/certificates/{number}", headers=headers)
        assert answer.status_code in (404, 422)
        assert number not in answer.text


def test_the_typed_number_is_forgiven_small_letters_and_blanks(client, village):
    made = awarded(village, village.titles[0])
    form = client.get("/public/certificates", headers=BROWSER)
    assert 'name="number"' in form.text
    typed = made.number.lower().replace("-", " - ")
    sent = client.get("/public/certificates", params={"number": typed}, headers=BROWSER)
    assert sent.headers["location"] == f"/public/certificates/{made.number}"
    away = client.get("/public/certificates", params={"number": "//evil.example/"}, headers=BROWSER)
    assert away.headers["location"].startswith("/public/certificates/")


def test_nothing_about_the_person_but_the_masked_name_is_shown(client, village):
    made = awarded(village, village.titles[0])
    own = bearer(client, village, "colleague")
    told = [client.get(f"/public/certificates/{made.number}", headers=h).text for h in ({}, BROWSER)]
    told.append(words_of(client.get(f"/v1/certificates/{made.number}/sheet", headers=own).content))
    for answer in told:
        assert "王**" in answer
        assert not any(name in answer for name in NAMES)
        assert not any(resident(subject_id) in answer for subject_id in village.subjects)
        assert not re.search(r"score|subject|designation_id", answer)


@pytest.mark.parametrize("synthetic", [True, False])
def test_a_certificate_of_the_demonstration_says_so(client, village, synthetic):
    made = awarded(village, village.titles[0])
    with transaction(village.district.engine) as session:
        session.execute(update(Batch).values(synthetic=synthetic))
    own = bearer(client, village, "colleague")
    sheet = client.get(f"/v1/certificates/{made.number}/sheet", headers=own).content
    page = client.get(f"/public/certificates/{made.number}", headers=BROWSER).text
    assert ["演示数据（合成）" in text for text in (words_of(sheet), page)] == [synthetic] * 2


def words_of(pdf: bytes) -> str:
    """The text of a PDF."""
    with pypdfium2.PdfDocument(pdf) as document:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)


def test_the_printed_codes_carry_the_signed_text_and_the_address(client, village, tmp_path: Path):
    made = awarded(village, village.titles[0])
    sheet = client.get(
        f"/v1/certificates/{made.number}/sheet", headers=bearer(client, village, "colleague")
    ).content
    with pypdfium2.PdfDocument(sheet) as document:
        (page,) = document
        width, height = page.get_size()
        codes = {each.text for each in zxingcpp.read_barcodes(page.render(scale=3).to_numpy())}
    assert width > height
    signed = qr_text(made.payload, made.signature)
    assert codes == {f"{ADDRESS}/public/certificates/{made.number}", signed}
    words = re.sub(r"\s", "", words_of(sheet))
    dates = {"发证日期：2025年11月30日", "有效期至：2026年11月29日"}
    for said in dates | {"信用户", made.number, "璧山区大兴镇人民政府"}:
        assert said in words
    key = tmp_path / "key.pem"
    key.write_text(SIGNER.public_pem())
    (read,) = codes - {f"{ADDRESS}/public/certificates/{made.number}"}
    assert offline(key, text=read, on=LATER)[0] == 0


def test_the_plaque_list_is_of_the_own_division_and_goes_on_page_by_page(client, village):
    numbers = [awarded(village, title).number for title in village.titles]
    own = bearer(client, village, "colleague")
    first = client.get("/v1/certificates", params={"limit": 2}, headers=own).json()
    rest = client.get("/v1/certificates", params={"after": first["next_after"]}, headers=own).json()
    listed = [one["number"] for one in first["certificates"] + rest["certificates"]]
    assert (listed, rest["next_after"]) == (numbers, None)
    assert client.get("/v1/certificates", params={"place": OTHER_TOWN}, headers=own).status_code == 404
    other = bearer(client, village, "neighbour")
    assert client.get("/v1/certificates", headers=other).json()["certificates"] == []
    assert client.get("/v1/certificates", params={"place": TOWN}, headers=other).status_code == 404
    assert client.get(f"/v1/certificates/{numbers[0]}/sheet", headers=other).status_code == 404


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)
def test_the_serving_role_checks_a_certificate_without_seeing_any_title(village, district_url):
    made = awarded(village, village.titles[0])
    village.step(village.titles[0], DesignationState.ON_PROBATION, action=DesignationAction.PUT_ON_PROBATION)
    engine, role = village.district.engine, f"checks_{made.certificate_id}_{id(village) % 10**6}"
    grant_serving(engine, role)
    serving = create_engine(make_url(district_url).set(username=role, drivername="postgresql+psycopg"))
    with reading(serving) as session:
        assert str(checked(session, made.number, on=LATER).standing) == "on_probation"
        for table in ("designations", "designation_steps"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0
    serving.dispose()
    with engine.begin() as connection:
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))


@pytest.mark.parametrize("content", [None, "", "5b", "zz" * 32])
def test_a_key_that_cannot_be_read_stops_the_start_and_is_not_repeated(tmp_path: Path, content: str | None):
    file = tmp_path / "certificate.key"
    if content is not None:
        file.write_text(content)
    with pytest.raises(SetupError, match=r"certificate\.key") as refused:
        create_app(Settings(master_key=KEY.hex(), certificate_key_file=file))
    assert not content or content not in refused.value.detail


def test_certificates_have_a_key_of_their_own_where_one_is_set(tmp_path: Path):
    file = tmp_path / "certificate.key"
    file.write_text("5b" * 32 + "\n")
    derived = Signer.of(Settings(master_key=KEY.hex()))
    own = Signer.of(Settings(master_key=KEY.hex(), certificate_key_file=file))
    assert own.key_id == Signer(bytes.fromhex("5b" * 32)).key_id
    assert len({own.key_id, derived.key_id, Signer(KEY).key_id}) == 3
