"""What every library under comparison does alike: read the same rows, be timed alike, print one JSON line.

Runs in each peer's own environment with numpy and the standard library; an adapter says how its library is
used. Lines that start with `{` are results, whatever else a library prints is not.
"""

import argparse
import contextlib
import csv
import ctypes
import gc
import importlib.metadata
import io
import json
import statistics
import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[Any]]
NUMBERS = (
    "duration_in_month",
    "credit_amount",
    "installment_rate_in_percentage_of_disposable_income",
    "age_in_years",
    "number_of_existing_credits_at_this_bank",
)
TEXTS = (
    "status_of_existing_checking_account",
    "credit_history",
    "purpose",
    "savings_account_and_bonds",
    "present_employment_since",
    "other_debtors_or_guarantors",
    "property",
    "other_installment_plans",
    "housing",
    "job",
)
RUNS = 5
FEWEST_ROWS, RUN_SECONDS = 20_000, 10.0
RECORD_CALLS, RECORD_SECONDS = 1000, 5.0
# What a library may raise over a bad value; an adapter adds its own.
REFUSALS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    ValueError,
)


class Peer(ABC):
    """One library: how it learns a card, and how it scores a table."""

    name: str
    distribution: str
    higher_is_better = True
    refusals: tuple[type[Exception], ...] = ()
    layouts: tuple[str, ...] = ("text", "coded")
    learns = True
    makes_points = True
    how = ""

    def __init__(self, folder: Path) -> None:
        """`folder` holds the data, the chosen rows and the points of the hand-made card."""
        self.folder = folder

    def table(self, columns: Columns) -> Any:
        """The rows as the library likes them; not timed."""
        import pandas as pd

        return pd.DataFrame(dict(columns))

    @abstractmethod
    def fit(self, table: Any, bad: NDArray[np.int64]) -> None:
        """Learn a card with the library's own defaults; `bad` is 1 for a default."""

    @abstractmethod
    def score(self, table: Any) -> NDArray[Any]:
        """The score of every row."""

    def flagged(self) -> str:
        """What the last answer says about its input, if the library says anything."""
        return ""

    def one(self, columns: Columns) -> Callable[[], object]:
        """What scores one record, its columns made ready; by default a batch of one."""
        row = self.table(columns)
        return lambda: self.score(row)

    def more(self, work: "Work") -> dict[str, Any]:
        """Further figures only this library has."""
        return {}


class Work:
    """The rows all libraries see: the data, the bootstrap, the split and the folds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (folder / "german_credit.csv").open(encoding="utf-8") as file:
            records = list(csv.DictReader(file))
        self.bad = np.array([record["creditability"] == "bad" for record in records], dtype=np.int64)
        self.text: dict[str, NDArray[Any]] = {}
        self.coded: dict[str, NDArray[Any]] = {}
        for name in (key for key in records[0] if key in TEXTS + NUMBERS):
            if name in TEXTS:
                # One object per distinct text, as a reader with a string pool leaves them.
                pool: dict[str, str] = {}
                texts = [pool.setdefault(record[name], record[name]) for record in records]
                self.text[name] = np.array(texts, dtype=object)
                self.coded[name] = np.unique(texts, return_inverse=True)[1].astype(np.int64)
            else:
                self.text[name] = np.array([int(record[name]) for record in records], dtype=np.int64)
                self.coded[name] = self.text[name]
        indices = np.load(folder / "rows.npz")
        self.rows: NDArray[np.int64] = indices["bootstrap"]
        self.train: NDArray[np.int64] = indices["train"]
        self.test: NDArray[np.int64] = indices["test"]
        self.folds: NDArray[np.bool_] = indices["folds"]


def run(kind: type[Peer], *, learner: type[Peer] | None = None) -> None:
    """Measure a library in the parts named on the command line and print the figures as one JSON line.

    `learner` is how it learns and is judged by held-out loans, where that is not how it is applied.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("parts", nargs="+", choices=tuple(_PARTS))
    arguments = parser.parse_args()
    work = Work(arguments.folder)
    found: dict[str, Any] = {
        "name": kind.name,
        "version": importlib.metadata.version(kind.distribution),
        "how": kind.how,
        "makes_points": kind.makes_points,
    }
    warnings.simplefilter("ignore")
    for part in arguments.parts:
        used = learner if learner is not None and part in ("fit", "folds", "district") else kind
        with contextlib.redirect_stdout(io.StringIO()):
            found |= _PARTS[part](partial(used, arguments.folder), work)
    print(json.dumps(found, ensure_ascii=False))


