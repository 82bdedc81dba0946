"""Of two who take one name at the same moment, one gets it and the other is told."""

from app.access.service import create_organisation, create_user
from app.db import Session, transaction
from app.errors import Conflict
from app.models import OrganisationKind, Role
from tests.at_once import refusal_of_second
from tests.district import DISTRICT, District, district

__all__ = ["district"]


def test_of_two_organisations_of_one_code_at_once_one_is_made(district: District):
    def make(session: Session) -> None:
        create_organisation(session, code="nsh", name="农商行", kind=OrganisationKind.BANK)

    refused = refusal_of_second(district.engine, make, make)
    assert isinstance(refused, Conflict), refused
    assert refused.detail == "there is already an organisation with the code nsh; choose another code"


def test_of_two_users_of_one_name_at_once_one_is_made(district: District):
    with transaction(district.engine) as session:
        bank = create_organisation(session, code="nsh", name="农商行", kind=OrganisationKind.BANK)

    def make(session: Session) -> None:
        create_user(
            session, username="officer.nsh", display_name="王", password="Slow-River-0729", place_id=place_id,
            role=Role.LOAN_OFFICER, organisation_id=bank.organisation_id,
        )  # fmt: skip

    place_id = district.place_id(DISTRICT)
    refused = refusal_of_second(district.engine, make, make)
    assert isinstance(refused, Conflict), refused
    assert refused.detail == "there is already a user officer.nsh; choose another username"
