"""Runs every library alone in its own environment on the same rows, and hands back what it printed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
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
    (folder / "card.json").write_text(json.dumps(_card_parts()), encoding="utf-8")


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
