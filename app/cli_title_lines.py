"""Titles and proposals of many as `credit-village designations` tells them, a line at a time."""

from collections.abc import Iterator, Sequence

from app.designations.found import Block
from app.designations.service.proposing import Proposed
from app.designations.service.shown import ShownLeftOut, ShownTitle
from app.models import DesignationKind
from app.places.service import spoken_name

_COUNTERS = {
    DesignationKind.CREDIT_HOUSEHOLD: "户",
    DesignationKind.CREDIT_ENTITY: "家",
    DesignationKind.CREDIT_VILLAGE: "个村",
    DesignationKind.CREDIT_TOWN: "个镇",
}
_LABELS = {block.value: block.label for block in Block}


def proposed_lines(made: Proposed, shown: Sequence[ShownLeftOut], *, kind: DesignationKind) -> Iterator[str]:
    """How many were proposed and left out, and for what; then those who are named."""
    yield f"已提名 proposed: {len(made.designation_ids)}"
    yield f"未提名 left out: {len(made.left_out)}"
    yield from (f"  {_LABELS[reason]} {reason}: {count}" for reason, count in made.reasons.items())
    for one in shown:
        words = "；".join(block.label for block in one.left_out.blocks)
        yield f"{one.name}  {spoken_name(one.place)}  {one.left_out.holder.key}  {words}"
    rest = len(made.left_out) - len(shown)
    if rest:
        counted = f"{rest} {_COUNTERS[kind]}"
        yield f"另有 {counted}未列出，可用 --most 指定列出多少 · {rest} more are named with --most"


def title_line(one: ShownTitle) -> str:
    """A title in one line: whose, where, and how it stands."""
    made, last = one.designation, one.last
    until = f"  有效至 {last.valid_until} 前" if last.valid_until is not None else ""
    return (
        f"{made.designation_id:>8}  {one.title}  {one.place.name}  {one.name}  {last.state.label} "
        f"{last.state}  {last.happened_on}{until}"
    )
