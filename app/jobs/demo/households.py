"""The households of the demonstration: sealed heads, files with gaps, loans with a history."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from app.jobs.demo.batches import TOWN_OFFICE, Deliveries, DemoFact, append_records, append_subjects
from app.jobs.demo.consents import append_collection_consents, append_written_consents
from app.jobs.demo.loans import Loans, overdue_facts, perform
from app.jobs.demo.order import Bools, Floats, Ints, Order
from app.jobs.demo.people import person_names, resident_numbers
from app.jobs.demo.quality import earlier_income, household_facts
from app.jobs.demo.updates import BY_THE_BANK, Updates, updated
from app.jobs.demo.villages import Villages
from app.jobs.demo.writer import Writer
from app.models import SubjectKind
from app.models.base import epoch_day
from app.subjects.cipher import Cipher

PART = 20_000
_BORROWER_SHARE = 0.2
_SECOND_LOAN_SHARE = 0.08
_LOAN_YUAN = 60_000
_EARLIER = "earlier annual_net_income_fen"


@dataclass(frozen=True, slots=True)
class Lives:
    """What is recorded of some households, when it was observed, their loans, and what came later."""

    facts: dict[str, Floats]
    observed_on: dict[str, Ints]
    loans: Loans
    updates: Updates


@dataclass(frozen=True, slots=True)
class Part:
    """Some thousand households on the way into the tables."""

    number: int
    index: Ints
    ids: Ints
    village: Ints


def parts(villages: Villages, *, first_id: int) -> Iterator[Part]:
    """All households, village by village, in parts that fit the memory."""
    village = np.repeat(np.arange(len(villages.code)), villages.households)
    for number, start in enumerate(range(0, len(village), PART)):
        index = np.arange(start, min(start + PART, len(village)))
        yield Part(number, index, first_id + index, village[index])


def append_heads(writer: Writer, cipher: Cipher, order: Order, *, part: Part, villages: Villages) -> None:
    """Write the households with the sealed names and numbers of their heads."""
    first = np.concatenate([[0], np.cumsum(villages.households)])
    within = (part.index - first[part.village] + 1).tolist()
    ids = part.ids.tolist()
    names = person_names(part.index, seed=order.seed)
    numbers = resident_numbers(part.index, seed=order.seed, on=order.on)
    place_id = villages.place_id[part.village]
    append_subjects(writer, order, ids=part.ids, kind=SubjectKind.HOUSEHOLD, place_id=place_id)
    writer.append(
        "households",
        {
            "subject_id": part.ids,
            "household_no": [
                f"{villages.code[where]}{number:06d}"
                for where, number in zip(part.village.tolist(), within, strict=True)
            ],
            "head_name_cipher": [
                cipher.seal(name, row=f"households/{each}/head_name")
                for each, name in zip(ids, names, strict=True)
            ],
            "head_id_number_cipher": [
                cipher.seal(number, row=f"households/{each}/head_id_number")
                for each, number in zip(ids, numbers, strict=True)
            ],
            "head_id_number_index": list(map(cipher.index, numbers)),
        },
    )


def live(order: Order, *, part: Part, villages: Villages) -> Lives:
    """What is recorded of each household, and its loans."""
    rng = order.random("households", part.number)
    count = len(part.ids)
    quality = 0.75 * villages.quality[part.village] + rng.normal(0.05, 0.92, count)
    ends, first_ends = order.month_ends, order.first_month_ends
    borrows = (rng.random(count) < _BORROWER_SHARE) & villages.has_borrowers[part.village]
    owners = np.flatnonzero(borrows)
    owners = np.sort(np.concatenate([owners, owners[rng.random(len(owners)) < _SECOND_LOAN_SHARE]]))
    loans = perform(rng, quality[owners], owners=owners, ends=ends, amount_yuan=_LOAN_YUAN)
    thin = rng.random(count) < villages.thin_share[part.village]
    facts = household_facts(rng, quality, repayment=overdue_facts(loans, count, ends=first_ends), thin=thin)
    stale = rng.random(count) < villages.stale_share[part.village]
    observed_on = _observed_on(
        rng, facts, stale=stale, today=epoch_day(order.delivered_on), last_return=int(first_ends[-1])
    )
    updates = updated(
        order.random("household updates", part.number),
        order,
        facts=facts,
        observed_on=observed_on,
        newest_return=overdue_facts(loans, count, ends=ends),
    )
    facts[_EARLIER] = earlier_income(rng, facts)
    observed_on[_EARLIER] = observed_on["annual_net_income_fen"] - 365
    return Lives(facts, observed_on, loans, updates)


def append_files(
    writer: Writer,
    order: Order,
    *,
    part: Part,
    lives: Lives,
    of: dict[str, DemoFact],
    files: Deliveries,
) -> int:
    """Write the consents and the records of the part, first what arrived first; how many records."""
    records = 0
    consent_ids = append_collection_consents(writer, order, ids=part.ids, row_no=part.index + 1)
    for facts, observed_on, delivery in (
        (lives.facts, lives.observed_on, files.first),
        (lives.updates.facts, lives.updates.observed_on, files.update),
    ):
        records += append_records(
            writer,
            facts,
            of=of | {_EARLIER: of["annual_net_income_fen"]},
            ids=part.ids,
            row_no=part.index + 1,
            observed_on=observed_on,
            delivery=delivery,
        )
        append_written_consents(
            writer,
            facts,
            ids=part.ids,
            row_no=part.index + 1,
            consent_ids=consent_ids,
            batch_id=delivery.batches[TOWN_OFFICE],
        )
    return records


def _observed_on(
    rng: np.random.Generator, facts: dict[str, Floats], *, stale: Bools, today: int, last_return: int
) -> dict[str, Ints]:
    """The day of the visit, a little later the appraisal, and the month-end for what the bank reports."""
    count = len(stale)
    visit = today - np.where(stale, rng.integers(400, 900, count), rng.integers(26, 300, count))
    appraised = visit + rng.integers(0, 26, count)
    returned = np.full(count, last_return)
    days = dict.fromkeys(facts, visit)
    days |= dict.fromkeys(("appraisal_score", "appraiser_count", "honour_level"), appraised)
    return days | dict.fromkeys(BY_THE_BANK, returned)
