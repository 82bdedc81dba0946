"""The model card: what a card is for, what it reads and how it judges, taken from the card itself."""

from collections.abc import Sequence

from scoring.definition import CardDefinition, Characteristic, Input, Text
from scoring.errors import CardError
from scoring.validation import markdown, wording
from scoring.validation.conclusions import conclusions
from scoring.validation.content import Judgements, Page, Paragraph, Part, Section, Table, count, same
from scoring.validation.report import ValidationReport

BASIS = Text("依据", "basis")
NAME = Text("名称", "name")


def model_card(card: CardDefinition, report: ValidationReport | None) -> str:
    """The model card in Markdown; `CardError` where the report is about another version of a card."""
    if report is not None and not report.is_of(card):
        told = f"{report.card.code} {report.card.effective_from} ({report.card.fingerprint})"
        raise CardError(f"report: it is about {told}, not about {card.fingerprint}; validate this card")
    title = Text(f"模型卡：{card.title.zh}", f"Model card: {card.title.en}")
    sections = (
        _purpose(card),
        _inputs(card),
        _prohibited(card),
        _points(card),
        _grades(card),
        _unknown(card),
        _validation(report),
        _limits(card, report),
        _sources(card),
    )
    made_up = Text("验证数据为演示数据（合成）", "validated on synthetic data")
    return markdown.render(Page(title, made_up if report and report.synthetic else None, sections))


def _purpose(card: CardDefinition) -> Section:
    subject = wording.SUBJECTS.get(card.subject, same(card.subject or "—"))
    words = Text(
        f"评定{subject.zh}的信用等级。总分 0 至 {card.maximum}，分值只来自下列规则表；"
        "等级供授信参考，是否授信由金融机构决定。",
        f"Grades the credit of each {subject.en}. Scores run from 0 to {card.maximum}; every point is in the "
        "tables below. A grade informs a lender, who decides.",
    )
    name = f"{card.code}:{card.variant}" if card.variant else card.code
    rows = (
        (Text("评分卡", "card"), same(name)),
        (Text("评定对象", "who is rated"), subject),
        (Text("生效日", "effective from"), same(card.effective_from.isoformat())),
        (Text("指纹", "fingerprint"), same(card.fingerprint)),
        (Text("总体依据", "basis"), _basis(card, card.basis)),
    )
    header = (Text("项目", "item"), Text("内容", "content"))
    table = Table(Text("版本", "version"), header, rows, 2)
    return Section("purpose", Text("用途和对象", "Purpose and subjects"), (Paragraph(words), table))


def _inputs(card: CardDefinition) -> Section:
    header = (
        NAME,
        Text("单位", "unit"),
        Text("取值", "values"),
        Text("敏感程度", "sensitivity"),
        Text("法律依据", "legal basis"),
    )
    rows = tuple(
        (item.label, same(item.unit), _values(item), wording.SENSITIVITIES[item.sensitivity], _lawful(item))
        for item in card.inputs
    )
    parts: list[Part] = [Table(Text("读取的资料", "facts read"), header, rows, 5)]
    if card.references:
        head = (NAME, Text("数值", "value"), Text("单位", "unit"), BASIS)
        local = tuple(
            (item.label, same(f"{item.value:,.15g}"), same(item.unit), _basis(card, item.basis))
            for item in card.references
        )
        parts.append(Table(Text("当地参考值", "local reference values"), head, local, 4))
    if card.derivations:
        parts.append(_derived(card))
    return Section("inputs", Text("资料", "Inputs"), tuple(parts))


def _derived(card: CardDefinition) -> Table:
    """The values computed from others, with what they are computed from."""
    labels = {item.name: item.label for item in card.inputs}
    labels |= {item.name: item.label for item in card.references}
    labels |= {item.name: item.label for item in card.derivations}
    rows = tuple(
        (
            item.label,
            wording.OPERATIONS[item.operation],
            Text(
                "、".join(labels[name].zh for name in item.of), ", ".join(labels[name].en for name in item.of)
            ),
            same(item.unit),
        )
        for item in card.derivations
    )
    header = (NAME, Text("算法", "operation"), Text("取自", "of"), Text("单位", "unit"))
    return Table(Text("由资料计算的值", "derived values"), header, rows, 4)


