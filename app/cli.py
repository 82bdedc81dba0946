"""The command `credit-village`: everything an operator runs."""

import gc
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvicorn
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app import clock, settings
from app.cli_accounts import account
from app.cli_alerts import alerts
from app.cli_appraisals import appraisals, overrides
from app.cli_approvals import approvals
from app.cli_attestations import add_documents_to
from app.cli_cards import cards
from app.cli_certificates import certificates
from app.cli_database import databases
from app.cli_days import as_day
from app.cli_designations import designations
from app.cli_keys import keys
from app.cli_log import logs
from app.cli_records import households, records
from app.cli_rights import rights
from app.cli_simulation import simulate_
from app.cli_sources import sources
from app.cli_ways import add_to as add_ways_to
from app.consents.activities import Activity, Basis, basis_of
from app.db import NUMBER_MAX, Engine, make_engine, reading, refuse_open_network
from app.errors import AppError, Invalid, SetupError
from app.jobs import progress as telling
from app.jobs.demo import DEMO_PASSWORD, demo_logins, make_demo, sample_inquiry
from app.jobs.demo.appraisals import add_appraisals
from app.jobs.imports import ImportKind, import_file, write_error_workbook, write_template
from app.jobs.nightly import has_published_night, run_night
from app.jobs.quality import as_table, data_quality, facts_asked_for
from app.jobs.replay import replay
from app.jobs.score_file import score_file
from app.jobs.setup import has_subjects, initialise
from app.jobs.table_file import write_table
from app.jobs.trace import trace, trace_all
from app.logs import uvicorn_config
from app.main import create_app
from app.places.service import place_by_code
from app.subjects.key_source import cipher_of

app = typer.Typer(
    name="credit-village",
    help="农村信用建档评级 · credit files, ratings and coverage of a rural district",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.add_typer(cards, name="card")
app.add_typer(records, name="record")
app.add_typer(sources, name="source")
app.add_typer(rights, name="rights")
app.add_typer(approvals, name="approval")
app.add_typer(appraisals, name="appraisal")
app.add_typer(overrides, name="override")
add_ways_to(designations)
add_documents_to(designations)
app.add_typer(designations, name="designations")
app.add_typer(account, name="account")
app.add_typer(alerts, name="alerts")
app.add_typer(certificates, name="certificate")
app.add_typer(logs, name="log")
app.add_typer(keys, name="keys")
app.add_typer(databases, name="database")
app.add_typer(households, name="household")
app.command("simulate")(simulate_)
# The demonstration holds later updates: with a night before them, ratings have a history to show.
DEMO_HISTORY = timedelta(days=30)
console = Console(highlight=False, soft_wrap=True)

AsOf = Annotated[str | None, typer.Option("--as-of", metavar="DATE", help="评级基准日, such as 2026-11-30")]


def main() -> None:
    """Run the command; a refusal is one sentence and the exit status 1."""
    try:
        app()
    except AppError as refusal:
        _refuse(refusal.detail)
    except OverflowError:
        _refuse("数字或日期过大，超出可处理的范围 · a number or a date is too large to be worked with")
    except ValidationError as wrong:
        # Only settings are checked in this way here; what was set is not repeated, it may be a key.
        _refuse("; ".join(f"{error['loc'][0]}: {error['msg']}" for error in wrong.errors()))


def _refuse(reason: str) -> NoReturn:
    sys.stderr.write(f"credit-village: {reason}\n")
    raise SystemExit(1) from None


@app.callback()
def _before_any_command() -> None:
    """农村信用建档评级 · rural credit archives, ratings and designations."""
    refuse_open_network(settings.from_environment().database_url)


@app.command()
def init() -> None:
    """Make the key and the tables, load the divisions, the fact catalogue and the rules; idempotent."""
    _initialise()
    console.print(f"ready: {_redacted(settings.from_environment().database_url)}")


@app.command()
def demo(
    households: Annotated[int, typer.Option(min=1, max=5_000_000)] = 20_000,
    entities: Annotated[int | None, typer.Option(min=0, max=500_000)] = None,
    seed: Annotated[int, typer.Option()] = 2022,
) -> None:
    """Make a synthetic demonstration district over Bishan's real divisions."""
    _initialise()
    _make_demo(households, entities=entities, seed=seed)


@app.command()
def rescore(as_of: AsOf = None) -> None:
    """Rate everybody as of a day (today by default) and publish the night in one step."""
    _initialise()
    _rescore(as_day(as_of) if as_of else clock.today())


@app.command()
def serve() -> None:
    """Answer over HTTP on the configured address until stopped."""
    chosen = settings.from_environment()
    _refuse_busy_port(chosen)
    _serve(chosen)


@app.command()
def up() -> None:
    """Bring everything up: init, the demonstration district when empty, the first night, serve."""
    chosen = settings.from_environment()
    _refuse_busy_port(chosen)
    _initialise()
    engine = make_engine(chosen.database_url)
    with reading(engine) as session:
        empty = not has_subjects(session)
    if empty:
        _make_demo(20_000, entities=None, seed=2022)
    with reading(engine) as session:
        first_night = not has_published_night(session)
    if first_night:
        if empty:
            _rescore(clock.today() - DEMO_HISTORY)
        _rescore(clock.today())
        if empty:
            for line in add_appraisals(engine, cipher_of(chosen), at=clock.now()):
                console.print(line, markup=False)
    _tell_address(chosen, engine)
    engine.dispose()
    _serve(chosen)


@app.command("import")
def import_(
    file: Path,
    kind: Annotated[ImportKind, typer.Option(help="what the file holds")],
    source: Annotated[str, typer.Option(help="the office or department that sent it")] = "town office",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="check only, change nothing")] = False,
    errors: Annotated[Path | None, typer.Option(help="write the errors to this .xlsx")] = None,
) -> None:
    """Import a file of a town office; it lands whole or not at all."""
    _initialise()
    chosen = settings.from_environment()
    report = import_file(
        make_engine(chosen.database_url),
        cipher_of(chosen),
        file,
        kind=kind,
        on=clock.today(),
        at=clock.now(),
        by="cli",
        source=source,
        dry_run=dry_run,
    )
    for line in report.lines():
        console.print(line, markup=False)
    if errors and report.errors:
        write_error_workbook(report, errors)
        console.print(f"errors written to {errors}", markup=False)
    if report.errors:
        raise SystemExit(1)


