"""Proposals: by the night or for a whole town at once what qualifies, by application one at a time."""

from collections import Counter
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.access.scope import Viewer, may_see
from app.db import Session
from app.designations.found import BY_HAND, Block, Holder, listed, refuse_old_night
from app.designations.gate_words import missed
from app.designations.path import Duty, level_of, may_act
from app.designations.rules import TitleRules
from app.designations.service.facts import PLACE_KINDS, SUBJECT_KINDS
from app.designations.service.rules import rules_in_force
from app.designations.service.rungs import Offer, offers
from app.designations.service.steps import act_of, step_row
from app.designations.standing import Act
from app.designations.store import holders as holders_store
from app.designations.store import titles as store
from app.errors import Conflict, Forbidden, Invalid, NotFound
from app.models import DesignationAction as Action
from app.models import DesignationKind, Place
from app.models import DesignationState as State
from app.places.service import place as place_by_id
from app.places.service import place_by_code, places_within, subtree_prefix
from app.ratings.service import newest_night

# Who was refused, lost the title or gave it up comes back by an application of its own.
_NOT_OF_ITSELF = frozenset({State.REFUSED, State.REVOKED, State.WITHDRAWN})


@dataclass(frozen=True)
class LeftOut:
    """Who was not proposed, and everything that stands against it."""

    holder: Holder
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Proposed:
    """What a proposal of many came to: the numbers of the new titles, and who was left out."""

    designation_ids: Sequence[int]
    left_out: Sequence[LeftOut]

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many were left out for what; one holder may count for several."""
        return dict(sorted(Counter(block.value for one in self.left_out for block in one.blocks).items()))


def propose_qualifying(
    session: Session,
    holders: Collection[Holder],
    act: Act,
    *,
    rules: TitleRules,
    by: str,
    last_step_id: int | None = None,
    had: Container[tuple[str, str]] = (),
) -> Proposed:
    """Propose everybody here who qualifies and has no title, in one step; the others are left out.

    Nobody is proposed twice, and nobody who was refused, lost the title or gave it up; nor for a rung they
    `had`, whatever has become of it since.
    """
    able, left_out = [], []
    for offer in offers(session, holders, rules=rules, on=act.on, last_step_id=last_step_id):
        if (offer.found.holder.key, offer.rung) in had:
            continue
        blocks = _distinct(*_of_attempt(offer, by_application=False), *offer.found.blocks)
        if blocks:
            left_out.append(LeftOut(offer.found.holder, blocks))
        else:
            able.append(offer)
    numbers = _write(session, able, act, rules=rules, by=by)
    return Proposed(numbers, left_out)


def propose_all(
    session: Session, kind: DesignationKind, *, within: str, viewer: Viewer, at: datetime
) -> Proposed:
    """Propose everybody of a division of the viewer's who qualifies, and say who was left out and why."""
    act = act_of(viewer, Action.PROPOSE, session=session, at=at, reason="", document="")
    place = division_of(session, within, viewer=viewer, on=act.on)
    rules = rules_in_force(session, kind, on=act.on)
    refuse_proposer(act, rules)
    refuse_old_night(newest_night(session), on=act.on)
    holders = holders_within(session, place, act, rules=rules)
    return propose_qualifying(session, holders, act, rules=rules, by=viewer.username)


def division_of(session: Session, code: str, *, viewer: Viewer, on: date) -> Place:
    """A division of the viewer's; what lies outside does not exist for him."""
    found = place_by_code(session, code, on=on)
    if not may_see(viewer, found.code):
        raise NotFound(f"{viewer.place_name}没有区划 {code} · no division {code} in your division")
    return found


def propose_one(
    session: Session,
    kind: DesignationKind,
    *,
    subject_id: int | None,
    place_code: str | None,
    viewer: Viewer,
    at: datetime,
    reason: str,
    document: str,
) -> int:
    """An application for one holder of the viewer's division; the number of the title."""
    act = act_of(viewer, Action.PROPOSE, session=session, at=at, reason=reason, document=document)
    rules = rules_in_force(session, kind, on=act.on)
    place = None if place_code is None else division_of(session, place_code, viewer=viewer, on=act.on)
    holder = holder_named(session, rules=rules, subject_id=subject_id, place=place)
    if not may_see(viewer, place_by_id(session, holder.place_id).code):
        raise NotFound(f"本辖区没有此主体 · there is no such subject {subject_id} in your division")
    return apply(session, holder, act, rules=rules, by=viewer.username)


