"""The second wall: in PostgreSQL the serving role sees only persons of the scope, whatever it asks."""

import re
from collections.abc import Iterator, Sequence
from datetime import date

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine, make_url, select, text
from sqlalchemy.exc import ProgrammingError

from app import clock
from app.access import service as access
from app.db import RowScope, reading
from app.errors import AppError, SetupError
from app.inquiries.inquiry import Answered, InquiryResult, Question, Request
from app.inquiries.service import answered
from app.jobs.serving_role import grant_serving
from app.main import create_app
from app.models import (
    Base,
    ConsentKind,
    Designation,
    Inquiry,
    InquiryOutcome,
    Notice,
    NoticeEntry,
    Purpose,
    Role,
)
from app.notices.notice import UNNAMED
from app.notices.service import public_notice
from app.places.service import subtree_prefix
from app.settings import Settings
from tests.app.access.matrix import ALLOWED, NOW, SCOPES, World, documented, make_world
from tests.app.access.test_matrix import send, status_of
from tests.district import (
    DISTRICT,
    KEY,
    OTHER_TOWN,
    OTHER_VILLAGE,
    TOWN,
    VILLAGE,
    VILLAGE_OF_OTHER_TOWN,
    District,
    district,
)
from tests.district_databases import district_url, postgres_district, serving_address, sqlite_district
from tests.numbers import resident
from tests.office_steps import transaction

__all__ = ["district", "district_url", "postgres_district", "sqlite_district"]
FOREIGN_VILLAGE = "500119100200"
# The policy of a table that leads to an owner: from which table, by its key, and the own table and column.
OWNED = re.compile(
    r"\(EXISTS \( SELECT 1 FROM (\w+) owner "
    r"WHERE \(\(?owner\.(\w+)\)? = \(?(\w+)\.(\w+)\)?\)\)\)"
)
_SCOPE = "NULLIF(current_setting('credit_village.scope'::text, true), ''::text)"
_SUBJECT = (
    "(EXISTS ( SELECT 1 FROM places WHERE ((places.place_id = subjects.place_id) "
    f"AND starts_with((places.code)::text, {_SCOPE}))))"
)
_DESIGNATION = (
    "((subject_id IS NULL) OR (EXISTS ( SELECT 1 FROM subjects owner "
    "WHERE (owner.subject_id = designations.subject_id))))"
)
_ATTESTATION = _DESIGNATION.replace("designations", "attestations")
_INQUIRY = (
    "((organisation_id = (NULLIF(current_setting('credit_village.organisation'::text, true), "
    "''::text))::integer) OR (EXISTS ( SELECT 1 FROM subjects owner "
    "WHERE (owner.subject_id = inquiries.subject_id))))"
)
_OF_OWN_USERS = (
    "((current_setting('credit_village.reads_log'::text, true) = 'yes'::text) AND "
    "(EXISTS ( SELECT 1 FROM (users JOIN places ON ((places.place_id = users.place_id))) "
    "WHERE ((users.user_id = inquiries.user_id) "
    f"AND starts_with((places.code)::text, {_SCOPE})))))"
)
_NOTICE_OBJECTION = (
    "(EXISTS ( SELECT 1 FROM (notices JOIN places ON ((places.place_id = notices.place_id))) "
    "WHERE ((notices.notice_id = notice_objections.notice_id) "
    f"AND starts_with((places.code)::text, {_SCOPE}))))"
)
_OF_ROUND = (
    "(EXISTS ( SELECT 1 FROM (appraisal_rounds owner JOIN places ON ((places.place_id = owner.place_id))) "
    "WHERE ((owner.appraisal_round_id = {table}.appraisal_round_id) "
    f"AND starts_with((places.code)::text, {_SCOPE}))))"
)
# Policies that say something else: what is seen, and what may be written.
OTHERWISE = {
    **{
        f"{table}_in_scope": (_OF_ROUND.replace("{table}", table),) * 2
        for table in ("appraisal_flags", "appraisers")
    },
    "subjects_in_scope": (_SUBJECT, ""),
    "subjects_locked": (_SUBJECT, "false"),
    "designations_in_scope": (_DESIGNATION, _DESIGNATION),
    "attestations_in_scope": (_ATTESTATION, _ATTESTATION),
    "inquiries_in_scope": (_INQUIRY, _INQUIRY),
    "inquiries_of_own_users": (_OF_OWN_USERS, ""),
    "notice_objections_in_scope": (_NOTICE_OBJECTION, ""),
    "notice_objections_raised": ("", "true"),
}