def _values(item: Input) -> Text:
    """The values an input may have, in words."""
    if item.categories:
        labels = [category.label for category in item.categories]
    else:
        labels = [same(f"{item.minimum:,.15g} – {item.maximum:,.15g}")]
    labels += [Text(f"{code:g} {text.zh}", f"{code:g} {text.en}") for code, text in item.codes.items()]
    labels += [Text(f"{code:g} {text.zh}", f"{code:g} {text.en}") for code, text in item.special.items()]
    return Text("；".join(text.zh for text in labels), "; ".join(text.en for text in labels))


def _lawful(item: Input) -> Text:
    basis = wording.LEGAL_BASES[item.sensitivity]
    if item.consent == "written" and item.sensitivity != "restricted":
        return Text(f"{basis.zh}；需书面同意", f"{basis.en}; written consent")
    return basis


def _prohibited(card: CardDefinition) -> Section:
    words = Text(
        "下列信息不得进入评分。验证报告按群体检验公平性时可以使用，但不影响任何人的分数。",
        "None of these may enter a score; fairness may be audited by them, which changes no score.",
    )
    rows = tuple((item.label, _basis(card, item.basis)) for item in card.prohibited)
    table = Table(Text("禁止信息", "prohibited"), (NAME, BASIS), rows, 2)
    return Section("prohibited", Text("禁止使用的信息", "Prohibited inputs"), (Paragraph(words), table))


def _points(card: CardDefinition) -> Section:
    blocks = tuple(
        (
            block.label,
            count(block.maximum),
            _kind(judgement=block.judgement, bonus=block.bonus),
            _basis(card, block.basis),
        )
        for block in card.blocks
    )
    header = (NAME, Text("最高分", "maximum"), Text("性质", "kind"), BASIS)
    parts: list[Part] = [Table(Text("板块", "blocks"), header, blocks, notes=2)]
    parts += [_characteristic(card, item) for item in card.characteristics]
    return Section("points", Text("板块和分值", "Blocks and points"), tuple(parts))


def _kind(*, judgement: bool, bonus: bool) -> Text:
    if bonus:
        return Text("加分", "bonus")
    return Text("评议", "judgement") if judgement else Text("记录", "record")


def _characteristic(card: CardDefinition, item: Characteristic) -> Table:
    """All bins of a characteristic with their points, 'unknown' first."""
    block = next(block.label for block in card.blocks if block.name == item.block)
    basis = card.sources[item.basis].document if item.basis in card.sources else item.basis
    caption = Text(
        f"{item.label.zh}（{block.zh}，最高 {item.maximum} 分；依据：{basis}）",
        f"{item.label.en} ({block.en}, at most {item.maximum})",
    )
    rows = tuple(
        (
            step.label,
            count(step.points),
            Text(f"{step.reason} {card.reasons[step.reason].zh}", card.reasons[step.reason].en)
            if step.reason
            else same(""),
        )
        for step in item.bins
    )
    header = (Text("情况", "state of affairs"), Text("分值", "points"), Text("原因", "reason"))
    return Table(caption, header, rows, notes=1)


def _grades(card: CardDefinition) -> Section:
    grades = tuple(
        (Text(f"{item.code} {item.label.zh}", item.label.en), count(item.minimum), _basis(card, item.basis))
        for item in card.grades
    )
    header = (Text("等级", "grade"), Text("最低分", "least score"), BASIS)
    parts: list[Part] = [Table(Text("等级", "grades"), header, grades, notes=1)]
    if card.vetoes:
        head = (
            Text("情形", "state of affairs"),
            Text("界限", "limit"),
            Text("等级最高", "grade at most"),
            BASIS,
        )
        vetoes = tuple(
            (
                item.label,
                same(f"{'≥' if item.inclusive else '>'} {item.threshold:.10g}"),
                same(item.grade_at_most),
                _basis(card, item.basis),
            )
            for item in card.vetoes
        )
        parts.append(Table(Text("一票否决（分数不变，等级受限）", "vetoes"), head, vetoes, 4))
    return Section("grades", Text("等级和否决", "Grades and vetoes"), tuple(parts))


