"""Who asks, and which divisions that person may see."""

from dataclasses import dataclass

from app.models import Role
from app.places.service import within


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in user of a request, with the organisation and the division behind it.

    `admitted`: the organisation is a recipient of ratings. `ready`: the account has nothing left to do before
    it may be used, such as changing the password it was given. `client_id`: the credentials of a bank's
    system the request was sent with; a person has none.
    """

    user_id: int
    username: str
    display_name: str
    role: Role
    organisation_id: int
    organisation_name: str
    place_id: int
    place_code: str
    place_name: str
    admitted: bool = True
    ready: bool = True
    client_id: str | None = None


def may_see(viewer: Viewer, code: str) -> bool:
    """Whether the division with this code is the viewer's own or lies in it."""
    return within(viewer.place_code, code)
