"""The sheet of one appraiser: seen and changed by nobody else, and final once it is submitted."""

from collections.abc import Sequence
from datetime import date, datetime

from app import clock
from app.access.scope import Viewer
from app.appraisals import store
from app.appraisals.appraisal import Line, Mark, OwnRound, OwnSheet, RoundState
from app.appraisals.marks import as_text, checked, fingerprint, from_text, score_of
from app.appraisals.paper import PaperForm
from app.appraisals.service.rounds import (
    already_closed,
    lines_of,
    name_row,
    not_there,
    own_view,
    round_of,
)
from app.db import Session, add_once
from app.errors import Conflict, NotFound, PreconditionFailed
from app.models import (
    AppraisalDraft,
    AppraisalMark,
    AppraisalRound,
    AppraisalSheet,
    AppraisalStanding,
    Appraiser,
    SheetChannel,
)
from app.rules.appraisals import AppraisalRules
from app.subjects.cipher import Cipher


def own_round(session: Session, round_id: int, *, viewer: Viewer, on: date) -> OwnRound:
    """A round the viewer appraises in; `NotFound` for everybody else."""
    found = store.round_with_place(session, round_id)
    if found is None:
        raise not_there(round_id)
    return own_view(session, *found, viewer=viewer, on=on)


def own_sheet(session: Session, cipher: Cipher, round_id: int, *, viewer: Viewer, on: date) -> OwnSheet:
    """The viewer's own sheet: what is saved, or what was submitted."""
    own = own_round(session, round_id, viewer=viewer, on=on)
    mine = store.appraiser_of_user(session, round_id, viewer.user_id)
    assert mine is not None, "own_round refuses whoever does not appraise"
    lines = appraisable(lines_of(session, cipher, round_id))
    sheet = store.sheet(session, mine.appraiser_id)
    draft = None if sheet is not None else store.draft(session, mine.appraiser_id)
    marks: Sequence[Mark] = []
    if sheet is not None:
        marks = _submitted(session, mine, lines)
    elif draft is not None:
        marks = from_text(cipher.open(draft.content_cipher, row=_draft_row(mine, draft.revision)))
    return OwnSheet(
        own=own,
        appraiser=mine,
        lines=lines,
        kin=frozenset(store.kin_of(session, mine.appraiser_id)),
        marks=marks,
        revision=0 if draft is None else draft.revision,
        sheet=sheet,
    )


def appraisable(lines: Sequence[Line]) -> list[Line]:
    """The lines that are on the sheets: of whoever has refused nobody is asked."""
    return [line for line in lines if line.standing is AppraisalStanding.APPRAISABLE]


def _submitted(session: Session, mine: Appraiser, lines: Sequence[Line]) -> list[Mark]:
    line_of = {line.subject_id: line.line for line in lines}
    found = [
        Mark(
            line=line_of[one.subject_id],
            knows=one.knows,
            kin=one.kin,
            answers=one.answers,
            reasons=tuple(one.reasons),
            suggested_limit_fen=one.suggested_limit_fen,
        )
        for one in store.marks_of_appraiser(session, mine.appraiser_id)
    ]
    return sorted(found, key=lambda mark: mark.line)


def save_sheet(
    session: Session,
    cipher: Cipher,
    round_id: int,
    marks: Sequence[Mark],
    *,
    revision: int,
    viewer: Viewer,
    at: datetime,
) -> OwnSheet:
    """Keep the viewer's sheet as far as it is filled in; not where it was saved elsewhere meanwhile."""
    on = clock.day_of(at)
    found = own_sheet(session, cipher, round_id, viewer=viewer, on=on)
    _refuse_unless_open(found)
    content = as_text(checked(marks, found.lines, found.own.rules, complete=False))
    mine = found.appraiser
    sealed = cipher.seal(content, row=_draft_row(mine, revision + 1))
    if revision == 0:
        first = AppraisalDraft(
            appraiser_id=mine.appraiser_id, revision=1, content_cipher=sealed, saved_at=at
        )  # fmt: skip
        kept = found.revision == 0 and add_once(session, first)
    else:
        kept = store.replace_draft(
            session, mine.appraiser_id, revision=revision, content=sealed, at=at
        )  # fmt: skip
    if not kept:
        raise _saved_elsewhere()
    return own_sheet(session, cipher, round_id, viewer=viewer, on=on)


def submit_sheet(
    session: Session, cipher: Cipher, round_id: int, *, revision: int, viewer: Viewer, at: datetime
) -> OwnSheet:
    """Hand in the viewer's saved sheet, for good: every household is answered, or none is handed in."""
    on = clock.day_of(at)
    store.lock_round(session, round_id)
    found = own_sheet(session, cipher, round_id, viewer=viewer, on=on)
    _refuse_unless_open(found)
    if found.revision != revision:
        raise PreconditionFailed(
            "评议表刚刚已在别处保存 · this sheet was saved elsewhere meanwhile: read it again"
        )
    _hand_in(
        session, found.appraiser, found.marks, found.lines, rules=found.own.rules,
        channel=SheetChannel.ONLINE, file_sha256=None, by=viewer, at=at,
    )  # fmt: skip
    store.remove_draft(session, found.appraiser.appraiser_id)
    return own_sheet(session, cipher, round_id, viewer=viewer, on=on)


