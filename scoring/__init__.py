"""Transparent scorecards and designation criteria: numpy in, numpy out; no web, no database, no clock."""

from scoring.checks import Finding
from scoring.criteria import Gate, GateResults, Profile
from scoring.definition import NO_SCORE, RATED, REQUIRED_MISSING, TOO_FEW_FACTS
from scoring.errors import CardError
from scoring.facts import Coded
from scoring.improvement import Change, WayUp
from scoring.loader import in_force
from scoring.measures import Measure
from scoring.rating import Scorecard, Scores
from scoring.reasons import PEERS_LEAST, Explanation, Line, Peers
from scoring.single import One
from scoring.states import FAILS, HOLDS, INSUFFICIENT, NOT_APPLICABLE

__all__ = [
    "FAILS",
    "HOLDS",
    "INSUFFICIENT",
    "NOT_APPLICABLE",
    "NO_SCORE",
    "PEERS_LEAST",
    "RATED",
    "REQUIRED_MISSING",
    "TOO_FEW_FACTS",
    "CardError",
    "Change",
    "Coded",
    "Explanation",
    "Finding",
    "Gate",
    "GateResults",
    "Line",
    "Measure",
    "One",
    "Peers",
    "Profile",
    "Scorecard",
    "Scores",
    "WayUp",
    "in_force",
]
