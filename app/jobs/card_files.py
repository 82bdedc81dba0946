"""Cards in the forms of other tools, written whole or not at all."""

import json
from collections.abc import Callable
from pathlib import Path

from app.errors import Invalid
from scoring import CardError
from scoring.definition import CardDefinition
from scoring.exchange.card_schema import card_schema
from scoring.exchange.excel import write_workbook
from scoring.exchange.pmml_read import read_pmml
from scoring.exchange.pmml_write import write_pmml


def write_pmml_file(card: CardDefinition, target: Path) -> None:
    """A card as a PMML document."""
    write_whole(target, lambda unfinished: unfinished.write_text(write_pmml(card), encoding="utf-8"))


def write_excel_file(card: CardDefinition, target: Path, *, rows: int) -> None:
    """A card as a workbook with live formulas."""
    write_whole(target, lambda unfinished: write_workbook(card, unfinished, rows=rows))


def write_schema(target: Path) -> None:
    """The JSON Schema of a card, for an editor."""
    text = json.dumps(card_schema(), ensure_ascii=False, indent=2)
    write_whole(target, lambda unfinished: unfinished.write_text(text + "\n", encoding="utf-8"))


def write_card_from_pmml(source: Path, target: Path) -> None:
    """A PMML document as a card; what it carries only in part is refused."""
    try:
        text = source.read_text(encoding="utf-8")
    except OSError as error:
        raise Invalid(f"{source}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise Invalid(f"{source}: is not a text in UTF-8") from None
    try:
        card = read_pmml(text)
    except CardError as error:
        raise Invalid(f"{source}: {error}") from None
    write_whole(target, lambda unfinished: unfinished.write_text(card.content + "\n", encoding="utf-8"))


def write_whole(target: Path, write: Callable[[Path], object]) -> None:
    """Let a file be written beside its place, and take its name only when it is complete."""
    unfinished = target.with_name(f"{target.name}.part")
    try:
        write(unfinished)
        unfinished.replace(target)
    except CardError as error:
        unfinished.unlink(missing_ok=True)
        raise Invalid(str(error)) from None
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise Invalid(f"{target}: cannot be written: {error.strerror or error}") from error
