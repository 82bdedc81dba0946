"""What closed rounds came to: one round for the town, and the appraisal that holds for any subjects."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from app import clock
from app.access.looks import record_looks
from app.access.scope import Viewer
from app.appraisals import store
from app.appraisals.appraisal import (
    AppraisalResult,
    Flag,
    Line,
    Measure,
    ResultLine,
    Round,
    RoundResult,
)
from app.appraisals.service.rounds import lines_of, round_of
from app.db import Session
from app.errors import Conflict
from app.models import AppraisalFlag
from app.models import AppraisalResult as KeptResult
from app.records.current import months_before
from app.rules.appraisals import Counting
from app.rules.service import appraisal_rules_of
from app.subjects.cipher import Cipher


def result_of_round(
    session: Session, cipher: Cipher, round_id: int, *, viewer: Viewer, at: datetime
) -> RoundResult:
    """A closed round of the viewer's division; whoever reads it has seen its households, and that is kept."""
    found = round_of(session, round_id, viewer=viewer, on=clock.day_of(at))
    if found.closing is None:
        raise Conflict(
            f"评议轮次 {round_id} 尚未截止，没有结果 · round {round_id} is not closed yet; it has no result"
        )
    lines, kept = lines_of(session, cipher, round_id), store.flags(session, round_id)
    of_subject = {one.subject_id: one for one in store.results(session, round_id)}
    flagged = store.flags_of(session, [round_id])
    record_looks(session, [(subject_id, None) for subject_id in of_subject], viewer=viewer, at=at)
    number_of = {one.appraiser_id: one.number for one, _, _, _ in store.appraisers(session, round_id)}
    return RoundResult(
        round=found,
        measures=_measures(found, list(of_subject.values())),
        lines=[
            _line(line, of_subject.get(line.subject_id), flagged.get((round_id, line.subject_id), set()))
            for line in lines
        ],
        flags=[_flag(one, number_of) for one in kept],
    )


def _measures(found: Round, results: Collection[KeptResult]) -> list[Measure]:
    """The shares of a round; whoever refused, and whom nobody knows, stays in the denominators."""
    appraised = [one for one in results if one.score_hundredths is not None]
    counting = found.rules.counting
    favourable = sum(_is_favourable(one, counting) for one in appraised)
    total, able, done = found.household_count, found.appraisable_count, len(appraised)
    of_all, of_able, of_done = (
        "总户数 all households", "可评议户数 appraisable households", "已评议户数 appraised households",
    )  # fmt: skip
    return [
        Measure("appraisable_share", "可评率", able, total, of_all),
        Measure("appraised_share", "评议率", done, able, of_able),
        Measure("appraised_of_all_share", "评议覆盖率", done, total, of_all),
        Measure("favourable_household_share", "赞成率", favourable, done, of_done),
    ]


def _line(line: Line, found: KeptResult | None, flagged: Collection[str]) -> ResultLine:
    if found is None:
        return ResultLine(line, 0, 0, 0, None, None, None, {}, ())
    return ResultLine(
        line=line,
        known_count=found.known_count,
        appraiser_count=found.appraiser_count,
        favourable_count=found.favourable_count,
        score=_score(found),
        grade=found.grade,
        suggested_limit_fen=found.suggested_limit_fen,
        reasons=found.reasons,
        flags=tuple(sorted(flagged)),
    )


def _flag(kept: AppraisalFlag, number_of: Mapping[int, int]) -> Flag:
    def number(appraiser_id: int | None) -> int | None:
        return None if appraiser_id is None else number_of[appraiser_id]

    return Flag(
        kept.kind, number(kept.appraiser_id), number(kept.other_appraiser_id), kept.subject_id, kept.detail
    )


def results_of(session: Session, subject_ids: Collection[int], *, on: date) -> Mapping[int, AppraisalResult]:
    """The appraisal that holds on a day for each of these subjects, in a few queries for any number.

    It is the newest with a score of a round closed in the months its rules give it; where no round has given
    a score, the newest without one. A subject no round was about is not in it.
    """
    newest: dict[int, tuple[KeptResult, date, int]] = {}
    counting: dict[int, Counting] = {}
    for found, closing, version_id in store.results_of(session, subject_ids, on=on):
        if version_id not in counting:
            counting[version_id] = appraisal_rules_of(session, version_id).counting
        since = months_before(on, counting[version_id].valid_months)
        kept = newest.get(found.subject_id)
        has_score = found.score_hundredths is not None
        better = kept is None or has_score or kept[0].score_hundredths is None
        if closing.closed_on > since and better:
            newest[found.subject_id] = (found, closing.closed_on, version_id)
    flagged = store.flags_of(session, {found.appraisal_round_id for found, _, _ in newest.values()})
    return {
        subject_id: AppraisalResult(
            score=_score(found),
            appraiser_count=found.appraiser_count,
            favourable_count=found.favourable_count,
            favourable=_is_favourable(found, counting[version_id]),
            grade=found.grade,
            round_id=found.appraisal_round_id,
            closed_on=closed_on,
            flags=tuple(sorted(flagged.get((found.appraisal_round_id, subject_id), ()))),
        )
        for subject_id, (found, closed_on, version_id) in newest.items()
    }


def _is_favourable(found: KeptResult, counting: Counting) -> bool:
    reached = found.appraiser_count >= counting.quorum
    return reached and found.favourable_count >= counting.favourable_share * found.appraiser_count


def _score(found: KeptResult) -> float | None:
    return None if found.score_hundredths is None else found.score_hundredths / 100
