"""What is personal is overwritten, so that no key opens it again; rows and numbers that count stay.

A sealed column gets a fresh seal of one fixed word (a number, of nothing): it has nothing of what stood
there, and whoever reads or seals all rows anew still can. An index gets random bytes: no number finds it.
"""

import secrets
from dataclasses import replace

from app.certificates.certificate import CertificateText
from app.models import (
    AgriEntity,
    Certificate,
    Household,
    NoticeObjection,
    NoticeObjectionAnswer,
    Objection,
    ObjectionEvent,
    QuarantinedRow,
    ReviewAnswer,
    ReviewRequest,
)
from app.rights.right import ERASED
from app.subjects.cipher import Cipher

INDEX_BYTES = 32
SIGNATURE_BYTES = 64


def erase_household(cipher: Cipher, household: Household) -> None:
    """A household without name, number and household number."""
    row = f"households/{household.subject_id}"
    household.household_no = f"erased-{secrets.token_hex(12)}"
    household.head_name_cipher = cipher.seal(ERASED, row=f"{row}/head_name")
    household.head_id_number_cipher = cipher.seal("", row=f"{row}/head_id_number")
    household.head_id_number_index = secrets.token_bytes(INDEX_BYTES)


def erase_entity(cipher: Cipher, entity: AgriEntity) -> None:
    """An entity without name, credit code and legal representative."""
    row = f"agri_entities/{entity.subject_id}/legal_representative"
    entity.uscc, entity.name = no_code(), ERASED
    entity.legal_representative_name_cipher = cipher.seal(ERASED, row=f"{row}_name")
    if entity.legal_representative_number_cipher is not None:
        entity.legal_representative_number_cipher = cipher.seal("", row=f"{row}_number")
    if entity.legal_representative_index is not None:
        entity.legal_representative_index = secrets.token_bytes(INDEX_BYTES)


def erase_objection(cipher: Cipher, objection: Objection) -> None:
    """An objection without its words."""
    objection.text_cipher = cipher.seal(ERASED, row=f"objections/{objection.objection_id}/text")


def erase_event(cipher: Cipher, event: ObjectionEvent) -> None:
    """A step of an objection without its words."""
    event.document = ERASED
    if event.text_cipher is not None:
        event.text_cipher = cipher.seal(ERASED, row=f"objections/{event.objection_id}/answer")


def erase_review(cipher: Cipher, request: ReviewRequest, answer: ReviewAnswer | None) -> None:
    """A request of review and its answer without their words."""
    request.document = ERASED
    request.text_cipher = cipher.seal(ERASED, row=request_row(request.review_request_id))
    if answer is not None:
        answer.text_cipher = cipher.seal(ERASED, row=answer_row(request.review_request_id))


def erase_notice_objection(
    cipher: Cipher, objection: NoticeObjection, answer: NoticeObjectionAnswer | None
) -> None:
    """What was objected to a line of a notice, who may be told, and what was found, without their words."""
    row = f"notice_objections/{objection.notice_objection_uid}"
    objection.text_cipher = cipher.seal(ERASED, row=f"{row}/text")
    objection.contact_cipher = None
    if answer is not None:
        answer.text_cipher = cipher.seal(ERASED, row=f"{row}/answer")
        answer.document = ERASED


def erase_certificate(certificate: Certificate) -> None:
    """A certificate of a title that has ended, without its holder; what was signed cannot be put together."""
    text = CertificateText.read(certificate.payload)
    certificate.payload = replace(text, holder=ERASED).payload()
    certificate.signature = bytes(SIGNATURE_BYTES)


def erase_quarantined(cipher: Cipher, row: QuarantinedRow) -> None:
    """A row of a file that was decided to be the subject's, without what it said."""
    row.content_cipher = cipher.seal(ERASED, row=f"quarantined_rows/{row.quarantined_row_id}/content")
    row.candidates = []


def no_code() -> str:
    """Eighteen small letters and digits in the place of a credit code: none looks like this."""
    return secrets.token_hex(9)


def noise() -> bytes:
    """Random bytes in the place of what is removed next."""
    return secrets.token_bytes(2 * INDEX_BYTES)


def request_row(review_request_id: int) -> str:
    """What the words of a request are bound to."""
    return f"review_requests/{review_request_id}/text"


def answer_row(review_request_id: int) -> str:
    """What the words of an answer are bound to."""
    return f"review_answers/{review_request_id}/text"
