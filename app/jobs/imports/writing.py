"""A file that was found right lands whole: its batch, and everything it adds or changes."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app.db import Engine, transaction
from app.errors import Conflict
from app.jobs.imports.consents import AgreementDraft, ConsentPlan, WithdrawalDraft
from app.jobs.imports.entities import EntityDraft, EntityPlan
from app.jobs.imports.households import HouseholdDraft, HouseholdPlan, MemberDraft
from app.jobs.imports.observations import ObservationPlan
from app.jobs.imports.report import both
from app.jobs.imports.roster import RosterPlan
from app.models import (
    AdverseRecord,
    AgriEntity,
    Batch,
    Consent,
    ConsentWithdrawal,
    Contact,
    ContactKind,
    EntityState,
    Household,
    Member,
    Record,
    Roster,
    RosterEntry,
    Subject,
    SubjectKind,
    WrittenConsent,
)
from app.subjects.cipher import Cipher
from app.subjects.contacts import contact_row

Plan = HouseholdPlan | EntityPlan | ObservationPlan | RosterPlan | ConsentPlan
# Of whom, by what, and the phone or address itself.
NamedContact = tuple[int, ContactKind, str]
_ROWS_PER_STATEMENT = 5_000


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a file lands: the transaction, the key, and the delivery it came in."""

    session: Session
    cipher: Cipher
    batch: Batch

    @property
    def at(self) -> datetime:
        """When the delivery was recorded."""
        return self.batch.recorded_at


@contextmanager
def landing(engine: Engine) -> Iterator[Session]:
    """The one transaction of an import; when another one got in its way, nothing is written."""
    try:
        with transaction(engine) as session:
            yield session
    except IntegrityError:
        raise _disturbed() from None
    except OperationalError as error:
        if "locked" not in str(error.orig):
            raise
        raise _disturbed() from None


def write_plan(plan: Plan, where: Landing) -> None:
    """Write everything a plan says."""
    where.session.add(where.batch)
    where.session.flush()
    if isinstance(plan, HouseholdPlan):
        _write_households(plan, where)
    elif isinstance(plan, EntityPlan):
        _write_entities(plan, where)
    elif isinstance(plan, ObservationPlan):
        _write_records(plan, where)
    elif isinstance(plan, ConsentPlan):
        _write_consents(plan, where)
    else:
        _write_roster(plan, where)


def _write_households(plan: HouseholdPlan, where: Landing) -> None:
    ids = _new_subjects(where, SubjectKind.HOUSEHOLD, [draft.place_id for draft in plan.new])
    rows = [
        _household_row(draft, subject_id, where.cipher)
        for draft, subject_id in zip(plan.new, ids, strict=True)
    ]
    _insert(where.session, Household, rows)
    for household, subject, draft in plan.changed:
        sealed_row = f"households/{subject.subject_id}/head_name"
        household.head_name_cipher = where.cipher.seal(draft.head_name, row=sealed_row)
        subject.place_id = draft.place_id
    homes = plan.on_file | {
        draft.household_no: subject_id for draft, subject_id in zip(plan.new, ids, strict=True)
    }
    _write_members(plan, homes, where)
    known = [(subject.subject_id, draft) for _, subject, draft in plan.changed]
    _write_contacts([*zip(ids, plan.new, strict=True), *known], where)


def _write_contacts(drafts: Iterable[tuple[int, HouseholdDraft | EntityDraft]], where: Landing) -> None:
    named = [(subject_id, *each) for subject_id, draft in drafts for each in draft.contacts.items()]
    write_contacts(where.session, where.cipher, named, at=where.at, by=where.batch.recorded_by)


def write_contacts(
    session: Session, cipher: Cipher, named: Sequence[NamedContact], *, at: datetime, by: str
) -> None:
    """Seal and keep phones and addresses, each bound to its row: the row first, then what it holds."""
    recorded = {"recorded_at": at, "recorded_by": by}
    ids = _inserted_ids(
        session,
        Contact,
        [
            {"subject_id": subject_id, "kind": kind, "value_cipher": b"", **recorded}
            for subject_id, kind, _ in named
        ],
    )
    sealed = [
        {"contact_id": contact_id, "value_cipher": cipher.seal(value, row=contact_row(contact_id))}
        for contact_id, (_, _, value) in zip(ids, named, strict=True)
    ]
    if sealed:
        session.execute(update(Contact), sealed)


