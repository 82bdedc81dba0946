"""How this engine compares with other scorecard libraries on the German credit data, side by side.

    .venv/bin/python benchmarks/bench_scorecards.py [--rows 1000000] [--only ours optbinning]
                                                    [--parts fit folds] [--json FILE]

Each library runs alone in its own environment (`benchmarks/peers/make.py` makes them) on the same rows: 15
columns of the data, bootstrapped with seed 42. Prints the figures as JSON lines, one a library, then as
Markdown tables. Libraries without an environment are named and left out.
"""

import argparse
import json
import tempfile
from pathlib import Path

from peers.runner import figures, names, prepare
from peers.tables import applying, learning

PARTS = ("apply", "record", "fit", "folds", "district")


def main() -> None:
    """Measure, print the JSON lines and then the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--only", nargs="+", default=names(), choices=names())
    parser.add_argument("--parts", nargs="+", default=PARTS, choices=PARTS)
    parser.add_argument("--json", type=Path, help="also keep the JSON lines in this file")
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, rows=arguments.rows)
        for found in figures(folder, only=arguments.only, parts=arguments.parts):
            print(json.dumps(found, ensure_ascii=False), flush=True)
            results.append(found)
    if arguments.json:
        lines = "".join(f"{json.dumps(found, ensure_ascii=False)}\n" for found in results)
        arguments.json.write_text(lines, encoding="utf-8")
    print(f"\n{applying(results)}\n\n{learning(results)}")


if __name__ == "__main__":
    main()