@pytest.fixture
def backend() -> str:
    """Only PostgreSQL knows roles."""
    return "postgresql"


@pytest.fixture
def world(district: District) -> World:
    """A household with everything about it in four villages of two districts."""
    return make_world(district, key=b"k" * 32)


@pytest.fixture
def serving_url(world: World, district_url: str) -> Iterator[str]:
    """The address the service connects with: a role that owns nothing."""
    with serving_address(world.district.engine, district_url) as url:
        yield url


@pytest.fixture
def serving(serving_url: str) -> Iterator[Engine]:
    """Connections of that role."""
    engine = create_engine(make_url(serving_url).set(drivername="postgresql+psycopg"))
    yield engine
    engine.dispose()


# What the village and the bearer of a certificate are shown without signing in: masked names, nothing else.
SHOWN_TO_EVERYBODY = {"certificates", "notice_entries"}
# Not about a subject, but what its author says of one.
SAID_OF_PERSONS = {
    "appraisal_drafts", "appraisal_sheets", "appraisers", "notice_objection_answers", "notice_objections",
}  # fmt: skip


def about_persons() -> dict[str, tuple[str, str, str]]:
    """Every table that leads to a subject: by which column, to which table and its key."""
    leads: dict[str, tuple[str, str, str]] = {}
    before = -1
    while before < len(leads):
        before = len(leads)
        for name, table in Base.metadata.tables.items():
            for key in table.foreign_keys:
                parent = key.column.table.name
                if name not in leads and (parent == "subjects" or parent in leads):
                    leads[name] = (key.parent.name, parent, key.column.name)
    return leads


def test_every_table_about_persons_has_its_policy(world: World) -> None:
    with world.district.engine.connect() as connection:
        protected = set(
            connection.scalars(text("SELECT relname FROM pg_class WHERE relrowsecurity AND relkind = 'r'"))
        )
    assert protected == ({"subjects", *about_persons()} | SAID_OF_PERSONS) - SHOWN_TO_EVERYBODY


def test_a_row_is_there_only_where_its_owner_is(world: World) -> None:
    """What each policy says, as PostgreSQL has it: that of a table leads to its owner by its foreign key."""
    with world.district.engine.connect() as connection:
        rows = connection.execute(text("SELECT policyname, tablename, qual, with_check FROM pg_policies"))
        policies = {row.policyname: (row.tablename, _plain(row.qual), _plain(row.with_check)) for row in rows}
    others = {}
    for name, (table, seen, written) in policies.items():
        led = OWNED.fullmatch(seen.replace("::text", ""))
        if led is None or seen != written:
            others[name] = (seen, written)
            continue
        parent, key, own, column = led.groups()
        owners = {one.target_fullname for one in Base.metadata.tables[table].c[column].foreign_keys}
        # What belongs to a household belongs to its subject, which has the same number.
        owners |= {"subjects.subject_id"} if "households.subject_id" in owners else set()
        assert (own, f"{parent}.{key}" in owners) == (table, True), name
    assert others == OTHERWISE


def _plain(condition: str | None) -> str:
    return " ".join((condition or "").split())


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (DISTRICT, {VILLAGE, OTHER_VILLAGE, VILLAGE_OF_OTHER_TOWN}),
        (TOWN, {VILLAGE, OTHER_VILLAGE}),
        (OTHER_TOWN, {VILLAGE_OF_OTHER_TOWN}),
        (VILLAGE, {VILLAGE}),
        ("500119000000", {FOREIGN_VILLAGE}),
        ("500106000000", set()),
        (None, set()),
    ],
)
def test_a_query_without_where_returns_the_rows_of_the_scope_and_no_other(
    world: World, serving: Engine, scope: str | None, seen: set[str]
) -> None:
    own = {world.households[code] for code in seen}
    chosen = None if scope is None else RowScope(subtree_prefix(scope), organisation_id=0)
    with reading(serving, scope=chosen) as session:
        assert set(session.scalars(text("SELECT subject_id FROM subjects"))) == own
        for table in ("households", "records", "ratings", "consents", "objections", "review_requests"):
            assert set(session.scalars(text(f"SELECT subject_id FROM {table}"))) <= own, table
        assert len(session.scalars(text("SELECT subject_id FROM households")).all()) == len(own)
        assert len(session.scalars(text("SELECT objection_id FROM objections")).all()) == len(own)


