"""Over HTTP an appraiser sees the own sheet and nothing of anybody else's, before the closing and after."""

import io
import json
import re
from dataclasses import asdict
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from app.appraisals.appraisal import Mark
from tests.app.appraisals.village import (
    CLOSES,
    OPENS,
    POINTS,
    Desk,
    desk,
    mark,
    village,
)
from tests.district import VILLAGE, VILLAGE_OF_OTHER_TOWN, district

__all__ = ["desk", "district", "village"]

sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# Words that would give away what somebody else has said, or how many have said something.
TELLTALE = (r"appraiser\.2", "评议员", "P02", r"_count\":\d", r"kappa\":-?\d")


def plain(*marks: Mark) -> dict[str, Any]:
    return {"marks": [json.loads(json.dumps(asdict(one))) for one in marks]}


def opened(desk: Desk, *, households: int = 2) -> str:
    """A round with two appraisers online and one on paper; its address."""
    desk.village.settled(households)
    body = {"place_code": VILLAGE, "opens_on": f"{OPENS}", "closes_on": f"{CLOSES}"}
    made = desk.send("POST", "/v1/appraisal-rounds", by="official", json=body)
    assert made.status_code == 201, made.text
    round_path = f"/v1/appraisal-rounds/{made.json()['round_id']}"
    for name in ("appraiser.1", "appraiser.2", None):
        asked = {"name": f"评议员{name or '三'}"} | ({"username": name} if name else {})
        assert desk.send("POST", f"{round_path}/appraisers", by="official", json=asked).status_code == 201
    return round_path


def test_a_round_over_http_from_opening_to_its_result(desk: Desk):
    path = opened(desk)
    for name, points in (("appraiser.1", 71), ("appraiser.2", 100)):
        sheet = f"{path}/sheet"
        saved = desk.edited("PUT", sheet, by=name, json=plain(mark(1, points)))
        assert (saved.status_code, saved.json()["revision"]) == (200, 1)
        saved = desk.edited("PUT", sheet, by=name, json=plain(mark(1, points), mark(2, points)))
        assert saved.json()["revision"] == 2
        done = desk.edited("POST", f"{sheet}/submission", by=name)
        assert (done.status_code, len(done.json()["fingerprint"])) == (200, 64)
    taken = desk.send("POST", f"{path}/appraisers/3/sheet", by="official", **filled(desk, path, 71, None))
    assert taken.status_code == 201, taken.text
    closed = desk.send("POST", f"{path}/closing", by="official")
    assert (closed.status_code, closed.json()["state"]) == (200, "closed")
    found = desk.send("GET", f"{path}/result", by="official").json()
    outcomes = [(one["outcome"], one["score"], one["grade"]) for one in found["households"]]
    assert outcomes == [("appraised", 80.67, "AA"), ("below_quorum", None, None)]
    assert found["measures"][1] == {
        "name": "appraised_share", "label": "评议率", "numerator": 1, "denominator": 2,
        "denominator_name": "可评议户数 appraisable households", "share": 0.5,
    }  # fmt: skip
    assert desk.send("POST", f"{path}/closing", by="admin").status_code == 409


@sqlite
def test_an_appraiser_sees_nothing_of_another_before_the_closing_nor_after_it(desk: Desk):
    path = opened(desk)
    desk.edited("PUT", f"{path}/sheet", by="appraiser.2", json=plain(mark(1, 46, reasons=["P02"]), mark(2)))
    desk.edited("POST", f"{path}/sheet/submission", by="appraiser.2")
    for _ in ("before", "after"):
        for address in ("/v1/appraisal-rounds", path, f"{path}/sheet"):
            answer = desk.send("GET", address, by="appraiser.1")
            assert answer.status_code == 200
            told = json.dumps(_without(answer.json(), "form"), ensure_ascii=False, separators=(",", ":"))
            assert [word for word in TELLTALE if re.search(word, told)] == []
        for address in (f"{path}/result", f"{path}/appraisers/1/form", f"{path}/appraisers/2/form"):
            assert desk.send("GET", address, by="appraiser.1").status_code == 403
        desk.on(CLOSES)
        desk.send("POST", f"{path}/closing", by="official")


def _without(value: Any, key: str) -> Any:
    return {name: one for name, one in value.items() if name != key}


@sqlite
def test_an_appraiser_of_no_sheet_of_a_round_finds_none_whatever_number_is_guessed(desk: Desk):
    path = opened(desk)
    for by in ("appraiser.3", "stranger"):
        assert desk.send("GET", "/v1/appraisal-rounds", by=by).json() == {"rounds": []}
        for number in range(5):
            guessed = f"/v1/appraisal-rounds/{number + 1}"
            assert desk.send("GET", guessed, by=by).status_code == 404
            assert desk.send("GET", f"{guessed}/sheet", by=by).status_code == 404
            put = desk.send("PUT", f"{guessed}/sheet", by=by, if_match="*", json=plain(mark(1)))
            assert put.status_code == 404
            sent = desk.send("POST", f"{guessed}/sheet/submission", by=by, if_match="*")
            assert sent.status_code == 404
    assert desk.send("GET", path, by="appraiser.1").status_code == 200


