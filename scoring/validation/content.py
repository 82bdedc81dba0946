"""What a document says, before it is written as Markdown or HTML: sections of texts, tables and figures."""

from dataclasses import dataclass

from scoring.definition import Text


@dataclass(frozen=True)
class Paragraph:
    """A few sentences."""

    text: Text


@dataclass(frozen=True)
class Judgement:
    """One conclusion: a mark that needs no colour, the mark in words, and the sentence."""

    mark: str
    verdict: Text
    text: Text


@dataclass(frozen=True)
class Judgements:
    """The conclusions, most important first."""

    items: tuple[Judgement, ...]


@dataclass(frozen=True)
class Table:
    """Rows under a header; the first cell of a row names it.

    Cells from `numbers_from` on are numbers, but for the last `notes` of them, which are words.
    """

    caption: Text
    header: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    numbers_from: int = 1
    notes: int = 0

    def is_number(self, at: int) -> bool:
        """Whether the cells of a column are numbers."""
        return self.numbers_from <= at < len(self.header) - self.notes


@dataclass(frozen=True)
class Figure:
    """A drawing as SVG, always beside a table with the same figures."""

    caption: Text
    svg: str


Part = Paragraph | Judgements | Table | Figure


@dataclass(frozen=True)
class Section:
    """One headed part of a document; `key` names it in links."""

    key: str
    title: Text
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Page:
    """A whole document."""

    title: Text
    banner: Text | None
    sections: tuple[Section, ...]


def same(text: str) -> Text:
    """What reads alike in Chinese and English: a number, a code."""
    return Text(text, text)


def count(value: int) -> Text:
    """A whole number, thousands apart."""
    return same(f"{value:,}")


def share(value: float | None) -> Text:
    """A share as per cent; a dash where there is none."""
    return same("—" if value is None else f"{value:.1%}")


def number(value: float | None, *, places: int = 3) -> Text:
    """A figure with so many decimals; a dash where there is none."""
    return same("—" if value is None else f"{value:.{places}f}")


def between(low: float | None, high: float | None) -> Text:
    """An interval of figures; a dash where there is none."""
    return same("—" if low is None or high is None else f"{low:.3f} – {high:.3f}")


def between_shares(low: float, high: float) -> Text:
    """An interval of shares."""
    return same(f"{low:.1%} – {high:.1%}")
