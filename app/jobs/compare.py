"""What a reform of a card does to a population, before it is decided."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.errors import Invalid
from app.jobs.cards import load_card
from app.jobs.population import Part
from app.rules.service import JURISDICTION
from scoring import CardError, Profile, Scorecard, Scores, in_force
from scoring.comparison import Comparison, compare, rescored

WORDS = {
    "": "全部 all",
    "town": "镇街 town",
    "kind": "主体类型 kind",
    "sex": "户主性别 sex of the head",
    "age_band": "户主年龄 age of the head",
    "poverty_status": "脱贫监测身份 poverty status",
    "remoteness": "偏远程度 remoteness",
}


@dataclass(frozen=True)
class VillageShare:
    """Credit households of a village's households on file before and after, and the share asked for."""

    village: str
    on_file: int
    before: int
    after: int
    least_share: float

    @property
    def gains(self) -> bool:
        """Whether the village comes to hold the share the title asks for."""
        return not self._holds(self.before) and self._holds(self.after)

    @property
    def loses(self) -> bool:
        """Whether it no longer does."""
        return self._holds(self.before) and not self._holds(self.after)

    def _holds(self, count: int) -> bool:
        return count >= self.least_share * self.on_file


@dataclass(frozen=True)
class Reform:
    """A comparison of two cards over a population, and the villages that gain or lose."""

    comparison: Comparison
    villages: tuple[VillageShare, ...]

    def lines(self) -> Iterator[str]:
        """The comparison as Markdown."""
        found = self.comparison
        total = int(found.matrix.sum())
        yield "# 评分卡改革对比 what the reform does"
        yield ""
        yield f"主体 subjects {total:,} · 升级 up {found.up:,} · 降级 down {found.down:,}"
        before, after = found.without_way_up
        yield f"无提升途径 no way up: {before:,} → {after:,}"
        yield ""
        yield "## 等级迁移 migration (行 before · 列 after)"
        yield ""
        yield "| | " + " | ".join(found.grades) + " |"
        yield "|---|" + "---:|" * len(found.grades)
        for grade, row in zip(found.grades, found.matrix.tolist(), strict=True):
            yield f"| {grade} | " + " | ".join(f"{count:,}" for count in row) + " |"
        yield from self._group_lines()
        yield from self._village_lines()

    def _group_lines(self) -> Iterator[str]:
        for name, movements in self.comparison.groups.items():
            if name in WORDS and name and movements:
                yield ""
                yield f"## {WORDS[name]}"
                yield ""
                yield "| | 主体 count | 升 up | 降 down | 平均分 mean before | after |"
                yield "|---|---:|---:|---:|---:|---:|"
                for one in movements:
                    means = [f"{m:.1f}" if m is not None else "—" for m in (one.mean_before, one.mean_after)]
                    small = "（人数过少 too few）" if one.too_small else ""
                    told = f"{one.count:,}{small} | {one.up:,} | {one.down:,} | {means[0]} | {means[1]}"
                    yield f"| {one.group} | {told} |"

    def _village_lines(self) -> Iterator[str]:
        for words, moved in (
            ("达到信用户占比 villages that gain", [one for one in self.villages if one.gains]),
            ("失去信用户占比 villages that lose", [one for one in self.villages if one.loses]),
        ):
            yield ""
            yield f"## {words}: {len(moved)}"
            for one in moved:
                yield f"- {one.village}: {one.before} → {one.after} of {one.on_file} ({one.least_share:.0%})"


@dataclass(frozen=True)
class VillageRule:
    """What makes a credit household, and which share of them a credit village has at least."""

    minimum_grade: str
    least_share: float


def village_rule(policy_folder: Path, *, on: date) -> VillageRule:
    """The rule of the village profile in force on a day."""
    profile = _profile(policy_folder, "credit_village", on=on).definition
    share = next(c.threshold for c in profile.criteria if c.measure == "credit_household_share")
    return VillageRule(profile.minimum_grade, share)


