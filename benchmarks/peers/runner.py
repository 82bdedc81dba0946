"""Runs every library alone in its own environment on the same rows, and hands back what it printed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split

from scoring import Scorecard

PEERS = Path(__file__).parent
DATA = PEERS.parent / "data"
OURS = "ours"
SEED = 42
LONGEST_SECONDS = 1800


def names() -> list[str]:
    """Ours first, then the libraries with a requirements file, by name."""
    return [OURS, *sorted(path.stem for path in PEERS.glob("*.txt"))]


def prepare(folder: Path, *, rows: int) -> None:
    """Put the data, the chosen rows and the points of the hand-made card where every library reads them."""
    shutil.copy(DATA / "german_credit.csv", folder)
    lines = (DATA / "german_credit.csv").read_text(encoding="utf-8").splitlines()[1:]
    bad = np.array([line.endswith(",bad") for line in lines])
    train, test = train_test_split(np.arange(len(bad)), test_size=0.3, random_state=SEED)
    splits = RepeatedStratifiedKFold(n_splits=5, n_repeats=5, random_state=SEED).split(bad, bad)
    folds = np.zeros((25, len(bad)), dtype=np.bool_)
    for fold, (_, held_out) in zip(folds, splits, strict=True):
        fold[held_out] = True
    bootstrap = np.random.default_rng(SEED).integers(0, len(bad), rows)
    np.savez(folder / "rows.npz", bootstrap=bootstrap, train=train, test=test, folds=folds)
    np.savez(folder / "district.npz", **synthetic_district())
    (folder / "card.json").write_text(json.dumps(_card_parts()), encoding="utf-8")


def synthetic_district(households: int = 20_000) -> dict[str, NDArray[Any]]:
    """Synthetic households with a default drawn from a stated chance; `train` marks the 70 % to learn from.

    Ten numbers and three texts, of which two numbers and one text say nothing; the log-odds bend and step, as
    those of farm households do.
    """
    chance = np.random.default_rng(SEED)
    income = np.exp(chance.normal(10.8, 0.6, households))
    debt = income * np.exp(chance.normal(-1.2, 0.9, households))
    columns: dict[str, NDArray[Any]] = {
        "annual_net_income_yuan": income.round(),
        "debt_yuan": debt.round(),
        "operated_land_mu": np.exp(chance.normal(1.8, 0.9, households)).round(1),
        "overdue_days_max_24m": (chance.random(households) < 0.25) * chance.integers(1, 180, households),
        "credit_relation_years": chance.integers(0, 20, households),
        "labourer_share": chance.random(households).round(2),
        "income_source_count": chance.integers(1, 5, households),
        "appraisal_score": chance.normal(80, 10, households).clip(0, 100).round(),
        "household_size": chance.integers(1, 8, households),
        "distance_to_town_km": np.exp(chance.normal(1.5, 0.7, households)).round(1),
        "trade": chance.choice(np.array(["grain", "vegetables", "pigs", "trade", "wage work"]), households),
        "insurance": chance.choice(np.array(["none", "crop", "crop and livestock"]), households),
        "surname_group": chance.choice(np.array(["a", "b", "c", "d"]), households),
    }
    risk = (
        -2.2
        + 0.9 * np.log1p(debt / income)
        + 1.3 * (columns["overdue_days_max_24m"] > 30)
        + 0.8 * (columns["overdue_days_max_24m"] > 90)
        - 0.5 * np.log(income / 50_000)
        - 0.04 * np.minimum(columns["credit_relation_years"], 10)
        - 0.03 * (columns["appraisal_score"] - 80)
        + 0.6 * np.abs(columns["labourer_share"] - 0.6)
        + 0.5 * (columns["trade"] == "pigs")
        - 0.4 * (columns["insurance"] != "none")
    )
    columns["bad"] = (chance.random(households) < 1 / (1 + np.exp(-risk))).astype(np.int64)
    columns["train"] = chance.permutation(households) < 0.7 * households
    return columns


def figures(folder: Path, *, only: Sequence[str], parts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """What each library measured, one after the other, never two at once."""
    for name in only:
        python = Path(sys.executable) if name == OURS else PEERS / f".venv-{name}" / "bin" / "python"
        if not python.exists():
            print(f"{name}: no environment, left out; make it with benchmarks/peers/make.py", file=sys.stderr)
            continue
        script = PEERS / (f"{name}.py" if name == OURS else f"peer_{name.replace('-', '_')}.py")
        found: dict[str, Any] = {}
        for part in parts:
            found |= _measured([str(python), str(script), str(folder), part], name=name)
        yield found


def _measured(command: list[str], *, name: str) -> dict[str, Any]:
    """One part of one library in a process of its own; a failure is told and leaves its figures out."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {"name": name, f"{command[-1]}_failed": f"took longer than {LONGEST_SECONDS} s"}
    results = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not results:
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"{name}, {command[-1]}: {reason}", file=sys.stderr)
        return {"name": name, f"{command[-1]}_failed": reason}
    result: dict[str, Any] = json.loads(results[-1])
    return result


def _card_parts() -> list[dict[str, Any]]:
    """The points of the hand-made card as plain values, for a library that is given its points."""
    card = Scorecard.load(DATA / "german_credit.yaml").definition
    read = {item.name: item for item in card.inputs}
    return [
        {
            "of": item.of,
            "minimum": read[item.of].minimum,
            "maximum": read[item.of].maximum,
            "block": item.block,
            "text": bool(item.category_bins),
            "unknown": item.bins[0].points,
            "bins": [
                {"is": list(step.members), "points": step.points, "low": step.low, "high": step.high}
                for step in item.steps
            ],
        }
        for item in card.characteristics
    ]
