"""Those who record documents for and against titles in the tests, over a district with one good village."""

import shutil
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.approvals import effects, proposals
from app.approvals import service as approvals
from app.attestations.service import Order
from app.db import Session, transaction
from app.designations.reports import GateLine
from app.designations.service import status_report
from app.designations.store.holders import latest_ratings
from app.models import AttestationKind, Rating
from app.places.service import place_by_code
from app.rules.service import load_rules
from tests.app.designations.committee import Committee, committee_over
from tests.district import POLICIES, VILLAGE, District, morning

DAY = date(2026, 11, 2)
UNTIL = DAY + timedelta(days=20)
SHA = "ab" * 32
AGREEMENT = "committee_agreement"
DOCUMENT = {
    "document": "大兴信办〔2026〕3号",
    "document_sha256": SHA,
    "decided_on": DAY,
    "valid_until": UNTIL,
}


@dataclass
class Desk:
    """A committee that records documents."""

    committee: Committee

    @property
    def district(self) -> District:
        """The district behind it."""
        return self.committee.district

    def asked(
        self, kind: AttestationKind, measure: str, *, by: str = "clerk", on: date = DAY, **more: Any
    ) -> int:
        """A document one person asks to be counted; the number of the approval."""
        named = {} if "subject_id" in more else {"place_code": VILLAGE}
        order = Order(kind=kind, measure=measure, **{**DOCUMENT, **named, **more})
        maker = self.committee.viewers[by]
        with transaction(self.district.engine) as session:
            wanted = proposals.attestation(session, order, maker=maker, on=on)
            return self._asked(session, wanted, by=by, on=on)

    def withdrawal_asked(self, number: int, *, by: str = "clerk", on: date = DAY) -> int:
        """A withdrawal one person asks for; the number of the approval."""
        maker = self.committee.viewers[by]
        with transaction(self.district.engine) as session:
            wanted = proposals.attestation_withdrawal(session, number, maker=maker, on=on)
            return self._asked(session, wanted, by=by, on=on)

    def granted(self, approval: int, *, by: str = "admin", on: date = DAY) -> None:
        """A second person agrees."""
        with transaction(self.district.engine) as session:
            self.grant(session, approval, by=by, on=on)

    def grant(self, session: Session, approval: int, *, by: str = "admin", on: date = DAY) -> None:
        """A second person agrees, in a transaction of the test."""
        checker = self.committee.viewers[by]
        effects.decide(session, approval, granted=True, reason="属实", checker=checker, at=morning(on))

    def recorded(self, kind: AttestationKind, measure: str, *, on: date = DAY, **more: Any) -> None:
        """A document two persons have agreed on."""
        self.granted(self.asked(kind, measure, on=on, **more), on=on)

    def gate(self, name: str, *, on: date = DAY, code: str = VILLAGE) -> GateLine:
        """A gate of the village after the night of a day."""
        self.committee.night(on, proposes=False)
        return next(gate for gate in self.gates(on=on, code=code) if gate.name == name)

    def gates(self, *, on: date = DAY, code: str = VILLAGE) -> tuple[GateLine, ...]:
        """The gates of the village as its newest night left them."""
        with Session(self.district.engine) as session:
            return status_report(session, place_by_code(session, code, on=on)).gates

    def rating(self, subject_id: int) -> Rating:
        """The newest rating of a subject."""
        with Session(self.district.engine) as session:
            return latest_ratings(session, [subject_id])[subject_id]

    def _asked(self, session: Session, wanted: proposals.Proposal, *, by: str, on: date) -> int:
        made = approvals.request(
            session, kind=wanted.kind, target=wanted.target, content=wanted.content, reason="经核实",
            maker=self.committee.viewers[by], at=morning(on),
        )  # fmt: skip
        return made.approval_id


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """The rules, with a gate on a document in the profiles of villages, of towns and of entities."""
    folder = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    for level in ("credit_village/2026-11-01", "credit_town/2026-11-01", "credit_entity/2023-01-01"):
        path = folder / "cq_bishan" / f"{level}.yaml"
        text = path.read_text("utf-8")
        text = text.replace("measures:\n", f"measures:\n  {AGREEMENT}: {{zh: 创建协议, en: agreement}}\n", 1)
        gate = (
            f"{{name: agreement, label: {{zh: 已签协议, en: signed}}, attested: {AGREEMENT}, basis: DEFAULT}}"
        )
        path.write_text(text.replace("criteria:\n", f"criteria:\n  - {gate}\n", 1), "utf-8")
    return folder


@pytest.fixture
def desk(district: District, policies: Path) -> Desk:
    """The desk over a village that lacks nothing but the document."""
    with transaction(district.engine) as session:
        load_rules(session, policies, at=morning(DAY - timedelta(days=1)))
    district.policies = policies
    district.village(
        {"registered_household_count": 3, "cadre_default_count": 0, "village_veto": 0}, code=VILLAGE, on=DAY
    )
    return Desk(committee_over(district))
