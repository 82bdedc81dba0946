"""The report as A4 pages a person can read, laid out by Typst."""

import json
import re
from pathlib import Path
from typing import Any

from app.errors import SetupError
from app.rights.pages import page_data
from app.rights.report import Report

TEMPLATE = Path(__file__).with_name("report.typ")
# Longer words of one piece are broken anywhere, so that no line leaves its cell.
_LONG = re.compile(r"[\x21-\u2dff]{12,}")


def report_pdf(report: Report) -> bytes:
    """The pages to hand over; the same report always gives the same bytes."""
    try:
        import typst
        from pylopdf_fonts_zh_cn import serif_path
    except ImportError:
        raise SetupError(
            "reports cannot be made: Typst or its Chinese fonts are not installed. "
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
        timestamp=report.issued.issued_at.replace(microsecond=0),
        sys_inputs={"report": json.dumps(_laid_out(page_data(report)), ensure_ascii=False)},
    )


def _laid_out(value: Any) -> Any:
    """The same with every text on one line, which breaks anywhere it has to."""
    if isinstance(value, dict):
        return {name: _laid_out(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_laid_out(each) for each in value]
    return _breakable(value) if isinstance(value, str) else value


def _breakable(text: str) -> str:
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return _LONG.sub(lambda found: "\u200b".join(found.group()), plain)
