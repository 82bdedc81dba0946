"""Titles by the rungs of a ladder: which rung a holder may be proposed for, and what each rung asks."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.db import Session
from app.designations.found import Block, Found, Holder
from app.designations.rules import TitleRules
from app.designations.service.facts import found_of
from app.designations.store import rungs as store
from app.designations.store import titles as titles_store
from app.designations.store.titles import Attempt
from app.models import GateState, PlaceGate
from scoring.definition import Rung

_FIT = {GateState.FAILS: Block.RUNG_TOO_HIGH, GateState.INSUFFICIENT: Block.RUNG_INSUFFICIENT}


@dataclass(frozen=True)
class Offer:
    """What a holder could be proposed for next, the last attempt at it, and what is known of the holder.

    `rung` is empty where the profile has no ladder. `under_way`: a proposal for this title is open already.
    """

    rung: str
    found: Found
    attempt: Attempt | None
    under_way: bool


def found_for(
    session: Session,
    holders: Collection[Holder],
    *,
    rules: TitleRules,
    rung: str,
    on: date,
    last_step_id: int | None = None,
) -> dict[str, Found]:
    """The facts of some holders and what stands against the title at one rung, by the key of the holder."""
    found = found_of(session, holders, rules=rules, on=on, last_step_id=last_step_id)
    asked = rules.rung(rung)
    if asked is None:
        return found
    known = _Known(session, found, rules=rules, on=on, last_step_id=last_step_id)
    return {key: known.at(one, asked) for key, one in found.items()}


def offers(
    session: Session,
    holders: Collection[Holder],
    *,
    rules: TitleRules,
    on: date,
    last_step_id: int | None = None,
) -> list[Offer]:
    """What each of some holders could be proposed for next.

    On a ladder that is the highest rung above those it holds whose score it has and whose lower rung it
    holds; where it has none, the lowest of them. One proposal of a holder is under way at a time.
    """
    found = found_of(session, holders, rules=rules, on=on, last_step_id=last_step_id)
    attempts = titles_store.last_attempts(session, rules.kind, holders=found.keys())
    known = None
    if rules.rungs:
        known = _Known(session, found, rules=rules, on=on, last_step_id=last_step_id)
    offered = []
    for key, one in found.items():
        mine = attempts.get(key, {})
        states = [step.state for _, step in mine.values()]
        under_way = any(state in titles_store.UNDER_WAY for state in states)
        rung, chosen = ("", one) if known is None else known.next(one)
        offered.append(Offer(rung, chosen, mine.get(rung), under_way))
    return offered


class _Known:
    """The scores of some places and the rungs they hold, asked for all at once."""

    def __init__(
        self,
        session: Session,
        found: Mapping[str, Found],
        *,
        rules: TitleRules,
        on: date,
        last_step_id: int | None,
    ) -> None:
        self._rungs = rules.rungs
        statuses = [_status_of(one) for one in found.values()]
        self._scores = store.rung_gates(session, [each for each in statuses if each is not None])
        self._held = store.held_rungs(
            session, rules.kind, holders=found.keys(), on=on, last_step_id=last_step_id
        )

    def at(self, one: Found, asked: Rung) -> Found:
        """What is known of a holder, with what one rung asks of it."""
        gate = self._gate(one, asked)
        lower = asked.requires in self._held.get(one.holder.key, ())
        blocks = list(one.blocks)
        if gate is None:
            blocks += [] if Block.NOT_JUDGED in blocks else [Block.NOT_JUDGED]
        elif gate.state in _FIT:
            blocks.append(_FIT[gate.state])
        if asked.requires and not lower:
            blocks.append(Block.LOWER_RUNG_FIRST)
        facts = {
            **one.facts,
            "rung": asked.name,
            "score": None if gate is None else gate.value,
            "rung_state": None if gate is None else gate.state.value,
            "lower_rung": asked.requires or None,
            "lower_rung_held": lower if asked.requires else None,
        }
        return replace(one, facts=facts, blocks=tuple(blocks))

    def next(self, one: Found) -> tuple[str, Found]:
        """The rung to be proposed next, with what is known of it; of who holds them all, the highest."""
        held = self._held.get(one.holder.key, frozenset())
        names = [rung.name for rung in self._rungs]
        above = max((names.index(name) for name in held if name in names), default=-1) + 1
        if above == len(names):
            top = self.at(one, self._rungs[-1])
            return names[-1], replace(top, blocks=(*top.blocks, Block.HOLDS_TITLE))
        chosen = self._highest(one, self._rungs[above:], held=held)
        return chosen.name, self.at(one, chosen)

    def _highest(self, one: Found, above: Sequence[Rung], *, held: Collection[str]) -> Rung:
        for rung in reversed(above):
            gate = self._gate(one, rung)
            enough = gate is not None and gate.state is GateState.HOLDS
            if enough and (not rung.requires or rung.requires in held):
                return rung
        return above[0]

    def _gate(self, one: Found, rung: Rung) -> PlaceGate | None:
        return self._scores.get(_status_of(one) or 0, {}).get(rung.name)


def _status_of(one: Found) -> int | None:
    number = one.facts.get("place_status_id")
    return number if isinstance(number, int) else None
