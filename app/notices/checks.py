"""What a notice, an objection and its answer must satisfy before they are kept."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from app.errors import Conflict, Forbidden, Invalid
from app.models import DesignationKind, Notice, NoticeObjection, ObjectionChannel
from app.notices.notice import (
    CONTACT_LENGTH_MAX,
    DOCUMENT_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    UNNAMED,
    Finding,
    NoticeLine,
    Protest,
)
from app.rules.notice_rules import NoticeRules
from app.subjects.free_text import without_numbers

_MASKED = re.compile(r"[^\d*＊]?[*＊]{1,8}")
# A score, an amount, a number of a person: none of them is announced.
# A phone has eleven digits, an identity card seventeen; names of firms may have a few.
_NUMBER = re.compile(r"\d{8}")
_DIGIT = re.compile(r"[0-9０-９.．%％]")
_LENGTHS = {"shown_name": 64, "shown_place": 128, "result": 64}


def checked_lines(kind: DesignationKind, lines: Sequence[NoticeLine]) -> None:
    """Refuse an empty list, a title that stands twice, and every line that shows more than it may."""
    if not lines:
        raise Invalid("entries: 公示名单为空 · a notice without a line announces nothing; name at least one")
    if len({line.designation_id for line in lines}) != len(lines):
        raise Invalid("entries: 同一认定出现两次 · a title stands twice in the list; name each once")
    for number, line in enumerate(lines, start=1):
        _check_line(kind, line, where=f"entries[{number}]")


def _check_line(kind: DesignationKind, line: NoticeLine, *, where: str) -> None:
    for name, length in _LENGTHS.items():
        text = getattr(line, name)
        if not text.strip() or len(text) > length or not text.isprintable():
            raise Invalid(
                f"{where}.{name}: 应为 1 至 {length} 字 · write 1 to {length} characters on one line"
            )
        if _NUMBER.search(text):
            raise Invalid(
                f"{where}.{name}: 公示内容不得含证件号码等长数字 · a notice shows no number of a person"
            )
    # The name itself is not repeated: it may be the person's.
    hidden = line.shown_name == UNNAMED or _MASKED.fullmatch(line.shown_name)
    if kind is DesignationKind.CREDIT_HOUSEHOLD and not hidden:
        raise Invalid(
            f"{where}.shown_name: 姓名须脱敏，只留首字，如 王** · a person's name is shown by its first "
            "character and asterisks only"
        )
    if _DIGIT.search(line.result):
        raise Invalid(
            f"{where}.result: 只写认定结果，不得含得分或金额 · the result is in words; a score or an amount "
            "is never shown"
        )


def checked_period(begins_on: date, *, days: int, on: date, rules: NoticeRules) -> date:
    """The first day a notice no longer runs; it is long enough and does not begin in the past."""
    if days < rules.days_least:
        raise Invalid(
            f"days: 公示期不得少于 {rules.days_least} 天，现为 {days} 天 · a notice runs for at least "
            f"{rules.days_least} days, not {days} ({rules.code} of {rules.effective_from})"
        )
    if begins_on < on:
        raise Invalid(
            f"begins_on: 公示不能从过去的日期（{begins_on}）开始 · a notice begins on {on} or later, not on "
            f"{begins_on}"
        )
    return begins_on + timedelta(days=days)


def checked_protest(protest: Protest, notice: Notice, *, on: date) -> tuple[Protest, date]:
    """An objection in good order, and the day it was raised, on which the notice ran."""
    text, contact = protest.text.strip(), " ".join(protest.contact.split())
    if not 0 < len(text) <= TEXT_LENGTH_MAX:
        raise Invalid(
            f"text: 请写 1 至 {TEXT_LENGTH_MAX} 字，现有 {len(text)} 字 · write 1 to {TEXT_LENGTH_MAX} "
            f"characters, this has {len(text)}"
        )
    if len(contact) > CONTACT_LENGTH_MAX:
        raise Invalid(
            f"contact: 联系方式最多 {CONTACT_LENGTH_MAX} 字 · at most {CONTACT_LENGTH_MAX} characters"
        )
    raised_on = protest.raised_on or on
    if raised_on > on:
        raise Invalid(f"raised_on: 收到日期不能晚于今天 · it was received on {on} or before")
    if not notice.begins_on <= raised_on < notice.ends_on:
        last = notice.ends_on - timedelta(days=1)
        raise Conflict(
            f"公示 {notice.number} 的异议期为 {notice.begins_on} 至 {last} · notice {notice.number} could be "
            f"objected to from {notice.begins_on} to {last}; whatever is wrong with a title can be told to "
            "the town office at any time"
        )
    return replace(protest, text=text, contact=contact), raised_on


def refuse_online(channel: ObjectionChannel) -> None:
    """What comes over the public page is recorded by that page."""
    if channel is ObjectionChannel.ONLINE:
        raise Invalid(
            "channel: 网上提出的异议由公示页面记录 · what is objected online is recorded by the public page; "
            "write desk or letter"
        )


def checked_finding(finding: Finding) -> Finding:
    """An answer in good order: a reason, and a document on one line."""
    found, document = finding.found.strip(), finding.document.strip()
    if not 0 < len(found) <= TEXT_LENGTH_MAX:
        raise Invalid(
            f"found: 请写明核查情况，1 至 {TEXT_LENGTH_MAX} 字 · say what was found in 1 to "
            f"{TEXT_LENGTH_MAX} characters"
        )
    if not 0 < len(document) <= DOCUMENT_LENGTH_MAX or not document.isprintable():
        raise Invalid(
            f"document: 请写明依据文件，1 至 {DOCUMENT_LENGTH_MAX} 字，不换行 · name the document this "
            f"rests on, in 1 to {DOCUMENT_LENGTH_MAX} characters on one line"
        )
    return Finding(finding.upheld, found, without_numbers(document, where="document"))


def refuse_partial(
    objection: NoticeObjection, notice: Notice, *, proposed_by: frozenset[str], username: str
) -> None:
    """Nobody judges his own work: who posted, proposed or wrote the objection down."""
    own = {
        notice.recorded_by: ("公示发布人", "posted the notice"),
        objection.recorded_by: ("异议登记人", "wrote the objection down"),
        **dict.fromkeys(proposed_by, ("提名人", "proposed the title")),
    }.get(username)
    if own is not None:
        raise Forbidden(
            f"您是{own[0]}，不得答复该异议，请由同事答复 · you {own[1]} yourself; let a colleague answer"
        )
