"""What the figures of a report come to, in sentences an official can act on."""

from collections.abc import Iterator
from dataclasses import dataclass

from scoring.definition import Text
from scoring.validation import wording
from scoring.validation.content import Judgement
from scoring.validation.discrimination import Discrimination
from scoring.validation.fairness import Fairness
from scoring.validation.report import ALL, DEVELOPMENT, ValidationReport
from scoring.validation.stability import SHIFTED, STABLE, Stability, worst


@dataclass(frozen=True)
class Kind:
    """What a conclusion comes to, as a mark and in words."""

    mark: str
    verdict: Text


# The kinds of conclusion; each has a mark of its own, so that no colour is needed.
GOOD = Kind("✓", Text("符合", "sound"))
LOOK = Kind("△", Text("需关注", "look into"))
BAD = Kind("✗", Text("不符合", "not sound"))
OPEN = Kind("？", Text("无法判断", "cannot be told"))


def conclusions(report: ValidationReport) -> tuple[Judgement, ...]:
    """Separation, order of the grades, expected rates, stability, fairness; what the data allow."""
    return (
        *_data(report),
        *_separation(report),
        _order(report),
        _expectation(report),
        *_stability(report),
        *_fairness(report),
    )


def _judgement(kind: Kind, zh: str, en: str) -> Judgement:
    return Judgement(kind.mark, kind.verdict, Text(zh, en))


def _data(report: ValidationReport) -> Iterator[Judgement]:
    if report.synthetic:
        yield _judgement(
            LOOK,
            "本报告基于演示数据（合成），只说明方法可用，不能证明评分卡对真实主体有效。",
            "The data are synthetic: they show that the method works, not that the card is good.",
        )
    if report.missing_inputs:
        zh = "、".join(item.label.zh for item in report.missing_inputs)
        en = ", ".join(item.label.en for item in report.missing_inputs)
        yield _judgement(
            LOOK, f"数据中没有这些资料，全部按未知处理：{zh}。", f"Facts not given, so unknown: {en}."
        )
    thin = [cell.name for cell in report.grades if cell.thin]
    if thin:
        names = "、".join(thin)
        yield _judgement(
            LOOK, f"以下等级样本太少，违约率仅供参考：{names}。", f"Too few to judge by in grades {names}."
        )


def _separation(report: ValidationReport) -> Iterator[Judgement]:
    last = report.discrimination[-1]
    told = wording.sample(last.sample)
    if last.auc is None:
        why = wording.UNDEFINED[last.undefined]
        yield _judgement(
            OPEN, f"{told.zh}：AUC 没有定义，{why.zh}。", f"{told.en}: AUC is not defined, {why.en}."
        )
        return
    zh, en = (
        f"{told.zh} AUC {last.auc:.3f}{_interval(last)}",
        f"{told.en}: AUC {last.auc:.3f}{_interval(last)}",
    )
    if last.auc_low is not None and last.auc_low > 0.5:
        yield _judgement(
            GOOD, f"{zh}：评分能区分违约与正常还款的主体。", f"{en}: the score parts the outcomes."
        )
    elif last.auc_high is not None and last.auc_high < 0.5:
        yield _judgement(BAD, f"{zh}：评分方向相反。", f"{en}: the score points the wrong way.")
    else:
        yield _judgement(
            LOOK, f"{zh}：尚不能证明优于随机（0.5）。", f"{en}: not shown to be better than chance (0.5)."
        )
    early = next((item for item in report.discrimination if item.sample == DEVELOPMENT), None)
    if early and early.auc_low is not None and last.sample != ALL and last.auc < early.auc_low:
        yield _judgement(
            LOOK,
            f"样本外 AUC 低于开发月份的区间{_interval(early)}：区分能力可能在减弱。",
            f"Out of time the AUC is below the development interval{_interval(early)}: it may be fading.",
        )


def _interval(item: Discrimination) -> str:
    if item.auc_low is None or item.auc_high is None:
        return ""
    return f" ({item.auc_low:.3f} – {item.auc_high:.3f})"