@sqlite
def test_no_official_reads_a_single_mark_nor_a_name_with_one(desk: Desk):
    path = opened(desk)
    desk.edited("PUT", f"{path}/sheet", by="appraiser.1", json=plain(mark(1, 4), mark(2)))
    desk.edited("POST", f"{path}/sheet/submission", by="appraiser.1")
    for by in ("official", "admin"):
        assert desk.send("GET", f"{path}/sheet", by=by).status_code == 403
    in_full = desk.send("GET", path, by="official").json()
    assert {name for one in in_full["appraisers"] for name in one} == {
        "number", "name", "username", "form_code", "kin_count", "submitted_at", "channel",
        "sheet_fingerprint",
    }  # fmt: skip
    desk.on(CLOSES)
    desk.send("POST", f"{path}/closing", by="official")
    told = desk.send("GET", f"{path}/result", by="official").text
    assert "评议员" not in told
    assert "appraiser.1" not in told
    assert "answers" not in told


@sqlite
def test_before_the_closing_there_is_no_result_for_anybody(desk: Desk):
    path = opened(desk)
    desk.edited("PUT", f"{path}/sheet", by="appraiser.1", json=plain(mark(1), mark(2)))
    desk.edited("POST", f"{path}/sheet/submission", by="appraiser.1")
    answer = desk.send("GET", f"{path}/result", by="admin")
    assert (answer.status_code, "no result" in answer.text) == (409, True)


@sqlite
def test_an_edit_names_the_state_it_was_made_on(desk: Desk):
    path = f"{opened(desk)}/sheet"
    first = desk.send("GET", path, by="appraiser.1").headers["ETag"]
    assert desk.send("PUT", path, by="appraiser.1", json=plain(mark(1))).status_code == 428
    assert desk.send("PUT", path, by="appraiser.1", if_match=first, json=plain(mark(1))).status_code == 200
    again = desk.send("PUT", path, by="appraiser.1", if_match=first, json=plain(mark(2)))
    assert again.status_code == 412
    assert [one["line"] for one in desk.send("GET", path, by="appraiser.1").json()["marks"]] == [1]
    assert desk.send("POST", f"{path}/submission", by="appraiser.1", if_match=first).status_code == 412


@sqlite
def test_a_round_of_another_town_does_not_exist(desk: Desk):
    path = opened(desk)
    for address in (path, f"{path}/result", f"{path}/appraisers/1/form"):
        assert desk.send("GET", address, by="neighbour").status_code == 404
    assert desk.send("GET", "/v1/appraisal-rounds", by="neighbour").json() == {"rounds": []}
    assert desk.send("POST", f"{path}/closing", by="neighbour").status_code == 404
    body = {"place_code": VILLAGE_OF_OTHER_TOWN, "opens_on": f"{OPENS}", "closes_on": f"{CLOSES}"}
    assert desk.send("POST", "/v1/appraisal-rounds", by="official", json=body).status_code == 404


def blank(desk: Desk, path: str, number: int = 3) -> openpyxl.Workbook:
    """The printed sheet of an appraiser."""
    answer = desk.send("GET", f"{path}/appraisers/{number}/form", by="official")
    assert (answer.status_code, answer.headers["content-type"]) == (200, XLSX)
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def fill(book: openpyxl.Workbook, row: int, points: int | None, **more: Any) -> None:
    """Fill in the line of a household: the seventh row of the sheet is the first."""
    sheet = book["评议表"]
    sheet.cell(row, 4, "否" if points is None else "是")
    if points is not None:
        for column, code in enumerate(POINTS[points].values(), 6):
            sheet.cell(row, column, code)
        sheet.cell(row, 10, "P01" if points < 60 else None)
    for name, value in more.items():
        sheet.cell(row, int(name.removeprefix("c")), value)


def as_body(book: openpyxl.Workbook) -> dict[str, Any]:
    content = io.BytesIO()
    book.save(content)
    return {"content": content.getvalue(), "headers": {"Content-Type": XLSX}}


def filled(desk: Desk, path: str, *points: int | None) -> dict[str, Any]:
    book = blank(desk, path)
    for row, one in enumerate(points, 7):
        fill(book, row, one)
    return as_body(book)


