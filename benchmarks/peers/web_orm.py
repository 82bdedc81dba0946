"""An inquiry as a plain FastAPI service has it: a sync endpoint in a threadpool, ORM objects, a commit each.

It knows who asks and that the token was not revoked, the division, the consent and the rating that holds,
and writes the row of the inquiry, on the disk before it answers: in nine fields at /v1/inquiries, in all that
this service answers at /v1/inquiries/in-full. No sealed log, no limits, no headers.
"""

import os
import sys
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import jwt
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from app import clock
from app.corrections.service import statements_of
from app.db import make_engine
from app.designations.service import Holder, states_of, titles_of
from app.inquiries.schemas import (
    InquiryAnswer,
    InquirySubject,
    ReferenceLimitAnswer,
    StatementAnswer,
    Title,
    TitleHeld,
)
from app.logs import uvicorn_config
from app.models import (
    Consent,
    ConsentWithdrawal,
    Household,
    Inquiry,
    InquiryOutcome,
    Organisation,
    Place,
    Purpose,
    Rating,
    RevokedToken,
    Role,
    Subject,
    SubjectKind,
    User,
)
from app.objections.schemas import ObjectionNote
from app.objections.service import notes_of
from app.overrides.schemas import OverrideNote
from app.overrides.service import in_force
from app.places.schemas import PlaceAnswer
from app.ratings.schemas import RatingAnswer
from app.ratings.service import explained, latest_run
from app.rules.reference_limits import reference_limits
from app.settings import from_environment
from app.subjects.cipher import derived_key
from app.subjects.key_source import cipher_of
from app.subjects.numbers import masked_name, masked_number

SETTINGS = from_environment()
CIPHER = cipher_of(SETTINGS)
TOKEN_KEY = derived_key(CIPHER.master(CIPHER.in_force[0]), purpose="token", length=32)
# Two writers that both read first would refuse each other in SQLite: one waits for the other instead.
ENGINE = make_engine(SETTINGS.database_url).execution_options(sqlite_begin="IMMEDIATE")
Sessions = sessionmaker(ENGINE, expire_on_commit=False)
LIMITS = reference_limits(SETTINGS.seed_folder / "reference_limits.yaml")
app = FastAPI()


class Question(BaseModel):
    """Whose rating is asked for."""

    id_number: str
    purpose: Purpose
    consent_id: int


class Answer(BaseModel):
    """The rating in short."""

    inquiry_id: int
    inquired_at: datetime
    subject_id: int
    village: str
    rating_id: int
    grade: str
    score: int | None
    known_count: int
    on_file: bool


def session() -> Iterator[Session]:
    """A session a request."""
    with Sessions() as made:
        yield made


def user(authorization: Annotated[str, Header()], database: Annotated[Session, Depends(session)]) -> User:
    """Who asks."""
    claims = jwt.decode(authorization[7:], TOKEN_KEY, algorithms=["HS256"], audience="credit-village")
    found = database.get(User, int(claims["sub"]))
    revoked = select(RevokedToken).where(RevokedToken.jti.in_([claims["jti"], claims["sid"]]))
    if found is None or found.disabled or database.scalars(revoked).first() is not None:
        raise HTTPException(401)
    bank = database.get_one(Organisation, found.organisation_id)
    if found.role is not Role.LOAN_OFFICER or bank.admitted_at is None:
        raise HTTPException(403)
    return found


Asking = Annotated[User, Depends(user)]
Database = Annotated[Session, Depends(session)]


@app.post("/v1/inquiries")
def inquiries(question: Question, asks: Asking, database: Database) -> Answer:
    """The current rating of a household, in short."""
    row, household, home, rating = recorded(question, asks, database)
    return Answer(
        inquiry_id=row.inquiry_id, inquired_at=row.inquired_at, subject_id=household.subject_id,
        village=home.name, rating_id=rating.rating_id, grade=rating.grade, score=rating.score,
        known_count=rating.known_count, on_file=rating.on_file,
    )  # fmt: skip


