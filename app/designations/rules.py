"""What a title asks for and how it is given and kept, as the profile in force says."""

from dataclasses import dataclass
from functools import lru_cache

from app.designations.path import KeepingRules, Level, PathRules
from app.errors import SetupError
from app.models import DesignationKind, RuleVersion
from scoring import Profile
from scoring.definition import ProfileDefinition
from scoring.procedure import AppraisalRules, Path


@dataclass(frozen=True)
class TitleRules:
    """The profile of one kind of title in force on a day, and the kept version it is."""

    kind: DesignationKind
    rule_version_id: int
    profile: ProfileDefinition
    path: PathRules
    keeping: KeepingRules
    appraisal: AppraisalRules | None

    @property
    def villages_share(self) -> float | None:
        """The share of designated villages a town needs first (REQ-213), where the profile asks for one."""
        gates = {item.measure: item.threshold for item in self.profile.criteria}
        return gates.get("credit_village_share")


def title_rules(rule: RuleVersion) -> TitleRules:
    """The rules of one kept profile of a kind of title."""
    return _parsed(rule.rule_version_id, rule.kind, rule.content)


@lru_cache(maxsize=64)
def _parsed(rule_version_id: int, kind: str, content: str) -> TitleRules:
    profile = Profile.parse(content).definition
    if profile.path is None or profile.keeping is None:
        raise SetupError(
            f"标准 {profile.code} 未写明创建流程 · the profile {profile.code} of {profile.effective_from} does "
            "not say how the title is given (path) and kept (keeping): add them in a newer version"
        )
    keeping = KeepingRules(profile.keeping.month_ends, profile.keeping.grace_days)
    named = DesignationKind(kind)
    return TitleRules(
        named, rule_version_id, profile, _path(named, profile.path), keeping, profile.appraisal
    )


def _path(kind: DesignationKind, path: Path) -> PathRules:
    month, _, day = path.campaign_until.partition("-")
    return PathRules(
        kind=kind,
        by_night="night" in path.proposed_by,
        by_application="application" in path.proposed_by,
        checks=tuple(Level(level) for level in path.checks),
        notice_days=path.notice_days,
        decided_by=Level(path.decided_by),
        validity_months=path.validity_months,
        review_before_days=path.review_before_days,
        campaign_until=(int(month), int(day)) if path.campaign_until else None,
    )
