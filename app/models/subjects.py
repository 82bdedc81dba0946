"""Credit subjects: households with their members, agri entities, villages."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, Hashed, Instant, Labelled, Sealed, enum_column


class SubjectKind(Labelled):
    """What can have a credit file."""

    HOUSEHOLD = "household", "农户"
    AGRI_ENTITY = "agri_entity", "新型农业经营主体"
    VILLAGE = "village", "行政村"


class EntityType(Labelled):
    """The types of a new-type agricultural operating entity (article 6)."""

    FAMILY_FARM = "family_farm", "家庭农场"
    COOPERATIVE = "cooperative", "农民合作社"
    LEADING_ENTERPRISE = "leading_enterprise", "龙头企业"
    LARGE_GROWER = "large_grower", "种养大户"
    SERVICE_ORGANISATION = "service_organisation", "社会化服务组织"
    COLLECTIVE = "collective", "集体经济组织"


class EntityStatus(Labelled):
    """The state of registration of an entity."""

    ACTIVE = "active", "存续"
    SUSPENDED = "suspended", "停业"
    DEREGISTERED = "deregistered", "注销"
    REVOKED = "revoked", "吊销"


class Subject(Base):
    """One credit subject and the village-level division it belongs to."""

    __tablename__ = "subjects"
    __table_args__ = (Index(None, "place_id", "kind"),)

    subject_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[SubjectKind] = mapped_column(enum_column(SubjectKind))
    place_id: Mapped[int] = mapped_column(ForeignKey("places.place_id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    synthetic: Mapped[bool]


class Household(Base):
    """A farm household; its head's number and name are only stored encrypted."""

    __tablename__ = "households"
    __table_args__ = (Index(None, "head_id_number_index", unique=True),)

    subject_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("subjects.subject_id"), primary_key=True, autoincrement=False
    )
    household_no: Mapped[str] = mapped_column(String(32), unique=True)
    head_name_cipher: Mapped[bytes] = mapped_column(Sealed("households/{subject_id}/head_name"))
    head_id_number_cipher: Mapped[bytes] = mapped_column(Sealed("households/{subject_id}/head_id_number"))
    head_id_number_index: Mapped[bytes] = mapped_column(Hashed(of="head_id_number_cipher"))


class Member(Base):
    """An adult member of a household; of minors only the number is kept, as a record."""

    __tablename__ = "members"
    __table_args__ = (Index(None, "subject_id"), Index(None, "id_number_index"))

    member_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("households.subject_id"))
    relation_code: Mapped[str] = mapped_column(String(2))
    name_cipher: Mapped[bytes] = mapped_column(Sealed("members/{member_id}/name"))
    id_number_cipher: Mapped[bytes | None] = mapped_column(Sealed("members/{member_id}/id_number"))
    id_number_index: Mapped[bytes | None] = mapped_column(Hashed(of="id_number_cipher"))


class ContactKind(Labelled):
    """How a subject can be reached."""

    PHONE = "phone", "联系电话"
    ADDRESS = "address", "住址"


class Contact(Base):
    """A phone number or an address of a subject, only stored encrypted; the newest of a kind holds."""

    __tablename__ = "contacts"
    __table_args__ = (Index(None, "subject_id"),)

    contact_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    kind: Mapped[ContactKind] = mapped_column(enum_column(ContactKind))
    value_cipher: Mapped[bytes] = mapped_column(Sealed("contacts/{contact_id}/value"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))


class AgriEntity(Base):
    """A new-type agricultural operating entity with its unified social credit code."""

    __tablename__ = "agri_entities"
    __table_args__ = (
        Index(None, "legal_representative_index"),
        CheckConstraint("recognition_level BETWEEN 0 AND 4", name="recognition_level"),
    )

    subject_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("subjects.subject_id"), primary_key=True, autoincrement=False
    )
    uscc: Mapped[str] = mapped_column(String(18), unique=True)
    name: Mapped[str] = mapped_column(String(128))
    entity_type: Mapped[EntityType] = mapped_column(enum_column(EntityType))
    status: Mapped[EntityStatus] = mapped_column(enum_column(EntityStatus))
    registered_on: Mapped[date | None]
    recognition_level: Mapped[int] = mapped_column(SmallInteger)
    legal_representative_name_cipher: Mapped[bytes] = mapped_column(
        Sealed("agri_entities/{subject_id}/legal_representative_name")
    )
    legal_representative_number_cipher: Mapped[bytes | None] = mapped_column(
        Sealed("agri_entities/{subject_id}/legal_representative_number")
    )
    legal_representative_index: Mapped[bytes | None] = mapped_column(
        Hashed(of="legal_representative_number_cipher")
    )


class EntityState(Base):
    """The type and registration of an entity as they became known; the newest row is the current state."""

    __tablename__ = "entity_states"
    __table_args__ = (Index(None, "subject_id"),)

    entity_state_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    entity_type: Mapped[EntityType] = mapped_column(enum_column(EntityType))
    status: Mapped[EntityStatus] = mapped_column(enum_column(EntityStatus))
    recorded_at: Mapped[datetime] = mapped_column(Instant)


class LineageKind(Labelled):
    """How one household came out of another."""

    MERGED = "merged", "并户"
    SPLIT = "split", "分户"


class Lineage(Base):
    """One household merged into another, or split off from it, on a day.

    What was recorded of a merged household counts for the one it was merged into, until the merge is undone.
    """

    __tablename__ = "lineages"
    __table_args__ = (Index(None, "from_subject_id"), Index(None, "to_subject_id"))

    lineage_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LineageKind] = mapped_column(enum_column(LineageKind))
    from_subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    to_subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    happened_on: Mapped[date]
    document: Mapped[str] = mapped_column(String(255))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))


class LineageUndo(Base):
    """A merge that was a mistake, undone: both households are as if it had never been."""

    __tablename__ = "lineage_undos"

    lineage_undo_id: Mapped[int] = mapped_column(primary_key=True)
    lineage_id: Mapped[int] = mapped_column(ForeignKey("lineages.lineage_id"), unique=True)
    document: Mapped[str] = mapped_column(String(255))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(64))
