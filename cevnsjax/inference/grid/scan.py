"""χ² on a grid of one, two or more parameters, everything else profiled, in blocks of bounded memory.

A block is a rectangular part of the grid. What is found in it depends on the problem and on the block alone: not on
other blocks, nor on their order, nor on where it runs. Every point starts from the same values; where free parameters
are left to profile, also from others spread over their bounds, and then from where its neighbours in the block ended.
"""

import dataclasses
import hashlib
import itertools
import pickle
from collections.abc import Mapping, Sequence

import jax
import numpy as np
from scipy.interpolate import make_interp_spline

from ..._base.typing import Float
from ..minimise.solver import MANY, Solver
from ..minimise.starts import even_points
from ..problem.problem import Problem
from .blocks import Grid

STARTS = 4
"""Starts of each point where free parameters are left to profile."""
SWEEPS = 2
"""Passes in which such a point, or one that did not converge, also starts from where its neighbours ended."""
STRIDE = 8
"""Where only strengths are profiled: points of a block from one to the next that starts from far away, along an axis.

The others start where a spline through these says that they end.
"""
SOLVERS = 4
"""Compiled problems that a process keeps."""


def _between(
    values: Float[np.ndarray, "*few column"], places: Sequence[np.ndarray], shape: tuple[int, ...]
) -> np.ndarray:
    """Return `values` known at some places along each axis of a grid at all of them, by splines of third order."""
    for axis, (known, n) in enumerate(zip(places, shape, strict=True)):
        if len(known) < n:
            values = make_interp_spline(known, values, k=min(3, len(known) - 1), axis=axis)(np.arange(n))
    return values


@dataclasses.dataclass(frozen=True)
class Scanned:
    """What is found in a block, the grid as axes."""

    chi2: np.ndarray
    """Infinite where the required orders forbid the point, or where χ² is not finite."""
    converged: np.ndarray
    values: dict[str, np.ndarray]
    """Every coordinate that is not on an axis, where χ² is lowest."""


_solvers: dict[str, Solver] = {}


@dataclasses.dataclass(frozen=True)
class ScanWork:
    """Minimises the blocks of a grid by their number; compiles once in each process."""

    problem: Problem
    grid: Grid
    start: np.ndarray
    """Where every point starts, a vector of coordinates."""
    free: np.ndarray
    """Which coordinates are free parameters."""
    digest: str

    @property
    def solver(self) -> Solver:
        """Return the solver of the problem, which this process keeps."""
        if self.digest not in _solvers:
            while len(_solvers) >= SOLVERS:
                _solvers.pop(next(iter(_solvers)))
            _solvers[self.digest] = Solver(self.problem)
        return _solvers[self.digest]

    @property
    def compile_seconds(self) -> float:
        """Return what compiling took in this process."""
        return _solvers[self.digest].compile_seconds if self.digest in _solvers else 0.0

    @property
    def columns(self) -> list[int]:
        """Return the coordinate of each axis by its place."""
        return [self.problem.names.index(name) for name in self.grid.names]

    @property
    def profiled(self) -> tuple[str, ...]:
        """Return the coordinates that are not on an axis."""
        return tuple(name for name in self.problem.names if name not in self.grid.names)

    def __call__(self, number: int) -> Scanned:
        """Return what is found in block `number`."""
        shape = tuple(part.stop - part.start for part in self.grid.slices(number))
        positions, allowed = self.problem.positions(self.grid.names, self.grid.points(number))
        chi2, u, converged = self._minimise(positions, allowed, shape)
        chi2, converged = np.where(allowed, chi2, np.inf), converged | ~allowed
        found = self.values(u)
        return Scanned(
            chi2.reshape(shape),
            converged.reshape(shape),
            {name: np.where(allowed, found[name], np.nan).reshape(shape) for name in self.profiled},
        )

    def values(self, u: Float[np.ndarray, "point coordinate"]) -> dict[str, np.ndarray]:
        """Return the value of every coordinate at each row."""
        if not self.problem.orders:
            return dict(zip(self.problem.names, u.T, strict=True))
        found = jax.vmap(lambda row: {n: v for n, v in self.problem.params(row).items() if n in self.problem.names})(u)
        return {name: np.asarray(value) for name, value in found.items()}

    def _minimise(
        self, positions: np.ndarray, allowed: np.ndarray, shape: tuple[int, ...]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        solver, count = self.solver, len(positions)
        frozen = np.isin(np.arange(len(self.start)), self.columns)
        others = self.free & ~frozen
        chi2, u = np.full(count, np.inf), np.tile(self.start, (count, 1))
        u[:, self.columns] = positions
        converged = np.zeros(count, bool)

        def improve(rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
            """Minimise from `starts` at the points `rows`; return which became lower."""
            starts[:, self.columns] = positions[rows]
            found = solver.lowest(starts, frozen, MANY)  # however small the grid: no other program is needed
            value = np.where(np.isfinite(found.value), found.value, np.inf)
            better = (value < chi2[rows] - 1e-12) | (found.converged & ~converged[rows] & (value <= chi2[rows] + 1e-9))
            chosen = rows[better]
            chi2[chosen], u[chosen], converged[chosen] = value[better], found.u[better], found.converged[better]
            return chosen

        rows = np.flatnonzero(allowed)
        if not len(rows):
            return chi2, u, converged
        index = np.arange(count).reshape(shape)
        if allowed.all() and solver.only_strengths(frozen, MANY):
            few = [np.unique(np.append(np.arange(0, n, STRIDE), n - 1)) for n in shape]
            some = index[np.ix_(*few)]
            improve(some.ravel(), np.tile(self.start, (some.size, 1)))
            starts = _between(u[some], few, shape).reshape(count, -1)
            improve(rows, np.clip(starts, *self.problem.box))
        else:
            for start in self._starts(others):
                improve(rows, np.tile(start, (len(rows), 1)))
        changed = np.ones(count, bool)
        for _ in range(SWEEPS):
            due = allowed & (others.any() | ~converged)
            moved = np.zeros(count, bool)
            for axis, step in itertools.product(range(len(shape)), (1, -1)):
                neighbour = np.full(shape, -1)
                ahead, behind = [slice(None)] * len(shape), [slice(None)] * len(shape)
                ahead[axis], behind[axis] = (slice(1, None), slice(None, -1))[::step]
                neighbour[tuple(ahead)] = index[tuple(behind)]
                source = neighbour.ravel()
                rows = np.flatnonzero(due & (source >= 0))
                rows = rows[changed[source[rows]] & allowed[source[rows]]]
                if len(rows):
                    moved[improve(rows, u[source[rows]])] = True
            changed = moved
            if not changed.any():
                break
        return chi2, u, converged

    def _starts(self, others: np.ndarray) -> np.ndarray:
        """Return the common start, and with the coordinates marked in `others` more, spread over their bounds."""
        dimension = int(others.sum())
        starts = np.tile(self.start, (STARTS if dimension else 1, 1))
        if dimension:
            low, high = self.problem.box
            spread = even_points(STARTS - 1, dimension)
            starts[1:, others] = low[others] + (high - low)[others] * spread
        return starts


def scan_work(problem: Problem, grid: Grid, values: Mapping[str, float], free: np.ndarray) -> ScanWork:
    """Return the work of a scan whose points start from `values`."""
    digest = hashlib.sha256(pickle.dumps(problem)).hexdigest()
    return ScanWork(problem, grid, problem.coordinates(values), free, digest)
