"""The figures as Markdown tables, as docs/performance.md shows them."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from scipy.stats import t as student

Figures = Mapping[str, Any]
OURS = "credit-village"
TEST_TO_TRAIN = 1 / 4  # five folds: one held out, four learned from


def applying(results: Sequence[Figures]) -> str:
    """Rows a second, extra memory and one record, by library."""
    rows = [
        "| library | text, rows/s | extra MB | of rows | coded, rows/s | extra MB | of rows | one row, µs |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for found in results:
        cells = [
            f"{found['name']} {found.get('version', '')}",
            _whole(found, "apply_text_rows_per_second"),
            _whole(found, "apply_text_extra_mb"),
            _whole(found, "apply_text_rows"),
            _whole(found, "apply_coded_rows_per_second"),
            _whole(found, "apply_coded_extra_mb"),
            _whole(found, "apply_coded_rows"),
            _whole(found, "record_microseconds"),
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join([*rows, *_of_ours(results)])


def learning(results: Sequence[Figures]) -> str:
    """Seconds to learn, held-out AUC, and the cross-validated AUC with its interval, by library."""
    ours = next((found.get("fold_aucs") for found in results if found["name"] == OURS), None)
    rows = [
        "| library | fit of 700, s | AUC of 300 | folds | 95 % | less ours | 95 % | of 14,000 | of 6,000 |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for found in results:
        aucs = found.get("fold_aucs")
        cells = [
            f"{found['name']} {found.get('version', '')}",
            f"{found['fit_seconds']:.3f}" if "fit_seconds" in found else "–",
            f"{found['test_auc']:.3f}" if "test_auc" in found else "–",
            *(_interval(aucs) if aucs else ("–", "–")),
            *(_difference(aucs, ours) if aucs and ours and found["name"] != OURS else ("–", "–")),
            f"{found['district_fit_seconds']:.3f}" if "district_fit_seconds" in found else "–",
            f"{found['district_auc']:.4f}" if "district_auc" in found else "–",
        ]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def bad_input(results: Sequence[Figures]) -> str:
    """What each library did with each bad edit."""
    answered = [found for found in results if "bad_input" in found]
    if not answered:
        return "No library answered."
    rows = [
        f"| bad edit | {' | '.join(found['name'] for found in answered)} |",
        f"|---|{'---|' * len(answered)}",
    ]
    for edit in answered[0]["bad_input"]:
        rows.append(f"| {edit} | {' | '.join(_short(found['bad_input'][edit]) for found in answered)} |")
    noticed = [
        sum(what.startswith(("refused", "flagged")) for what in found["bad_input"].values())
        for found in answered
    ]
    rows.append(f"| refused or flagged | {' | '.join(f'{count} of 8' for count in noticed)} |")
    return "\n".join(rows)


def _short(what: str) -> str:
    """The kind of answer; the words of an error stay in the JSON line."""
    return what.split(" (")[0].replace("|", "/")


def _of_ours(results: Sequence[Figures]) -> list[str]:
    """The further figures of ours, and how often faster than the fastest other library it is."""
    ours = next((found for found in results if found["name"] == OURS), {})
    if "memory_copy_rows_per_second" not in ours:
        return []
    told = {
        "ours with all 15 part-scores kept, rows/s": "apply_coded_with_parts_rows_per_second",
        "a plain copy of the same coded columns, rows/s": "memory_copy_rows_per_second",
        "ours, explanation of one record from its packed bins, µs": "explain_microseconds",
        "ours, one record scored and explained, µs": "record_explained_microseconds",
    }
    lines = ["", *(f"- {what}: {_whole(ours, key)}" for what, key in told.items())]
    others = [found for found in results if found["name"] != OURS and found.get("makes_points", True)]
    for own, other in (("text", "text"), ("coded", "coded"), ("coded", "text")):
        lines.append(f"- {_times(ours, others, own=own, other=other)}")
    return lines


def _times(ours: Figures, others: Sequence[Figures], *, own: str, other: str) -> str:
    """How many times the rows a second of the fastest other library that makes points."""
    key = f"apply_{other}_rows_per_second"
    timed = [found for found in others if key in found]
    if not timed:
        return f"no other library with points was timed on {other} columns"
    best = max(timed, key=lambda found: float(found[key]))
    own_key = f"apply_{own}_rows_per_second"
    times = ours[own_key] / best[key]
    with_parts = ours["apply_coded_with_parts_rows_per_second"] / best[key]
    parts = f", {with_parts:.1f} with all part-scores kept" if own == "coded" else ""
    return f"ours on {own} columns: {times:.1f} times {best['name']} on {other} columns{parts}"


def _whole(found: Figures, key: str) -> str:
    return f"{found[key]:,.0f}" if key in found else "–"


def _interval(values: Sequence[float]) -> tuple[str, str]:
    """The mean and its 95 % interval."""
    mean, half = statistics.mean(values), _half_width(values)
    return f"{mean:.4f}", f"{mean - half:.4f} – {mean + half:.4f}"


def _difference(values: Sequence[float], ours: Sequence[float]) -> tuple[str, str]:
    """The mean difference to ours over the same folds, and its interval."""
    gaps = [value - own for value, own in zip(values, ours, strict=True)]
    mean, half = statistics.mean(gaps), _half_width(gaps)
    return f"{mean:+.4f}", f"{mean - half:+.4f} – {mean + half:+.4f}"


def _half_width(values: Sequence[float]) -> float:
    """Half the interval; the training rows overlap, so the variance is corrected (Nadeau, Bengio 2003)."""
    count = len(values)
    spread = statistics.variance(values) * (1 / count + TEST_TO_TRAIN)
    return float(student.ppf(0.975, count - 1)) * math.sqrt(spread)