def test_the_scope_of_one_request_does_not_reach_the_next_on_the_same_connection(
    world: World, serving_url: str
) -> None:
    address = make_url(serving_url).set(drivername="postgresql+psycopg")
    single = create_engine(address, pool_size=1, max_overflow=0)
    with reading(single, scope=RowScope("500120", organisation_id=0)) as session:
        assert session.scalar(text("SELECT count(*) FROM subjects")) == 3
    with reading(single) as session:
        assert session.scalar(text("SELECT count(*) FROM subjects")) == 0
    single.dispose()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inquiries SET user_id = user_id",
        "DELETE FROM inquiries",
        "UPDATE ratings SET score = 100",
        "DELETE FROM records",
        "UPDATE approval_decisions SET granted = true",
        "TRUNCATE consents",
        "ALTER TABLE subjects DISABLE ROW LEVEL SECURITY",
        "DROP POLICY subjects_in_scope ON subjects",
        "SELECT * FROM quarantined_rows",
        "CREATE TABLE mine (a int)",
    ],
)
def test_the_serving_role_cannot_change_what_is_kept_for_ever_nor_the_policies(
    world: World, serving: Engine, statement: str
) -> None:
    with serving.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")) == 0
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            connection.execute(text(statement))


def test_a_subject_is_locked_by_who_writes_about_it_and_changed_by_nobody(
    world: World, serving: Engine
) -> None:
    with transaction(serving, scope=RowScope(subtree_prefix(TOWN), organisation_id=0)) as session:
        locked = session.scalars(text("SELECT subject_id FROM subjects FOR NO KEY UPDATE")).all()
        assert len(locked) == 2
        with pytest.raises(ProgrammingError, match="row-level security"):
            session.execute(text("UPDATE subjects SET synthetic = false"))
        session.rollback()


def test_a_row_about_somebody_elsewhere_cannot_be_written(world: World, serving: Engine) -> None:
    statement = text(
        "INSERT INTO consents (subject_id, kind, agreed, facts, reference, effective_from, channel, evidence,"
        " recorded_at, recorded_by) "
        "VALUES (:subject, 'rating', true, '[]', 'r', now(), 'paper', 'e', now(), 'x')"
    )
    scope = RowScope(subtree_prefix(TOWN), organisation_id=0)
    with transaction(serving, scope=scope) as session:
        session.execute(statement, {"subject": world.households[VILLAGE]})
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        transaction(serving, scope=scope) as session,
    ):
        session.execute(statement, {"subject": world.households[VILLAGE_OF_OTHER_TOWN]})


def test_an_auditor_reads_what_the_users_of_the_own_division_asked_whoever_it_was_about(
    world: World, serving: Engine
) -> None:
    asked = (VILLAGE, VILLAGE_OF_OTHER_TOWN)
    with transaction(world.district.engine) as session:
        for code in asked:
            user = world.workers[code]
            for about in (None, world.households[VILLAGE], world.households[FOREIGN_VILLAGE]):
                session.add(
                    Inquiry(
                        inquired_at=NOW, user_id=user.user_id, organisation_id=user.organisation_id,
                        purpose=Purpose.PRE_LOAN, subject_id=about, outcome=InquiryOutcome.REFUSED,
                        refusal_code="consent_missing",
                    )
                )  # fmt: skip
    everything = text("SELECT user_id FROM inquiries")

    def seen(scope: RowScope) -> list[int]:
        with reading(serving, scope=scope) as session:
            by = list(session.scalars(everything))
        return [by.count(world.workers[code].user_id) for code in asked]

    town, other = subtree_prefix(TOWN), subtree_prefix(OTHER_TOWN)
    # Of the own users all there is; of others, as everybody, what was asked about persons of the division.
    assert seen(RowScope(town, 0, reads_log=True)) == [3, 1]
    assert seen(RowScope(other, 0, reads_log=True)) == [0, 3]
    assert seen(RowScope(town, 0)) == [1, 1]
    assert seen(RowScope(other, 0)) == [0, 0]
    with reading(serving, scope=RowScope(town, 0, reads_log=True)) as session:
        assert session.scalar(text("SELECT count(*) FROM subjects")) == 2
        with pytest.raises(ProgrammingError, match="permission denied"):
            session.execute(text("UPDATE inquiries SET refusal_code = ''"))


