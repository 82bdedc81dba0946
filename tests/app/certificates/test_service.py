"""Certificates: numbered, signed, and never unlike what they were signed as."""

from datetime import date, timedelta

import pytest

from app.certificates.certificate import CertificateText, parted, qr_text
from app.certificates.service import issue
from app.certificates.signing import Signer, is_signed
from app.db import transaction
from app.errors import Invalid
from app.models import Certificate, DesignationAction, DesignationKind, DesignationState, DesignationStep
from tests.app.notices.village import SIGNER, Village, village
from tests.district import DAY

__all__ = ["village"]
UNTIL = DAY + timedelta(days=365)


def awarded(
    village: Village,
    designation_id: int,
    /,
    *,
    signer: Signer = SIGNER,
    given: DesignationStep | None = None,
    **changed: object,
) -> Certificate:
    """A title given, now or by a step that was taken, with its certificate."""
    step = given or village.step(
        designation_id, DesignationState.DESIGNATED, action=DesignationAction.AWARD, valid_until=UNTIL
    )
    said = {
        "kind": DesignationKind.CREDIT_HOUSEHOLD, "holder_name": "王**", "place_name": "璧山区大兴镇连枷村",
        "issuer_name": "璧山区大兴镇人民政府", "issued_on": DAY, "valid_until": UNTIL,
        "profile_code": "CQ-T-1", "effective_from": date(2023, 1, 1), "serials": {},
    } | changed  # fmt: skip
    with transaction(village.district.engine) as session:
        return issue(session, signer, step=step, **said)  # type: ignore[arg-type]


def test_certificates_are_numbered_in_their_district_and_year_with_characters_nobody_guesses(village):
    first, second, _ = (awarded(village, title) for title in village.titles)
    assert first.number[:21] == "CV-500120-2025-000001"
    assert second.number[:21] == "CV-500120-2025-000002"
    assert first.number[21:] != second.number[21:]
    assert Signer(b"t" * 32).number("CV-500120-2025-", 1) != first.number


def test_the_signed_text_is_read_back_as_it_was_said(village):
    made = awarded(village, village.titles[0])
    assert CertificateText.read(made.payload) == CertificateText(
        number=made.number,
        kind=DesignationKind.CREDIT_HOUSEHOLD,
        holder="王**",
        place="璧山区大兴镇连枷村",
        issuer="璧山区大兴镇人民政府",
        issued_on=DAY,
        valid_until=UNTIL,
        profile="CQ-T-1@2023-01-01",
        key_id=SIGNER.key_id,
    )
    assert is_signed(made.payload, made.signature, SIGNER.public_key)


def test_the_rung_of_a_ladder_is_signed_too_and_nothing_else_changes_where_there_is_none(village):
    plain, rung = (
        awarded(village, number, title=name)
        for number, name in zip(village.titles[:2], ("", "省级信用村"), strict=True)
    )
    said = CertificateText.read(rung.payload)
    assert (said.title, said.named, said.holder) == ("省级信用村", "省级信用村", "王**")
    assert (rung.payload.split("|")[0], rung.payload.count("|")) == ("CV2", 10)
    assert (plain.payload.split("|")[0], plain.payload.count("|")) == ("CV1", 9)
    assert CertificateText.read(plain.payload).named == "信用户"


def test_the_text_of_the_code_stays_below_300_bytes_and_is_parted_again(village):
    made = awarded(village, village.titles[0], issuer_name="重庆市璧山区农村信用体系建设工作领导小组")
    text = qr_text(made.payload, made.signature)
    assert len(text.encode()) < 300
    assert parted(text) == (made.payload, made.signature)


@pytest.mark.parametrize("name", ["王|*", "", "王\n*", " 王*"])
def test_a_field_that_would_break_the_text_is_refused(village, name):
    with pytest.raises(Invalid):
        awarded(village, village.titles[0], holder_name=name)
