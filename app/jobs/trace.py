"""Where every point of a rating comes from: bin, rule, article, and the records behind it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.db import Session
from app.errors import NotFound
from app.jobs.progress import Progress
from app.models import Rating
from app.ratings.service import ExplainedRating, explained, in_force, latest_run, sources
from app.ratings.service import rating as rating_by_id
from app.records.service import CurrentValue
from app.records.words import in_words
from scoring import Line

__all__ = ["Trace", "TraceCount", "TracedLine", "trace", "trace_all", "traced"]

WHAT = "追溯 tracing"


@dataclass(frozen=True)
class TracedLine:
    """One characteristic with the records of its facts; `missing` names the facts nothing is on file of."""

    line: Line
    records: tuple[CurrentValue, ...]
    missing: tuple[str, ...]

    @property
    def is_orphan(self) -> bool:
        """Whether points are given that lead neither to a record nor to a fact stated as missing."""
        return not self.records and not self.missing


@dataclass(frozen=True)
class Trace:
    """A rating with every one of its points traced to its source."""

    told: ExplainedRating
    lines: tuple[TracedLine, ...]

    @property
    def orphans(self) -> tuple[TracedLine, ...]:
        """The characteristics whose points lead nowhere."""
        return tuple(line for line in self.lines if line.is_orphan)

    def text(self) -> Iterator[str]:
        """The trace in plain lines, for an official and for the subject."""
        rating, run, rule = self.told.rating, self.told.run, self.told.rule
        score = "无" if rating.score is None else rating.score
        yield f"评级 rating {rating.rating_id}：{rating.grade}，得分 score {score}，评级日 as of {run.as_of}"
        yield (
            f"评分卡 card {rule.code} {rule.variant} {rule.effective_from}版 · 指纹 fingerprint "
            f"{rule.fingerprint[:12]}"
        )
        if rating.unrated_reason:
            yield f"未评级 unrated：{rating.unrated_reason.label} {rating.unrated_reason}"
        for traced_line in self.lines:
            yield from _told(traced_line)
        for veto in self.told.explanation.vetoes:
            yield f"一票否决 veto：{veto.label.zh}，等级不高于 {veto.grade_at_most}（{veto.basis.article}）"


def trace(session: Session, rating_id: int) -> Trace:
    """Every point of a published rating traced to its source; `NotFound` where there is no such rating."""
    return traced(session, rating_by_id(session, rating_id))


@dataclass(frozen=True)
class TraceCount:
    """How many ratings and points were traced, to how many records, and how many lead nowhere."""

    ratings: int
    lines: int
    records: int
    missing: int
    orphans: int

    def lines_of_text(self) -> Iterator[str]:
        """The count in plain lines."""
        yield f"评级 ratings            {self.ratings:,}"
        yield f"评分项 characteristics   {self.lines:,}"
        yield f"对应记录 records         {self.records:,}"
        yield f"注明缺失 stated missing  {self.missing:,}"
        yield f"无来源 orphans           {self.orphans:,}"


def trace_all(session: Session, *, progress: Progress) -> TraceCount:
    """Trace every rating in force; `NotFound` before the first night."""
    run = latest_run(session)
    if run is None:
        raise NotFound("no night has been published. Run `credit-village rescore`.")
    numbers = in_force(session, run)
    counts = np.zeros(4, dtype=np.int64)
    for place, rating_id in enumerate(numbers):
        if place % 500 == 0:
            progress(place, len(numbers), WHAT)
        found = traced(session, rating_by_id(session, rating_id)).lines
        counts += [
            len(found),
            sum(len(line.records) for line in found),
            sum(len(line.missing) for line in found),
            sum(line.is_orphan for line in found),
        ]
        session.expunge_all()
    progress(len(numbers), len(numbers), WHAT)
    return TraceCount(len(numbers), *counts.tolist())


def traced(session: Session, rating: Rating) -> Trace:
    """Every point of a rating traced to the records that counted on its night."""
    told = explained(session, rating)
    values = {value.name: value for value in sources(session, rating)}
    lines = tuple(
        TracedLine(
            line,
            tuple(values[name] for name in line.inputs if name in values),
            tuple(name for name in line.inputs if name not in values),
        )
        for line in told.explanation.lines
    )
    return Trace(told, lines)


def _told(traced_line: TracedLine) -> Iterator[str]:
    line = traced_line.line
    points = f"{line.points}/{line.points_maximum} 分"
    yield f"{line.label.zh} {line.name}：{points}，档 bin {line.bin} {line.bin_label.zh}"
    yield f"    依据 rule：{line.basis.code} {line.basis.document} {line.basis.article}"
    for value in traced_line.records:
        consent = f"，书面同意 {value.consent_reference}" if value.consent_reference else ""
        yield (
            f"    {value.label} = {value.words} · 记录 record {value.record_id}，来源 source "
            f"{value.source_label}（{value.source}），观察 observed {value.observed_on}，批次 batch "
            f"{value.batch_id}（{value.file_name}）第 {value.row_no} 行 row{consent}"
        )
        for other in value.conflicts:
            said = in_words(other.record.value, value.value_type, value.unit, other.fact.codes)
            yield (
                f"      与此不一致 differs：{other.source.label} {said}，观察 observed "
                f"{other.record.observed_on}，记录 record {other.record.record_id}"
            )
    for name in traced_line.missing:
        yield f"    {name}：没有记录，按“不清楚”计分 · missing, scored as unknown"
