"""What makes a profile wrong, or questionable: gates that cannot fail, dead bins, rungs out of reach."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from scoring import loader
from scoring.checks import Finding
from scoring.definition import Characteristic, Criterion, Ladder, ProfileDefinition
from scoring.errors import CardError
from scoring.measured import MEASURABLE, TITLE_MEASURES
from scoring.profile_checks import profile_faults


def lint_profile_file(path: Path) -> list[Finding]:
    """What is wrong or questionable about the profile in a file, and about the titles it asks for first."""
    try:
        found = lint_profile_content(loader.read(path), where=str(path))
        if not any(finding.error for finding in found):
            found += _cycles(_neighbours(path))
        return found
    except CardError as error:
        return [Finding(True, str(path), str(error).removeprefix(f"{path}: "))]


def lint_profile_content(content: Mapping[str, Any], *, where: str) -> list[Finding]:
    """The same for a profile that is already read, by itself."""
    try:
        profile = loader.unchecked_profile(content, where=where)
    except CardError as error:
        return [Finding(True, where, str(error).removeprefix(f"{where}: "))]
    return lint_profile(profile)


def lint_profile(profile: ProfileDefinition) -> list[Finding]:
    """What is wrong or questionable about one profile; first of all whether it can be used."""
    unusable = profile_faults(profile)
    if unusable:
        return unusable
    found = [finding for item in profile.criteria for finding in _criterion(item, profile)]
    if profile.ladder is not None:
        found += _ladder(profile.ladder)
    return [*found, *_unused(profile)]


def _criterion(item: Criterion, profile: ProfileDefinition) -> Iterable[Finding]:
    if item.title:
        yield from _title(item, profile)
    if item.kind and item.measure not in MEASURABLE:
        return
    if item.measure not in MEASURABLE:
        yield Finding(True, item.name, f"nothing measures {item.measure}")
        return
    known = MEASURABLE[item.measure]
    if item.denominator and item.denominator not in known.denominators:
        what = f"{item.measure} is divided by {' or '.join(known.denominators)}, not by {item.denominator}"
        yield Finding(True, item.name, what)
    if not any(name in profile.denominators for name in known.denominators):
        yield Finding(True, item.name, f"{' or '.join(known.denominators)} has no label under denominators")
    if known.denominators == ("none",) and item.least_denominator:
        yield Finding(True, item.name, f"{item.measure} has no denominator to be at least anything")
    if not item.reference:
        yield from _threshold(item, low=known.low, high=known.high)


def _threshold(item: Criterion, *, low: float, high: float) -> Iterable[Finding]:
    """Whether some value can fail the gate, and some can hold it."""
    worst, best = (low, high) if item.at_least else (high, low)
    way = 1 if item.at_least else -1
    reach, sure = (best - item.threshold) * way, (worst - item.threshold) * way
    runs = f"{item.measure} runs from {low:g} to {high:g}"
    if reach < 0 or (item.strict and reach == 0):
        yield Finding(True, item.name, f"can never hold: {runs}", (item.measure, best))
    elif sure > 0 or (sure == 0 and not item.strict):
        yield Finding(True, item.name, f"always holds: {runs}", (item.measure, worst))


def _title(item: Criterion, profile: ProfileDefinition) -> Iterable[Finding]:
    """A prerequisite counts the title it names, and a title is no prerequisite of itself."""
    if item.title == profile.level:
        yield Finding(True, item.name, f"{profile.level} is asked for before itself")
    if item.title not in TITLE_MEASURES:
        yield Finding(True, item.name, f"there is no lower title {item.title}")
    elif item.measure not in TITLE_MEASURES[item.title]:
        counted = " or ".join(TITLE_MEASURES[item.title])
        yield Finding(True, item.name, f"{item.title} is counted by {counted}, not by {item.measure}")


def _ladder(ladder: Ladder) -> Iterable[Finding]:
    if ladder.score:
        if ladder.score not in MEASURABLE:
            yield Finding(True, "ladder", f"nothing measures {ladder.score}")
        most = float(ladder.maximum)
    else:
        for item in ladder.items:
            yield from _item(item)
        most = sum(item.maximum for item in ladder.items)
        if most != ladder.maximum:
            yield Finding(True, "ladder", f"its items give {most} together, declared are {ladder.maximum}")
    for rung in ladder.rungs:
        if rung.at_least > min(most, ladder.maximum):
            yield Finding(True, f"rung {rung.name}", f"takes {rung.at_least} points, full marks are {most:g}")
    if ladder.rungs[0].at_least <= 0:
        yield Finding(True, f"rung {ladder.rungs[0].name}", "is reached by every place")


def _item(item: Characteristic) -> Iterable[Finding]:
    if len({step.points for step in item.bins}) == 1:
        yield Finding(True, item.name, f"gives {item.bins[0].points} points whatever the value")
    for code, (step, following) in enumerate(zip(item.steps, item.steps[1:], strict=False), start=1):
        wrong = {"up": following.points < step.points, "down": following.points > step.points}
        if wrong.get(item.direction, False):
            what = f"points go from {step.points} to {following.points}: not {item.direction}"
            yield Finding(True, f"{item.name}, bin {code + 1}", what, (item.of, step.high))
    if not item.direction:
        yield Finding(True, item.name, "declares no direction: up, down or free")
    if item.of not in MEASURABLE:
        yield Finding(True, item.name, f"nothing measures {item.of}")
        return
    low, high = MEASURABLE[item.of].low, MEASURABLE[item.of].high
    for code, step in enumerate(item.steps, start=1):
        if step.high <= low or step.low > high:
            what = f"no value falls into it: {item.of} runs from {low:g} to {high:g}"
            yield Finding(True, f"{item.name}, bin {code} ({step.label.zh})", what)


def _unused(profile: ProfileDefinition) -> Iterable[Finding]:
    """Sources nothing answers to, and references nothing is held against."""
    bases = {item.basis for item in profile.criteria}
    if profile.ladder is not None:
        bases |= {profile.ladder.basis, *(item.basis for item in profile.ladder.items)}
        bases |= {rung.basis for rung in profile.ladder.rungs}
    if profile.path is not None:
        bases |= set(profile.path.basis.values())
    if profile.keeping is not None:
        bases.add(profile.keeping.basis)
    for code in profile.sources:
        if code not in bases:
            yield Finding(False, f"source {code}", "no number answers to it")
    compared = {item.reference for item in profile.criteria}
    for name in profile.references:
        if name not in compared:
            yield Finding(True, name, "nothing is held against it")


def _neighbours(path: Path) -> list[ProfileDefinition]:
    """The profile in a file and, of every other level beside it, the newest."""
    own = path.resolve().parent
    found = [loader.profile(loader.read(path), where=str(path))]
    for folder in sorted(own.parent.glob("credit_*")):
        newest = max(folder.glob("*.yaml"), default=None)
        if folder != own and newest is not None:
            found.append(loader.profile(loader.read(newest), where=str(newest)))
    return found


def _cycles(profiles: Sequence[ProfileDefinition]) -> Iterable[Finding]:
    """Titles each of which is asked for before the other: nobody could ever hold the first."""
    asked = {item.level: {gate.title for gate in item.criteria if gate.title} for item in profiles}
    level = profiles[0].level
    seen: set[str] = set()
    waiting = list(asked[level])
    while waiting:
        title = waiting.pop()
        if title not in seen:
            seen.add(title)
            waiting += asked.get(title, ())
    if level in seen:
        others = ", ".join(sorted(seen - {level}))
        yield Finding(True, level, f"asks for {others} first, which asks for {level}")
