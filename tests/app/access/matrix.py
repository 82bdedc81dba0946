"""Who asks for what where: one request of every operation, to be sent by every role from every scope."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.access.service import create_organisation
from app.access.tokens import issue_token
from app.db import Session, transaction
from app.models import (
    ApiClient,
    Objection,
    ObjectionChannel,
    Organisation,
    OrganisationKind,
    Place,
    PlaceKind,
    Rating,
    Record,
    ReviewRequest,
    Role,
    User,
)
from tests.app.access.account_calls import ACCOUNT_REQUESTS, ACCOUNTS_WITHOUT_SCOPE, PASSWORD_HASH
from tests.app.access.appraisal_calls import APPRAISAL_REQUESTS, APPRAISALS_WITHOUT_SCOPE
from tests.app.access.calls import Call, Request, get, post
from tests.app.access.oversight_calls import alert_note, asked_for, asking, carrying_out, export
from tests.app.access.title_calls import TITLE_REQUESTS, TITLES_WITHOUT_SCOPE, title_of
from tests.district import (
    DAY,
    DISTRICT,
    OTHER_VILLAGE,
    TOWN,
    VILLAGE,
    VILLAGE_OF_OTHER_TOWN,
    District,
    morning,
)
from tests.numbers import resident

ROOT = Path(__file__).resolve().parents[3]
DOCUMENT = ROOT / "docs" / "authorisation.md"
FOREIGN_DISTRICT, FOREIGN_VILLAGE = "500119000000", "500119100200"
NOW = morning(DAY + timedelta(days=1))
# Whose data, seen from the division of the viewer: (the viewer's division, that of the data).
SCOPES: Mapping[str, tuple[str, str]] = {
    "own": (TOWN, VILLAGE),
    "sibling": (TOWN, VILLAGE_OF_OTHER_TOWN),
    "parent": (VILLAGE, OTHER_VILLAGE),
    "foreign": (DISTRICT, FOREIGN_VILLAGE),
}
ALLOWED = frozenset({200, 201, 204, 409, 412})
REFUSED = frozenset({403, 404})


@dataclass
class World:
    """A rated district with somebody in every scope, and a user of every role in every division."""

    district: District
    households: dict[str, int]
    consents: dict[str, int]
    ratings: dict[str, int]
    records: dict[str, int]
    objections: dict[str, int]
    reviews: dict[str, int]
    titles: dict[str, dict[str, Any]]
    users: dict[tuple[Role, str], User]
    workers: dict[str, User]
    organisations: dict[OrganisationKind, int]
    key: bytes
    # Who sends the next request.
    asking: tuple[Role, str] = (Role.DISTRICT_ADMIN, DISTRICT)

    def token(self, role: Role, place_code: str) -> str:
        """A fresh access token of the user with this role in this division."""
        return issue_token(self.users[role, place_code], key=self.key, at=NOW, minutes=30)

    def ids(self, code: str) -> dict[str, Any]:
        """What the address of a request about a division's data holds."""
        return {
            "code": code,
            "town": f"{code[:9]}000",
            "subject": self.households[code],
            "rating": self.ratings.get(code, 2**40),
            "record": self.records[code],
            "objection": self.objections[code],
            "review": self.reviews[code],
            "consent": self.consents[code],
            "worker": self.workers[code].user_id,
            "client": f"client-{code}",
            **self.titles[code],
        }


def make_world(district: District, *, key: bytes) -> World:
    """One household, rated, with a consent for the bank, in every division there is a scope for."""
    _add_foreign_district(district)
    codes = sorted({data for _, data in SCOPES.values()})
    households = {code: district.household(code=code) for code in codes}
    district.night()
    organisations = _organisations(district)
    bank = organisations[OrganisationKind.BANK]
    with Session(district.engine) as session:
        ratings = {row.subject_id: row.rating_id for row in session.scalars(select(Rating))}
        records = {row.subject_id: row.record_id for row in session.scalars(select(Record))}
    return World(
        district=district,
        households=households,
        consents={code: district.consent(households[code], bank) for code in codes},
        ratings={code: ratings[households[code]] for code in codes if households[code] in ratings},
        records={code: records[households[code]] for code in codes},
        objections={code: _objection_of(district, households[code]) for code in codes},
        reviews={code: _review_of(district, households[code]) for code in codes},
        titles={code: title_of(district, households[code]) for code in codes},
        users=_users(district, organisations),
        workers=_workers(district, codes, bank=bank),
        organisations=organisations,
        key=key,
    )


