"""What concerns the whole district is for who answers for all of it."""

from app.access.scope import Viewer
from app.db import Session
from app.errors import Forbidden
from app.models import PlaceKind
from app.places.service import place as place_by_id

_DISTRICT_WIDE = (PlaceKind.CITY, PlaceKind.DISTRICT)


def refuse_part_of_district(session: Session, viewer: Viewer) -> None:
    """An account of a part of the district does not ask for what concerns all of it."""
    if place_by_id(session, viewer.place_id).kind not in _DISTRICT_WIDE:
        raise Forbidden(
            f"此事关系全区，{viewer.place_name}的账号不能申请 · this concerns the whole district: an account "
            "of the district asks for it, not one of a part of it"
        )
