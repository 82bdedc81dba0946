"""All tables. The migrations and the models are held equal by a test."""

from app.models.access import Organisation, OrganisationKind, Role, User
from app.models.base import Base, epoch_day
from app.models.consents import Consent, Purpose
from app.models.coverage import CoverageCount, ExclusionReason, Roster, RosterEntry
from app.models.credit_lines import Loan, LoanClass, LoanMonth
from app.models.inquiries import Inquiry, InquiryOutcome
from app.models.places import Place, PlaceKind
from app.models.ratings import (
    GateState,
    PeerGroup,
    PeerPoints,
    PlaceGate,
    PlaceGradeCount,
    PlaceMeasure,
    PlaceStatus,
    Rating,
    RatingRun,
    RuleVersion,
    UnratedReason,
)
from app.models.records import Batch, BatchKind, Fact, Record, Sensitivity, ValueType, WrittenConsent
from app.models.subjects import (
    AgriEntity,
    EntityStatus,
    EntityType,
    Household,
    Member,
    Subject,
    SubjectKind,
)

__all__ = [
    "AgriEntity",
    "Base",
    "Batch",
    "BatchKind",
    "Consent",
    "CoverageCount",
    "EntityStatus",
    "EntityType",
    "ExclusionReason",
    "Fact",
    "GateState",
    "Household",
    "Inquiry",
    "InquiryOutcome",
    "Loan",
    "LoanClass",
    "LoanMonth",
    "Member",
    "Organisation",
    "OrganisationKind",
    "PeerGroup",
    "PeerPoints",
    "Place",
    "PlaceGate",
    "PlaceGradeCount",
    "PlaceKind",
    "PlaceMeasure",
    "PlaceStatus",
    "Purpose",
    "Rating",
    "RatingRun",
    "Record",
    "Role",
    "Roster",
    "RosterEntry",
    "RuleVersion",
    "Sensitivity",
    "Subject",
    "SubjectKind",
    "UnratedReason",
    "User",
    "ValueType",
    "WrittenConsent",
    "epoch_day",
]
