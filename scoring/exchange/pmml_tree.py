"""A PMML document as a tree: read safely, walked by local names, refused with the place of what is wrong."""

import math
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from scoring.errors import CardError

DEPTH_MAXIMUM = 200
_PREFIX = "http://www.dmg.org/PMML-4_"


def parsed(text: str) -> Element:
    """The document; `CardError` for what is no PMML 4, has a document type, or is nested without end."""
    parser = XMLParser(target=_Guarded())
    try:
        parser.feed(text)
        root: Element = parser.close()
    except ParseError as error:
        raise CardError(f"PMML: is not readable XML: {error}") from None
    except UnicodeEncodeError as error:
        raise CardError(f"PMML: is not readable XML: {error.reason}") from None
    if local(root) != "PMML" or not root.tag.startswith("{" + _PREFIX):
        raise CardError(f"{root.tag}: expected the element PMML of a version 4 ({_PREFIX}4)")
    return root


def local(one: Element) -> str:
    """The name of an element without its namespace."""
    return one.tag.rpartition("}")[2]


def named(parent: Element, *names: str) -> Iterator[Element]:
    """The elements of these names directly under another."""
    return (child for child in parent if local(child) in names)


def single(parent: Element, name: str, *, place: str) -> Element:
    """The one element of this name."""
    found = list(named(parent, name))
    if len(found) != 1:
        raise CardError(f"{place}: has {len(found)} elements {name}; a card takes one")
    return found[0]


def only(parent: Element, *names: str, place: str) -> None:
    """Refuse every element that is none of these: what is not understood must not be passed over."""
    for child in parent:
        if local(child) not in (*names, "Extension"):
            raise CardError(f"{place}/{local(child)}: is not carried by a card; take it out")


def finite(text: str, *, place: str) -> float:
    """A finite number as XML writes it."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise CardError(f"{place}: {text!r} is not a finite number")
    return value


class _Guarded(TreeBuilder):
    """Builds the tree; a document type could define entities, and a Scorecard needs none."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        raise CardError(f"PMML: the document type {name!r} is refused: take <!DOCTYPE ...> out")

    def start(self, tag: Any, attrs: Any) -> Element:
        self._depth += 1
        if self._depth > DEPTH_MAXIMUM:
            raise CardError(f"PMML: elements are nested more than {DEPTH_MAXIMUM} deep")
        return super().start(tag, attrs)

    def end(self, tag: Any) -> Element:
        self._depth -= 1
        return super().end(tag)
