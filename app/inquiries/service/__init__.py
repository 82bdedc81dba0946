"""Inquiries: asking, looking in the course of duty, and asking again."""

from app.inquiries.service.asking import inquire
from app.inquiries.service.compared import Comparison, compare
from app.inquiries.service.logged import entries_of, log_of, log_rows
from app.inquiries.service.repeats import claimed, forget_answers_about, forget_old_answers, repeat_key
from app.inquiries.service.together import Desk, answered, desk
from app.inquiries.service.viewing import record_views, view_rating

__all__ = [
    "Comparison",
    "Desk",
    "answered",
    "claimed",
    "compare",
    "desk",
    "entries_of",
    "forget_answers_about",
    "forget_old_answers",
    "inquire",
    "log_of",
    "log_rows",
    "record_views",
    "repeat_key",
    "view_rating",
]
