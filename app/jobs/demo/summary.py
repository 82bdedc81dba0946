"""What the demonstration district consists of, in numbers."""

from dataclasses import dataclass
from datetime import date

from app.jobs.demo.order import SOURCE


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What was made: everything is synthetic."""

    households: int
    entities: int
    villages: int
    members: int
    records: int
    loans: int
    loan_months: int
    roster_entries: int
    consents: int
    refusals: int
    seed: int
    on: date

    def lines(self) -> list[str]:
        """The summary as it is printed."""
        who = f"{self.households:,} households, {self.entities:,} entities"
        refused = f"{self.refusals:,} households refuse to be rated"
        return [
            f"{SOURCE} demonstration district as of {self.on}, seed {self.seed}: nothing in it is real",
            f"  {who} and {self.members:,} adult members in {self.villages} villages",
            f"  {self.records:,} records, {self.roster_entries:,} roster entries",
            f"  {self.consents:,} consents to inquiries; {refused}",
            f"  {self.loans:,} loans with {self.loan_months:,} month-ends",
        ]
