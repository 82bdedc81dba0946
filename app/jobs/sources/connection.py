"""Where a source is pulled from, as a file: an HTTP interface or a database; secrets are not in it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from app.access.outgoing import refuse_host
from app.db import hosts_of
from app.errors import Invalid, SetupError
from app.jobs.progress import Progress
from app.jobs.sources.delivery import Delivery
from app.jobs.sources.pull_http import Answer, HttpConnection, http_rows
from app.jobs.sources.pull_sql import SqlConnection, sql_rows
from app.jobs.sources.spool import spooled
from scoring import CardError
from scoring.document import Document
from scoring.loader import read

_PAGE_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the environment of the installation holds: the bearer token, the address of the database.

    `hosts`: the only ones that may be asked; where none is named, those of the connection file.
    """

    token: str | None
    database_url: str | None
    hosts: frozenset[str] = frozenset()


@contextmanager
def pulled(
    connection: HttpConnection | SqlConnection, *, secrets: Secrets, progress: Progress
) -> Iterator[Delivery]:
    """Everything a source holds now, complete, as a delivery; or a refusal that says what failed."""
    if isinstance(connection, HttpConnection):
        if connection.needs_token and not secrets.token:
            raise SetupError(
                f"{connection.name}: needs the token the source gave; set CREDIT_VILLAGE_SOURCE_TOKEN"
            )
        token = secrets.token if connection.needs_token else None
        _refuse_hosts([urlsplit(connection.url).hostname or ""], secrets)
        rows = http_rows(connection, token=token, progress=progress)
    elif secrets.database_url:
        _refuse_hosts(hosts_of(secrets.database_url), secrets)
        rows = sql_rows(connection, url=secrets.database_url, progress=progress)
    else:
        raise SetupError(
            f"{connection.name}: needs the address of the source's database; "
            "set CREDIT_VILLAGE_SOURCE_DATABASE_URL"
        )
    with spooled(rows, name=connection.name) as delivery:
        yield delivery


def _refuse_hosts(hosts: Iterable[str], secrets: Secrets) -> None:
    for host in hosts:
        if secrets.hosts:
            refuse_host(host, secrets.hosts)


def read_connection(path: Path) -> HttpConnection | SqlConnection:
    """The connection in a file, or a refusal that names the first bad entry."""
    try:
        document = Document(read(path), where=path.name)
        kind = document.one_of("kind", ("http", "sql"))
        connection = _http(document) if kind == "http" else _sql(document)
        document.close()
    except CardError as error:
        raise Invalid(str(error)) from None
    return connection


def _http(document: Document) -> HttpConnection:
    offset = document.part("offset") if "offset" in document else None
    connection = HttpConnection(
        name=document.text("connection"),
        url=document.text("url"),
        answer=Answer(document.one_of("answer", tuple(Answer))),
        rows_at=document.optional("rows"),
        next_at=document.optional("next"),
        total_at=document.optional("total"),
        offset_parameter=offset.text("parameter") if offset else "",
        limit_parameter=offset.text("limit") if offset else "",
        page_rows=offset.integer("rows") if offset and "rows" in offset else _PAGE_ROWS,
        needs_token=document.one_of("token", ("no", "yes")) == "yes",
    )
    if offset:
        offset.close()
    if connection.next_at and offset:
        raise document.error("next", "pages follow a link or an offset, not both")
    if not connection.url.startswith(("http://", "https://")):
        raise document.error("url", "write an address that begins with https://")
    return connection


def _sql(document: Document) -> SqlConnection:
    connection = SqlConnection(document.text("connection"), document.text("query"))
    if not connection.query.lstrip("( \n").lower().startswith(("select", "with")):
        raise document.error("query", "write one SELECT; nothing may be changed in the source")
    return connection
