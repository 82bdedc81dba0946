"""No edit is lost: whoever changes a thing names the state it was read in (RFC 9110, 13.1.1)."""

import hashlib
import re
from datetime import date, datetime

from starlette.requests import Request

from app.errors import PreconditionFailed, PreconditionRequired

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")


def etag_of(*parts: str | int | date | datetime | None) -> str:
    """A strong, quoted tag that is another one as soon as any of these parts is."""
    return f'"{hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()}"'


def matches(header: str, etag: str) -> bool:
    """Whether an If-Match names this strong tag, alone, in a list, or as `*`; a weak tag names nothing."""
    if header.strip() == "*":
        return True
    return _LIST.fullmatch(header) is not None and etag in re.findall(_TAG, header)


def require_match(request: Request, etag: str) -> None:
    """Refuse a change that names no state (428), or another state than the present one (412)."""
    given = request.headers.getlist("If-Match")
    if not given:
        raise PreconditionRequired(
            "If-Match is missing: read this first and send its ETag as If-Match with the change. "
            "缺少 If-Match：请先读取当前内容，再以其 ETag 作为 If-Match 提交修改。"
        )
    if not matches(", ".join(given), etag):
        raise PreconditionFailed(
            "If-Match does not name the present state: somebody has changed this since you read it. Read it "
            "again, make your change to what you find, and send the new ETag. "
            "内容已被他人修改：请重新读取后再提交。"
        )