def _add_foreign_district(district: District) -> None:
    with transaction(district.engine) as session:
        parent: Place | None = None
        for code, name, kind in (
            (FOREIGN_DISTRICT, "南川区", PlaceKind.DISTRICT),
            ("500119100000", "三泉镇", PlaceKind.TOWN),
            (FOREIGN_VILLAGE, "窑湾村", PlaceKind.VILLAGE),
        ):
            made = Place(
                code_system="NBS",
                code=code,
                name=name,
                kind=kind,
                valid_from=date(2020, 6, 30),
                parent_id=None if parent is None else parent.place_id,
            )
            session.add(made)
            session.flush()
            parent = made


def _objection_of(district: District, household: int) -> int:
    """An objection that waits for its answer."""
    with transaction(district.engine) as session:
        record = session.scalars(select(Record.record_id).where(Record.subject_id == household)).all()[-1]
        made = Objection(
            subject_id=household, record_id=record, raised_on=DAY, due_on=DAY + timedelta(days=20),
            channel=ObjectionChannel.DESK, text_cipher=b"", recorded_at=NOW, recorded_by="test",
        )  # fmt: skip
        session.add(made)
        session.flush()
        made.text_cipher = district.cipher.seal("不对", row=f"objections/{made.objection_id}/text")
        return made.objection_id


def _review_of(district: District, household: int) -> int:
    """A request that a person looks at a rating; of whoever was not rated, at somebody's."""
    with transaction(district.engine) as session:
        rated = session.scalars(select(Rating.rating_id).order_by(Rating.subject_id != household)).first()
        made = ReviewRequest(
            subject_id=household, rating_id=rated, raised_on=DAY, due_on=DAY + timedelta(days=20),
            text_cipher=b"", document="身份证", recorded_at=NOW, recorded_by="test",
        )  # fmt: skip
        session.add(made)
        session.flush()
        made.text_cipher = district.cipher.seal(
            "请复核", row=f"review_requests/{made.review_request_id}/text"
        )
        return made.review_request_id


def _organisations(district: District) -> dict[OrganisationKind, int]:
    with transaction(district.engine) as session:
        return {
            kind: create_organisation(
                session, code=f"org-{kind}", name=kind.label, kind=kind, admitted_at=NOW
            ).organisation_id
            for kind in OrganisationKind
        }


def organisation_kind(role: Role) -> OrganisationKind:
    """In what kind of organisation a role works."""
    if role in (Role.LOAN_OFFICER, Role.BANK_ADMIN):
        return OrganisationKind.BANK
    return OrganisationKind.DEPARTMENT if role is not Role.TOWN_OFFICIAL else OrganisationKind.TOWN_OFFICE


def _users(district: District, organisations: Mapping[OrganisationKind, int]) -> dict[tuple[Role, str], User]:
    with transaction(district.engine) as session:
        return {
            (role, code): _user(
                session,
                f"{role}.{code}",
                role=role,
                organisation_id=organisations[organisation_kind(role)],
                place_id=district.place_id(code),
            )
            for role in Role
            for code in sorted({viewer for viewer, _ in SCOPES.values()})
        }


def _workers(district: District, codes: list[str], *, bank: int) -> dict[str, User]:
    """A loan officer of the bank in every division, with a system that signs in for it: to be managed."""
    made = {}
    with transaction(district.engine) as session:
        for code in codes:
            made[code] = _user(
                session,
                f"worker.{code}",
                role=Role.LOAN_OFFICER,
                organisation_id=bank,
                place_id=district.place_id(code),
            )
            client = ApiClient(client_id=f"client-{code}", secret_hash="none", disabled=False,
                               user_id=made[code].user_id, failed_attempts=0, created_at=NOW)  # fmt: skip
            session.add(client)
    return made


def _user(session: Session, username: str, **said: Any) -> User:
    made = User(
        username=username,
        display_name=username,
        password_hash=PASSWORD_HASH,
        disabled=False,
        failed_attempts=0,
        locked_until=None,
        **said,
    )
    session.add(made)
    session.flush()
    return made


def alter(world: World, user: User, **changes: Any) -> None:
    """Change the account of a user, or of the organisation it works for (`admitted_at`)."""
    with transaction(world.district.engine) as session:
        kept: User | Organisation = session.get_one(User, user.user_id)
        if "admitted_at" in changes:
            kept = session.get_one(Organisation, user.organisation_id)
        for name, value in changes.items():
            setattr(kept, name, value)


def _inquiry(world: World, code: str) -> Call:
    number = resident(world.households[code])
    body = {"id_number": number, "purpose": "pre_loan", "consent_id": world.consents[code]}
    return Call("POST", "/v1/inquiries", json=body)


def _batch(world: World, code: str) -> Call:
    """A batch of one; a refusal of it is in the answer: each of its inquiries is decided about on its own."""
    return Call("POST", "/v1/inquiry-batches", json={"inquiries": [_inquiry(world, code).json]})


def _find(world: World, code: str) -> Call:
    return Call("POST", "/v1/subjects/find", json={"id_number": resident(world.households[code])})


