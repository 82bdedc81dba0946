"""The desk of the tests: an office that hands out reports and takes requests of review."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from app.db import Session
from app.models import Contact, ContactKind, Erasure, Household, Member, ReviewOutcome
from app.rights import service
from app.rights.report import Report
from app.rights.right import Format, Handed, ReviewState, Verdict
from tests.app.objections.office import RAISED, Office, office
from tests.district import District, morning
from tests.numbers import resident
from tests.office_steps import transaction

__all__ = ["ASKED", "PHONE", "PROOF", "SPOUSE", "Desk", "desk", "office"]

PROOF, ASKED = "居民身份证原件，已核对", "逾期是银行系统故障造成的，请由人再看一遍。"
PHONE, SPOUSE = "13800002222", "李秀英"


@dataclass
class Desk:
    """What the office does for the person who stands at its desk."""

    office: Office

    @property
    def district(self) -> District:
        """The district of the office."""
        return self.office.district

    def household(self, *, name: str = "王建国") -> int:
        """A rated household with a phone and a spouse; its number is `resident(its id)`."""
        subject_id = self.district.household(name=name)
        cipher = self.district.cipher
        with transaction(self.district.engine) as session:
            contact = Contact(
                subject_id=subject_id, kind=ContactKind.PHONE, value_cipher=b"", recorded_at=morning(RAISED),
                recorded_by="clerk",
            )  # fmt: skip
            member = Member(subject_id=subject_id, relation_code="10", name_cipher=b"")
            session.add_all([contact, member])
            session.flush()
            row, number = f"members/{member.member_id}", resident(subject_id + 500)
            contact.value_cipher = cipher.seal(PHONE, row=f"contacts/{contact.contact_id}/value")
            member.name_cipher = cipher.seal(SPOUSE, row=f"{row}/name")
            member.id_number_cipher = cipher.seal(number, row=f"{row}/id_number")
            member.id_number_index = cipher.index(number)
        return subject_id

    def report(self, subject_id: int, *, on: date = RAISED, by: str = "clerk") -> Handed:
        """A report as JSON."""
        with transaction(self.district.engine) as session:
            return service.report(
                session, self.district.cipher, subject_id, document=PROOF, form=Format.JSON, render=_never,
                viewer=self.office.viewers[by], at=morning(on),
            )  # fmt: skip

    def read(self, subject_id: int, *, on: date = RAISED) -> Report:
        """A report, read back from its bytes."""
        return Report.model_validate_json(self.report(subject_id, on=on).content)

    def asks_for_review(
        self, subject_id: int, *, on: date = RAISED, by: str = "clerk", rating_id: int | None = None
    ) -> ReviewState:
        """A request of review of a rating, of the one that holds if none is named."""
        with transaction(self.district.engine) as session:
            return service.request_review(
                session, self.district.cipher, subject_id, rating_id=rating_id, text=ASKED, document=PROOF,
                viewer=self.office.viewers[by], at=morning(on),
            )  # fmt: skip

    def reviewed(
        self, review_id: int, outcome: ReviewOutcome = ReviewOutcome.UPHELD, *, by: str = "colleague"
    ) -> ReviewState:
        """A request answered by a user."""
        with transaction(self.district.engine) as session:
            return service.answer_review(
                session, self.district.cipher, review_id, Verdict(outcome, "逐项核对无误。"),
                viewer=self.office.viewers[by], at=morning(RAISED),
            )  # fmt: skip

    def waits(self, subject_id: int) -> bool:
        """Whether a person has yet to look at a rating of a subject."""
        with Session(self.district.engine) as session:
            return service.open_review(session, subject_id)

    def erased(self, subject_id: int, *, on: date = RAISED, approve: Any = None) -> Erasure:
        """The personal data of a subject deleted; the approval is granted, unless another is given."""
        with transaction(self.district.engine) as session:
            return service.erase(
                session, self.district.cipher, subject_id, ground="处理目的已实现", document="删除申请 3 号",
                needs_consent=False, approve=approve or _granted, by="admin", at=morning(on),
            )  # fmt: skip

    def opens(self, subject_id: int) -> str:
        """The name of the head of a household as the database still gives it."""
        with Session(self.district.engine) as session:
            sealed = session.get_one(Household, subject_id).head_name_cipher
            return self.district.cipher.open(sealed, row=f"households/{subject_id}/head_name")

    def texts(self) -> str:
        """Everything in the database that can be read without a key."""
        return json.dumps(self.district.rows(), default=str, ensure_ascii=False)


@pytest.fixture
def desk(office: Office) -> Desk:
    """The desk over an empty district."""
    return Desk(office)


def _granted(_content: Mapping[str, Any], _outcome: Mapping[str, int]) -> None:
    """An approval that holds."""


def _never(_report: Report) -> bytes:
    raise AssertionError("no pages were asked for")
