"""The best fit refined from the lowest points of a grid."""

import dataclasses
import math
from collections.abc import Callable, Mapping

import numpy as np

from ..minimise.quadratic import MOST_PARAMETERS, minimise_quadratic
from .scan import ScanWork

REFINED = 16
"""Local minima of the grid from which the best fit is refined."""

LEAST = 1e-6
"""Least value of a parameter on a logarithmic axis where the best fit is refined, in parts of the first of the axis."""


@dataclasses.dataclass(frozen=True)
class Lowest:
    """The lowest χ²: at a point of the grid, and refined from there with the parameters of the grid free."""

    grid_chi2: float
    grid_values: dict[str, float]
    """Parameters of the axes at the lowest point."""
    chi2: float
    values: dict[str, float]
    """All coordinates at the refined minimum."""
    converged: bool


def local_minima(chi2: np.ndarray, most: int) -> np.ndarray:
    """Return the flat places of up to `most` points that no neighbour along an axis is below, lowest first."""
    lowest = np.isfinite(chi2)
    chi2 = np.where(lowest, chi2, np.inf)
    for axis in range(chi2.ndim):
        if chi2.shape[axis] > 1:
            first, last = [slice(None)] * chi2.ndim, [slice(None)] * chi2.ndim
            first[axis], last[axis] = slice(1, None), slice(None, -1)
            lowest[tuple(first)] &= chi2[tuple(first)] <= chi2[tuple(last)]
            lowest[tuple(last)] &= chi2[tuple(last)] <= chi2[tuple(first)]
    places = np.flatnonzero(lowest)
    flat = chi2.ravel()[places]
    if len(places) > most:
        kept = np.argpartition(flat, most - 1)[:most]
        places, flat = places[kept], flat[kept]
    return places[np.lexsort((places, flat))]


def _settled(work: ScanWork, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return coordinates and χ² of the minima reached from `starts`, all coordinates free, and whether they are minima.

    Where few parameters are on the axes, and nothing but nuisances beside them, the programs of the grid serve: those
    of all derivatives take longer to compile.
    """
    scanned, axes = np.isin(np.arange(starts.shape[1]), work.columns), work.grid.axes
    if len(axes) <= MOST_PARAMETERS and not work.problem.orders and not (work.free & ~scanned).any():
        columns, logs = work.columns, np.array([axis.log for axis in axes])
        low, high = (edge[columns] for edge in work.problem.box)
        least = np.array([LEAST * axis.values[0] if axis.log else -np.inf for axis in axes])
        low = np.maximum(low, least)
        spacing = np.array([np.ptp(np.log(axis.values) if axis.log else axis.values) for axis in axes])
        spacing = spacing / (np.array(work.grid.shape) - 1.0)

        def scaled(x: np.ndarray) -> np.ndarray:
            return np.where(logs, np.log(np.where(logs, x, 1.0)), x)

        known = scaled(starts[:, columns])

        def at(x: np.ndarray) -> np.ndarray:
            distance = (np.abs(x[:, None, :] - known) / spacing).sum(axis=-1)
            u = starts[np.argmin(distance, axis=1)]
            u[:, columns] = np.clip(np.where(logs, np.exp(np.where(logs, x, 0.0)), x), low, high)
            return u

        x, value, settled = minimise_quadratic(
            lambda x: work.lowest(at(x)).value, known, np.tile(spacing, (len(starts), 1)), scaled(low), scaled(high)
        )
        if settled[np.argmin(np.where(np.isfinite(value), value, np.inf))]:
            return work.lowest(at(x)).u, value, settled
    minima = work.solvers.whole(starts, np.zeros(starts.shape[1], bool))
    return minima.u, minima.value, minima.converged


def refine(
    work: ScanWork, chi2: np.ndarray, lookup: Callable[[tuple[np.ndarray, ...]], Mapping[str, np.ndarray]]
) -> Lowest:
    """Return the lowest point of the grid, and the best fit reached from its local minima within the bounds.

    `lookup` returns, for the places of points, the value of every coordinate that is not on an axis.
    """
    places = local_minima(chi2, REFINED)
    if not len(places):
        return Lowest(math.inf, {}, math.inf, {}, False)
    where = np.unravel_index(places, chi2.shape)
    at_grid = {axis.name: axis.values[k] for axis, k in zip(work.grid.axes, where, strict=True)}
    values = {**at_grid, **lookup(where)}
    rows = [{name: float(column[k]) for name, column in values.items()} for k in range(len(places))]
    starts = np.array([work.problem.coordinates(row) for row in rows])
    u, value, settled = _settled(work, starts)
    value = np.where(np.isfinite(value), value, np.inf)
    lowest = float(chi2.ravel()[places[0]])
    reached = np.where(settled, value, np.inf)
    converged = bool(reached.min() <= min(float(value.min()), lowest) + 1e-6)
    best = int(np.argmin(reached if converged else value))
    first = {name: float(column[0]) for name, column in at_grid.items()}
    if not value[best] <= lowest + 1e-6:
        return Lowest(lowest, first, lowest, rows[0], False)
    refined = {name: float(column[0]) for name, column in work.problem.values(u[best : best + 1]).items()}
    return Lowest(lowest, first, float(value[best]), refined, converged)
