"""χ² at the points of a grid, everything else minimised: the basis of intervals, profiles, scans and toys.

Every point starts from the same coordinates; where free parameters are left to profile, also from others spread over
their bounds, couplings and masses in their logarithm (`spread_starts`), first with the nuisances held (`approach`), and
then from where its neighbours on the grid ended. Where only strengths are left, most points start from splines through
few.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy.interpolate import make_interp_spline

from ..._base.typing import Float
from ..minimise.solver import Solver
from ..minimise.starts import approach, spread_starts

STARTS = 4
"""Starts of each point where free parameters are left to profile."""
SWEEPS = 2
"""Passes in which such a point, or a point that did not converge, also starts from where its neighbours ended."""
STRIDE = 8
"""Where only strengths are profiled: distance along an axis, in points, between those that start from far away.

The others start where a spline through these says that they end.
"""
LOWER = 1e-12
"""Decrease of χ² that is no rounding."""


@dataclasses.dataclass(frozen=True)
class Profile:
    """χ² minimised over everything but the scanned coordinates."""

    points: Float[np.ndarray, "point scanned"]
    """Values of the scanned coordinates."""
    chi2: Float[np.ndarray, " point"]
    """Infinite where it is not finite, or the point is not allowed."""
    u: Float[np.ndarray, "point coordinate"]
    """All coordinates at the minimum of each point."""
    converged: np.ndarray


def _between(
    values: Float[np.ndarray, "*few column"], places: Sequence[np.ndarray], shape: tuple[int, ...]
) -> np.ndarray:
    """Return `values` known at some places along each axis of a grid at all of them, by splines of third order."""
    for axis, (known, n) in enumerate(zip(places, shape, strict=True)):
        if len(known) < n:
            values = make_interp_spline(known, values, k=min(3, len(known) - 1), axis=axis)(np.arange(n))
    return values


def _neighbours(shape: tuple[int, ...], axis: int, step: int) -> np.ndarray:
    """Return the flat place of the neighbour of each point of a grid, a step back along an axis; -1 for none."""
    index, neighbour = np.arange(int(np.prod(shape))).reshape(shape), np.full(shape, -1)
    ahead, behind = [slice(None)] * len(shape), [slice(None)] * len(shape)
    ahead[axis], behind[axis] = (slice(1, None), slice(None, -1))[::step]
    neighbour[tuple(ahead)] = index[tuple(behind)]
    return neighbour.ravel()


def profile(
    solver: Solver,
    scanned: Sequence[int],
    points: Float[np.ndarray, "point scanned"],
    start: Float[np.ndarray, " coordinate"],
    free: np.ndarray,
    shape: tuple[int, ...] | None = None,
    allowed: np.ndarray | None = None,
    among: int | None = None,
) -> Profile:
    """Minimise at each of the `points` with the coordinates `scanned` held there.

    Args:
        solver: minimises the problem.
        scanned: the coordinates that are held.
        points: where, an array of rows.
        start: where every point starts first.
        free: which coordinates are free parameters, which may have several minima.
        shape: of the grid that the points are, the last axis fastest; a line of them by default.
        allowed: points that required orders allow; all by default.
        among: how many points there are in all, if these are some of them: a program for strengths pays for many.

    """
    shape = (len(points),) if shape is None else shape
    allowed = np.ones(len(points), bool) if allowed is None else allowed
    columns, count = list(scanned), len(points)
    frozen = np.isin(np.arange(len(start)), columns)
    others, many = free & ~frozen, count if among is None else among
    chi2, u = np.full(count, np.inf), np.tile(start, (count, 1))
    u[:, columns] = points
    converged = np.zeros(count, bool)

    def improve(*several: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Minimise, for each pair, at its points from its starts, all together; return which points became lower."""
        reached = solver.lowest(np.concatenate([starts for _, starts in several]), frozen, many)
        lower, first = np.zeros(count, bool), 0
        for rows, _ in several:
            own = slice(first, first + len(rows))
            first += len(rows)
            value = np.where(np.isfinite(reached.value[own]), reached.value[own], np.inf)
            settled = reached.converged[own]
            better = (value < chi2[rows] - LOWER) | (settled & ~converged[rows] & (value <= chi2[rows] + 1e-9))
            chosen = rows[better]
            chi2[chosen], u[chosen], converged[chosen] = value[better], reached.u[own][better], settled[better]
            lower[chosen] = True
        return lower

    def at(rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Return `starts` with the scanned coordinates of the points `rows`."""
        moved = np.broadcast_to(starts, (len(rows), len(start))).copy()
        moved[:, columns] = points[rows]
        return moved

    rows = np.flatnonzero(allowed)
    if not len(rows):
        return Profile(points, chi2, u, converged)
    if allowed.all() and solver.only_strengths(frozen, many):
        few = [np.unique(np.append(np.arange(0, n, STRIDE), n - 1)) for n in shape]
        some = np.arange(count).reshape(shape)[np.ix_(*few)]
        improve((some.ravel(), at(some.ravel(), start)))
        starts = _between(u[some], few, shape).reshape(count, -1)
        improve((rows, at(rows, np.clip(starts, solver.lower, solver.upper))))
    else:
        spread = spread_starts(solver, start, others, STARTS)
        starts = approach(solver, np.concatenate([at(rows, own) for own in spread]), others)
        improve(*((rows, own) for own in np.split(starts, len(spread))))
    changed = np.ones(count, bool)
    for _ in range(SWEEPS):
        due, moved = allowed & (others.any() | ~converged), np.zeros(count, bool)
        for axis in range(len(shape)):
            beside = []
            for step in (1, -1):
                source = _neighbours(shape, axis, step)
                rows = np.flatnonzero(due & (source >= 0))
                rows = rows[changed[source[rows]] & allowed[source[rows]]]
                beside += [(rows, at(rows, u[source[rows]]))] * bool(len(rows))
            if beside:
                moved |= improve(*beside)
        changed = moved
        if not changed.any():
            break
    return Profile(points, chi2, u, converged)
