"""A rating written without a model is what the model says, and names the records that counted."""

from datetime import timedelta

from sqlalchemy import select

from app.db import reading
from app.models import Rating, Subject
from app.ratings.rating_text import rating_text
from app.ratings.schemas import RatingAnswer
from app.ratings.service import explained_each, newest_night, sources, told_each
from app.subjects.service import subject
from tests.demonstration import Demonstration


def test_every_rating_of_a_district_is_written_as_its_model_writes_it(demonstration: Demonstration) -> None:
    with reading(demonstration.engine) as session:
        ratings = session.scalars(select(Rating)).all()
        night = newest_night(session)
        assert night is not None
        places = {each.rating_id: subject(session, each.subject_id).place_id for each in ratings}
        told = explained_each(session, places)
        assert len(told) > 500
        for one in told.values():
            plain = rating_text(one, as_of=night)
            assert plain.decode() == RatingAnswer.of(one, as_of=night).model_dump_json()
        for each in ratings[::5]:
            counted = {value.name: value.record_id for value in sources(session, each)}
            assert list(told[each.rating_id].record_ids.items()) == list(counted.items())


def test_a_rating_is_written_once_and_anew_after_another_night_or_for_another_village(
    demonstration: Demonstration,
) -> None:
    with reading(demonstration.engine) as session:
        rating = session.scalars(select(Rating).where(Rating.grade == "A")).first()
        night = newest_night(session)
        assert rating is not None
        assert night is not None
        number, home = rating.rating_id, subject(session, rating.subject_id).place_id
        [elsewhere] = session.scalars(select(Subject.place_id).where(Subject.place_id != home).limit(1))

        for place_id in (home, elsewhere):
            [made] = explained_each(session, {number: place_id}).values()
            for on in (night, night + timedelta(days=1)):
                [told] = told_each(session, {number: place_id}, as_of=on).values()
                assert told.text == rating_text(made, as_of=on)
                assert told_each(session, {number: place_id}, as_of=on)[number] is told
