"""The pages for everybody: notices to read and object to, certificates to check; no account, no script."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app import clock
from app.access.routes import RequestSession
from app.certificates.routes import CertificateNumber
from app.certificates.service import checked
from app.db import Session
from app.errors import Conflict, Invalid
from app.models import PlaceKind
from app.notices.notice import CONTACT_LENGTH_MAX, TEXT_LENGTH_MAX, Protest, ShownNotice, receipt_of
from app.notices.routes import NoticeNumber, PlaceCode
from app.notices.service import object_publicly, public_notice, public_notices
from app.notices.sheet import office_of, opening_of, period_of, title_of
from app.places.service import places_within
from app.records.service import holds_demonstration
from app.web.page import PublicForm, PublicPage, page, refuse_foreign_form

router = APIRouter(route_class=PublicPage, include_in_schema=False)
forms = APIRouter(route_class=PublicForm, include_in_schema=False)

NOTICES_A_PAGE = 200
_RECEIPT = re.compile(r"[0-9A-F]{8}")
_TOWNS = (PlaceKind.TOWN, PlaceKind.SUBDISTRICT)
_WRONG = {
    Invalid: f"请写清楚您的意见，最多 {TEXT_LENGTH_MAX} 个字；联系方式最多 {CONTACT_LENGTH_MAX} 个字。",
    Conflict: (
        "公示期已经过了，或者这一项已经撤回，这里不能再提意见。"
        "有情况仍可以到镇人民政府（街道办事处）窗口反映。"
    ),
}


@router.get("/public/notices")
def notices_page(request: Request, session: RequestSession, code: PlaceCode = "") -> HTMLResponse:
    """The notices of the district or of one town: those that run, then those that ended lately."""
    on, district = clock.today(), request.app.state.settings.district_code
    found = public_notices(session, code=code or district, on=on, limit=NOTICES_A_PAGE)
    return _page(
        request,
        session,
        "public_notices.html",
        running=[listed for listed in found if not listed.is_over(on)],
        ended=[listed for listed in found if listed.is_over(on)],
        towns=places_within(session, district, on=on, kinds=_TOWNS),
        chosen=code,
        title_of=title_of,
        period_of=period_of,
    )


@router.get("/public/notices/{number}")
def notice_page(request: Request, number: NoticeNumber, session: RequestSession) -> HTMLResponse:
    """One notice: who, where, what, until when, and where to object."""
    shown = public_notice(session, number, on=clock.today())
    return _page(
        request,
        session,
        "public_notice.html",
        shown=shown,
        title=title_of(shown),
        opening=opening_of(shown),
        office=office_of(shown),
        period=period_of(shown),
        days_left=(shown.last_day - clock.today()).days,
    )


@forms.get("/public/notices/{number}/objection")
def objection_form(
    request: Request,
    number: NoticeNumber,
    session: RequestSession,
    receipt: Annotated[str, Query(max_length=8)] = "",
) -> HTMLResponse:
    """Where to write what one objects to; afterwards, that it was received."""
    known = receipt if _RECEIPT.fullmatch(receipt) else ""
    return _form(request, session, number, receipt=known)


@forms.post("/public/notices/{number}/objection", dependencies=[Depends(refuse_foreign_form)])
def objection_send(
    request: Request,
    number: NoticeNumber,
    session: RequestSession,
    *,
    text: Annotated[str, Form()] = "",
    contact: Annotated[str, Form()] = "",
    line: Annotated[str, Form(pattern=r"^[0-9]{0,6}$")] = "",
) -> Response:
    """Take an objection, and show its receipt; what cannot be taken is shown again with a hint."""
    protest = Protest(text, int(line) if line else None, contact)
    try:
        made = object_publicly(session, request.app.state.cipher, number, protest, at=clock.now())
    except (Invalid, Conflict) as refusal:
        words = _WRONG[type(refusal)]
        return _form(request, session, number, protest=protest, words=words, status=refusal.status)
    return RedirectResponse(f"/public/notices/{number}/objection?receipt={receipt_of(made)}", status_code=303)


@forms.get("/public/certificates")
def certificate_form(
    number: Annotated[str, Query(max_length=40)] = "", *, request: Request, session: RequestSession
) -> Response:
    """Where to type the number of a certificate."""
    typed = re.sub(r"\s", "", number).upper().replace("－", "-").replace("—", "-")
    if typed:
        return RedirectResponse(f"/public/certificates/{typed}", status_code=303)
    return _page(request, session, "public_certificate_form.html")


@router.get("/public/certificates/{number}")
def certificate_page(request: Request, number: CertificateNumber, session: RequestSession) -> HTMLResponse:
    """Whether a certificate is genuine, and whether its title is held today."""
    found = checked(session, number, on=clock.today())
    return _page(request, session, "public_certificate.html", found=found)


router.include_router(forms)


def _form(
    request: Request,
    session: Session,
    number: str,
    *,
    protest: Protest | None = None,
    words: str = "",
    receipt: str = "",
    status: int = 200,
) -> HTMLResponse:
    shown: ShownNotice = public_notice(session, number, on=clock.today())
    return _page(
        request,
        session,
        "public_objection.html",
        status=status,
        shown=shown,
        title=title_of(shown),
        office=office_of(shown),
        is_over=shown.is_over(clock.today()),
        protest=protest or Protest(""),
        words=words,
        receipt=receipt,
        text_length=TEXT_LENGTH_MAX,
        contact_length=CONTACT_LENGTH_MAX,
    )


def _page(
    request: Request, session: Session, name: str, *, status: int = 200, **values: object
) -> HTMLResponse:
    answer = page(request, name, status=status, synthetic=holds_demonstration(session), **values)
    answer.headers["Vary"] = "Accept"
    return answer
