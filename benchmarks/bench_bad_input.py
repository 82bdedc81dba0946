"""What this engine and other scorecard libraries do with eight bad edits of one record.

    .venv/bin/python benchmarks/bench_bad_input.py [--only ours optbinning]

Each library learns from the German credit data (or is given the hand-made card), then scores one held-out
record as it is and with one value made wrong. Prints JSON lines, then a Markdown table. `refused`: an error
that names the column; `flagged`: a score with a word about it; `silent`: a score as if nothing were wrong.
"""

import argparse
import json
import tempfile
from pathlib import Path

from peers.runner import figures, names, prepare
from peers.tables import bad_input


def main() -> None:
    """Ask every library, print the JSON lines and then the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="+", default=names(), choices=names())
    arguments = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name), rows=1)
        for found in figures(Path(name), only=arguments.only, parts=["bad"]):
            print(json.dumps(found, ensure_ascii=False), flush=True)
            results.append(found)
    print(f"\n{bad_input(results)}")


if __name__ == "__main__":
    main()
