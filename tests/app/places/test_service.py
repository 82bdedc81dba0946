"""The divisions of the district, and what its list refuses."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound, SetupError
from app.models import Place, PlaceKind
from app.places import service

SHIPPED = Path(__file__).resolve().parents[3] / "seed_data" / "divisions.csv"
DISTRICT, DAXING, BIQUAN = "500120000000", "500120104000", "500120002000"
TODAY = date(2026, 11, 23)
HEADER = "code_system,code,mca_code,name,kind,parent_code,valid_from,valid_to,successor_code"
CITY = "NBS,500000000000,,重庆市,city,,2020-06-30,,"
TOP = f"{CITY}\nNBS,500120000000,,璧山区,district,500000000000,2020-06-30,,"
TOWN = "NBS,500120104000,,大兴镇,town,500120000000,2020-06-30,,"
VILLAGE = "NBS,500120104200,,长隆村,village,500120104000,2020-06-30,,"


@pytest.fixture
def district(session: Session) -> Session:
    """A database with the shipped divisions."""
    service.load_divisions(session, SHIPPED)
    return session


def write(folder: Path, *rows: str, header: str = HEADER) -> Path:
    """A list of divisions in a file."""
    file = folder / "divisions.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def test_the_district_has_15_towns_131_villages_and_63_communities(district) -> None:
    kinds = Counter(place.kind for place in service.places_within(district, DISTRICT, on=TODAY))
    assert kinds == {
        PlaceKind.DISTRICT: 1,
        PlaceKind.TOWN: 9,
        PlaceKind.SUBDISTRICT: 6,
        PlaceKind.VILLAGE: 131,
        PlaceKind.COMMUNITY: 63,
    }


def test_biquan_has_no_village(district) -> None:
    assert service.places_within(district, BIQUAN, on=TODAY, kinds={PlaceKind.VILLAGE}) == []


def test_a_town_holds_its_villages_in_the_order_of_their_codes(district) -> None:
    inside = service.places_within(district, DAXING, on=TODAY)
    below = service.children(district, inside[0].place_id, on=TODAY)
    codes = [place.code for place in below]
    assert (inside[0].name, inside[1:], len(below), codes) == ("大兴镇", below, 19, sorted(codes))


def test_a_code_is_read_as_one_of_the_bureau_of_statistics(district) -> None:
    assert service.place_by_code(district, BIQUAN, on=TODAY).name == "璧泉街道"


def test_loading_the_list_twice_changes_nothing(district) -> None:
    assert service.load_divisions(district, SHIPPED) == 0
    assert district.scalar(select(func.count()).select_from(Place)) == 211


def test_a_corrected_name_is_taken_over(session, tmp_path) -> None:
    service.load_divisions(session, write(tmp_path, CITY))
    assert service.load_divisions(session, write(tmp_path, CITY.replace("重庆市", "重庆"))) == 1
    assert service.place_by_code(session, "500000000000", on=TODAY).name == "重庆"


@pytest.mark.parametrize(
    ("on", "name"),
    [
        (date(2020, 6, 29), None),
        (date(2020, 6, 30), "长隆村"),
        (date(2024, 4, 30), "长隆村"),
        (date(2024, 5, 1), None),
    ],
)
def test_a_village_exists_from_its_first_day_until_the_day_before_its_last(
    session, tmp_path, on, name
) -> None:
    community = "NBS,500120104009,,长隆社区,community,500120104000,2024-05-01,,"
    ended = VILLAGE.replace("2020-06-30,,", "2020-06-30,2024-05-01,500120104009")
    service.load_divisions(session, write(tmp_path, TOP, TOWN, ended, community))
    found = service.places_within(session, DAXING, on=on, kinds=[PlaceKind.VILLAGE])
    assert [place.name for place in found] == ([name] if name else [])


def test_a_community_succeeds_the_village_it_replaces(session, tmp_path) -> None:
    community = "NBS,500120104009,,长隆社区,community,500120104000,2024-05-01,,"
    ended = VILLAGE.replace("2020-06-30,,", "2020-06-30,2024-05-01,500120104009")
    service.load_divisions(session, write(tmp_path, TOP, TOWN, ended, community))
    village = service.place_by_code(session, "500120104200", on=date(2024, 4, 30))
    assert village.successor_id is not None
    assert service.place(session, village.successor_id).name == "长隆社区"


@pytest.mark.parametrize(
    ("row", "column", "fix"),
    [
        (VILLAGE.replace("village", "community"), "kind", "belongs to a village"),
        (VILLAGE.replace("104200,", "104199,"), "kind", "belongs to a community"),
        (VILLAGE.replace("104200,", "104400,"), "code", "001-199"),
        (VILLAGE.replace("village", "hamlet"), "kind", "use one of"),
        (VILLAGE.replace("500120104200", "50012010420"), "code", "12 digits"),
        (VILLAGE.replace("500120104200", ""), "code", "fill"),
        (VILLAGE.replace("500120104000", "500120105000"), "parent_code", "does not lie in it"),
        (VILLAGE.replace("500120104000", ""), "parent_code", "every division but a city"),
        (VILLAGE.replace("500120104000", "500120000000"), "parent_code", "directly in"),
        (VILLAGE.replace("500120104000", "500000000000"), "parent_code", "directly in"),
        (VILLAGE.replace("2020-06-30", "2020-06-29"), "parent_code", "no division has this code"),
        (VILLAGE.replace("长隆村", ""), "name", "fill"),
        (VILLAGE.replace("长隆村", "村" * 65), "name", "64"),
        (VILLAGE.replace("2020-06-30", "30.6.2020"), "valid_from", "write the date"),
        (VILLAGE.replace("2020-06-30,", "2020-06-30,2020-06-30"), "valid_to", "after valid_from"),
        (VILLAGE + "500120104001", "successor_code", "fill in valid_to"),
        (VILLAGE.replace(",,", ",2024-05-01,").replace("500120104200,2024-05-01", "500120104200,")
         + "500120104001", "successor_code", "no division has this code"),
        (VILLAGE.replace("NBS", "GB"), "code_system", "use one of"),
        (f"{VILLAGE}\n{VILLAGE}", "code", "stands in line 5 too"),
        (f"{VILLAGE}\n{VILLAGE.replace('2020-06-30', '2021-01-01')}", "valid_from", "at once"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_bad_row_is_refused_with_file_line_column_and_fix(session, tmp_path, row, column, fix) -> None:
    with pytest.raises(Invalid) as refusal:
        service.load_divisions(session, write(tmp_path, TOP, TOWN, row))
    where, said = (
        f"divisions.csv, line {5 if row.count(VILLAGE) < 2 else 6}, column {column}: ",
        refusal.value.detail,
    )
    assert (said.startswith(where), fix in said) == (True, True), said


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_parent_that_is_nowhere_is_refused(session, tmp_path) -> None:
    with pytest.raises(Invalid, match="column parent_code: '500120104000'; no division has this code"):
        service.load_divisions(session, write(tmp_path, TOP, VILLAGE))


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_other_columns_a_ragged_row_and_another_encoding_are_refused(session, tmp_path) -> None:
    with pytest.raises(Invalid, match="line 1: the columns must be"):
        service.load_divisions(session, write(tmp_path, CITY, header="code,name"))
    with pytest.raises(Invalid, match="line 2: too few"):
        service.load_divisions(session, write(tmp_path, "NBS,500000000000"))
    file = write(tmp_path, CITY)
    file.write_bytes(file.read_text(encoding="utf-8").encode("gb18030"))
    with pytest.raises(Invalid, match="UTF-8"):
        service.load_divisions(session, file)
    with pytest.raises(SetupError, match="cannot read"):
        service.load_divisions(session, tmp_path / "missing.csv")


@pytest.mark.parametrize("code", ["500120104999", "500120105", "11010519491231002X"])
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_an_unknown_code_is_not_found(district, code) -> None:
    with pytest.raises(NotFound) as refusal:
        service.place_by_code(district, code, on=TODAY)
    assert (code in refusal.value.detail) is (len(code) == 12), (
        "what may be a person's number is not repeated"
    )


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        ("500000000000", "50"),
        (DISTRICT, "500120"),
        ("500120100000", "500120100"),
        ("500120104010", "500120104010"),
    ],
)
def test_a_subtree_shares_2_6_9_or_12_digits(code, prefix) -> None:
    assert service.subtree_prefix(code) == prefix


@pytest.mark.parametrize(
    ("scope", "code", "inside"),
    [
        (DISTRICT, DISTRICT, True),
        (DISTRICT, "500120104200", True),
        (DAXING, "500120104200", True),
        (DAXING, "500120105200", False),
        (DAXING, DISTRICT, False),
        ("500120104200", "500120104201", False),
    ],
)
def test_a_place_lies_within_itself_and_what_is_above_it(scope, code, inside) -> None:
    assert service.within(scope, code) is inside
