"""What is promised in docs/ is what the code has."""

import re
from pathlib import Path

import pytest

from app.errors import AppError
from app.models import Base
from app.settings import Settings

DOCS = Path(__file__).resolve().parent.parent / "docs"


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_every_column_is_described_in_the_data_model(table):
    text = (DOCS / "data-model.md").read_text()
    found = re.search(rf"^\*\*{table}\*\*.*?(?=\n\n)", text + "\n\n", re.MULTILINE | re.DOTALL)
    assert found, f"docs/data-model.md does not describe the table {table}"
    named = set(re.findall(r"`(\w+)`", found.group()))
    assert {column.name for column in Base.metadata.tables[table].columns} <= named


def test_every_setting_is_described():
    text = (DOCS / "operations.md").read_text()
    names = {str(field.validation_alias) for field in Settings.model_fields.values()}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_every_error_code_is_described():
    text = (DOCS / "errors.md").read_text()
    codes = {kind.code for kind in _below(AppError)}
    assert {code for code in codes if f"`{code}`" not in text} == set()


def _below(kind):
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
