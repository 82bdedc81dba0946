"""Exports as they are kept: that a file left the system, never the file."""

from app.db import Session
from app.models import Export


def add(session: Session, export: Export) -> int:
    """Write an export; its number."""
    session.add(export)
    session.flush()
    return export.export_id
