"""How far a title has come for one holder: the step it waits for, at whose level, and until when."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from app.designations.path import Level
from app.models import DesignationAction, DesignationState
from scoring.definition import Text


@dataclass(frozen=True)
class Case:
    """The newest attempt of a holder at its title that has not ended.

    `next_action` is the step that usually follows, none where nobody has to do anything; `waits_until` is
    the day before which it cannot be taken, `due_on` the last day for it.
    """

    designation_id: int
    title: str
    state: DesignationState
    since: date
    valid_until: date | None
    next_action: DesignationAction | None
    level: Level | None
    waits_until: date | None
    due_on: date | None
    open_objections: int

    @property
    def words(self) -> Text:
        """The case in one sentence."""
        chinese = [f"{self.title}自 {self.since} 起{self.state.label}"]
        english = [f"title {self.designation_id} is {self.state} since {self.since}"]
        if self.valid_until is not None:
            chinese.append(f"有效至 {self.valid_until} 前")
            english.append(f"held until {self.valid_until}")
        if self.open_objections:
            chinese.append(f"{self.open_objections} 件公示异议待答复")
            english.append(f"{self.open_objections} objections wait for an answer")
        if self.next_action is not None and self.level is not None:
            step = f"下一步由{self.level.label}{self.next_action.label}"
            told = f"next {self.next_action} at the level {self.level}"
            if self.waits_until is not None:
                step, told = f"{step}，{self.waits_until} 起可办", f"{told}, from {self.waits_until} on"
            if self.due_on is not None:
                step, told = f"{step}，最迟 {self.due_on}", f"{told}, by {self.due_on}"
            chinese.append(step)
            english.append(told)
        return Text("，".join(chinese), "; ".join(english))

    @property
    def brief(self) -> Text:
        """The same in short, within a sentence about many."""
        chinese, english = [self.state.label], [str(self.state)]
        if self.next_action is not None:
            chinese.append(f"下一步{self.next_action.label}")
            english.append(f"next {self.next_action}")
        if self.due_on is not None:
            chinese.append(f"最迟 {self.due_on}")
            english.append(f"by {self.due_on}")
        return Text("，".join(chinese), ", ".join(english))


def newest(states: Collection[tuple[int, DesignationState]]) -> int | None:
    """Of a holder's attempts, by number, the one that tells most: under way first, then the one held last."""
    under_way = [number for number, state in states if not state.ends and not state.holds_title]
    held = [number for number, state in states if state.holds_title]
    return max(under_way, default=max(held, default=None))
