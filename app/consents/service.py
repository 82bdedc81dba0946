"""Whether a subject has agreed: to an inquiry, to the collection of a fact, to being rated."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.consents import store
from app.db import Session
from app.errors import Conflict, Invalid
from app.models import Consent, ConsentChannel, ConsentKind, ConsentWithdrawal, Purpose
from app.subjects.free_text import paper_name

__all__ = [
    "Agreement", "Kept", "agree_to_publication", "collection_agreements", "consents", "give",
    "inquiry_consents", "publication_ended", "rating_refused", "rating_refusers", "refuse_term", "withdraw",
]  # fmt: skip

# A consent and the day it was withdrawn.
Kept = store.Kept


@dataclass(frozen=True)
class Agreement:
    """A consent or a refusal, and the day it was withdrawn."""

    consent: Consent | store.Terms
    withdrawn_on: date | None

    def withdrawn(self, on: date) -> bool:
        """Whether it is withdrawn by a day."""
        return self.withdrawn_on is not None and self.withdrawn_on <= on

    def holds(self, on: date) -> bool:
        """Whether it is in force on a day: begun, not over, not withdrawn."""
        first, end = self.consent.effective_from, self.consent.effective_to
        over = end is not None and end <= on
        return first <= on and not over and not self.withdrawn(on)

    def covers_inquiry(self, *, subject_id: int, organisation_id: int, purpose: Purpose, on: date) -> bool:
        """Whether it is the subject's own, for this organisation and purpose, on a day (art. 18)."""
        given = self.consent
        given_for = (given.subject_id, given.organisation_id, given.purpose)
        same = given.kind is ConsentKind.INQUIRY and given_for == (subject_id, organisation_id, purpose)
        return same and given.agreed and self.holds(on)

    def covers_collection(self, *, subject_id: int, fact: str, on: date) -> bool:
        """Whether the subject agreed in writing that this restricted fact is collected on a day (art. 14)."""
        given = self.consent
        same = given.kind is ConsentKind.COLLECTION and given.subject_id == subject_id
        return same and given.agreed and (not given.facts or fact in given.facts) and self.holds(on)


def consents(session: Session, consent_ids: Collection[int]) -> dict[int, Agreement]:
    """The consents with these ids, valid or not, by id; one that is not there is left out."""
    found = store.by_ids(session, consent_ids) if consent_ids else []
    return {terms.consent_id: Agreement(terms, withdrawn_on) for terms, withdrawn_on in found}


def collection_agreements(
    session: Session, subject_ids: Collection[int], *, references: Collection[str]
) -> dict[tuple[int, str], list[Agreement]]:
    """The consents to collection with these numbers, by subject and number, the newest first."""
    found: dict[tuple[int, str], list[Agreement]] = {}
    for given, withdrawn_on in store.collections(session, subject_ids, references=references):
        found.setdefault((given.subject_id, given.reference), []).append(Agreement(given, withdrawn_on))
    return found


def inquiry_consents(
    session: Session, subject_ids: Collection[int], *, organisation_ids: Collection[int]
) -> dict[tuple[int, int], list[Kept]]:
    """The consents to inquiries of some subjects for some organisations, by both, the oldest first."""
    found: dict[tuple[int, int], list[Kept]] = {}
    for given, withdrawn_on in store.inquiry_consents(
        session, subject_ids, organisation_ids=organisation_ids
    ):
        assert given.organisation_id is not None, "a consent to inquiries names one"
        key = (given.subject_id, given.organisation_id)
        found.setdefault(key, []).append((given, withdrawn_on))
    return found


def rating_refused(
    session: Session,
    subject_id: int,
    *,
    on: date,
    needs_consent: bool,
    until: Mapping[str, int] | None = None,
) -> bool:
    """Whether the subject may not be rated on a day: it said no, or has not said yes where it must.

    With the last rows of an earlier night (`until`, by table), as far as it was known then.
    """
    newest = store.newest_rating_consent(session, subject_id, on=on, until=until or {})
    if newest is None:
        return needs_consent
    agreement = Agreement(*newest)
    return not (agreement.consent.agreed and agreement.holds(on))


