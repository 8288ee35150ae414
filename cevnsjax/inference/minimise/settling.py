"""Whether a point is a minimum between bounds, by exact derivatives: the same question to every minimiser."""

import numpy as np

from ..._base.typing import Float

EARLY = 1e-5
"""Predicted decrease of χ² up to which a minimiser without exact curvature may stop."""
DOWNWARD = 1e-6
"""Negative curvature, relative to the diagonal of the Hessian, that is rounding."""


def settle(
    u: Float[np.ndarray, " coordinate"],
    gradient: Float[np.ndarray, " coordinate"],
    hessian: Float[np.ndarray, "coordinate coordinate"],
    frozen: np.ndarray,
    box: tuple[np.ndarray, np.ndarray],
    tolerance: float,
) -> tuple[Float[np.ndarray, " coordinate"], bool]:
    """Return `u`, moved onto the bounds that it only just does not reach, and whether it is a minimum there.

    A coordinate that pushes against a bound is put there if χ² gains less than `tolerance` by it. It is a minimum if
    the quadratic model of χ² in the other coordinates that are not `frozen` bends upward and falls by less than
    `tolerance` from here.
    """
    lower, upper = box
    if not (np.all(np.isfinite(gradient)) and np.all(np.isfinite(hessian))):
        return u, False
    bend = 0.5 * np.abs(np.diag(hessian))

    def only_just(distance: np.ndarray) -> np.ndarray:
        return (np.abs(gradient) * distance < tolerance) & (bend * distance**2 < tolerance)

    low = ~frozen & (gradient > 0) & only_just(u - lower)
    high = ~frozen & (gradient < 0) & only_just(upper - u)
    settled = np.where(low, lower, np.where(high, upper, u))
    moving = np.flatnonzero(~(frozen | low | high))
    if not len(moving):
        return settled, True
    slope, curvature = gradient[moving], hessian[np.ix_(moving, moving)]
    scale = np.sqrt(np.maximum(np.abs(np.diag(curvature)), 1e-6 / (upper - lower)[moving] ** 2))
    values, vectors = np.linalg.eigh(curvature / np.outer(scale, scale))
    along = vectors.T @ (slope / scale)
    decrease = 0.5 * np.sum(along**2 / np.maximum(np.abs(values), 1e-12))
    return settled, bool(values.min() > -DOWNWARD and decrease < tolerance)
