"""The sources records come from, as a file."""

from pathlib import Path

from app.errors import Invalid
from app.models import Source
from scoring import CardError
from scoring.document import Document
from scoring.loader import read

TOWN_OFFICE = "town_office"


def read_sources(path: Path) -> list[Source]:
    """Every source of the file, or a refusal that names the first bad entry."""
    try:
        document = Document(read(path), where=path.name)
        found: dict[str, Source] = {}
        for part in document.parts("sources"):
            source = _source(part)
            if found.setdefault(source.code, source) is not source:
                raise part.error("code", "stands twice; remove one of the two")
        document.close()
    except CardError as error:
        raise Invalid(str(error)) from None
    return list(found.values())


def _source(part: Document) -> Source:
    label = part.words("label")
    source = Source(
        code=part.text("code"),
        label=label.zh,
        label_en=label.en,
        department=part.text("department"),
        cycle_months=part.integer("cycle_months"),
        is_public=part.one_of("public", ("no", "yes")) == "yes",
        basis=part.text("basis"),
    )
    part.close()
    return source
