"""Consents on paper that come with an inquiry: judged before anybody is looked for, and kept once each."""

from collections.abc import Collection, Sequence
from datetime import date

from app.consents.service import Agreement, Kept, inquiry_consents, refuse_term
from app.consents.service import give as give_consent
from app.db import Session
from app.errors import Invalid
from app.inquiries.inquiry import Authorisation, Question, Request
from app.models import Consent, ConsentChannel, ConsentKind
from app.subjects.free_text import paper_name


def refusal_of(paper: Authorisation, *, on: date) -> Invalid | None:
    """Why a paper does not do by what it says itself, whoever is asked about and on file or not."""
    try:
        paper_name(paper.reference, where="authorisation.reference")
        paper_name(paper.document, where="authorisation.document")
        refuse_term(paper.reference, first=paper.signed_on, end=paper.ends_on, on=on)
    except Invalid as wrong:
        return wrong
    if paper.ends_on <= on:
        return Invalid(
            f"consent {paper.reference}: ended on {paper.ends_on}; ask for a new one. "
            "授权已到期，请重新取得授权。"
        )
    return None


class Papers:
    """The consents some subjects have given some organisations before, and those that come with inquiries."""

    def __init__(
        self, session: Session, subject_ids: Collection[int], *, organisation_ids: Collection[int], on: date
    ) -> None:
        self._session, self._on = session, on
        self._kept = inquiry_consents(session, subject_ids, organisation_ids=organisation_ids)

    def agreement(
        self, request: Request, question: Question, paper: Authorisation, *, subject_id: int
    ) -> Agreement:
        """What a paper comes to: a consent taken back since, the one it was kept as before, or a new one."""
        made = _consent(request, question, paper, subject_id=subject_id)
        kept = self._kept.setdefault((subject_id, request.viewer.organisation_id), [])
        ended = [one for one in kept if one[1] is not None and one[1] <= self._on]
        found = _same(ended, made) or _kept_as(kept, made) or _signed_before(ended, made)
        if found is None:
            found = give_consent(self._session, made, on=self._on), None
            kept.append(found)
        return Agreement(*found)


def _same(ended: Sequence[Kept], made: Consent) -> Kept | None:
    """The same paper, told by its number or its scan, for whatever purpose: the subject took it back."""
    for given, ended_on in ended:
        if given.reference == made.reference or given.evidence_sha256 == made.evidence_sha256:
            return given, ended_on
    return None


def _kept_as(kept: Sequence[Kept], made: Consent) -> Kept | None:
    """The consent the same paper was kept as."""
    names = ("reference", "evidence_sha256", "purpose", "effective_from", "effective_to", "agreed")
    for given, ended_on in kept:
        if all(getattr(given, name) == getattr(made, name) for name in names):
            return given, ended_on
    return None


def _signed_before(ended: Sequence[Kept], made: Consent) -> Kept | None:
    """The consent for the same purpose the subject took back on the day a paper was signed, or later."""
    for given, ended_on in ended:
        if given.purpose is made.purpose and ended_on is not None and ended_on >= made.effective_from:
            return given, ended_on
    return None


def _consent(request: Request, question: Question, paper: Authorisation, *, subject_id: int) -> Consent:
    """The consent on paper that came with the inquiry, for the officer's own bank and this purpose only."""
    return Consent(
        subject_id=subject_id,
        kind=ConsentKind.INQUIRY,
        agreed=True,
        organisation_id=request.viewer.organisation_id,
        purpose=question.purpose,
        facts=[],
        reference=paper.reference,
        effective_from=paper.signed_on,
        effective_to=paper.ends_on,
        channel=ConsentChannel.PAPER,
        evidence=paper.document,
        evidence_sha256=paper.document_sha256,
        recorded_at=request.at,
        recorded_by=request.viewer.username,
    )
