"""Appraisals: opening a round, filling in sheets, closing it, and what it came to."""

from app.appraisals.service.closing import close_round
from app.appraisals.service.results import result_of_round, results_of
from app.appraisals.service.rounds import (
    invite,
    invited,
    open_round,
    own_rounds,
    round_of,
    rounds_within,
)
from app.appraisals.service.sheets import (
    awaited_form,
    own_round,
    own_sheet,
    paper_form,
    save_sheet,
    submit_paper,
    submit_sheet,
)

__all__ = [
    "awaited_form",
    "close_round",
    "invite",
    "invited",
    "open_round",
    "own_round",
    "own_rounds",
    "own_sheet",
    "paper_form",
    "result_of_round",
    "results_of",
    "round_of",
    "rounds_within",
    "save_sheet",
    "submit_paper",
    "submit_sheet",
]
