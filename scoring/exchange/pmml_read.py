"""A PMML `Scorecard` document as a card: one this library wrote, or one of another tool."""

from datetime import date
from itertools import zip_longest
from xml.etree.ElementTree import Element

from scoring import loader
from scoring.definition import CardDefinition
from scoring.errors import CardError
from scoring.exchange.pmml_foreign import foreign_content
from scoring.exchange.pmml_terms import CARD_EXTENSION, EXTENDER
from scoring.exchange.pmml_tree import local, named, parsed
from scoring.exchange.pmml_write import write_pmml


def read_pmml(text: str, *, effective_from: date | None = None) -> CardDefinition:
    """The card in a PMML document, with the same points for every value.

    A document of another tool becomes a card of one block and one grade; it needs `effective_from` where it
    has no timestamp, and its reasons are ranked by points below the best. Raises `CardError` with element and
    place for what a card cannot carry exactly, and for a document of ours that was changed by hand.
    """
    root = parsed(text)
    kept = _kept_card(root)
    if kept is None:
        return loader.card(foreign_content(root, effective_from=effective_from), where="PMML")
    card = loader.card(loader.parse(kept, where="PMML"), where="PMML")
    _check_same(root, parsed(write_pmml(card)), place="PMML")
    return card


def _kept_card(root: Element) -> str | None:
    for header in named(root, "Header"):
        for item in named(header, "Extension"):
            if item.get("extender") == EXTENDER and item.get("name") == CARD_EXTENSION:
                return (item.text or "").strip()
    return None


def _check_same(given: Element, expected: Element, *, place: str) -> None:
    """Raise `CardError` at the first place where a document is not what its own card would be written as."""
    same = local(given) == local(expected) and given.attrib == expected.attrib
    if not same or (given.text or "").strip() != (expected.text or "").strip():
        raise _changed(place)
    for one, other in zip_longest(given, expected):
        inner = other if one is None else one
        name = inner.get("name") or inner.get("field")
        at = f"{place}/{local(inner)}" + (f"[{name}]" if name else "")
        if one is None or other is None:
            raise _changed(at)
        _check_same(one, other, place=at)


def _changed(place: str) -> CardError:
    return CardError(
        f"{place}: is not as the card kept in the document's Extension says: change the card and write the"
        " document again, or take every Extension element out"
    )
