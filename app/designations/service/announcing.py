"""What others are shown of a title: the public notice before it is given or taken, and its certificate."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.certificates.service import issue
from app.certificates.signing import Signer
from app.consents.service import agree_to_publication, publication_ended
from app.db import Session
from app.designations.found import Holder
from app.designations.rules import TitleRules
from app.designations.standing import Act, Refusal, Standing
from app.errors import Conflict
from app.models import (
    Designation,
    DesignationAction,
    DesignationKind,
    DesignationStep,
    NoticePurpose,
    PlaceKind,
)
from app.notices.notice import UNNAMED, NoticeLine, NoticeStanding
from app.notices.service import post
from app.places.service import place as place_by_id
from app.places.service import place_name_in_full, spoken_name
from app.subjects.cipher import Cipher
from app.subjects.service import PublicName, public_name
from app.subjects.service import subject as subject_by_id

_ENDED = {
    DesignationAction.POST_NOTICE: (
        "称号 {0}：本人的公示同意只在 {1} 以前有效，公示要到 {2} 期满，不得公示；"
        "请先登记期限更长或不限期的“评定结果公示”同意 · the consent of the holder of title {0} holds until "
        "{1}, and the notice would run until {2}; put one that holds longer on file first"
    ),
    DesignationAction.AWARD: (
        "称号 {0}：公示期内本人的公示同意到期（{1} 起失效），公示到 {2} 才期满，不得认定；"
        "请不予认定，登记期限更长或不限期的同意后重新提名 · the consent of the holder of title {0} ended on "
        "{1} while the notice ran until {2}; refuse it, and propose it again once a consent holds longer"
    ),
}
_UNWILLING = {
    DesignationAction.POST_NOTICE: (
        "称号 {0}：本人未单独同意公示（或已撤回），不得公示；请先登记“评定结果公示”同意 · the holder of "
        "title {0} has given no separate consent to a public notice, or has taken it back; put the consent "
        "on file first"
    ),
    DesignationAction.AWARD: (
        "称号 {0}：公示期内本人撤回了公示同意，公示未满期限，不得认定；请不予认定，本人再次同意后重新提名 · "
        "the holder of title {0} took the consent back while the notice ran, so that it was not shown for "
        "its days; refuse it, and propose it again once there is a consent"
    ),
}


@dataclass(frozen=True)
class Announcing:
    """Who announces, what opens the names that are shown masked, and what signs certificates."""

    cipher: Cipher
    signer: Signer
    by: str
    issuer: str


def announce(
    session: Session,
    standings: Sequence[Standing],
    act: Act,
    *,
    rules: Mapping[int, TitleRules],
    announcing: Announcing,
) -> dict[int, int]:
    """Post the notices of these titles; the number of the notice by that of the title."""
    groups: dict[tuple[DesignationKind, int, int], list[Standing]] = defaultdict(list)
    for one in standings:
        version = rules[one.number].rule_version_id
        groups[one.designation.kind, _shown_in(session, one), version].append(one)
    taking = act.action is DesignationAction.POST_REVOCATION
    numbers: dict[int, int] = {}
    for (kind, place_id, version), group in groups.items():
        names = _names(session, group, act, cipher=announcing.cipher)
        lines = []
        for one in group:
            title = rules[one.number].title(one.designation.rung)
            result = f"拟撤销{title}称号" if taking else f"拟认定为{title}"
            lines.append(_line(session, one, names[one.number], result=result))
        notice = post(
            session,
            purpose=NoticePurpose.REVOCATION if taking else NoticePurpose.AWARD,
            kind=kind,
            place=place_by_id(session, place_id),
            entries=lines,
            begins_on=act.on,
            days=rules[group[0].number].path.notice_days,
            rule_version_id=version,
            by=announcing.by,
            at=act.at,
        )
        numbers |= {one.number: notice.notice_id for one in group}
    return numbers


def certify(
    session: Session,
    given: Sequence[tuple[Standing, DesignationStep]],
    *,
    rules: Mapping[int, TitleRules],
    announcing: Announcing,
) -> None:
    """Issue the certificate of every title that was given or renewed just now."""
    serials: dict[str, int] = {}
    for one, step in given:
        profile, rung = rules[one.number].profile, one.designation.rung
        assert step.valid_until is not None, "what is given is given until a day"
        issue(
            session,
            announcing.signer,
            step=step,
            kind=one.designation.kind,
            title=rules[one.number].title(rung) if rung else "",
            holder_name=name_of(session, announcing.cipher, one.designation),
            place_name=place_name_in_full(session, place_by_id(session, one.designation.place_id)),
            issuer_name=announcing.issuer,
            issued_on=step.happened_on,
            valid_until=step.valid_until,
            profile_code=profile.code,
            effective_from=profile.effective_from,
            serials=serials,
        )


def unconsented(
    session: Session, shown: Sequence[tuple[Designation, date]], act: Act, *, cipher: Cipher
) -> list[Refusal]:
    """The titles that cannot be announced: the person does not agree to it for all its days (PIPL art. 25).

    Each comes with the last day of its notice. Nor is one given whose holder took the consent back while the
    notice ran, or whose consent ended: it was not shown for its days.
    A person who does not agree to stand on a notice keeps nobody from taking a title that is no longer true:
    the notice of a revocation then names no one.
    """
    days: dict[date, list[Designation]] = defaultdict(list)
    for title, last_day in shown:
        days[last_day].append(title)
    found = []
    for last_day, titles in days.items():
        willing = shown_willingly(session, titles, cipher=cipher, on=last_day)
        if act.action is DesignationAction.POST_NOTICE:
            willing &= shown_willingly(session, titles, cipher=cipher, on=act.on)
        against = [one for one in titles if one.designation_id not in willing]
        persons = {one.subject_id for one in against if one.subject_id is not None}
        ended = publication_ended(session, persons, on=last_day)
        for one in against:
            end = ended.get(one.subject_id or 0)
            words = (_UNWILLING if end is None else _ENDED)[act.action]
            found.append(
                Refusal(one.designation_id, Conflict(words.format(one.designation_id, end, last_day)))
            )
    return found


def last_day_shown(act: Act, rules: TitleRules, notice: NoticeStanding | None) -> date | None:
    """Until when a title is shown that is to be announced, or was before it is given; no other is asked."""
    if act.action is DesignationAction.POST_NOTICE:
        return act.on + timedelta(days=rules.path.notice_days - 1)
    if act.action is DesignationAction.AWARD and notice is not None:
        return notice.last_day
    return None


def shown_willingly(session: Session, titles: Sequence[Designation], *, cipher: Cipher, on: date) -> set[int]:
    """The numbers of the titles that may be announced: of no person, or of one who agrees to it on a day."""
    names = {one.designation_id: _public_name(session, cipher, one) for one in titles}
    ids = [one.subject_id for one in titles if one.subject_id is not None]
    agreed = agree_to_publication(session, ids, on=on)
    return {
        one.designation_id
        for one in titles
        if one.subject_id in agreed or not names[one.designation_id].of_person
    }


def name_of(session: Session, cipher: Cipher, title: Designation | Holder) -> str:
    """The name of whoever holds a title, or could: a division's or entity's own, of any person masked."""
    return _public_name(session, cipher, title).name


def _public_name(session: Session, cipher: Cipher, title: Designation | Holder) -> PublicName:
    if title.subject_id is None:
        return PublicName(spoken_name(place_by_id(session, title.place_id)), of_person=False)
    return public_name(session, cipher, subject_by_id(session, title.subject_id))


def _names(session: Session, group: Sequence[Standing], act: Act, *, cipher: Cipher) -> dict[int, str]:
    """The name each title of a notice is shown under, by its number."""
    titles = [one.designation for one in group]
    willing = shown_willingly(session, titles, cipher=cipher, on=act.on)
    return {
        one.designation_id: name_of(session, cipher, one) if one.designation_id in willing else UNNAMED
        for one in titles
    }


def _line(session: Session, standing: Standing, name: str, *, result: str) -> NoticeLine:
    place = place_by_id(session, standing.designation.place_id)
    return NoticeLine(standing.number, name, place_name_in_full(session, place), result)


def _shown_in(session: Session, standing: Standing) -> int:
    """Households and entities are shown in their village, a village in its town, a town in itself."""
    place = place_by_id(session, standing.designation.place_id)
    of_village = standing.designation.kind is DesignationKind.CREDIT_VILLAGE
    if of_village and place.kind is PlaceKind.VILLAGE and place.parent_id is not None:
        return place.parent_id
    return place.place_id
