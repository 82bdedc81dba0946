"""The columns of a sheet of consents: whose, to what, for whom, from when until when, and on which paper."""

import re
from datetime import date

from app.jobs.imports import entities
from app.jobs.imports.cells import (
    choice,
    code,
    day,
    id_number,
    in_clear,
    paper_number,
    shown_in_clear,
    shown_number,
    text,
)
from app.jobs.imports.columns import Column
from app.jobs.imports.households import NO
from app.jobs.imports.reading import Raw
from app.models import ConsentChannel, ConsentKind, Purpose

_KINDS = {kind.label: kind for kind in ConsentKind}
_PURPOSES = {purpose.label: purpose for purpose in Purpose}
_CHANNELS = {channel.label: channel for channel in ConsentChannel if channel is not ConsentChannel.MIGRATED}
_ANSWERS = {"是": True, "否": False, "同意": True, "不同意": False}
# A comma inside brackets belongs to a label.
_BETWEEN_LABELS = re.compile(r"[、,;](?![^(]*\))")


def _labels(raw: Raw, on: date) -> tuple[str, ...]:
    """The labels in one cell, separated by 、 or a comma."""
    return tuple(label.strip() for label in _BETWEEN_LABELS.split(text(raw, on)) if label.strip())


def _end_day(raw: Raw, on: date) -> date:
    """The day a consent ends, which may lie in the future."""
    del on
    return day(raw, date.max)


HOUSEHOLD_NO = Column(
    NO.name, NO.parse, required=False, note="三种号码填一种", example=NO.example, also=NO.also
)
PERSON = Column(
    "身份证号",
    id_number,
    required=False,
    show=shown_number,
    note="户主或成年成员的身份证号",
    also=("户主身份证号", "身份证号码", "公民身份号码"),
)
USCC = Column(
    entities.USCC.name,
    entities.USCC.parse,
    required=False,
    note="经营主体的授权书填这一列",
    example=entities.USCC.example,
    also=entities.USCC.also,
)
KIND = Column(
    "授权类型", choice(_KINDS), required=False, entry="choice", choices=tuple(_KINDS), note="只撤回时可不填"
)
AGREED = Column(
    "是否同意",
    choice(_ANSWERS, listed=("是", "否")),
    required=False,
    entry="choice",
    choices=("是", "否"),
    note="拒绝也要登记，填“否”；只撤回时可不填",
)
REFERENCE = Column(
    "授权书编号",
    paper_number,
    show=shown_in_clear,
    note="同一主体不得重复使用，不写身份证号",
    example="授权书 2026-0001",
)
FACTS = Column(
    "指标范围",
    _labels,
    required=False,
    note="仅限制类信息采集；指标名称用“、”隔开，不填为全部限制类指标",
    example="家庭年收入、负债总额",
)
ORGANISATION = Column(
    "被授权机构", code, required=False, note="仅查询授权；机构代码", example="demo_bank", also=("机构代码",)
)
PURPOSE = Column(
    "用途",
    choice(_PURPOSES),
    required=False,
    entry="choice",
    choices=tuple(_PURPOSES),
    note="仅查询授权",
)
EFFECTIVE_FROM = Column(
    "生效日期", day, required=False, entry="date", note="第一天；只撤回时可不填", example="2026-01-01"
)
EFFECTIVE_TO = Column(
    "截止日期", _end_day, required=False, entry="date", note="从这一天起不再有效；长期有效则留空"
)
CHANNEL = Column("方式", choice(_CHANNELS), entry="choice", choices=tuple(_CHANNELS))
EVIDENCE = Column(
    "凭证",
    in_clear(255),
    show=shown_in_clear,
    note="原件存放处，不写个人号码",
    example="镇便民中心档案柜 3-12（演示）",
)
WITHDRAWN_ON = Column(
    "撤回日期", day, required=False, entry="date", note="填了就是撤回此编号的授权，从这一天起无效"
)
CONSENT_COLUMNS = (
    HOUSEHOLD_NO,
    PERSON,
    USCC,
    KIND,
    AGREED,
    REFERENCE,
    FACTS,
    ORGANISATION,
    PURPOSE,
    EFFECTIVE_FROM,
    EFFECTIVE_TO,
    CHANNEL,
    EVIDENCE,
    WITHDRAWN_ON,
)
