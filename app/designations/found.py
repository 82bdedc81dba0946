"""What was found out about a holder of a title: the facts, their fingerprint, and what stands against."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from app.errors import Conflict
from app.models.base import Labelled


class Block(Labelled):
    """Why a holder cannot be given a title, or cannot be proposed for it now."""

    NOT_RATED = "not_rated", "尚无评级"
    CONSENT_REFUSED = "consent_refused", "未同意建档评级或已撤回同意"
    MERGED = "merged", "已并户"
    GRADE_TOO_LOW = "grade_too_low", "等级未达标准"
    VETO = "veto", "一票否决"
    NO_APPRAISAL = "no_appraisal", "未经村级评议或评议人数不足"
    APPRAISAL_UNFAVOURABLE = "appraisal_unfavourable", "评议赞成比例不足"
    NOT_IN_EXISTENCE = "not_in_existence", "主体未存续"
    DOCUMENT_MISSING = "document_missing", "缺少有效的证明文件"
    NOT_REGISTERED = "not_registered", "不在名录内"
    NO_SUCH_TITLE = "no_such_title", "此类区划不评此称号"
    PLACE_ENDED = "place_ended", "区划已撤销或变更"
    NOT_JUDGED = "not_judged", "尚无达标测算"
    GATES_FAIL = "gates_fail", "有门槛未达标"
    GATES_INSUFFICIENT = "gates_insufficient", "数据不足，须申请并人工认定"
    VILLAGES_FIRST = "villages_first", "信用村尚未达到规定比例"
    RUNG_TOO_HIGH = "rung_too_high", "得分未达此档次"
    RUNG_INSUFFICIENT = "rung_insufficient", "得分所需数据不足，须申请并人工认定"
    LOWER_RUNG_FIRST = "lower_rung_first", "须先取得下一级称号"
    PROPOSED_ALREADY = "proposed_already", "正在办理中"
    HOLDS_TITLE = "holds_title", "已有此称号"
    ONLY_BY_APPLICATION = "only_by_application", "曾不予认定、摘牌或撤回，须重新申请"


# The newest published night there was when the facts were taken, however long a status has not changed.
NEWEST_NIGHT = "newest_night"
# A night at every month-end at least, and some days for it to be late.
NIGHT_DAYS_MAX = 35
# Of each gate of a place: value, numerator, denominator and threshold. Facts from before they were kept have
# the states alone.
FIGURES = "figures"
# What a person may answer for with a reason and a document, where the numbers are too few to tell.
BY_HAND = frozenset({Block.GATES_INSUFFICIENT, Block.RUNG_INSUFFICIENT})


@dataclass(frozen=True, slots=True)
class Holder:
    """Who would hold a title: a subject with the division it lives in, or a village or town itself."""

    place_id: int
    subject_id: int | None = None

    @property
    def key(self) -> str:
        """`s` and the number of the subject, or `p` and that of the place."""
        return f"p{self.place_id}" if self.subject_id is None else f"s{self.subject_id}"


@dataclass(frozen=True)
class Found:
    """A holder with the facts of a day and what stands against the title; `code` is that of a place."""

    holder: Holder
    facts: Mapping[str, Any]
    blocks: tuple[Block, ...] = ()
    ended: str = field(default="")
    code: str = ""

    @property
    def newest_night(self) -> date | None:
        """The newest night there was when the facts were taken; none before the first."""
        newest = self.facts.get(NEWEST_NIGHT)
        return None if newest is None else date.fromisoformat(newest)

    def standing_against(self, *, by_hand: bool) -> tuple[Block, ...]:
        """What stands against it, without what somebody answers for by hand."""
        return tuple(block for block in self.blocks if not (by_hand and block in BY_HAND))


def refuse_old_night(newest: date | None, *, on: date) -> None:
    """`Conflict` where the newest night is too old for anything to be decided on what it said."""
    if newest is not None and (on - newest).days > NIGHT_DAYS_MAX:
        raise Conflict(
            f"最近一次评定为 {newest}，距 {on} 已超过 {NIGHT_DAYS_MAX} 天，不能据以办理；请先运行 "
            f"credit-village rescore · the newest night is of {newest}, more than {NIGHT_DAYS_MAX} days "
            f"before {on}: run `credit-village rescore` first"
        )


def fingerprint_of(facts: Mapping[str, Any]) -> str:
    """SHA-256 of facts as JSON with sorted keys, the same on every machine."""
    plain = json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(plain.encode()).hexdigest()


def listed(blocks: tuple[Block, ...]) -> str:
    """What stands against a title in both languages."""
    return "、".join(block.label for block in blocks) + " · " + ", ".join(blocks)
