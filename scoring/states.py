"""What a gate can come to, and what several come to together."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

HOLDS, FAILS, INSUFFICIENT, NOT_APPLICABLE = 0, 1, 2, 3


def joined(states: Sequence[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """The whole of several states by place: one that fails outweighs one that is unknown."""
    overall = np.full(len(states[0]), NOT_APPLICABLE, dtype=np.uint8)
    for state in (HOLDS, INSUFFICIENT, FAILS):
        overall[(np.stack(states) == state).any(axis=0)] = state
    return overall
