"""What a night did, for the operator and for the record."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.models import DesignationAction, UnratedReason

_LABELS = {reason.value: reason.label for reason in UnratedReason}
_ACTIONS = {action.value: action.label for action in DesignationAction}


@dataclass(frozen=True)
class NightSummary:
    """How many were rated, what changed, who is unrated and why, and how fast it went."""

    as_of: date
    published: bool
    subjects: int
    rated: int
    changed: int
    upgraded: int
    downgraded: int
    without_way_up: int
    unrated: dict[str, int]
    places_changed: int
    coverage_changed: int
    needs_consent: bool
    rules_held: tuple[str, ...]
    titles: dict[str, int]
    seconds: float

    @property
    def rows_per_second(self) -> float:
        """Subjects a second, reading and writing included."""
        return self.subjects / self.seconds if self.seconds else 0.0

    def to_dict(self) -> dict[str, Any]:
        """What is kept with the night."""
        return {
            "subjects": self.subjects,
            "rated": self.rated,
            "changed": self.changed,
            "upgraded": self.upgraded,
            "downgraded": self.downgraded,
            "without_way_up": self.without_way_up,
            "unrated": self.unrated,
            "places_changed": self.places_changed,
            "coverage_changed": self.coverage_changed,
            "needs_consent": self.needs_consent,
            "rules_held": list(self.rules_held),
            "titles": self.titles,
        }

    def lines(self) -> Iterator[str]:
        """The summary in plain lines."""
        yield f"评级基准日 as of        {self.as_of}"
        yield from self.rules_held
        yield f"已评级 rated            {self.rated:,} of {self.subjects:,}"
        yield f"有变化 changed          {self.changed:,}"
        yield f"升级 upgraded           {self.upgraded:,}"
        yield f"降级 downgraded         {self.downgraded:,}"
        yield f"无提升途径 no way up     {self.without_way_up:,}"
        yield f"未评级 unrated          {sum(self.unrated.values()):,}"
        for reason, count in self.unrated.items():
            yield f"  {_LABELS[reason]} {reason}: {count:,}"
        yield f"村镇有变化 places        {self.places_changed:,}"
        for action, count in self.titles.items():
            yield f"称号 titles {_ACTIONS[action]} {action}: {count:,}"
        yield f"用时 seconds            {self.seconds:.1f} ({self.rows_per_second:,.0f} rows a second)"
        if not self.published:
            yield "与上次发布相同，未写入 · the same as the last published night: nothing was written"
