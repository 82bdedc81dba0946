"""The dated rules about public notices: how long one runs, how long it stays in public, when one answers."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from app.errors import SetupError
from app.records.rules import natural, sources_of
from scoring import CardError
from scoring.definition import Source, Text
from scoring.document import Document
from scoring.loader import canonical, parse, read

KIND = "notices"


@dataclass(frozen=True)
class NoticeRules:
    """One version of the rules about notices; `bases` name the source of each number."""

    code: str
    title: Text
    effective_from: date
    sources: Mapping[str, Source]
    days_least: int
    shown_days_after_end: int
    objection_days: int
    bases: Mapping[str, str]
    fingerprint: str
    content: str


def load_notice_rules(path: Path) -> NoticeRules:
    """The rules in a file; `CardError` names the first bad entry."""
    return notice_rules(read(path), where=str(path))


@lru_cache(maxsize=8)
def parse_notice_rules(content: str) -> NoticeRules:
    """Rules as they were kept."""
    try:
        return notice_rules(parse(content, where=KIND), where=KIND)
    except CardError as error:
        raise SetupError(str(error)) from None


def notice_rules(content: Mapping[str, object], *, where: str) -> NoticeRules:
    """The rules in a mapping, read strictly."""
    document, text = Document(content, where=where), canonical(content)
    sources = sources_of(document.part("sources"))
    bases: dict[str, str] = {}
    numbers: dict[str, int] = {}
    for key, number in (("period", "days_least"), ("shown", "days_after_end"), ("objection", "days")):
        part = document.part(key)
        bases[key] = part.text("basis")
        if bases[key] not in sources:
            raise part.error("basis", f"{bases[key]!r} is none of {', '.join(sources)}")
        numbers[key] = natural(part, number)
        part.close()
    rules = NoticeRules(
        code=document.text(KIND),
        title=document.words("title"),
        effective_from=document.day("effective_from"),
        sources=sources,
        days_least=numbers["period"],
        shown_days_after_end=numbers["shown"],
        objection_days=numbers["objection"],
        bases=bases,
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
        content=text,
    )
    document.close()
    return rules
