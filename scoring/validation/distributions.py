"""The exact interval of a share and the tail of chi-square, from the functions of the standard library."""

import math
from statistics import NormalDist

_TINY = 1e-300
_CLOSE = 4e-15
_NEAR = 1e-12


def share_interval(count: int, total: int, *, confidence: float) -> tuple[float, float]:
    """Where the true share lies, after Clopper & Pearson 1934: exact, it never promises too much.

    Nothing observed leaves everything possible: 0 to 1.
    """
    tail = (1 - confidence) / 2
    low = beta_quantile(tail, count, total - count + 1) if count else 0.0
    high = beta_quantile(1 - tail, count + 1, total - count) if count < total else 1.0
    return low, high


def beta_quantile(probability: float, a: float, b: float) -> float:
    """The value below which a beta distribution has this probability, by Newton's steps in a bracket."""
    low, high, x = 0.0, 1.0, a / (a + b)
    while high - low > _NEAR * high:
        excess = beta_probability(x, a, b) - probability
        low, high = (low, x) if excess > 0 else (x, high)
        slope = math.exp((a - 1) * math.log(x) + (b - 1) * math.log1p(-x) - _log_beta(a, b))
        near = x - excess / slope if slope > _TINY else math.nan
        if abs(near - x) <= _NEAR * x:
            break
        x = near if low < near < high else (low + high) / 2
    return x


def beta_probability(x: float, a: float, b: float) -> float:
    """The probability of a beta distribution below `x` (regularised incomplete beta function)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(a * math.log(x) + b * math.log1p(-x) - _log_beta(a, b))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(x, a, b) / a
    return 1 - front * _beta_fraction(1 - x, b, a) / b


def chi_square_tail(statistic: float, freedom: int) -> float:
    """The chance of so large a chi-square or a larger one, where the model holds.

    For an even number of degrees of freedom a finite sum of Poisson terms, for an odd one begun by erfc.
    """
    half = statistic / 2
    if half <= 0:
        return 1.0
    if freedom % 2:
        tail, shape = math.erfc(math.sqrt(half)), 0.5
    else:
        tail, shape = math.exp(-half), 1.0
    while shape < freedom / 2:
        tail += math.exp(shape * math.log(half) - half - math.lgamma(shape + 1))
        shape += 1
    return min(1.0, tail)


def normal_quantile(probability: float) -> float:
    """The value below which a standard normal variable stays with this probability."""
    return NormalDist().inv_cdf(probability)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _beta_fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, evaluated after Lentz."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    result, change, m = d, 0.0, 1
    while abs(change - 1) > _CLOSE:
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        change = 1.0
        for term in (even, odd):
            d, c = 1 / _not_zero(1 + term * d), _not_zero(1 + term / c)
            change *= d * c
        result *= change
        m += 1
    return result


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
