"""Inquiries: asking, looking in the course of duty, and asking again."""

from app.inquiries.service.asking import entries_of, inquire, inquire_each, record_views, view_rating
from app.inquiries.service.repeats import Answered, Repeat, claimed

__all__ = [
    "Answered",
    "Repeat",
    "claimed",
    "entries_of",
    "inquire",
    "inquire_each",
    "record_views",
    "view_rating",
]
