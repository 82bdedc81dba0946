"""What an office may write down and answer of objections to a notice."""

import pytest

from app.errors import Invalid, NotFound
from app.models import ObjectionChannel
from app.notices import service
from app.notices.service import Protest
from tests.app.notices.test_service import SAID, answered, objected
from tests.app.notices.village import BEGINS, village
from tests.district import morning
from tests.office_steps import transaction

__all__ = ["village"]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_an_answer_is_to_an_objection_of_that_notice(village):
    notice = village.post()
    objected(village, notice)
    with pytest.raises(NotFound, match="no such objection"):
        answered(village, notice, "0" * 32)


def test_an_office_writes_down_what_came_to_its_desk_and_no_online_objection(village):
    notice = village.post()
    online = Protest(SAID, channel=ObjectionChannel.ONLINE)
    with (
        pytest.raises(Invalid, match="write desk or letter"),
        transaction(village.district.engine) as session,
    ):
        service.object_at_office(
            session, village.district.cipher, notice.number, online,
            viewer=village.viewers["admin"], at=morning(BEGINS),
        )  # fmt: skip
    assert village.district.counts()["notice_objections"] == 0