def _household_row(draft: HouseholdDraft, subject_id: int, cipher: Cipher) -> dict[str, object]:
    row = f"households/{subject_id}"
    return {
        "subject_id": subject_id,
        "household_no": draft.household_no,
        "head_name_cipher": cipher.seal(draft.head_name, row=f"{row}/head_name"),
        "head_id_number_cipher": cipher.seal(draft.head_number, row=f"{row}/head_id_number"),
        "head_id_number_index": cipher.index(draft.head_number),
    }


def _write_members(plan: HouseholdPlan, homes: dict[str, int], where: Landing) -> None:
    # A sealed value is bound to its row, so that the row has to have its id first.
    ids = _inserted_ids(
        where.session,
        Member,
        [
            {
                "subject_id": homes[draft.household_no],
                "relation_code": draft.relation_code,
                "name_cipher": b"",
            }
            for draft in plan.members_new
        ],
    )
    sealed = [
        _member_row(draft, member_id, where.cipher)
        for draft, member_id in zip(plan.members_new, ids, strict=True)
    ]
    if sealed:
        where.session.execute(update(Member), sealed)
    for member, draft in plan.members_changed:
        member.subject_id = homes[draft.household_no]
        member.relation_code = draft.relation_code
        member.name_cipher = where.cipher.seal(draft.name, row=f"members/{member.member_id}/name")


def _member_row(draft: MemberDraft, member_id: int, cipher: Cipher) -> dict[str, object]:
    return {
        "member_id": member_id,
        "name_cipher": cipher.seal(draft.name, row=f"members/{member_id}/name"),
        "id_number_cipher": cipher.seal(draft.number, row=f"members/{member_id}/id_number"),
        "id_number_index": cipher.index(draft.number),
    }


def _write_entities(plan: EntityPlan, where: Landing) -> None:
    ids = _new_subjects(where, SubjectKind.AGRI_ENTITY, [draft.place_id for draft in plan.new])
    rows = []
    for draft, subject_id in zip(plan.new, ids, strict=True):
        number = _representative_number(draft, subject_id, where.cipher)
        entity = _entity_row(draft, subject_id, where.cipher)
        rows.append({"subject_id": subject_id, "uscc": draft.uscc, **entity, **number})
    _insert(where.session, AgriEntity, rows)
    states = list(zip(ids, plan.new, strict=True))
    states += [
        (subject.subject_id, draft)
        for stored, subject, draft in plan.changed
        if (stored.entity_type, stored.status) != (draft.entity_type, draft.status)
    ]
    _insert(where.session, EntityState, [_state_row(draft, number, where.at) for number, draft in states])
    for stored, subject, draft in plan.changed:
        changes = _entity_row(draft, subject.subject_id, where.cipher)
        if draft.registered_on is None:
            del changes["registered_on"]
        if draft.representative_number is not None:
            changes |= _representative_number(draft, subject.subject_id, where.cipher)
        for name, value in changes.items():
            setattr(stored, name, value)
        subject.place_id = draft.place_id
    known = [(subject.subject_id, draft) for _, subject, draft in plan.changed]
    _write_contacts([*zip(ids, plan.new, strict=True), *known], where)


def _state_row(draft: EntityDraft, subject_id: int, at: datetime) -> dict[str, object]:
    return {
        "subject_id": subject_id,
        "entity_type": draft.entity_type,
        "status": draft.status,
        "recorded_at": at,
    }


def _entity_row(draft: EntityDraft, subject_id: int, cipher: Cipher) -> dict[str, object]:
    sealed_row = f"agri_entities/{subject_id}/legal_representative_name"
    return {
        "name": draft.name,
        "entity_type": draft.entity_type,
        "status": draft.status,
        "registered_on": draft.registered_on,
        "recognition_level": draft.recognition_level,
        "legal_representative_name_cipher": cipher.seal(draft.representative, row=sealed_row),
    }


def _representative_number(draft: EntityDraft, subject_id: int, cipher: Cipher) -> dict[str, object]:
    number = draft.representative_number
    sealed_row = f"agri_entities/{subject_id}/legal_representative_number"
    return {
        "legal_representative_number_cipher": cipher.seal(number, row=sealed_row) if number else None,
        "legal_representative_index": cipher.index(number) if number else None,
    }


