"""The national codes are complete as far as they say, and a damaged file is refused where it is wrong."""

import pytest

from app.errors import Invalid, SetupError
from app.settings import ROOT
from app.subjects.code_tables import CodeEntry, CodeTable, code_table, read_code_table
from app.subjects.numbers import sex_and_birth
from tests.numbers import resident

FIRST = "GB/T 2261.1-2003,0,未知的性别,unknown sex"


@pytest.fixture
def written(tmp_path):
    """A table with these lines below the header."""

    def made(*lines):
        path = tmp_path / "sex.csv"
        path.write_text("\n".join(["standard,code,label,label_en", *lines, ""]), "utf-8")
        return path

    return made


@pytest.mark.parametrize(
    ("table", "standard", "count"),
    [
        (CodeTable.SEX, "GB/T 2261.1-2003", 4),
        (CodeTable.MARITAL_STATUS, "GB/T 2261.2-2003", 8),
        (CodeTable.FAMILY_RELATION, "GB/T 4761-2008", 84),
        (CodeTable.DIVISION, "GB/T 2260", 2),
    ],
)
def test_every_table_holds_one_standard(table, standard, count):
    entries = code_table(table)
    assert {entry.standard for entry in entries.values()} == {standard}
    assert len(entries) == count
    assert standard.split("-")[0] in table.label


def test_a_code_is_found_with_its_meaning_in_both_languages():
    assert code_table(CodeTable.MARITAL_STATUS)["30"] == CodeEntry(
        "GB/T 2261.2-2003", "30", "丧偶", "widowed"
    )


def test_the_sex_a_resident_number_tells_is_a_code_of_the_table():
    sexes = {sex_and_birth(resident(serial))[0] for serial in (1, 2)}
    assert {code_table(CodeTable.SEX)[str(sex)].label for sex in sexes} == {"男性", "女性"}


def test_relations_are_the_two_digit_codes_without_the_two_the_revision_took_out():
    codes = set(code_table(CodeTable.FAMILY_RELATION))
    assert codes == {"01", "02", "10", "11", "12", "99"} | {str(code) for code in range(20, 98)}


def test_the_divisions_are_those_of_the_division_file():
    lines = (ROOT / "seed_data" / "divisions.csv").read_text("utf-8").splitlines()[1:]
    above_town = {cells[1][:6]: cells[3] for cells in (line.split(",") for line in lines[:2])}
    assert {code: entry.label for code, entry in code_table(CodeTable.DIVISION).items()} == above_town


def test_a_table_cannot_be_changed_by_whoever_reads_it():
    with pytest.raises(TypeError):
        code_table(CodeTable.SEX)["3"] = code_table(CodeTable.SEX)["0"]  # type: ignore[index]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ((), "has no codes"),
        ((FIRST, FIRST.replace("未知的性别", "别的")), "line 3, column code: '0'; the code stands twice"),
        ((FIRST, FIRST.replace(",0,", ",1,")), "line 3, column label: '未知的性别'; the label stands twice"),
        ((FIRST, "GB/T 4761-2008,1,男性,male"), "line 3, column standard: .*'GB/T 2261.1-2003'"),
        ((FIRST, "GB/T 2261.1-2003,01,男性,male"), "line 3, column code: '01'; write 1 digits"),
        ((FIRST, "GB/T 2261.1-2003,M,男性,male"), "line 3, column code: 'M'"),
        ((FIRST, "GB/T 2261.1-2003,１,男性,male"), "line 3, column code: '１'"),
        ((FIRST, "GB/T 2261.1-2003,1,,male"), "line 3, column label: ''; fill the cell in"),
        ((FIRST, "GB/T 2261.1-2003,1,男性"), "line 3: too few or too many cells"),
    ],
)
def test_a_damaged_table_is_refused_where_it_is_wrong(written, lines, complaint):
    with pytest.raises(Invalid, match=complaint):
        read_code_table(written(*lines))


def test_a_table_that_is_gone_is_a_fault_of_the_installation(tmp_path):
    with pytest.raises(SetupError, match="cannot read"):
        read_code_table(tmp_path / "sex.csv")
