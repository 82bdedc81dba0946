"""A card validated on a population, and the evidence kept beside it: without it a card is not activated."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import Invalid
from app.jobs.card_files import write_whole
from app.jobs.cards import load_card
from app.jobs.population import Part
from app.rules.service import evidence_file
from scoring import CardError
from scoring.validation import (
    Population,
    ValidationReport,
    model_card,
    to_html,
    to_json,
    to_markdown,
    validate,
)

# Who lives where is no group of persons: towns are compared in the overview.
PLACES = ("town", "village")


@dataclass(frozen=True)
class Validation:
    """The reports of a card: one, or one for each type of subject it has a version for."""

    card: Path
    validated_on: date
    reports: tuple[ValidationReport, ...]

    def lines(self) -> Iterator[str]:
        """What was found, in short."""
        for report in self.reports:
            counts, name = report.counts, report.card.variant or report.card.code
            rated = f"{counts.rated_count:,} of {counts.row_count:,}"
            yield f"{name}: 已评级 rated {rated}, 结果已知 outcomes {counts.rated_outcome_count:,}"
            for item in report.discrimination:
                told = "未定义 not defined" if item.auc is None else f"AUC {item.auc:.3f}"
                yield f"  {item.sample}: {told}"
            for group in report.fairness:
                yield f"  公平性 fairness {group.name}: {len(group.groups)} groups"


def validate_card(
    card: Path,
    parts: Iterable[Part],
    *,
    description: str,
    synthetic: bool,
    cut: str | None,
    on: date,
) -> Validation:
    """Validate a card on a population, type by type where it has versions by type."""
    loaded = load_card(str(card))
    reports = []
    for part in parts:
        if loaded.definition.overlays and part.variant not in loaded.definition.overlays:
            raise Invalid(f"{card}: has versions by type; give the population of one type at a time")
        mine = loaded.overlay(part.variant) if part.variant else loaded
        groups = {name: labels for name, labels in part.groups.items() if name not in PLACES}
        population = Population(
            facts=part.facts,
            outcome=np.full(part.rows, np.nan) if part.outcome is None else part.outcome,
            description=description,
            synthetic=synthetic,
            month=part.month,
            groups=groups,
        )
        try:
            reports.append(validate(mine, population, cut=cut))
        except CardError as error:
            raise Invalid(f"{card}: {error}") from None
    return Validation(card, on, tuple(reports))


def write_reports(found: Validation, *, markdown: Path | None, html: Path | None) -> None:
    """The reports for people: as Markdown, and as a page with plots."""
    if html is not None and len(found.reports) != 1:
        raise Invalid(f"{html}: a page holds one report, there are {len(found.reports)}; use Markdown")
    if markdown is not None:
        text = "\n".join(to_markdown(report) for report in found.reports)
        write_whole(markdown, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))
    if html is not None:
        page = to_html(found.reports[0])
        write_whole(html, lambda unfinished: unfinished.write_text(page, encoding="utf-8"))


def keep_evidence(found: Validation) -> Path:
    """Keep the figures beside the card, where its activation looks for them; the file's name."""
    target = evidence_file(found.card)
    kept: dict[str, Any] = {
        "validated_on": found.validated_on.isoformat(),
        "reports": [to_json(report) for report in found.reports],
    }
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    write_whole(target, lambda unfinished: unfinished.write_text(text + "\n", encoding="utf-8"))
    return target


def write_model_card(card: str, target: Path, *, report: ValidationReport | None) -> None:
    """The model card of a card, made from the card itself."""
    text = model_card(load_card(card).definition, report)
    write_whole(target, lambda unfinished: unfinished.write_text(text, encoding="utf-8"))
