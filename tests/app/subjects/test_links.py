"""One person behind several files is one person, linked once to each of them."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy.orm import Session

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
from app.subjects.links import Link, LinkRole, PeopleCount, distinct_people_count, links_of

on_sqlite = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
AT = datetime(2026, 3, 1, tzinfo=UTC)
HEAD, MEMBER, REPRESENTATIVE = LinkRole.HEAD, LinkRole.MEMBER, LinkRole.LEGAL_REPRESENTATIVE
WANG, LI, ZHAO = b"wang".ljust(32), b"li".ljust(32), b"zhao".ljust(32)


class Village:
    """A village; persons are known by the hashes of their numbers."""

    def __init__(self, session: Session) -> None:
        self.session = session
        place = Place(
            code_system="NBS", code="500120104200", name="长隆村", kind=PlaceKind.VILLAGE,
            valid_from=date(2020, 6, 30),
        )  # fmt: skip
        session.add(place)
        session.flush()
        self.place_id = place.place_id

    def household(self, head: bytes, *members: bytes | None) -> int:
        """A household with its head and members; a member may have no number."""
        subject_id = self._subject(SubjectKind.HOUSEHOLD)
        self._add(
            Household(
                subject_id=subject_id,
                household_no=f"H{subject_id}",
                head_name_cipher=b"sealed",
                head_id_number_cipher=b"sealed",
                head_id_number_index=head,
            )
        )
        for member in members:
            self._add(
                Member(
                    subject_id=subject_id, relation_code="10", name_cipher=b"sealed", id_number_index=member
                )
            )
        return subject_id

    def entity(self, representative: bytes | None) -> int:
        """A family farm and who answers for it."""
        subject_id = self._subject(SubjectKind.AGRI_ENTITY)
        self._add(
            AgriEntity(
                subject_id=subject_id,
                uscc=f"{subject_id:018d}",
                name="演示家庭农场（合成）",
                entity_type=EntityType.FAMILY_FARM,
                status=EntityStatus.ACTIVE,
                recognition_level=0,
                legal_representative_name_cipher=b"sealed",
                legal_representative_index=representative,
            )
        )
        return subject_id

    def _subject(self, kind: SubjectKind) -> int:
        made = Subject(kind=kind, place_id=self.place_id, recorded_at=AT, synthetic=True)
        self._add(made)
        return made.subject_id

    def _add(self, row: object) -> None:
        self.session.add(row)
        self.session.flush()


@pytest.fixture
def village(session: Session) -> Village:
    """A village without anybody."""
    return Village(session)


def test_the_head_of_a_household_is_linked_to_every_entity_they_answer_for(village):
    home, farm, cooperative = village.household(WANG), village.entity(WANG), village.entity(WANG)
    assert links_of(village.session, home) == [
        Link(farm, HEAD, REPRESENTATIVE),
        Link(cooperative, HEAD, REPRESENTATIVE),
    ]
    assert links_of(village.session, farm) == [
        Link(home, REPRESENTATIVE, HEAD),
        Link(cooperative, REPRESENTATIVE, REPRESENTATIVE),
    ]


@on_sqlite
def test_a_head_of_one_household_may_be_a_member_of_another(village):
    parents, own = village.household(WANG, LI), village.household(LI)
    assert links_of(village.session, parents) == [Link(own, MEMBER, HEAD)]


@on_sqlite
def test_a_head_who_is_listed_as_a_member_too_is_linked_once_as_the_head(village):
    home, farm = village.household(WANG, WANG), village.entity(WANG)
    assert links_of(village.session, farm) == [Link(home, REPRESENTATIVE, HEAD)]
    assert links_of(village.session, home) == [Link(farm, HEAD, REPRESENTATIVE)]


@on_sqlite
def test_two_persons_of_one_household_are_two_links(village):
    home, farm, shop = village.household(WANG, LI), village.entity(WANG), village.entity(LI)
    assert links_of(village.session, home) == [
        Link(farm, HEAD, REPRESENTATIVE),
        Link(shop, MEMBER, REPRESENTATIVE),
    ]


@on_sqlite
def test_persons_without_a_number_are_never_taken_for_the_same(village):
    home, farm = village.household(WANG, None), village.entity(None)
    village.household(ZHAO, None)
    village.entity(None)
    assert links_of(village.session, home) == []
    assert links_of(village.session, farm) == []


def test_a_person_is_counted_once_however_many_files_they_stand_in(village):
    files = [
        village.household(WANG, LI),
        village.household(LI, ZHAO),
        village.entity(WANG),
        village.entity(LI),
    ]
    assert distinct_people_count(village.session, [*files, *files]) == PeopleCount(3, without_number=0)


@on_sqlite
def test_who_has_no_number_is_counted_apart(village):
    files = [village.household(WANG, None), village.entity(None)]
    assert distinct_people_count(village.session, files) == PeopleCount(1, without_number=2)


@on_sqlite
def test_of_nobody_there_is_nobody(village):
    assert distinct_people_count(village.session, []) == PeopleCount(0, without_number=0)


@on_sqlite
def test_files_that_are_not_asked_about_do_not_count(village):
    home = village.household(WANG)
    village.household(LI)
    assert distinct_people_count(village.session, [home]) == PeopleCount(1, without_number=0)


@on_sqlite
def test_more_files_than_one_question_holds_are_all_counted(village):
    files = [village.household(str(serial).encode().ljust(32)) for serial in range(501)]
    assert distinct_people_count(village.session, files) == PeopleCount(501, without_number=0)
