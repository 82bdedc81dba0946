"""Connectors: what departments, banks and platforms deliver becomes records by mapping files (article 28)."""

from app.jobs.sources.connection import Secrets, pulled, read_connection
from app.jobs.sources.definition import Mapping
from app.jobs.sources.delivery import Delivery
from app.jobs.sources.mapping import mapping_by_code, mapping_lines, read_mapping, read_mappings
from app.jobs.sources.quarantine import content_of_waiting, decide, waiting_rows
from app.jobs.sources.report import SourceReport, write_faulty_rows
from app.jobs.sources.run import import_source

__all__ = [
    "Delivery",
    "Mapping",
    "Secrets",
    "SourceReport",
    "content_of_waiting",
    "decide",
    "import_source",
    "mapping_by_code",
    "mapping_lines",
    "pulled",
    "read_connection",
    "read_mapping",
    "read_mappings",
    "waiting_rows",
    "write_faulty_rows",
]
