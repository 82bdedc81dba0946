"""Why a profile cannot be used at all: what the engine takes for granted, asked once when it is loaded."""

from collections.abc import Iterable, Mapping
from itertools import pairwise

from scoring.checks import Finding, gaps
from scoring.definition import Ladder, ProfileDefinition
from scoring.errors import CardError
from scoring.procedure import AppraisalRules, Keeping, Path

# The numbers of a path; each answers to a source of its own.
PATH_NUMBERS = ("notice_days", "validity_months", "review_before_days")
# A hundred years: more is a slip of the pen, and a day so far off is in no calendar.
_DAYS_MOST, _MONTHS_MOST = 36_500, 1_200


def check_profile(profile: ProfileDefinition, *, where: str) -> None:
    """Raise `CardError` with every reason why the profile cannot be used, one line each."""
    findings = profile_faults(profile)
    if findings:
        raise CardError("\n".join(f"{where}: {finding}" for finding in findings))


def profile_faults(profile: ProfileDefinition) -> list[Finding]:
    """Every reason why the profile cannot be used."""
    found = [*_names(profile), *_criteria(profile), *_founded(profile)]
    if profile.ladder is not None:
        found += _ladder(profile.ladder, profile)
    if profile.path is not None:
        found += _path(profile.path)
    if profile.keeping is not None:
        found += _keeping(profile.keeping)
    if profile.appraisal is not None:
        found += _appraisal(profile.appraisal)
    return found


def _fault(where: str, what: str) -> Finding:
    return Finding(True, where, what)


def _names(profile: ProfileDefinition) -> Iterable[Finding]:
    ladder = profile.ladder
    for what, names in (
        ("criterion", [item.name for item in profile.criteria]),
        ("item", [item.name for item in ladder.items] if ladder else []),
        ("rung", [item.name for item in ladder.rungs] if ladder else []),
    ):
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield _fault(name, f"the {what} is declared twice")
    if not profile.criteria and ladder is None:
        yield _fault("criteria", "there are none, and no ladder")


def _criteria(profile: ProfileDefinition) -> Iterable[Finding]:
    for item in profile.criteria:
        if item.measure not in profile.measures:
            yield _fault(item.name, f"the measure {item.measure} is not declared")
        if item.reference and item.reference not in profile.references:
            yield _fault(item.name, f"the reference {item.reference} is not declared")
        if item.denominator and item.denominator not in profile.denominators:
            yield _fault(item.name, f"the denominator {item.denominator} is not declared")
        if item.least_denominator < 0:
            yield _fault(item.name, "the least denominator must not be below 0")


def _founded(profile: ProfileDefinition) -> Iterable[Finding]:
    bases = [(item.name, item.basis) for item in profile.criteria]
    if profile.ladder is not None:
        bases.append(("ladder", profile.ladder.basis))
        bases += [(item.name, item.basis) for item in profile.ladder.items]
        bases += [(f"rung {item.name}", item.basis) for item in profile.ladder.rungs]
    if profile.path is not None:
        bases += [(f"path, {key}", code) for key, code in profile.path.basis.items()]
    if profile.keeping is not None:
        bases.append(("keeping", profile.keeping.basis))
    for name, basis in bases:
        if basis not in profile.sources:
            yield _fault(name, f"the basis {basis} is not declared")


def _ladder(ladder: Ladder, profile: ProfileDefinition) -> Iterable[Finding]:
    if bool(ladder.items) == bool(ladder.score):
        yield _fault("ladder", "has either items that make up the score, or a measure that is the score")
    read = [(item.name, item.of) for item in ladder.items]
    read += [("ladder", ladder.score)] if ladder.score else []
    for name, measure in read:
        if measure not in profile.measures:
            yield _fault(name, f"the measure {measure} is not declared")
    for item in ladder.items:
        yield from gaps(item) if item.steps else [_fault(item.name, "has no bins")]
    if not ladder.rungs:
        yield _fault("ladder", "has no rungs")
    for lower, upper in pairwise(ladder.rungs):
        if upper.at_least <= lower.at_least:
            what = f"takes {upper.at_least} points, no more than {lower.name}; list the lowest first"
            yield _fault(f"rung {upper.name}", what)
    yield from _rungs(ladder)


def _rungs(ladder: Ladder) -> Iterable[Finding]:
    names = [rung.name for rung in ladder.rungs]
    for rung in ladder.rungs:
        if rung.requires and rung.requires not in names:
            yield _fault(f"rung {rung.name}", f"the rung {rung.requires} is not declared")
        elif rung.requires and names.index(rung.requires) >= names.index(rung.name):
            what = f"requires {rung.requires}, which is not below it: nobody could ever reach it"
            yield _fault(f"rung {rung.name}", what)


def _path(path: Path) -> Iterable[Finding]:
    if not path.proposed_by:
        yield _fault("path, proposed_by", "nobody may propose")
    if path.notice_days < 1:
        yield _fault("path, notice_days", f"{path.notice_days}: a public notice stands for at least 1 day")
    if path.validity_months < 1:
        yield _fault("path, validity_months", f"{path.validity_months}: a title lasts at least 1 month")
    # The shortest of so many months.
    shortest = path.validity_months * 28
    if not 0 <= path.review_before_days < shortest:
        what = f"{path.review_before_days}: a review begins within the validity of the title"
        yield _fault("path, review_before_days", what)
    if path.days_to_decide < 1:
        what = f"{path.days_to_decide}: a proposal may be decided on at least 1 day after its notice"
        yield _fault("path, decide_within_days", what)
    lengths = {"notice_days": path.notice_days, "decide_within_days": path.days_to_decide}
    yield from _too_long("path", {**lengths, "validity_months": path.validity_months})
    written = {"campaign_until": path.campaign_until, "decide_within_days": path.decide_within_days}
    numbers = [*PATH_NUMBERS, *(key for key, value in written.items() if value not in (None, ""))]
    for key in numbers:
        if key not in path.basis:
            yield _fault(f"path, {key}", "has no basis")


def _keeping(keeping: Keeping) -> Iterable[Finding]:
    if keeping.month_ends < 1:
        yield _fault("keeping, month_ends", f"{keeping.month_ends}: at least 1 month-end must be breached")
    if keeping.grace_days < 0:
        yield _fault("keeping, grace_days", f"{keeping.grace_days}: grace cannot be below 0 days")
    yield from _too_long("keeping", {"grace_days": keeping.grace_days, "month_ends": keeping.month_ends})


def _too_long(part: str, lengths: Mapping[str, int]) -> Iterable[Finding]:
    for key, length in lengths.items():
        most = _DAYS_MOST if key.endswith("_days") else _MONTHS_MOST
        if length > most:
            yield _fault(f"{part}, {key}", f"{length}: at most {most}, a hundred years")


def _appraisal(appraisal: AppraisalRules) -> Iterable[Finding]:
    if appraisal.quorum < 1:
        yield _fault("appraisal, quorum", f"{appraisal.quorum}: at least 1 appraiser must answer")
    if appraisal.trimmed_from < 3:
        yield _fault("appraisal, trimmed_from", f"{appraisal.trimmed_from}: of fewer than 3 nothing is left")
    if not 0 <= appraisal.favourable_share <= 1:
        yield _fault("appraisal, favourable_share", "must lie between 0 and 1")
    for key in ("favourable_from", "weight_at_most"):
        if not 0 <= getattr(appraisal, key) <= 100:
            yield _fault(f"appraisal, {key}", "must lie between 0 and 100")
