"""How far a coordinate moves until χ² has risen by 1."""

from collections.abc import Callable

import numpy as np

from ..._base.typing import Float


def conditional_width(
    chi2: Callable[[Float[np.ndarray, " coordinate"]], float],
    u: Float[np.ndarray, " coordinate"],
    k: int,
    low: float,
    high: float,
) -> float:
    """Return the smallest step of coordinate k, to either side, that raises χ² by 1; infinite if none does."""
    best = chi2(u)

    def rises(step: float) -> bool:
        for sign in (-1.0, 1.0):
            moved = u.copy()
            moved[k] = u[k] + sign * step
            if low <= moved[k] <= high and not chi2(moved) < best + 1.0:
                return True
        return False

    room = max(high - u[k], u[k] - low)
    if not rises(room):
        return np.inf
    inner, outer = np.log(1e-12 * (high - low)), np.log(room)
    while outer - inner > 0.1:
        middle = 0.5 * (inner + outer)
        inner, outer = (inner, middle) if rises(float(np.exp(middle))) else (middle, outer)
    return float(np.exp(outer))
