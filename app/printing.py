"""Pages to print: a Typst template, words that arrive as data and are never markup, QR codes."""

import io
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import segno

from app.errors import SetupError

# Longer words of one piece are broken anywhere, so that no line leaves the page.
_WORD_LENGTH_MAX = 24
# What is printed from the demonstration says so.
SYNTHETIC = "演示数据（合成）"


def printed(template: Path, words: Mapping[str, Any], *, dated: datetime) -> bytes:
    """The PDF of a template filled with words; the same words always give the same bytes.

    The template reads them as `json(bytes(sys.inputs.words))`.
    """
    try:
        import typst
        from pylopdf_fonts_zh_cn import serif_path
    except ImportError:
        raise SetupError(
            "pages to print cannot be made: Typst or its Chinese fonts are not installed. "
            "Install the extra: pip install 'credit-village[pdf]'"
        ) from None
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[serif_path().parent]
    )
    return typst.compile(
        template.read_bytes(),
        font_paths=fonts,
        ignore_system_fonts=True,
        format="pdf",
        timestamp=dated.replace(microsecond=0),
        sys_inputs={"words": json.dumps(words, ensure_ascii=False)},
    )


def breakable(text: str, *, piece: int = _WORD_LENGTH_MAX) -> str:
    """A text on one line, in which words longer than a piece break anywhere."""
    plain = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    long = re.compile(rf"[\x21-\u2dff]{{{piece},}}")
    return long.sub(lambda found: "\u200b".join(found.group()), plain)


def in_chinese(day: date) -> str:
    """A date as it is written in China."""
    return f"{day.year}年{day.month}月{day.day}日"


def qr_code(text: str) -> str:
    """A QR code as SVG, with the quiet zone it needs; an eighth of it may be dirty (level M)."""
    made = io.BytesIO()
    segno.make_qr(text, error="m", encoding="utf-8").save(made, kind="svg", border=4, xmldecl=False)
    return made.getvalue().decode()
