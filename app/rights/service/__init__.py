"""What a subject may ask for at the desk: to see, to be told why, to have a person look, to be forgotten."""

from app.rights.service.agreed import agreements, withdraw_agreement
from app.rights.service.deletion import erase, erase_approved, erasure_content, erasure_target
from app.rights.service.desk import find
from app.rights.service.reports import asked_about, explanation, portability, report
from app.rights.service.reviews import answer_review, open_review, open_reviews, request_review

__all__ = [
    "agreements",
    "answer_review",
    "asked_about",
    "erase",
    "erase_approved",
    "erasure_content",
    "erasure_target",
    "explanation",
    "find",
    "open_review",
    "open_reviews",
    "portability",
    "report",
    "request_review",
    "withdraw_agreement",
]
