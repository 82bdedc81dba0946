"""Which of two records of a fact comes first, as one number: fresh before stale, then authority, then day."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from app.db import Session
from app.jobs.night.reading import Extent
from app.models import Batch, Fact, Source, SubjectKind, epoch_day
from app.records.catalogue import Catalogue
from app.records.current import months_before
from app.records.rules import RecordRules

# A day from 1900 on, counted from 1611, takes 18 bits; what stands above them goes before it.
DAY_BITS, DAY_OFFSET = 18, 2**17
Ranks = NDArray[np.int32]


@dataclass(frozen=True)
class FactRule:
    """How the records of one fact are ranked; `ranks` is the authority of each batch, by its number."""

    name: str
    fresh_after: int
    ranks: Ranks

    def precedence(self, deliveries: NDArray[np.int64]) -> NDArray[np.int32]:
        """The precedence of records by batch and day, packed as `RECORD_COLUMNS` packs them."""
        days = (deliveries & (2**DAY_BITS - 1)).astype(np.int32)
        before = (self.ranks[deliveries >> DAY_BITS] + np.int32(1)) << DAY_BITS
        found: NDArray[np.int32] = days + np.where(days > self.fresh_after, before, np.int32(0))
        return found


def fact_rules(
    session: Session, *, rules: RecordRules, catalogue: Catalogue, until: Extent
) -> dict[SubjectKind, dict[int, FactRule]]:
    """How the records of every fact are ranked on a day."""
    domains = {fact.domain for fact in catalogue.facts}
    ranks = _ranks(session, dict.fromkeys(domains, rules))
    found: dict[SubjectKind, dict[int, FactRule]] = {kind: {} for kind in SubjectKind}
    rows = session.execute(select(Fact.fact_id, Fact.subject_kind, Fact.name))
    for fact_id, kind, name in rows:
        listed = catalogue.by_key.get((kind, name))
        if listed is not None:
            limit = epoch_day(months_before(until.as_of, listed.freshness_months))
            found[kind][fact_id] = FactRule(name, limit + DAY_OFFSET, ranks[listed.domain])
    return found


def _ranks(session: Session, rules: Mapping[str, RecordRules]) -> dict[str, Ranks]:
    """The authority of every batch for each domain."""
    batches = session.execute(select(Batch.batch_id, Source.code).join(Source)).all()
    last = session.scalar(select(func.max(Batch.batch_id))) or 0
    found = {domain: np.zeros(last + 1, dtype=np.int32) for domain in rules}
    for domain, rule in rules.items():
        if domain in rule.authority:
            for batch_id, source in batches:
                found[domain][batch_id] = rule.rank(domain, source)
    return found
