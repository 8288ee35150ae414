"""Where minimisations start: points spread over the bounds."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..._base.typing import Float
from .search import Search

STARTS = 32
"""Starting points of a global fit: the given start, the rest spread over the bounds of the free parameters."""

WIDE = 1e3
"""Ratio of positive bounds from which on starts are spread in the logarithm."""

CLOSEST = 1e-8
"""Share of the range, from a bound of 0, down to which starts are spread."""


def even_points(count: int, dimension: int) -> Float[np.ndarray, "count dimension"]:
    """Return points spread evenly over the unit cube: the additive recurrence of the generalised golden ratio.

    Point k is frac(1/2 + k α), α_d = φ^-d with φ^(dimension+1) = φ + 1 (M. Roberts 2018, "The unreasonable
    effectiveness of quasirandom sequences").
    """
    phi = 2.0
    for _ in range(60):
        phi = (1.0 + phi) ** (1.0 / (dimension + 1))
    return (0.5 + np.outer(np.arange(1, count + 1), phi ** -np.arange(1.0, dimension + 1))) % 1.0


def spread_starts(
    solver: Search, start: Float[np.ndarray, " coordinate"], spread: np.ndarray, count: int
) -> Float[np.ndarray, "start coordinate"]:
    """Return `start` and ``count - 1`` more with the coordinates marked in `spread` spread over their bounds.

    Masses and couplings are spread in their logarithm: where the lower bound is positive and far below the upper,
    and, in every second start, where it is 0.
    """
    dimension = int(spread.sum())
    starts = np.repeat(start[None, :], count if dimension else 1, axis=0)
    if dimension:
        low, high = solver.lower[spread], solver.upper[spread]
        shares = even_points(count - 1, dimension)
        starts[1:, spread] = low + (high - low) * shares
        wide = low > 0
        wide[wide] = high[wide] / low[wide] > WIDE
        starts[1:, np.flatnonzero(spread)[wide]] = low[wide] * (high[wide] / low[wide]) ** shares[:, wide]
        from_zero = low == 0
        starts[1::2, np.flatnonzero(spread)[from_zero]] = high[from_zero] * CLOSEST ** shares[::2, from_zero]
    return starts


def approach(
    minimised: Callable[[np.ndarray, np.ndarray], Any], starts: Float[np.ndarray, "start coordinate"], free: np.ndarray
) -> Float[np.ndarray, "start coordinate"]:
    """Return where the `starts` end if only the coordinates marked in `free` move, all others held.

    `minimised` returns what is reached from starts with the coordinates held that it is told.

    From a start far away, with the nuisances free at once, a minimiser takes the strength of the signal to zero and is
    left in a long curved valley where a large cross section makes up for it.
    """
    if free.all() or not free.any():
        return starts
    minima = minimised(starts, ~free)
    return np.where(np.isfinite(minima.value)[:, None], minima.u, starts)
