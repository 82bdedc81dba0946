"""Which keys values are sealed with; of the keys themselves there is nothing in the database."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, Instant, Labelled, enum_column


class CipherSuite(Labelled):
    """The algorithms values are sealed and hashed with."""

    AES = "aes", "AES-256-GCM 与 HMAC-SHA256"
    SM4 = "sm4", "SM4-GCM 与 HMAC-SM3"


class CipherKey(Base):
    """A key, by its id, that is in force under a suite: the newest seals, the others open and are looked up.

    From `leaked_at` on no token that it signed is accepted; once it is retired no value is under it.
    """

    __tablename__ = "cipher_keys"

    cipher_key_id: Mapped[int] = mapped_column(primary_key=True)
    suite: Mapped[CipherSuite] = mapped_column(enum_column(CipherSuite))
    key_id: Mapped[str] = mapped_column(String(4))
    seals_from: Mapped[datetime] = mapped_column(Instant)
    leaked_at: Mapped[datetime | None] = mapped_column(Instant)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)