def apply(session: Session, holder: Holder, act: Act, *, rules: TitleRules, by: str) -> int:
    """Propose one holder by application; its number. Where the numbers are too few, by hand.

    By hand takes a reason and a document, and the award takes them again.
    """
    refuse_proposer(act, rules)
    if not rules.path.by_application:
        raise Forbidden(f"{rules.kind.label}不接受申请 · {rules.profile.code} knows no application")
    offer = offers(session, [holder], rules=rules, on=act.on)[0]
    found = offer.found
    refuse_old_night(found.newest_night, on=act.on)
    by_hand = bool(BY_HAND & set(found.blocks))
    blocks = _distinct(
        *_of_attempt(offer, by_application=True),
        *found.standing_against(by_hand=by_hand),
    )
    if blocks:
        raise Conflict(f"不能提名{rules.title(offer.rung)}：{listed(blocks)}{_lacking(offer, rules)}")
    if by_hand:
        if not (act.reason and act.document):
            raise Invalid(
                "reason, document: 数据不足，须写明理由与依据文件，由人工认定 · the numbers are too few to "
                f"tell: give a reason and the document, and somebody decides by hand{_lacking(offer, rules)}"
            )
        offer = replace(offer, found=replace(found, facts={**found.facts, "by_hand": True}))
    return _write(session, [offer], act, rules=rules, by=by)[0]


def _lacking(offer: Offer, rules: TitleRules) -> str:
    lacking = missed(offer.found, rules.profile)
    return "" if lacking is None else f"（{lacking.zh} · {lacking.en}）"


def refuse_proposer(act: Act, rules: TitleRules) -> None:
    """Only somebody of the level that proposes does, or of a higher one."""
    if not may_act(act.level, Duty.PROPOSER, rules.path):
        asked = level_of(Duty.PROPOSER, rules.path)
        raise Forbidden(
            f"提名{rules.kind.label}须由{asked.label}及以上办理 · a {rules.kind} is proposed at the level "
            f"{asked} or above"
        )


def holders_within(session: Session, place: Place, act: Act, *, rules: TitleRules) -> list[Holder]:
    """Everybody of a division who could hold a title of this kind."""
    if rules.kind in SUBJECT_KINDS:
        kind = SUBJECT_KINDS[rules.kind]
        living = holders_store.subjects_below(session, subtree_prefix(place.code), kind)
        return [Holder(place_id, subject_id) for subject_id, place_id in living]
    inside = places_within(session, place.code, on=act.on, kinds=PLACE_KINDS[rules.kind])
    return [Holder(each.place_id) for each in inside]


def holders_of(session: Session, subject_ids: Collection[int]) -> list[Holder]:
    """Some subjects, each with where it lives."""
    homes = holders_store.homes(session, subject_ids)
    return [Holder(homes[each][1], each) for each in subject_ids]


def holder_named(
    session: Session, *, rules: TitleRules, subject_id: int | None, place: Place | None
) -> Holder:
    """The holder an application names: a subject of the right kind, or a division."""
    if rules.kind in SUBJECT_KINDS:
        if subject_id is None or place is not None:
            raise Invalid(f"subject_id: name the subject that is to be a {rules.kind}, and no place_code")
        known = holders_store.homes(session, [subject_id]).get(subject_id)
        if known is None or known[0] is not SUBJECT_KINDS[rules.kind]:
            raise NotFound(f"本辖区没有此主体 · there is no such subject {subject_id} in your division")
        return Holder(known[1], subject_id)
    if place is None or subject_id is not None:
        raise Invalid(f"place_code: name the division that is to be a {rules.kind}, and no subject_id")
    return Holder(place.place_id)


def _of_attempt(offer: Offer, *, by_application: bool) -> tuple[Block, ...]:
    if offer.under_way:
        return (Block.PROPOSED_ALREADY,)
    if offer.attempt is None:
        return ()
    state = offer.attempt[1].state
    if state.holds_title:
        return (Block.HOLDS_TITLE,)
    if state in _NOT_OF_ITSELF and not by_application:
        return (Block.ONLY_BY_APPLICATION,)
    return ()


def _distinct(*blocks: Block) -> tuple[Block, ...]:
    return tuple(dict.fromkeys(blocks))


def _write(session: Session, able: Sequence[Offer], act: Act, *, rules: TitleRules, by: str) -> list[int]:
    if not able:
        return []
    rows = [
        {
            "kind": rules.kind,
            "rung": one.rung,
            "holder": one.found.holder.key,
            "attempt": 1 if one.attempt is None else one.attempt[0].attempt + 1,
            "subject_id": one.found.holder.subject_id,
            "place_id": one.found.holder.place_id,
            "opened_at": act.at,
            "opened_by": by,
        }
        for one in able
    ]
    numbers = store.add_designations(session, rows)
    if numbers is None:
        raise Conflict(
            "刚刚已有人提名，请重新读取 · somebody else has just proposed one of them; read the list again"
        )
    version = rules.rule_version_id
    steps = [
        step_row(
            numbers[one.found.holder.key],
            sequence=1,
            act=act,
            state=State.PROPOSED,
            rule_version_id=version,
            facts=one.found.facts,
        )
        for one in able
    ]
    assert act.action is Action.PROPOSE
    taken = store.add_steps(session, steps)
    assert taken, "the first step of a title nobody else knows yet"
    return sorted(numbers.values())
