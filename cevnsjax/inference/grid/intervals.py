"""Intervals of a profile: every piece with Δχ² below a level, not only that around the minimum."""

import dataclasses
import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import elementwise

from ..._base.errors import InputError
from ..minimise.best_fit import BestFit
from ..minimise.solver import Solver
from .profile import Profile, profile

PER_DECADE, CLOSEST = 12, 1e-9
"""Points in each power of ten of the distance from the best fit, from `CLOSEST` of the range on."""


@dataclasses.dataclass(frozen=True)
class Interval:
    """The pieces of a parameter's range with Δχ² below a level."""

    pieces: tuple[tuple[float, float], ...]
    at_bound: bool
    """Whether an edge is a bound of the parameter."""

    def around(self, value: float) -> tuple[float, float]:
        """Return the piece that holds `value`."""
        for low, high in self.pieces:
            if low <= value <= high:
                return low, high
        raise InputError(f"no piece of the interval {self.pieces} holds {value}")


def scan_grid(low: float, high: float, centre: float, error: float, even: int = 64, near: int = 33) -> np.ndarray:
    """Return points from `low` to `high`: evenly spaced, and denser within 6 errors of `centre`.

    Where 6 errors are less than the even spacing, as of a coupling of 1e-4 with bounds of 10, or no error is known,
    further points lie at distances from `centre` that grow in proportion, `PER_DECADE` in each power of ten.
    """
    parts = [np.linspace(low, high, even), [centre]]
    known = math.isfinite(error) and error > 0
    if known:
        parts.append(centre + error * np.linspace(-6.0, 6.0, near))
    spacing, reach = (high - low) / (even - 1), max(6.0 * error if known else 0.0, CLOSEST * (high - low))
    if reach < spacing:
        distances = np.geomspace(reach, spacing, 2 + int(PER_DECADE * math.log10(spacing / reach)))
        parts += [centre + distances, centre - distances]
    grid = np.unique(np.concatenate(parts))
    return grid[(grid >= low) & (grid <= high)]


def crossings(
    grid: np.ndarray, values: np.ndarray, levels: Sequence[float], function: Callable[[np.ndarray], np.ndarray]
) -> list[Interval]:
    """Return, for each level, where `function` lies below it, from its `values` on an increasing `grid`.

    All edges of all levels are refined together (Chandrupatla's method on the brackets of the grid).
    """
    brackets = [
        (k, number)
        for number, level in enumerate(levels)
        for k in range(len(grid) - 1)
        if (values[k] <= level) != (values[k + 1] <= level)
    ]
    roots: dict[tuple[int, int], float] = {}
    if brackets:
        k, number = np.transpose(brackets)
        target = np.asarray(levels, float)[number]
        cap = 1e6 * max(levels)
        solved = elementwise.find_root(
            lambda x, level: np.minimum(function(x), cap) - level,
            (grid[k], grid[k + 1]),
            args=(target,),
            tolerances={"xrtol": 1e-9, "fatol": 1e-8},
        )
        roots = {bracket: float(x) for bracket, x in zip(brackets, solved.x, strict=True)}
    by_level = []
    for number, level in enumerate(levels):
        edges = [roots[key] for key in sorted(key for key in roots if key[1] == number)]
        starts_inside, ends_inside = bool(values[0] <= level), bool(values[-1] <= level)
        ends = [float(grid[0])] * starts_inside + edges + [float(grid[-1])] * ends_inside
        pieces = tuple(zip(ends[::2], ends[1::2], strict=True))
        by_level.append(Interval(pieces, starts_inside or ends_inside))
    return by_level


def _with_minima(solver: Solver, index: int, coarse: Profile) -> Profile:
    """Return the profile with its local minima added, so that no piece is lost between two points of the grid."""
    chi2 = coarse.chi2
    inner = 1 + np.flatnonzero((chi2[1:-1] <= chi2[:-2]) & (chi2[1:-1] < chi2[2:]))
    if not len(inner):
        return coarse
    minima = solver(coarse.u[inner], np.zeros(coarse.u.shape[1], bool))
    x = minima.u[:, index]
    points = coarse.points[:, 0]
    kept = np.isfinite(minima.value) & (x > points[inner - 1]) & (x < points[inner + 1]) & ~np.isin(x, points)
    order = np.argsort(np.concatenate([points, x[kept]]))
    return Profile(
        points=np.concatenate([points, x[kept]])[order, None],
        chi2=np.concatenate([chi2, minima.value[kept]])[order],
        u=np.concatenate([coarse.u, minima.u[kept]])[order],
        converged=np.concatenate([coarse.converged, minima.converged[kept]])[order],
    )


def intervals(
    solver: Solver, index: int, fit: BestFit, free: np.ndarray, levels: Sequence[float]
) -> tuple[list[Interval], Profile]:
    """Return the interval of coordinate `index` at each Δχ² level, with the profile they are from."""
    low, high = float(solver.lower[index]), float(solver.upper[index])
    error = math.sqrt(fit.covariance[index, index]) if fit.covariance[index, index] > 0 else math.nan
    grid = scan_grid(low, high, float(fit.u[index]), error)
    coarse = _with_minima(solver, index, profile(solver, [index], grid[:, None], fit.u, free))
    grid = coarse.points[:, 0]

    frozen = np.zeros(len(fit.u), bool)
    frozen[index] = True
    neighbours = (0, -1) if (free & ~frozen).any() else (0,)

    def delta(x: np.ndarray) -> np.ndarray:
        place = np.searchsorted(grid, x)
        starts = np.concatenate([coarse.u[np.clip(place + k, 0, len(grid) - 1)] for k in neighbours])
        starts[:, index] = np.tile(x, len(neighbours))
        minima = solver(starts, frozen)
        values = np.where(np.isfinite(minima.value), minima.value, np.inf).reshape(len(neighbours), -1)
        return values.min(axis=0) - fit.value

    return crossings(grid, coarse.chi2 - fit.value, levels, delta), coarse
