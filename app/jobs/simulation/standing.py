"""How the simulated town stands at the end of a month: titles by kind and state, and each village."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from app.db import Engine, reading
from app.designations.service.steps import standings
from app.jobs.simulation.world import World
from app.models import Designation, DesignationKind, DesignationState


@dataclass(frozen=True)
class Month:
    """The titles of everybody on the last day of a month."""

    on: date
    counts: Mapping[tuple[DesignationKind, DesignationState], int]
    villages: Mapping[str, DesignationState | None]

    def lines(self) -> list[str]:
        """The month for a reader: who holds which title, and where each village stands."""
        held = Counter(dict.fromkeys(DesignationKind, 0))
        for (kind, state), count in self.counts.items():
            held[kind] += count if state.holds_title else 0
        titles = "  ".join(f"{kind.label} {held[kind]}" for kind in DesignationKind)
        villages = "  ".join(
            f"{name} {'—' if state is None else state.label}" for name, state in self.villages.items()
        )
        return [f"{self.on}  {titles}", f"            {villages}"]


def months_standing(engine: Engine, world: World, *, on: date) -> Month:
    """How everybody stands after the night of this day."""
    with reading(engine) as session:
        found = standings(session, session.scalars(select(Designation.designation_id)).all())
    newest = {
        one.designation.place_id: one.state
        for one in found
        if one.designation.kind is DesignationKind.CREDIT_VILLAGE
    }
    return Month(
        on=on,
        counts=Counter((one.designation.kind, one.state) for one in found),
        villages={
            village.name.removesuffix("村民委员会"): newest.get(village.place_id)
            for village in world.villages
        },
    )
