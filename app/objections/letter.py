"""The letter that tells a subject what became of an objection, as a PDF of one A4 page."""

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from app.printing import breakable, printed

TEMPLATE = Path(__file__).with_name("letter.typ")


@dataclass(frozen=True)
class LetterFact:
    """One line of the letter's table: what it is called and what it says."""

    name: str
    value: str


@dataclass(frozen=True)
class Letter:
    """Every word of the letter, in the order it is read."""

    title: str
    reference: str
    salutation: str
    opening: str
    outcome: str
    meaning: str
    facts: tuple[LetterFact, ...]
    remedies_title: str
    remedies: tuple[str, ...]
    help: str
    office: str
    seal: str
    date: str
    english: str
    synthetic: str


def letter_pdf(letter: Letter, *, dated: datetime) -> bytes:
    """The page to print and to stamp; the same letter always gives the same bytes."""
    return printed(TEMPLATE, asdict(_laid_out(letter)), dated=dated)


def _laid_out(letter: Letter) -> Letter:
    """The letter with its free texts as one paragraph each, which breaks anywhere it has to."""
    facts = tuple(LetterFact(fact.name, breakable(fact.value)) for fact in letter.facts)
    return replace(letter, facts=facts, office=breakable(letter.office))
