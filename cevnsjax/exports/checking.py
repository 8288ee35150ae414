"""Every export is compared with the engine before it is written: at random values within the bounds.

Half of the points are spread evenly over the bounds, half lie about the start at distances of all sizes, 1 to 1e-6 of
the way to such a point, where the data are.
"""

import dataclasses
from collections.abc import Callable

import numpy as np

from .._base.errors import InputError
from .._base.typing import Array, Float
from .target import Target

POINTS = 64
"""Points at which an export is compared."""
TOLERANCE = 1e-12
"""Relative difference of χ², and of expected numbers from the largest of their measurement, up to which two programs
that compute the same in double precision may differ."""
NEAREST = 6.0
"""Powers of ten between the farthest and the nearest points about the start."""
SEED = 20261203

Numbers = Float[Array, "point ..."]
Exported = Callable[[Float[np.ndarray, "point parameter"]], tuple[Numbers, ...]]
"""χ² and the expected numbers of each measurement at many points, as `Target.evaluate_rows`."""


@dataclasses.dataclass(frozen=True)
class Check:
    """How an export compared with the engine."""

    points: int
    difference: float
    """The largest relative difference."""
    tolerance: float


def random_points(target: Target, count: int, seed: int = SEED) -> Float[np.ndarray, "point parameter"]:
    """Return values of the parameters within their bounds; the same seed gives the same."""
    random, start = np.random.default_rng(seed), target.start
    low, high = np.asarray(target.problem.lower, float), np.asarray(target.problem.upper, float)
    points = low + (high - low) * random.random((count, len(start)))
    near = np.arange(count) % 2 == 1
    shares = 10.0 ** (-NEAREST * random.random((count, 1)))
    return np.where(near[:, None], start + shares * (points - start), points)


def largest_difference(ours: Numbers, theirs: Numbers) -> float:
    """Return the largest difference at a point, relative to the largest of our numbers there.

    Where ours are not finite theirs must be the same; else the difference is infinite.
    """
    first, second = (np.asarray(each, float).reshape(len(each), -1) for each in (ours, theirs))
    finite = np.isfinite(first)
    if first.shape != second.shape or not np.array_equal(first[~finite], second[~finite], equal_nan=True):
        return float("inf")
    scale = np.where(finite, np.abs(first), 0.0).max(axis=1, initial=0.0, keepdims=True)
    distance = np.abs(np.where(finite, first, 0.0) - np.where(finite, second, 0.0)) / np.where(scale > 0.0, scale, 1.0)
    return float(np.where(np.isnan(distance), np.inf, distance).max(initial=0.0))


def check(form: str, target: Target, exported: Exported, tolerance: float = TOLERANCE) -> Check:
    """Return how `exported` compares with the engine; raise InputError where it differs by more than `tolerance`."""
    rows = random_points(target, POINTS)
    pairs = list(zip(target.evaluate_rows(rows), exported(rows), strict=True))
    differences = [largest_difference(*pair) for pair in pairs]
    worst = int(np.argmax(differences))
    if not differences[worst] <= tolerance:
        what = "chi2" if worst == 0 else f"the counts of {target.measurements[worst - 1].name}"
        raise InputError(
            f"{form}: expected {what} as the engine has them, to {tolerance:g}, found a difference of "
            f"{differences[worst]:.1e} at random points: nothing was written"
        )
    return Check(len(rows), max(differences), tolerance)
