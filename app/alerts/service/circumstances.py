"""What has to be known beside the inquiries: from the database, and from what was declared beforehand."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np

from app.alerts import store
from app.alerts.columns import Circumstances, ExpectedVisits, Inquiries, Loans
from app.alerts.rules import AlertRules, Campaign, Declarations
from app.alerts.villages import villages_to_count
from app.db import Session
from app.errors import Invalid
from app.models import Organisation, Purpose, epoch_day


def circumstances(
    session: Session,
    inquiries: Inquiries,
    rules: AlertRules,
    declared: Declarations,
    *,
    months: Sequence[tuple[date, date]],
    on: date,
) -> tuple[Circumstances, tuple[str, ...]]:
    """What the rules have to know beside the inquiries, and the organisations without a loan on file."""
    organisations = store.organisations(session)
    begin = months[0][0] if months else on + timedelta(days=1)
    loans, lenders = _lending(session, organisations, declared, first=begin, on=on)
    unmatched = _unmatched(inquiries, organisations, loans, lenders) if months else ()
    beside = Circumstances(
        rated=store.rated_counts(session, villages_to_count(inquiries, rules)),
        relatives=_relatives(session, declared),
        campaigns=_campaigns(session, organisations, declared.campaigns),
        lenders=lenders,
        loans=loans,
    )
    return beside, unmatched


def _relatives(session: Session, declared: Declarations) -> dict[int, frozenset[int]]:
    users = store.user_ids(session, declared.relatives)
    places = store.place_ids(session, [code for codes in declared.relatives.values() for code in codes])
    _refuse_unknown("relatives: username", declared.relatives, users)
    _refuse_unknown("relatives: village", [c for codes in declared.relatives.values() for c in codes], places)
    return {
        users[username]: frozenset().union(*(places[code] for code in codes))
        for username, codes in declared.relatives.items()
    }


def _campaigns(
    session: Session, organisations: Sequence[Organisation], campaigns: Sequence[Campaign]
) -> tuple[ExpectedVisits, ...]:
    places = store.place_ids(session, [each.village_code for each in campaigns])
    by_code = {each.code: each.organisation_id for each in organisations}
    _refuse_unknown("campaigns: village", [each.village_code for each in campaigns], places)
    _refuse_unknown("campaigns: organisation", [each.organisation_code for each in campaigns], by_code)
    return tuple(
        ExpectedVisits(
            {
                one.organisation_id
                for one in organisations
                if by_code[each.organisation_code] in (one.organisation_id, one.parent_id)
            },
            places[each.village_code], each.first, each.last,
        )
        for each in campaigns
    )  # fmt: skip


def _refuse_unknown(
    what: str, named: Sequence[str] | Mapping[str, object], known: Mapping[str, object]
) -> None:
    if strangers := [each for each in named if each not in known]:
        raise Invalid(
            f"{what}: {strangers[0]!r} 不存在，请更正申报文件 · there is none; correct the declarations"
        )


def _lending(
    session: Session,
    organisations: Sequence[Organisation],
    declared: Declarations,
    *,
    first: date,
    on: date,
) -> tuple[Loans, dict[int, int]]:
    """The loans of a time by the bank that granted them, and the bank every organisation belongs to."""
    by_id = {each.organisation_id: each for each in organisations}
    banks = {number: _bank(each, by_id) for number, each in by_id.items()}
    _refuse_unknown("lenders: organisation", declared.lenders, {each.code: each for each in organisations})
    names: dict[str, set[int]] = {}
    for each in organisations:
        for name in (each.name, *declared.lenders.get(each.code, ())):
            names.setdefault(_plain(name), set()).add(banks[each.organisation_id])
    # A name that two banks bear names neither.
    only = {name: next(iter(found)) for name, found in names.items() if len(found) == 1}
    rows = [
        (subject, only.get(_plain(lender), 0), epoch_day(day))
        for subject, lender, day in store.loans(session, first=first, last=on)
    ]
    return Loans(*np.array(rows, dtype=np.int64).reshape(-1, 3).T), banks


def _unmatched(
    inquiries: Inquiries, organisations: Sequence[Organisation], loans: Loans, lenders: Mapping[int, int]
) -> tuple[str, ...]:
    asked = set(np.unique(inquiries.organisation[inquiries.of_purposes([Purpose.PRE_LOAN])]).tolist())
    lending = set(loans.lender.tolist())
    return tuple(
        each.name
        for each in organisations
        if each.organisation_id in asked and lenders[each.organisation_id] not in lending
    )


def _bank(organisation: Organisation, by_id: Mapping[int, Organisation]) -> int:
    """The organisation a branch belongs to in the end."""
    while organisation.parent_id is not None:
        organisation = by_id[organisation.parent_id]
    return organisation.organisation_id


def _plain(name: str) -> str:
    """A lender's name without differences of width, case and spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())
