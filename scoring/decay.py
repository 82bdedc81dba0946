"""A penalty for a default that fades with the time since it was cured (Hunan worksheet, rows 8 and 8b)."""

import numpy as np
from numpy.typing import NDArray


def default_penalty(
    item: NDArray[np.float64],
    days: NDArray[np.float64],
    *,
    cured_days: NDArray[np.float64],
    measure: NDArray[np.float64],
    parameters: dict[str, tuple[float, ...]],
) -> NDArray[np.float64]:
    """Points taken off, as a number from 0 up; NaN where a part of the default is unknown.

    `item` and `measure` are codes counted from 1, `days` is how long the default lasted, `cured_days` how
    long ago it ended (negative: not ended). A limit belongs to the step it ends.
    """
    known = ~(np.isnan(item) | np.isnan(days) | np.isnan(cured_days) | np.isnan(measure))
    result = np.full(item.shape, np.nan)
    result[known] = (
        parameters["unit_points"][0]
        * _coded(item[known], parameters["item_factors"])
        * _stepped(days[known], parameters["days_limits"], parameters["days_factors"])
        * _stepped(cured_days[known], parameters["cured_limits"], parameters["cured_factors"])
        * _coded(measure[known], parameters["measure_factors"])
    )
    return result


def _coded(codes: NDArray[np.float64], factors: tuple[float, ...]) -> NDArray[np.float64]:
    position = np.clip(codes, 1, len(factors)).astype(np.int64) - 1
    return np.asarray(factors)[position]


def _stepped(
    values: NDArray[np.float64], limits: tuple[float, ...], factors: tuple[float, ...]
) -> NDArray[np.float64]:
    return np.asarray(factors)[np.searchsorted(np.asarray(limits), values, side="left")]