@app.post("/v1/inquiries/in-full")
def inquiries_in_full(question: Question, asks: Asking, database: Database) -> InquiryAnswer:
    """The same with every point, the reasons, the ways up, the marks and the titles."""
    row, household, home, rating = recorded(question, asks, database)
    on = row.inquired_at.astimezone(clock.CHINA).date()
    subject_id, town = household.subject_id, database.get_one(Place, home.parent_id)
    states = states_of(database, [home.place_id, town.place_id])
    night, limit = latest_run(database), LIMITS.get((SubjectKind.HOUSEHOLD, rating.grade))
    assert night is not None
    told = explained(database, rating)
    name, number = (
        CIPHER.open(sealed, row=f"households/{subject_id}/{column}")
        for sealed, column in (
            (household.head_name_cipher, "head_name"),
            (household.head_id_number_cipher, "head_id_number"),
        )
    )
    held = titles_of(
        database, [Holder(home.place_id, subject_id), *map(Holder, (home.place_id, town.place_id))], on=on
    )

    def titles(key: str) -> list[TitleHeld]:
        return [
            TitleHeld(**asdict(one), kind_label=one.kind.label, state_label=one.state.label)
            for one in held.get(key, ())
        ]

    def stands(place: Place) -> Title:
        state = states.get(place.place_id)
        return Title(
            place=PlaceAnswer.of(place), state=state, state_label="" if state is None else state.label,
            designations=titles(f"p{place.place_id}"),
        )  # fmt: skip

    return InquiryAnswer(
        inquiry_id=row.inquiry_id,
        inquired_at=row.inquired_at,
        operator_basis=SETTINGS.operator_basis,
        subject=InquirySubject(
            kind=SubjectKind.HOUSEHOLD, name=masked_name(name), number_masked=masked_number(number),
            household_no=household.household_no, uscc=None, synthetic=True,
            designations=titles(f"s{subject_id}"),
        ),
        village=stands(home),
        town=stands(town),
        reference_limit=None if limit is None else ReferenceLimitAnswer(**asdict(limit)),
        objections=[ObjectionNote.of(note) for note in notes_of(database, subject_id, on=on)],
        statements=[
            StatementAnswer(record_id=record_id, text=text)
            for record_id, text in statements_of(database, CIPHER, subject_id).items()
        ],
        override=OverrideNote.of(in_force(database, [subject_id], on=on).get(subject_id)),
        rating=RatingAnswer.of(told, as_of=night.as_of),
    )  # fmt: skip


def recorded(question: Question, asks: User, database: Session) -> tuple[Inquiry, Household, Place, Rating]:
    """The inquiry on record, once it is permitted, and whom and what it is about."""
    at = clock.now()
    on = at.astimezone(clock.CHINA).date()
    index = CIPHER.index(question.id_number)
    household = database.scalars(select(Household).where(Household.head_id_number_index == index)).one()
    subject = database.get_one(Subject, household.subject_id)
    home, scope = database.get_one(Place, subject.place_id), database.get_one(Place, asks.place_id)
    consent = database.get(Consent, question.consent_id)
    withdrawn = select(ConsentWithdrawal).where(ConsentWithdrawal.consent_id == question.consent_id)
    if (
        not home.code.startswith(scope.code.rstrip("0"))
        or consent is None
        or (consent.subject_id, consent.organisation_id, consent.purpose)
        != (subject.subject_id, asks.organisation_id, question.purpose)
        or not (consent.effective_from <= on and (consent.effective_to is None or on < consent.effective_to))
        or database.scalars(withdrawn).first() is not None
    ):
        raise HTTPException(403)
    newest = select(Rating).where(Rating.subject_id == subject.subject_id).order_by(Rating.run_id.desc())
    rating = database.scalars(newest).first()
    assert rating is not None
    row = Inquiry(
        inquired_at=at, user_id=asks.user_id, organisation_id=asks.organisation_id,
        purpose=question.purpose, consent_id=consent.consent_id, subject_id=subject.subject_id,
        rating_id=rating.rating_id, outcome=InquiryOutcome.ANSWERED, refusal_code="",
    )  # fmt: skip
    database.add(row)
    database.commit()
    return row, household, home, rating


if __name__ == "__main__":
    assert "DATABASE_URL" in os.environ, "a database to ask"
    uvicorn.run(
        app, port=int(sys.argv[1]), log_config=uvicorn_config(), server_header=False, access_log=False
    )
