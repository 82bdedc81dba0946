"""Opening a round for a village, inviting who appraises, and finding it again."""

import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta

from app import clock
from app.access.scope import Viewer, may_see
from app.access.service import user_by_name
from app.appraisals import store
from app.appraisals.appraisal import NAME_LENGTH_MAX, Invited, Line, OwnRound, Round, RoundState
from app.consents.service import rating_refused
from app.db import Session, add_once
from app.errors import Conflict, Invalid, NotFound
from app.models import (
    AppraisalHousehold,
    AppraisalRound,
    AppraisalStanding,
    Appraiser,
    AppraiserKin,
    Place,
    PlaceKind,
    Role,
    User,
)
from app.one_line import one_line
from app.places.service import place as place_by_id
from app.places.service import place_by_code, subtree_prefix, within
from app.rules.service import appraisal_rules_in_force, appraisal_rules_of
from app.subjects.cipher import Cipher
from app.subjects.lineage import heirs
from app.subjects.numbers import masked_name

UNITS = (PlaceKind.VILLAGE, PlaceKind.COMMUNITY)
_FORM_CODE_BYTES = 5

# Nobody remembers longer what a household was like, and no other round of the village begins meanwhile.
TERM_MAX = timedelta(days=180)


def open_round(
    session: Session,
    place_code: str,
    *,
    opens_on: date,
    closes_on: date,
    needs_consent: bool,
    viewer: Viewer,
    at: datetime,
) -> Round:
    """A new round for a village of the viewer's division, over every household it has on the day.

    Whoever has refused to be rated is not appraised, and stays in the denominator. `Conflict` while another
    round of the village is not closed.
    """
    on = clock.day_of(at)
    place = place_by_code(session, place_code, on=on)
    if not may_see(viewer, place.code) or place.kind not in UNITS:
        raise NotFound(
            f"{viewer.place_name}没有村（社区）{place_code} · no village {place_code} in your division"
        )
    if not on <= opens_on < closes_on:
        raise Invalid(
            f"opens_on, closes_on: 应为 {on} 或以后开始，并在其后截止 · begin on {on} or later, and "
            "close after the first day"
        )
    if closes_on - opens_on > TERM_MAX:
        raise Invalid(
            f"closes_on: 评议最长 {TERM_MAX.days} 天，应在 {opens_on + TERM_MAX} 或以前截止 · a round lasts "
            f"at most {TERM_MAX.days} days; close it by {opens_on + TERM_MAX}"
        )
    earlier = store.last_round(session, place.place_id)
    if earlier is not None and store.closing(session, earlier.appraisal_round_id) is None:
        raise Conflict(
            f"{place.name}第 {earlier.number} 轮评议尚未截止 · round {earlier.number} of {place.code} is not "
            "closed yet; close it first"
        )
    version_id, _rules = appraisal_rules_in_force(session, on=opens_on)
    made = AppraisalRound(
        place_id=place.place_id,
        number=1 if earlier is None else earlier.number + 1,
        rule_version_id=version_id,
        opens_on=opens_on,
        closes_on=closes_on,
        opened_at=at,
        opened_by=viewer.user_id,
    )
    if not add_once(session, made):
        raise Conflict(f"{place.name}刚刚已开启评议 · somebody else has just opened a round of {place.code}")
    store.add(session, *_households(session, made, place, needs_consent=needs_consent, on=on))
    return _shown(session, made, place, on=on)


def _households(
    session: Session, made: AppraisalRound, place: Place, *, needs_consent: bool, on: date
) -> list[AppraisalHousehold]:
    merged = heirs(session, on=on)
    found = [one for one in store.households_of(session, place.place_id) if one.subject_id not in merged]
    if not found:
        raise Conflict(f"{place.name}没有在册农户 · there is no household on file in {place.code}")
    return [
        AppraisalHousehold(
            appraisal_round_id=made.appraisal_round_id,
            subject_id=household.subject_id,
            line_number=line,
            standing=AppraisalStanding.REFUSED
            if rating_refused(session, household.subject_id, on=on, needs_consent=needs_consent)
            else AppraisalStanding.APPRAISABLE,
        )
        for line, household in enumerate(found, start=1)
    ]


def invite(
    session: Session,
    cipher: Cipher,
    round_id: int,
    *,
    name: str,
    username: str | None,
    kin_household_nos: Collection[str],
    viewer: Viewer,
    at: datetime,
) -> Invited:
    """Let somebody appraise in a round: with an account of an appraiser, or on paper without one.

    Whoever is kin of a household says so here or on the sheet; that mark does not count.
    """
    found, plain = (
        round_of(session, round_id, viewer=viewer, on=clock.day_of(at)),
        name.strip(),
    )
    if found.closing is not None:
        raise already_closed(found.round)
    if not 0 < len(one_line(plain, where="name")) <= NAME_LENGTH_MAX or not plain.isprintable():
        raise Invalid(f"name: 应为 1 至 {NAME_LENGTH_MAX} 字 · write 1 to {NAME_LENGTH_MAX} characters")
    earlier = invited(session, cipher, round_id, viewer=viewer, on=clock.day_of(at))
    if username is None and plain in (one.name for one in earlier):
        raise Conflict(
            "本轮已有同名评议员；确为两人的，请在姓名后注明区别 · somebody of this name appraises in this "
            "round already; where they are two persons, write after the name what tells them apart"
        )
    user = None if username is None else _account(session, username, found.place)
    kin = _kin(lines_of(session, cipher, round_id), kin_household_nos)
    code = f"PY-{secrets.token_hex(_FORM_CODE_BYTES).upper()}"
    made = Appraiser(
        appraisal_round_id=round_id,
        number=found.invited_count + 1,
        name_cipher=cipher.seal(plain, row=name_row(code)),
        user_id=None if user is None else user.user_id,
        form_code=code,
        invited_at=at,
        invited_by=viewer.user_id,
    )
    if not add_once(session, made):
        raise Conflict(
            "此账号已受邀，或他人刚刚邀请了评议员，请刷新后重试 · this account is invited already, or "
            "somebody has just invited another appraiser; read the round again"
        )
    store.add(
        session, *(AppraiserKin(appraiser_id=made.appraiser_id, subject_id=subject_id) for subject_id in kin)
    )
    return Invited(made, plain, None if user is None else user.username, None, len(kin))


