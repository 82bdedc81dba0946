"""What every answer tells a browser: no framing, no guessing, no outside content, no keeping of data.

Other sites get nothing: no answer ever carries a CORS header, so a browser shows none to their scripts.
"""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_ALWAYS = {
    b"content-security-policy": _POLICY.encode(),
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": b"camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    b"referrer-policy": b"no-referrer",
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    # No search engine keeps a name, or who held a title once.
    b"x-robots-tag": b"noindex, nofollow, noarchive",
}
_ONLY_HTTPS = b"max-age=31536000; includeSubDomains"
# The same for everybody, with nothing about anybody: these a browser may keep.
_SHIPPED = ("/static/", "/docs")


def security_headers(path: str, *, https: bool) -> dict[str, str]:
    """The headers of an answer at this address; answers of the API are kept by nobody on the way."""
    missing = _missing({}, path=path, https=https)
    return {name.decode(): value.decode() for name, value in missing.items()}


class SecurityHeaders:
    """Adds the security headers to every answer that does not set its own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete the head of its answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = dict(message["headers"])
                missing = _missing(own, path=scope["path"], https=scope["scheme"] == "https")
                message["headers"] = [*message["headers"], *missing.items()]
            await send(message)

        await self._app(scope, receive, complete)


def _missing(own: Mapping[bytes, bytes], *, path: str, https: bool) -> dict[bytes, bytes]:
    """What an answer with these headers still lacks."""
    wanted = dict(_ALWAYS)
    if https:
        wanted[b"strict-transport-security"] = _ONLY_HTTPS
    if path.startswith(("/v1/", "/public/")) or _is_personal(own, path=path):
        wanted[b"cache-control"] = b"no-store"
    return {name: value for name, value in wanted.items() if name not in own}


def _is_personal(own: Mapping[bytes, bytes], *, path: str) -> bool:
    """Whether an answer is a page, or signs somebody in or out."""
    is_page = own.get(b"content-type", b"").startswith(b"text/html")
    return (is_page and not path.startswith(_SHIPPED)) or b"set-cookie" in own
