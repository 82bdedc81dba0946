"""The shortest way of a village to its title: files to open, households to bring up, loans to cure.

Every number is the least there is. Opening a file makes the households on file more, of which a share must be
credit households: both are reckoned together. Files of households that have the grade already are opened
first: each makes a credit household by itself. What no work of this kind can mend (a veto, a missing
document, cadres in default, numbers nobody knows) is listed as a must.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import ArrayLike

from scoring.criteria import Profile
from scoring.measures import Measure
from scoring.states import FAILS
from scoring.titles.aims import Aim, Aims
from scoring.titles.asked import CREDIT, FILES, OUT_OF_REACH, Asked, Must, least, needed_of_loans
from scoring.titles.cures import Arrears, Cures


@dataclass(frozen=True)
class Near:
    """A household on file below the grade, and the points it lacks."""

    subject_id: int
    lacking: int


@dataclass(frozen=True)
class Village:
    """What is known of a village: its measures as numerator and denominator, and whom work could reach.

    `graded` are the households that have the grade and lack a file.
    """

    measures: Mapping[str, Measure]
    near: Sequence[Near]
    arrears: Sequence[Arrears]
    graded: Sequence[int] = ()


@dataclass(frozen=True)
class Way:
    """The least work that opens every gate but the musts.

    `graded` are the households whose files to open first: they have the grade. `nearest` are those to bring
    up, the ones lacking the fewest points first; where there are fewer than `household_count`, the others
    have no points yet. `gain` and `bad_fen` are what the loans must come to: households on time, bad balance
    gone.
    """

    file_count: int
    household_count: int
    graded: tuple[int, ...]
    nearest: tuple[Near, ...]
    loans: tuple[Arrears, ...]
    gain: int
    bad_fen: int
    musts: tuple[Must, ...]

    @property
    def base(self) -> int:
        """The work beside the loans."""
        return self.file_count + self.household_count

    @property
    def work(self) -> int:
        """How many files, households and loans there are to work on."""
        return self.base + len(self.loans)


def shortest_way(
    profile: Profile,
    village: Village,
    *,
    references: Mapping[str, ArrayLike] | None = None,
    rung: str = "",
) -> Way:
    """The shortest way of one village; measures and references are columns of one place.

    On a ladder it leads to a rung, the lowest where none is named. Of several ways with the same work it is
    the one with the fewest files, then the fewest households.
    """
    gates = Asked.all_of(profile, village.measures, references=references)
    aims = Aims.of(profile.definition, village.measures, base=FILES + CREDIT, rung=rung)
    books = _Books.of(village)
    opened, unopened = _openings([gate for gate in gates if gate.of_files], aims.of_base, books)
    cured, cures, uncured = _curings(
        [gate for gate in gates if gate.of_loans], aims.of_loans, village.arrears, balance=books.balance
    )
    pairs = list(product(opened, cured))
    enough = [pair for pair in pairs if sum(work.points for work in pair) >= aims.needed]
    files, loans = min(enough or pairs, key=_in_order)
    nearest = sorted(village.near, key=lambda near: (near.lacking, near.subject_id))
    return Way(
        file_count=files.file_count,
        household_count=files.household_count,
        graded=tuple(sorted(village.graded)[: files.file_count]),
        nearest=tuple(nearest[: files.household_count]),
        loans=cures.chosen(count=loans.count, gain=loans.gain),
        gain=loans.gain,
        bad_fen=loans.bad_fen,
        musts=(
            *(Must(gate.item, gate.why) for gate in gates if gate.why),
            *aims.missed(within_reach=bool(enough)),
            *(Must(gate.item, OUT_OF_REACH) for gate in (*unopened, *uncured)),
        ),
    )


@dataclass(frozen=True)
class _Opened:
    """Files and households that are enough for the gates and for an aim."""

    file_count: int
    household_count: int
    points: int


@dataclass(frozen=True)
class _Cured:
    """Loans that are enough for the gates and for an aim: how many, and what they must come to."""

    count: int
    gain: int
    bad_fen: int
    points: int


def _in_order(pair: tuple[_Opened, _Cured]) -> tuple[int, int, int]:
    files, loans = pair
    work = files.file_count + files.household_count + loans.count
    return work, files.file_count, files.household_count


def _openings(
    gates: Sequence[Asked], aims: Sequence[Aim], books: "_Books"
) -> tuple[list[_Opened], list[Asked]]:
    """The least files and households for the gates and each aim within reach; the gates nothing opens."""
    *_, unmet = _files_and_households(gates, books)
    met = [gate for gate in gates if gate not in unmet]
    found = []
    for aim in aims:
        files, households, beyond = _files_and_households([*met, *aim.gates], books)
        if not beyond:
            found.append(_Opened(files, households, aim.points))
    return found, unmet


def _curings(
    gates: Sequence[Asked], aims: Sequence[Aim], arrears: Sequence[Arrears], *, balance: float
) -> tuple[list[_Cured], Cures, list[Asked]]:
    """The fewest loans for the gates and each aim within reach, and the gates nothing opens.

    Where the loans that are listed are not enough for the gates, none is cured for them.
    """
    *_, unmet = needed_of_loans(gates, balance=balance)
    met = [gate for gate in gates if gate not in unmet]
    found, cures = _cured(met, aims, arrears, balance=balance)
    if not found:
        unmet = [gate for gate in gates if gate.state == FAILS]
        found, cures = _cured([], aims, arrears, balance=balance)
    return found, cures, unmet


def _cured(
    gates: Sequence[Asked], aims: Sequence[Aim], arrears: Sequence[Arrears], *, balance: float
) -> tuple[list[_Cured], Cures]:
    needs = [(*needed_of_loans([*gates, *aim.gates], balance=balance), aim.points) for aim in aims]
    within = [(gain, bad_fen, points) for gain, bad_fen, beyond, points in needs if not beyond]
    cures = Cures(arrears, gain_most=max((gain for gain, _, _ in within), default=0))
    counts = [cures.fewest(gain=gain, bad_fen=bad_fen) for gain, bad_fen, _ in within]
    found = [_Cured(count, *need) for count, need in zip(counts, within, strict=True) if count is not None]
    return found, cures


@dataclass(frozen=True)
class _Books:
    """How many households are in the village, on file, credit households, and have the grade but no file.

    `balance` is what its loans come to.
    """

    registered: float
    on_file: float
    credit: float
    graded: int
    balance: float

    @classmethod
    def of(cls, village: Village) -> "_Books":
        def number(name: str, *, whole: bool) -> float:
            found = village.measures.get(name)
            column = None if found is None else found.denominator if whole else found.numerator
            return 0.0 if column is None or np.isnan(column[0]) else float(column[0])

        return cls(
            registered=number("file_coverage", whole=True),
            on_file=number("file_coverage", whole=False),
            credit=number("credit_household_share", whole=False),
            graded=len(village.graded),
            balance=number("npl_share", whole=True),
        )

    @property
    def without_file(self) -> int:
        """How many files can be opened."""
        return max(int(self.registered - self.on_file), 0)

    def free(self, *, files: int) -> int:
        """How many households on file are no credit households, once so many files are opened."""
        return max(int(self.on_file - self.credit), 0) + files - self.credited(files=files)

    def credited(self, *, files: int) -> int:
        """How many credit households so many files make by themselves."""
        return min(files, self.graded)


def _files_and_households(gates: Sequence[Asked], books: _Books) -> tuple[int, int, list[Asked]]:
    """The least files and households that open these gates together, and the gates nothing opens.

    The fewer files the fewer households are needed, so the least number of files that is enough is the best.
    """

    def households(gate: Asked, *, files: int) -> int | None:
        if gate.item.measure in FILES:
            return 0 if gate.holds(more=files) else None
        of_more = files if gate.item.measure == CREDIT[0] else 0
        made = books.credited(files=files)
        return least(books.free(files=files), lambda more: gate.holds(more=made + more, of_more=of_more))

    most = books.without_file
    unmet = [gate for gate in gates if households(gate, files=most) is None]
    met = [gate for gate in gates if gate not in unmet]
    files = least(most, lambda count: all(households(gate, files=count) is not None for gate in met))
    assert files is not None, "every one of these gates is open when all files are"
    return files, max((households(gate, files=files) or 0 for gate in met), default=0), unmet