def _account(session: Session, username: str, place: Place) -> User:
    """The account of an appraiser whose division the village lies in; of others nothing is said."""
    user = user_by_name(session, username)
    if (
        user is None
        or user.disabled
        or user.role is not Role.APPRAISER
        or not within(place_by_id(session, user.place_id).code, place.code)
    ):
        raise Invalid(
            f"username: {username} 不是本村所在辖区的评议员账号 · is no account of an appraiser whose "
            f"division {place.code} lies in"
        )
    return user


def _kin(lines: Collection[Line], household_nos: Collection[str]) -> list[int]:
    by_number = {line.household_no: line.subject_id for line in lines}
    unknown = sorted(set(household_nos) - set(by_number))
    if unknown:
        raise Invalid(
            f"kin_household_nos: 本轮没有户号 {', '.join(unknown)} · no such household numbers in this round"
        )
    return sorted({by_number[number] for number in household_nos})


def name_row(form_code: str) -> str:
    """The row the name of an appraiser is sealed to: the code is known before the number is."""
    return f"appraisers/{form_code}/name"


def invited(session: Session, cipher: Cipher, round_id: int, *, viewer: Viewer, on: date) -> list[Invited]:
    """Who appraises in a round of the viewer's division, and whose sheet is in."""
    round_of(session, round_id, viewer=viewer, on=on)
    return [
        Invited(one, cipher.open(one.name_cipher, row=name_row(one.form_code)), username, sheet, kin)
        for one, username, sheet, kin in store.appraisers(session, round_id)
    ]


def round_of(session: Session, round_id: int, *, viewer: Viewer, on: date) -> Round:
    """A round of the viewer's division."""
    found = store.round_with_place(session, round_id)
    if found is None or not may_see(viewer, found[1].code):
        raise not_there(round_id)
    return _shown(session, *found, on=on)


def rounds_within(session: Session, *, viewer: Viewer, on: date, limit: int) -> list[Round]:
    """The rounds of the viewer's division, the newest first."""
    found = store.rounds_within(session, subtree_prefix(viewer.place_code), limit=limit)
    return [_shown(session, *one, on=on) for one in found]


def own_rounds(session: Session, *, viewer: Viewer, on: date, limit: int) -> list[OwnRound]:
    """The rounds the viewer appraises in, the newest first; nothing of what others did is in them."""
    return [
        own_view(session, *one, viewer=viewer, on=on)
        for one in store.rounds_of_user(session, viewer.user_id, limit=limit)
    ]


def own_view(session: Session, found: AppraisalRound, place: Place, *, viewer: Viewer, on: date) -> OwnRound:
    """A round as the viewer, who appraises in it, sees it; `NotFound` for everybody else."""
    mine = store.appraiser_of_user(session, found.appraisal_round_id, viewer.user_id)
    if mine is None or not may_see(viewer, place.code):
        raise not_there(found.appraisal_round_id)
    closed = store.closing(session, found.appraisal_round_id) is not None
    return OwnRound(
        found,
        place,
        appraisal_rules_of(session, found.rule_version_id),
        state_of(found, closed=closed, on=on),
        store.sheet(session, mine.appraiser_id) is not None,
    )


def lines_of(session: Session, cipher: Cipher, round_id: int) -> list[Line]:
    """Every household of a round with its masked name, by line."""
    return [
        Line(
            line=kept.line_number,
            subject_id=kept.subject_id,
            household_no=household.household_no,
            name_masked=masked_name(
                cipher.open(household.head_name_cipher, row=f"households/{kept.subject_id}/head_name")
            ),
            standing=kept.standing,
            synthetic=synthetic,
        )
        for kept, household, synthetic in store.lines(session, round_id)
    ]


def state_of(found: AppraisalRound, *, closed: bool, on: date) -> RoundState:
    """How far a round has come on a day."""
    if closed:
        return RoundState.CLOSED
    if on < found.opens_on:
        return RoundState.SCHEDULED
    return RoundState.OPEN if on < found.closes_on else RoundState.DUE


def not_there(round_id: int) -> NotFound:
    """The refusal of a round of somebody else; whether there is one is not said."""
    return NotFound(
        f"本辖区没有您的评议轮次 {round_id} · there is no round {round_id} of yours in your division"
    )


def already_closed(found: AppraisalRound) -> Conflict:
    """The refusal to change what is closed."""
    return Conflict(
        f"评议轮次 {found.appraisal_round_id} 已截止 · round {found.appraisal_round_id} is closed; "
        "open a new one"
    )


def _shown(session: Session, found: AppraisalRound, place: Place, *, on: date) -> Round:
    round_id = found.appraisal_round_id
    ended, counts = store.closing(session, round_id), store.household_counts(session, round_id)
    people = store.appraisers(session, round_id)
    return Round(
        round=found,
        place=place,
        rules=appraisal_rules_of(session, found.rule_version_id),
        state=state_of(found, closed=ended is not None, on=on),
        closing=ended,
        household_count=sum(counts.values()),
        appraisable_count=counts.get(AppraisalStanding.APPRAISABLE, 0),
        invited_count=len(people),
        submitted_count=sum(sheet is not None for _, _, sheet, _ in people),
    )
