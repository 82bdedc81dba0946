"""Objections: raised by the rated, marked at once, answered within the term by somebody else."""

from app.objections.service.closing import answer, escalate, withdraw
from app.objections.service.raising import raise_at_office, raise_objection, rules_in_force
from app.objections.service.showing import answered_case, work_list
from app.objections.service.standings import (
    holds_back_downgrade,
    notes_of,
    notes_of_each,
    open_objections,
    standing,
    subjects_with_open_objections,
)

__all__ = [
    "answer",
    "answered_case",
    "escalate",
    "holds_back_downgrade",
    "notes_of",
    "notes_of_each",
    "open_objections",
    "raise_at_office",
    "raise_objection",
    "rules_in_force",
    "standing",
    "subjects_with_open_objections",
    "withdraw",
    "work_list",
]
