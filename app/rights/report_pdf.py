"""The report as A4 pages a person can read, laid out by Typst."""

from pathlib import Path
from typing import Any

from app.printing import breakable, printed
from app.rights.pages import page_data
from app.rights.report import Report

TEMPLATE = Path(__file__).with_name("report.typ")
# Longer words of one piece are broken anywhere, so that no line leaves its cell.
_PIECE = 12


def report_pdf(report: Report) -> bytes:
    """The pages to hand over; the same report always gives the same bytes."""
    return printed(TEMPLATE, _laid_out(page_data(report)), dated=report.issued.issued_at)


def _laid_out(value: Any) -> Any:
    """The same with every text on one line, which breaks anywhere it has to."""
    if isinstance(value, dict):
        return {name: _laid_out(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_laid_out(each) for each in value]
    return breakable(value, piece=_PIECE) if isinstance(value, str) else value
