"""Public notices: posted in good order, open to everybody's objection, answered by somebody else."""

from app.notices.notice import (
    Finding,
    ListedNotice,
    NoticeLine,
    NoticeStanding,
    NoticeSummary,
    Protest,
    ProtestCase,
    ShownNotice,
)
from app.notices.service.objecting import answer, object_at_office, object_publicly, objections
from app.notices.service.posting import post, standings
from app.notices.service.reading import notice_of_division, public_notice, public_notices, work_list

__all__ = [
    "Finding", "ListedNotice", "NoticeLine", "NoticeStanding", "NoticeSummary", "Protest", "ProtestCase",
    "ShownNotice", "answer", "notice_of_division", "object_at_office", "object_publicly", "objections",
    "post", "public_notice", "public_notices", "standings", "work_list",
]  # fmt: skip
