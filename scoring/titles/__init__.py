"""What becomes of a title: whether it is kept, the shortest way to it, and what new criteria would change."""

from scoring.titles.keeping import BREACHED, BREACHED_ONCE, GRACE_OVER, KEPT, Standing, standing

__all__ = [
    "BREACHED",
    "BREACHED_ONCE",
    "GRACE_OVER",
    "KEPT",
    "Standing",
    "standing",
]
