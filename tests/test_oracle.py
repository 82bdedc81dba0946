"""The whole demonstration district worked out a second time in plain Python: no difference anywhere."""

import uuid
from collections import Counter
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from app import clock
from app.db import make_engine
from app.jobs.demo import make_demo
from app.jobs.nightly import run_night
from app.jobs.progress import quiet
from app.jobs.setup import initialise
from app.settings import Settings
from app.subjects.key_source import cipher_of
from tests import postgres
from tests.oracle import places
from tests.oracle.cards import Card, written
from tests.oracle.export import EPOCH, by_key, current_facts, loans_at, month_ends, refusers, rows
from tests.vetoed_villages import veto_villages

POLICIES = Path("scoring/policies/cq_bishan")
TYPES = (
    "family_farm",
    "cooperative",
    "leading_enterprise",
    "large_grower",
    "service_organisation",
    "collective",
)


def profile(level, on):
    """The profile in force on a day: the newest whose name is not after it."""
    newest = max(file for file in (POLICIES / level).glob("*.yaml") if file.stem <= on.isoformat())
    return yaml.safe_load(newest.read_text(encoding="utf-8"))


class Oracle:
    """The district as plain rows, and what they come to."""

    def __init__(self, engine, on):
        self.engine, self.on = engine, on
        self.facts, self.newest = current_facts(engine, on=on)
        self.refusers = refusers(engine)
        self.subjects = {row["subject_id"]: row for row in rows(engine, "SELECT * FROM subjects")}
        self.entities = {row["subject_id"]: row for row in rows(engine, "SELECT * FROM agri_entities")}
        self.places = {row["place_id"]: row for row in rows(engine, "SELECT * FROM places")}
        self.cards = {"household": Card(POLICIES / "household/2023-01-01.yaml")}
        self.cards |= {kind: Card(POLICIES / "agri_entity/2023-01-01.yaml", kind) for kind in TYPES}
        self.coverage = profile("coverage", on)
        self.ratings = {
            subject_id: self._rated(subject_id, row["kind"])
            for subject_id, row in self.subjects.items()
            if row["kind"] != "village"
        }

    def _rated(self, subject_id, kind):
        facts = self.facts.get(subject_id, {})
        entity = self.entities.get(subject_id)
        found = self.cards[entity["entity_type"] if entity else "household"].rate(facts)
        active = entity is None or entity["status"] == "active"
        if not active:
            found |= {"score": None, "grade": "N", "unrated_reason": "not_in_operation"}
        if subject_id in self.refusers:
            unrated = {"score": None, "grade": "N", "unrated_reason": "no_consent"}
            return found | unrated | {"known_count": 0, "vetoes": [], "on_file": False}
        return found | {"on_file": active and self._valid_file(subject_id, kind, facts)}

    def _valid_file(self, subject_id, kind, facts):
        mandatory = self.coverage["mandatory"][kind]
        known = sum(name in facts for name in mandatory)
        # A leap day has no day a year before it: the 28th stands for it.
        oldest = date(self.on.year - 1, self.on.month, min(self.on.day, 28 if self.on.month == 2 else 31))
        fresh = self.newest.get(subject_id, -(10**9)) > (oldest - EPOCH).days
        return known >= self.coverage["parameters"]["mandatory_known_share"] * len(mandatory) and fresh

    def month_ends(self):
        """The last month-end reported, and the one a year before it where it was reported."""
        reported = [day for day in month_ends(self.engine) if day <= self.on]
        last = reported[-1]
        earlier = [day for day in reported if (day.year, day.month) == (last.year - 1, last.month)]
        return last, (earlier[0] if earlier else None)

    def unit_measures(self):
        """The measures of every village and community."""
        here = {place_id: place_id for place_id in self.places}
        last, before = self.month_ends()
        now = places.loan_counts(loans_at(self.engine, last), here)
        then = places.loan_counts(loans_at(self.engine, before), here)
        homes = by_key(self.subjects.values(), "place_id")
        result = {}
        for place_id, place in self.places.items():
            if place["kind"] not in ("village", "community"):
                continue
            households = [row for row in homes.get(place_id, []) if row["kind"] == "household"]
            files = [self.ratings[row["subject_id"]] for row in households]
            archived = Fraction(sum(file["on_file"] for file in files))
            credit = Fraction(sum(file["on_file"] and file["grade"] in ("AAA", "AA", "A") for file in files))
            village = next((row for row in homes.get(place_id, []) if row["kind"] == "village"), None)
            known = self.facts.get(village["subject_id"], {}) if village else {}
            registered = _fraction(known.get("registered_household_count"))
            loans, earlier = now[place_id], then[place_id]
            bad = places.share(loans["bad"], loans["balance"])
            was_bad = places.share(earlier["bad"], earlier["balance"]) or Fraction(0)
            increment = None if bad is None or before is None else bad - was_bad
            result[place_id] = {
                "file_coverage": (archived, registered),
                "credit_household_share": (credit, archived),
                "credit_household_share_registered": (credit, registered),
                "on_time_borrower_share": (loans["on_time"], loans["borrowing"]),
                "npl_share": (loans["bad"], loans["balance"]),
                "npl_increment": (increment, None),
                "cadre_default_count": (_fraction(known.get("cadre_default_count")), None),
                "village_veto_count": (self._vetoes(place_id, known.get("village_veto")), None),
            }
        return result

    def _vetoes(self, place_id, delivered):
        """What was delivered of a village or what documents say of it, whichever is more."""
        documents = rows(
            self.engine,
            "SELECT a.attestation_id FROM attestations a LEFT JOIN attestation_ends e USING (attestation_id) "
            f"WHERE a.kind = 'veto' AND a.measure = 'village_veto_count' AND a.holder = 'p{place_id}' "
            f"AND a.effective_from <= '{self.on}' AND a.valid_until > '{self.on}' "
            f"AND (e.ended_on IS NULL OR e.ended_on > '{self.on}')",
        )
        found = [
            count for count in (_fraction(delivered), Fraction(len(documents)) or None) if count is not None
        ]
        return max(found, default=None)

    def coverage_counts(self):
        """By town and type: on the roster, excluded, on file, rated."""
        roster = rows(self.engine, "SELECT * FROM rosters ORDER BY as_of DESC, roster_id DESC")[0]
        subjects = {row["uscc"]: subject_id for subject_id, row in self.entities.items()}
        counts: dict[tuple[int, str], list[int]] = {}
        for entry in rows(
            self.engine, f"SELECT * FROM roster_entries WHERE roster_id = {roster['roster_id']}"
        ):
            key = (self.places[entry["place_id"]]["parent_id"], entry["entity_type"])
            line = counts.setdefault(key, [0, 0, 0, 0])
            if entry["exclusion"] is not None:
                line[1] += 1
                continue
            line[0] += 1
            file = self.ratings.get(subjects.get(entry["uscc"]))
            if file:
                line[2] += file["on_file"]
                line[3] += file["grade"] != "N"
        return counts


