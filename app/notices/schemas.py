"""Notices on the wire: what everybody is shown, and what the officials of the division work with."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.models import DesignationKind, NoticePurpose, ObjectionChannel, Place, PlaceKind
from app.notices.notice import (
    CONTACT_LENGTH_MAX,
    DOCUMENT_LENGTH_MAX,
    TEXT_LENGTH_MAX,
    Finding,
    LineEnd,
    ListedNotice,
    NoticeSummary,
    Protest,
    ProtestCase,
    ShownLine,
    ShownNotice,
    channel_label,
)


class NoticePlace(BaseModel):
    """The division a notice is posted in."""

    code: str
    name: str
    name_in_full: str
    kind: PlaceKind

    @classmethod
    def of(cls, place: Place, *, in_full: str) -> "NoticePlace":
        """One division."""
        return cls(code=place.code, name=place.name, name_in_full=in_full, kind=place.kind)


class NoticeHead(BaseModel):
    """What a notice announces, where, and on which days somebody may object; `last_day` is one of them."""

    number: str
    purpose: NoticePurpose
    purpose_label: str
    kind: DesignationKind
    kind_label: str
    place: NoticePlace
    begins_on: date
    last_day: date
    is_over: bool
    line_count: int

    @classmethod
    def head(cls, listed: ListedNotice, *, on: date) -> "NoticeHead":
        """One notice as it stands on a day."""
        notice = listed.notice
        return cls(
            number=notice.number,
            purpose=notice.purpose,
            purpose_label=notice.purpose.label,
            kind=notice.kind,
            kind_label=notice.kind.label,
            place=NoticePlace.of(listed.place, in_full=listed.place_name),
            begins_on=notice.begins_on,
            last_day=listed.last_day,
            is_over=listed.is_over(on),
            line_count=listed.line_count,
        )


class NoticesAnswer(BaseModel):
    """The notices everybody may see, the newest first."""

    notices: list[NoticeHead]


class NoticeEntryAnswer(BaseModel):
    """One line of a notice: a masked name, the village, the result; `end` if nothing comes of it any more."""

    line_number: int
    shown_name: str
    shown_place: str
    result: str
    end: LineEnd | None
    end_label: str | None

    @classmethod
    def of(cls, line: ShownLine) -> "NoticeEntryAnswer":
        """One line."""
        return cls(
            line_number=line.line_number,
            shown_name=line.shown_name,
            shown_place=line.shown_place,
            result=line.result,
            end=line.end,
            end_label=None if line.end is None else line.end.label,
        )


class NoticeAnswer(NoticeHead):
    """A notice with its lines."""

    entries: list[NoticeEntryAnswer]

    @classmethod
    def of(cls, shown: ShownNotice, *, on: date) -> "NoticeAnswer":
        """One notice in full."""
        entries = [NoticeEntryAnswer.of(entry) for entry in shown.entries]
        return cls(**NoticeHead.head(shown, on=on).model_dump(), entries=entries)


class NoticeWork(NoticeHead):
    """A notice with what waits for an answer; `days_left` until the first is due (negative: overdue)."""

    open_count: int
    due_on: date | None
    days_left: int | None

    @classmethod
    def of(cls, found: NoticeSummary, *, on: date) -> "NoticeWork":
        """One notice of the work list."""
        return cls(
            **NoticeHead.head(found.listed, on=on).model_dump(),
            open_count=found.open_count,
            due_on=found.due_on,
            days_left=None if found.due_on is None else (found.due_on - on).days,
        )


class NoticeWorkAnswer(BaseModel):
    """The notices of a division, the newest first; those with something overdue are counted."""

    notices: list[NoticeWork]
    open_count: int
    overdue_count: int

    @classmethod
    def of(cls, found: list[NoticeSummary], *, on: date) -> "NoticeWorkAnswer":
        """The work list of a day."""
        return cls(
            notices=[NoticeWork.of(each, on=on) for each in found],
            open_count=sum(each.open_count for each in found),
            overdue_count=sum(each.due_on is not None and each.due_on < on for each in found),
        )


class PublicProtest(BaseModel):
    """What somebody objects to a notice: to one of its lines or, without one, to the whole of it.

    Nobody has to say who he is; `contact` is how the person wants to be told what was found.
    """

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {"line_number": 2, "text": "他家去年的水费一直没有交。", "contact": "电话 023-0000000"}
            ]
        },
    )

    line_number: int | None = Field(default=None, ge=1, le=100_000)
    text: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)
    contact: str = Field(default="", max_length=CONTACT_LENGTH_MAX)

    def protest(self) -> Protest:
        """The objection as it is handed in."""
        return Protest(self.text, self.line_number, self.contact)


class OfficeProtest(PublicProtest):
    """An objection as the desk takes it, or as it came by letter; `raised_on` is the day it was received."""

    channel: Literal[ObjectionChannel.DESK, ObjectionChannel.LETTER]
    raised_on: date | None = Field(default=None, description="the day it was received; today, if left out")

    def protest(self) -> Protest:
        """The objection as it is handed in."""
        return Protest(self.text, self.line_number, self.contact, self.channel, self.raised_on)


class ReceiptAnswer(BaseModel):
    """That an objection was received: by its receipt the person asks after it."""

    notice_number: str
    receipt: str
    raised_on: date


class FindingBody(BaseModel):
    """What was found about an objection; one that is upheld keeps the title from being given (or taken)."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {"upheld": False, "found": "经核对收据，水费已结清。", "document": "水务站收据 2026-1102"}
            ]
        },
    )

    upheld: bool
    found: str = Field(min_length=1, max_length=TEXT_LENGTH_MAX)
    document: str = Field(min_length=1, max_length=DOCUMENT_LENGTH_MAX)

    def finding(self) -> Finding:
        """The answer as it is kept."""
        return Finding(self.upheld, self.found, self.document)


class NoticeObjectionAnswerBody(BaseModel):
    """An objection in full, for the officials of its division."""

    uid: str
    receipt: str
    line: NoticeEntryAnswer | None
    channel: ObjectionChannel
    channel_label: str
    raised_on: date
    text: str
    contact: str
    due_on: date
    days_left: int | None
    upheld: bool | None
    found: str
    document: str
    answered_on: date | None

    @classmethod
    def of(cls, case: ProtestCase, *, on: date) -> "NoticeObjectionAnswerBody":
        """One objection as it stands on a day."""
        objection, answer = case.objection, case.answer
        return cls(
            uid=objection.notice_objection_uid,
            receipt=case.receipt,
            line=None if case.entry is None else NoticeEntryAnswer.of(case.entry),
            channel=objection.channel,
            channel_label=channel_label(objection.channel),
            raised_on=objection.raised_on,
            text=case.text,
            contact=case.contact,
            due_on=case.due_on,
            days_left=(case.due_on - on).days if answer is None else None,
            upheld=None if answer is None else answer.upheld,
            found=case.found,
            document="" if answer is None else answer.document,
            answered_on=None if answer is None else answer.answered_on,
        )


class NoticeObjectionsAnswer(BaseModel):
    """What was objected to a notice, the oldest first."""

    notice_number: str
    objections: list[NoticeObjectionAnswerBody]
