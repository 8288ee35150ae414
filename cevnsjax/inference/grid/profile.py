"""χ² at the points of a grid, everything else minimised: the basis of intervals, profiles, scans and toys.

Every point starts from the same coordinates; where free parameters are left to profile, also from others spread over
their bounds, couplings and masses in their logarithm (`spread_starts`), first with the nuisances held, and then from
where its neighbours on the grid ended. Of a large grid few points, evenly spread, start like this, and the others from
what is known of these.
"""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..._base.typing import Float
from ..minimise.solver import MANY, Reached, Solver
from ..minimise.starts import approach, spread_starts

STARTS = 4
"""Starts of each point where free parameters are left to profile."""
SWEEPS = 2
"""Passes in which such a point, or a point that did not converge, also starts from where its neighbours ended."""
STRIDE = 8
"""Distance along an axis of a large grid, in points, between those that start from far away."""
STRAY, SHARE = 0.1, 0.01
"""Height of χ² above what few points say, and share of the height of that above the lowest, from which on a
point starts from far away too."""
LOWER, CLEARLY = 1e-12, 1e-8
"""Decreases of χ² that are no rounding, and that are no rest of an end that is near enough."""


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
    """Return `values` known at some places along each axis of a grid at all of them, by cubics through the nearest."""
    for axis, (known, n) in enumerate(zip(places, shape, strict=True)):
        if len(known) == n:
            continue
        points, wanted = min(4, len(known)), np.arange(n)
        first = np.clip(np.searchsorted(known, wanted) - points // 2, 0, len(known) - points)
        nodes = first + np.arange(points)[:, None]
        total: Any = 0.0
        for k, own in enumerate(known[nodes]):
            others = np.delete(known[nodes], k, axis=0)
            weight = np.prod((wanted - others) / (own - others), axis=0)
            aligned = weight.reshape(-1, *[1] * (values.ndim - axis - 1))
            total = total + aligned * values.take(nodes[k], axis=axis)
        values = total
    return values


def _neighbours(shape: tuple[int, ...], axis: int, step: int) -> np.ndarray:
    """Return the flat place of the neighbour of each point of a grid, a step back along an axis; -1 for none."""
    index, neighbour = np.arange(int(np.prod(shape))).reshape(shape), np.full(shape, -1)
    ahead, behind = [slice(None)] * len(shape), [slice(None)] * len(shape)
    ahead[axis], behind[axis] = (slice(1, None), slice(None, -1))[::step]
    neighbour[tuple(ahead)] = index[tuple(behind)]
    return neighbour.ravel()


def _corners(places: Sequence[np.ndarray], shape: tuple[int, ...]) -> list[np.ndarray]:
    """Return, for each corner of the cells between `places` of a grid, the flat place of that of each point."""
    ends = []
    for known, n in zip(places, shape, strict=True):
        before = np.searchsorted(known, np.arange(n), side="right") - 1
        ends.append((known[before], known[np.minimum(before + 1, len(known) - 1)]))
    index = np.arange(int(np.prod(shape))).reshape(shape)
    return [index[np.ix_(*corner)].ravel() for corner in itertools.product(*ends)]


class _Points:
    """The points of a grid, and the lowest χ² of each so far."""

    def __init__(
        self,
        solver: Solver,
        scanned: Sequence[int],
        points: Float[np.ndarray, "point scanned"],
        start: Float[np.ndarray, " coordinate"],
        free: np.ndarray,
        many: int,
    ) -> None:
        self.points, self.chi2 = points, np.full(len(points), np.inf)
        self.u, self.converged = np.tile(start, (len(points), 1)), np.zeros(len(points), bool)
        self._solver, self._columns, self._start, self._many = solver, list(scanned), start, many
        self.u[:, self._columns] = points
        self.frozen = np.isin(np.arange(len(start)), self._columns)
        self.others = free & ~self.frozen
        """The free parameters that are left to profile."""

    def at(self, rows: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Return `starts` with the scanned coordinates of the points `rows`."""
        moved = np.broadcast_to(starts, (len(rows), len(self._start))).copy()
        moved[:, self._columns] = self.points[rows]
        return np.where(self.frozen, moved, np.clip(moved, self._solver.lower, self._solver.upper))

    def improve(self, *several: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Minimise, for each pair, at its points from its starts, all together; return which became clearly lower."""
        starts = np.concatenate([self.at(rows, own) for rows, own in several])
        reached = self._solver.lowest(starts, self.frozen, self._many)
        lower, first = np.zeros(len(self.points), bool), 0
        for rows, _ in several:
            own = slice(first, first + len(rows))
            first += len(rows)
            value = np.where(np.isfinite(reached.value[own]), reached.value[own], np.inf)
            settled = reached.converged[own]
            better = (value < self.chi2[rows] - LOWER) | (
                settled & ~self.converged[rows] & (value <= self.chi2[rows] + 1e-9)
            )
            chosen = rows[better]
            lower[chosen] |= value[better] < self.chi2[chosen] - CLEARLY
            self.chi2[chosen], self.u[chosen] = value[better], reached.u[own][better]
            self.converged[chosen] = settled[better]
        return lower

    def _with_resting(self, starts: np.ndarray, resting: np.ndarray) -> np.ndarray:
        """Return where `starts` end while the coordinates marked in `resting` do not move."""
        if not resting.any():
            return starts

        def minimised(u: np.ndarray, still: np.ndarray) -> Reached:
            return self._solver.lowest(u, self.frozen, self._many, still)

        return approach(minimised, starts, ~(resting | self.frozen))

    def from_afar(self, rows: np.ndarray) -> None:
        """Minimise at the points `rows` from the common start, and from others where free parameters are left.

        First the free parameters move alone (`starts.approach` says why); then all but what measurements share: where
        far more is expected than was seen, each measurement for itself takes its signal away.
        """
        spread = spread_starts(self._solver, self._start, self.others, STARTS)
        starts = np.concatenate([self.at(rows, own) for own in spread])
        if self.others.any():
            starts = self._with_resting(starts, ~self.others & ~self.frozen)
        if not self._solver.only_strengths(self.frozen, self._many):
            starts = self._with_resting(starts, np.isin(np.arange(len(self._start)), self._solver.problem.shared))
        self.improve(*((rows, own) for own in np.split(starts, len(spread))))

    def from_few(self, shape: tuple[int, ...]) -> None:
        """Minimise at few points, evenly spread, from afar, and then at more and more from what these reached."""
        index, known = np.arange(len(self.points)).reshape(shape), np.zeros(shape, bool)
        stride = STRIDE
        few = [np.unique(np.append(np.arange(0, n, stride), n - 1)) for n in shape]
        some = np.ix_(*few)
        self.from_afar(index[some].ravel())
        self.from_neighbours(tuple(map(len, few)), index[some].ravel())
        while stride > 1:
            known[some] = True
            stride //= 2
            before, few = few, [np.unique(np.append(np.arange(0, n, stride), n - 1)) for n in shape]
            places = [np.searchsorted(now, then) for now, then in zip(few, before, strict=True)]
            inner, old = tuple(map(len, few)), index[np.ix_(*before)]
            some = np.ix_(*few)
            new, rows = ~known[some].ravel(), index[some].ravel()
            if self.others.any():
                self.improve(*((rows[new], self.u[rows[corner[new]]]) for corner in _corners(places, inner)))
            else:
                self.improve((rows[new], _between(self.u[old], places, inner).reshape(len(rows), -1)[new]))
            if not self._solver.only_strengths(self.frozen, self._many):  # else χ² has a single minimum
                lowest = self.chi2.min()
                with np.errstate(over="ignore", invalid="ignore"):  # heights beyond all numbers
                    height = np.expm1(_between(np.log1p(self.chi2[old] - lowest), places, inner)).ravel()[new]
                stray = rows[new][~(self.chi2[rows[new]] - lowest <= height + STRAY + SHARE * height)]
                if len(stray):
                    self.from_afar(stray)

    def from_neighbours(self, shape: tuple[int, ...], places: np.ndarray, due: np.ndarray | None = None) -> None:
        """Minimise at the points at `places`, a grid of this `shape`, from where those beside them on it ended.

        Those that are `due`, all by default; a point that is not allowed has no u that others start from. Where no free
        parameters are left, those that have not converged start from those that have.
        """
        changed = np.ones(len(places), bool)
        wanted = np.ones(len(places), bool) if due is None else due
        for _ in range(SWEEPS):
            waiting = wanted & (self.others.any() | ~self.converged[places])
            moved = np.zeros(len(self.points), bool)
            for axis in range(len(shape)):
                beside = []
                for step in (1, -1):
                    source = _neighbours(shape, axis, step)
                    rows = np.flatnonzero(waiting & (source >= 0))
                    rows = rows[changed[source[rows]] & wanted[source[rows]]]
                    rows = rows[self.converged[places[source[rows]]] | self.others.any()]
                    beside += [(places[rows], self.u[places[source[rows]]])] * bool(len(rows))
                if beside:
                    moved |= self.improve(*beside)
            changed = moved[places]
            if not changed.any():
                break


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
        among: how many points there are in all, if these are some of them: programs of their own pay for many.

    """
    shape = (len(points),) if shape is None else shape
    allowed = np.ones(len(points), bool) if allowed is None else allowed
    many = len(points) if among is None else among
    ended = _Points(solver, scanned, points, start, free, many)
    if allowed.all() and many >= MANY and min(shape) > STRIDE:
        ended.from_few(shape)
    elif allowed.any():
        ended.from_afar(np.flatnonzero(allowed))
    if allowed.any():
        ended.from_neighbours(shape, np.arange(len(points)), allowed)
    return Profile(points, ended.chi2, ended.u, ended.converged)
