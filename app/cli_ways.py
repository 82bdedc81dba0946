"""The commands `credit-village designations way | what-if`: what is missing, and what new criteria change."""

from collections.abc import Iterator
from pathlib import Path

import typer
from rich.console import Console

from app import clock, settings
from app.db import make_engine, reading
from app.designations.service.reforms import CriteriaReform, ladder_label, what_if
from app.designations.service.ways import town_way, village_way
from app.designations.way_words import town_words, village_words
from app.errors import NotFound
from app.jobs.cards import lint_lines
from app.jobs.profiles import asked, load_profile
from app.models import PlaceKind
from app.places.service import place_by_code

console = Console(highlight=False, soft_wrap=True)


def way(code: str) -> None:
    """差距 Tell what a village or town lacks for its title, in one sentence; it names no person."""
    chosen, today = settings.from_environment(), clock.today()
    with reading(make_engine(chosen.database_url)) as session:
        place = place_by_code(session, code, on=today)
        if place.kind in (PlaceKind.TOWN, PlaceKind.SUBDISTRICT):
            words = town_words(town_way(session, place, on=today))
        elif place.kind in (PlaceKind.VILLAGE, PlaceKind.COMMUNITY):
            words = village_words(village_way(session, place, on=today))
        else:
            raise NotFound(f"{code}: 请给出村或镇（街道）代码 · give the code of a village or a town")
    console.print(words.zh, markup=False)
    console.print(words.en, markup=False)


def reform(profile: Path) -> None:
    """标准变动测算 Show which places gain and lose under a new profile, before it is put in force."""
    chosen = settings.from_environment()
    _refuse_faulty(profile)
    new = load_profile(profile)
    with reading(make_engine(chosen.database_url)) as session:
        found = what_if(session, new, district_code=chosen.district_code, on=clock.today())
        for line in reform_lines(found):
            console.print(line, markup=False)


def _refuse_faulty(profile: Path) -> None:
    """Tell what is questionable about a file; with an error in it nothing is compared, and the exit is 1."""
    findings, lines = lint_lines(profile)
    if findings:
        for line in lines:
            console.print(line, markup=False)
    if any(finding.error for finding in findings):
        console.print("文件有错误，未作测算 · the file has errors: nothing was compared", markup=False)
        raise SystemExit(1)


def reform_lines(found: CriteriaReform) -> Iterator[str]:
    """What a new profile changes, a place a line."""
    old, new = found.old.definition, found.new.definition
    before, after = found.holding
    yield f"{old.code} {old.effective_from} → {new.code} {new.effective_from}"
    yield (
        f"{len(found.reports)} 处中达标 of these hold: {before} → {after}，"
        f"新达标 gain {len(found.gained)}，不再达标 lose {len(found.lost)}"
    )
    if found.changes.unmeasured:
        names = ", ".join(found.changes.unmeasured)
        yield f"本区尚无此项数据，按未知计 nothing here measures, taken as unknown: {names}"
    yield from (f"+ {place.name} {place.code}" for place in found.gained)
    gates = {item.name: f"{item.label.zh}（{asked(item)}）" for item in new.criteria}
    gates |= ladder_label(new)
    for place, missed in found.lost:
        yield f"- {place.name} {place.code}: {'、'.join(gates.get(name, name) for name in missed)}"


def add_to(designations: typer.Typer) -> None:
    """Put these commands beside the others about titles."""
    designations.command("way")(way)
    designations.command("what-if")(reform)
