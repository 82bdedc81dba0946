"""An inquiry as a plain FastAPI service has it: a sync endpoint in a threadpool, ORM objects, a commit each.

It knows who asks, the division, the consent and the rating that holds, writes the row of the inquiry and
answers in nine fields: no explanation, no sealed log, no limits, no headers.
"""

import os
import sys
from collections.abc import Iterator
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
from app.db import make_engine
from app.logs import uvicorn_config
from app.models import (
    Consent,
    ConsentWithdrawal,
    Household,
    Inquiry,
    InquiryOutcome,
    Place,
    Purpose,
    Rating,
    Subject,
    User,
)
from app.settings import from_environment
from app.subjects.cipher import derived_key
from app.subjects.key_source import cipher_of

SETTINGS = from_environment()
CIPHER = cipher_of(SETTINGS)
TOKEN_KEY = derived_key(CIPHER.master(CIPHER.in_force[0]), purpose="token", length=32)
# Two writers that both read first would refuse each other in SQLite: one waits for the other instead.
ENGINE = make_engine(SETTINGS.database_url).execution_options(sqlite_begin="IMMEDIATE")
Sessions = sessionmaker(ENGINE)
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
    if found is None or found.disabled:
        raise HTTPException(401)
    return found


@app.post("/v1/inquiries")
def inquiries(
    question: Question,
    asks: Annotated[User, Depends(user)],
    database: Annotated[Session, Depends(session)],
) -> Answer:
    """The current rating of a household."""
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
    return Answer(
        inquiry_id=row.inquiry_id, inquired_at=at, subject_id=subject.subject_id, village=home.name,
        rating_id=rating.rating_id, grade=rating.grade, score=rating.score, known_count=rating.known_count,
        on_file=rating.on_file,
    )  # fmt: skip


if __name__ == "__main__":
    assert "DATABASE_URL" in os.environ, "a database to ask"
    uvicorn.run(
        app, port=int(sys.argv[1]), log_config=uvicorn_config(), server_header=False, access_log=False
    )
