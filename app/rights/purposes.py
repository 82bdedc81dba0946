"""Whether any purpose is left for the data of a subject (个人信息保护法 art. 47)."""

from collections.abc import Iterable, Iterator
from datetime import date

from app.consents.service import Agreement
from app.designations.service.shown import ShownTitle
from app.models import Consent, ConsentKind
from app.rights.right import LoanState


def hindrances(
    *,
    rating_refused: bool,
    loans: Iterable[LoanState],
    consents: Iterable[tuple[Consent, date | None, str | None]],
    objections: Iterable[int],
    reviews: Iterable[int],
    titles: Iterable[ShownTitle],
    notice_objections: int,
    approvals: Iterable[int],
    on: date,
) -> Iterator[str]:
    """Every purpose that still stands, in Chinese and English; none where the data must be deleted."""
    if not rating_refused:
        yield "本人尚未拒绝或撤回建档评级 (the subject has not refused or withdrawn its consent to a rating)"
    running = [str(state.loan.loan_id) for state in loans if state.runs]
    if running:
        yield f"贷款 {'、'.join(running)} 尚未结清 (loans {', '.join(running)} still run)"
    given = [str(each.consent_id) for each, withdrawn_on, _ in consents if _lets_ask(each, withdrawn_on, on)]
    if given:
        yield f"查询授权 {'、'.join(given)} 仍有效 (consents to inquiry {', '.join(given)} are in force)"
    disputed = [str(number) for number in objections]
    if disputed:
        yield f"异议 {'、'.join(disputed)} 尚未办结 (objections {', '.join(disputed)} are open)"
    asked = [str(number) for number in reviews]
    if asked:
        yield f"复核申请 {'、'.join(asked)} 尚未答复 (requests of review {', '.join(asked)} are open)"
    for title in titles:
        number, state = title.designation.designation_id, title.last.state
        if not state.ends:
            yield (
                f"{title.designation.kind.label}称号 {number}（{state.label}）尚未结束，请先办理撤回 (title "
                f"{number} is {state}: it is withdrawn, taken or let lapse first)"
            )
    if notice_objections:
        yield (
            f"对其公示的异议 {notice_objections} 件尚未答复 ({notice_objections} objections to the notice of "
            "a title are open)"
        )
    open_ones = [str(number) for number in approvals]
    if open_ones:
        yield (
            f"审批 {'、'.join(open_ones)} 等待另一人决定，请先驳回或办结 (approvals {', '.join(open_ones)} "
            "wait for a second person: they are refused or carried out first)"
        )


def _lets_ask(given: Consent, withdrawn_on: date | None, on: date) -> bool:
    """Whether a bank may ask on a day, or will be allowed to later."""
    over = given.effective_to is not None and given.effective_to <= on
    begins_later = given.effective_from > on and not over and withdrawn_on is None
    inquiry = given.kind is ConsentKind.INQUIRY and given.agreed
    return inquiry and (begins_later or Agreement(given, withdrawn_on).holds(on))
