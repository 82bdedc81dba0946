"""`credit-village certificate`: the plaques there are, and whether one is genuine."""

import pytest
from typer.testing import CliRunner

from app import clock
from app.certificates.certificate import qr_text
from app.certificates.signing import Signer
from app.cli_certificates import certificates
from app.errors import AppError, Conflict, Invalid, NotFound
from app.models import DesignationAction, DesignationState
from app.settings import Settings
from tests.app.certificates.test_service import awarded
from tests.app.notices.village import village
from tests.district import DAY, KEY, district
from tests.district_databases import district_url, postgres_district, sqlite_district

__all__ = ["district", "district_url", "postgres_district", "sqlite_district", "village"]


@pytest.fixture
def backend():
    return "sqlite"


@pytest.fixture
def made(village, district_url, monkeypatch):
    """A certificate, signed by the installation the commands run on."""
    monkeypatch.setenv("DATABASE_URL", district_url)
    monkeypatch.setenv("CREDIT_VILLAGE_KEY", KEY.hex())
    monkeypatch.setattr(clock, "today", lambda: DAY)
    return awarded(village, village.titles[0], signer=Signer.of(Settings()))


def run(*arguments, typed="", status=0):
    """A command as it is typed; a refusal is raised."""
    done = CliRunner().invoke(certificates, list(arguments), input=typed)
    if isinstance(done.exception, AppError):
        raise done.exception
    assert done.exit_code == status, done.output
    return done.output


def test_the_list_says_what_each_certificate_is_worth(village, made):
    village.step(village.titles[0], DesignationState.REVOKED, action=DesignationAction.REVOKE)
    listed = run("list").splitlines()
    assert [line.split("\t") for line in listed] == [
        [made.number, "信用户", "王**", "璧山区大兴镇连枷村", "2025-11-30", "已摘牌，证书作废"]
    ]
    assert run("list", "--place", "500120100000") == "没有证书 · there is no certificate\n"


@pytest.mark.parametrize("place", ["xx", "999", "500199999999"])
def test_a_division_that_is_not_there_is_said_so_in_both_languages(made, place: str):
    with pytest.raises(NotFound, match=r"区划.* · no (such )?division"):
        run("list", "--place", place)


def test_what_is_shown_is_what_the_code_carries(made):
    shown = run("show", made.number)
    assert shown.splitlines()[-1] == qr_text(made.payload, made.signature)
    assert "状态 standing: 有效" in shown
    with pytest.raises(NotFound):
        run("show", "CV-500120-2025-000009-AAAA")


@pytest.mark.parametrize("way", ["argument", "standard input"])
def test_a_genuine_text_is_verified_with_what_its_title_is_worth(village, made, way):
    text = qr_text(made.payload, made.signature)
    arguments, typed = ([text], "") if way == "argument" else (["-"], f"{text}\n")
    assert "状态 standing: 有效 valid" in run("verify", *arguments, typed=typed)
    village.step(village.titles[0], DesignationState.REVOKED, action=DesignationAction.REVOKE)
    assert "revoked" in run("verify", *arguments, typed=typed, status=1)


def test_a_forged_text_and_one_that_is_none_are_refused(made):
    text = qr_text(made.payload.replace("王**", "李**"), made.signature)
    with pytest.raises(Conflict, match="not genuine"):
        run("verify", text)
    with pytest.raises(Invalid, match="not the text of a certificate"):
        run("verify", "王**")


def test_a_genuine_text_of_a_certificate_that_is_not_in_the_database_is_said_to_be(made):
    signer = Signer.of(Settings())
    payload = made.payload.replace(made.number, signer.number("CV-500120-2025-", 77))
    with pytest.raises(NotFound, match="the signature is genuine"):
        run("verify", qr_text(payload, signer.sign(payload)))


def test_the_public_key_is_printed_and_a_former_one_still_verifies(made, tmp_path, monkeypatch):
    former = tmp_path / "former.pem"
    former.write_text(run("public-key"))
    assert former.read_text().startswith("-----BEGIN PUBLIC KEY-----")
    key = tmp_path / "certificate.key"
    key.write_text("5b" * 32)
    monkeypatch.setenv("CREDIT_VILLAGE_CERTIFICATE_KEY_FILE", str(key))
    text = qr_text(made.payload, made.signature)
    with pytest.raises(Conflict):
        run("verify", text)
    assert "valid" in run("verify", text, "--public-key", str(former))


def test_what_was_signed_before_the_master_key_was_changed_still_verifies(made, monkeypatch):
    monkeypatch.setenv("CREDIT_VILLAGE_KEY", f"{'5c' * 32} {KEY.hex()}")
    assert "valid" in run("verify", qr_text(made.payload, made.signature))