@app.command()
def template(kind: ImportKind, target: Path) -> None:
    """Write an empty .xlsx to be filled in by a town office."""
    write_template(kind, target)
    console.print(f"template written to {target}", markup=False)


@app.command("trace")
def trace_(
    rating_id: Annotated[
        int | None, typer.Argument(min=1, max=NUMBER_MAX, help="the number of a rating")
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="every rating in force: count what leads nowhere")
    ] = False,
) -> None:
    """Show for every point of a rating the bin, the rule and its article, and the records behind it."""
    engine = make_engine(settings.from_environment().database_url)
    if every == (rating_id is not None):
        raise Invalid("name one rating, or --all")
    with reading(engine) as session, _progress() as tell:
        if rating_id is not None:
            for line in trace(session, rating_id).text():
                console.print(line, markup=False)
            return
        counted = trace_all(session, progress=tell)
    for line in counted.lines_of_text():
        console.print(line, markup=False)
    if counted.orphans:
        raise SystemExit(1)


@app.command("replay")
def replay_(
    as_of: AsOf = None,
    sample: Annotated[int, typer.Option(min=1, max=10_000_000, help="how many ratings")] = 10_000,
    seed: Annotated[int, typer.Option()] = 1,
) -> None:
    """Work old ratings out again from what was known then, by the card then in force; none may differ."""
    engine = make_engine(settings.from_environment().database_url)
    with _progress() as tell:
        day = as_day(as_of) if as_of else clock.today()
        report = replay(engine, as_of=day, sample=sample, seed=seed, progress=tell)
    for line in report.lines():
        console.print(line, markup=False)
    if report.differences:
        raise SystemExit(1)


@app.command()
def quality(
    place: Annotated[str | None, typer.Option(help="division code; the whole district by default")] = None,
    csv: Annotated[Path | None, typer.Option(help="write the whole table to this .csv")] = None,
) -> None:
    """Show what of the data of a district, town or village is missing, too old, disputed or implausible."""
    chosen = settings.from_environment()
    engine = make_engine(chosen.database_url)
    with reading(engine) as session:
        found = place_by_code(session, place or chosen.district_code, on=clock.today())
        names = facts_asked_for(session, chosen.policy_folder, on=clock.today())
        reports = data_quality(engine, session, found, on=clock.today(), names=names)
    for line in (line for report in reports for line in report.lines()):
        console.print(line, markup=False)
    if csv is not None:
        write_table(csv, as_table(reports))
        console.print(f"table written to {csv}", markup=False)


