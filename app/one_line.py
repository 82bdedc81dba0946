"""A text of one line stays one: what a reader sees in a list or at a terminal is what stands there."""

import re

from app.errors import Invalid

# Control characters (a new line, ESC), the line ends of Unicode, and what turns the direction of writing.
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def one_line(text: str, *, where: str) -> str:
    """The text as it is; `Invalid` names the field and the code of a character that no line holds."""
    found = _HIDDEN.search(text)
    if found is not None:
        raise Invalid(
            f"{where}: 含有换行、控制或改变书写方向的字符（U+{ord(found.group()):04X}），请写成一行 · holds "
            "a new line, a control character or one that turns the direction of writing; write it on one line"
        )
    return text
