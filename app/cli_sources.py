"""The commands `credit-village source …`: what departments, banks and platforms deliver, by mapping files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from app import clock, settings
from app.access.outgoing import hosts_of
from app.cli_days import as_day
from app.db import Engine, make_engine
from app.errors import Invalid
from app.jobs import progress as telling
from app.jobs.setup import initialise
from app.jobs.sources import (
    Delivery,
    Mapping,
    Secrets,
    SourceReport,
    content_of_waiting,
    decide,
    import_source,
    mapping_by_code,
    pulled,
    read_connection,
    read_mapping,
    read_mappings,
    waiting_rows,
    write_faulty_rows,
)
from app.records.source_list import read_sources
from app.subjects.key_source import cipher_of

sources = typer.Typer(
    name="source",
    help="部门、银行、平台数据接入 · deliveries of departments, banks and platforms by mapping files",
    no_args_is_help=True,
)
console = Console(highlight=False, soft_wrap=True)

MappingCode = Annotated[
    str, typer.Option("--mapping", help="a mapping of `source list`, or your own MAPPING.yaml")
]
Sender = Annotated[str, typer.Option(help="报送单位 the office that sent it")]
By = Annotated[str, typer.Option(help="经办人 who does it")]
Day = Annotated[str | None, typer.Option("--observed-on", metavar="DATE", help="of a form that names no day")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="check only, change nothing")]
Errors = Annotated[Path | None, typer.Option(help="write the faulty rows to this .xlsx, to be corrected")]


@sources.command("list")
def list_() -> None:
    """Show every mapping: its source, whom it is about and which facts it delivers."""
    chosen = settings.from_environment()
    for mapping in _mappings(chosen).values():
        facts = "、".join(part.fact.label for part in mapping.facts)
        console.print(f"{mapping.code:<28} {mapping.title.zh}（{mapping.source}）：{facts}", markup=False)


@sources.command()
def check(file: Path) -> None:
    """Read a mapping file of your own, and say what is wrong with it."""
    mapping = _mapping(settings.from_environment(), str(file))
    console.print(
        f"{file.name}: {mapping.title.zh}，{len(mapping.facts)} 项指标 facts，可用 sound", markup=False
    )


@sources.command("import")
def import_(
    file: Path,
    *,
    mapping: MappingCode,
    sender: Sender,
    by: By = "cli",
    observed_on: Day = None,
    corrections: Annotated[Path | None, typer.Option(help="faulty rows that were corrected")] = None,
    dry_run: DryRun = False,
    errors: Errors = None,
) -> None:
    """Import a file (.xlsx, .csv, .parquet) of a source; it lands whole or not at all."""
    _bring(
        file,
        mapping=mapping,
        sender=sender,
        by=by,
        observed_on=observed_on,
        corrections=corrections,
        dry_run=dry_run,
        errors=errors,
    )


@sources.command()
def pull(
    connection: Path,
    *,
    mapping: MappingCode,
    sender: Sender,
    by: By = "cli",
    observed_on: Day = None,
    dry_run: DryRun = False,
    errors: Errors = None,
) -> None:
    """Pull everything a source holds from its HTTP interface or database, described in a CONNECTION.yaml."""
    chosen = settings.from_environment()
    hosts = hosts_of(chosen.outgoing_hosts)
    secrets = Secrets(chosen.source_token, chosen.source_database_url, hosts)
    with _progress() as tell, pulled(read_connection(connection), secrets=secrets, progress=tell) as delivery:
        _bring(
            delivery,
            mapping=mapping,
            sender=sender,
            by=by,
            observed_on=observed_on,
            corrections=None,
            dry_run=dry_run,
            errors=errors,
        )


@sources.command()
def quarantine(
    source: Annotated[str | None, typer.Option(help="only rows of this source")] = None,
    show: Annotated[int | None, typer.Option(help="show what one waiting row says")] = None,
) -> None:
    """List the rows that fit no subject, with who comes near; nobody is ever taken automatically."""
    chosen = settings.from_environment()
    engine = make_engine(chosen.database_url)
    if show is not None:
        for column, cell in content_of_waiting(engine, cipher_of(chosen), show).items():
            console.print(f"{column}: {cell}", markup=False)
        return
    for line in waiting_rows(engine, source=source).lines():
        console.print(line, markup=False)


@sources.command("decide")
def decide_(
    row: int,
    by: By,
    subject: Annotated[int | None, typer.Option(help="the subject the row is about")] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="the row is about nobody on file")] = False,
) -> None:
    """Say whose a waiting row is: its records are delivered; or that it is nobody's."""
    if nobody == (subject is not None):
        raise Invalid("name the subject with --subject, or say --nobody")
    chosen = settings.from_environment()
    report = decide(
        make_engine(chosen.database_url),
        cipher_of(chosen),
        row,
        subject_id=subject,
        mappings=_mappings(chosen),
        on=clock.today(),
        at=clock.now(),
        by=by,
    )
    _tell(report, errors=None)


def _bring(
    delivered: Path | Delivery,
    *,
    mapping: str,
    sender: str,
    by: str,
    observed_on: str | None,
    corrections: Path | None,
    dry_run: bool,
    errors: Path | None,
) -> None:
    chosen = settings.from_environment()
    initialise(chosen, on=clock.today(), at=clock.now())
    with _progress() as tell:
        report = import_source(
            _engine(chosen),
            cipher_of(chosen),
            delivered,
            mapping=_mapping(chosen, mapping),
            on=clock.today(),
            at=clock.now(),
            by=by,
            sender=sender,
            dry_run=dry_run,
            progress=tell,
            observed_on=as_day(observed_on) if observed_on else None,
            corrections=corrections,
        )
    _tell(report, errors=errors)


def _tell(report: SourceReport, *, errors: Path | None) -> None:
    for line in report.lines():
        console.print(line, markup=False)
    if errors and report.errors:
        write_faulty_rows(report, errors)
        console.print(f"错误行已写入 faulty rows written to {errors}", markup=False)
    if not report.accepted:
        raise SystemExit(1)


def _mappings(chosen: settings.Settings) -> dict[str, Mapping]:
    folder = chosen.seed_folder
    return read_mappings(folder / "mappings", catalogue_file=folder / "facts.yaml", sources=_codes(chosen))


def _mapping(chosen: settings.Settings, code: str) -> Mapping:
    if code.endswith((".yaml", ".yml")):
        catalogue = chosen.seed_folder / "facts.yaml"
        return read_mapping(Path(code), catalogue_file=catalogue, sources=_codes(chosen))
    return mapping_by_code(_mappings(chosen), code)


def _codes(chosen: settings.Settings) -> frozenset[str]:
    return frozenset(source.code for source in read_sources(chosen.seed_folder / "sources.yaml"))


def _engine(chosen: settings.Settings) -> Engine:
    return make_engine(chosen.database_url)


@contextmanager
def _progress() -> Iterator[telling.Progress]:
    """A bar on a terminal; nothing elsewhere."""
    if not console.is_terminal:
        yield telling.quiet
        return
    with Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console) as bar:
        task = bar.add_task("", total=None)

        def tell(done: int, total: int, what: str) -> None:
            bar.update(task, description=what, completed=done, total=total or None)

        yield tell
