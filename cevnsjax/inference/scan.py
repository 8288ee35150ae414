"""χ² on a grid of one, two or more parameters, everything else profiled, in blocks of bounded memory.

A block is a rectangular part of the grid. What is found in it depends on the problem and on the block alone: not on
other blocks, nor on their order, nor on where it runs. Every point starts from the same values; where free parameters
are left to profile, also from others spread over their bounds, and then from where its neighbours in the block ended.
"""

import dataclasses
import hashlib
import itertools
import math
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np
from scipy.interpolate import make_interp_spline

from .._errors import BLANKS, InputError, read_number, read_whole
from .._typing import Float
from .fit import MANY, Solver, even_points
from .problem import APART, Problem, Specification
from .quadratic import MOST_PARAMETERS, minimise_quadratic

STARTS = 4
"""Starts of each point where free parameters are left to profile."""
SWEEPS = 2
"""Passes in which such a point, or one that did not converge, also starts from where its neighbours ended."""
CHUNK = 16384
"""Points of a block, unless asked otherwise."""
REFINED = 16
"""Local minima of the grid from which the best fit is refined."""
STRIDE = 8
"""Where only strengths are profiled: points of a block from one to the next that starts from far away, along an axis.

The others start where a spline through these says that they end.
"""
MOST_VALUES, MOST_POINTS, MOST_BLOCKS = 10**6, 10**9, 10**6
"""Values of one axis, points and blocks of a grid: beyond, the search of the minima takes more than 24 GB of memory,
and a store some ten million files."""
LEAST = 1e-6
"""Least value of a parameter on a logarithmic axis where the best fit is refined, in parts of the first of the axis."""
SOLVERS = 4
"""Compiled problems that a process keeps."""


@dataclasses.dataclass(frozen=True)
class Axis:
    """The values of one parameter of a grid."""

    name: str
    values: Float[np.ndarray, " value"]
    """Increasing."""
    log: bool
    """Whether distances on this axis are ratios: what contours are interpolated in, and drawn on."""


def _numbers(name: str, texts: Sequence[str]) -> list[float]:
    return [read_number(text, name) for text in texts]


def spaced(name: str, low: float, high: float, count: int, log: bool) -> Axis:
    """Return `count` values from `low` to `high`, both included, evenly spaced or, with `log`, their logarithms."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"{name}: expected a range from a lower to a higher number, found {low:g} to {high:g}")
    if not 2 <= count <= MOST_VALUES:
        raise InputError(f"{name}: expected from 2 to {MOST_VALUES} values, found {count}")
    if log and low <= 0.0:
        raise InputError(f"{name}: expected a range above 0 for logarithmic spacing, found {low:g} to {high:g}")
    values = np.geomspace(low, high, count) if log else np.linspace(low, high, count)
    _check_apart(name, values)
    return Axis(name, values, log)


def _check_apart(name: str, values: Float[np.ndarray, " value"]) -> None:
    """Refuse neighbours that differ by no more than rounding."""
    if np.any(np.diff(values) <= APART * np.maximum(np.abs(values[1:]), np.abs(values[:-1]))):
        raise InputError(
            f"{name}: expected values that differ by more than {APART:g} of themselves, "
            f"found {len(values)} from {values[0]!s} to {values[-1]!s}"
        )


def parse_axis(name: str, text: str) -> Axis:
    """Return the axis of ``LO:HI:N`` or ``LO:HI:N:log``."""
    parts = [part.strip(BLANKS) for part in text.split(":")]
    if len(parts) not in (3, 4) or (len(parts) == 4 and parts[3] not in ("log", "linear")) or not all(parts):
        raise InputError(f"{name}: expected LO:HI:N or LO:HI:N:log, found '{text}'")
    low, high = _numbers(name, parts[:2])
    return spaced(name, low, high, read_whole(parts[2], name), parts[-1] == "log")


def axis_of(name: str, values: str | Sequence[Any] | np.ndarray) -> Axis:
    """Return the axis of a text as in `parse_axis`, or of increasing numbers: logarithmic if their ratios are equal."""
    if isinstance(values, str):
        return parse_axis(name, values)
    numbers = np.asarray(values, float)
    if numbers.ndim != 1 or len(numbers) < 2 or not np.all(np.isfinite(numbers)) or np.any(np.diff(numbers) <= 0.0):
        raise InputError(f"{name}: expected at least two finite, increasing values")
    if len(numbers) > MOST_VALUES:
        raise InputError(f"{name}: expected from 2 to {MOST_VALUES} values, found {len(numbers)}")
    _check_apart(name, numbers)
    log = False
    if len(numbers) > 2 and numbers[0] > 0.0:
        steps = np.diff(np.log(numbers))
        log = bool(np.ptp(steps) < 1e-6 * steps.mean())
    return Axis(name, numbers, log)


def parse_grid(texts: Sequence[str]) -> dict[str, str]:
    """Return what ``NAME=LO:HI:N[:log]`` ask for, by name."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, values = text.partition("=")
        name = name.strip(BLANKS)
        if not equals or not name:
            raise InputError(f"expected a grid like g_zp=1e-6:1e-2:400:log, found '{text}'")
        if name in found:
            raise InputError(f"the grid has two axes '{name}'")
        parse_axis(name, values)
        found[name] = values
    return found


