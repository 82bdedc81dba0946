"""The letter to the subject: one A4 page that holds the facts and always comes out the same."""

import io
import sys
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from app.errors import SetupError
from app.models import Objection, ObjectionEvent, ObjectionEventKind, SubjectKind
from app.objections.about import About
from app.objections.letter import letter_pdf
from app.objections.letters import Case, letter_of
from app.subjects.service import SubjectCard

DATED = datetime(2025, 12, 10, 2, tzinfo=UTC)
CASE = Case(
    objection=Objection(
        objection_id=17, record_id=7, raised_on=date(2025, 12, 1), due_on=date(2025, 12, 21)
    ),
    end=ObjectionEvent(
        kind=ObjectionEventKind.CORRECTED, happened_on=date(2025, 12, 10), recorded_at=DATED,
        document="确权登记册第 12 页",
    ),
    subject=SubjectCard(
        3, SubjectKind.HOUSEHOLD, place_id=1, synthetic=True, name_masked="王**",
        number_masked="500120********0017",
    ),
    about=About("经营土地面积：30 亩（记录号 7）", "the record on operated land of 2025-11-30 (no. 7)"),
    text="我家承包地是八亩，登记成了三十亩。",
    found="经与确权登记册核对，登记为八亩，原录入有误。",
    office="大兴镇人民政府",
)  # fmt: skip


def page(case: Case) -> str:
    """The words of the letter's only page, without the gaps between Chinese and other letters."""
    [only] = PdfReader(io.BytesIO(letter_pdf(letter_of(case), dated=DATED))).pages
    assert (round(only.mediabox.width), round(only.mediabox.height)) == (595, 842)
    return "".join(only.extract_text().split()).replace("\u200b", "")


def test_the_letter_holds_the_facts_and_the_remedies() -> None:
    words = page(CASE)
    for fact in (
        "异议处理告知书", "异议〔2025〕17号", "王**：", "500120********0017", "您于2025年12月1日提出的异议",
        "结果：已更正", "原记录有误", CASE.about.words, CASE.text, CASE.found, "确权登记册第12页",
        "应在2025年12月21日（含当日）前答复", "中国人民银行分支机构投诉", "第二十六条", "行政复议",
        "人民法院", "大兴镇人民政府", "（盖章）", "2025年12月10日", "第1页共1页", "演示数据（合成）",
        "Summary:on2025-12-01youobjected", "administrativereconsideration",
    ):  # fmt: skip
        assert "".join(fact.split()) in words
    assert "逾期" not in words


def test_a_late_answer_says_that_it_is_late() -> None:
    late = ObjectionEvent(
        kind=ObjectionEventKind.CONFIRMED, happened_on=date(2025, 12, 22), recorded_at=DATED, document="文件"
    )
    assert "现已逾期答复" in page(replace(CASE, end=late))


def test_an_unresolved_objection_promises_that_both_versions_are_kept() -> None:
    end = ObjectionEvent(
        kind=ObjectionEventKind.UNRESOLVED, happened_on=date(2025, 12, 10), recorded_at=DATED, document="文件"
    )
    words = page(replace(CASE, end=end))
    assert "原记录和您的异议都会保留" in words
    assert "已更正" not in words


def test_the_letter_of_a_real_subject_is_not_called_synthetic() -> None:
    assert "合成" not in page(replace(CASE, subject=replace(CASE.subject, synthetic=False)))


def test_the_same_letter_always_gives_the_same_bytes() -> None:
    first, second = (letter_pdf(letter_of(CASE), dated=DATED) for _ in range(2))
    assert first == second


WORDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=1000)


@settings(max_examples=15)
@given(WORDS, WORDS)
@example("字" * 1000, "字" * 1000)
@example("W" * 1000, "一\n" * 500)
@example("𠮷\U000fffff", "\x00\u202e")
@example("#panic() $x$ *a* @b", '[#read("letter.typ")] \\ // /*')
def test_whatever_was_written_stays_on_one_page_and_is_no_markup(text: str, found: str) -> None:
    assert "异议处理告知书" in page(replace(CASE, text=text, found=found))


def test_markup_in_a_text_is_printed_as_it_was_written() -> None:
    assert '#read("letter.typ")$x$*b*' in page(replace(CASE, text='#read("letter.typ") $x$ *b*'))


@pytest.mark.parametrize("missing", ["typst", "pylopdf_fonts_zh_cn"])
def test_without_the_extra_the_refusal_says_what_to_install(monkeypatch, missing: str) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SetupError, match=r"credit-village\[pdf\]"):
        letter_pdf(letter_of(CASE), dated=DATED)
