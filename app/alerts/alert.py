"""What a scan tells, and what an auditor reads: alerts with their notes, and lines of the log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from app.models import Inquiry, InquiryAlert, InquiryAlertNote, Organisation, User

# A row of the log: the inquiry, the name of the user, the organisation.
LogRow = tuple[Inquiry, str, Organisation]


@dataclass(frozen=True)
class ScanSummary:
    """What a scan read and found; `unmatched` are organisations none of whose loans are on file.

    `undeclared` counts the users who asked but have declared no village: they are not watched for one.
    """

    first: date
    on: date
    inquiries: int
    added: int
    by_rule: Mapping[str, int] = field(default_factory=dict)
    undeclared: int = 0
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True)
class Noted:
    """A note on an alert, and who wrote it."""

    note: InquiryAlertNote
    username: str


@dataclass(frozen=True)
class Alerted:
    """An alert with whom it is about and what was noted on it."""

    alert: InquiryAlert
    user: User
    organisation: Organisation
    notes: tuple[Noted, ...]