def _fraction(value):
    return None if value is None else written(value)


@pytest.fixture(scope="module", params=[("sqlite", 20_000), ("postgresql", 500)], ids=lambda param: param[0])
def oracle(request, tmp_path_factory):
    """The default demonstration district after its first night; a smaller one on PostgreSQL."""
    backend, households = request.param
    folder = tmp_path_factory.mktemp("oracle")
    url = f"sqlite:///{folder}/district.db"
    if backend == "postgresql":
        server = request.getfixturevalue("postgres_server")
        name = f"oracle_{uuid.uuid4().hex}"
        url = postgres.create(server, name).render_as_string(hide_password=False)
    settings = Settings(database_url=url, key_file=folder / "key")
    on = clock.today()
    initialise(settings, on=on, at=clock.now())
    engine = make_engine(settings.database_url)
    cipher = cipher_of(settings)
    make_demo(
        engine, cipher, households=households, entities=households // 10, seed=2022, on=on, progress=quiet
    )
    veto_villages(engine, on=on)
    run_night(
        engine,
        policy_folder=settings.policy_folder,
        district_code=settings.district_code,
        as_of=on,
        started_at=clock.now(),
        progress=quiet,
    )
    yield Oracle(engine, on)
    engine.dispose()
    if backend == "postgresql":
        postgres.drop(server, name)


def test_every_rating_comes_out_the_same(oracle):
    bits = {
        "household": [veto["name"] for veto in oracle.cards["household"].content["vetoes"]],
        "agri_entity": [veto["name"] for veto in oracle.cards["cooperative"].content["vetoes"]],
    }
    kept = rows(oracle.engine, "SELECT * FROM ratings")
    assert len(kept) == len(oracle.ratings) > 0
    differences = []
    for row in kept:
        names = bits[oracle.subjects[row["subject_id"]]["kind"]]
        found = {
            "score": row["score"],
            "grade": row["grade"],
            "known_count": row["known_count"],
            "vetoes": [name for bit, name in enumerate(names) if row["vetoes"] >> bit & 1],
            "unrated_reason": row["unrated_reason"],
            "on_file": bool(row["on_file"]),
        }
        expected = {name: oracle.ratings[row["subject_id"]][name] for name in found}
        if found != expected:
            differences.append((row["subject_id"], found, expected))
    assert differences == []


