"""What a whole district lacks for its titles: the ways of every village and of every town over its villages.

    .venv/bin/python benchmarks/bench_ways.py [--runs 5]

A made-up district of 194 villages and communities in 15 towns, about 20,000 households, of whose borrowers a
growing share is late; the later they are, the more there is to choose from. Prints the medians as a table.
"""

import argparse
import statistics
import time

import numpy as np

from tests.scoring.titles.test_district import district, way_of

SHARES = (0.05, 0.15, 0.3)


def main() -> None:
    """Measure the shares in turns, and print what each took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    towns = {share: district(np.random.default_rng(20), late_share=share) for share in SHARES}
    took: dict[float, list[float]] = {share: [] for share in SHARES}
    for _ in range(runs):
        for share in SHARES:
            started = time.process_time()
            for town in towns[share]:
                way_of(town)
            took[share].append(time.process_time() - started)
    print("| borrowers late | seconds, median | runs |\n|--:|--:|---|")
    for share, seconds in took.items():
        each = " · ".join(f"{one:.2f}" for one in seconds)
        print(f"| {share:.0%} | {statistics.median(seconds):.2f} | {each} |")


if __name__ == "__main__":
    main()
