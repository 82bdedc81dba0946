"""The validation report as sections: conclusions first, then every figure with its table."""

from collections.abc import Sequence

from scoring.definition import Text
from scoring.validation import charts, wording
from scoring.validation.calibration import DefaultRate
from scoring.validation.conclusions import BAD, GOOD, LOOK, OPEN, conclusions
from scoring.validation.content import (
    Figure,
    Judgement,
    Judgements,
    Page,
    Paragraph,
    Part,
    Section,
    Table,
    between,
    between_shares,
    count,
    number,
    same,
    share,
)
from scoring.validation.report import OUT_OF_TIME, ValidationReport
from scoring.validation.sections_people import data_section, fairness_section
from scoring.validation.stability import Stability, worst

SUBJECTS, OUTCOMES = Text("主体数", "subjects"), Text("结果已知", "outcomes")


def page(report: ValidationReport) -> Page:
    """The whole report."""
    title = Text(f"评分卡验证报告：{report.card.title.zh}", f"Validation report: {report.card.title.en}")
    made_up = Text("演示数据（合成），不代表任何真实主体", "synthetic data, about no real subject")
    return Page(
        title,
        made_up if report.synthetic else None,
        (
            _summary(report),
            data_section(report),
            _separation(report),
            _grades(report),
            _calibration(report),
            _stability(report),
            fairness_section(report),
            _method(report),
        ),
    )


def _summary(report: ValidationReport) -> Section:
    card = report.card
    name = f"{card.code}:{card.variant}" if card.variant else card.code
    rows = [
        (Text("评分卡", "card"), same(name)),
        (Text("生效日", "effective from"), same(card.effective_from)),
        (Text("指纹（校验内容未被改动）", "fingerprint"), same(card.fingerprint)),
        (Text("验证对象", "population"), same(report.population)),
    ]
    table = Table(
        Text("验证的是什么", "What was validated"),
        (Text("项目", "item"), Text("内容", "content")),
        tuple(rows),
        2,
    )
    found = conclusions(report)
    return Section("summary", Text("结论", "Conclusions"), (_tally(found), Judgements(found), table))


def _tally(found: Sequence[Judgement]) -> Paragraph:
    """How many conclusions there are of each kind, the gravest first."""
    zh, en = [], []
    for kind in (BAD, LOOK, OPEN, GOOD):
        how_many = sum(item.mark == kind.mark for item in found)
        zh.append(f"{kind.mark} {kind.verdict.zh} {how_many} 项")
        en.append(f"{kind.verdict.en}: {how_many}")
    return Paragraph(Text("，".join(zh) + "。", ", ".join(en) + "."))


def _separation(report: ValidationReport) -> Section:
    header = (
        Text("样本", "sample"),
        Text("正常还款", "payers"),
        Text("违约", "defaulters"),
        Text("AUC", ""),
        Text(f"AUC {report.thresholds.confidence:.0%} 区间", "interval"),
        Text("Gini", ""),
        Text("KS", ""),
        Text("Brier", ""),
        *(
            Text(f"最差 {item.worst_share:.0%} 中的违约", "defaulters among the worst")
            for item in report.discrimination[0].capture
        ),
    )
    rows = []
    for item in report.discrimination:
        found = [share(capture.defaulter_share) for capture in item.capture]
        found += [share(None)] * (len(header) - 8 - len(found))
        figures = (number(item.auc), between(item.auc_low, item.auc_high), number(item.gini), number(item.ks))
        row = (wording.sample(item.sample), count(item.payer_count), count(item.default_count), *figures)
        rows.append((*row, number(item.brier), *found))
    parts: list[Part] = [
        Paragraph(
            Text(
                "AUC：随机取一个正常还款主体和一个违约主体，前者得分更高的可能性，"
                "0.5 等于随机，1 为完全区分；"
                "KS：两类主体累计占比的最大差距。",
                "AUC is the chance that a payer scores higher than a defaulter; KS the widest gap.",
            )
        ),
        Table(Text("区分能力", "separation"), header, tuple(rows)),
    ]
    last = report.discrimination[-1]
    if any(item.auc is not None for item in report.discrimination):
        parts.append(Figure(Text("ROC 曲线", "ROC curve"), charts.roc(report.discrimination)))
    if last.ks is not None:
        told = wording.sample(last.sample)
        parts.append(Figure(Text(f"KS 曲线（{told.zh}）", f"KS curve, {told.en}"), charts.ks(last)))
    else:
        why = wording.UNDEFINED[last.undefined]
        parts.append(
            Paragraph(Text(f"AUC 和 KS 没有定义：{why.zh}。", f"AUC and KS are not defined: {why.en}."))
        )
    return Section("separation", Text("区分能力", "Separation"), tuple(parts))


