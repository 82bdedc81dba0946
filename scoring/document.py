"""A policy document read strictly: every key is asked for once, and every complaint says where."""

import math
from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from scoring.definition import Text
from scoring.errors import CardError


class Document:
    """A mapping of a policy file and its place in it; values are text until they are asked for."""

    def __init__(self, content: Any, *, where: str) -> None:
        if not isinstance(content, Mapping):
            raise CardError(f"{where}: expected a mapping of keys and values")
        self.where = where
        self._content = content
        self._read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._content

    def names(self) -> list[str]:
        """The keys of this mapping as they are written."""
        return [str(key) for key in self._content]

    def text(self, key: str) -> str:
        """A value that must be written and not empty."""
        value = self._get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, "expected a text")
        return value.strip()

    def optional(self, key: str) -> str:
        """A text that may be left out; then it is empty."""
        return self.text(key) if key in self else ""

    def one_of(self, key: str, choices: tuple[str, ...]) -> str:
        """One of a few words; the first of them where the key is not written."""
        chosen = self.text(key) if key in self else choices[0]
        if chosen not in choices:
            raise self.error(key, f"{chosen!r} is none of {', '.join(filter(None, choices))}")
        return chosen

    def key_number(self, key: str) -> float:
        """A key that is a number."""
        return self._number(key, key)

    def number(self, key: str) -> float:
        """A number; `-inf` and `inf` are numbers too."""
        return self._number(key, self.text(key))

    def fraction(self, key: str) -> Fraction:
        """A number exactly as it is written."""
        self.number(key)
        return Fraction(self.text(key))

    def integer(self, key: str) -> int:
        """A whole number."""
        text = self.text(key)
        try:
            return int(text)
        except ValueError:
            raise self.error(key, f"{text!r} is not a whole number") from None

    def day(self, key: str) -> date:
        """A date written as 2023-01-01."""
        text = self.text(key)
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise self.error(key, f"{text!r} is not a date such as 2023-01-01") from None

    def words(self, key: str) -> Text:
        """The same words in Chinese and English, written `{zh: …, en: …}`."""
        both = self.part(key)
        result = Text(both.text("zh"), both.text("en"))
        both.close()
        return result

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where the key is not written."""
        values = self._list(key)
        if not all(isinstance(value, str) for value in values):
            raise self.error(key, "expected a list of texts")
        return tuple(values)

    def numbers(self, key: str) -> tuple[float, ...]:
        """A list of numbers, or one number."""
        value = self._get(key)
        values = value if isinstance(value, list) else [value]
        return tuple(self._number(key, str(item)) for item in values)

    def part(self, key: str) -> "Document":
        """The mapping under a key."""
        return Document(self._get(key), where=f"{self.where}: {key}")

    def is_mapping(self, key: str) -> bool:
        """Whether keys and values stand under a key."""
        return isinstance(self._content.get(key), Mapping)

    def parts(self, key: str) -> Iterator["Document"]:
        """The mappings in a list, each known by its name; none where the key is not written."""
        for position, item in enumerate(self._list(key), start=1):
            name = item.get("name", item.get("code", position)) if isinstance(item, Mapping) else position
            yield Document(item, where=f"{self.where}: {key}[{name}]")

    def error(self, key: str, what: str) -> CardError:
        """A complaint about one key, to be raised."""
        return CardError(f"{self.where}: {key}: {what}")

    def close(self) -> None:
        """Refuse what nobody asked for: a misspelt key must not pass silently."""
        strangers = [key for key in self._content if key not in self._read]
        if strangers:
            raise CardError(f"{self.where}: unknown keys: {', '.join(map(str, strangers))}")

    def _get(self, key: str) -> Any:
        self._read.add(key)
        if key not in self._content:
            raise self.error(key, "is missing")
        return self._content[key]

    def _list(self, key: str) -> list[Any]:
        if key not in self._content:
            return []
        value = self._get(key)
        if not isinstance(value, list):
            raise self.error(key, "expected a list")
        return value

    def _number(self, key: str, text: str) -> float:
        try:
            result = float(text)
        except ValueError:
            raise self.error(key, f"{text!r} is not a number") from None
        if math.isnan(result):
            raise self.error(key, "not-a-number is no value")
        return result
