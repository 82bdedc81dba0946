"""Titles of a small district, as if they had gone their whole way."""

from datetime import date

from sqlalchemy import select

from app.db import transaction
from app.models import (
    Designation,
    DesignationAction,
    DesignationKind,
    DesignationState,
    DesignationStep,
    RuleVersion,
    Subject,
)
from tests.district import District, morning

Step = tuple[DesignationAction, DesignationState, date]


def title(
    district: District,
    kind: DesignationKind,
    *steps: Step,
    until: date,
    subject_id: int | None = None,
    code: str | None = None,
    rung: str = "",
) -> int:
    """A title of a subject, or of a village or town by its code, with these steps; its number."""
    with transaction(district.engine) as session:
        if code is None:
            place_id, holder = session.get_one(Subject, subject_id).place_id, f"s{subject_id}"
        else:
            place_id = district.place_id(code)
            holder = f"p{place_id}"
        made = Designation(
            kind=kind, rung=rung, holder=holder, attempt=1, subject_id=subject_id, place_id=place_id,
            opened_at=morning(steps[0][2]), opened_by="test",
        )  # fmt: skip
        session.add(made)
        session.flush()
        of_kind = select(RuleVersion.rule_version_id).where(RuleVersion.kind == kind.value)
        rule_version_id = session.scalars(of_kind.order_by(RuleVersion.effective_from)).first()
        for sequence, (action, state, on) in enumerate(steps, 1):
            step = DesignationStep(
                designation_id=made.designation_id, sequence=sequence, action=action, state=state,
                happened_on=on, recorded_at=morning(on), rule_version_id=rule_version_id, facts={},
                fingerprint="0" * 64, reason="", document="", valid_until=until,
            )  # fmt: skip
            session.add(step)
        return made.designation_id
