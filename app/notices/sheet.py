"""The sheet of a notice to pin up in the village: who, what, until when, and how to object."""

import json
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.models import NoticePurpose, PlaceKind
from app.notices.notice import ListedNotice, ShownNotice
from app.printing import SYNTHETIC, breakable, in_chinese, printed, qr_code

TEMPLATE = Path(__file__).with_name("sheet.typ")
_OPENING = {
    NoticePurpose.AWARD: "经提名、审核，下列{kind}拟予认定，现予公示，请群众监督。",
    NoticePurpose.REVOCATION: "经复核，下列{kind}拟予摘牌，现予公示，请群众监督。",
}


def sheet_pdf(shown: ShownNotice, *, address: str, synthetic: bool) -> bytes:
    """The pages to print and to stamp; `address` is where the public finds the service.

    `synthetic`: the database holds the demonstration, and the sheet says so.
    """
    words = _words(shown, url=page_of(shown.notice.number, address=address))
    words["synthetic"] = SYNTHETIC if synthetic else ""
    return _pdf(json.dumps(words), shown.notice.recorded_at)


def page_of(number: str, *, address: str) -> str:
    """Where everybody reads a notice and objects to it."""
    return f"{address}/public/notices/{number}"


def title_of(listed: ListedNotice) -> str:
    """What a notice is called."""
    verb = "摘牌" if listed.notice.purpose is NoticePurpose.REVOCATION else "认定"
    return f"{listed.notice.kind.label}拟{verb}公示"


def opening_of(shown: ShownNotice) -> str:
    """What a notice says first."""
    return _OPENING[shown.notice.purpose].format(kind=shown.notice.kind.label)


def office_of(shown: ShownNotice) -> str:
    """Where people go who do not want to write on a phone."""
    return f"{shown.town.name}{'办事处' if shown.town.kind is PlaceKind.SUBDISTRICT else '人民政府'}"


def period_of(listed: ListedNotice) -> str:
    """The days somebody may object on, from the first to the last."""
    first, last = in_chinese(listed.notice.begins_on), in_chinese(listed.last_day)
    return f"{first}至{last.removeprefix(first.partition('年')[0] + '年')}"


@lru_cache(maxsize=64)
def _pdf(words: str, dated: datetime) -> bytes:
    return printed(TEMPLATE, json.loads(words), dated=dated)


def _words(shown: ShownNotice, *, url: str) -> dict[str, Any]:
    notice, office = shown.notice, office_of(shown)
    return {
        "title": title_of(shown),
        "number": notice.number,
        "opening": f"{shown.place_name}：{opening_of(shown)}",
        "period": f"公示期：{period_of(shown)}",
        "objecting": (
            "有不同意见，请在公示期内提出：用手机扫右边的二维码填写，不用登录，可以不留姓名；"
            f"也可以到{office}当面说，或写信。"
        ),
        "where": f"收到后二十日内核查答复，核查清楚以前不作决定。公示编号：{notice.number}",
        "qr": qr_code(url),
        "qr_words": "扫码提意见",
        "headings": ["序号", "名称", "所在村（镇街）", "结果"],
        "lines": [
            {
                "number": entry.line_number,
                "name": entry.shown_name,
                "place": breakable(entry.shown_place),
                "result": breakable(entry.outcome),
            }
            for entry in shown.entries
        ],
        "privacy": "为保护个人信息，农户只显示户主姓名的首字；公示不含得分、收入和证件号码。",
        "office": office,
        "seal": "（盖章）",
        "date": in_chinese(notice.begins_on),
    }