def taken(columns: Columns, rows: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Some rows of all columns."""
    return {name: column[rows] for name, column in columns.items()}


def area_under_curve(score: NDArray[Any], bad: NDArray[np.int64]) -> float:
    """The chance that a good borrower scores higher than a bad one, ties counted half."""
    values, place = np.unique(np.asarray(score, dtype=np.float64), return_inverse=True)
    bads = np.bincount(place, weights=bad, minlength=len(values))
    goods = np.bincount(place, weights=1 - bad, minlength=len(values))
    lower = np.cumsum(bads) - bads
    return float((goods * (lower + bads / 2)).sum() / (goods.sum() * bads.sum()))


def timed(call: Callable[[], object], *, runs: int = RUNS) -> float:
    """The median seconds of some calls."""
    return statistics.median(_seconds(call) for _ in range(runs))


def extra_memory_mb(call: Callable[[], object]) -> float:
    """How far a call raises this process's memory above where it stood, at its peak, its result included."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _status_kb("VmRSS")
    call()
    return (_status_kb("VmHWM") - before) / 1024


def record_microseconds(call: Callable[[], object]) -> float:
    """The median microseconds of one call, over 1,000 calls or five seconds of them."""
    for _ in range(3):
        call()
    seconds: list[float] = []
    while len(seconds) < RECORD_CALLS and sum(seconds) < RECORD_SECONDS:
        seconds.append(_seconds(call))
    return statistics.median(seconds) * 1e6


def edits(row: Columns) -> Iterator[tuple[str, str, dict[str, NDArray[Any]]]]:
    """The eight bad edits of one record: what is wrong, in which column, and the record with it."""

    def changed(name: str, value: object) -> dict[str, NDArray[Any]]:
        whole = value if isinstance(value, list) else [value]
        return {**row, name: np.array(whole, dtype=None if isinstance(value, int | float) else object)}

    months = int(row["duration_in_month"][0])
    yield "unseen category", "purpose", changed("purpose", "space travel")
    yield "NaN", "age_in_years", changed("age_in_years", float("nan"))
    yield "None", "housing", changed("housing", None)
    yield "number as text", "duration_in_month", changed("duration_in_month", str(months))
    rest = {name: column for name, column in row.items() if name != "credit_amount"}
    yield "missing column", "credit_amount", rest
    yield "infinity", "credit_amount", changed("credit_amount", float("inf"))
    yield "-999", "age_in_years", changed("age_in_years", -999)
    yield "wrong unit (days for months)", "duration_in_month", changed("duration_in_month", months * 30)


def _apply(make: Callable[[], Peer], work: Work) -> dict[str, Any]:
    """Rows a second and extra memory over the bootstrapped rows, from texts and from coded columns."""
    found: dict[str, Any] = {}
    for layout in make().layouts:
        found |= _applied(make(), layout, work=work)
    return found | make().more(work)


def _applied(peer: Peer, layout: str, *, work: Work) -> dict[str, Any]:
    """The same for one layout of the columns, and whether many rows score as a thousand do."""
    columns = work.text if layout == "text" else work.coded
    peer.fit(peer.table(taken(columns, work.train)), work.bad[work.train])
    once = np.asarray(peer.score(peer.table(columns)), dtype=np.float64).ravel()
    rows = work.rows[: _affordable(peer, columns, rows=work.rows)]
    many = peer.table(taken(columns, rows))
    kept: list[NDArray[Any]] = []
    memory = extra_memory_mb(lambda: kept.append(peer.score(many)))
    same = np.allclose(np.asarray(kept.pop(), dtype=np.float64).ravel(), once[rows], equal_nan=True)
    seconds = timed(lambda: peer.score(many))
    return {
        f"apply_{layout}_rows": len(rows),
        f"apply_{layout}_rows_per_second": round(len(rows) / seconds),
        f"apply_{layout}_extra_mb": round(memory, 1),
        f"apply_{layout}_as_in_small_batch": same,
    }


def _affordable(peer: Peer, columns: Columns, *, rows: NDArray[np.int64]) -> int:
    """How many rows one run takes about ten seconds for: a slow library is timed over fewer rows."""
    few = rows[:FEWEST_ROWS]
    table = peer.table(taken(columns, few))
    return max(FEWEST_ROWS, int(len(few) * RUN_SECONDS / _seconds(lambda: peer.score(table))))


def _record(make: Callable[[], Peer], work: Work) -> dict[str, Any]:
    peer = make()
    peer.fit(peer.table(taken(work.text, work.train)), work.bad[work.train])
    return {"record_microseconds": round(record_microseconds(peer.one(taken(work.text, work.test[:1]))), 1)}


def _fit(make: Callable[[], Peer], work: Work) -> dict[str, Any]:
    """Seconds to learn from 700 loans, and the AUC over the other 300."""
    peer = make()
    if not peer.learns:
        return {}
    train, bad = peer.table(taken(work.text, work.train)), work.bad[work.train]
    peer.fit(train, bad)
    score = _good_is_high(peer, taken(work.text, work.test))
    return {
        "fit_seconds": round(timed(lambda: make().fit(train, bad)), 4),
        "test_auc": round(area_under_curve(score, work.bad[work.test]), 4),
    }


def _district(make: Callable[[], Peer], work: Work) -> dict[str, Any]:
    """Seconds to learn from 14,000 synthetic households, and the AUC over the other 6,000."""
    peer = make()
    if not peer.learns:
        return {}
    with np.load(work.folder / "district.npz") as kept:
        columns = {name: kept[name] for name in kept.files if name not in ("bad", "train")}
        bad, train = kept["bad"], kept["train"]
    columns = {
        name: column.astype(object) if column.dtype.kind == "U" else column
        for name, column in columns.items()
    }
    rows = peer.table(taken(columns, train))
    first = _seconds(lambda: peer.fit(rows, bad[train]))
    score = _good_is_high(peer, taken(columns, ~train))
    slow = first > RUN_SECONDS
    return {
        "district_fit_seconds": round(first if slow else timed(lambda: make().fit(rows, bad[train])), 4),
        "district_auc": round(area_under_curve(score, bad[~train]), 4),
    }


def _folds(make: Callable[[], Peer], work: Work) -> dict[str, Any]:
    """The AUC over each held-out fold of the repeated cross-validation."""
    found: list[float] = []
    if not make().learns:
        return {}
    for held_out in work.folds:
        peer = make()
        peer.fit(peer.table(taken(work.text, ~held_out)), work.bad[~held_out])
        score = _good_is_high(peer, taken(work.text, held_out))
        found.append(round(area_under_curve(score, work.bad[held_out]), 5))
    return {"fold_aucs": found}


def _bad_input(make: Callable[[], Peer], work: Work) -> dict[str, Any]:
    """What happens to each of the eight bad edits of one record."""
    peer = make()
    peer.fit(peer.table(taken(work.text, work.train)), work.bad[work.train])
    row = taken(work.text, _of_forty(work))
    refusals: tuple[type[Exception], ...] = (*REFUSALS, *peer.refusals)
    score, heard = _answer(peer, row)
    found = {}
    for wrong, column, record in edits(row):
        try:
            edited, told = _answer(peer, record)
        except refusals as error:
            words = f"{type(error).__name__}: {error}"
            found[wrong] = "refused" if column in words else f"refused, column not named ({words[:90]})"
            continue
        found[wrong] = _class(score, edited, told=[text for text in told if text not in heard])
    return {"bad_input": found}


def _of_forty(work: Work) -> NDArray[np.int64]:
    """The first held-out loan to a borrower of 40 or more, so that a nonsense age moves the points."""
    ages = work.text["age_in_years"][work.test]
    first = int(np.argmax(ages >= 40))
    return work.test[first : first + 1]


def _class(score: float, edited: float, *, told: list[str]) -> str:
    if told:
        return f"flagged ({told[0][:90]})"
    if np.isnan(edited):
        return "answers NaN"
    if edited == score:
        return "silent, same score"
    return f"silent, score {edited - score:+.4g}"


def _answer(peer: Peer, row: Columns) -> tuple[float, list[str]]:
    """The score of one record and what the library says about it: warnings and flags."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        answer = np.asarray(peer.score(peer.table(row)), dtype=np.float64).ravel()
    told = [str(item.message) for item in heard if not issubclass(item.category, _NOT_ABOUT_INPUT)]
    if peer.flagged():
        told.insert(0, peer.flagged())
    return (float(answer[0]) if len(answer) else float("nan")), told


_NOT_ABOUT_INPUT = (DeprecationWarning, PendingDeprecationWarning, FutureWarning)


def _good_is_high(peer: Peer, columns: Columns) -> NDArray[np.float64]:
    score = np.asarray(peer.score(peer.table(columns)), dtype=np.float64).ravel()
    return score if peer.higher_is_better else -score


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _status_kb(key: str) -> int:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith(f"{key}:")))


_PARTS: dict[str, Callable[[Callable[[], Peer], Work], dict[str, Any]]] = {
    "apply": _apply,
    "record": _record,
    "fit": _fit,
    "folds": _folds,
    "district": _district,
    "bad": _bad_input,
}
