"""The entities of the demonstration on the way into the tables, with their loans and representatives."""

from dataclasses import dataclass

import numpy as np

from app.jobs.demo.batches import Deliveries, DemoFact, append_records, append_subjects
from app.jobs.demo.entities import Entities, entity_facts, invent
from app.jobs.demo.loans import Loans, overdue_facts, perform
from app.jobs.demo.order import Floats, Ints, Order
from app.jobs.demo.people import person_names, resident_numbers
from app.jobs.demo.updates import Updates, updated
from app.jobs.demo.villages import Villages
from app.jobs.demo.writer import Writer
from app.models import SubjectKind
from app.models.base import epoch_day
from app.subjects.cipher import Cipher

_BORROWER_SHARE = 0.3
_LOAN_YUAN = 150_000
_ALSO_HEAD_SHARE = 0.3
_RETURNED = ("overdue_days_max_24m", "overdue_days_now")


@dataclass(frozen=True, slots=True)
class EntityFiles:
    """The entities with their numbers, their files and their loans."""

    entities: Entities
    ids: Ints
    facts: dict[str, Floats]
    observed_on: dict[str, Ints]
    loans: Loans
    updates: Updates


def invent_files(order: Order, *, villages: Villages, first_id: int) -> EntityFiles:
    """All entities, and what is recorded of them."""
    rng = order.random("entities")
    count = order.entities
    entities = invent(rng, villages, count=count, first=0, seed=order.seed, on=order.on)
    quality = 0.4 * villages.quality[entities.village] + rng.normal(0.2, 0.9, count)
    owners = np.flatnonzero((rng.random(count) < _BORROWER_SHARE) & villages.has_borrowers[entities.village])
    ends, first_ends = order.month_ends, order.first_month_ends
    loans = perform(rng, quality[owners], owners=owners, ends=ends, amount_yuan=_LOAN_YUAN)
    facts = entity_facts(rng, quality, entities, on=order.on)
    visit = epoch_day(order.delivered_on) - np.where(
        rng.random(count) < 0.01, rng.integers(380, 800, count), rng.integers(0, 300, count)
    )
    observed_on = dict.fromkeys(facts, visit)
    repayment, newest = (overdue_facts(loans, count, ends=each) for each in (first_ends, ends))
    for name in _RETURNED:
        facts[name], observed_on[name] = repayment[name], np.full(count, first_ends[-1])
    updates = updated(
        order.random("entity updates"),
        order,
        facts=facts,
        observed_on=observed_on,
        newest_return={name: newest[name] for name in _RETURNED},
    )
    return EntityFiles(entities, first_id + np.arange(count), facts, observed_on, loans, updates)


def append_entities(
    writer: Writer, cipher: Cipher, order: Order, *, files: EntityFiles, villages: Villages
) -> None:
    """Write the entities; some legal representatives are also heads of households (one person, two files)."""
    rng = order.random("legal representatives")
    count = len(files.ids)
    people = np.where(
        rng.random(count) < _ALSO_HEAD_SHARE,
        rng.integers(0, order.households, count),
        order.households + np.arange(count),
    )
    ids = files.ids.tolist()
    numbers = resident_numbers(people, seed=order.seed, on=order.on)
    place_id = villages.place_id[files.entities.village]
    append_subjects(writer, order, ids=files.ids, kind=SubjectKind.AGRI_ENTITY, place_id=place_id)
    writer.append(
        "agri_entities",
        {
            "subject_id": files.ids,
            "uscc": files.entities.credit_code,
            "name": files.entities.name,
            "entity_type": files.entities.entity_type,
            "status": files.entities.status,
            "registered_on": np.datetime_as_string(files.entities.registered_on.astype("M8[D]")),
            "recognition_level": files.entities.recognition_level,
            "legal_representative_name_cipher": [
                cipher.seal(name, row=f"agri_entities/{each}/legal_representative_name")
                for each, name in zip(ids, person_names(people, seed=order.seed), strict=True)
            ],
            "legal_representative_number_cipher": [
                cipher.seal(number, row=f"agri_entities/{each}/legal_representative_number")
                for each, number in zip(ids, numbers, strict=True)
            ],
            "legal_representative_index": list(map(cipher.index, numbers)),
        },
    )
    writer.append(
        "entity_states",
        {
            "subject_id": files.ids,
            "entity_type": files.entities.entity_type,
            "status": files.entities.status,
            "recorded_at": order.delivered_at_text,
        },
    )


def append_entity_files(
    writer: Writer, files: EntityFiles, *, of: dict[str, DemoFact], deliveries: Deliveries, first_row: int
) -> int:
    """Write what is recorded of the entities, first what arrived first; how many records."""
    return sum(
        append_records(
            writer,
            facts,
            of=of,
            ids=files.ids,
            row_no=first_row + np.arange(len(files.ids)),
            observed_on=observed_on,
            delivery=delivery,
        )
        for facts, observed_on, delivery in (
            (files.facts, files.observed_on, deliveries.first),
            (files.updates.facts, files.updates.observed_on, deliveries.update),
        )
    )
