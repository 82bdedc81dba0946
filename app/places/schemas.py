"""Divisions on the wire."""

from pydantic import BaseModel

from app.models import Place, PlaceKind


class PlaceAnswer(BaseModel):
    """A division by its code of the Bureau of Statistics."""

    code: str
    name: str
    kind: PlaceKind

    @classmethod
    def of(cls, place: Place) -> "PlaceAnswer":
        """One division."""
        return cls(code=place.code, name=place.name, kind=place.kind)