def _unknown(card: CardDefinition) -> Section:
    labels = {item.name: item.label for item in card.inputs}
    required = [labels[name] for name in card.required if name in labels]
    none, total = card.unrated, len(card.characteristics)
    zh_required = "、".join(text.zh for text in required) or "无"
    en_required = ", ".join(text.en for text in required) or "none"
    refused = [item.label for item in card.inputs if item.invalid == "refuse"]
    words = Text(
        f"资料未知不按零分处理，按表中“未知”一档计分。必需资料：{zh_required}；缺少任何一项，"
        f"或 {total} 项指标中已知不足 {card.least_known_count} 项，为 {none.code}（{none.label.zh}），"
        "不给分数。超出取值范围的值按未知处理并提示。",
        f"An unknown fact is scored by the step for unknown, not as zero. Required: {en_required}; without "
        f"one, or with fewer than {card.least_known_count} of {total} characteristics known: {none.code}. "
        "A value out of range counts as unknown and is flagged.",
    )
    parts = [Paragraph(words)]
    if refused:
        parts.append(
            Paragraph(_listed("例外，超出范围即拒绝评分：", "Out of range, these are refused:", refused))
        )
    return Section("unknown", Text("未知资料的处理", "What is unknown"), tuple(parts))


def _validation(report: ValidationReport | None) -> Section:
    title = Text("验证和公平性", "Validation and fairness")
    if report is None:
        words = Text("尚未验证：没有验证报告的评分卡不得启用。", "Not validated: it must not be activated.")
        return Section("validation", title, (Paragraph(words),))
    words = Text(
        f"验证对象：{report.population}；{report.counts.row_count:,} 个主体，"
        f"其中 {report.counts.rated_outcome_count:,} 个已评级且结果已知。",
        f"{report.counts.row_count:,} subjects, {report.counts.rated_outcome_count:,} rated with an outcome.",
    )
    return Section("validation", title, (Paragraph(words), Judgements(conclusions(report))))


def _limits(card: CardDefinition, report: ValidationReport | None) -> Section:
    """What the card cannot tell, as far as the card itself shows it."""
    full = sum(block.maximum for block in card.blocks if not block.bonus)
    judged = sum(block.maximum for block in card.blocks if block.judgement)
    fixed = [item.label for item in card.characteristics if item.months_to_change is None]
    local = [item.label for item in card.references if item.basis == "SYNTHETIC"]
    found = [
        Text(
            "分数是排序，不是违约概率；由专家规则得出的分值须用实际结果检验。",
            "A score is an order, not a chance of default; expert points must be checked against outcomes.",
        )
    ]
    if judged:
        zh, en = (
            f"评议占 {judged} / {full} 分，取决于他人的看法。",
            f"{judged} of {full} points are judgement.",
        )
        found.append(Text(zh, en))
    if fixed:
        found.append(_listed("主体自己无法改变：", "Nobody can change these:", fixed))
    if local:
        found.append(_listed("合成的参考值，待当地提供：", "Synthetic reference values:", local))
    if report is None or report.synthetic:
        found.append(Text("尚未用真实结果验证。", "Not yet validated on real outcomes."))
    return Section("limits", Text("局限", "Limits"), tuple(Paragraph(text) for text in found))


def _listed(zh: str, en: str, labels: Sequence[Text]) -> Text:
    first, second = "、".join(text.zh for text in labels), ", ".join(text.en for text in labels)
    return Text(f"{zh}{first}。", f"{en} {second}.")


def _sources(card: CardDefinition) -> Section:
    header = (Text("代码", "code"), Text("文件", "document"), Text("条款", "article"), Text("日期", "dated"))
    rows = tuple(
        (same(item.code), same(item.document), same(item.article), same(item.dated))
        for item in card.sources.values()
    )
    return Section("sources", Text("来源", "Sources"), (Table(Text("来源", "sources"), header, rows, 4),))


def _basis(card: CardDefinition, code: str) -> Text:
    """The document and article behind a code; the code itself where none is declared."""
    source = card.sources.get(code)
    return same(f"{source.document} {source.article}" if source else code or "—")
