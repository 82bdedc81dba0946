"""How good the data of a place are, by fact and by source, and what a town office has to ask for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from app.db import Engine, Session
from app.errors import SetupError
from app.jobs.night.columns import snapshot
from app.jobs.night.exclusions import excluded_records
from app.jobs.night.reading import extent, newest_rows
from app.jobs.night.rules import rules_in_force
from app.jobs.quality_reading import Ints, Newest, newest_in, subjects_in
from app.models import Fact, Place, PlaceKind, Source, SubjectKind, epoch_day
from app.places.service import places_within
from app.ratings.service import known_on
from app.records.current import months_before
from app.records.known import Known
from app.records.rules import RecordRules
from app.records.service import facts as all_facts
from app.records.service import sources as all_sources

__all__ = ["FactQuality", "QualityReport", "SourceQuality", "as_table", "data_quality", "facts_asked_for"]

_EPOCH = date(1970, 1, 1)
_LINES_SHOWN = 8
_ASKED_BY_TOWN = frozenset({"town_office", "village"})
UNITS = (PlaceKind.VILLAGE, PlaceKind.COMMUNITY)
TOWNS = (PlaceKind.TOWN, PlaceKind.SUBDISTRICT)
_SUBJECTS = {SubjectKind.HOUSEHOLD: "户", SubjectKind.AGRI_ENTITY: "个主体", SubjectKind.VILLAGE: "个村"}


@dataclass(frozen=True)
class FactQuality:
    """One fact in one place: of how many subjects it is known, fresh, disputed, implausible."""

    place: str
    fact: Fact
    subject_count: int
    known_count: int
    fresh_count: int
    conflict_count: int
    implausible_count: int
    is_mandatory: bool

    @property
    def is_asked_by_town(self) -> bool:
        """Whether a town office or a village committee asks for it, not another department."""
        return not _ASKED_BY_TOWN.isdisjoint(self.fact.departments)

    @property
    def to_ask_count(self) -> int:
        """Of how many subjects there is no value young enough."""
        return self.subject_count - self.fresh_count

    def line(self) -> str:
        """What a town office has to do, in one sentence."""
        of = _SUBJECTS[self.fact.subject_kind]
        months, label = self.fact.freshness_months, self.fact.label
        parts = [f"{self.to_ask_count:,} {of}没有 {months} 个月以内的“{label}”记录"]
        if self.conflict_count:
            parts.append(f"{self.conflict_count:,} {of}各来源不一致")
        if self.implausible_count:
            parts.append(f"{self.implausible_count:,} {of}数值不合理")
        return f"{self.place}：{'，'.join(parts)}"


@dataclass(frozen=True)
class SourceQuality:
    """One source in one place: how many values it has delivered, how many are still fresh, the newest day."""

    place: str
    source: Source
    value_count: int
    fresh_count: int
    newest_on: date


@dataclass(frozen=True)
class QualityReport:
    """The data of a place as they are known on a day."""

    on: date
    place: str
    facts: tuple[FactQuality, ...]
    sources: tuple[SourceQuality, ...]

    def work_list(self) -> list[FactQuality]:
        """What the town has to ask for, and what has to be settled: first what a valid file needs."""
        todo = [
            one
            for one in self.facts
            if (one.is_asked_by_town and one.to_ask_count) or one.conflict_count or one.implausible_count
        ]
        return sorted(todo, key=lambda one: (not one.is_mandatory, -one.to_ask_count, one.fact.fact_id))

    def lines(self) -> Iterator[str]:
        """The report in plain lines."""
        yield f"{self.place} 数据质量 data quality as of {self.on}"
        for one in self.work_list()[:_LINES_SHOWN]:
            yield f"  {one.line()}"
        if len(self.work_list()) > _LINES_SHOWN:
            yield f"  …… 另有 {len(self.work_list()) - _LINES_SHOWN} 项 · all of them with --csv"
        for delivered in self.sources:
            counts = f"{delivered.value_count:,} 个数值，{delivered.fresh_count:,} 个在有效期内"
            yield f"  来源 {delivered.source.label}：{counts}，最新 {delivered.newest_on}"


def data_quality(
    engine: Engine,
    session: Session,
    place: Place,
    *,
    on: date,
    names: Mapping[tuple[SubjectKind, str], bool],
) -> list[QualityReport]:
    """Completeness, freshness, conflicts, plausibility of the data of a place: of a district, town by town.

    `names` are the facts that are asked for, and whether a valid file must have them.
    """
    now = known_on(session, on)
    if now.rules is None:
        raise SetupError("the rules about records are not loaded; run `credit-village init`")
    known = Known(on, now.rules, now.catalogue, newest_rows(session))
    late, out = extent(session, known).late_batches, excluded_records(session, known)
    facts = {fact.fact_id: fact for fact in all_facts(session) if (fact.subject_kind, fact.name) in names}
    towns = places_within(session, place.code, on=on, kinds=TOWNS)
    reports = []
    for part in towns or [place]:
        units = places_within(session, part.code, on=on, kinds=UNITS)
        place_ids = [unit.place_id for unit in units]
        with snapshot(engine, rows=0) as reader:
            subjects = subjects_in(reader, place_ids)
            newest = newest_in(reader, place_ids, out=out.keys(), late=late, on=on)
        counts = _Counts(part.name, newest, subjects, facts, now.rules, on, names)
        listed = [counts.fact(fact) for fact in facts.values() if len(subjects[fact.subject_kind])]
        delivered = [counts.source(source) for source in all_sources(session) if counts.has(source)]
        reports.append(QualityReport(on, part.name, tuple(listed), tuple(delivered)))
    return reports


def facts_asked_for(
    session: Session, policy_folder: Path, *, on: date
) -> dict[tuple[SubjectKind, str], bool]:
    """The facts the cards in force read, and whether a valid file must have them."""
    rules = rules_in_force(session, policy_folder, on=on)
    asked = {(SubjectKind.HOUSEHOLD, name): False for name in rules.household.inputs}
    for card in rules.entity.values():
        asked |= {(SubjectKind.AGRI_ENTITY, name): False for name in card.inputs}
    for kind in SubjectKind:
        asked |= {(kind, name): True for name in rules.coverage.definition.mandatory.get(kind.value, ())}
    return asked


def as_table(reports: Sequence[QualityReport]) -> dict[str, list[object]]:
    """One row per place and fact, for a spreadsheet."""
    facts = [one for report in reports for one in report.facts]
    return {
        "地区 place": [one.place for one in facts],
        "对象 subject": [one.fact.subject_kind.label for one in facts],
        "指标 fact": [one.fact.label for one in facts],
        "提供部门 departments": ["、".join(one.fact.departments) for one in facts],
        "必备 mandatory": [int(one.is_mandatory) for one in facts],
        "主体数 subjects": [one.subject_count for one in facts],
        "已知 known": [one.known_count for one in facts],
        "有效期内 fresh": [one.fresh_count for one in facts],
        "待采集 to_ask": [one.to_ask_count for one in facts],
        "来源不一致 conflicts": [one.conflict_count for one in facts],
        "不合理 implausible": [one.implausible_count for one in facts],
    }


@dataclass(frozen=True)
class _Counts:
    """What is counted of the values of one place."""

    place: str
    newest: Newest
    subjects: Mapping[SubjectKind, Ints]
    facts: Mapping[int, Fact]
    rules: RecordRules
    on: date
    names: Mapping[tuple[SubjectKind, str], bool]

    def fact(self, fact: Fact) -> FactQuality:
        """How well one fact is known."""
        mine = self.newest.taken(self.newest.fact == fact.fact_id)
        fresh = mine.taken(mine.day > self._limit(fact))
        return FactQuality(
            self.place,
            fact,
            len(self.subjects[fact.subject_kind]),
            len(np.unique(mine.subject)),
            len(np.unique(fresh.subject)),
            self._conflicts(fact, fresh),
            self._implausible(fact),
            self.names[fact.subject_kind, fact.name],
        )

    def has(self, source: Source) -> bool:
        """Whether a source has delivered anything here."""
        return bool((self.newest.source == source.source_id).any())

    def source(self, source: Source) -> SourceQuality:
        """What one source has delivered."""
        mine = self.newest.taken(self.newest.source == source.source_id)
        limits = {number: self._limit(fact) for number, fact in self.facts.items()}
        limit = np.array([limits.get(int(number), np.iinfo(np.int64).max) for number in mine.fact])
        return SourceQuality(
            self.place,
            source,
            len(mine.subject),
            int((mine.day > limit).sum()),
            _EPOCH + timedelta(days=int(mine.day.max())),
        )

    def _limit(self, fact: Fact) -> int:
        return epoch_day(months_before(self.on, fact.freshness_months))

    def _conflicts(self, fact: Fact, fresh: Newest) -> int:
        """Of how many subjects two sources say different things at the same time."""
        if not len(fresh.subject):
            return 0
        first = np.flatnonzero(np.r_[True, fresh.subject[1:] != fresh.subject[:-1]])
        low, high = (edge.reduceat(fresh.value, first) for edge in (np.minimum, np.maximum))
        allowed = self.rules.tolerances.get(fact.domain, 0.0) * np.maximum(np.abs(low), np.abs(high))
        return int((high - low > allowed).sum())

    def _implausible(self, fact: Fact) -> int:
        """Of how many subjects it is greater than what it should not exceed."""
        found = 0
        for rule in self.rules.plausible:
            if (rule.subject_kind, rule.name) == (fact.subject_kind.value, fact.name):
                mine, limit = self._last(fact.fact_id), self._last(self._number(rule.subject_kind, rule.of))
                both = np.intersect1d(list(mine), list(limit)).astype(np.int64)
                found += sum(mine[one] > limit[one] for one in both.tolist())
        return found

    def _number(self, kind: str, name: str) -> int:
        keys = {(fact.subject_kind.value, fact.name): number for number, fact in self.facts.items()}
        return keys.get((kind, name), -1)

    def _last(self, fact_id: int) -> dict[int, float]:
        """The newest value of each subject, whichever source it comes from."""
        mine = self.newest.taken(self.newest.fact == fact_id)
        order = np.argsort(mine.day, kind="stable")
        return dict(zip(mine.subject[order].tolist(), mine.value[order].tolist(), strict=True))
