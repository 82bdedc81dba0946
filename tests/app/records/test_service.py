"""The catalogue of facts, and which recorded value counts on a day."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.errors import Conflict, Invalid
from app.models import (
    Batch,
    BatchKind,
    Consent,
    ConsentChannel,
    ConsentKind,
    Place,
    PlaceKind,
    Record,
    Sensitivity,
    Subject,
    SubjectKind,
    WrittenConsent,
)
from app.records import service
from app.records.catalogue import read_catalogue
from app.records.known import Known

SHIPPED = Path(__file__).resolve().parents[3] / "seed_data" / "facts.yaml"
HEAD = SHIPPED.read_text(encoding="utf-8").split("facts:\n")[0] + "facts:\n"
INCOME = (
    "  - {name: annual_income_fen, subject_kind: household, label: {zh: 家庭年收入, en: annual income}, "
    "unit: 分, value_type: money_fen, minimum: 0, domain: income, departments: [town_office], "
    "cycle_months: 12, freshness_months: 12, sensitivity: restricted, basis: REQ-303}"
)
LISTED = (
    "  - {name: judgment_defaulter, subject_kind: household, label: {zh: 失信被执行人, en: listed}, "
    "unit: 是否, value_type: boolean, minimum: 0, maximum: 1, domain: public_record, departments: [court], "
    "cycle_months: 1, freshness_months: 12, sensitivity: personal, adverse_from: 1, basis: A19}"
)
EVENING = datetime(2026, 3, 1, 15, 59, 59, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


def write(folder: Path, *rows: str) -> Path:
    """A catalogue in a file."""
    folder.mkdir(exist_ok=True)
    file = folder / "facts.yaml"
    file.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    read_catalogue.cache_clear()
    return file


class Archive:
    """One household whose facts are recorded in deliveries."""

    def __init__(self, session: Session) -> None:
        self.session = session
        service.load_facts(session, SHIPPED)
        service.load_sources(session, SHIPPED.with_name("sources.yaml"))
        self.source_id = service.source_by_code(session, "town_office").source_id
        self.facts = service.facts_of(session, SubjectKind.HOUSEHOLD)
        place = Place(
            code_system="NBS", code="500120104200", name="长隆村", kind=PlaceKind.VILLAGE,
            valid_from=date(2020, 6, 30),
        )  # fmt: skip
        session.add(place)
        session.flush()
        subject = Subject(
            kind=SubjectKind.HOUSEHOLD, place_id=place.place_id, recorded_at=EVENING, synthetic=True
        )
        session.add(subject)
        session.flush()
        self.subject_id = subject.subject_id

    def record(
        self,
        value: float,
        *,
        observed_on: date,
        at: datetime,
        fact: str = "debt_fen",
        consent: str | None = None,
    ) -> Record:
        """One delivery with one value, perhaps under a written consent."""
        batch = Batch(
            kind=BatchKind.OBSERVATIONS, source="镇", source_id=self.source_id, file_name="f.csv",
            row_count=1, recorded_at=at,
            content_sha256=f"{value}{observed_on}{at}{fact}"[:64], recorded_by="t", synthetic=True,
        )  # fmt: skip
        self.session.add(batch)
        self.session.flush()
        record = Record(
            subject_id=self.subject_id, fact_id=self.facts[fact].fact_id, value=value,
            observed_on=observed_on, batch_id=batch.batch_id, row_no=1,
        )  # fmt: skip
        self.session.add(record)
        if consent is not None:
            self.consent(consent, batch_id=batch.batch_id, subject_id=self.subject_id)
        self.session.flush()
        return record

    def consent(self, reference: str, *, batch_id: int, subject_id: int) -> None:
        """The written consent of a row."""
        given = Consent(
            subject_id=subject_id, kind=ConsentKind.COLLECTION, agreed=True, facts=[], reference=reference,
            effective_from=date(2020, 1, 1), channel=ConsentChannel.PAPER, evidence="原件",
            recorded_at=EVENING, recorded_by="t",
        )  # fmt: skip
        self.session.add(given)
        self.session.flush()
        self.session.add(
            WrittenConsent(batch_id=batch_id, row_no=1, subject_id=subject_id, consent_id=given.consent_id)
        )

    def values(self, *, on: date) -> dict[str, float]:
        """What counts on a day."""
        return {
            v.name: v.value for v in service.current_values(self.session, [self.subject_id], known=Known(on))
        }


@pytest.fixture
def archive(session: Session) -> Archive:
    """A household without any record."""
    return Archive(session)


def test_every_kind_of_subject_has_its_facts(session) -> None:
    assert service.load_facts(session, SHIPPED) == 75
    assert [len(service.facts_of(session, kind)) for kind in SubjectKind] == [34, 38, 3]
    assert len(service.facts(session)) == 75


def test_income_debt_and_assets_of_households_are_restricted_and_nothing_else(session) -> None:
    service.load_facts(session, SHIPPED)
    restricted = {f.name for f in service.facts(session) if f.sensitivity is Sensitivity.RESTRICTED}
    assert restricted == {
        "debt_fen", "annual_income_fen", "guarantee_fen", "annual_net_income_fen", "net_assets_fen",
        "online_sales_fen",
    }  # fmt: skip


def test_loading_the_catalogue_twice_changes_nothing(session) -> None:
    service.load_facts(session, SHIPPED)
    assert service.load_facts(session, SHIPPED) == 0


def test_a_new_label_is_taken_over(session, tmp_path) -> None:
    service.load_facts(session, write(tmp_path, INCOME, LISTED))
    assert service.load_facts(session, write(tmp_path, INCOME.replace("家庭年收入", "年收入"), LISTED)) == 1
    assert service.facts(session)[0].label == "年收入"


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        (INCOME.replace("money_fen", "integer"), "value_type"),
        (INCOME.replace("household", "agri_entity"), "subject_kind"),
    ],
)
def test_a_fact_keeps_its_kind_of_value_and_of_subject(session, tmp_path, changed, key) -> None:
    service.load_facts(session, write(tmp_path, INCOME))
    with pytest.raises(Conflict, match=rf"facts.yaml: facts\[annual_income_fen\]: {key}: it is recorded"):
        service.load_facts(session, write(tmp_path, changed))


def test_a_fact_may_also_be_recorded_of_another_kind_of_subject(session, tmp_path) -> None:
    service.load_facts(session, write(tmp_path, INCOME))
    assert service.load_facts(session, write(tmp_path, INCOME, INCOME.replace("household", "village"))) == 1


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (INCOME.replace("money_fen", "yuan"), "value_type"),
        (INCOME.replace("household", "person"), "subject_kind"),
        (INCOME.replace("restricted", "secret"), "sensitivity"),
        (INCOME.replace("restricted", "prohibited"), "sensitivity"),
        (INCOME.replace("家庭年收入", "宗教信仰"), "sensitivity"),
        (INCOME.replace("annual_income_fen", "blood_type"), "sensitivity"),
        (INCOME.replace("minimum: 0", "minimum: zero"), "minimum"),
        (INCOME.replace("minimum: 0", "minimum: nan"), "minimum"),
        (INCOME.replace("minimum: 0", "minimum: 1, maximum: 0"), "maximum"),
        (INCOME.replace("freshness_months: 12", "freshness_months: 0"), "freshness_months"),
        (INCOME.replace("freshness_months: 12", "freshness_months: 1.5"), "freshness_months"),
        (INCOME.replace("domain: income", "domain: incme"), "domain"),
        (INCOME.replace("[town_office]", "[town]"), "departments"),
        (INCOME.replace("unit: 分", f"unit: {'分' * 33}"), "unit"),
        (INCOME.replace("money_fen", "code"), "codes"),
        (INCOME.replace("minimum: 0", "codes: {1: {zh: 一, en: one}}"), "codes"),
        (INCOME.replace("money_fen, minimum: 0", "code, codes: {x: {zh: 一, en: one}}"), "codes: x"),
        (LISTED.replace("maximum: 1", "maximum: 2"), "value_type"),
        (f"{LISTED}\n{LISTED}", "name"),
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_bad_entry_is_refused_with_file_entry_and_key(session, tmp_path, row, key) -> None:
    with pytest.raises(Invalid, match=rf"^facts.yaml: facts\[\w+\]: {key}: "):
        service.load_facts(session, write(tmp_path, row))


def test_the_newest_observation_counts_even_when_an_older_one_arrives_later(archive) -> None:
    archive.record(1, observed_on=date(2026, 1, 2), at=EVENING)
    archive.record(2, observed_on=date(2026, 1, 1), at=MIDNIGHT)
    assert archive.values(on=date(2026, 12, 31)) == {"debt_fen": 1}


def test_of_two_observations_of_one_day_the_later_record_counts(archive) -> None:
    archive.record(2, observed_on=date(2026, 1, 1), at=EVENING)
    archive.record(1, observed_on=date(2026, 1, 1), at=EVENING)
    assert archive.values(on=date(2026, 12, 31)) == {"debt_fen": 1}


@pytest.mark.parametrize(("on", "value"), [(date(2026, 3, 4), 1), (date(2026, 3, 5), 2)])
def test_a_value_counts_from_the_day_it_was_observed(archive, on, value) -> None:
    archive.record(1, observed_on=date(2026, 1, 1), at=EVENING)
    archive.record(2, observed_on=date(2026, 3, 5), at=EVENING)
    assert archive.values(on=on) == {"debt_fen": value}


@pytest.mark.parametrize(
    ("at", "on", "known"),
    [
        (EVENING, date(2026, 2, 28), False),
        (EVENING, date(2026, 3, 1), True),
        (MIDNIGHT, date(2026, 3, 1), False),
        (MIDNIGHT, date(2026, 3, 2), True),
    ],
)
def test_a_value_counts_from_the_day_it_was_recorded_in_china(archive, at, on, known) -> None:
    archive.record(1, observed_on=date(2026, 1, 1), at=at)
    assert archive.values(on=on) == ({"debt_fen": 1} if known else {})


def test_each_fact_has_its_own_current_value_with_its_origin(archive) -> None:
    record = archive.record(5, observed_on=date(2026, 1, 1), at=EVENING)
    archive.record(3, observed_on=date(2025, 1, 1), at=MIDNIGHT, fact="household_size")
    debt, size = service.current_values(
        archive.session, [archive.subject_id], known=Known(date(2026, 12, 31))
    )
    assert (debt.label, debt.unit, debt.value_type, debt.value) == ("负债总额", "分", "money_fen", 5)
    assert (debt.observed_on, debt.recorded_at, debt.source) == (date(2026, 1, 1), EVENING, "镇")
    assert (debt.record_id, debt.synthetic, size.name) == (record.record_id, True, "household_size")


def test_a_value_leads_back_to_the_written_consent_of_its_own_row(archive) -> None:
    archive.record(5, observed_on=date(2026, 1, 1), at=EVENING, consent="授权书 1")
    archive.record(7, observed_on=date(2026, 2, 1), at=EVENING, consent="授权书 2")
    size = archive.record(3, observed_on=date(2026, 1, 1), at=EVENING, fact="household_size")
    other = Subject(
        kind=SubjectKind.AGRI_ENTITY,
        place_id=archive.session.get_one(Subject, archive.subject_id).place_id,
        recorded_at=EVENING,
        synthetic=True,
    )
    archive.session.add(other)
    archive.session.flush()
    archive.consent("另一户", batch_id=size.batch_id, subject_id=other.subject_id)
    values = service.current_values(archive.session, [archive.subject_id], known=Known(date(2026, 12, 31)))
    assert [(v.name, v.consent_reference) for v in values] == [
        ("debt_fen", "授权书 2"),
        ("household_size", None),
    ]
