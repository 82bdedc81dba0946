"""What expert and outcomes make likeliest together is what a general optimiser finds too."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from scoring.fitting.posterior import Belief, likeliest


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), precision=st.floats(0.05, 50))
def test_no_other_log_odds_within_the_declared_direction_are_likelier(seed: int, precision: float):
    draw = np.random.default_rng(seed)
    codes = np.column_stack([draw.integers(0, 3, 120), 3 + draw.integers(0, 2, 120)])
    good = (draw.random(120) < np.where(codes[:, 0] == 1, 0.8, 0.4)).astype(float)
    increments = np.eye(5)
    increments[:3, :3] = np.tril(np.ones((3, 3)))
    rising = np.array([False, True, True, False, False])
    belief = Belief(np.array([-1.0, 0, 1, -0.5, 0.5]), precision, increments, rising)
    found, intercept = likeliest(codes, belief, good=good, bad=1 - good)

    def objective(at: np.ndarray) -> float:
        value = increments @ at[:5]
        log_odds = value[codes].sum(axis=1) + at[5]
        loss = np.logaddexp(0, np.where(good > 0, -log_odds, log_odds)).sum()
        return float(loss + precision / 2 * ((value - belief.mean) ** 2).sum())

    bounds = [(0 if held else None, None) for held in [*rising, False]]
    start = np.concatenate([np.linalg.solve(increments, belief.mean), [0.0]])
    reference = minimize(objective, start, bounds=bounds, method="L-BFGS-B", options={"ftol": 1e-14})
    mine = np.concatenate([np.linalg.solve(increments, found), [intercept]])
    assert objective(mine) <= reference.fun + 1e-6
    assert (mine[:5][rising] >= -1e-9).all()
    assert found == pytest.approx(increments @ reference.x[:5], abs=0.01)
