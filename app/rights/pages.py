"""The report as headings, sentences and tables, in the order a person reads it."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from app import clock
from app.printing import in_chinese
from app.records.words import money
from app.rights.report import (
    Asked,
    Held,
    Issued,
    Report,
    ReportDocument,
    ReportOverride,
    ReportRating,
    ReportRecord,
    ReportTitle,
    Who,
)
from app.rights.words import SYNTHETIC

Block = dict[str, Any]
_NONE = "—"
_USED = ("counts",)


def page_data(report: Report) -> dict[str, Any]:
    """Everything the pages show."""
    issued, who = report.issued, report.held.who
    when = issued.issued_at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M")
    return {
        "title": report.title,
        "office": issued.office,
        "watermark": f"出具人：{issued.office} {issued.issued_by}　时间：{when}",
        "background": f"{issued.office} {when}",
        "synthetic": SYNTHETIC if who.synthetic else "",
        "notice": report.notice,
        "issued": _issued(issued),
        "parts": list(_parts(report)),
    }


def _parts(report: Report) -> Iterator[Block]:
    held = report.held
    yield _heading("一、您是谁")
    yield _table(("项目", "内容"), (1, 4), _who(held.who))
    if held.who.members:
        yield _sub_heading("家庭其他成年成员（他人信息，已遮盖）")
        yield _table(
            ("姓名", "证件号码"),
            (1, 2),
            ([each.name_masked, each.number_masked or _NONE] for each in held.who.members),
        )
    yield from _explanation(report)
    yield from _records(held)
    yield from _loans(held)
    yield from _ratings(held.ratings)
    yield from _overrides(held.overrides)
    yield from _titles(held.titles)
    yield from _documents(held.documents)
    yield from _said(held)
    yield from _inquiries(report.inquiries)
    yield _heading("九、您的权利")
    yield _list(report.rights)


def _issued(issued: Issued) -> str:
    cost = "免费" if issued.free else "本年度免费次数已用完"
    return (
        f"{in_chinese(issued.issued_at.date())}出具　本年度第 {issued.number_in_year} 份，{cost}　"
        f"核验证件：{issued.document}"
    )


def _who(who: Who) -> Iterator[list[str]]:
    rows = (
        ("主体类型", who.kind_label),
        ("姓名／名称", who.name),
        ("公民身份号码", who.id_number),
        ("统一社会信用代码", who.uscc),
        ("户编号", who.household_no),
        ("法定代表人", who.representative),
        ("所在地", who.division),
        ("联系电话", "、".join(who.phones)),
        ("住址", "、".join(who.addresses)),
    )
    return ([name, value] for name, value in rows if value)


def _explanation(report: Report) -> Iterator[Block]:
    told = report.explanation
    yield _heading("二、您现在的信用等级是怎么来的")
    for sentence in told.summary:
        yield _paragraph(sentence)
    if told.cost:
        yield _sub_heading("哪些地方少了分")
        yield _list(told.cost)
    if told.ways_up:
        yield _sub_heading("怎样可以提高等级（任选一种办法）")
        yield _list(told.ways_up)
    yield _sub_heading("这个等级是怎样作出的")
    yield _list(told.made)


def _records(held: Held) -> Iterator[Block]:
    yield _heading("三、登记了您的哪些信息")
    used = [each for each in held.records if each.use in _USED]
    yield _sub_heading("现行有效的信息（评级从中取用）")
    yield _record_table(used)
    others = [each for each in held.records if each.use not in _USED]
    if others:
        yield _sub_heading("在册但没有采用的信息")
        yield _record_table(others)
    adverse = [each for each in held.records if each.adverse]
    yield _sub_heading("其中的不良信息和您的说明")
    if adverse:
        rows = ([str(each.record_id), each.label, each.words, each.statement or "（无）"] for each in adverse)
        yield _table(("记录号", "信息", "内容", "您的说明"), (2, 4, 3, 6), rows)
    else:
        yield _paragraph("没有不良信息。")
    if held.withheld_count:
        yield _paragraph(f"另有 {held.withheld_count} 条记录已更正、已修复或保存期满，依法不再显示和使用。")


def _record_table(records: Iterable[ReportRecord]) -> Block:
    rows = (
        [
            str(each.record_id),
            each.label + ("（不良）" if each.adverse else ""),
            each.words,
            each.source,
            str(each.observed_on),
            each.use_label,
        ]
        for each in records
    )
    return _table(("记录号", "信息", "内容", "来源", "采集日期", "使用情况"), (2, 5, 4, 4, 3, 3), rows)


def _loans(held: Held) -> Iterator[Block]:
    yield _heading("四、贷款")
    rows = [
        [
            each.lender,
            str(each.granted_on),
            money(each.amount_fen),
            money(each.balance_fen),
            _NONE if each.overdue_days is None else f"{each.overdue_days} 天",
            each.class_label or _NONE,
            _day(each.last_month_end_on),
        ]
        for each in held.loans
    ]
    columns = ("贷款机构", "发放日期", "金额", "余额", "逾期", "分类", "截至")
    yield _table(columns, (4, 3, 3, 3, 2, 2, 3), rows) if rows else _paragraph("没有登记的贷款。")


def _ratings(ratings: Sequence[ReportRating]) -> Iterator[Block]:
    yield _heading("五、历次评级")
    if not ratings:
        yield _paragraph("还没有评级。")
    for each in ratings:
        until = f"至 {each.until}" if each.until else "至今"
        score = each.unrated_reason or f"{each.score} 分"
        yield _sub_heading(
            f"{each.since} {until}：{each.grade}（{each.grade_label}），{score}；"
            f"规则 {each.card} {each.card_version}，指纹 {each.card_fingerprint[:12]}"
        )
        if each.vetoes:
            yield _list(each.vetoes)
        if each.lines:
            rows = (
                [line.label, line.bin_label, f"{line.points}/{line.points_maximum}", line.reason or _NONE]
                for line in each.lines
            )
            yield _table(("指标", "情况", "得分／满分", "少得分的原因"), (5, 5, 2, 6), rows)


def _overrides(overrides: Sequence[ReportOverride]) -> Iterator[Block]:
    if not overrides:
        return
    rows = (
        [
            str(each.override_id),
            f"{each.card_grade} → {each.grade}",
            f"{each.reason_label}：{each.reason}（{each.document}）",
            each.office,
            f"{each.effective_from} 至 {each.ended_on or each.effective_to} 前",
            each.state_label,
        ]
        for each in overrides
    )
    yield _sub_heading("工作人员对等级的调整（评分卡算出的等级不变）")
    yield _table(("编号", "调整", "原因和依据", "单位", "期限", "状态"), (1, 2, 5, 3, 4, 3), rows)


def _titles(titles: Sequence[ReportTitle]) -> Iterator[Block]:
    yield _heading("六、您的称号")
    if not titles:
        yield _paragraph("没有称号，也没有正在办理的称号。")
    for each in titles:
        until = "" if each.valid_until is None else f"，有效至 {each.valid_until} 前"
        yield _sub_heading(f"{each.kind_label}（编号 {each.designation_id}）：{each.state_label}{until}")
        rows = (
            [
                str(step.happened_on),
                step.action_label,
                step.state_label,
                "；".join(filter(None, (step.reason, step.document))) or _NONE,
                step.certificate_number or step.notice_number or _NONE,
            ]
            for step in each.steps
        )
        yield _table(("日期", "办理", "之后", "理由和依据", "公示或证书"), (2, 2, 2, 5, 4), rows)


def _documents(documents: Sequence[ReportDocument]) -> Iterator[Block]:
    if not documents:
        return
    rows = (
        [
            each.kind_label,
            each.label,
            "；".join(filter(None, (each.document, each.reason))),
            each.office,
            f"{each.effective_from} 至 {each.ended_on or each.valid_until} 前",
            "；".join(filter(None, (each.state_label, each.end_reason))),
        ]
        for each in documents
    )
    yield _sub_heading("与您的称号有关的证明和否决文件")
    yield _table(("类别", "事项", "文件和理由", "单位", "期限", "状态"), (2, 3, 5, 3, 4, 3), rows)


def _said(held: Held) -> Iterator[Block]:
    yield _heading("七、您的同意、异议和复核申请")
    consents = [
        [
            str(each.consent_id),
            each.kind_label,
            "同意" if each.agreed else "拒绝",
            "，".join(filter(None, (each.organisation, each.purpose_label))) or _NONE,
            f"{each.effective_from} 至 {_day(each.effective_to) if each.effective_to else '撤回为止'}",
            _day(each.withdrawn_on),
        ]
        for each in held.consents
    ]
    columns = ("编号", "事项", "意思", "对谁、作何用", "期限", "撤回日期")
    yield _table(columns, (1, 3, 2, 4, 5, 3), consents) if consents else _paragraph("没有登记的同意或拒绝。")
    of_both = ("编号", "对象", "提出日期", "答复期限", "结果")
    for name, listed in (("异议", _objections(held)), ("人工复核", _reviews(held))):
        yield _sub_heading(name)
        yield _table(of_both, (1, 3, 2, 2, 4), listed) if listed else _paragraph("没有。")


def _objections(held: Held) -> list[list[str]]:
    return [
        [
            str(each.objection_id),
            f"记录 {each.record_id}" if each.rating_id is None else f"评级 {each.rating_id}",
            str(each.raised_on),
            str(each.due_on),
            _outcome(each.outcome_label or each.state_label, each.answered_on),
        ]
        for each in held.objections
    ]


def _reviews(held: Held) -> list[list[str]]:
    return [
        [
            str(each.review_id),
            f"评级 {each.rating_id}",
            str(each.raised_on),
            str(each.due_on),
            _outcome(each.outcome_label or "处理中", each.answered_on),
        ]
        for each in held.reviews
    ]


def _inquiries(inquiries: Sequence[Asked]) -> Iterator[Block]:
    yield _heading("八、近五年谁查询过您")
    rows = [
        [
            _moment(each.inquired_at),
            each.organisation,
            each.purpose_label,
            each.outcome_label,
            _NONE if each.consent_id is None else str(each.consent_id),
        ]
        for each in inquiries
    ]
    columns = ("时间", "查询机构", "用途", "结果", "授权编号")
    yield _table(columns, (3, 5, 3, 3, 2), rows) if rows else _paragraph("近五年没有人查询过您。")


def _outcome(label: str, answered_on: date | None) -> str:
    return label if answered_on is None else f"{label}（{answered_on}）"


def _moment(at: datetime) -> str:
    return at.astimezone(clock.CHINA).strftime("%Y-%m-%d %H:%M")


def _day(day: date | None) -> str:
    return _NONE if day is None else str(day)


def _heading(text: str) -> Block:
    return {"kind": "heading", "text": text}


def _sub_heading(text: str) -> Block:
    return {"kind": "sub-heading", "text": text}


def _paragraph(text: str) -> Block:
    return {"kind": "paragraph", "text": text}


def _list(items: Sequence[str]) -> Block:
    return {"kind": "list", "items": list(items)}


def _table(columns: Sequence[str], widths: Sequence[int], rows: Iterable[list[str]]) -> Block:
    return {"kind": "table", "columns": list(columns), "widths": list(widths), "rows": list(rows)}
