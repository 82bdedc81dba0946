"""Cards for those who review them: what is wrong, what it says, its edges, and what a reform changes."""

import csv
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from app.errors import Invalid
from app.rules.service import lint_rule_file
from scoring import CardError, Finding, Scorecard
from scoring.bins import EDGE_TOLERANCE
from scoring.definition import CardDefinition, Characteristic
from scoring.exchange.sql import select_statement


def load_card(written: str) -> Scorecard:
    """The card in a file; the version for one type of subject is written after a colon."""
    path, _, variant = written.partition(".yaml:")
    try:
        loaded = Scorecard.load(f"{path}.yaml" if variant else written)
        return loaded.overlay(variant) if variant else loaded
    except CardError as error:
        raise Invalid(str(error)) from None


def lint_lines(path: Path) -> tuple[list[Finding], Iterator[str]]:
    """What is wrong (errors) and questionable (warnings) about a card or profile, and the same in lines."""
    findings = lint_rule_file(path)

    def lines() -> Iterator[str]:
        for finding in findings:
            yield f"{'错误 error' if finding.error else '提醒 warning'}: {finding}"
            if finding.shown_by:
                yield f"    例如 for example: {finding.shown_by}"
        errors = sum(finding.error for finding in findings)
        yield f"{path}: {errors} errors, {len(findings) - errors} warnings"

    return findings, lines()


def show_lines(card: CardDefinition) -> Iterator[str]:
    """The card as an official reads it."""
    yield f"{card.code} {card.variant} {card.title.zh} · {card.title.en}".replace("  ", " ")
    yield f"自 {card.effective_from} 起施行 · 满分 {card.maximum} · 指纹 {card.fingerprint[:12]}"
    for block in card.blocks:
        yield ""
        yield f"【{block.label.zh} {block.label.en}】 最多 {block.maximum} 分"
        for item in card.characteristics:
            if item.block == block.name:
                yield f"  {item.label.zh} · {item.label.en}（{card.sources[item.basis].document}）"
                yield from (f"    {points:>4}  {label}" for points, label in _steps(item))
    yield ""
    yield "等级 grades: " + "，".join(f"{grade.code} ≥ {grade.minimum}" for grade in card.grades)
    required = "、".join(card.required)
    yield f"未评级 {card.unrated.code}: 缺少 {required}，或已知指标不足 {card.least_known_share:.0%}"
    for veto in card.vetoes:
        yield f"否决 veto: {veto.label.zh} → 最高 {veto.grade_at_most}"


def _steps(item: Characteristic) -> Iterator[tuple[int, str]]:
    """Points and range, the many equal steps of a ladder as one line."""
    steps = item.bins[1:]
    if len(steps) > 8:
        yield steps[0].points, f"{steps[0].label.zh}，此后每档 {steps[1].points - steps[0].points:+d}"
        yield steps[-1].points, steps[-1].label.zh
    else:
        yield from ((step.points, step.label.zh) for step in steps)
    yield item.bins[0].points, item.bins[0].label.zh


def sql_of(card: CardDefinition, *, table: str, key: str) -> str:
    """The card as one SELECT over a table; names that are no plain words are refused."""
    for name in (table, key):
        if re.fullmatch(r"[a-z_][a-z0-9_]*", name) is None:
            raise Invalid(f"{name!r} is not a plain name; write it in small letters, digits and underscores")
    return select_statement(card, table=table, key=key)


def write_boundaries(card: CardDefinition, target: Path) -> int:
    """Every edge of every characteristic with the points just below, at and just above it; how many edges."""
    recorded = {item.name for item in card.inputs}
    rows = [row for c in card.characteristics for row in edges_of(c, derived=c.of not in recorded)]
    try:
        with target.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("characteristic", "指标", "edge", "below", "at", "above"))
            writer.writerows(rows)
    except OSError as error:
        raise Invalid(f"{target}: cannot be written: {error.strerror}") from error
    return len(rows)


def edges_of(item: Characteristic, *, derived: bool) -> Iterator[tuple[str, str, str, int, int, int]]:
    """Every edge of a characteristic with the points just below, at and just above it."""
    edges = np.asarray(item.edges)
    for edge in item.edges:
        # An edge that belongs to the step below it is kept as a number just above it.
        shown = float(f"{edge:.10g}")
        # A derived value is on an edge when it is nearer to it than rounding can tell.
        hair = 10 * EDGE_TOLERANCE * abs(shown) if derived else 0.0
        below = min(shown - hair, math.nextafter(shown, -math.inf))
        around = (below, shown, max(shown + hair, math.nextafter(shown, math.inf)))
        points = [item.bins[int(np.searchsorted(edges, value, side="right")) + 1].points for value in around]
        yield item.name, item.label.zh, f"{shown:.12g}", points[0], points[1], points[2]


def diff_lines(old: CardDefinition, new: CardDefinition) -> Iterator[str]:
    """What a reform changes: characteristics and steps that go, come or give other points."""
    yield f"{old.code} {old.effective_from} → {new.code} {new.effective_from}"
    before = {item.name: item for item in old.characteristics}
    after = {item.name: item for item in new.characteristics}
    changes = [f"- {before[name].label.zh} {name}: 取消 removed" for name in before if name not in after]
    changes += [f"+ {after[name].label.zh} {name}: 新增 added" for name in after if name not in before]
    for name, item in before.items():
        if name in after:
            changes += _changed_steps(item, after[name])
    grades = [{grade.code: grade.minimum for grade in card.grades} for card in (old, new)]
    if grades[0] != grades[1]:
        changes.append(f"~ 等级 grades: {grades[0]} → {grades[1]}")
    if old.vetoes != new.vetoes:
        names = [[veto.name for veto in card.vetoes] for card in (old, new)]
        changes.append(f"~ 否决 vetoes: {names[0]} → {names[1]}")
    yield from changes or ["没有变化 nothing changes"]


def _changed_steps(before: Characteristic, after: Characteristic) -> Iterator[str]:
    old = {step.label.zh: step.points for step in before.bins}
    new = {step.label.zh: step.points for step in after.bins}
    for label in dict.fromkeys([*old, *new]):
        if old.get(label) != new.get(label):
            told = [str(points.get(label, "—")) for points in (old, new)]
            yield f"~ {before.label.zh} {before.name} · {label}: {told[0]} → {told[1]}"
