"""Validation of a card: how well it parts, how true, stable and fair it is; as evidence and as a report."""

from scoring.validation.card_validation import validate
from scoring.validation.figures import from_json, to_json
from scoring.validation.html import to_html
from scoring.validation.markdown import to_markdown
from scoring.validation.model_card import model_card
from scoring.validation.population import Population
from scoring.validation.report import ValidationReport
from scoring.validation.thresholds import CUSTOMARY, Thresholds

__all__ = [
    "CUSTOMARY",
    "Population",
    "Thresholds",
    "ValidationReport",
    "from_json",
    "model_card",
    "to_html",
    "to_json",
    "to_markdown",
    "validate",
]
