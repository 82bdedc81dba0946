"""How many requests an account, or an address nobody signed in from, may send: a bucket that fills steadily.

Counted in the memory of one process: several processes each allow the full rate, and a restart forgets. Where
that matters, the proxy in front limits addresses as well.
"""

import ipaddress
import math
import threading
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from starlette.types import ASGIApp, Receive, Scope, Send

from app import clock
from app.access.problems import refusal
from app.errors import TooManyRequests

# What everybody may read and object to without an account.
PUBLIC_PATH = "/public/"
# What the state of a request says once it has counted for its address.
COUNTED = "counted_for_address"


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests a minute in the long run, and so many at once (`burst`) after a rest."""

    name: str
    per_minute: int
    burst: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A request over the rate; another one may be sent after so many seconds."""

    rate: Rate
    retry_after_seconds: int

    def error(self) -> TooManyRequests:
        """The refusal, with the fields of draft-ietf-httpapi-ratelimit-headers: quota, window, rest, wait."""
        rate, wait = self.rate, self.retry_after_seconds
        window_seconds = math.ceil(rate.burst * 60 / rate.per_minute)
        return TooManyRequests(
            f"more than {rate.per_minute} requests a minute ({rate.burst} at once); wait {wait} s. "
            f"请求过于频繁（每分钟上限 {rate.per_minute} 次）：请在 {wait} 秒后重试。",
            retry_after_seconds=wait,
            headers={
                "RateLimit-Policy": f'"{rate.name}";q={rate.burst};w={window_seconds}',
                "RateLimit": f'"{rate.name}";r=0;t={wait}',
            },
        )


class Limiter:
    """One bucket a key, an account or an address; of more than `keys_max` the longest unused is forgotten."""

    def __init__(self, rate: Rate, *, keys_max: int = 10_000) -> None:
        self._rate = rate
        self._keys_max = keys_max
        self._seconds_each = 60 / rate.per_minute
        self._seconds_burst = rate.burst * self._seconds_each
        # When each bucket will be full again, in seconds of the epoch; the longest unused key first.
        self._full_at: OrderedDict[str | int, float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key: str | int, *, at: datetime) -> Refused | None:
        """Take one request from the bucket of a key; a refused one takes nothing, so waiting always helps."""
        now = at.timestamp()
        with self._lock:
            # Not later than when it is empty now: a clock that was set back locks nobody out.
            full_at = min(max(self._full_at.pop(key, now), now), now + self._seconds_burst)
            room = self._seconds_burst - (full_at - now) - self._seconds_each
            # A microsecond for the rounding of floats.
            taken = room > -1e-6
            self._full_at[key] = full_at + self._seconds_each if taken else full_at
            if len(self._full_at) > self._keys_max:
                self._full_at.popitem(last=False)
        return None if taken else Refused(self._rate, max(1, math.ceil(-room)))

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._full_at)


class AddressLimit:
    """Limits by client address what comes without a token or a session, attempts to sign in, and the public.

    What comes with one is limited by its account, once that is known, and by its address where it is not
    (`permitted` in app/access/routes.py). Shipped files are free. Behind a proxy the address is the one it
    forwards, as far as uvicorn trusts it.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        strangers: Limiter,
        sign_ins: Limiter,
        sign_in_paths: Collection[str],
        objections: Limiter,
        cookie: str,
    ) -> None:
        self._app = app
        self._strangers = strangers
        self._sign_ins = sign_ins
        self._sign_in_paths = sign_in_paths
        self._objections = objections
        self._cookie = f"{cookie}=".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 429."""
        limiter = self._limiter(scope) if scope["type"] == "http" else None
        refused = None
        if limiter is not None:
            scope.setdefault("state", {})[COUNTED] = True
            refused = limiter.take(address_of(scope), at=clock.now())
        await (self._app if refused is None else refusal(refused.error()))(scope, receive, send)

    def _limiter(self, scope: Scope) -> Limiter | None:
        """By which rate a request counts for its address; None where it counts for none here."""
        if scope["path"].startswith("/static/"):
            return None
        if scope["method"] == "POST" and scope["path"] in self._sign_in_paths:
            return self._sign_ins
        if scope["path"].startswith(PUBLIC_PATH):
            # Whoever signs in or pretends to is no account here: nothing else would count these.
            return self._objections if scope["method"] == "POST" else self._strangers
        if any(
            name == b"authorization" or (name == b"cookie" and self._cookie in value)
            for name, value in scope["headers"]
        ):
            return None
        return self._strangers


def address_of(scope: Scope) -> str:
    """Who is counted: one IPv4 address, or one IPv6 network of 64 bits, which is one customer's."""
    host = scope["client"][0] if scope.get("client") else "unknown"
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return str(host)
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)
