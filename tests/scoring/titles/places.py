"""Villages and towns with chosen numbers, and whether they hold a profile, reckoned by the profile itself."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from scoring import HOLDS, Measure, Profile
from scoring.titles import Arrears, Near, Village

POLICIES = Path("scoring/policies")
VILLAGE = Profile.load(POLICIES / "cq_bishan/credit_village/2026-11-01.yaml")
TOWN = Profile.load(POLICIES / "cq_bishan/credit_town/2026-11-01.yaml")
PREFECTURE = Profile.load(POLICIES / "autonomous_prefecture/credit_village/2010-01-01.yaml")


def one(numerator, denominator=None, name="none"):
    whole = None if denominator is None else np.array([float(denominator)])
    return Measure(np.array([float(numerator)]), whole, name)


@dataclass(frozen=True)
class Books:
    """The numbers of a village; those of its loans are added up from the loans."""

    registered: int = 100
    on_file: int = 95
    credit: int = 60
    borrowers: int = 20
    balance: int = 10_000
    before: float = 0.0
    cadres: float = 0.0
    vetoes: float = 0.0
    graded: int = 0
    arrears: tuple[Arrears, ...] = ()

    @property
    def late(self):
        return len({loan.subject_id for loan in self.arrears if loan.of_household and loan.overdue})

    @property
    def bad(self):
        return sum(loan.balance_fen for loan in self.arrears if loan.bad)

    def measures(self):
        share = self.bad / self.balance if self.balance else float("nan")
        return {
            "file_coverage": one(self.on_file, self.registered, "registered_households"),
            "credit_household_share": one(self.credit, self.on_file, "archived_households"),
            "credit_household_share_registered": one(self.credit, self.registered, "registered_households"),
            "on_time_borrower_share": one(self.borrowers - self.late, self.borrowers, "borrowing_households"),
            "npl_share": one(self.bad, self.balance, "loan_balance_fen"),
            "npl_increment": one(round(share - self.before, 12)),
            "cadre_default_count": one(self.cadres),
            "village_veto_count": one(self.vetoes),
        }

    def village(self, *, near=None):
        missing = self.on_file - self.credit
        found = [Near(number, 1 + number % 7) for number in range(missing)] if near is None else near
        return Village(self.measures(), found, self.arrears, range(self.graded))

    def worked(self, *, files=0, graded=0, households=0, cured=()):
        """The village after some work; `graded` of the files are of households that have the grade."""
        left = tuple(
            replace(loan, bad=False, overdue=False) if loan in cured else loan for loan in self.arrears
        )
        credit = self.credit + graded + households
        return replace(self, on_file=self.on_file + files, credit=credit, arrears=left)

    def holds(self, profile=VILLAGE):
        return profile.evaluate(self.measures()).overall[0] == HOLDS


def loan(loan_id, *, owes=None, household=True, fen=100, bad=True, overdue=True):
    return Arrears(loan_id, loan_id if owes is None else owes, household, fen, bad, overdue)