def _objection(world: World, code: str) -> Call:
    body = {"subject_id": world.households[code], "record_id": world.records[code], "text": "面积不对。",
            "channel": "desk"}  # fmt: skip
    return Call("POST", "/v1/objections", json=body)


# One request of every operation, about the data of a division.
REQUESTS: Mapping[str, Request] = {
    "me": get("/v1/me"),
    **ACCOUNT_REQUESTS,
    **APPRAISAL_REQUESTS,
    "cards": get("/v1/cards"),
    "card": get("/v1/cards/CQ-H-1/2023-01-01"),
    "coverage": get("/v1/coverage"),
    "villages": get("/v1/villages"),
    "village": get("/v1/villages/{code}"),
    "town": get("/v1/towns/{town}"),
    "village_way_to_title": get("/v1/villages/{code}/way-to-title"),
    "town_way_to_title": get("/v1/towns/{town}/way-to-title"),
    "village_trend": get("/v1/villages/{code}/trend"),
    "town_trend": get("/v1/towns/{town}/trend"),
    "criteria_what_if": get("/v1/criteria/cq-bishan-2023-village/2023-01-01/what-if"),
    "first_page": get("/"),
    "town_page": get("/towns/{town}"),
    "village_page": get("/villages/{code}"),
    "rating": get("/v1/ratings/{rating}"),
    "history": get("/v1/ratings/{rating}/history"),
    "rating_page": get("/ratings/{rating}"),
    "inquiries": _inquiry,
    "inquiry_batches": _batch,
    "objections": get("/v1/objections"),
    "raise_objection": _objection,
    "answer": post(
        "/v1/objections/{objection}/answer", outcome="confirmed", found="经核对无误。", document="登记册"
    ),
    "withdrawal": post("/v1/objections/{objection}/withdrawal", text="不再异议。", document="申请"),
    "find_subject": _find,
    "give_report": post("/v1/subjects/{subject}/reports", document="身份证", format="json"),
    "give_copy": post("/v1/subjects/{subject}/portability", document="身份证"),
    "asked_about": get("/v1/subjects/{subject}/inquiries"),
    "explanation": get("/v1/subjects/{subject}/explanation"),
    "subject_consents": get("/v1/subjects/{subject}/consents"),
    "withdraw_consent": post("/v1/subjects/{subject}/consents/{consent}/withdrawal", document="身份证"),
    "request_review": post("/v1/subjects/{subject}/reviews", document="身份证", text="请由人再看。"),
    "reviews": get("/v1/reviews"),
    "answer_review": post("/v1/reviews/{review}/answer", outcome="upheld", text="逐项核对，无误。"),
    "ask_approval": asking,
    "carry_out_account": carrying_out,
    "approvals": get("/v1/approvals"),
    "approval": asked_for("/v1/approvals/{approval}"),
    "decide_approval": asked_for("/v1/approvals/{approval}/decision", {"granted": True, "reason": "同意"}),
    "export": export,
    "inquiry_alerts": get("/v1/inquiry-alerts"),
    "note_inquiry_alert": alert_note,
    "inquiry_log": get("/v1/inquiry-log"),
    "letter": get("/v1/objections/{objection}/letter"),
    **TITLE_REQUESTS,
}
# For accounts of the whole district: one of a part of it is refused (tests/app/approvals/test_what_if.py).
OF_WHOLE_DISTRICT = frozenset({"criteria_what_if"})
# They are about nobody in particular, or show by themselves only what lies in the viewer's division.
WITHOUT_SCOPE = frozenset(
    {
        "me",
        "cards",
        "card",
        "coverage",
        "villages",
        "first_page",
        "objections",
        "reviews",
        "approvals",
        "criteria_what_if",
        "inquiry_alerts",
        "inquiry_batches",
        "inquiry_log",
    }
    | ACCOUNTS_WITHOUT_SCOPE
    | TITLES_WITHOUT_SCOPE
    | APPRAISALS_WITHOUT_SCOPE
)


def documented() -> dict[str, dict[str, bool]]:
    """The matrix as docs/authorisation.md promises it: operation, role, allowed."""
    return {
        row["operation"]: {str(role): row[role] == "x" for role in Role} for row in _rows_of_the_document()
    }


def documented_limits() -> dict[str, tuple[str, str]]:
    """The same of each operation: whose data it is about, and for whom only."""
    return {row["operation"]: (row["reach"], row["only"]) for row in _rows_of_the_document()}


def _rows_of_the_document() -> Iterator[dict[str, str]]:
    header: list[str] = []
    for line in DOCUMENT.read_text("utf-8").splitlines():
        cells = [cell.strip(" `") for cell in line.strip().strip("|").split("|")]
        if cells[0] == "operation":
            header = cells
        elif header and len(cells) == len(header) and not re.fullmatch(r"[-: ]*", cells[0]):
            yield dict(zip(header, cells, strict=True))
