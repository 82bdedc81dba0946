"""Inquiries as they are kept: written once, never changed."""

from app.db import Session
from app.models import Inquiry


def add(session: Session, inquiry: Inquiry) -> int:
    """Write an inquiry; its number."""
    session.add(inquiry)
    session.flush()
    return inquiry.inquiry_id
