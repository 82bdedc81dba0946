"""The drawings of a validation report; each stands beside a table with the same figures."""

from collections.abc import Sequence

from scoring.definition import Text
from scoring.validation import wording
from scoring.validation.calibration import DefaultRate
from scoring.validation.discrimination import Discrimination
from scoring.validation.fairness import Fairness, GroupFairness
from scoring.validation.plot import Axis, Plot
from scoring.validation.report import ALL, OUT_OF_TIME
from scoring.validation.stability import SHIFTED, TOO_FEW, WATCH, Stability
from scoring.validation.thresholds import Thresholds

# The look of a bar by its verdict.
FILLS = {"stable": "plain", WATCH: "hatched", SHIFTED: "solid", TOO_FEW: "empty"}


def roc(samples: Sequence[Discrimination]) -> str:
    """The share of defaulters found against that of payers caught with them, from the lowest score up."""
    plot = Plot(
        "roc",
        title=Text("ROC 曲线", "ROC curve"),
        description=Text(
            "曲线越靠左上角，区分能力越强；对角线等于随机。AUC 数值见旁边的表。",
            "The nearer to the upper left corner, the better; the diagonal is chance. AUC in the table.",
        ),
        x=Axis.shares(Text("误拦的正常还款主体占比", "share of payers caught")),
        y=Axis.shares(Text("识别出的违约主体占比", "share of defaulters found")),
        height=460,
    )
    for item in samples:
        if item.auc is None or (item.sample == ALL and len(samples) > 1):
            continue
        told = wording.sample(item.sample)
        points = [(0.0, 0.0), *((point.payer_share, point.defaulter_share) for point in item.curve)]
        stroke = "dashed" if item.sample not in (ALL, OUT_OF_TIME) else "solid"
        plot.line(points, stroke=stroke, legend=f"{told.zh} {told.en} AUC {item.auc:.3f}", width=2.4)
    plot.line([(0, 0), (1, 1)], stroke="dotted", legend="随机 chance：0.5", width=1.4)
    return plot.svg()


