"""Whole villages: how many of a village's rated subjects were asked about within days."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.alerts.columns import Circumstances, Finding, Flags, Inquiries, Ints, midnight, numbered
from app.alerts.rules import AlertRules
from app.models import InquiryOutcome

_PLACES = 1 << 31


@dataclass(frozen=True)
class _Limits:
    share: float
    least: float
    days: int


def whole_villages(
    inquiries: Inquiries, rules: AlertRules, beside: Circumstances, *, counted: Flags, last: int
) -> Iterator[Finding]:
    """The days on which the share of a village comes to exceed the limit, for a user and for an organisation.

    The finding of an organisation is about those who together exceed it while none of them does alone; it
    stands under the user who asked most.
    """
    known = inquiries.place > 0
    unrated = inquiries.of_outcomes(InquiryOutcome.UNRATED)
    for rule in ("whole_village", "whole_village_shared"):
        chosen = counted & known & ~unrated & inquiries.of_purposes(rules.rules[rule].purposes)
        if rules.rules[rule].persons_only:
            chosen &= inquiries.by_person
        limits = _Limits(
            rules.limit(rule, "share_above"), rules.limit(rule, "subjects_least"),
            int(rules.limit(rule, "days")),
        )  # fmt: skip
        asked = inquiries.only(chosen)
        if len(asked.at):
            yield from _crossings(asked, rule, limits, beside=beside, last=last)


def villages_to_count(inquiries: Inquiries, rules: AlertRules) -> set[int]:
    """The places of which so many subjects were asked about that their rated subjects have to be counted."""
    least = min(rules.limit(name, "subjects_least") for name in ("whole_village", "whole_village_shared"))
    _, rows = np.unique(numbered(inquiries.place, inquiries.subject), return_index=True)
    places, subjects = np.unique(inquiries.place[rows], return_counts=True)
    return {int(place) for place in places[(subjects >= least) & (places > 0)]}


def _crossings(
    asked: Inquiries, rule: str, limits: _Limits, *, beside: Circumstances, last: int
) -> Iterator[Finding]:
    shared = rule == "whole_village_shared"
    owner = asked.organisation if shared else asked.user
    pairs, line = np.unique(owner * _PLACES + asked.place, return_inverse=True)
    begin = int(asked.day.min())
    subjects = _within_days(line, asked.subject, asked.day - begin, days=limits.days, until=last - begin + 1)
    rated = np.array([beside.rated.get(int(pair % _PLACES), 0) for pair in pairs])[:, None]
    above = (subjects >= limits.least) & (subjects > limits.share * rated) & (rated > 0)
    crossed = above & ~np.pad(above, ((0, 0), (1, 0)))[:, :-1]
    found: dict[tuple[int, int], list[tuple[Inquiries, dict[str, Any]]]] = defaultdict(list)
    for pair, day in zip(*np.nonzero(crossed), strict=True):
        rows = (line == pair) & (asked.day > begin + day - limits.days) & (asked.day <= begin + day)
        of_village = asked.only(rows)
        user, alone = _who_asked_most(of_village)
        if shared and alone >= limits.least and alone > limits.share * rated[pair, 0]:
            continue
        count = {
            "place_id": int(pairs[pair] % _PLACES), "subjects": int(subjects[pair, day]),
            "rated": int(rated[pair, 0]),
        }  # fmt: skip
        found[user, int(begin + day)].append((of_village, count))
    for (user, day), villages in found.items():
        yield _finding(rule, user, day, villages=villages, limits=limits)


def _within_days(line: Ints, subject: Ints, day: Ints, *, days: int, until: int) -> Ints:
    """How many different subjects each line (row) has within the days up to each day (column).

    An inquiry counts for `days` days, or until the same subject is asked about again.
    """
    _, rows = np.unique(numbered(line, subject, day), return_index=True)
    pair, subjects, on = line[rows], subject[rows], day[rows]
    again = np.full(len(on), until + days)
    same = (pair[1:] == pair[:-1]) & (subjects[1:] == subjects[:-1])
    again[:-1][same] = on[1:][same]
    table = np.zeros((line.max() + 1, until + 2 * days + 1), dtype=np.int64)
    np.add.at(table, (pair, on), 1)
    np.add.at(table, (pair, np.minimum(on + days, again)), -1)
    return np.cumsum(table, axis=1)[:, :until]


def _who_asked_most(asked: Inquiries) -> tuple[int, int]:
    """The user who asked about the most subjects, and about how many."""
    _, rows = np.unique(numbered(asked.user, asked.subject), return_index=True)
    users, counts = np.unique(asked.user[rows], return_counts=True)
    return int(users[counts.argmax()]), int(counts.max())


def _finding(
    rule: str, user: int, day: int, *, villages: list[tuple[Inquiries, dict[str, Any]]], limits: _Limits
) -> Finding:
    return Finding(
        rule=rule,
        user_id=user,
        organisation_id=int(villages[0][0].organisation[villages[0][0].user == user][0]),
        window_from=midnight(day + 1 - limits.days),
        window_to=midnight(day + 1),
        inquiry_count=sum(len(asked.at) for asked, _ in villages),
        detail={
            "villages": [count for _, count in villages],
            "users": sorted({int(each) for asked, _ in villages for each in np.unique(asked.user)}),
            "share_above": limits.share,
        },
    )
