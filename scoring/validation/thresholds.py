"""The numbers a validation is judged by and where they come from; a report keeps those it was made with."""

from dataclasses import dataclass

from scoring.errors import CardError


@dataclass(frozen=True)
class Thresholds:
    """What counts as too few, as a shift and as an adverse impact.

    `subjects_least` and `outcomes_least` (of the rarer outcome, default or not) make a cell fit to judge by:
    customary rules of thumb. A population stability index from `psi_watch` on is a shift to look into, from
    `psi_shift` on a different population (customary in credit scoring). A group's selection rate below
    `adverse_impact_least` of the best group's is an adverse impact (four-fifths rule, 29 CFR 1607.4 D).
    """

    confidence: float = 0.95
    subjects_least: int = 30
    outcomes_least: int = 5
    psi_watch: float = 0.1
    psi_shift: float = 0.25
    adverse_impact_least: float = 0.8
    band_count: int = 10

    def __post_init__(self) -> None:
        """Refuse numbers nothing can be judged by."""
        if not 0 < self.confidence < 1:
            raise CardError(f"confidence: {self.confidence!r} must lie between 0 and 1, for example 0.95")
        if not 0 < self.psi_watch < self.psi_shift:
            raise CardError(f"psi_watch: {self.psi_watch!r} must be above 0 and below {self.psi_shift!r}")
        if not 0 < self.adverse_impact_least <= 1:
            raise CardError(f"adverse_impact_least: {self.adverse_impact_least!r} must be above 0, at most 1")
        if self.subjects_least < 1 or self.outcomes_least < 1 or self.band_count < 2:
            raise CardError("subjects_least and outcomes_least must be at least 1, band_count at least 2")

    def thin(self, outcomes: int, defaults: int) -> bool:
        """Whether a cell has too few subjects or too few of either outcome to judge by."""
        return outcomes < self.subjects_least or min(defaults, outcomes - defaults) < self.outcomes_least


CUSTOMARY = Thresholds()
