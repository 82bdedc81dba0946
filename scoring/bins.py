"""The bins of a characteristic, as a policy document writes them: steps, ladders, categories and codes."""

import itertools
import math
from collections.abc import Iterator

from scoring.definition import Bin, Input, Text
from scoring.document import Document

# A derived value so near to an edge, relatively, is on it: 0.6 · 4.5/6 + 0.4 · 4.5/4 is 0.9, not a hair less.
EDGE_TOLERANCE = 1e-12


def steps_of(part: Document, read: Input | None, *, unit: str) -> tuple[Bin, ...]:
    """All bins of a characteristic: unknown first, then by value, then the special codes of its input."""
    if "ladder" in part:
        steps = _ladder(part.part("ladder"), read, unit=unit)
    elif read is not None and read.categories:
        steps = list(_categories(part, read))
    else:
        steps = list(_bins(part, read, unit=unit))
    return (_unknown(part.part("unknown")), *steps, *_specials(part, read))


def category_bins(read: Input | None, bins: tuple[Bin, ...]) -> tuple[int, ...]:
    """The bin of each category of the input; 0 where no bin has it."""
    if read is None or not read.categories:
        return ()
    places = {member: code for code, step in enumerate(bins) for member in step.members}
    return tuple(places.get(category.name, 0) for category in read.categories)


def _categories(part: Document, read: Input) -> Iterator[Bin]:
    labels = {category.name: category.label for category in read.categories}
    for item in part.parts("bins"):
        members = item.texts("is")
        for member in members:
            if member not in labels:
                raise item.error("is", f"{member!r} is no category of {read.name}")
        named = [labels[member] for member in members]
        label = Text("、".join(text.zh for text in named), ", ".join(text.en for text in named))
        yield Bin(
            math.nan,
            math.nan,
            item.integer("points"),
            _reason(item),
            item.words("label") if "label" in item else label,
            members=members,
        )
        item.close()


def _specials(part: Document, read: Input | None) -> Iterator[Bin]:
    known = {} if read is None else read.special
    for item in part.parts("special"):
        code = item.number("code")
        if code not in known:
            raise item.error("code", f"{code:.10g} is no special code of the value that is read")
        label = item.words("label") if "label" in item else known[code]
        yield Bin(math.nan, math.nan, item.integer("points"), _reason(item), label, special=code)
        item.close()


def _reason(item: Document) -> str | None:
    return item.text("reason") if "reason" in item else None


def _bins(part: Document, read: Input | None, *, unit: str) -> Iterator[Bin]:
    """The steps as written: `from` and `up_to` belong to the step, `above` and `to` do not."""
    for item in part.parts("bins"):
        low, low_words = _end(item, "from", "above", read=read)
        high, high_words = _end(item, "to", "up_to", read=read)
        meant = [] if read is None else [text for code, text in read.codes.items() if low <= code < high]
        in_words = meant[0] if len(meant) == 1 else _range_label(low_words, high_words, unit=unit)
        label = item.words("label") if "label" in item else in_words
        yield Bin(low, high, item.integer("points"), _reason(item), label)
        item.close()


def _end(item: Document, closed: str, just_after: str, *, read: Input | None) -> tuple[float, str]:
    """One end of a step as the least number of the step that begins there, and in words."""
    if closed in item and just_after in item:
        raise item.error(closed, f"write either {closed} or {just_after}")
    if closed in item:
        value = item.number(closed)
        return _just(value, -1, read=read), f"{'≥' if closed == 'from' else '<'} {value:.10g}"
    if just_after in item:
        value = item.number(just_after)
        after = max(_just(value, 1, read=read), math.nextafter(value, math.inf))
        return after, f"{'>' if just_after == 'above' else '≤'} {value:.10g}"
    return (-math.inf if closed == "from" else math.inf), ""


def _just(edge: float, way: int, *, read: Input | None) -> float:
    """An edge as it is held against a value that is read as recorded, or derived and so rounded."""
    return edge if read is not None or math.isinf(edge) else edge + way * abs(edge) * EDGE_TOLERANCE


def _ladder(part: Document, read: Input | None, *, unit: str) -> list[Bin]:
    """Steps of equal width whose points rise or fall evenly; the first and the last have no outer end."""
    start, width, count = part.fraction("start"), part.fraction("width"), part.integer("count")
    if count < 1 or width <= 0:
        raise part.error("count", "a ladder has at least one step, of a width above 0")
    points, points_step = part.integer("points"), part.integer("points_step")
    reason = _reason(part)
    part.close()
    best = max(points, points + (count - 1) * points_step)
    ends = [-math.inf, *(float(start + width * step) for step in range(1, count)), math.inf]
    given = [points + points_step * step for step in range(count)]
    return [
        Bin(
            _just(low, -1, read=read),
            _just(high, -1, read=read),
            value,
            reason if value < best else None,
            _step_label(low, high, unit=unit),
        )
        for (low, high), value in zip(itertools.pairwise(ends), given, strict=True)
    ]


def _unknown(part: Document) -> Bin:
    label = part.words("label") if "label" in part else Text("未知", "unknown")
    result = Bin(math.nan, math.nan, part.integer("points"), _reason(part), label)
    part.close()
    return result


def _step_label(low: float, high: float, *, unit: str) -> Text:
    low_words = f"≥ {low:.10g}" if low > -math.inf else ""
    return _range_label(low_words, f"< {high:.10g}" if high < math.inf else "", unit=unit)


def _range_label(low: str, high: str, *, unit: str) -> Text:
    """A range in words: '≥ 1 且 < 31 天'; of a yes-or-no, the answer."""
    if unit == "是否":
        return Text("是", "yes") if low else Text("否", "no")
    ends = [end for end in (low, high) if end]
    zh, en = " 且 ".join(ends) or "任何值", " and ".join(ends) or "any value"
    return Text(f"{zh} {unit}".strip(), en)