@sqlite
def test_a_printed_sheet_masks_every_household_and_carries_its_code(desk: Desk):
    path = opened(desk)
    sheet = blank(desk, path)["评议表"]
    code = desk.send("GET", path, by="official").json()["appraisers"][2]["form_code"]
    assert sheet.cell(2, 2).value == code
    assert sheet.oddFooter is not None
    assert code in str(sheet.oddFooter.left.text)
    shown = [[sheet.cell(row, column).value for column in (1, 2, 3)] for row in (7, 8)]
    assert shown == [[1, "H00001", "王**"], [2, "H00002", "王**"]]
    assert sheet.cell(9, 1).value is None
    assert sheet.protection.sheet
    assert not sheet.cell(7, 4).protection.locked
    assert sheet.cell(7, 2).protection.locked


@sqlite
def test_a_sheet_on_paper_counts_as_one_online_does(desk: Desk):
    path = opened(desk)
    book = blank(desk, path)
    fill(book, 7, 71, c11="20000")
    fill(book, 8, None)
    taken = desk.send("POST", f"{path}/appraisers/3/sheet", by="official", **as_body(book))
    assert (taken.status_code, taken.json()["channel"]) == (201, "paper")
    kept = desk.village.district.rows()["appraisal_marks"]
    assert [(row[2], row[5], row[7]) for row in kept] == [(True, 71, 2_000_000), (False, None, None)]


@pytest.mark.parametrize(
    ("row", "column", "written", "words"),
    [
        (7, 4, None, "第7行 row 7 「是否知晓」"),
        (7, 4, "也许", "「是否知晓」 = 也许"),
        (8, 6, "Z", "第8行 row 8 「还款意愿」 = Z"),
        (8, 7, None, "「信誉（守约）」"),
        (7, 10, "P77", "「原因代码」"),
        (7, 11, "两万", "「建议额度（元）」 = 两万"),
        (7, 11, "300001", "0 至 300000 元"),
        (8, 2, "H99999", "与原表不一致"),
        (9, 4, "是", "第9行 row 9"),
        (7, 6, "=1+1", "「还款意愿"),
    ],
)
@sqlite
def test_every_wrong_row_of_a_sheet_is_named_and_nothing_of_it_is_kept(
    desk: Desk, row: int, column: int, written: str | None, words: str
):
    path = opened(desk)
    book = blank(desk, path)
    fill(book, 7, 71)
    fill(book, 8, 71)
    book["评议表"].cell(row, column).value = written
    refused = desk.send("POST", f"{path}/appraisers/3/sheet", by="official", **as_body(book))
    assert (refused.status_code, refused.json()["code"]) == (422, "sheet_refused")
    assert words in refused.json()["detail"]
    assert desk.village.district.counts()["appraisal_marks"] == 0


@sqlite
def test_a_sheet_is_handed_in_once_and_by_its_own_appraiser(desk: Desk):
    path = opened(desk)
    desk.send("POST", f"{path}/appraisers", by="official", json={"name": "评议员四"})
    own = filled(desk, path, 71, 71)
    other = desk.send("POST", f"{path}/appraisers/4/sheet", by="official", **own)
    assert (other.status_code, "this is not his sheet" in other.json()["detail"]) == (422, True)
    assert desk.send("POST", f"{path}/appraisers/3/sheet", by="official", **own).status_code == 201
    again = desk.send("POST", f"{path}/appraisers/3/sheet", by="official", **own)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    online = desk.send("POST", f"{path}/appraisers/1/sheet", by="official", **own)
    assert (online.status_code, "has an account" in online.json()["detail"]) == (409, True)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no workbook", b"not a workbook", b"\x00" * 64])
@sqlite
def test_what_is_no_workbook_is_refused_in_one_sentence(desk: Desk, content: bytes):
    path = opened(desk)
    headers = {"Content-Type": XLSX}
    address = f"{path}/appraisers/3/sheet"
    refused = desk.send("POST", address, by="official", content=content, headers=headers)
    assert refused.status_code == 422


written_text = st.text(max_size=6).filter(lambda text: not ILLEGAL_CHARACTERS_RE.search(text))
any_text = st.one_of(st.none(), written_text, st.sampled_from(["是", "否", "A", "b", "P01", "0"]))


@sqlite
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.tuples(st.integers(7, 9), st.integers(1, 11), any_text), max_size=6))
def test_whatever_is_written_into_a_sheet_is_taken_whole_or_refused(cells, desk: Desk):
    rounds = desk.send("GET", "/v1/appraisal-rounds", by="official").json()["rounds"]
    path = f"/v1/appraisal-rounds/{rounds[0]['round_id']}" if rounds else opened(desk)
    book = blank(desk, path)
    for row, column, written in cells:
        book["评议表"].cell(row, column).value = written
    before = desk.village.district.counts()["appraisal_marks"]
    answer = desk.send("POST", f"{path}/appraisers/3/sheet", by="official", **as_body(book))
    assert answer.status_code in (201, 409, 422)
    after = desk.village.district.counts()["appraisal_marks"]
    assert after - before == (2 if answer.status_code == 201 else 0)