def _grades(report: ValidationReport) -> Section:
    words = Text(
        "等级越低，违约率应越高。区间为精确区间（Clopper–Pearson）：真实违约率很可能落在其中。",
        "The worse the grade, the higher its rate should be. The intervals are exact (Clopper-Pearson).",
    )
    table = Table(
        Text("各等级违约率", "default rate by grade"),
        _rate_header(report, "等级", "grade"),
        _rates(report.grades),
        notes=1,
    )
    parts: list[Part] = [Paragraph(words), table]
    if any(cell.outcome_count for cell in report.grades):
        parts.append(Figure(table.caption, charts.grades(report.grades)))
    return Section("grades", Text("各等级违约率", "Default rate by grade"), tuple(parts))


def _calibration(report: ValidationReport) -> Section:
    told = wording.sample(report.bands_sample)
    where = Text("由评分卡给出", "stated by the card")
    if report.scale is not None:
        where = Text(
            "由开发月份的结果拟合的逻辑曲线换算（Platt 1999）",
            "a logistic curve fitted on the development months",
        )
    words = Text(
        f"预期违约率：{where.zh}。以下为{told.zh}。", f"Expected rates: {where.en}. Below: {told.en}."
    )
    caption = Text("各分数段违约率", "default rate by score band")
    table = Table(caption, _rate_header(report, "分数段", "score band"), _rates(report.bands), notes=1)
    parts: list[Part] = [Paragraph(words), table]
    if any(cell.outcome_count and cell.expected is not None for cell in report.bands):
        parts.append(Figure(Text("预期与实际", "expected and observed"), charts.calibration(report.bands)))
    if report.fit is not None:
        zh = "；拟合用的是同一样本，自由度已减 2" if report.fit.own_sample else ""
        en = "; fitted on the same sample, two degrees of freedom less" if report.fit.own_sample else ""
        figures = f"{report.fit.statistic:.2f}, {report.fit.freedom} df, p = {report.fit.p:.3f}"
        parts.append(
            Paragraph(
                Text(
                    f"Hosmer–Lemeshow 类统计量：{figures}；{report.fit.thin_count} 个分数段样本太少{zh}。",
                    f"Hosmer-Lemeshow-like statistic: {figures}; thin bands: {report.fit.thin_count}{en}.",
                )
            )
        )
    return Section("calibration", Text("预期与实际违约率", "Calibration"), tuple(parts))


def _rate_header(report: ValidationReport, zh: str, en: str) -> tuple[Text, ...]:
    return (
        Text(zh, en),
        SUBJECTS,
        OUTCOMES,
        Text("违约", "defaults"),
        Text("违约率", "rate"),
        Text(f"{report.thresholds.confidence:.0%} 区间", "interval"),
        Text("预期", "expected"),
        Text("说明", "note"),
    )


def _rates(cells: Sequence[DefaultRate]) -> tuple[tuple[Text, ...], ...]:
    return tuple(
        (
            cell.label if cell.label.zh == cell.name else Text(f"{cell.name} {cell.label.zh}", cell.label.en),
            count(cell.subject_count),
            count(cell.outcome_count),
            count(cell.default_count),
            share(cell.rate),
            between_shares(cell.low, cell.high),
            share(cell.expected),
            wording.THIN if cell.thin else same(""),
        )
        for cell in cells
    )


