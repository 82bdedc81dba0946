"""The letter that tells a subject what became of an objection, as a PDF of one A4 page."""

import json
import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from app.errors import SetupError

TEMPLATE = Path(__file__).with_name("letter.typ")
# Longer words of one piece are broken anywhere, so that no line leaves the page.
_WORD_LENGTH_MAX = 24


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
    try:
        import typst
        from pylopdf_fonts_zh_cn import serif_path
    except ImportError:
        raise SetupError(
            "letters cannot be made: Typst or its Chinese fonts are not installed. "
            "Install the extra: pip install 'credit-village[pdf]'"
        ) from None
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[serif_path().parent]
    )
    return typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=fonts,
        ignore_system_fonts=True,
        format="pdf",
        timestamp=dated.replace(microsecond=0),
        sys_inputs={"letter": json.dumps(asdict(_laid_out(letter)), ensure_ascii=False)},
    )


def _laid_out(letter: Letter) -> Letter:
    """The letter with its free texts as one paragraph each, which breaks anywhere it has to."""
    facts = tuple(LetterFact(fact.name, _breakable(fact.value)) for fact in letter.facts)
    return replace(letter, facts=facts, office=_breakable(letter.office))


def _breakable(text: str) -> str:
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    long = re.compile(rf"[\x21-\u2dff]{{{_WORD_LENGTH_MAX},}}")
    return long.sub(lambda found: "\u200b".join(found.group()), plain)