def rating_refusers(session: Session, subject_ids: Collection[int], *, on: date) -> set[int]:
    """Those of some subjects who have said no to being rated, or taken their yes back, by a day."""
    newest = _newest(session, subject_ids, kind=ConsentKind.RATING, on=on)
    return {one for one, said in newest.items() if not (said.consent.agreed and said.holds(on))}


def agree_to_publication(session: Session, subject_ids: Collection[int], *, on: date) -> set[int]:
    """Those of some subjects who agree, on a day, to stand on a public notice (PIPL art. 25).

    No duty of the operator replaces this consent, so that who said nothing has not agreed.
    """
    newest = _newest(session, subject_ids, kind=ConsentKind.PUBLICATION, on=on)
    return {one for one, said in newest.items() if said.consent.agreed and said.holds(on)}


def publication_ended(session: Session, subject_ids: Collection[int], *, on: date) -> dict[int, date]:
    """Of those who agreed and took nothing back: since when it holds no more, where it has ended by a day."""
    found = {}
    for one, said in _newest(session, subject_ids, kind=ConsentKind.PUBLICATION, on=on).items():
        end = said.consent.effective_to
        kept = end is not None and (said.withdrawn_on is None or said.withdrawn_on > end)
        if said.consent.agreed and end is not None and end <= on and kept:
            found[one] = end
    return found


def _newest(
    session: Session, subject_ids: Collection[int], *, kind: ConsentKind, on: date
) -> dict[int, Agreement]:
    """What each of some subjects last said about a matter, by a day."""
    return {
        given.subject_id: Agreement(given, withdrawn_on)
        for given, withdrawn_on in store.said(session, subject_ids, kind=kind, on=on)
    }


def give(session: Session, given: Consent, *, on: date) -> Consent:
    """Keep a new consent or refusal; `Invalid` for one that contradicts itself or lies in the future.

    Nor do its number and its evidence hold the number of a person: both are kept in clear.
    """
    paper_name(given.reference, where="reference")
    paper_name(given.evidence, where="evidence")
    refuse_term(given.reference, first=given.effective_from, end=given.effective_to, on=on)
    is_inquiry = given.kind is ConsentKind.INQUIRY
    named = [given.organisation_id is not None, given.purpose is not None]
    if named != [is_inquiry, is_inquiry]:
        raise Invalid(
            f"consent {given.reference}: a consent to inquiries names an organisation and a purpose, and no "
            "other consent does"
        )
    store.add(session, given)
    return given


def refuse_term(reference: str, *, first: date, end: date | None, on: date) -> None:
    """`Invalid` for a term that begins in the future or ends before it begins."""
    if first > on:
        raise Invalid(f"consent {reference}: begins on {first}, after today ({on})")
    if end is not None and end <= first:
        raise Invalid(f"consent {reference}: ends on {end}, before it begins")


def withdraw(
    session: Session,
    given: Consent,
    *,
    on: date,
    channel: ConsentChannel,
    evidence: str,
    at: datetime,
    by: str,
) -> ConsentWithdrawal:
    """End a consent from a day on; `Conflict` when it is withdrawn already."""
    paper_name(evidence, where="evidence")
    if store.withdrawal(session, given.consent_id) is not None:
        raise Conflict(f"consent {given.reference}: is withdrawn already")
    if on < given.effective_from:
        raise Invalid(f"consent {given.reference}: cannot be withdrawn on {on}, before it began")
    made = ConsentWithdrawal(
        consent_id=given.consent_id,
        withdrawn_on=on,
        channel=channel,
        evidence=evidence,
        recorded_at=at,
        recorded_by=by,
    )
    store.add(session, made)
    return made
