"""Who is found under a number, and what is shown of them."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

from app.errors import Invalid, NotFound
from app.models import (
    AgriEntity,
    EntityStatus,
    EntityType,
    Household,
    Member,
    Place,
    PlaceKind,
    Subject,
    SubjectKind,
)
from app.subjects import service
from app.subjects.cipher import Cipher
from app.subjects.numbers import resident_check_digit, uscc_check_character

TODAY = date(2026, 11, 23)
AT = datetime(2026, 3, 1, tzinfo=UTC)
CIPHER = Cipher(bytes(range(32)))


def resident(first17: str) -> str:
    """A resident number with its check digit."""
    return first17 + resident_check_digit(first17)


def credit_code(first17: str) -> str:
    """A credit code with its check character."""
    return first17 + uscc_check_character(first17)


HEAD, WIFE, STRANGER = (resident(f"50022719700101{n}") for n in ("001", "002", "003"))
COOPERATIVE = credit_code("93500227MA5U00001")
# Credit codes of digits only; the second is a valid resident number too.
DIGITS_ONLY, BOTH = "915001200000000009", "915001197001010495"


class Village:
    """A village with whoever a test puts in it."""

    def __init__(self, session: Session) -> None:
        self.session = session
        place = Place(
            code_system="NBS", code="500120104200", name="长隆村", kind=PlaceKind.VILLAGE,
            valid_from=date(2020, 6, 30),
        )  # fmt: skip
        session.add(place)
        session.flush()
        self.place_id = place.place_id

    def subject(self, kind: SubjectKind, *, at: datetime = AT) -> Subject:
        """A subject of the village."""
        subject = Subject(kind=kind, place_id=self.place_id, recorded_at=at, synthetic=True)
        self.session.add(subject)
        self.session.flush()
        return subject

    def household(self, head: str, *, members: tuple[str, ...] = (), at: datetime = AT) -> Subject:
        """A household with its head and members."""
        subject = self.subject(SubjectKind.HOUSEHOLD, at=at)
        row = f"households/{subject.subject_id}"
        self.session.add(
            Household(
                subject_id=subject.subject_id,
                household_no=f"H{subject.subject_id}",
                head_name_cipher=CIPHER.seal("欧阳大兴", row=f"{row}/head_name"),
                head_id_number_cipher=CIPHER.seal(head, row=f"{row}/head_id_number"),
                head_id_number_index=CIPHER.index(head),
            )
        )
        self.session.flush()
        for number in members:
            self.session.add(
                Member(
                    subject_id=subject.subject_id,
                    relation_code="10",
                    name_cipher=b"sealed",
                    id_number_index=CIPHER.index(number),
                )
            )
        self.session.flush()
        return subject

    def entity(self, uscc: str) -> Subject:
        """An entity with its credit code."""
        subject = self.subject(SubjectKind.AGRI_ENTITY)
        self.session.add(
            AgriEntity(
                subject_id=subject.subject_id,
                uscc=uscc,
                name="大兴果蔬专业合作社",
                entity_type=EntityType.COOPERATIVE,
                status=EntityStatus.ACTIVE,
                recognition_level=0,
                legal_representative_name_cipher=b"sealed",
            )
        )
        self.session.flush()
        return subject

    def find(self, number: str) -> Subject:
        """Who is found under a number."""
        return service.find_by_number(self.session, CIPHER, number, on=TODAY)


@pytest.fixture
def village(session: Session) -> Village:
    """A village without anybody."""
    return Village(session)


@pytest.mark.parametrize("number", [HEAD, f" {HEAD.lower()} ", WIFE])
def test_a_household_is_found_by_the_number_of_its_head_or_a_member(village, number) -> None:
    household = village.household(HEAD, members=(WIFE,))
    assert village.find(number) is household


def test_the_household_somebody_heads_comes_before_one_they_are_a_member_of(village) -> None:
    own = village.household(WIFE)
    village.household(HEAD, members=(WIFE,))
    assert village.find(WIFE) is own


def test_a_member_of_two_households_is_found_in_the_one_recorded_last(village) -> None:
    newer = village.household(HEAD, members=(WIFE,), at=datetime(2026, 3, 2, tzinfo=UTC))
    village.household(STRANGER, members=(WIFE,))
    assert village.find(WIFE) is newer


@pytest.mark.parametrize("code", [COOPERATIVE, DIGITS_ONLY, BOTH])
def test_an_entity_is_found_by_its_credit_code(village, code) -> None:
    entity = village.entity(code)
    assert village.find(code.lower()) is entity


@pytest.mark.parametrize("number", [STRANGER, COOPERATIVE])
def test_nobody_is_found_and_the_number_is_not_repeated(village, number) -> None:
    with pytest.raises(NotFound) as refusal:
        village.find(number)
    assert number not in refusal.value.detail


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (HEAD[:17] + ("0" if HEAD[17] != "0" else "1"), "resident number: wrong check digit"),
        (resident("50022720261124001"), "resident number: the date of birth lies in the future"),
        (HEAD[:17], "resident number: has 17 characters"),
        ("5.00227E+17", "resident number: Excel"),
        (COOPERATIVE[:17] + ("0" if COOPERATIVE[17] != "0" else "1"), "credit code: wrong check character"),
        ("", "resident number: has 0 characters"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_malformed_number_is_refused_with_the_reason_only(village, number, reason) -> None:
    with pytest.raises(Invalid) as refusal:
        village.find(number)
    assert refusal.value.detail.startswith(reason)
    assert not number or number not in refusal.value.detail


def test_a_household_is_described_with_masked_name_and_number(village) -> None:
    household = village.household(HEAD)
    card = service.describe(village.session, CIPHER, household)
    assert (card.kind, card.name, card.name_masked, card.display_name) == (
        SubjectKind.HOUSEHOLD, None, "欧***", "欧***",
    )  # fmt: skip
    assert (card.number_masked, card.household_no) == (
        f"500227********{HEAD[-4:]}", f"H{household.subject_id}",
    )  # fmt: skip
    assert (card.synthetic, card.place_id) == (True, village.place_id)
    assert HEAD not in repr(card)


def test_an_entity_is_described_with_its_public_registration(village) -> None:
    card = service.describe(village.session, CIPHER, village.entity(COOPERATIVE))
    assert (card.name, card.uscc, card.number_masked) == ("大兴果蔬专业合作社", COOPERATIVE, None)
    assert (card.entity_type, card.status) == (EntityType.COOPERATIVE, EntityStatus.ACTIVE)


def test_a_village_is_described_by_the_name_of_its_division(village) -> None:
    card = service.describe(village.session, CIPHER, village.subject(SubjectKind.VILLAGE))
    assert card.display_name == "长隆村"


def test_the_subjects_of_a_place_come_in_pages_of_one_kind(village) -> None:
    first, _, second = village.household(HEAD), village.entity(COOPERATIVE), village.household(WIFE)
    pages = [
        service.subjects_in_place(
            village.session, village.place_id, kind=SubjectKind.HOUSEHOLD, after=after, limit=1
        )
        for after in (0, first.subject_id, second.subject_id)
    ]
    assert pages == [[first], [second], []]


def test_an_unknown_subject_is_not_found(village) -> None:
    with pytest.raises(NotFound, match="no subject with the id 404"):
        service.subject(village.session, 404)
