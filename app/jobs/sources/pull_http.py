"""Rows from an HTTP interface, page by page: JSON or CSV, the next page by a link or by an offset."""

import csv
import io
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

import httpx2

from app.errors import Invalid, SetupError
from app.jobs.progress import Progress

ATTEMPTS = 4
PAGES_MAX = 100_000
PAUSE_SECONDS = 0.5
_TIMEOUT_SECONDS = 60.0
_AGAIN = frozenset({429, 500, 502, 503, 504})
_HERE = ("127.0.0.1", "localhost", "::1")


class Answer(StrEnum):
    """How an interface writes its rows."""

    JSON = "json"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class HttpConnection:
    """An interface: its address, where in an answer the rows, the next link and the total count stand.

    Places are names joined by dots (`data.rows`); a next link may also stand in the header `Link`.
    """

    name: str
    url: str
    answer: Answer = Answer.JSON
    rows_at: str = ""
    next_at: str = ""
    total_at: str = ""
    offset_parameter: str = ""
    limit_parameter: str = ""
    page_rows: int = 1_000
    needs_token: bool = False


@dataclass(frozen=True, slots=True)
class _Page:
    rows: list[dict[str, Any]]
    total: int | None
    next_link: str | None


def http_rows(
    connection: HttpConnection, *, token: str | None, progress: Progress
) -> Iterator[dict[str, Any]]:
    """Every row of an interface; a page that fails for good ends everything."""
    _check_safe(connection, token=token)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url: str | None = connection.url
    seen: set[str] = set()
    count, total, offset, pages = 0, None, 0, 0
    with httpx2.Client(headers=headers, timeout=_TIMEOUT_SECONDS) as client:
        while url is not None:
            page = _page(connection, client, url, offset=offset)
            yield from page.rows
            seen.add(url)
            pages += 1
            count += len(page.rows)
            total = page.total if page.total is not None else total
            progress(count, total or count, connection.name)
            offset += len(page.rows)
            url = _next(connection, page, url)
            circular = url in seen and not connection.offset_parameter
            if url is not None and (circular or pages >= PAGES_MAX):
                raise _failure(connection, "the pages do not end; check where the next link stands")
    if total is not None and total != count:
        raise _failure(
            connection, f"announced {total} rows and gave {count}; pull it again when the source is quiet"
        )


def _check_safe(connection: HttpConnection, *, token: str | None) -> None:
    address = httpx2.URL(connection.url)
    if token and address.scheme != "https" and address.host not in _HERE:
        raise SetupError(f"{connection.name}: a token is only sent over https; correct the address")


def _page(connection: HttpConnection, client: httpx2.Client, url: str, *, offset: int) -> _Page:
    parameters: dict[str, int] = {}
    if connection.offset_parameter:
        parameters = {connection.offset_parameter: offset, connection.limit_parameter: connection.page_rows}
    address = httpx2.URL(url).copy_merge_params(parameters) if parameters else httpx2.URL(url)
    response = _response(connection, client, address)
    if connection.answer is Answer.CSV:
        return _Page(_csv_rows(connection, response), None, _link(response))
    return _json_page(connection, response)


def _response(connection: HttpConnection, client: httpx2.Client, url: httpx2.URL) -> httpx2.Response:
    """The whole answer to one question, asked again a few times when the connection or the server fails."""
    reason = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
        try:
            response = client.get(url)
        except httpx2.TransportError as error:
            reason = type(error).__name__
            continue
        if response.status_code == 200:
            return response
        reason = f"it answers {response.status_code}"
        if response.status_code not in _AGAIN:
            break
    raise _failure(connection, reason)


def _json_page(connection: HttpConnection, response: httpx2.Response) -> _Page:
    try:
        content = json.loads(response.content, parse_float=Decimal)
    except (ValueError, UnicodeDecodeError):
        raise _failure(connection, "the answer is not JSON") from None
    rows = _at(content, connection.rows_at)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        where = connection.rows_at or "the top of the answer"
        raise _failure(connection, f"no list of rows at {where}; correct `rows` in the connection file")
    total = _at(content, connection.total_at) if connection.total_at else None
    link = _at(content, connection.next_at) if connection.next_at else _link(response)
    return _Page(
        rows, int(total) if isinstance(total, int) else None, link if isinstance(link, str) else None
    )


def _csv_rows(connection: HttpConnection, response: httpx2.Response) -> list[dict[str, Any]]:
    try:
        text = response.content.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text), strict=True))
    except (UnicodeDecodeError, csv.Error):
        raise _failure(connection, "the answer is not CSV in UTF-8") from None
    if any(None in row or None in row.values() for row in rows):
        raise Invalid(f"{connection.name}: a row has more or fewer cells than the header")
    return rows


def _link(response: httpx2.Response) -> str | None:
    found = response.links.get("next", {}).get("url")
    return str(found) if found else None


def _next(connection: HttpConnection, page: _Page, url: str) -> str | None:
    """The address of the next page; a link to another server is refused, it would be told the token."""
    if connection.offset_parameter:
        return url if len(page.rows) >= connection.page_rows else None
    if not page.next_link:
        return None
    here, there = httpx2.URL(url), httpx2.URL(url).join(page.next_link)
    if (here.scheme, here.host, here.port) != (there.scheme, there.host, there.port):
        raise _failure(connection, f"the next page lies on another server ({there.host})")
    return str(there)


def _at(content: Any, where: str) -> Any:
    for name in filter(None, where.split(".")):
        content = content.get(name) if isinstance(content, dict) else None
    return content


def _failure(connection: HttpConnection, reason: str) -> SetupError:
    return SetupError(
        f"{connection.name}: 数据拉取失败，没有写入任何数据 · could not be pulled: {reason}. "
        "Nothing was written."
    )
