"""Where Δχ² crosses a level: lines on a grid of two parameters, pieces of a single axis.

Between the points of a grid, log(1 + Δχ²/level) is linear along the lines that join neighbours, in the value of a
parameter or in its logarithm, whichever the grid is even in: exact for a Δχ² that grows as a power of the parameter far
above the level. The grid is first made finer by cubic splines of the same quantity where all of it is finite.
"""

import dataclasses
import math
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline, RectBivariateSpline

from ..._base.errors import InputError
from .axes import Axis

FINER = 10
"""How many times finer the grid is made before contours are drawn, at most."""
NEAR = 0.02
"""Share of a step within which a point is no news beside a point of the grid."""
MOST_POINTS = 1000
"""Values of an axis beyond which it is made no finer."""


@dataclasses.dataclass(frozen=True)
class Contour:
    """A line of Δχ² = level."""

    points: np.ndarray
    """Points of the line, an array (point, 2)."""
    closed: bool
    """Whether it returns to its first point; an open line ends at edges of the grid, or of what is allowed."""


@dataclasses.dataclass(frozen=True)
class Region:
    """A piece of a parameter's values with Δχ² below the level."""

    low: float
    high: float
    open_below: bool
    """Whether it goes on below the grid: `low` is the edge of the grid then."""
    open_above: bool


def _scaled(axis: Axis) -> np.ndarray:
    return np.log(axis.values) if axis.log else axis.values


def unscaled(axis: Axis, x: np.ndarray) -> np.ndarray:
    """Return values of the axis, at its ends exactly those."""
    ends = _scaled(axis)[[0, -1]]
    values = np.exp(x) if axis.log else x
    return np.where(x == ends[0], axis.values[0], np.where(x == ends[1], axis.values[-1], values))


def interpolated(delta: float | np.ndarray, level: float) -> Any:
    """Return what is interpolated of Δχ² = `delta` for a level: a logarithm, zero at the level."""
    return np.log1p(delta / level) - math.log(2.0)


def _height(delta: np.ndarray, level: float) -> np.ndarray:
    """Return what is interpolated: zero at the level, negative below."""
    if not level > 0.0:
        raise InputError(f"expected a level above 0, found {level:g}")
    finite = np.isfinite(delta)
    safe = np.maximum(np.where(finite, delta, 0.0), -0.5 * level)
    return np.where(finite, interpolated(safe, level), np.nan)


def _finer(x: np.ndarray) -> np.ndarray:
    """Return `x` with points between, itself where it is fine enough."""
    factor = min(FINER, MOST_POINTS // len(x))
    if factor < 2:
        return x
    steps = np.arange(factor) / factor
    return np.append((x[:-1, None] + np.diff(x)[:, None] * steps).ravel(), x[-1])


def finer_grid(axes: tuple[Axis, Axis], delta: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return both axes, scaled, and on them what is interpolated: below the level it is negative.

    Points at which `delta` is not finite are not a number.
    """
    x, y = (_scaled(axis) for axis in axes)
    height = _height(delta, level)
    if np.all(np.isfinite(height)) and min(height.shape) >= 4:
        fine_x, fine_y = _finer(x), _finer(y)
        return fine_x, fine_y, RectBivariateSpline(x, y, height, kx=3, ky=3, s=0)(fine_x, fine_y)
    return x, y, height


def contours(axes: tuple[Axis, Axis], delta: np.ndarray, level: float) -> list[Contour]:
    """Return the lines on which `delta`, an array (first, second), is `level`, the longest first.

    Points at which it is not finite are outside: lines end beside them.
    """
    return surface(axes, delta, level)[1]


def surface(
    axes: tuple[Axis, Axis], delta: np.ndarray, level: float
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], list[Contour]]:
    """Return both axes made finer with what is interpolated on them, and the lines on which it is zero: `contours`."""
    from contourpy import contour_generator

    x, y, height = finer_grid(axes, delta, level)
    lines = []
    for line in contour_generator(x=x, y=y, z=np.ma.masked_invalid(height.T)).lines(0.0):
        points = np.asarray(line, float)
        closed = len(points) > 2 and bool(np.all(points[0] == points[-1]))
        points = np.stack([unscaled(axis, points[:, column]) for column, axis in enumerate(axes)], axis=1)
        lines.append(Contour(points, closed))
    grid = unscaled(axes[0], x), unscaled(axes[1], y), height
    return grid, sorted(lines, key=lambda contour: -len(contour.points))


def with_point(axis: Axis, delta: np.ndarray, value: float, height: float) -> tuple[Axis, np.ndarray]:
    """Return an axis and `delta` on it with a further point that is known, if it is between others and not too near."""
    place = int(np.searchsorted(axis.values, value))
    around = axis.values[max(place - 1, 0) : place + 1]
    if place in (0, len(axis.values)) or np.min(np.abs(around - value)) < NEAR * np.ptp(around):
        return axis, delta
    values = np.insert(axis.values, place, value)
    return Axis(axis.name, values, axis.log), np.insert(delta, place, height)


def pieces(axis: Axis, delta: np.ndarray, level: float) -> list[Region]:
    """Return where `delta` is below `level`, in increasing order; points at which it is not finite are outside."""
    x, height = _scaled(axis), _height(delta, level)
    if np.all(np.isfinite(height)) and len(x) >= 4:
        fine = _finer(x)
        height, x = CubicSpline(x, height)(fine), fine
    inside = np.where(np.isfinite(height), height, np.inf) <= 0.0
    regions, start, open_below = [], None, False
    for k, here in enumerate(inside):
        if here and start is None:
            start, open_below = (x[0], True) if k == 0 else (_crossing(x, height, k - 1), False)
        if start is not None and (not here or k == len(x) - 1):
            end = x[-1] if here else _crossing(x, height, k - 1)
            low, high = unscaled(axis, np.array([start, end])).tolist()
            regions.append(Region(low, high, open_below, bool(here)))
            start = None
    return regions


def _crossing(x: np.ndarray, height: np.ndarray, k: int) -> float:
    """Return where the height is zero between points k and k + 1; where either is not finite, the other point."""
    first, second = height[k], height[k + 1]
    if not (np.isfinite(first) and np.isfinite(second)):
        return float(x[k] if np.isfinite(first) else x[k + 1])
    return float(x[k] + (x[k + 1] - x[k]) * first / (first - second))
