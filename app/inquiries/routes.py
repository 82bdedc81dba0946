"""Inquiries of banks over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from app import clock
from app.access.problems import Problem
from app.access.routes import RequestSession, require
from app.access.scope import Viewer
from app.examples import shown
from app.inquiries import service
from app.inquiries.inquiry import Question
from app.inquiries.schemas import InquiryAnswer, InquiryQuestion
from app.models import Role

router = APIRouter(tags=["inquiries"])


@router.post(
    "/v1/inquiries",
    summary="Ask for a rating · 信用查询",
    responses={
        200: shown("inquiry"),
        401: {"model": Problem},
        403: {"model": Problem},
        404: {"model": Problem},
        422: {"model": Problem},
    },
)
def inquiries(
    request: Request,
    question: InquiryQuestion,
    viewer: Annotated[Viewer, Depends(require(Role.LOAN_OFFICER))],
    session: RequestSession,
) -> InquiryAnswer:
    """The current rating of a household or entity, with the subject's consent, for a stated purpose.

    Every inquiry is on record before it is answered, also one that is refused.
    """
    asked = Question(question.number, question.purpose, question.consent_id)
    result = service.inquire(session, request.app.state.cipher, asked, viewer=viewer, at=clock.now())
    return InquiryAnswer.of(result, operator_basis=request.app.state.settings.operator_basis)
