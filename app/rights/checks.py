"""What a right's exercise must satisfy before anything is handed over, kept or deleted."""

from datetime import date

from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import Erasure, ReviewAnswer, ReviewRequest
from app.rights.right import DOCUMENT_LENGTH_MAX, TEXT_LENGTH_MAX
from app.subjects.free_text import without_numbers


def checked_document(document: str) -> str:
    """The name of the document that identifies the person or carries the act, on one line."""
    plain = document.strip()
    if not 0 < len(plain) <= DOCUMENT_LENGTH_MAX or not plain.isprintable():
        raise Invalid(
            f"document: 请写明核验的证件或依据文件，1 至 {DOCUMENT_LENGTH_MAX} 字，不换行 · name the "
            "document that identifies the person or carries this, in 1 to "
            f"{DOCUMENT_LENGTH_MAX} characters on one line"
        )
    return without_numbers(plain, where="document")


def checked_text(text: str, *, where: str) -> str:
    """A text without the blanks around it; it has 1 to 1000 characters."""
    plain = text.strip()
    if not 0 < len(plain) <= TEXT_LENGTH_MAX:
        raise Invalid(
            f"{where}: 应为 1 至 {TEXT_LENGTH_MAX} 字，现有 {len(plain)} 字 · write 1 to {TEXT_LENGTH_MAX} "
            f"characters, this has {len(plain)}"
        )
    return plain


def not_there(subject_id: int) -> NotFound:
    """The refusal of a subject that is not of the division; whether it lives elsewhere is not said."""
    return NotFound(
        f"本辖区没有主体 {subject_id} · there is no household or entity {subject_id} in your division"
    )


def erased(erasure: Erasure, *, on: date) -> Conflict:
    """The answer to every question about a subject whose data were deleted."""
    return Conflict(
        f"主体 {erasure.subject_id} 的个人信息已于 {on} 删除（{erasure.ground}），无可提供 · the "
        f"personal data of subject {erasure.subject_id} were erased on {on}; there is nothing left to report"
    )


def refuse_second_review(earlier: ReviewRequest | None) -> None:
    """A rating is looked at by one person at a time."""
    if earlier is not None:
        raise Conflict(
            f"评级 {earlier.rating_id} 的复核申请 {earlier.review_request_id} 正在处理，"
            f"{earlier.due_on} 前答复 · "
            f"request {earlier.review_request_id} about the same rating is open and will be answered by "
            f"{earlier.due_on}"
        )


def refuse_answered(answer: ReviewAnswer | None) -> None:
    """A request of review is answered once."""
    if answer is not None:
        raise Conflict(
            f"复核申请 {answer.review_request_id} 已于 {answer.answered_on} 答复（{answer.outcome.label}）· "
            f"request {answer.review_request_id} was answered on {answer.answered_on} ({answer.outcome}); "
            "a new one can be made"
        )


def refuse_own(request: ReviewRequest, *, username: str) -> None:
    """Who wrote the request down is not the person who looks."""
    if username == request.recorded_by:
        raise Forbidden(
            "复核申请的登记人不得自己复核，请由同事办理 · whoever wrote the request down does not answer it; "
            "let a colleague look"
        )


def nothing_corrected(request: ReviewRequest) -> Conflict:
    """The refusal to tell a subject that its data were corrected while they were not."""
    return Conflict(
        f"评级 {request.rating_id} 所依据的记录尚未更正 · nothing behind rating {request.rating_id} was "
        "corrected since the request; correct the record first, or answer `upheld` or `set_aside`"
    )


def purposes_left(subject_id: int, hindrances: list[str]) -> Conflict:
    """The refusal to delete what still serves a purpose: every reason that stands in the way."""
    return Conflict(
        f"主体 {subject_id} 的个人信息尚不能删除 · the data of subject {subject_id} cannot be erased yet: "
        + "; ".join(hindrances)
    )
