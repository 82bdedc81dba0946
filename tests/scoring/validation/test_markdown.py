"""The same report as Markdown: every section and figure, in tables that hold together."""

import re

from scoring.validation import to_markdown, validate
from scoring.validation.markdown import escaped
from scoring.validation.sections import page
from tests.scoring.validation.households import DEMO, population

REPORT = validate(DEMO, population())


def test_every_section_of_the_report_is_there():
    text = to_markdown(REPORT)
    for section in page(REPORT).sections:
        assert f"## {section.title.zh} / {section.title.en}" in text
    assert text.startswith("# 评分卡验证报告：演示卡 / Validation report: demonstration card\n")
    assert "> **演示数据（合成），不代表任何真实主体" in text
    assert DEMO.definition.fingerprint in text


def test_every_row_of_a_table_has_as_many_cells_as_its_header():
    blocks = re.findall(r"(?:^\|.*\n)+", to_markdown(REPORT), re.MULTILINE)
    assert len(blocks) >= 8
    for block in blocks:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_the_figures_in_the_text_are_those_of_the_report():
    last = REPORT.discrimination[-1]
    assert (
        f"| 样本外月份 / out-of-time months | {last.payer_count:,} | {last.default_count:,}"
        in to_markdown(REPORT)
    )
    assert f"{last.auc:.3f} | {last.auc_low:.3f} – {last.auc_high:.3f}" in to_markdown(REPORT)


def test_what_markdown_would_take_for_its_own_is_escaped_and_kept_on_one_line():
    assert escaped("a|b <c>\n# *d* [e](f) `g`") == r"a\|b \<c\> \# \*d\* \[e\](f) \`g\`"


def test_real_data_have_no_banner():
    text = to_markdown(validate(DEMO, population(synthetic=False, description="某区农户")))
    assert "合成" not in text