def _order(report: ValidationReport) -> Judgement:
    if sum(cell.outcome_count > 0 for cell in report.grades[:-1]) < 2:
        return _judgement(OPEN, "有结果的等级不足两个，无法比较。", "Fewer than two grades have outcomes.")
    if not report.grade_breaks:
        return _judgement(
            GOOD, "等级越低，违约率越高，没有倒挂。", "The worse the grade, the higher the rate."
        )
    pairs = "、".join(f"{item.better} > {item.worse}" for item in report.grade_breaks)
    if any(item.certain for item in report.grade_breaks):
        return _judgement(
            BAD,
            f"等级违约率倒挂，且区间不重叠：{pairs}。",
            f"A better grade defaulted more, beyond its interval: {pairs}.",
        )
    return _judgement(
        LOOK,
        f"等级违约率倒挂，但区间重叠，可能出于偶然：{pairs}。",
        f"A better grade defaulted more, within the intervals: {pairs}.",
    )


def _expectation(report: ValidationReport) -> Judgement:
    if report.fit is None:
        return _judgement(
            OPEN,
            "可比较的分数段不足三个，无法检验预期违约率。",
            "Too few score bands to test expected rates.",
        )
    p = f"p = {report.fit.p:.3f}" if report.fit.p >= 0.001 else "p < 0.001"
    if report.fit.p + report.thresholds.confidence < 1:
        return _judgement(
            LOOK,
            f"实际违约率与预期不一致（{p}）：不要把分数直接当作违约概率使用。",
            f"Observed and expected default rates differ ({p}): do not read the score as a probability.",
        )
    return _judgement(
        GOOD, f"实际与预期违约率没有显著差异（{p}）。", f"Observed and expected default rates agree ({p})."
    )


def _stability(report: ValidationReport) -> Iterator[Judgement]:
    if report.split is None:
        yield _judgement(
            OPEN,
            "没有至少两个月份，无法检验稳定性，也没有样本外检验。",
            "Without two months neither stability nor an out-of-time sample can be judged.",
        )
        return
    of_people = worst((*report.score_stability, *report.grade_stability))
    if of_people is None:
        yield _judgement(OPEN, "各月主体太少，无法判断稳定性。", "Too few subjects to judge stability by.")
        return
    yield _shift(of_people, at_worst=BAD, zh="评分和等级的分布", en="scores and grades")
    of_facts = worst(report.characteristic_stability)
    if of_facts is not None:
        zh, en = f"指标“{of_facts.label.zh}”变化最大", f"of the characteristics most, {of_facts.label.en}"
        yield _shift(of_facts, at_worst=LOOK, zh=zh, en=en)


def _shift(found: Stability, *, at_worst: Kind, zh: str, en: str) -> Judgement:
    told, when = wording.VERDICTS[found.verdict], wording.sample(found.sample)
    kind = GOOD if found.verdict == STABLE else (at_worst if found.verdict == SHIFTED else LOOK)
    return _judgement(
        kind,
        f"{zh}：{told.zh}，PSI 最高 {found.index:.3f}（{when.zh}）。",
        f"{en}: {told.en}, highest PSI {found.index:.3f} ({when.en}).",
    )


def _fairness(report: ValidationReport) -> Iterator[Judgement]:
    if not report.fairness:
        yield _judgement(OPEN, "没有提供分组，无法检验公平性。", "No groups were given to judge fairness by.")
    for item in report.fairness:
        yield _impact(item, report)


def _impact(item: Fairness, report: ValidationReport) -> Judgement:
    told, limit = wording.grouping(item.name), report.thresholds.adverse_impact_least
    judged = [group for group in item.groups if not group.too_small and group.ratio is not None]
    if len(judged) < 2:
        return _judgement(
            OPEN,
            f"{told.zh}：主体足够的群体不足两个。",
            f"{told.en}: fewer than two groups are large enough.",
        )
    small = [wording.group(group.group).zh for group in item.groups if group.too_small]
    zh_small = f"（主体太少不作判断：{'、'.join(small)}）" if small else ""
    en_small = f" (too small to judge: {', '.join(small)})" if small else ""
    adverse = item.adverse(report.thresholds)
    if not adverse:
        return _judgement(
            GOOD,
            f"{told.zh}：各群体不利影响比都不低于 {limit:g}{zh_small}。",
            f"{told.en}: no adverse impact ratio is below {limit:g}{en_small}.",
        )
    names = "、".join(f"{wording.group(group.group).zh} {group.ratio:.2f}" for group in adverse)
    return _judgement(
        BAD,
        f"{told.zh}：不利影响比低于 {limit:g}：{names}{zh_small}。应说明理由或修改评分卡。",
        f"{told.en}: adverse impact ratio below {limit:g}: {names}{en_small}. Justify it or change the card.",
    )