def test_every_measure_and_gate_of_every_village_comes_out_the_same(oracle):
    expected = oracle.unit_measures()
    village = profile("credit_village", oracle.on)
    states = {row["place_id"]: row for row in rows(oracle.engine, "SELECT * FROM place_statuses")}
    measures = by_key(rows(oracle.engine, "SELECT * FROM place_measures"), "place_status_id")
    kept_gates = by_key(rows(oracle.engine, "SELECT * FROM place_gates"), "place_status_id")
    assert len(expected) == 194
    for place_id, shares in expected.items():
        status = states[place_id]
        kept = {row["name"]: row for row in measures[status["place_status_id"]]}
        assert _same_measures(kept, shares) == []
        if oracle.places[place_id]["kind"] == "community":
            assert (status["state"], kept_gates.get(status["place_status_id"])) == ("not_applicable", None)
            continue
        gates, state = places.gates(village, shares)
        assert _same_gates(kept_gates[status["place_status_id"]], gates) == []
        assert status["state"] == state


def test_every_measure_and_gate_of_every_town_comes_out_the_same(oracle):
    units = oracle.unit_measures()
    village, town = profile("credit_village", oracle.on), profile("credit_town", oracle.on)
    states = {row["place_id"]: row for row in rows(oracle.engine, "SELECT * FROM place_statuses")}
    measures = by_key(rows(oracle.engine, "SELECT * FROM place_measures"), "place_status_id")
    kept_gates = by_key(rows(oracle.engine, "SELECT * FROM place_gates"), "place_status_id")
    counts = oracle.coverage_counts()
    towns = [p for p in oracle.places.values() if p["kind"] in ("town", "subdistrict")]
    assert len(towns) == 15
    for place in towns:
        mine = {key: shares for key, shares in units.items()
                if oracle.places[key]["parent_id"] == place["place_id"]}  # fmt: skip
        villages = {key: shares for key, shares in mine.items() if oracle.places[key]["kind"] == "village"}
        holding = sum(places.gates(village, shares)[1] == "holds" for shares in villages.values())
        lines = [line for (town_id, _), line in counts.items() if town_id == place["place_id"]]
        expected = {
            "designated_village_share": (Fraction(0), Fraction(len(villages))),
            "credit_village_share": (Fraction(holding), Fraction(len(villages))),
            "npl_share": _summed(mine.values(), "npl_share"),
            "on_time_borrower_share": _summed(mine.values(), "on_time_borrower_share"),
            "entity_file_coverage": (
                Fraction(sum(line[2] for line in lines)), Fraction(sum(line[0] for line in lines)),
            ),
        }  # fmt: skip
        status = states[place["place_id"]]
        kept = {row["name"]: row for row in measures[status["place_status_id"]]}
        assert _same_measures(kept, expected) == []
        gates, state = places.gates(town, expected)
        assert _same_gates(kept_gates[status["place_status_id"]], gates) == []
        assert status["state"] == state


def test_the_ratings_by_grade_of_every_place_come_out_the_same(oracle):
    expected: Counter[tuple[int, str, str]] = Counter()
    for subject_id, found in oracle.ratings.items():
        subject = oracle.subjects[subject_id]
        home = subject["place_id"]
        for place_id in (home, oracle.places[home]["parent_id"]):
            expected[place_id, subject["kind"], found["grade"]] += 1
    kept = {
        (row["place_id"], row["subject_kind"], row["grade"]): row["subject_count"]
        for row in rows(
            oracle.engine,
            "SELECT s.place_id, c.subject_kind, c.grade, c.subject_count FROM place_grade_counts c "
            "JOIN place_statuses s ON s.place_status_id = c.place_status_id",
        )
    }
    assert kept == dict(expected)


def test_coverage_comes_out_the_same(oracle):
    kept = {
        (row["place_id"], row["entity_type"]): [
            row["roster_count"], row["excluded_count"], row["on_file_count"], row["rated_count"],
        ]
        for row in rows(oracle.engine, "SELECT * FROM coverage_counts")
    }  # fmt: skip
    assert kept == oracle.coverage_counts()


def _summed(units, name):
    pairs = [shares[name] for shares in units]
    return sum((part for part, _ in pairs), Fraction(0)), sum((whole for _, whole in pairs), Fraction(0))


def _same_measures(kept, expected):
    """The measures that differ; a share's numbers are whole, a difference of shares is kept to 12 places."""
    assert kept.keys() == expected.keys()
    return [
        (name, kept[name], pair)
        for name, pair in expected.items()
        if not (_near(kept[name]["numerator"], pair[0]) and _near(kept[name]["denominator"], pair[1]))
    ]


def _same_gates(kept, expected):
    found = {row["name"]: row for row in kept}
    assert found.keys() == expected.keys()
    return [
        (name, found[name], gate)
        for name, gate in expected.items()
        if found[name]["state"] != gate["state"]
        or not _near(found[name]["value"], gate["value"])
        or not _near(found[name]["margin"], gate["margin"])
    ]


def _near(kept, exact):
    if kept is None or exact is None:
        return kept is None and exact is None
    return abs(Fraction(kept) - exact) < Fraction(1, 10**11)
