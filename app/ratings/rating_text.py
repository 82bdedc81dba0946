"""A rating as it is sent, written without the checks of a model."""

from collections.abc import Mapping
from datetime import date

from pydantic_core import to_json

from app.ratings.explained import ExplainedRating
from scoring import Line, WayUp
from scoring.definition import Source, Text


def rating_text(told: ExplainedRating, *, as_of: date) -> bytes:
    """A `RatingAnswer` of a rating that holds, as it is sent after the newest night."""
    return to_json(_plain(told, as_of=as_of))


def _plain(told: ExplainedRating, *, as_of: date) -> dict[str, object]:
    """What `RatingAnswer.of` makes of a rating that holds, without the checks of a model: a test compares."""
    rating, said, rule = told.rating, told.explanation, told.rule
    ways_up = [_plain_way(way) for way in told.ways_up]
    return {
        "rating_id": rating.rating_id,
        "grade": rating.grade,
        "grade_label": _words(said.grade_label),
        "score": rating.score,
        "unrated_reason": rating.unrated_reason.value or None,
        "since": told.run.as_of,
        "as_of": as_of,
        "superseded_on": None,
        "on_file": rating.on_file,
        "known_count": rating.known_count,
        "characteristic_count": said.characteristic_count,
        "out_of_range_count": rating.out_of_range_count,
        "card": {
            "code": rule.code,
            "variant": rule.variant,
            "version": rule.effective_from,
            "fingerprint": rule.fingerprint,
        },
        "characteristics": [_plain_line(line, told.record_ids) for line in said.lines],
        "blocks": [
            {
                "name": block.name,
                "label": _words(block.label),
                "points": block.points,
                "points_maximum": block.points_maximum,
            }
            for block in said.blocks
        ],
        "vetoes": [
            {
                "name": veto.name,
                "label": _words(veto.label),
                "grade_at_most": veto.grade_at_most,
                "basis": _basis(veto.basis),
            }
            for veto in said.vetoes
        ],
        "reasons": [
            {"code": reason.code, "text": _words(reason.text), "points_lost": reason.points_lost}
            for reason in said.reasons
        ],
        "way_up": ways_up[0] if ways_up else None,
        "other_ways_up": ways_up[1:],
    }


def _plain_line(line: Line, record_ids: Mapping[str, int]) -> dict[str, object]:
    return {
        "name": line.name,
        "label": _words(line.label),
        "block": line.block,
        "bin": line.bin,
        "bin_label": _words(line.bin_label),
        "known": line.known,
        "points": line.points,
        "points_maximum": line.points_maximum,
        "lost_to_full": line.lost_to_full,
        "lost_to_passing": line.lost_to_passing,
        "lost_to_village": line.lost_to_village,
        "reason": line.reason,
        "basis": _basis(line.basis),
        "inputs": line.inputs,
        "record_ids": [record_ids[name] for name in line.inputs if name in record_ids],
    }


def _plain_way(way: WayUp) -> dict[str, object]:
    return {
        "grade": way.grade,
        "score": way.score,
        "months": way.months,
        "changes": [
            {
                "name": change.name,
                "label": _words(change.label),
                "to_label": _words(change.to_label),
                "points_gained": change.points_gained,
                "months": change.months,
            }
            for change in way.changes
        ],
    }


def _words(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}


def _basis(source: Source) -> dict[str, str]:
    return {
        "code": source.code,
        "document": source.document,
        "article": source.article,
        "dated": source.dated,
    }
