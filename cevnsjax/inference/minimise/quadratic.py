"""Minimise a function of few parameters without derivatives, from many starts at once.

Which to use when: this function where values come cheaply in batches and derivatives would have to be compiled, as for
χ² profiled over strengths. A quadratic is fitted to 3^d points around each start; its Newton step, with the moduli of
the curvatures, is tried at several lengths; the lowest of all points counts.
"""

import itertools
from collections.abc import Callable

import numpy as np

from ..._base.typing import Bool, Float

LENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0)
"""Parts of the Newton step that are tried."""
STEPS = 60
FLAT = 1e-3
"""Spread of the values around a point below which they are not spread less: differences must stay above rounding."""
DECREASE = 1e-8
"""Decrease below which a minimum is reached, where the values around it are within `NEAR`."""
NEAR = 0.1
SLOW, HOPE = 1e-6, 20.0
"""Where the lowest is a minimum, others are not waited for that fall by less than `SLOW`, or are `HOPE` falls above."""
MOST_PARAMETERS = 3


def minimise_quadratic(
    function: Callable[[Float[np.ndarray, "point parameter"]], Float[np.ndarray, " point"]],
    start: Float[np.ndarray, "start parameter"],
    spacing: Float[np.ndarray, "start parameter"],
    low: Float[np.ndarray, " parameter"],
    high: Float[np.ndarray, " parameter"],
) -> tuple[Float[np.ndarray, "start parameter"], Float[np.ndarray, " start"], Bool[np.ndarray, " start"]]:
    """Return the lowest point reached from each start between `low` and `high`, its value, and whether it is a minimum.

    `spacing` is the distance of the first points around a start. `function` may return infinity.
    """
    count, dimension = start.shape
    offsets = np.array(list(itertools.product((-1.0, 0.0, 1.0), repeat=dimension)))
    pairs = list(itertools.combinations_with_replacement(range(dimension), 2))
    terms = [np.ones(len(offsets)), *offsets.T, *(offsets[:, i] * offsets[:, j] for i, j in pairs)]
    fitted = np.linalg.pinv(np.stack(terms, axis=1))

    def values(points: np.ndarray) -> np.ndarray:
        result = function(points.reshape(-1, dimension)).reshape(points.shape[:-1])
        return np.where(np.isfinite(result), result, np.inf)

    x, step = np.clip(start, low, high), np.minimum(spacing, 0.5 * (high - low))
    value, done = values(x), np.zeros(count, bool)
    for _ in range(STEPS):
        centre = np.clip(x, low + step, high - step)
        around = centre[:, None, :] + offsets * step[:, None, :]
        heights = values(around)
        safe = np.where(np.isfinite(heights), heights, np.nan_to_num(value, posinf=0.0)[:, None] + 1e6)
        coefficients = (safe - safe.min(axis=1, keepdims=True)) @ fitted.T
        slope = coefficients[:, 1 : 1 + dimension]
        hessian = np.zeros((count, dimension, dimension))
        for column, (i, j) in enumerate(pairs, start=1 + dimension):
            hessian[:, i, j] += coefficients[:, column]
            hessian[:, j, i] += coefficients[:, column]
        curvature, turn = np.linalg.eigh(hessian)
        size = np.abs(curvature)
        size = np.maximum(size, 1e-4 * size.max(axis=1, keepdims=True) + 1e-14)
        newton = -np.einsum("kij,kj->ki", turn, np.einsum("kji,kj->ki", turn, slope) / size)
        tried = centre[:, None, :] + np.array(LENGTHS)[:, None] * (newton * step)[:, None, :]
        tried = np.clip(tried, low, high)
        points = np.concatenate([x[:, None, :], around, tried], axis=1)
        candidate_values = np.concatenate([value[:, None], heights, values(tried)], axis=1)
        best = np.argmin(candidate_values, axis=1)
        rows = np.arange(count)
        spread = safe.max(axis=1) - safe.min(axis=1)
        decrease = np.where(np.isfinite(value), value, 1e300) - candidate_values[rows, best]
        far = np.abs(points[rows, best] - x).max(axis=1, initial=0.0, where=step > 0.0) > 0.0
        outside = np.any(np.abs(points[rows, best] - centre) > 1.5 * step, axis=1)
        x, value = points[rows, best], candidate_values[rows, best]
        done = (decrease < DECREASE) & (spread < NEAR) & np.isfinite(value)
        lowest = int(np.argmin(value))
        hopeless = (decrease < SLOW) | (value - value[lowest] > HOPE * decrease)
        if np.all(done | (hopeless & done[lowest])):
            break
        shrink = ~outside & (spread > FLAT)
        factor = np.where(outside, 2.0, np.where(shrink, 0.4, np.where(far, 1.0, 2.0)))
        step = np.minimum(step * factor[:, None], 0.5 * (high - low))
    return x, value, done
