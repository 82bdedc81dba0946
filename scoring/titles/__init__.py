"""What becomes of a title: whether it is kept, the shortest way to it, and what new criteria would change."""

from scoring.titles.asked import NOT_BY_WORK, OUT_OF_REACH, UNKNOWN, Must
from scoring.titles.cures import Arrears
from scoring.titles.keeping import BREACHED, BREACHED_ONCE, GRACE_OVER, KEPT, Standing, standing
from scoring.titles.reform import Reform, reformed
from scoring.titles.town_way import TownWay, Unit, UnitWork, shortest_town_way
from scoring.titles.way import Near, Village, Way, shortest_way

__all__ = [
    "BREACHED",
    "BREACHED_ONCE",
    "GRACE_OVER",
    "KEPT",
    "NOT_BY_WORK",
    "OUT_OF_REACH",
    "UNKNOWN",
    "Arrears",
    "Must",
    "Near",
    "Reform",
    "Standing",
    "TownWay",
    "Unit",
    "UnitWork",
    "Village",
    "Way",
    "reformed",
    "shortest_town_way",
    "shortest_way",
    "standing",
]