@app.command()
def score(card: Path, source: Path, target: Path) -> None:
    """Score a .csv or .parquet file with a card, without a database."""
    for line in score_file(card, source, target).lines():
        console.print(line, markup=False)


def _initialise() -> None:
    initialise(settings.from_environment(), on=clock.today(), at=clock.now())


def _make_demo(households: int, *, entities: int | None, seed: int) -> None:
    chosen = settings.from_environment()
    with _progress() as tell:
        summary = make_demo(
            make_engine(chosen.database_url),
            cipher_of(chosen),
            households=households,
            entities=entities,
            seed=seed,
            on=clock.today(),
            progress=tell,
        )
    for line in summary.lines():
        console.print(line, markup=False)


def _rescore(as_of: date) -> None:
    chosen = settings.from_environment()
    if as_of > clock.today():
        raise Invalid(f"--as-of {as_of}: lies in the future; today is {clock.today()}")
    with _progress() as tell:
        summary = run_night(
            make_engine(chosen.database_url),
            policy_folder=chosen.policy_folder,
            district_code=chosen.district_code,
            as_of=as_of,
            started_at=clock.now(),
            progress=tell,
            needs_consent=basis_of(Activity.RATE, chosen.operator_basis) is not Basis.STATUTORY_DUTY,
        )
    for line in summary.lines():
        console.print(line, markup=False)


def _serve(chosen: settings.Settings) -> None:
    application = create_app(chosen)
    # All that was loaded stays: else every batch has it looked through for garbage again and again.
    gc.collect()
    gc.freeze()
    uvicorn.run(
        application,
        host=chosen.host,
        port=chosen.port,
        log_config=uvicorn_config(),
        server_header=False,
        access_log=False,
    )


def _tell_address(chosen: settings.Settings, engine: Engine) -> None:
    console.print(f"\n网页 pages     http://{chosen.host}:{chosen.port}/", markup=False)
    console.print(f"接口 API docs  http://{chosen.host}:{chosen.port}/docs", markup=False)
    with reading(engine) as session:
        logins = demo_logins(session)
        sample = sample_inquiry(session, on=clock.today())
    if logins:
        console.print(f"演示账号 demonstration logins (password {DEMO_PASSWORD}):", markup=False)
    for username, role in logins:
        console.print(f"  {username:<16} {role}", markup=False)
    if sample:
        console.print("示例查询 an inquiry to try, as officer.nsh (README: curl):", markup=False)
        console.print(
            f"  uscc {sample.uscc}  purpose {sample.purpose}  consent_id {sample.consent_id}", markup=False
        )
    console.print("按 Ctrl+C 停止 · Ctrl+C stops the service\n", markup=False)


@contextmanager
def _progress() -> Iterator[telling.Progress]:
    if not console.is_terminal:
        yield _PlainLines()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        tasks: dict[str, int] = {}

        def tell(done: int, total: int, what: str) -> None:
            if what not in tasks:
                tasks[what] = int(bar.add_task(what, total=total))
            bar.update(bar.task_ids[tasks[what]], completed=done, total=total)

        yield tell


class _PlainLines:
    """Progress as plain lines: one when a step begins or ends."""

    def __init__(self) -> None:
        self._begun: set[str] = set()

    def __call__(self, done: int, total: int, what: str) -> None:
        if done >= total:
            console.print(f"{what}: {total} done", markup=False)
        elif what not in self._begun:
            console.print(f"{what}: 0 of {total}", markup=False)
        self._begun.add(what)


def _refuse_busy_port(chosen: settings.Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((chosen.host, chosen.port))
        except OSError as error:
            raise SetupError(
                f"cannot listen on {chosen.host}:{chosen.port}: {error.strerror}. Stop what uses the port, "
                "or choose another with CREDIT_VILLAGE_PORT, such as CREDIT_VILLAGE_PORT=8001 make run."
            ) from error


def _redacted(url: str) -> str:
    head, at, tail = url.rpartition("@")
    return f"{head.split('://')[0]}://***@{tail}" if at else url
