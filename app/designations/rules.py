"""What a title asks for and how it is given and kept, as the profile in force says."""

from dataclasses import dataclass

from app.designations.path import Level, PathRules
from app.models import DesignationKind, RuleVersion
from app.rules.kept import kept_profile
from scoring.definition import Criterion, ProfileDefinition, Rung
from scoring.measured import RUNG_LENGTH_MAX
from scoring.procedure import AppraisalRules, Keeping, Path

_VILLAGES = "credit_village"
VILLAGES_SHARE, VILLAGES_COUNT = "designated_village_share", "designated_village_count"
_LADDERED = (DesignationKind.CREDIT_VILLAGE, DesignationKind.CREDIT_TOWN)
_LEVELS = {level.value: level for level in Level}
_KINDS = {kind.value: kind for kind in DesignationKind}


@dataclass(frozen=True)
class TitleRules:
    """The profile of one kind of title in force on a day, and the kept version it is."""

    kind: DesignationKind
    rule_version_id: int
    profile: ProfileDefinition
    path: PathRules
    keeping: Keeping
    appraisal: AppraisalRules | None

    @property
    def villages_first(self) -> tuple[Criterion, ...]:
        """What a town needs first of villages that bear the title (REQ-213): a share of them, or a number."""
        asked = (gate for gate in self.profile.criteria if gate.title == _VILLAGES and not gate.reference)
        return tuple(gate for gate in asked if gate.measure in (VILLAGES_SHARE, VILLAGES_COUNT))

    def asks_for(self, measure: str) -> bool:
        """Whether a gate of the profile is on a measure."""
        return any(gate.measure == measure for gate in self.profile.criteria)

    @property
    def rungs(self) -> tuple[Rung, ...]:
        """The rungs of the title, the lowest first; none where the profile has no ladder.

        A title of a subject has none: there the lowest rung is one more gate. So is it of a version from
        before rungs were titles, whose names are too long to be kept.
        """
        ladder = self.profile.ladder
        if ladder is None or self.kind not in _LADDERED:
            return ()
        return ladder.rungs if all(1 <= len(rung.name) <= RUNG_LENGTH_MAX for rung in ladder.rungs) else ()

    @property
    def asks_appraisal(self) -> bool:
        """Whether the village must have appraised whoever is to hold the title."""
        return self.appraisal is not None or bool(self.profile.appraised_by)

    def rung(self, name: str) -> Rung | None:
        """What a title of this rung is judged by: of one the ladder does not know, the lowest."""
        return next((each for each in self.rungs if each.name == name), next(iter(self.rungs), None))

    def title(self, rung: str) -> str:
        """What a title is called: by its rung, or by its kind where it has none."""
        named = [each.label.zh for each in self.rungs if each.name == rung]
        return named[0] if named else self.kind.label


def title_rules(rule: RuleVersion) -> TitleRules | None:
    """The rules of one kept profile of a kind of title; none where it only judges and gives no title.

    `SetupError` for a version nobody can go by (see `kept_profile`).
    """
    profile = kept_profile(rule)
    if profile.path is None or profile.keeping is None:
        return None
    kind = _KINDS[rule.kind]
    path = _path(kind, profile.path)
    return TitleRules(kind, rule.rule_version_id, profile, path, profile.keeping, profile.appraisal)


def _path(kind: DesignationKind, path: Path) -> PathRules:
    month, _, day = path.campaign_until.partition("-")
    return PathRules(
        kind=kind,
        by_night="night" in path.proposed_by,
        by_application="application" in path.proposed_by,
        checks=tuple(_LEVELS[level] for level in path.checks),
        notice_days=path.notice_days,
        decided_by=_LEVELS[path.decided_by],
        validity_months=path.validity_months,
        review_before_days=path.review_before_days,
        decide_within_days=path.days_to_decide,
        campaign_until=(int(month), int(day)) if path.campaign_until else None,
    )