def test_everybody_reads_on_a_notice_the_persons_who_agree_and_no_row_of_theirs(
    world: World, serving: Engine
) -> None:
    household = world.households[VILLAGE]
    with reading(world.district.engine) as session:
        notices = session.execute(
            select(Notice.number, Notice.begins_on)
            .join(NoticeEntry, NoticeEntry.notice_id == Notice.notice_id)
            .join(Designation, Designation.designation_id == NoticeEntry.designation_id)
            .where(Designation.subject_id == household)
        ).all()
        number, begins_on = notices[0]

    def named(*, on: date) -> list[str]:
        with reading(serving) as session:
            return [line.shown_name for line in public_notice(session, number, on=on).entries]

    assert named(on=begins_on) == [UNNAMED]
    world.district.agrees(household, kind=ConsentKind.PUBLICATION, first=begins_on)
    assert named(on=begins_on) == ["王**"]
    with reading(serving) as session:
        assert session.scalars(text("SELECT subject_id FROM consents")).all() == []


def test_a_role_above_the_policies_is_not_one_to_serve_with(world: World, district_url: str) -> None:
    with pytest.raises(SetupError, match="name another one"):
        grant_serving(world.district.engine, str(make_url(district_url).username))


def test_banks_of_several_divisions_are_answered_in_one_transaction_and_each_sees_its_own(
    world: World, serving: Engine
) -> None:
    codes = [VILLAGE, VILLAGE_OF_OTHER_TOWN, OTHER_VILLAGE]
    with reading(serving) as session:
        viewers = {code: access.viewer(session, world.workers[code].user_id) for code in codes}
    questions = {
        code: Question(resident(world.households[code]), Purpose.PRE_LOAN, world.consents[code])
        for code in codes
    }
    requests = [Request(viewers[code], list(questions.values()), NOW, batch_uid=code) for code in codes]
    seen: dict[str | None, list[str]] = {}

    def tell(request: Request, found: Sequence[InquiryResult | AppError]) -> Answered:
        names = [one.code if isinstance(one, AppError) else one.homes[0].place.code for one in found]
        seen[request.batch_uid] = names
        return Answered(200, b"")

    with transaction(serving, of_one_state=True) as session:
        assert len(answered(session, world.district.cipher, requests, tell=tell)) == 3
    assert seen == {mine: [code if code == mine else "consent_missing" for code in codes] for mine in codes}
    with reading(world.district.engine) as session:
        rows = session.execute(text("SELECT batch_uid, outcome FROM inquiries ORDER BY inquiry_id")).all()
    # Who is not seen is nobody: of one in another division the record says that it was not found.
    assert [tuple(row) for row in rows] == [
        (mine, "answered" if code == mine else "not_found") for mine in codes for code in codes
    ]


def test_with_the_serving_role_everybody_still_gets_what_the_document_says(
    world: World, serving_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(clock, "today", NOW.date)
    app = create_app(Settings(database_url=serving_url, master_key=KEY.hex()))
    world.key = app.state.token_key
    wrong = []
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as client:
        for operation, roles in documented().items():
            for role in (role for role in Role if roles[role]):
                answer = send(client, world, operation, role=role, scope="own")
                if status_of(answer) not in ALLOWED:
                    wrong.append((operation, str(role), answer.status_code, answer.text[:200]))
    app.state.engine.dispose()
    assert not wrong
    assert SCOPES["own"] == (TOWN, VILLAGE)
