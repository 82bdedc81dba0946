"""The report is one file that fetches nothing, runs nothing, reads aloud and prints without colour."""

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from scoring.validation import to_html, validate
from tests.scoring.validation.households import DEMO, population

REPORT = validate(DEMO, population())
VOID = {"meta", "br"}


class _Reader(HTMLParser):
    """What is in a document; fails where a tag is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag in names]


PAGE = _Reader(to_html(REPORT))


def test_nothing_is_fetched_and_nothing_runs():
    assert PAGE.all("script", "link", "img", "iframe", "object", "form", "use") == []
    for tag, attributes in PAGE.tags:
        assert not any(name.startswith("on") for name in attributes), tag
        assert all((attributes.get(name) or "#").startswith("#") for name in ("href", "src"))
    addresses = set(re.findall(r"\w+://[^\s\"']+", to_html(REPORT)))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert "default-src 'none'" in str(PAGE.all("meta"))


def test_every_name_for_a_screen_reader_leads_somewhere_and_every_key_is_given_once():
    keys = [attributes["id"] for _, attributes in PAGE.tags if "id" in attributes]
    assert len(keys) == len(set(keys))
    for _, attributes in PAGE.tags:
        assert set((attributes.get("aria-labelledby") or "").split()) <= set(keys)
        assert (attributes.get("href") or "#summary")[1:] in keys


def test_every_drawing_is_sound_xml_with_a_title_and_a_description_and_a_table_in_its_section():
    drawings = re.findall(r"<svg.*?</svg>", to_html(REPORT), re.DOTALL)
    assert len(drawings) == 6
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        names = [child.tag.rsplit("}", 1)[-1] for child in root]
        assert names[:2] == ["title", "desc"]
        assert all(child.text for child in root[:2])
        assert root.attrib["role"] == "img"
    for section in re.findall(r"<section.*?</section>", to_html(REPORT), re.DOTALL):
        assert "<svg" not in section or "<table" in section


def test_no_colour_carries_meaning():
    colours = set(re.findall(r'(?:fill|stroke)="(#\w+)"', to_html(REPORT)))
    assert all(len(set(colour[1:])) == 1 for colour in colours)


def test_tables_have_captions_and_headers_and_can_be_reached_by_keyboard():
    assert len(PAGE.all("table")) == len(PAGE.all("caption"))
    assert all(cell["scope"] in ("col", "row") for cell in PAGE.all("th"))
    regions = [attributes for attributes in PAGE.all("div") if attributes["class"] == "scroll"]
    assert len(regions) == len(PAGE.all("table"))
    assert {region["tabindex"] for region in regions} == {"0"}


def test_there_is_one_main_heading_and_chinese_comes_first():
    assert len(PAGE.all("h1")) == 1
    assert PAGE.all("html")[0]["lang"] == "zh-CN"
    assert {attributes["lang"] for attributes in PAGE.all("span") if attributes.get("class") == "en"} == {
        "en"
    }


def test_synthetic_data_are_announced_at_the_top_and_real_ones_are_not():
    assert "演示数据（合成），不代表任何真实主体" in to_html(REPORT)
    real = to_html(validate(DEMO, population(synthetic=False, description="某区农户")))
    assert "合成" not in real


def test_an_adverse_impact_is_marked_in_the_row_of_its_group():
    place = np.where(np.arange(4000) < 1000, "山区", "近郊")
    marks = np.where(place == "山区", 1.0, 9.0)
    page = to_html(
        validate(DEMO, population(facts={"marks": marks, "other": marks[::-1]}, groups={"town": place}))
    )
    row = next(row for row in page.split("<tr>") if 'scope="row">山区' in row)
    assert "✗ 低于 0.8" in row


def test_a_group_with_too_few_good_payers_says_so_beside_its_gap():
    place = ["a"] * 40 + ["b"] * 3960
    outcome = [1.0] * 20 + [0.0] * 20 + [0.0, 1.0] * 1980
    page = to_html(validate(DEMO, population(groups={"town": place}, outcome=outcome)))
    assert "正常还款者太少，机会差不作判断" in page


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "a & b </svg>"])
def test_whatever_a_group_or_a_description_holds_is_shown_as_text(evil):
    report = validate(DEMO, population(description=evil, groups={evil: [evil, "女"] * 2000}))
    page = _Reader(to_html(report))
    assert page.all("script", "img") == []
    assert evil in "".join(page.words)


@pytest.mark.parametrize(
    "changed",
    [
        {"month": None, "groups": {}},
        {"outcome": [0.0] * 4000},
        {"outcome": [float("nan")] * 4000},
        {"facts": {"marks": [None] * 4000}},
        {"facts": {"marks": [5.0] * 4000, "other": [5.0] * 4000}},
        {"groups": {"town": [f"第{at % 200}镇" for at in range(4000)]}},
        {"month": [at // 12 * 100 + 190001 + at % 12 for at in range(4000)]},
    ],
)
def test_however_little_there_is_to_show_the_report_is_sound(changed):
    page = to_html(validate(DEMO, population(**changed)))
    _Reader(page)
    assert "nan" not in page.lower().replace("finance", "")
    assert not re.search(r'="[^"]*\binf\b', page)
    for drawing in re.findall(r"<svg.*?</svg>", page, re.DOTALL):
        ElementTree.fromstring(drawing)
