"""What an objection is about, in words an official and the subject understand."""

from dataclasses import dataclass

from app.models import Fact, Rating, RatingRun, Record, Source
from app.printing import in_chinese
from app.records.words import in_words


@dataclass(frozen=True)
class About:
    """The disputed record or rating: what it says, in Chinese, and which it is, in English."""

    words: str
    english: str


def about_record(record: Record, fact: Fact, source: Source) -> About:
    """What a disputed record says."""
    said = in_words(record.value, fact.value_type, fact.unit)
    return About(
        f"{fact.label}：{said}（{in_chinese(record.observed_on)}采集，来源：{source.label}，"
        f"记录号 {record.record_id}）",
        f'the record "{fact.label_en}" of {record.observed_on} (no. {record.record_id})',
    )


def about_rating(rating: Rating, run: RatingRun) -> About:
    """What a disputed rating says."""
    score = rating.unrated_reason.label if rating.score is None else f"{rating.score} 分"
    return About(
        f"信用等级 {rating.grade}，{score}（{in_chinese(run.as_of)}评定，评级号 {rating.rating_id}）",
        f"the rating of {run.as_of} (no. {rating.rating_id})",
    )
