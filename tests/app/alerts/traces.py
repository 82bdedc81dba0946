"""Traces of inquiries, normal and abnormal, by seed; `python -m tests.app.alerts.traces` measures the rules.

演示数据（合成）: thirty officers of three banks over 250 working days. Thresholds were set on the seeds
1 to 3, what is reported is measured on the seeds from 201. A trickle, as of one report sold a day, is no
attack here: no rule about numbers finds it.
"""

import argparse
import sys
from dataclasses import dataclass, field
from datetime import timedelta

from app.alerts.columns import Finding
from app.alerts.detection import detect
from tests.app.alerts.attacks import ATTACKS, attack
from tests.app.alerts.officers import EPOCH, FIRST, OFFICERS, Office, normal

MEASURED_FROM = 201


def found_in(office: Office) -> list[Finding]:
    """What the rules find in all that was asked, up to the day the last month's loans are known."""
    last = EPOCH + timedelta(days=office.days[-1] + 200)
    return detect(office.inquiries(), office.rules, beside=office.beside(), first=FIRST, on=last)


@dataclass
class Measured:
    """How many attacks of each kind were put in and found, and on how many officer-days nothing was wrong."""

    put_in: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ATTACKS, 0))
    found: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ATTACKS, 0))
    officer_days: int = 0
    false_alarms: int = 0
    false_by_rule: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ATTACKS, 0))

    @property
    def false_share(self) -> float:
        """The share of normal officer-days with an alarm."""
        return self.false_alarms / self.officer_days

    @property
    def found_share(self) -> float:
        """The share of all attacks that the rule of their kind found."""
        return sum(self.found.values()) / sum(self.put_in.values())


def measure(seeds: range, *, days: int, each: int, strength: float = 1.0) -> Measured:
    """Normal traces alone for the false alarms, and the same with attacks of each kind put in."""
    told = Measured()
    for seed in seeds:
        office = normal(seed, days=days)
        alarms = found_in(office)
        told.officer_days += len(office.days) * OFFICERS
        told.false_alarms += len({(one.user_id, one.window_to.date()) for one in alarms})
        for one in alarms:
            told.false_by_rule[one.rule] += 1
        for kind in ATTACKS:
            _put_in(told, office, kind, alarms, each=each, strength=strength)
    return told


def _put_in(
    told: Measured, office: Office, kind: str, alarms: list[Finding], *, each: int, strength: float
) -> None:
    rows = len(office.rows)
    before = {(one.rule, one.user_id, one.window_from) for one in alarms}
    attacks = [attack(office, kind, strength=strength) for _ in range(each)]
    new = [one for one in found_in(office) if (one.rule, one.user_id, one.window_from) not in before]
    told.put_in[kind] += len(attacks)
    told.found[kind] += sum(any(made.found_by(one) for one in new) for made in attacks)
    del office.rows[rows:]


def main() -> None:
    """Print what is found, and how often nothing was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=250)
    parser.add_argument("--seed", type=int, default=MEASURED_FROM)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--each", type=int, default=20, help="attacks of a kind in each trace")
    parser.add_argument("--strength", type=float, default=1.0)
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.seeds)
    told = measure(seeds, days=asked.days, each=asked.each, strength=asked.strength)
    out = sys.stdout.write
    out(f"演示数据（合成） seeds {seeds.start}-{seeds.stop - 1}, {asked.days} working days\n")
    for kind in ATTACKS:
        out(
            f"{kind:22} found {told.found[kind]:4} of {told.put_in[kind]:4} "
            f"({told.found[kind] / told.put_in[kind]:7.2%})   false {told.false_by_rule[kind]:4}\n"
        )
    out(f"all kinds: {told.found_share:.2%} found; false alarms on {told.false_alarms} of ")
    out(f"{told.officer_days} normal officer-days ({told.false_share:.3%})\n")


if __name__ == "__main__":
    main()
