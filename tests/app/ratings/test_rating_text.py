"""A rating written without a model is what the model says, and names the records that counted."""

from sqlalchemy import select

from app.db import reading
from app.models import Rating
from app.ratings.rating_text import rating_text
from app.ratings.schemas import RatingAnswer
from app.ratings.service import explained_each, newest_night, sources
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
            # Written once, and again as of another night.
            assert rating_text(one, as_of=night) is plain
        for each in ratings[::5]:
            counted = {value.name: value.record_id for value in sources(session, each)}
            assert list(told[each.rating_id].record_ids.items()) == list(counted.items())
