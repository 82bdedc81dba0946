"""What an auditor reads over HTTP: abnormal inquiries to look into, and the log of all inquiries."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import Field

from app import clock
from app.access.problems import Problem
from app.access.routes import CurrentViewer, RequestSession
from app.access.schemas import WITHOUT_NUL
from app.alerts import service
from app.alerts.columns import midnight
from app.alerts.rules import shipped_rules
from app.alerts.schemas import (
    AlertNoteAnswer,
    AlertNoteRequest,
    InquiryAlertsAnswer,
    InquiryLogAnswer,
)
from app.models import epoch_day

router = APIRouter(tags=["audit"], responses={401: {"model": Problem}, 403: {"model": Problem}})

# No id in the database is greater.
ID_MAX = 2**63 - 1
AlertId = Annotated[int, Path(ge=1, le=ID_MAX)]
Before = Annotated[int | None, Query(ge=1, le=ID_MAX, description="`next_before` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500, description="how many to list at most")]
# No inquiry is older; the first days of the calendar have no instant in UTC.
Day = Annotated[date, Field(ge=date(1970, 1, 1))] | None


@router.get("/v1/inquiry-alerts", summary="Abnormal inquiries · 异常查询预警")
def inquiry_alerts(
    viewer: CurrentViewer, session: RequestSession, before: Before = None, limit: Limit = 100
) -> InquiryAlertsAnswer:
    """The open alerts about users of the viewer's division, the newest first.

    An alert is a reason to look, not a finding of guilt.
    """
    found = service.open_alerts(session, scope=viewer.place_code, before=before, limit=limit)
    return InquiryAlertsAnswer.of(found, rules=shipped_rules(), limit=limit)


@router.post(
    "/v1/inquiry-alerts/{inquiry_alert_id}/notes",
    summary="Note what was found out · 登记核查情况",
    status_code=201,
    responses={404: {"model": Problem}, 422: {"model": Problem}},
)
def note_inquiry_alert(
    inquiry_alert_id: AlertId, noted: AlertNoteRequest, viewer: CurrentViewer, session: RequestSession
) -> AlertNoteAnswer:
    """A note is never changed; the last one decides whether the alert is closed."""
    made = service.add_note(
        session, inquiry_alert_id, text=noted.text, closes=noted.closes, viewer=viewer, at=clock.now()
    )
    return AlertNoteAnswer.of(made, username=viewer.username)


@router.get("/v1/inquiry-log", summary="The log of inquiries · 查询日志", responses={422: {"model": Problem}})
def inquiry_log(
    viewer: CurrentViewer,
    session: RequestSession,
    *,
    first: Annotated[Day, Query(alias="from", description="the first day, in China")] = None,
    end: Annotated[Day, Query(alias="to", description="the first day that is left out")] = None,
    user: Annotated[str | None, Query(max_length=64, pattern=WITHOUT_NUL, description="the username")] = None,
    organisation: Annotated[
        str | None, Query(max_length=32, pattern=WITHOUT_NUL, description="the organisation's code")
    ] = None,
    before: Before = None,
    limit: Limit = 200,
) -> InquiryLogAnswer:
    """Who of the viewer's division asked, when, for what and on which consent, the newest first.

    Of a subject only the id: an auditor reads logs, not files.
    """
    narrowed = service.Narrowed(
        begin=None if first is None else midnight(epoch_day(first)),
        end=None if end is None else midnight(epoch_day(end)),
        username=user,
        organisation_code=organisation,
    )
    rows = service.log_of_inquiries(session, narrowed, scope=viewer.place_code, before=before, limit=limit)
    return InquiryLogAnswer.of(rows, on=clock.today(), limit=limit)
