"""How villages and towns stand, and the titles of households, entities, villages and towns."""

from app.designations.found import Holder
from app.designations.service.statuses import (
    GateLine,
    MeasureLine,
    StatusReport,
    states_of,
    status_report,
    status_reports,
)
from app.designations.service.titles import Title, titles_of

__all__ = [
    "GateLine", "Holder", "MeasureLine", "StatusReport", "Title", "states_of", "status_report",
    "status_reports", "titles_of",
]  # fmt: skip
