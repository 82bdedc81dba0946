"""Closing a round: its marks become results, flags and records, once."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from app import clock
from app.access.scope import Viewer
from app.appraisals import store
from app.appraisals.appraisal import REASON_LENGTH_MAX, Line, Round, RoundState
from app.appraisals.counting import FoundFlag, HouseholdResult, counted, flags, kappa, results
from app.appraisals.service.rounds import already_closed, lines_of, round_of
from app.appraisals.service.sheets import appraisable
from app.db import Session, add_once
from app.errors import Conflict, Invalid
from app.models import (
    AppraisalClosing,
    AppraisalFlag,
    AppraisalResult,
    AppraisalSheet,
    Batch,
    BatchKind,
)
from app.records.service import source_by_code
from app.subjects.cipher import Cipher
from app.subjects.free_text import without_numbers

SOURCE = "village_appraisal"
SCORE, COUNT = "appraisal_score", "appraiser_count"


def close_round(
    session: Session, cipher: Cipher, round_id: int, *, viewer: Viewer, at: datetime, reason: str = ""
) -> Round:
    """Close a round, once: the scores go into the records, and the next night rates by them.

    `Conflict` before `closes_on` unless every sheet is in, or a reason is given while none is, and for a
    round that is closed. Households below the quorum have no result, and no record.
    """
    why = _checked(reason)
    on = clock.day_of(at)
    store.lock_round(session, round_id)
    found = round_of(session, round_id, viewer=viewer, on=on)
    _refuse_unless_due(found, why=why)
    lines = appraisable(lines_of(session, cipher, round_id))
    sheets = [sheet for _, _, sheet, _ in store.appraisers(session, round_id) if sheet is not None]
    marks = counted(
        [line.subject_id for line in lines],
        [sheet.appraiser_id for sheet in sheets],
        store.marks_of_round(session, round_id),
        declared=store.kin_of_round(session, round_id),
        rules=found.rules,
    )
    made, agreement = results(marks, found.rules), kappa(marks, found.rules)
    shown = list(flags(marks, found.rules, agreement=agreement))
    mark = _fingerprint(found, sheets, made)
    batch_id = _deliver(session, found, made, lines, mark=mark, viewer=viewer, at=at, on=on)
    closing = AppraisalClosing(
        appraisal_round_id=round_id,
        closed_on=on,
        sheet_count=len(sheets),
        kappa=agreement,
        batch_id=batch_id,
        fingerprint=mark,
        reason=why or None,
        closed_at=at,
        closed_by=viewer.user_id,
    )
    if not add_once(session, closing):
        raise already_closed(found.round)
    store.add(session, *_rows(round_id, made), *_flag_rows(round_id, shown))
    return round_of(session, round_id, viewer=viewer, on=on)


def _checked(reason: str) -> str:
    plain = without_numbers(reason.strip(), where="reason")
    if len(plain) > REASON_LENGTH_MAX:
        raise Invalid(
            f"reason: 至多 {REASON_LENGTH_MAX} 字，现有 {len(plain)} 字 · write at most {REASON_LENGTH_MAX} "
            f"characters, this has {len(plain)}"
        )
    return plain


def _refuse_unless_due(found: Round, *, why: str) -> None:
    missing = found.invited_count - found.submitted_count
    if found.state is RoundState.CLOSED:
        raise already_closed(found.round)
    if found.state is not RoundState.DUE and not found.submitted_count:
        if why:
            return
        raise Conflict(
            f"尚无人提交评议表，{found.round.closes_on} 前须写明理由才能截止 · no sheet is handed in; before "
            f"{found.round.closes_on} such a round is closed only with a reason"
        )
    if found.state is RoundState.SCHEDULED:
        raise Conflict(
            f"评议自 {found.round.opens_on} 开始，尚不能截止 · this round begins on "
            f"{found.round.opens_on}; it cannot be closed yet"
        )
    if found.state is RoundState.OPEN and (missing or not found.invited_count):
        raise Conflict(
            f"还有 {missing} 名评议员未提交，{found.round.closes_on} 前不能截止 · {missing} sheets are "
            f"missing; before {found.round.closes_on} a round is closed only when all are in"
        )


def _deliver(
    session: Session,
    found: Round,
    made: Sequence[HouseholdResult],
    lines: Sequence[Line],
    *,
    mark: str,
    viewer: Viewer,
    at: datetime,
    on: date,
) -> int | None:
    """Put the scores into the records as one delivery of the village; none where nobody has a score."""
    scored = {one.subject_id: one for one in made if one.score_hundredths is not None}
    if not scored:
        return None
    batch = Batch(
        kind=BatchKind.OBSERVATIONS,
        source=f"{found.place.name}评议第{found.round.number}轮"[:64],
        source_id=source_by_code(session, SOURCE).source_id,
        mapping=None,
        file_name=f"appraisal-round-{found.round.appraisal_round_id}",
        content_sha256=mark,
        row_count=len(scored),
        recorded_at=at,
        recorded_by=viewer.username,
        synthetic=any(line.synthetic for line in lines),
    )
    values = {
        SCORE: {key: (one.score_hundredths or 0) / 100 for key, one in scored.items()},
        COUNT: {key: float(one.appraiser_count) for key, one in scored.items()},
    }
    rows = {line.subject_id: line.line for line in lines}
    return store.add_records(session, batch, values, rows=rows, on=on)


def _fingerprint(found: Round, sheets: Sequence[AppraisalSheet], made: Sequence[HouseholdResult]) -> str:
    """The SHA-256 of what was closed: the round, its rules, every sheet and every result."""
    plain = {
        "round": found.round.appraisal_round_id,
        "rules": found.rules.fingerprint,
        "sheets": sorted(sheet.fingerprint for sheet in sheets),
        "results": [asdict(one) for one in made],
    }
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def _rows(round_id: int, made: Sequence[HouseholdResult]) -> list[AppraisalResult]:
    return [AppraisalResult(appraisal_round_id=round_id, **asdict(one)) for one in made]


def _flag_rows(round_id: int, found: Sequence[FoundFlag]) -> list[AppraisalFlag]:
    return [AppraisalFlag(appraisal_round_id=round_id, **asdict(one)) for one in found]
