"""The agri entities of a simulated year: how they do, how the register has them, and who is on the roster."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np

from app.db import Session
from app.jobs.demo.entities import Entities, entity_facts
from app.jobs.demo.order import midnight
from app.jobs.demo.people import credit_codes, person_names
from app.jobs.simulation.deliveries import Deliveries
from app.jobs.simulation.world import Entity, World
from app.models import (
    AgriEntity,
    Batch,
    BatchKind,
    EntityState,
    EntityStatus,
    EntityType,
    ExclusionReason,
    Roster,
    RosterEntry,
    Subject,
    SubjectKind,
)
from app.models.base import epoch_day
from app.records.service import source_by_code
from app.subjects.cipher import Cipher

_INVENTED = (  # type, first two characters of the credit code, name; some bear that of a person
    (EntityType.COOPERATIVE, "93", "璧山区禾丰农民专业合作社（模拟）"),
    (EntityType.COOPERATIVE, "93", "璧山区金穗农民专业合作社（模拟）"),
    (EntityType.FAMILY_FARM, "92", "璧山区{person}家庭农场（模拟）"),
    (EntityType.FAMILY_FARM, "92", "璧山区翠谷家庭农场（模拟）"),
    (EntityType.LEADING_ENTERPRISE, "91", "重庆绿野农业开发有限公司（模拟）"),
    (EntityType.LARGE_GROWER, "92", "{person}"),
)
_SOURCE = "模拟数据（合成）"
_FOUNDED_BEFORE = timedelta(days=365 * 4)
_VISITED_SHARE, _CHANGES = 0.25, 0.5
_FALLS_BEHIND, _RECOVERS = 0.04, 0.4
_SUSPENDED, _RESUMED, _DEREGISTERED = 0.012, 0.4, 0.004
# Every so many months there is a new roster, and sooner where the register says something new.
_ROSTER_MONTHS, _LEFT_OUT = 6, 0.05
_EXCLUDED = {
    EntityStatus.SUSPENDED: ExclusionReason.SUSPENDED,
    EntityStatus.DEREGISTERED: ExclusionReason.DEREGISTERED,
}


def found(session: Session, cipher: Cipher, world: World, chance: np.random.Generator, *, on: date) -> None:
    """Let some entities be founded in the villages of the town, each with a file and on the roster."""
    people = np.arange(len(world.families), len(world.families) + len(_INVENTED))
    names = person_names(people, seed=world.seed)
    codes = credit_codes(people, kinds=[code for _, code, _ in _INVENTED], seed=world.seed)
    for position, (entity_type, _, pattern) in enumerate(_INVENTED):
        village = world.villages[position % len(world.villages)]
        made = Subject(
            kind=SubjectKind.AGRI_ENTITY, place_id=village.place_id, recorded_at=midnight(on), synthetic=True
        )
        session.add(made)
        session.flush()
        entity = Entity(
            subject_id=made.subject_id, place_id=village.place_id, uscc=codes[position],
            name=pattern.format(person=names[position]), entity_type=entity_type,
            quality=float(chance.normal(0.5, 0.8)), of_person="{person}" in pattern,
        )  # fmt: skip
        _register(session, cipher, entity, person=names[position], on=on)
        world.entities.append(entity)
    visited_on = on - timedelta(days=1)
    deliveries = Deliveries(session, on=visited_on)
    _tell(world.entities, chance, deliveries, on=visited_on)
    deliveries.finish()
    _list(session, world, chance, on=on)


def month(
    session: Session, world: World, chance: np.random.Generator, deliveries: Deliveries, *, on: date
) -> None:
    """What became of the entities in a month; the roster follows what the register says."""
    changed = [entity for entity in world.entities if _changes(session, entity, chance, on=on)]
    for entity in world.entities:
        _repay(entity, chance)
    visited = [
        one for one in world.entities if one.status is EntityStatus.ACTIVE and _is_visited(one, chance)
    ]
    _tell(visited, chance, deliveries, on=on)
    for entity in world.entities:
        told = {"overdue_days_max_24m": entity.overdue_worst, "overdue_days_now": entity.overdue_days}
        deliveries.records(entity.subject_id, told)
    if changed or on.month % _ROSTER_MONTHS == 0:
        _list(session, world, chance, on=on)


def _register(session: Session, cipher: Cipher, entity: Entity, *, person: str, on: date) -> None:
    session.add(
        AgriEntity(
            subject_id=entity.subject_id, uscc=entity.uscc, name=entity.name, entity_type=entity.entity_type,
            status=entity.status, registered_on=on - _FOUNDED_BEFORE, recognition_level=0,
            legal_representative_name_cipher=cipher.seal(
                person, row=f"agri_entities/{entity.subject_id}/legal_representative_name"
            ),
        )
    )  # fmt: skip
    _note_state(session, entity, on=on)


def _note_state(session: Session, entity: Entity, *, on: date) -> None:
    session.add(
        EntityState(
            subject_id=entity.subject_id, entity_type=entity.entity_type, status=entity.status,
            recorded_at=midnight(on),
        )
    )  # fmt: skip


def _changes(session: Session, entity: Entity, chance: np.random.Generator, *, on: date) -> bool:
    """Whether the register says something new of an entity: it stops for a while, goes on, or is no more."""
    drawn, before = chance.random(), entity.status
    if before is EntityStatus.ACTIVE and drawn < _SUSPENDED:
        entity.status = EntityStatus.SUSPENDED
    elif before is not EntityStatus.DEREGISTERED and drawn > 1 - _DEREGISTERED:
        entity.status = EntityStatus.DEREGISTERED
    elif before is EntityStatus.SUSPENDED and drawn < _RESUMED:
        entity.status = EntityStatus.ACTIVE
    if entity.status is not before:
        _note_state(session, entity, on=on)
    return entity.status is not before


def _repay(entity: Entity, chance: np.random.Generator) -> None:
    if entity.overdue_days:
        entity.overdue_days = 0 if chance.random() < _RECOVERS else entity.overdue_days + 30
    elif chance.random() < _FALLS_BEHIND:
        entity.overdue_days = int(chance.integers(1, 31))
    entity.overdue_worst = max(entity.overdue_worst, entity.overdue_days)


def _is_visited(entity: Entity, chance: np.random.Generator) -> bool:
    visited = bool(chance.random() < _VISITED_SHARE)
    if visited:
        entity.quality = float(np.clip(entity.quality + chance.normal(0, _CHANGES), -2, 2))
    return visited


def _tell(
    entities: Sequence[Entity], chance: np.random.Generator, deliveries: Deliveries, *, on: date
) -> None:
    """What a visit finds in each; what nobody could say is not recorded."""
    founded = np.full(len(entities), epoch_day(on - _FOUNDED_BEFORE))
    columns = Entities(
        credit_code=[one.uscc for one in entities], name=[one.name for one in entities],
        entity_type=np.array([one.entity_type.value for one in entities]),
        status=np.array([one.status.value for one in entities]),
        village=np.array([one.place_id for one in entities]), registered_on=founded,
        recognition_level=np.zeros(len(entities), dtype=np.int64),
    )  # fmt: skip
    facts = entity_facts(chance, np.array([one.quality for one in entities]), columns, on=on)
    for row, entity in enumerate(entities):
        told = {name: float(column[row]) for name, column in facts.items() if not np.isnan(column[row])}
        deliveries.records(entity.subject_id, told)


def _list(session: Session, world: World, chance: np.random.Generator, *, on: date) -> None:
    """A new roster: who is out of business is excluded with a document, and now and then one is left out."""
    listed = [one for one in world.entities if chance.random() >= _LEFT_OUT]
    name = f"simulation/roster/{on}"
    batch = Batch(
        kind=BatchKind.ROSTER, source=_SOURCE, source_id=source_by_code(session, "town_office").source_id,
        file_name=name, content_sha256=hashlib.sha256(name.encode()).hexdigest(), row_count=len(listed),
        recorded_at=midnight(on), recorded_by="simulation", synthetic=True,
    )  # fmt: skip
    session.add(batch)
    session.flush()
    roster = Roster(batch_id=batch.batch_id, name="新型农业经营主体名录（模拟）", source=_SOURCE, as_of=on)
    session.add(roster)
    session.flush()
    for row_no, one in enumerate(listed, start=1):
        reason = _EXCLUDED.get(one.status)
        session.add(
            RosterEntry(
                roster_id=roster.roster_id, row_no=row_no, name=one.name, uscc=one.uscc,
                entity_type=one.entity_type, place_id=one.place_id, exclusion=reason,
                exclusion_document=None if reason is None else f"模拟文号{row_no}",
            )
        )  # fmt: skip
