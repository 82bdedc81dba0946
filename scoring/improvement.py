"""The cheapest way up: the fewest changes a subject can really make that reach the next grade."""

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.definition import CardDefinition, Characteristic, Text

# The fewest changes first; of as many, those that are done soonest.
Cost = tuple[int, int]


@dataclass(frozen=True)
class Change:
    """One characteristic brought to a better bin: the points it gains and the months it takes at least."""

    name: str
    label: Text
    to_bin: int
    to_label: Text
    points_gained: int
    months: int


@dataclass(frozen=True)
class WayUp:
    """Changes that together reach a grade; made side by side, they take the longest one's time."""

    grade: str
    score: int
    changes: tuple[Change, ...]
    months: int


Plan = tuple[Cost, tuple[Change, ...]]


def way_up(card: CardDefinition, bins: Mapping[str, int]) -> WayUp | None:
    """The cheapest way from these bins to the next grade; none at the top, or where no change is enough.

    Exact: within a block every sum of points is reached by its cheapest changes, and so is every total. What
    holds the grade down whatever the score (a veto) is not lifted by points.
    """
    reached = _totals(card, bins)
    now = min(max(_current(card, bins), 0), card.maximum)
    better = [grade for grade in card.grades if grade.minimum > now]
    if not better:
        return None
    goal = min(better, key=lambda grade: grade.minimum)
    enough = {total: plan for total, plan in reached.items() if min(total, card.maximum) >= goal.minimum}
    if not enough:
        return None
    total, (cost, changes) = min(enough.items(), key=lambda item: (item[1][0], item[0]))
    return WayUp(goal.code, min(total, card.maximum), changes, cost[1])


def _current(card: CardDefinition, bins: Mapping[str, int]) -> int:
    given = {block.name: 0 for block in card.blocks}
    for item in card.characteristics:
        given[item.block] += _points(item, bins)
    return sum(min(given[block.name], block.maximum) for block in card.blocks)


def _totals(card: CardDefinition, bins: Mapping[str, int]) -> dict[int, Plan]:
    """Every total that changes can reach, with its cheapest plan."""
    totals: dict[int, Plan] = {0: ((0, 0), ())}
    for block in card.blocks:
        sums: dict[int, Plan] = {0: ((0, 0), ())}
        for item in card.characteristics:
            if item.block == block.name:
                sums = _combined(sums, _options(item, bins))
        limited: dict[int, Plan] = {}
        for points, plan in sums.items():
            _keep_cheapest(limited, min(points, block.maximum), plan)
        totals = _combined(totals, limited)
    return totals


def _options(item: Characteristic, bins: Mapping[str, int]) -> dict[int, Plan]:
    """What a characteristic can give: what it gives now, or more after a change that is possible."""
    now = _points(item, bins)
    options: dict[int, Plan] = {now: ((0, 0), ())}
    if item.months_to_change is None:
        return options
    for code, step in enumerate(item.bins[1:], start=1):
        if step.points > now:
            months = item.months_to_change
            change = Change(item.name, item.label, code, step.label, step.points - now, months)
            _keep_cheapest(options, step.points, ((1, months), (change,)))
    return options


def _points(item: Characteristic, bins: Mapping[str, int]) -> int:
    return item.bins[bins[item.name]].points


def _combined(one: dict[int, Plan], other: dict[int, Plan]) -> dict[int, Plan]:
    result: dict[int, Plan] = {}
    for points, ((changes, months), plan) in one.items():
        for more, ((further, longer), addition) in other.items():
            cost = (changes + further, max(months, longer))
            _keep_cheapest(result, points + more, (cost, plan + addition))
    return result


def _keep_cheapest(plans: dict[int, Plan], points: int, plan: Plan) -> None:
    if points not in plans or plan[0] < plans[points][0]:
        plans[points] = plan