def paper_form(
    session: Session, cipher: Cipher, round_id: int, number: int, *, viewer: Viewer, on: date
) -> PaperForm:
    """The sheet of one appraiser of the viewer's division to be printed: blank, whatever is filled in."""
    found = round_of(session, round_id, viewer=viewer, on=on)
    one = _appraiser(session, round_id, number)
    lines = lines_of(session, cipher, round_id)
    return PaperForm(
        form_code=one.form_code,
        appraiser=cipher.open(one.name_cipher, row=name_row(one.form_code)),
        place=found.place.name,
        number=found.round.number,
        opens_on=found.round.opens_on,
        closes_on=found.round.closes_on,
        rules=found.rules,
        lines=appraisable(lines),
        synthetic=any(line.synthetic for line in lines),
    )


def awaited_form(
    session: Session, cipher: Cipher, round_id: int, number: int, *, viewer: Viewer, on: date
) -> PaperForm:
    """The sheet of an appraiser without an account that has yet to come in; `Conflict` for any other."""
    found = round_of(session, round_id, viewer=viewer, on=on)
    _refuse_state(found.round, found.state)
    _refuse_unless_awaited(session, _appraiser(session, round_id, number))
    return paper_form(session, cipher, round_id, number, viewer=viewer, on=on)


def submit_paper(
    session: Session,
    cipher: Cipher,
    round_id: int,
    number: int,
    marks: Sequence[Mark],
    *,
    file_sha256: str,
    viewer: Viewer,
    at: datetime,
) -> AppraisalSheet:
    """Hand in a sheet that was filled in on paper; of one appraiser once, and no file twice."""
    on = clock.day_of(at)
    store.lock_round(session, round_id)
    found, one = round_of(session, round_id, viewer=viewer, on=on), _appraiser(session, round_id, number)
    _refuse_state(found.round, found.state)
    _refuse_unless_awaited(session, one)
    if store.file_is_known(session, file_sha256):
        raise Conflict("此文件已导入过 · this file was imported before, for this or another appraiser")
    return _hand_in(
        session, one, marks, appraisable(lines_of(session, cipher, round_id)), rules=found.rules,
        channel=SheetChannel.PAPER, file_sha256=file_sha256, by=viewer, at=at,
    )  # fmt: skip


def _hand_in(
    session: Session,
    one: Appraiser,
    marks: Sequence[Mark],
    lines: Sequence[Line],
    *,
    rules: AppraisalRules,
    channel: SheetChannel,
    file_sha256: str | None,
    by: Viewer,
    at: datetime,
) -> AppraisalSheet:
    whole = checked(marks, lines, rules, complete=True)
    subject_of = {line.line: line.subject_id for line in lines}
    sheet = AppraisalSheet(
        appraiser_id=one.appraiser_id,
        channel=channel,
        fingerprint=fingerprint(one.form_code, whole),
        file_sha256=file_sha256,
        submitted_at=at,
        submitted_by=by.user_id,
    )
    if not add_once(session, sheet):
        raise _is_final(one)
    rows = [
        AppraisalMark(
            appraiser_id=one.appraiser_id,
            subject_id=subject_of[mark.line],
            knows=mark.knows,
            kin=mark.kin,
            answers=dict(mark.answers),
            score=score_of(mark, rules.form),
            reasons=list(mark.reasons),
            suggested_limit_fen=mark.suggested_limit_fen,
        )
        for mark in whole
    ]
    store.add(session, *rows)
    return sheet


def _appraiser(session: Session, round_id: int, number: int) -> Appraiser:
    for one, _username, _sheet, _kin in store.appraisers(session, round_id):
        if one.number == number:
            return one
    raise NotFound(f"本轮没有 {number} 号评议员 · there is no appraiser {number} in this round")


def _refuse_unless_open(found: OwnSheet) -> None:
    if found.sheet is not None:
        raise _is_final(found.appraiser)
    _refuse_state(found.own.round, found.own.state)


def _refuse_state(found: AppraisalRound, state: RoundState) -> None:
    if state is RoundState.CLOSED:
        raise already_closed(found)
    if state is RoundState.SCHEDULED:
        raise Conflict(f"评议自 {found.opens_on} 开始 · this round begins on {found.opens_on}")


def _refuse_unless_awaited(session: Session, one: Appraiser) -> None:
    """Nobody hands in a sheet for whoever has an account, nor a second one."""
    if one.user_id is not None:
        raise Conflict(
            f"{one.number} 号评议员用账号评议，不能导入纸质表 · appraiser {one.number} has an account and "
            "fills in the sheet online; invite somebody without an account for a sheet on paper"
        )
    if store.sheet(session, one.appraiser_id) is not None:
        raise _is_final(one)


def _is_final(one: Appraiser) -> Conflict:
    return Conflict(
        f"{one.number} 号评议员的评议表已提交，不能再改 · the sheet of appraiser {one.number} is "
        "submitted; it is final"
    )


def _saved_elsewhere() -> PreconditionFailed:
    return PreconditionFailed(
        "评议表刚刚已在别处保存，请重新读取后再改 · this sheet was saved elsewhere meanwhile; read it again"
    )


def _draft_row(mine: Appraiser, revision: int) -> str:
    return f"appraisal_drafts/{mine.appraiser_id}/{revision}"
