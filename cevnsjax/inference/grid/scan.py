"""χ² on a grid of any number of parameters, everything else profiled, in blocks of bounded memory.

A block is a rectangular part of the grid. Its result depends on the problem and on the block alone: not on
other blocks, nor on their order, nor on where it runs: its points start as `profile` says, from nothing but its own.
"""

import dataclasses
import hashlib
import pickle
from collections.abc import Mapping

import numpy as np

from ..minimise.solver import MANY, Reached, Solver
from ..problem.pieces import pieces
from ..problem.problem import Problem
from .blocks import Grid
from .profile import Profile, profile

SOLVERS = 4
"""Compiled problems that a process keeps."""


@dataclasses.dataclass(frozen=True)
class Scanned:
    """The result of a block, the grid as axes."""

    chi2: np.ndarray
    """Infinite where the required orders forbid the point, or where χ² is not finite."""
    converged: np.ndarray
    values: dict[str, np.ndarray]
    """Every coordinate that is not on an axis, where χ² is lowest."""


@dataclasses.dataclass(frozen=True)
class Solvers:
    """What minimises a problem on a grid: all of it, and its pieces with the parameters of the axes held."""

    whole: Solver
    pieces: tuple[tuple[Solver, np.ndarray], ...]
    """Of each piece, the solver and its coordinates."""

    @property
    def compile_seconds(self) -> float:
        """Return what compiling took."""
        return sum((solver.compile_seconds for solver, _ in self.pieces), start=self.whole.compile_seconds)


_solvers: dict[str, Solvers] = {}


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
    def solvers(self) -> Solvers:
        """Return the solvers of the problem, which this process keeps."""
        if self.digest not in _solvers:
            while len(_solvers) >= SOLVERS:
                _solvers.pop(next(iter(_solvers)))
            several = pieces(self.problem, self.columns)
            solvers = tuple((Solver(piece.problem), piece.columns) for piece in several)
            _solvers[self.digest] = Solvers(Solver(self.problem), solvers)
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

    def lowest(self, starts: np.ndarray) -> Reached:
        """Return what is reached from each row of `starts` with the parameters of the axes held, piece by piece."""
        u, value, converged = starts.copy(), np.zeros(len(starts)), np.ones(len(starts), bool)
        for solver, columns in self.solvers.pieces:
            own = solver.lowest(starts[:, columns], np.isin(columns, self.columns), MANY)
            u[:, columns], value, converged = own.u, value + own.value, converged & own.converged
        return Reached(u, value, converged)

    def _profile(self, points: np.ndarray, shape: tuple[int, ...], allowed: np.ndarray) -> Profile:
        """Return the sum of the profiles of the pieces."""
        u, chi2, converged = np.tile(self.start, (len(points), 1)), np.zeros(len(points)), np.ones(len(points), bool)
        for solver, columns in self.solvers.pieces:
            scanned = [columns.tolist().index(k) for k in self.columns]
            # However small the grid, its programs serve it: no others are needed.
            own = profile(solver, scanned, points, self.start[columns], self.free[columns], shape, allowed, MANY)
            u[:, columns], chi2, converged = own.u, chi2 + own.chi2, converged & own.converged
        return Profile(points, chi2, u, converged)

    def __call__(self, number: int) -> Scanned:
        """Return the result of block `number`."""
        shape = tuple(part.stop - part.start for part in self.grid.slices(number))
        positions, allowed = self.problem.positions(self.grid.names, self.grid.points(number))
        ended = self._profile(positions, shape, allowed)
        values = self.problem.values(ended.u)
        return Scanned(
            ended.chi2.reshape(shape),
            (ended.converged | ~allowed).reshape(shape),
            {name: np.where(allowed, values[name], np.nan).reshape(shape) for name in self.profiled},
        )


def scan_work(problem: Problem, grid: Grid, values: Mapping[str, float], free: np.ndarray) -> ScanWork:
    """Return the work of a scan whose points start from `values`."""
    digest = hashlib.sha256(pickle.dumps(problem)).hexdigest()
    return ScanWork(problem, grid, problem.coordinates(values), free, digest)
