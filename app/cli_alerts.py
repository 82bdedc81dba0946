"""The commands `credit-village alerts …`: look for abnormal inquiries, list what is still open."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app import clock, settings
from app.alerts import service
from app.alerts.alert import Alerted, ScanSummary
from app.alerts.rules import NOTHING_DECLARED, read_declarations, shipped_rules
from app.cli_days import as_day
from app.cli_transactions import recorded
from app.db import make_engine, reading
from app.errors import Invalid

alerts = typer.Typer(
    name="alerts", help="异常查询预警 · inquiries that look abnormal, for the auditor", no_args_is_help=True
)
console = Console(highlight=False, soft_wrap=True)


@alerts.command()
def scan(
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="最后一个完整日 the last day (yesterday)")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="扫描天数 how many days up to it")] = 7,
    declarations: Annotated[
        Path | None, typer.Option(help="申报文件 what was declared: relatives, campaigns, lenders (.yaml)")
    ] = None,
) -> None:
    """Raise an alert for what looks abnormal; running it again raises nothing twice."""
    at = clock.now()
    last = clock.today() - timedelta(days=1) if on is None else _day(on)
    declared = NOTHING_DECLARED if declarations is None else read_declarations(declarations)
    with recorded() as session:
        found = service.scan(session, shipped_rules(), on=last, at=at, days=days, declared=declared)
    for line in _told(found):
        console.print(line, markup=False)


@alerts.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=5000, help="最多条数 how many at most")] = 200,
) -> None:
    """Show the alerts of the district that are still open, the newest first."""
    chosen = settings.from_environment()
    with reading(make_engine(chosen.database_url)) as session:
        found = service.open_alerts(session, scope=chosen.district_code, limit=limit)
    for one in found:
        console.print(_line(one), markup=False)
    if not found:
        console.print("没有待核查的预警 · nothing to look into", markup=False)


def _day(text: str) -> date:
    found = as_day(text, option="--on")
    if found >= clock.today():
        raise Invalid(f"--on: {found} 尚未结束，请选择此前的日期 · is not over yet; choose an earlier day")
    return found


def _told(found: ScanSummary) -> list[str]:
    rules = shipped_rules().rules
    told = [
        f"{found.first} – {found.on}: 查询 inquiries {found.inquiries:,}, 新预警 new alerts {found.added:,}",
        *(f"  {rules[name].label.zh} · {name}: {count:,}" for name, count in sorted(found.by_rule.items())),
    ]
    if found.undeclared:
        told.append(f"  未申报亲属所在村的用户 users who have declared no village: {found.undeclared:,}")
    if found.unmatched:
        told.append(
            f"  无法核对放贷的机构 no loan on file bears the name of: {'、'.join(found.unmatched)}"
            "（在申报文件的 lenders 中列出其名称 · list its names under `lenders` in the declarations）"
        )
    return told


def _line(one: Alerted) -> str:
    rule, begin = shipped_rules().rules[one.alert.rule], one.alert.window_from.astimezone(clock.CHINA)
    return (
        f"{one.alert.inquiry_alert_id:>6}  {rule.severity:<6}  {begin:%Y-%m-%d %H:%M}  {rule.label.zh}  "
        f"{one.user.username} ({one.organisation.name})  {one.alert.inquiry_count:,} 次"
        f"{f'  备注 notes {len(one.notes)}' if one.notes else ''}"
    )
