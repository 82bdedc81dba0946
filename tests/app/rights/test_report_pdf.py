"""The pages of a report: all that the report says, nothing that leaves the page, no empty boxes."""

import io
import sys
from datetime import date, datetime

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from app import clock
from app.access.service import viewer
from app.db import Session
from app.errors import SetupError
from app.models import AdverseRecord, AgriEntity, Household, Role, User
from app.rights import service
from app.rights.report import Report, ReportLoan, ReportRecord
from app.rights.report_pdf import report_pdf
from app.rights.right import Format
from tests.demonstration import Demonstration

AT = datetime(2026, 11, 24, 9, 30, 15, 123456, tzinfo=clock.CHINA)


def words(report: Report) -> str:
    """All words of all pages, without the gaps."""
    pages = PdfReader(io.BytesIO(report_pdf(report))).pages
    return "".join("".join(page.extract_text().split()) for page in pages).replace("\u200b", "")


@pytest.fixture(scope="module", params=["adverse", "entity"])
def made(request: pytest.FixtureRequest, demonstration: Demonstration) -> Report:
    """The report of a household with an adverse record, and of an entity."""
    kept = {
        "adverse": select(Household.subject_id).join(
            AdverseRecord, AdverseRecord.subject_id == Household.subject_id
        ),
        "entity": select(AgriEntity.subject_id),
    }
    # The demonstration is looked at and left as it is: nothing is committed.
    with Session(demonstration.engine) as session:
        official = session.scalars(select(User).where(User.role == Role.DISTRICT_ADMIN)).first()
        subject_id = session.scalars(kept[request.param].limit(1)).one()
        assert official is not None
        found = service.report(
            session, demonstration.cipher, subject_id, document="居民身份证", form=Format.JSON,
            render=report_pdf, viewer=viewer(session, official.user_id), at=AT,
        )  # fmt: skip
    return Report.model_validate_json(found.content)


def test_the_pages_hold_everything_the_report_says(made: Report) -> None:
    pages = words(made)
    who, told = made.held.who, made.explanation
    expected = [
        "本人信用报告", "演示数据（合成）", f"出具人：{made.issued.office}", "时间：2026-11-24 09:30",
        "第1页共", who.name, who.division, *(who.id_number or "", who.uscc or ""), *made.rights,
        *told.summary, *told.cost, *told.ways_up, *told.made, "本年度第 1 份，免费",
    ]  # fmt: skip
    for record in made.held.records:
        expected += [record.label, record.words, record.source]
    for rating in made.held.ratings:
        expected += [line.bin_label for line in rating.lines] + [rating.card_fingerprint[:12]]
    for text in expected:
        assert "".join(text.split()) in pages


def test_every_page_is_a4_and_no_character_is_an_empty_box(made: Report) -> None:
    reader = PdfReader(io.BytesIO(report_pdf(made)))
    for page in reader.pages:
        assert (round(page.mediabox.width), round(page.mediabox.height)) == (595, 842)
        assert "第" in page.extract_text()
        assert "\ufffd" not in page.extract_text()


def test_the_same_report_always_gives_the_same_bytes(made: Report) -> None:
    assert report_pdf(made) == report_pdf(made)


def test_whatever_was_written_is_no_markup_and_stays_in_its_cell(made: Report) -> None:
    record = ReportRecord(
        record_id=1, fact="x", label='#panic() $x$ *a* #read("report.typ")', value=1, unit="",
        words="V" * 400, source_code="x", source="来源",
        observed_on=date(2026, 1, 1), recorded_on=date(2026, 1, 1),
        use="older", use_label="备查", adverse=True, statement="a\n\u202eb\x00",
    )  # fmt: skip
    loan = ReportLoan(
        loan_id=1, lender="[x] // /*", granted_on=date(2026, 1, 1), amount_fen=1, last_month_end_on=None,
        balance_fen=None, overdue_days=None, class_label=None,
    )  # fmt: skip
    held = made.held.model_copy(update={"records": [record], "loans": [loan], "withheld_count": 2})
    pages = words(made.model_copy(update={"held": held}))
    assert '#panic()$x$*a*#read("report.typ")' in pages
    # Once among the records, once among the adverse ones.
    assert pages.count("V") == 800
    assert "另有2条记录" in pages


@pytest.mark.parametrize("missing", ["typst", "pylopdf_fonts_zh_cn"])
def test_without_the_extra_the_refusal_says_what_to_install(
    made: Report, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SetupError, match=r"credit-village\[pdf\]"):
        report_pdf(made)