def coverage_rule(policy_folder: Path, *, on: date) -> Profile:
    """The rule which credit files count on a day."""
    return _profile(policy_folder, "coverage", on=on)


def _profile(policy_folder: Path, level: str, *, on: date) -> Profile:
    try:
        return Profile.load(in_force(policy_folder / JURISDICTION / level, on=on))
    except CardError as error:
        raise Invalid(str(error)) from None


def compare_cards(old_path: str, new_path: str, parts: Iterable[Part], *, rule: VillageRule) -> Reform:
    """Two cards over a population; a card with versions by type is compared type by type, and summed up."""
    old, new = load_card(old_path), load_card(new_path)
    try:
        pairs = [_rated(old, new, part) for part in parts]
        if not pairs:
            raise Invalid("the population is empty")
        first = pairs[0]
        together = compare(
            first[0],
            first[1],
            before=_joined([pair[2] for pair in pairs]),
            after=_joined([pair[3] for pair in pairs]),
            groups=_groups([pair[4] for pair in pairs]),
        )
        stuck = [compare(o, n, before=b, after=a, groups={}).without_way_up for o, n, b, a, _ in pairs]
    except CardError as error:
        raise Invalid(str(error)) from None
    before, after = (sum(one[side] for one in stuck) for side in (0, 1))
    exact = Comparison(
        together.grades, together.matrix, together.up, together.down, together.groups, (before, after)
    )
    return Reform(exact, _villages(pairs, rule))


Pair = tuple[Scorecard, Scorecard, Scores, Scores, Part]


def _rated(old: Scorecard, new: Scorecard, part: Part) -> Pair:
    if part.variant and part.variant in old.definition.overlays:
        old, new = old.overlay(part.variant), new.overlay(part.variant)
    before = old.score(part.facts)
    return old, new, before, rescored(old, before, new, part.facts), part


def _joined(scores: list[Scores]) -> Scores:
    """The ratings of several parts one after another, as far as a comparison reads them."""
    names = ("total", "grade", "packed", "known", "vetoes", "unrated", "out_of_range")
    columns = {name: np.concatenate([getattr(one, name) for one in scores]) for name in names}
    return Scores(card=scores[0].card, missing_inputs=(), **columns)


def _groups(parts: list[Part]) -> dict[str, NDArray[np.str_]]:
    names = list(dict.fromkeys(name for part in parts for name in part.groups))
    return {
        name: np.concatenate([part.groups.get(name, np.full(part.rows, "")) for part in parts])
        for name in names
        if name != "village"
    }


def _villages(pairs: list[Pair], rule: VillageRule) -> tuple[VillageShare, ...]:
    """The share of credit households among those on file of every village, where villages are known."""
    if len(pairs) != 1 or "village" not in pairs[0][4].groups:
        return ()
    old, _, before, after, part = pairs[0]
    if rule.minimum_grade not in old.grade_codes:
        raise Invalid(f"{old.where}: has no grade {rule.minimum_grade}, the least of a credit household")
    towns = part.groups.get("town", np.full(part.rows, ""))
    places = np.char.add(towns, part.groups["village"])
    names, position = np.unique(places, return_inverse=True)
    least = old.grade_codes.index(rule.minimum_grade)

    def counted(chosen: NDArray[np.bool_]) -> list[int]:
        return [int(count) for count in np.bincount(position[chosen], minlength=len(names))]

    filed = part.on_file & (part.groups["village"] != "")
    credit = [counted(filed & (scores.grade <= least)) for scores in (before, after)]
    return tuple(
        VillageShare(str(name), on_file, was, becomes, rule.least_share)
        for name, on_file, was, becomes in zip(names, counted(filed), *credit, strict=True)
        if on_file
    )


def write_report(reform: Reform, target: Path) -> None:
    """The comparison as a Markdown file."""
    try:
        target.write_text("\n".join(reform.lines()) + "\n", encoding="utf-8")
    except OSError as error:
        raise Invalid(f"{target}: cannot be written: {error.strerror}") from error
