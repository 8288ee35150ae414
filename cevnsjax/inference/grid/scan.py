"""χ² on a grid of any number of parameters, everything else profiled, in blocks of bounded memory.

A block is a rectangular part of the grid. Its result depends on the problem and on the block alone: not on
other blocks, nor on their order, nor on where it runs: its points start as `profile` says, from nothing but its own.
"""

import dataclasses
import hashlib
import pickle
from collections.abc import Mapping

import numpy as np

from ..minimise.solver import MANY, Solver
from ..problem.problem import Problem
from .blocks import Grid
from .profile import profile

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
        """Return the result of block `number`."""
        shape = tuple(part.stop - part.start for part in self.grid.slices(number))
        positions, allowed = self.problem.positions(self.grid.names, self.grid.points(number))
        # However small the grid, the program for strengths serves it: no other is needed.
        ended = profile(self.solver, self.columns, positions, self.start, self.free, shape, allowed, MANY)
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