@dataclasses.dataclass(frozen=True)
class Grid:
    """The axes of a scan, cut into blocks."""

    axes: tuple[Axis, ...]
    block: tuple[int, ...]
    """Shape of a block; the last one along an axis may be shorter."""

    @property
    def names(self) -> tuple[str, ...]:
        """Return the parameters of the axes."""
        return tuple(axis.name for axis in self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the number of values of each axis."""
        return tuple(len(axis.values) for axis in self.axes)

    @property
    def size(self) -> int:
        """Return the number of points."""
        return math.prod(self.shape)

    @property
    def counts(self) -> tuple[int, ...]:
        """Return the number of blocks along each axis."""
        return tuple(-(-n // size) for n, size in zip(self.shape, self.block, strict=True))

    @property
    def blocks(self) -> int:
        """Return the number of blocks."""
        return math.prod(self.counts)

    def place(self, number: int) -> tuple[int, ...]:
        """Return where block `number` is: its number along each axis, the last axis fastest."""
        found = []
        for count in reversed(self.counts):
            number, along = divmod(number, count)
            found.append(along)
        return tuple(reversed(found))

    def slices(self, number: int) -> tuple[slice, ...]:
        """Return where a block lies in the grid."""
        places = zip(self.place(number), self.block, self.shape, strict=True)
        return tuple(slice(place * size, min((place + 1) * size, n)) for place, size, n in places)

    def points(self, number: int) -> Float[np.ndarray, "point axis"]:
        """Return the points of a block, the last axis fastest."""
        parts = (axis.values[part] for axis, part in zip(self.axes, self.slices(number), strict=True))
        return np.stack(np.meshgrid(*parts, indexing="ij"), axis=-1).reshape(-1, len(self.axes))

    def check_size(self) -> None:
        """Refuse more points or blocks than memory and disks take."""
        shape = " x ".join(map(str, self.shape))
        if self.size > MOST_POINTS:
            raise InputError(f"expected a grid of {MOST_POINTS:g} points at most, found {shape} = {self.size:.3g}")
        if self.blocks > MOST_BLOCKS:
            raise InputError(
                f"expected a grid in {MOST_BLOCKS:g} chunks at most, found {self.blocks:.3g} for {shape} points: "
                "ask for larger chunks"
            )

    def check(self, asked: Specification) -> None:
        """Refuse values beyond the bounds that hold in the fit."""
        for axis in self.axes:
            least, most = asked.bounds[axis.name]
            for edge in (float(axis.values[0]), float(axis.values[-1])):
                if not least <= edge <= most:
                    raise InputError(f"{axis.name}: expected a grid within {least:g} to {most:g}, found {edge:g}")


def bytes_per_point(coordinates: int) -> int:
    """Return how much memory a point of a block takes while it is minimised, an upper bound [bytes].

    Start, end, gradient and Hessian of each coordinate, once in the solver and once joined, and the values kept.
    """
    return 8 * (3 * coordinates**2 + 12 * coordinates + 16)


def block_shape(shape: Sequence[int], most: int) -> tuple[int, ...]:
    """Return the shape of blocks of up to `most` points: whole last axes as far as they fit."""
    block, room = [], most
    for n in reversed(shape):
        size = max(1, min(n, room))
        block.append(size)
        room //= n if size == n else room + 1
    return tuple(reversed(block))


def make_grid(axes: Sequence[Axis], coordinates: int, chunk: int | None = None, memory: float | None = None) -> Grid:
    """Return the grid cut into blocks of up to `chunk` points that take no more than `memory` [bytes]."""
    if not axes:
        raise InputError("expected a grid of at least one parameter, found none")
    if chunk is not None and chunk < 1:
        raise InputError(f"expected chunks of at least one point, found {chunk}")
    most = CHUNK if chunk is None else chunk
    if memory is not None:
        room = memory / bytes_per_point(coordinates)
        if not room >= 1.0:
            raise InputError(f"expected memory for at least one point, {bytes_per_point(coordinates)} bytes")
        most = int(min(most, room))
    grid = Grid(tuple(axes), block_shape([len(axis.values) for axis in axes], most))
    grid.check_size()
    return grid


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


@dataclasses.dataclass(frozen=True)
class Lowest:
    """The lowest χ² found: at a point of the grid, and refined from there with the parameters of the grid free."""

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

    Where a program for the strengths alone exists it is used: that of all derivatives takes longer to compile.
    """
    frozen, axes = np.isin(np.arange(starts.shape[1]), work.columns), work.grid.axes
    simple = work.solver.only_strengths(frozen, MANY) and len(axes) <= MOST_PARAMETERS
    if simple and not work.problem.orders:
        columns, logs = work.columns, np.array([axis.log for axis in axes])
        low, high = (edge[columns] for edge in work.problem.box)
        least = np.array([LEAST * axis.values[0] if axis.log else -np.inf for axis in axes])
        low = np.maximum(low, least)

        def scaled(x: np.ndarray) -> np.ndarray:
            return np.where(logs, np.log(np.where(logs, x, 1.0)), x)

        def at(x: np.ndarray) -> np.ndarray:
            u = np.tile(work.start, (len(x), 1))
            u[:, columns] = np.clip(np.where(logs, np.exp(np.where(logs, x, 0.0)), x), low, high)
            return u

        spacing = np.array([np.ptp(np.log(axis.values) if axis.log else axis.values) for axis in axes])
        spacing = spacing / (np.array(work.grid.shape) - 1.0)
        x, value, settled = minimise_quadratic(
            lambda x: work.solver.lowest(at(x), frozen, MANY).value,
            scaled(starts[:, columns]),
            np.tile(spacing, (len(starts), 1)),
            scaled(low),
            scaled(high),
        )
        if settled[np.argmin(np.where(np.isfinite(value), value, np.inf))]:
            return work.solver.lowest(at(x), frozen, MANY).u, value, settled
    found = work.solver(starts, np.zeros(starts.shape[1], bool))
    return found.u, found.value, found.converged


def refine(
    work: ScanWork, chi2: np.ndarray, lookup: Callable[[tuple[np.ndarray, ...]], Mapping[str, np.ndarray]]
) -> Lowest:
    """Return the lowest point of the grid, and the best fit found from its local minima within the bounds.

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
    refined = {name: float(column[0]) for name, column in work.values(u[best : best + 1]).items()}
    return Lowest(lowest, first, float(value[best]), refined, converged)