def _write_records(plan: ObservationPlan, where: Landing) -> None:
    unfiled = list(
        dict.fromkeys(
            draft.known.place_id
            for draft in plan.records
            if draft.known.subject_id is None and draft.known.place_id is not None
        )
    )
    ids = dict(zip(unfiled, _new_subjects(where, SubjectKind.VILLAGE, unfiled), strict=True))
    rows: list[dict[str, object]] = [
        {
            "subject_id": draft.known.subject_id or ids[draft.known.place_id or 0],
            "fact_id": draft.fact_id,
            "value": draft.value,
            "observed_on": draft.observed_on,
            "batch_id": where.batch.batch_id,
            "row_no": draft.row_no,
        }
        for draft in plan.records
    ]
    ids_of_records = _inserted_ids(where.session, Record, rows)
    adverse: list[dict[str, object]] = [
        {"record_id": record_id, "subject_id": row["subject_id"]}
        for record_id, row, draft in zip(ids_of_records, rows, plan.records, strict=True)
        if draft.adverse
    ]
    _insert(where.session, AdverseRecord, adverse)
    consents: list[dict[str, object]] = [
        {
            "batch_id": where.batch.batch_id,
            "row_no": draft.row_no,
            "subject_id": draft.subject_id,
            "consent_id": draft.consent_id,
        }
        for draft in plan.consents.values()
    ]
    _insert(where.session, WrittenConsent, consents)


def _write_roster(plan: RosterPlan, where: Landing) -> None:
    roster = Roster(batch_id=where.batch.batch_id, name=plan.name, source=plan.source, as_of=plan.as_of)
    where.session.add(roster)
    where.session.flush()
    rows: list[dict[str, object]] = [
        {
            "roster_id": roster.roster_id,
            "row_no": entry.row_no,
            "name": entry.name,
            "uscc": entry.uscc,
            "entity_type": entry.entity_type,
            "place_id": entry.place_id,
            "exclusion": entry.exclusion,
            "exclusion_document": entry.exclusion_document,
        }
        for entry in plan.entries
    ]
    _insert(where.session, RosterEntry, rows)


def _write_consents(plan: ConsentPlan, where: Landing) -> None:
    ids = _inserted_ids(where.session, Consent, [_consent_row(draft, where.batch) for draft in plan.new])
    withdrawn = plan.withdrawn + [
        WithdrawalDraft(consent_id, draft.withdrawn_on, draft.written.channel, draft.written.evidence)
        for consent_id, draft in zip(ids, plan.new, strict=True)
        if draft.withdrawn_on is not None
    ]
    _insert(
        where.session,
        ConsentWithdrawal,
        [
            asdict(draft) | {"recorded_at": where.at, "recorded_by": where.batch.recorded_by}
            for draft in withdrawn
        ],
    )


def _consent_row(draft: AgreementDraft, batch: Batch) -> dict[str, object]:
    return asdict(draft.written) | {
        "subject_id": draft.subject_id,
        "reference": draft.reference,
        "recorded_at": batch.recorded_at,
        "recorded_by": batch.recorded_by,
    }


def _new_subjects(where: Landing, kind: SubjectKind, place_ids: Sequence[int]) -> list[int]:
    rows = [
        {"kind": kind, "place_id": place_id, "recorded_at": where.at, "synthetic": False}
        for place_id in place_ids
    ]
    return _inserted_ids(where.session, Subject, rows)


def _inserted_ids(
    session: Session,
    table: type[Subject | Member | Record | Consent | Contact],
    rows: Sequence[dict[str, object]],
) -> list[int]:
    keys = {
        Subject: Subject.subject_id,
        Member: Member.member_id,
        Record: Record.record_id,
        Consent: Consent.consent_id,
        Contact: Contact.contact_id,
    }
    statement = insert(table).returning(keys[table], sort_by_parameter_order=True)
    return [
        number
        for start in range(0, len(rows), _ROWS_PER_STATEMENT)
        for number in session.scalars(statement, rows[start : start + _ROWS_PER_STATEMENT])
    ]


def _insert(session: Session, table: type, rows: Sequence[dict[str, object]]) -> None:
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        session.execute(insert(table), rows[start : start + _ROWS_PER_STATEMENT])


def _disturbed() -> Conflict:
    return Conflict(
        both(
            "同时有另一次写入，本文件没有写入任何数据；请重新导入",
            "another import got in the way; nothing was written, run it again",
        )
    )