def ks(item: Discrimination) -> str:
    """The shares of defaulters and of payers up to each score, and where they are furthest apart."""
    scores = [point.score for point in item.curve]
    low, high = _tens(min(scores), max(scores))
    plot = Plot(
        "ks",
        title=Text("KS 曲线", "KS curve"),
        description=Text(
            f"两条累计曲线相距最远处为 KS：{item.ks:.3f}，在 {item.ks_score:g} 分。",
            f"KS is the widest gap of the two cumulative curves: {item.ks:.3f}, at score {item.ks_score:g}.",
        ),
        x=Axis.even(Text("总分", "score"), low=low, high=high, step=max(10.0, (high - low) // 100 * 10)),
        y=Axis.shares(Text("分数不高于该分的主体占比", "share with at most this score")),
    )
    plot.line([(p.score, p.defaulter_share) for p in item.curve], stroke="solid", legend="违约 defaulters")
    plot.line([(p.score, p.payer_share) for p in item.curve], stroke="dashed", legend="正常还款 payers")
    at = min(item.curve, key=lambda point: abs(point.score - (item.ks_score or 0.0)))
    plot.line([(at.score, at.payer_share), (at.score, at.defaulter_share)], stroke="dotted", width=2.4)
    low_end = min(at.payer_share, at.defaulter_share)
    plot.write(at.score, low_end, f"KS {item.ks:.3f}", anchor="start", dx=12, dy=20)
    return plot.svg()


def grades(rates: Sequence[DefaultRate]) -> str:
    """The default rate of each grade with its interval, and what was expected."""
    seen = [cell for cell in rates if cell.outcome_count]
    plot = Plot(
        "grades",
        title=Text("各等级违约率", "default rate by grade"),
        description=Text(
            "每个等级一个点和一条区间；等级越低，违约率应越高。空心圆为样本太少的等级。",
            "A mark and an interval for each grade; the worse the grade, the higher the rate should be.",
        ),
        x=Axis.names(Text("等级（好→差，末位为未评级）", "grade, best first"), [cell.name for cell in seen]),
        y=Axis.shares(
            Text("违约率", "default rate"), high=min(1.0, max([c.high for c in seen], default=1.0))
        ),
    )
    _rates(plot, [(float(at), cell) for at, cell in enumerate(seen)])
    for at, cell in enumerate(seen):
        if cell.expected is not None:
            plot.dot(at + 0.16, cell.expected, shape="diamond", hollow=True)
        plot.write(at, cell.rate or 0.0, f"{cell.rate:.1%}", anchor="end", dx=-12, dy=5)
    plot.key("hollow diamond", "预期 expected")
    return plot.svg()


def calibration(bands: Sequence[DefaultRate]) -> str:
    """The observed default rate of each band against the expected one; on the diagonal they agree."""
    seen = [cell for cell in bands if cell.outcome_count and cell.expected is not None]
    most = min(1.0, max([max(cell.high, cell.expected or 0.0) for cell in seen], default=1.0))
    most_expected = min(1.0, 1.15 * max([cell.expected or 0.0 for cell in seen], default=1.0))
    plot = Plot(
        "calibration",
        title=Text("预期与实际违约率", "expected and observed default rate"),
        description=Text(
            "每个分数段一个点；落在对角线上表示预期与实际一致，区间跨过对角线表示差异可能出于偶然。",
            "A mark for each band of scores; on the diagonal, expected and observed agree.",
        ),
        x=Axis.shares(Text("预期违约率", "expected default rate"), high=most_expected),
        y=Axis.shares(Text("实际违约率", "observed default rate"), high=most),
    )
    end = min(plot.x.high, plot.y.high)
    plot.line([(0, 0), (end, end)], stroke="dotted", legend="一致 equal", width=1.4)
    _rates(plot, [(cell.expected or 0.0, cell) for cell in seen])
    return plot.svg()


def psi(months: Sequence[Stability], *, thresholds: Thresholds) -> str:
    """The stability index of the scores in each month, with the lines from which it is a shift."""
    seen = [item for item in months if item.index is not None]
    most = max([item.index or 0.0 for item in seen] + [thresholds.psi_shift * 1.2])
    every = -(-len(seen) // 9)
    names = [wording.sample(item.sample).zh for item in seen]
    plot = Plot(
        "psi",
        title=Text("各月评分稳定性 PSI", "PSI of the scores by month"),
        description=Text(
            f"每月一根柱；{thresholds.psi_watch:g} 以上需关注，{thresholds.psi_shift:g} 以上为明显偏移。",
            f"A bar a month; from {thresholds.psi_watch:g} to watch, from {thresholds.psi_shift:g} a shift.",
        ),
        x=Axis.names(Text("月份", "month"), names, every=every),
        y=Axis.even(Text("PSI", ""), low=0, high=most, step=0.05 if most < 0.5 else most / 5),
    )
    for at, item in enumerate(seen):
        plot.bar(at, item.index or 0.0, fill=FILLS[item.verdict])
    for verdict in dict.fromkeys(item.verdict for item in seen):
        told = wording.VERDICTS[verdict]
        plot.key(FILLS[verdict], f"{told.zh} {told.en}")
    for limit in (thresholds.psi_watch, thresholds.psi_shift):
        plot.line([(plot.x.low, limit), (plot.x.high, limit)], stroke="dashed", width=1.4)
        plot.write(plot.x.high, limit, f"{limit:g}", anchor="end", dx=-4, dy=-5)
    return plot.svg()


def adverse_impact(found: Sequence[Fairness], *, thresholds: Thresholds) -> str:
    """The adverse impact ratio of every group, with the line below which it is an adverse impact."""
    rows: list[tuple[str, GroupFairness]] = [
        (f"{wording.grouping(item.name).zh}：{wording.group(group.group).zh}", group)
        for item in found
        for group in item.groups
        if group.ratio is not None
    ][::-1]
    most = max([1.2, *((group.ratio or 0.0) + 0.1 for _, group in rows)])
    plot = Plot(
        "impact",
        title=Text("各群体不利影响比", "adverse impact ratio by group"),
        description=Text(
            f"每个群体一个点；低于 {thresholds.adverse_impact_least:g} 的线为不利影响，空心点主体太少。",
            f"A mark for each group; below {thresholds.adverse_impact_least:g} is an adverse impact.",
        ),
        x=Axis.even(Text("不利影响比", "ratio to the best-treated group"), low=0, high=most, step=0.2),
        y=Axis.names(Text("", ""), [name for name, _ in rows]),
        height=140 + 30 * len(rows),
        left=190,
    )
    limit = thresholds.adverse_impact_least
    plot.line([(limit, plot.y.low), (limit, plot.y.high)], stroke="dashed", legend=f"{limit:g} 线 line")
    for at, (_, group) in enumerate(rows):
        ratio = group.ratio or 0.0
        plot.dot(ratio, at, shape="diamond" if ratio < limit else "circle", hollow=group.too_small)
        plot.write(ratio, at, f"{ratio:.2f}", anchor="start", dx=11, dy=5)
    plot.key("circle", "达到 at or above")
    plot.key("diamond", "低于 below")
    plot.key("hollow circle", "主体太少 too few")
    return plot.svg()


def _rates(plot: Plot, cells: Sequence[tuple[float, DefaultRate]]) -> None:
    """Each observed rate with its interval."""
    for at, cell in cells:
        plot.interval(at, cell.low, cell.high)
        plot.dot(at, cell.rate or 0.0, hollow=cell.thin)
    plot.key("circle", "实际 observed")
    plot.key("hollow circle", "样本太少 too few")


def _tens(low: float, high: float) -> tuple[float, float]:
    """The tens around a range of scores."""
    return low // 10 * 10, max(-(-high // 10) * 10, low // 10 * 10 + 10)
