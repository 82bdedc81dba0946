"""Loans and their monthly returns by the banks."""

from datetime import date

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base, BigId, EpochDay, Labelled


class LoanClass(Labelled):
    """The five-category classification; 次级, 可疑 and 损失 are non-performing."""

    NORMAL = "normal", "正常"
    SPECIAL_MENTION = "special_mention", "关注"
    SUBSTANDARD = "substandard", "次级"
    DOUBTFUL = "doubtful", "可疑"
    LOSS = "loss", "损失"

    @property
    def code(self) -> int:
        """The digit of the class in a return: 1 normal to 5 loss."""
        return list(LoanClass).index(self) + 1


class Loan(Base):
    """A loan of a bank to a subject."""

    __tablename__ = "loans"
    __table_args__ = (Index(None, "subject_id"),)

    loan_id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("subjects.subject_id"))
    lender: Mapped[str] = mapped_column(String(64))
    granted_on: Mapped[date] = mapped_column(EpochDay)
    amount_fen: Mapped[int] = mapped_column(BigInteger)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.batch_id"))


class LoanMonth(Base):
    """A loan at one month-end; the key begins with the month so that a month is read in one piece."""

    __tablename__ = "loan_months"
    __table_args__ = {"sqlite_with_rowid": False}

    month_end_on: Mapped[date] = mapped_column(EpochDay, primary_key=True)
    loan_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("loans.loan_id"), primary_key=True, autoincrement=False
    )
    balance_fen: Mapped[int] = mapped_column(BigInteger)
    overdue_days: Mapped[int]
    class_code: Mapped[int] = mapped_column(SmallInteger().with_variant(Integer, "sqlite"))
    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.batch_id"))
