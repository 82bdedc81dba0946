"""What the sealed log says of a grade that an override stands beside."""

from hashlib import sha256
from typing import Any

from app.access.service import create_organisation
from app.db import transaction
from app.models import OrganisationKind, Role, User
from tests.app.appraisals.village import Desk, Village, desk, village
from tests.app.inquiries.test_logged import logged
from tests.app.overrides.test_service import raised, sqlite
from tests.district import DAY, DISTRICT, district, morning
from tests.numbers import resident

__all__ = ["desk", "district", "village"]


@sqlite
def test_the_log_says_which_grade_was_shown_and_what_was_handed_over(desk: Desk):
    household = raised(desk)
    bank = _bank(desk.village)
    question = {
        "id_number": resident(household), "purpose": "pre_loan",
        "consent_id": desk.village.district.consent(household, bank.organisation_id),
    }  # fmt: skip
    assert desk.send("POST", "/v1/inquiries", by="bank", json=question).status_code == 200
    assert desk.send("GET", "/v1/ratings/1", by="official").status_code == 200
    path, proof = f"/v1/subjects/{household}/reports", {"document": "身份证", "format": "json"}
    report = desk.send("POST", path, by="official", json=proof)
    app: Any = desk.client.app
    asked, looked, handed = (entry["shown"] for entry in logged(app.state.settings)[-3:])
    assert [(one["grade"], one["override"]) for one in (asked, looked, handed)] == [("A", "AA")] * 3
    assert [one.get("handed") for one in (asked, looked, handed)] == [None, None, "report"]
    assert handed["sha256"] == sha256(report.content).hexdigest()


def _bank(village: Village) -> User:
    """Somebody of a bank, who asks."""
    with transaction(village.district.engine) as session:
        bank = create_organisation(
            session, code="bank", name="农商行", kind=OrganisationKind.BANK, admitted_at=morning(DAY)
        )
        made = User(
            username="bank", display_name="bank", password_hash="none", role=Role.LOAN_OFFICER,
            organisation_id=bank.organisation_id, place_id=village.district.place_id(DISTRICT),
            disabled=False, failed_attempts=0,
        )  # fmt: skip
        session.add(made)
    village.users["bank"] = made
    return made
