"""A document as Markdown, Chinese first; drawings are left out, their figures are in the tables."""

import re
from collections.abc import Iterator

from scoring.definition import Text
from scoring.validation import sections
from scoring.validation.content import Judgements, Page, Paragraph, Part, Table
from scoring.validation.report import ValidationReport

# Letters Markdown or HTML would take for its own.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def to_markdown(report: ValidationReport) -> str:
    """A validation report as Markdown."""
    return render(sections.page(report))


def render(page: Page) -> str:
    """A document as Markdown."""
    lines = [f"# {_both(page.title)}", ""]
    if page.banner is not None:
        lines += [f"> **{_both(page.banner)}**", ""]
    for section in page.sections:
        lines += [f"## {_both(section.title)}", ""]
        for part in section.parts:
            lines += _part(part)
    return "\n".join(lines).rstrip() + "\n"


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Paragraph):
        yield from (escaped(part.text.zh), "", escaped(part.text.en), "")
    elif isinstance(part, Judgements):
        for item in part.items:
            yield f"- {item.mark} **{_both(item.verdict)}** {_both(item.text)}"
        yield ""
    elif isinstance(part, Table):
        yield from _table(part)


def _table(table: Table) -> Iterator[str]:
    yield f"**{_both(table.caption)}**"
    yield ""
    yield _row(table.header)
    yield _line("--:" if table.is_number(at) else "---" for at in range(len(table.header)))
    for row in table.rows:
        yield _row(row)
    yield ""


def _row(cells: tuple[Text, ...]) -> str:
    return _line(_both(cell) for cell in cells)


def _line(cells: Iterator[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _both(text: Text) -> str:
    return escaped(text.zh if text.en in ("", text.zh) else f"{text.zh} / {text.en}")


def escaped(text: str) -> str:
    """A text that Markdown shows as it is written, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
