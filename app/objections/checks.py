"""What an objection and its answer must satisfy before they are kept."""

from datetime import date

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import Fact, Objection, ObjectionEvent, Record
from app.objections.objection import DOCUMENT_LENGTH_MAX, OUTCOMES, TEXT_LENGTH_MAX, Filing, Reply
from app.subjects.free_text import without_numbers


def checked_text(text: str, *, where: str) -> str:
    """A text without the blanks around it; it has 1 to 1000 characters."""
    plain = text.strip()
    if not 0 < len(plain) <= TEXT_LENGTH_MAX:
        raise Invalid(
            f"{where}: 应为 1 至 {TEXT_LENGTH_MAX} 字，现有 {len(plain)} 字 · write 1 to {TEXT_LENGTH_MAX} "
            f"characters, this has {len(plain)}"
        )
    return plain


def checked_document(document: str) -> str:
    """The name or number of a document, on one line."""
    plain = document.strip()
    if not 0 < len(plain) <= DOCUMENT_LENGTH_MAX or not plain.isprintable():
        raise Invalid(
            f"document: 请写明依据文件，1 至 {DOCUMENT_LENGTH_MAX} 字，不换行 · name the document this "
            f"rests on, in 1 to {DOCUMENT_LENGTH_MAX} characters on one line"
        )
    return without_numbers(plain, where="document")


def checked_reply(reply: Reply) -> Reply:
    """An answer in good order: one of the three outcomes, and what replaces a record only if it is wrong."""
    if reply.outcome not in OUTCOMES:
        raise Invalid(f"outcome: {reply.outcome} is no answer; write {', '.join(OUTCOMES)}")
    if reply.replaced_by is not None and reply.outcome is not OUTCOMES[0]:
        raise Invalid("replaced_by: only what is corrected is replaced; leave it out, or answer `corrected`")
    found, document = checked_text(reply.found, where="found"), checked_document(reply.document)
    return Reply(reply.outcome, found, document, reply.replaced_by)


def checked_day(filing: Filing, *, since: date, on: date) -> date:
    """The day an objection was received: not before there was something to object to, nor in the future."""
    raised_on = filing.raised_on or on
    if not since <= raised_on <= on:
        raise Invalid(
            f"raised_on: 收到日期应在 {since} 至 {on} 之间，现为 {raised_on} · it was received on a day from "
            f"{since} (when this was first on file) to {on}, not on {raised_on}"
        )
    return raised_on


def refuse_ended(objection: Objection, end: ObjectionEvent | None) -> None:
    """An objection is closed once."""
    if end is not None:
        number = objection.objection_id
        raise Conflict(
            f"异议 {number} 已于 {end.happened_on} 办结（{end.kind.label}）· objection {number} was closed "
            f"on {end.happened_on} ({end.kind}); a new one can be raised"
        )


def refuse_partial(objection: Objection, *, delivered_by: str | None, username: str) -> None:
    """Nobody judges his own work: not who wrote the objection down, not who delivered the record."""
    if username == objection.recorded_by:
        raise Forbidden(
            "异议登记人不得答复该异议，请由同事答复 · whoever wrote the objection down does not answer it; "
            "let a colleague answer"
        )
    if username == delivered_by:
        raise Forbidden(
            "争议记录由您录入，请由同事答复 · you delivered the disputed record yourself; "
            "let a colleague answer"
        )


def refuse_other_record(wrong: Record, right: Record, *, fact: Fact) -> None:
    """What replaces a record is a later one of the same fact."""
    if right.record_id <= wrong.record_id or right.fact_id != wrong.fact_id:
        raise Invalid(
            f"replaced_by: 记录 {right.record_id}（{fact.label}）不能取代记录 {wrong.record_id} · record "
            f"{right.record_id} cannot replace record {wrong.record_id}: name a later record of the same fact"
        )


def refuse_same_value(right: Record, *, wrong_id: int | None, differs: bool) -> None:
    """What replaces a record says something else."""
    if not differs:
        wrong = "该评级所依据的" if wrong_id is None else f"记录 {wrong_id}"
        than = "the rating was made from" if wrong_id is None else f"record {wrong_id} says"
        raise Conflict(
            f"replaced_by: 记录 {right.record_id} 与{wrong}数值相同，不是更正 · record {right.record_id} "
            f"says nothing else than {than}; correct it with the right value, or answer `confirmed`"
        )


def not_in_force(right: Record, *, wrong_id: int | None) -> Conflict:
    """The refusal to tell of a replacement while the next night would still go by something else."""
    wrong = right.record_id if wrong_id is None else wrong_id
    return Conflict(
        f"replaced_by: 记录 {right.record_id} 目前不被采用，尚未更正；请先以 `credit-village record correct "
        f"{wrong}` 更正 · record {right.record_id} is not what counts today, so nothing is corrected: run "
        f"`credit-village record correct {wrong} --value … --reason … --document …` first"
    )


def uncorrected(objection: Objection) -> Conflict:
    """The refusal to tell a subject that something was corrected while it was not."""
    if objection.record_id is not None:
        return Conflict(
            f"记录 {objection.record_id} 尚未更正，请先更正或写明 replaced_by · record "
            f"{objection.record_id} is not corrected yet: correct it first (`credit-village record correct "
            f"{objection.record_id} …`), or name the record that counts in its place (replaced_by)"
        )
    return Conflict(
        f"评级 {objection.rating_id} 所依据的记录尚未更正 · nothing behind rating {objection.rating_id} was "
        "corrected since, and no later rating took its place: correct the record first, or name the record "
        "that counts in its place (replaced_by)"
    )


def of_nobody(thing: str, number: int, *, subject_id: int) -> NotFound:
    """The refusal of a record or rating the subject does not have; whether others have it is not said."""
    label = {"record": "记录", "rating": "评级"}[thing]
    return NotFound(f"主体 {subject_id} 没有{label} {number} · subject {subject_id} has no {thing} {number}")
