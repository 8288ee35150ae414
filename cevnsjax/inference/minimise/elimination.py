"""Solve many symmetric systems whose coordinates fall into groups that are coupled through few others."""

from collections.abc import Sequence

import numpy as np

from ..._base.typing import Float

FLOOR = 1e-12
"""Least modulus of a pivot, relative to the diagonal."""


def solve_symmetric(
    matrix: Float[np.ndarray, "point n n"],
    vector: Float[np.ndarray, "point n"],
    size: Float[np.ndarray, "point n"],
    groups: Sequence[np.ndarray] = (),
) -> tuple[Float[np.ndarray, "point n"], Float[np.ndarray, " point"]]:
    """Solve ``matrix @ x = vector`` at each point by L D Lᵀ; return x and the smallest pivot.

    Where a pivot is not positive its modulus is used (a modified Cholesky factorisation, so that a Newton step is a
    descent direction everywhere); the smallest pivot, relative to `size`, the moduli of the diagonal, shows whether
    that happened. The coordinates of each of the `groups` are coupled with no others but those that are in none: they
    are eliminated group by group, so that the cost is linear in their number.
    """
    count, n = vector.shape
    scale = np.sqrt(size)
    matrix, vector = matrix / (scale[:, :, None] * scale[:, None, :]), vector / scale
    solution, smallest = np.empty_like(vector), np.full(count, np.inf)
    border = np.setdiff1d(np.arange(n), np.concatenate(groups)) if len(groups) else np.arange(n)
    left, right = matrix[:, border[:, None], border], vector[:, border]
    eliminated = []
    for group in groups:
        whole = np.concatenate([group, border])
        own, pull = matrix[:, whole[:, None], whole], vector[:, whole]
        own[:, len(group) :, len(group) :], pull[:, len(group) :] = left, right
        lower, pivots, least = _eliminate(own, pull, len(group))
        smallest = np.minimum(smallest, least)
        left, right = own[:, len(group) :, len(group) :], pull[:, len(group) :]
        eliminated.append((lower, pivots, pull[:, : len(group)]))
    lower, pivots, least = _eliminate(left, right, len(border))
    smallest = np.minimum(smallest, least)
    at_border = _substitute(lower, pivots, right, np.empty((count, 0)))
    solution[:, border] = at_border
    for group, (lower, pivots, pull) in zip(groups, eliminated, strict=True):
        solution[:, group] = _substitute(lower, pivots, pull, at_border)
    return solution / scale, smallest


def _eliminate(
    matrix: Float[np.ndarray, "point n n"], vector: Float[np.ndarray, "point n"], count: int
) -> tuple[list[np.ndarray], list[np.ndarray], Float[np.ndarray, " point"]]:
    """Eliminate the first `count` coordinates, in place; return the columns of L, the moduli of D, the least of D."""
    lower, pivots, smallest = [], [], np.full(len(vector), np.inf)
    for i in range(count):
        pivot = matrix[:, i, i]
        smallest = np.minimum(smallest, pivot)
        modulus = np.maximum(np.abs(pivot), FLOOR)
        below = matrix[:, i + 1 :, i] / modulus[:, None]
        matrix[:, i + 1 :, i + 1 :] -= below[:, :, None] * matrix[:, i, None, i + 1 :]
        vector[:, i + 1 :] -= below * vector[:, i, None]
        lower.append(below)
        pivots.append(modulus)
    return lower, pivots, smallest


def _substitute(
    lower: Sequence[np.ndarray],
    pivots: Sequence[np.ndarray],
    vector: Float[np.ndarray, "point n"],
    beyond: Float[np.ndarray, "point m"],
) -> Float[np.ndarray, "point n"]:
    """Return the eliminated coordinates, those `beyond` them being known."""
    count, n = len(vector), len(lower)
    solution = np.empty((count, n + beyond.shape[1]))
    solution[:, n:] = beyond
    for i in reversed(range(n)):
        known = (lower[i] * solution[:, i + 1 :]).sum(axis=1)
        solution[:, i] = vector[:, i] / pivots[i] - known
    return solution[:, :n]
