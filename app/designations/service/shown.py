"""Titles as officials see them: names masked, every step with who took it, and what can follow."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.access.looks import record_looks
from app.access.scope import Viewer, may_see
from app.db import Session
from app.designations.path import transitions
from app.designations.service.announcing import name_of
from app.designations.service.proposing import LeftOut
from app.designations.service.rules import title_named
from app.designations.service.steps import rules_for, standings
from app.designations.service.titles import Listed
from app.designations.standing import Refusal, Standing, actions_after
from app.designations.store import titles as store
from app.designations.store.holders import homes
from app.errors import Conflict, Invalid
from app.models import Designation, DesignationAction, DesignationStep, Place
from app.notices.service import standings as notice_standings
from app.places.service import place as place_by_id
from app.rules.service import rule_version
from app.subjects.cipher import Cipher

# Who took the steps no person took.
NIGHT = "night"


@dataclass(frozen=True)
class ShownTitle:
    """A title in one line: whose it is, as it may be shown, what it is called, and where it stands."""

    designation: Designation
    last: DesignationStep
    place: Place
    name: str
    title: str


@dataclass(frozen=True)
class ShownLeftOut:
    """Who was not proposed, as he may be shown, with everything that stands against it."""

    left_out: LeftOut
    place: Place
    name: str


@dataclass(frozen=True)
class ShownStep:
    """A step with who took it and the profile it went by."""

    step: DesignationStep
    by: str
    profile: str
    notice_number: str | None
    certificate_number: str | None


@dataclass(frozen=True)
class ShownPath:
    """A title with every step so far, and the actions that can follow."""

    title: ShownTitle
    steps: Sequence[ShownStep]
    next_actions: Sequence[DesignationAction]


def shown_titles(session: Session, cipher: Cipher, rows: Sequence[Listed]) -> list[ShownTitle]:
    """Titles in a list."""
    return [_shown(session, cipher, row.designation, row.last, place=row.place) for row in rows]


def _shown(
    session: Session, cipher: Cipher, made: Designation, last: DesignationStep, *, place: Place
) -> ShownTitle:
    title = title_named(session, last.rule_version_id, kind=made.kind, rung=made.rung)
    return ShownTitle(made, last, place, name_of(session, cipher, made), title)


def shown_left_out(
    session: Session, cipher: Cipher, left_out: Sequence[LeftOut], *, viewer: Viewer, at: datetime
) -> list[ShownLeftOut]:
    """Some of those who were left out, by name; that the viewer was shown them is on record (art. 22)."""
    subjects = {one.holder.subject_id for one in left_out if one.holder.subject_id is not None}
    record_looks(session, [(subject_id, None) for subject_id in sorted(subjects)], viewer=viewer, at=at)
    return [
        ShownLeftOut(one, place_by_id(session, one.holder.place_id), name_of(session, cipher, one.holder))
        for one in left_out
    ]


def shown_path(session: Session, cipher: Cipher, standing: Standing, *, on: date) -> ShownPath:
    """One title in full."""
    made, steps = standing.designation, standing.steps
    title = _shown(session, cipher, made, standing.last, place=place_by_id(session, made.place_id))
    names = store.users(session, {step.user_id for step in steps if step.user_id is not None})
    notice_ids = sorted({step.notice_id for step in steps if step.notice_id is not None})
    notices = notice_standings(session, notice_ids, on=on)
    certificates = store.certificate_numbers(session, [step.designation_step_id for step in steps])
    shown = []
    for step in steps:
        rule = rule_version(session, step.rule_version_id)
        shown.append(
            ShownStep(
                step=step,
                by=NIGHT if step.user_id is None else names[step.user_id],
                profile=f"{rule.code}@{rule.effective_from}",
                notice_number=None if step.notice_id is None else notices[step.notice_id].notice.number,
                certificate_number=certificates.get(step.designation_step_id),
            )
        )
    return ShownPath(title, shown, _next(session, standing, on=on))


def paths_of_subjects(
    session: Session, cipher: Cipher, subject_ids: Sequence[int], *, on: date
) -> list[ShownPath]:
    """Every title some subjects have had or were proposed for, the oldest first."""
    numbers = store.numbers_of_subjects(session, subject_ids)
    return [shown_path(session, cipher, one, on=on) for one in standings(session, numbers)]


def record_views(session: Session, titles: Sequence[Designation], *, viewer: Viewer, at: datetime) -> None:
    """Write down that an official has seen these titles of persons and entities (art. 22)."""
    subjects = sorted({each.subject_id for each in titles if each.subject_id is not None})
    record_looks(session, [(subject_id, None) for subject_id in subjects], viewer=viewer, at=at)


def told_by_refusal(
    session: Session, subject_id: int | None, *, viewer: Viewer
) -> list[tuple[int, int | None]]:
    """Of whom the refusal of a proposal tells: a subject of the viewer's division, if one is named."""
    if subject_id is None:
        return []
    home = homes(session, [subject_id]).get(subject_id)
    inside = home is not None and may_see(viewer, place_by_id(session, home[1]).code)
    return [(subject_id, None)] if inside else []


def told_by_refusals(session: Session, refusals: Sequence[Refusal]) -> list[tuple[int, int | None]]:
    """Of whom refusals of a step tell what stands against it; that a title has changed tells nothing."""
    numbers = [one.designation_id for one in refusals if isinstance(one.error, Conflict | Invalid)]
    return subjects_of(session, numbers)


def subjects_of(session: Session, designation_ids: Collection[int]) -> list[tuple[int, int | None]]:
    """Whose titles these are; a village or a town is nobody."""
    titles = store.designations(session, designation_ids)
    return [(one.subject_id, None) for one in titles if one.subject_id is not None]


def record_views_of_steps(session: Session, step_ids: Sequence[int], *, viewer: Viewer, at: datetime) -> None:
    """The same of the titles these steps gave."""
    record_views(session, store.designations_of_steps(session, step_ids), viewer=viewer, at=at)


def _next(session: Session, standing: Standing, *, on: date) -> list[DesignationAction]:
    if standing.state.ends:
        return []
    return actions_after(standing.state, transitions(rules_for(session, standing, on=on).path))
