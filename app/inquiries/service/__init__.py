"""Inquiries: asking, looking in the course of duty, and asking again."""

from app.inquiries.service.asking import inquire
from app.inquiries.service.logged import entries_of
from app.inquiries.service.repeats import claimed, repeat_key
from app.inquiries.service.together import Desk, answered, desk
from app.inquiries.service.viewing import record_views, view_rating

__all__ = [
    "Desk",
    "answered",
    "claimed",
    "desk",
    "entries_of",
    "inquire",
    "record_views",
    "repeat_key",
    "view_rating",
]