def _stability(report: ValidationReport) -> Section:
    title = Text("稳定性", "Stability")
    if report.split is None:
        words = Text("没有至少两个月份，无法检验。", "There are not two months to compare.")
        return Section("stability", title, (Paragraph(words),))
    limits = report.thresholds
    words = Text(
        f"PSI 比较某月与全部开发月份的分布：低于 {limits.psi_watch:g} 稳定，{limits.psi_watch:g} 至 "
        f"{limits.psi_shift:g} 需关注，{limits.psi_shift:g} 及以上为明显偏移。"
        "“偶然水平”是仅因抽样就会出现的平均值。",
        f"PSI holds a month against all development months: below {limits.psi_watch:g} stable, from "
        f"{limits.psi_shift:g} shifted. By chance: the mean index where nothing has changed.",
    )
    months = [item for item in report.score_stability if item.sample != OUT_OF_TIME]
    parts: list[Part] = [Paragraph(words)]
    if any(item.index is not None for item in months):
        drawn = charts.psi(months, thresholds=limits)
        parts.append(Figure(Text("各月评分 PSI", "PSI of the scores by month"), drawn))
    return Section("stability", title, (*parts, _by_month(report), _by_characteristic(report)))


def _by_month(report: ValidationReport) -> Table:
    """The indices of scores and grades side by side, out of time and in each month."""
    figures = (Text("PSI", ""), Text("偶然水平", "by chance"), Text("判断", "verdict"))
    header = [Text("样本", "sample"), SUBJECTS]
    header += [Text(f"总分：{item.zh}", item.en) for item in figures]
    header += [Text(f"等级：{item.zh}", item.en) for item in figures]
    rows = [
        (wording.sample(score.sample), count(grade.sample_count), *_index(score), *_index(grade))
        for score, grade in zip(report.score_stability, report.grade_stability, strict=True)
    ]
    return Table(Text("评分和等级 PSI", "PSI of scores and grades"), tuple(header), tuple(rows))


def _by_characteristic(report: ValidationReport) -> Table:
    """The index of each characteristic out of time, and in the month in which it was highest."""
    header = (
        Text("指标", "characteristic"),
        Text("CSI（样本外）", "out of time"),
        Text("偶然水平", "by chance"),
        Text("判断", "verdict"),
        Text("最高的一个月", "highest month"),
        Text("该月 CSI", "in that month"),
    )
    by_name: dict[str, list[Stability]] = {}
    for item in report.characteristic_stability:
        by_name.setdefault(item.name, []).append(item)
    rows = []
    for later, *months in by_name.values():
        most = worst(months)
        when = (wording.sample(most.sample), number(most.index)) if most else (same("—"), same("—"))
        rows.append((later.label, *_index(later), *when))
    return Table(Text("各指标 CSI", "CSI by characteristic"), header, tuple(rows))


def _index(item: Stability) -> tuple[Text, Text, Text]:
    return number(item.index), number(item.by_chance), wording.VERDICTS[item.verdict]


def _method(report: ValidationReport) -> Section:
    limits = report.thresholds
    words = Text(
        f"AUC、KS 只用已评级且结果已知者。AUC 区间：DeLong 1988。样本太少："
        f"不足 {limits.subjects_least} 个结果，或违约、正常还款任一不足 {limits.outcomes_least} 个。"
        f"不利影响比 {limits.adverse_impact_least:g} 线为惯例（美国 29 CFR 1607.4 D 五分之四规则），"
        "不是中国法定标准；PSI 界限为信贷评分行业惯例。PSI 中一方为空的格按半个主体计。",
        f"Separation uses subjects with a score and an outcome. AUC interval: DeLong 1988. Thin: fewer than "
        f"{limits.subjects_least} outcomes, or {limits.outcomes_least} of either kind. The "
        f"{limits.adverse_impact_least:g} line is a custom (29 CFR 1607.4 D), not Chinese law.",
    )
    return Section("method", Text("方法和界限", "Method and thresholds"), (Paragraph(words),))
