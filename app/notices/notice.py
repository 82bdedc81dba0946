"""A notice as it is posted, as it stands on a day, and as the public and the officials see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from app.models import (
    DesignationAction,
    Notice,
    NoticeObjection,
    NoticeObjectionAnswer,
    ObjectionChannel,
    Place,
)
from app.models.base import Labelled

TEXT_LENGTH_MAX = 1000
CONTACT_LENGTH_MAX = 100
DOCUMENT_LENGTH_MAX = 255
# Of a person who does not agree to be named, though the title is taken all the same.
UNNAMED = "（本人未同意公示姓名）"


class LineEnd(Labelled):
    """Why nothing that was announced in a line comes of it, before its notice led to a decision."""

    WITHDRAWN = "withdrawn", "已撤回"
    REFUSED = "refused", "不予认定"
    KEPT = "kept", "不予摘牌"
    LAPSED = "lapsed", "已失效"


_ENDS = {
    DesignationAction.WITHDRAW: LineEnd.WITHDRAWN,
    DesignationAction.REFUSE: LineEnd.REFUSED,
    DesignationAction.KEEP: LineEnd.KEPT,
    DesignationAction.LAPSE: LineEnd.LAPSED,
}


def line_end(following: DesignationAction | None) -> LineEnd | None:
    """How a line ended by the step that followed its notice; none while it runs, or as announced."""
    return None if following is None else _ENDS.get(following)


@dataclass(frozen=True)
class NoticeLine:
    """One line to be shown: whose title, under which name, from where, and what is announced of it."""

    designation_id: int
    shown_name: str
    shown_place: str
    result: str


@dataclass(frozen=True)
class NoticeStanding:
    """A notice on a day: whether its days are over, what is open against which title, and what was upheld.

    An objection to the whole notice counts for every line of it. Whether it has ended is a matter of days
    only: a title waits for the answer to what was raised in time.
    """

    notice: Notice
    ended: bool
    open_objections: Mapping[int, int]
    upheld: frozenset[int]

    @property
    def last_day(self) -> date:
        """The last day on which it is to be seen and objected to."""
        return self.notice.ends_on - timedelta(days=1)


@dataclass(frozen=True)
class ListedNotice:
    """A notice in a list: where it is posted, and how many lines it has."""

    notice: Notice
    place: Place
    place_name: str
    line_count: int

    @property
    def last_day(self) -> date:
        """The last day on which somebody may object."""
        return self.notice.ends_on - timedelta(days=1)

    def is_over(self, on: date) -> bool:
        """Whether its days are over."""
        return on >= self.notice.ends_on


@dataclass(frozen=True)
class ShownLine:
    """A line as it is shown today: who has taken his consent back is named no more.

    `end`: why nothing comes of it any more; it takes no objection then.
    """

    notice_entry_id: int
    line_number: int
    designation_id: int
    shown_name: str
    shown_place: str
    result: str
    end: LineEnd | None = None

    @property
    def outcome(self) -> str:
        """What is announced, and what has become of it if nothing comes of it."""
        return self.result if self.end is None else f"{self.result}（{self.end.label}）"


@dataclass(frozen=True)
class ShownNotice(ListedNotice):
    """A notice with its lines, and the town or street whose office answers."""

    town: Place
    entries: tuple[ShownLine, ...]

    @property
    def open_entries(self) -> tuple[ShownLine, ...]:
        """The lines that may still be objected to."""
        return tuple(entry for entry in self.entries if entry.end is None)


@dataclass(frozen=True)
class NoticeSummary:
    """A notice of a work list: how much is open against it, and when the first answer is due."""

    listed: ListedNotice
    open_count: int
    due_on: date | None


@dataclass(frozen=True)
class Protest:
    """What somebody objects: to which line (none: the whole notice), in what words, how it came.

    `contact` is how the person wants to be told, if at all; `raised_on` is the day it reached the office.
    """

    text: str
    line_number: int | None = None
    contact: str = ""
    channel: ObjectionChannel = ObjectionChannel.ONLINE
    raised_on: date | None = None


@dataclass(frozen=True)
class Finding:
    """What was found about an objection: whether it holds, why, and on the ground of which document."""

    upheld: bool
    found: str
    document: str


@dataclass(frozen=True)
class ProtestCase:
    """An objection as the officials of its division read it, with the day its answer is due."""

    objection: NoticeObjection
    entry: ShownLine | None
    text: str
    contact: str
    due_on: date
    answer: NoticeObjectionAnswer | None
    found: str

    @property
    def receipt(self) -> str:
        """By what the person can ask after it."""
        return receipt_of(self.objection)


def receipt_of(objection: NoticeObjection) -> str:
    """The short number whoever objected is given."""
    return objection.notice_objection_uid[:8].upper()


def channel_label(channel: ObjectionChannel) -> str:
    """How an objection to a notice came; what is objected online is written on the page of the notice."""
    return "公示页面" if channel is ObjectionChannel.ONLINE else channel.label
