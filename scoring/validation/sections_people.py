"""The sections of a validation report about people: who was in the data, and whether groups fare alike."""

from scoring.definition import Text
from scoring.validation import charts, wording
from scoring.validation.content import (
    Figure,
    Paragraph,
    Part,
    Section,
    Table,
    between_shares,
    count,
    number,
    same,
    share,
)
from scoring.validation.fairness import Fairness, GroupFairness
from scoring.validation.report import ValidationReport


def data_section(report: ValidationReport) -> Section:
    """How many rows there were, what could be used of them, and what was unknown."""
    rows, whole = report.counts, report.counts.row_count
    lines = [
        (Text("全部", "rows"), whole),
        (Text("已评级", "rated"), rows.rated_count),
        (Text("未评级：缺必需资料", "unrated: a required fact is missing"), rows.required_missing_count),
        (Text("未评级：已知指标太少", "unrated: too few known"), rows.too_few_facts_count),
        (Text("至少一项指标未知", "at least one characteristic unknown"), rows.unknown_count),
        (
            Text("有超出范围、按未知处理的值", "a value out of range, taken as unknown"),
            rows.out_of_range_count,
        ),
        (Text("结果已知", "outcome known"), rows.outcome_count),
        (Text("其中违约", "of these defaulted"), rows.default_count),
        (Text("已评级且结果已知", "rated, outcome known"), rows.rated_outcome_count),
    ]
    header = (Text("项目", "item"), Text("主体数", "subjects"), Text("占比", "share"))
    counts = tuple((told, count(found), share(found / whole)) for told, found in lines)
    unknown = tuple((i.label, count(i.unknown_count), share(i.unknown_count / whole)) for i in report.unknown)
    head = (Text("指标", "characteristic"), Text("未知数", "unknown"), Text("占比", "share"))
    parts: list[Part] = [Table(Text("数据概况", "the data"), header, counts)]
    if report.split is not None:
        split = report.split
        months = f"{wording.month(split.month_first)} – {wording.month(split.month_last)}"
        first = wording.month(split.out_of_time_from)
        zh = "由验证人指定" if split.stated else "取最后四分之一的月份"
        words = Text(
            f"月份 {months}；{first} 起为样本外（{zh}）：开发 {split.development_count:,}，"
            f"样本外 {split.out_of_time_count:,}。",
            f"Months {months}; out of time from {first} on: {split.development_count:,} and "
            f"{split.out_of_time_count:,} subjects.",
        )
        parts.append(Paragraph(words))
    parts.append(Table(Text("各指标未知占比", "unknown by characteristic"), head, unknown))
    return Section("data", Text("数据", "Data"), tuple(parts))


def fairness_section(report: ValidationReport) -> Section:
    """Adverse impact and equal opportunity by group; a group too small is shown and said to be."""
    title = Text("公平性", "Fairness")
    if not report.fairness:
        words = Text("没有提供分组，未检验。", "No groups were given; not examined.")
        return Section("fairness", title, (Paragraph(words),))
    zh = "" if report.cut_stated else "（未另行指定，取倒数第二级）"
    words = Text(
        f"达到 {report.cut} 级及以上{zh}的占比，未评级也计入分母。不利影响比 = 该群体占比 ÷ 最优群体占比，"
        f"低于 {report.thresholds.adverse_impact_least:g} 须说明。"
        "机会差 = 正常还款者中达到的占比与最优群体之差。"
        f"不足 {report.thresholds.subjects_least} 个主体的群体照样列出，但不作判断。",
        f"Share reaching {report.cut} or better, the unrated included. The ratio is to the best group; "
        "the gap that among good payers. Groups too small are listed but not judged.",
    )
    parts: list[Part] = [Paragraph(words)]
    if any(group.ratio is not None for item in report.fairness for group in item.groups):
        drawn = charts.adverse_impact(report.fairness, thresholds=report.thresholds)
        parts.append(Figure(Text("不利影响比", "adverse impact ratios"), drawn))
    parts += [_groups(item, report) for item in report.fairness]
    return Section("fairness", title, tuple(parts))


def _groups(item: Fairness, report: ValidationReport) -> Table:
    header = (
        Text("群体", "group"),
        Text("主体数", "subjects"),
        Text("已评级", "rated"),
        Text("达到", "reached"),
        Text("占比", "share"),
        Text("区间", "interval"),
        Text("不利影响比", "ratio"),
        Text("正常还款者", "good payers"),
        Text("其中达到", "reached"),
        Text("机会差", "gap"),
        Text("说明", "note"),
    )
    rows = tuple(
        (
            wording.group(group.group),
            count(group.subject_count),
            count(group.rated_count),
            count(group.reached_count),
            share(group.rate),
            between_shares(group.low, group.high),
            number(group.ratio, places=2),
            count(group.payer_count),
            share(group.payer_rate),
            same("—" if group.payer_gap is None else f"{group.payer_gap * 100:+.1f} pp"),
            _note(group, item, report),
        )
        for group in item.groups
    )
    return Table(wording.grouping(item.name), header, rows, notes=1)


def _note(group: GroupFairness, item: Fairness, report: ValidationReport) -> Text:
    """What is to be said of a group beside its figures."""
    if group.too_small:
        return Text("主体太少，不作判断", "too few to judge")
    if group in item.adverse(report.thresholds):
        limit = report.thresholds.adverse_impact_least
        return Text(f"✗ 低于 {limit:g}", f"below {limit:g}")
    if group.payers_too_small:
        return Text("正常还款者太少，机会差不作判断", "too few payers to judge the gap")
    return Text("最优群体", "reference") if group.group == item.reference else same("")
