"""The words of the letter to a subject: what was found, what follows, and what the subject can do."""

from dataclasses import dataclass

from app.models import Objection, ObjectionEvent, ObjectionEventKind
from app.objections.about import About
from app.objections.letter import Letter, LetterFact
from app.printing import in_chinese
from app.subjects.service import SubjectCard

_MEANING = {
    ObjectionEventKind.CORRECTED: (
        "您反映的情况属实，{thing}有误，已经更正。下一次夜间评级按更正后的内容计算。"
    ),
    ObjectionEventKind.CONFIRMED: "经核查，{thing}没有错误，予以保留。",
    ObjectionEventKind.UNRESOLVED: (
        "经核查，目前不能确认{thing}是否有误。{thing}和您的异议都会保留，今后每次查询都会同时注明您有异议。"
    ),
}
_MEANING_EN = {
    ObjectionEventKind.CORRECTED: "it was wrong and is corrected; the next night rates by what is right",
    ObjectionEventKind.CONFIRMED: "it is right and stays as it is",
    ObjectionEventKind.UNRESOLVED: "it could not be settled; both it and your objection are kept and shown",
}
_REMEDIES = (
    "可以向当地中国人民银行分支机构投诉，受理后三十日内给您书面答复（《征信业管理条例》第二十六条）。",
    "可以自收到本告知书之日起六十日内依法申请行政复议（《行政复议法》第二十条）。",
    "认为合法权益受到侵害的，也可以直接向人民法院起诉（《征信业管理条例》第二十六条）。",
)
_SYNTHETIC = "演示数据（合成）"


@dataclass(frozen=True)
class Case:
    """An answered objection with everything its letter says, in plain text."""

    objection: Objection
    end: ObjectionEvent
    subject: SubjectCard
    about: About
    text: str
    found: str
    office: str


def letter_of(case: Case) -> Letter:
    """The letter about an answered objection."""
    objection, end = case.objection, case.end
    thing = "原记录" if objection.rating_id is None else "原评级"
    return Letter(
        title="异议处理告知书",
        reference=f"异议〔{objection.raised_on.year}〕{objection.objection_id} 号",
        salutation=f"{case.subject.display_name}：",
        opening=f"您于{in_chinese(objection.raised_on)}提出的异议，我们已经核查完毕，现将结果告知您。",
        outcome=f"结果：{end.kind.label}",
        meaning=_MEANING[end.kind].format(thing=thing),
        facts=_facts(case),
        remedies_title="如果您不同意这个结果",
        remedies=_REMEDIES,
        help="提出异议、投诉和申请行政复议都不收费。有看不懂的地方，请到我单位窗口，工作人员会给您讲解。",
        office=case.office,
        seal="（盖章）",
        date=in_chinese(end.happened_on),
        english=_english(case),
        synthetic=_SYNTHETIC if case.subject.synthetic else "",
    )


def _facts(case: Case) -> tuple[LetterFact, ...]:
    objection, end = case.objection, case.end
    late = "，现已逾期答复，请您谅解" if end.happened_on > objection.due_on else ""
    number = case.subject.number_masked or case.subject.uscc
    return (
        *([LetterFact("证件号码", number)] if number else []),
        LetterFact("异议对象", case.about.words),
        LetterFact("您的意见", case.text),
        LetterFact("核查情况", case.found),
        LetterFact("依据", end.document),
        LetterFact("答复期限", f"应在{in_chinese(objection.due_on)}（含当日）前答复{late}"),
    )


def _english(case: Case) -> str:
    return (
        f"Summary: on {case.objection.raised_on} you objected to {case.about.english}. Result: "
        f"{_MEANING_EN[case.end.kind]}. If you do not agree, you may complain to the local branch of the "
        "People's Bank of China, ask for an administrative reconsideration within 60 days of receiving this "
        "letter, or go to court."
    )
