"""A rating told to the person it is about, in plain Chinese: what counted, what cost points, what helps."""

from collections.abc import Sequence

from app.models import UnratedReason
from app.overrides.override import Override
from app.printing import in_chinese
from app.ratings.schemas import CharacteristicAnswer, RatingAnswer, WayUpAnswer
from app.rights.report import Explained, RatingLine, ReportRating

_MADE = (
    "这个等级由计算机按公开的评分规则自动算出，没有人凭印象打分。",
    "算出它的规则版本：{card} {version}（指纹 {print}）。",
    "任何单位都不得只凭这个自动算出的等级拒绝您的贷款或服务，最后的决定由人作出。",
    "您对等级或者记录有疑问，可以要求工作人员复核，也可以提出异议，二十日内给您书面答复，都不收费。",
)
_REVIEW = "您已对评级提出人工复核申请，正在处理；处理期间，对外答复会注明此情况。"
_OVERRIDDEN = "工作人员经两人审批调整了您的等级：{words}。评分卡算出的等级没有改动，对外答复会同时注明。"
_NOBODY = "您目前还没有评级：系统最近一次夜间评级时，您尚未建档，或建档信息还没有汇总完毕。"
UNRATED = Explained(
    rating_id=None,
    as_of=None,
    grade=None,
    score=None,
    card=None,
    card_version=None,
    review_open=False,
    summary=[_NOBODY],
    counted=[],
    cost=[],
    ways_up=[],
    made=list(_MADE[2:]),
)


def told(rating: RatingAnswer, *, review_open: bool, override: Override | None = None) -> Explained:
    """The rating that holds now, in sentences."""
    card = rating.card
    made = [
        _MADE[0],
        _MADE[1].format(card=card.code, version=card.version, print=card.fingerprint[:12]),
        *_MADE[2:],
    ]
    return Explained(
        rating_id=rating.rating_id,
        as_of=rating.since,
        grade=rating.grade,
        score=rating.score,
        card=card.code,
        card_version=card.version,
        review_open=review_open,
        summary=[
            *_summary(rating),
            *([_OVERRIDDEN.format(words=override.words)] if override else []),
            *([_REVIEW] if review_open else []),
        ],
        counted=[_counted(line) for line in rating.characteristics if line.known] if _used(rating) else [],
        cost=_cost(rating) if _used(rating) else [],
        ways_up=_ways_up([way for way in (rating.way_up, *rating.other_ways_up) if way is not None]),
        made=made,
    )


def rating_told(rating: RatingAnswer) -> ReportRating:
    """One rating with every point and reason, as the report lists it."""
    card, texts = rating.card, {reason.code: reason.text.zh for reason in rating.reasons}
    lines = rating.characteristics if _used(rating) else []
    return ReportRating(
        rating_id=rating.rating_id,
        since=rating.since,
        until=rating.superseded_on,
        grade=rating.grade,
        grade_label=rating.grade_label.zh,
        score=rating.score,
        unrated_reason=_unrated(rating),
        card=f"{card.code}/{card.variant}" if card.variant else card.code,
        card_version=card.version,
        card_fingerprint=card.fingerprint,
        lines=[_line(line, texts.get(line.reason or "")) for line in lines],
        reasons=[f"{each.text.zh}（少得 {each.points_lost} 分）" for each in rating.reasons],
        vetoes=[f"{veto.label.zh}，等级最高为 {veto.grade_at_most}" for veto in rating.vetoes],
    )


def _summary(rating: RatingAnswer) -> list[str]:
    day, unrated = in_chinese(rating.since), _unrated(rating)
    if unrated is not None:
        return [f"{day}起，您没有信用等级（{rating.grade}），原因：{unrated}。"]
    known = f"评分规则共看 {rating.characteristic_count} 项，其中 {rating.known_count} 项有您的信息。"
    unknown = "没有信息的项目，按规则中“未知”一栏给分。" if _some_unknown(rating) else ""
    return [
        f"{day}起，您的信用等级是 {rating.grade}（{rating.grade_label.zh}），得 {rating.score} 分。",
        known + unknown,
    ]


def _unrated(rating: RatingAnswer) -> str | None:
    """Why there is no grade, in words."""
    labels = {reason.value: reason.label for reason in UnratedReason}
    return labels[rating.unrated_reason] if rating.unrated_reason else None


def _used(rating: RatingAnswer) -> bool:
    """Whether anything of the subject was looked at: of who may not be rated nothing was."""
    return rating.unrated_reason not in (UnratedReason.NO_CONSENT, UnratedReason.MERGED)


def _some_unknown(rating: RatingAnswer) -> bool:
    return any(not line.known for line in rating.characteristics)


def _counted(line: CharacteristicAnswer) -> str:
    return f"{line.label.zh}：{line.bin_label.zh}，{_points(line)}。依据：{_basis(line)}。"


def _points(line: CharacteristicAnswer) -> str:
    """What a characteristic gave; one that can only cost points says what it took."""
    if line.points_maximum > 0:
        return f"得 {line.points} 分，满分 {line.points_maximum} 分"
    return f"扣 {-line.points} 分" if line.points else "不扣分"


def _cost(rating: RatingAnswer) -> list[str]:
    """What points are missing for, the dearest first; a veto comes before all."""
    by_reason: dict[str, list[str]] = {}
    for line in rating.characteristics:
        if line.reason is not None and line.lost_to_full > 0:
            by_reason.setdefault(line.reason, []).append(f"{line.label.zh}（{_basis(line)}）")
    vetoes = [
        f"因为“{veto.label.zh}”，无论得多少分，等级最高只能是 {veto.grade_at_most}。"
        f"依据：{veto.basis.document}，{veto.basis.article}。"
        for veto in rating.vetoes
    ]
    reasons = [
        f"{reason.text.zh}，少得 {reason.points_lost} 分。"
        f"涉及：{'、'.join(by_reason.get(reason.code, ['—']))}。"
        for reason in rating.reasons
    ]
    return vetoes + reasons


def _ways_up(ways: Sequence[WayUpAnswer]) -> list[str]:
    """What would raise the grade, the fewest changes first."""
    return [
        f"办法{place}：{'；'.join(_change(way))}。做到以后可得 {way.score} 分，等级可升到 {way.grade}"
        f"{_months(way.months)}。"
        for place, way in enumerate(ways, start=1)
    ]


def _change(way: WayUpAnswer) -> list[str]:
    return [
        f"{change.label.zh}达到“{change.to_label.zh}”（多得 {change.points_gained} 分）"
        for change in way.changes
    ]


def _months(months: int) -> str:
    return f"，最快 {months} 个月" if months else ""


def _line(line: CharacteristicAnswer, reason: str | None) -> RatingLine:
    return RatingLine(
        label=line.label.zh,
        bin_label=line.bin_label.zh,
        known=line.known,
        points=line.points,
        points_maximum=line.points_maximum,
        reason=reason,
        basis=_basis(line),
    )


def _basis(line: CharacteristicAnswer) -> str:
    return f"{line.basis.document}，{line.basis.article}"
