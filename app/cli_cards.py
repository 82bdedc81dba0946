"""The commands `credit-village card …`: everything a reviewer of cards runs."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.db import make_engine, reading
from app.errors import Invalid
from app.jobs.card_files import write_card_from_pmml, write_excel_file, write_pmml_file, write_schema
from app.jobs.cards import diff_lines, lint_lines, load_card, show_lines, sql_of, write_boundaries
from app.jobs.compare import compare_cards, coverage_rule, village_rule, write_report
from app.jobs.nightly import newest_night
from app.jobs.population import Part, from_district, from_file
from app.jobs.profiles import is_profile, load_profile, profile_lines, write_profile_boundaries
from app.jobs.validate import keep_evidence, validate_card, write_model_card, write_reports
from app.subjects.key_source import cipher_of
from app.subjects.service import has_synthetic

cards = typer.Typer(no_args_is_help=True, help="review cards: lint, show, boundaries, diff, compare …")
console = Console(highlight=False, soft_wrap=True)


@cards.command("lint")
def card_lint(card: Path) -> None:
    """Find what is wrong or questionable about a card or a profile; the exit status is 1 for an error."""
    findings, lines = lint_lines(card)
    for line in lines:
        console.print(line, markup=False)
    if any(finding.error for finding in findings):
        raise SystemExit(1)


@cards.command("show")
def card_show(card: str) -> None:
    """Print a card or a profile as an official reads it; CARD.yaml:cooperative is one type's."""
    path = Path(card)
    profile = load_profile(path).definition if is_profile(path) else None
    for line in show_lines(load_card(card).definition) if profile is None else profile_lines(profile):
        console.print(line, markup=False)


@cards.command("boundaries")
def card_boundaries(card: str, target: Path) -> None:
    """Write every edge of a card or a profile with what is below, at and above it, as .csv for a reviewer."""
    path = Path(card)
    if is_profile(path):
        count = write_profile_boundaries(load_profile(path).definition, target)
    else:
        count = write_boundaries(load_card(card).definition, target)
    console.print(f"{count} edges written to {target}", markup=False)


@cards.command("sql")
def card_sql(
    card: str,
    table: Annotated[str, typer.Option(help="the table with a column for every input")] = "facts",
    key: Annotated[str, typer.Option(help="its key")] = "subject_id",
) -> None:
    """Print one SELECT that rates every row of a table, for SQLite and PostgreSQL."""
    console.print(sql_of(load_card(card).definition, table=table, key=key), markup=False)


@cards.command("pmml")
def card_pmml(card: str, target: Path) -> None:
    """Write a card as a PMML 4.4 Scorecard."""
    write_pmml_file(load_card(card).definition, target)
    console.print(f"written to {target}", markup=False)


@cards.command("excel")
def card_excel(
    card: str, target: Path, rows: Annotated[int, typer.Option(min=1, max=5_000, help="subjects")] = 20
) -> None:
    """Write a card as a workbook with live formulas: a subject a row."""
    write_excel_file(load_card(card).definition, target, rows=rows)
    console.print(f"written to {target}", markup=False)


@cards.command("schema")
def card_json_schema(target: Path) -> None:
    """Write the JSON Schema of cards, with which an editor completes and checks them."""
    write_schema(target)
    console.print(f"written to {target}", markup=False)


@cards.command("from-pmml")
def card_from_pmml(source: Path, target: Path) -> None:
    """Read a PMML Scorecard, ours or another tool's, and write it as a card."""
    write_card_from_pmml(source, target)
    console.print(f"written to {target}", markup=False)


@cards.command("validate")
def card_validate(
    card: Path,
    *,
    population: Annotated[
        Path | None, typer.Option(help="a .csv or .parquet of subjects; left out: the district's own")
    ] = None,
    description: Annotated[str, typer.Option(help="who the subjects are, in words")] = "",
    synthetic: Annotated[bool, typer.Option(help="the subjects are made up")] = False,
    cut: Annotated[str | None, typer.Option(help="the grade that fairness asks to reach")] = None,
    report: Annotated[Path | None, typer.Option(help="write the report to this .md")] = None,
    html: Annotated[Path | None, typer.Option(help="write the report with plots to this .html")] = None,
    keep: Annotated[bool, typer.Option("--keep", help="keep it beside the card, to put it in force")] = False,
) -> None:
    """Validate a card: how well it parts, how true, stable and fair it is. It is not activated without."""
    chosen = settings.from_environment()
    today = clock.today()
    if population is not None:
        parts, name = [from_file(population, load_card(str(card)))], population.name
    else:
        parts, name = _district(str(card), chosen), f"district {chosen.district_code}, {today}"
        synthetic = synthetic or _has_synthetic(chosen)
    found = validate_card(
        card, parts, description=description or name, synthetic=synthetic, cut=cut, on=today
    )
    for line in found.lines():
        console.print(line, markup=False)
    write_reports(found, markdown=report, html=html)
    if keep:
        console.print(f"kept in {keep_evidence(found)}", markup=False)


@cards.command("model-card")
def card_model_card(card: str, target: Path) -> None:
    """Write what a card is for, what it reads, how it counts and what it must not be used for, as .md."""
    write_model_card(card, target, report=None)
    console.print(f"written to {target}", markup=False)


@cards.command("compare")
def card_compare(
    old: str,
    new: str,
    population: Annotated[
        Path | None, typer.Option(help="a .csv or .parquet of subjects; left out: the district's own")
    ] = None,
    report: Annotated[Path | None, typer.Option(help="write the comparison to this .md")] = None,
) -> None:
    """Show what a reform does to a population: who moves, in which groups, which villages gain or lose."""
    chosen = settings.from_environment()
    parts = [from_file(population, load_card(old))] if population else _district(old, chosen)
    rule = village_rule(chosen.policy_folder, on=clock.today())
    found = compare_cards(old, new, parts, rule=rule)
    for line in found.lines():
        console.print(line, markup=False)
    if report is not None:
        write_report(found, report)


@cards.command("diff")
def card_diff(old: str, new: str) -> None:
    """Tell what a reform changes."""
    for line in diff_lines(load_card(old).definition, load_card(new).definition):
        console.print(line, markup=False)


def _has_synthetic(chosen: settings.Settings) -> bool:
    with reading(make_engine(chosen.database_url)) as session:
        return has_synthetic(session)


def _district(card: str, chosen: settings.Settings) -> list[Part]:
    """The subjects of the database as of its newest night."""
    cipher = cipher_of(chosen)
    engine = make_engine(chosen.database_url)
    with reading(engine) as session:
        as_of = newest_night(session)
    if as_of is None:
        raise Invalid("no night has rated this district yet; run `credit-village rescore`")
    found = from_district(
        engine,
        cipher,
        load_card(card),
        policy_folder=chosen.policy_folder,
        district_code=chosen.district_code,
        files=coverage_rule(chosen.policy_folder, on=as_of),
        as_of=as_of,
    )
    return list(found)
