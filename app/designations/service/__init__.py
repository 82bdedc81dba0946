"""How villages and towns stand, and the titles of households, entities, villages and towns."""

from app.designations.found import Holder
from app.designations.service.statuses import (
    GateLine,
    MeasureLine,
    StatusReport,
    documents_since,
    states_of,
    status_report,
    status_reports,
    status_today,
)
from app.designations.service.titles import Title, titles_of

__all__ = [
    "GateLine", "Holder", "MeasureLine", "StatusReport", "Title", "documents_since", "states_of",
    "status_report", "status_reports", "status_today", "titles_of",
]  # fmt: skip
