"""Fractions and quantiles of toy experiments, with the errors that their number leaves."""

import math

import numpy as np
from scipy.special import betaincinv

from ..._base.typing import Float

ONE_SIGMA = 0.6826894921370859
SAME = 1e-6
"""Difference of two test statistics that is rounding of their minima: such values count as equal."""


def fraction(passed: int, count: int, cl: float = ONE_SIGMA) -> tuple[float, float, float]:
    """Return the fraction of `count` that `passed`, with the lower and upper end of its Clopper-Pearson interval.

    C. J. Clopper and E. S. Pearson, Biometrika 26, 404 (1934): it covers with at least `cl`, whatever the truth.
    The fraction of none at all is not a number.
    """
    if not count:
        return math.nan, 0.0, 1.0
    tail = 0.5 * (1.0 - cl)
    low = 0.0 if passed == 0 else float(betaincinv(passed, count - passed + 1, tail))
    high = 1.0 if passed == count else float(betaincinv(passed + 1, count - passed, 1.0 - tail))
    return passed / count, low, high


def at_least(statistics: Float[np.ndarray, " toy"], observed: float) -> int:
    """Return how many of the toys' `statistics` are as large as `observed`."""
    return int(np.sum(statistics >= observed - SAME))


def critical_value(statistics: Float[np.ndarray, " toy"], cl: float) -> tuple[float, float]:
    """Return the smallest value that a share `cl` of the toys' `statistics` does not exceed, and its error.

    The error is half of the distance between the order statistics a standard deviation of the binomial distribution
    above and below.
    """
    ordered, count = np.sort(statistics), len(statistics)
    if not count:
        return math.nan, math.nan
    width = math.sqrt(count * cl * (1.0 - cl))
    place = math.ceil(cl * count) - 1
    low, high = (min(max(round(place + sign * width), 0), count - 1) for sign in (-1.0, 1.0))
    return float(ordered[place]), 0.5 * float(ordered[high] - ordered[low])
