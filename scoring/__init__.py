"""Transparent scorecards and designation criteria: numpy in, numpy out; no web, no database, no clock."""

from scoring.checks import Finding
from scoring.criteria import FAILS, HOLDS, INSUFFICIENT, NOT_APPLICABLE, Gate, GateResults, Profile
from scoring.errors import CardError
from scoring.improvement import Change, WayUp
from scoring.loader import in_force
from scoring.measures import Measure
from scoring.rating import NO_SCORE, RATED, REQUIRED_MISSING, TOO_FEW_FACTS, Scorecard, Scores
from scoring.reasons import Explanation

__all__ = [
    "FAILS",
    "HOLDS",
    "INSUFFICIENT",
    "NOT_APPLICABLE",
    "NO_SCORE",
    "RATED",
    "REQUIRED_MISSING",
    "TOO_FEW_FACTS",
    "CardError",
    "Change",
    "Explanation",
    "Finding",
    "Gate",
    "GateResults",
    "Measure",
    "Profile",
    "Scorecard",
    "Scores",
    "WayUp",
    "in_force",
]
