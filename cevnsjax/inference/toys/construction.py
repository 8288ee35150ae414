"""The construction of Feldman and Cousins: which values of a parameter, or of two, toys do not exclude.

At each value θ the toys are drawn at the best-fit nuisances (and other free parameters) of the real data with θ held
there, constraint centres drawn too, and ordered by t = χ²(θ) - χ²_min of each toy, everything else profiled in both
terms and θ within its bounds. θ belongs to the interval at confidence level cl if the t of the data does not exceed
the value that a share cl of its toys does not exceed. Without nuisances this is G. J. Feldman and R. D. Cousins, Phys.
Rev. D 57, 3873 (1998); with them the coverage is that of the profiled nuisances (Feldman, Fermilab workshop on
confidence limits (2000); B. Sen, M. Walker, M. Woodroofe, Statistica Sinica 19, 301 (2009)).
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..._base.typing import Float
from ..grid.intervals import scan_grid
from ..grid.profile import Profile, profile
from ..minimise.best_fit import BestFit
from ..minimise.solver import Solver
from ..minimise.starts import STARTS, spread_starts
from .frequencies import SAME, at_least, critical_value
from .work import BLOCK, Finished, Task, Work, joined

UNDECIDED = 3.0
"""Standard errors of a p-value within which it may lie on either side of a level: such points get more toys."""
CONSIDERED = 30.0
"""Height above the lowest minimum up to which others are starting points of the toys' fits."""
APART = 0.1
"""Distance, in errors, from which two minima are different."""
MOST_MINIMA = 8
"""The lowest minima, from which the fits of every toy start."""
MANY_POINTS = 512
"""Points of a grid up to which all of them, beyond which some evenly chosen, lead to minima."""

Progress = Callable[[int, int], None]
"""Callback with the number of blocks of toys that are done, and of those planned."""


def minima(
    solver: Solver, fit: BestFit, free: np.ndarray, starts: Float[np.ndarray, "start coordinate"]
) -> Float[np.ndarray, "minimum coordinate"]:
    """Return the best fit and other minima: those that `starts` and starts spread over the bounds of `free` end in."""
    starts = np.concatenate([starts, spread_starts(solver, fit.u, free, STARTS)])
    reached = solver(starts, np.zeros(len(fit.u), bool))
    usable = reached.converged & np.isfinite(reached.value) & (reached.value < fit.value + CONSIDERED)
    errors = np.sqrt(np.where(np.diag(fit.covariance) > 0, np.diag(fit.covariance), np.nan))
    errors = np.where(np.isfinite(errors), errors, 1e-3 * (solver.upper - solver.lower))
    kept = [fit.u]
    for row in np.flatnonzero(usable)[np.argsort(reached.value[usable])]:
        if all(np.abs((reached.u[row] - other) / errors).max(initial=0.0) > APART for other in kept):
            kept.append(reached.u[row])
    return np.array(kept[:MOST_MINIMA])


def profile_minima(solver: Solver, fit: BestFit, free: np.ndarray) -> Float[np.ndarray, "minimum coordinate"]:
    """Return the best fit and the other minima that the profile of each of the `free` coordinates leads to."""
    starts = [fit.u[None]]
    for k in map(int, np.flatnonzero(free)):
        error = math.sqrt(fit.covariance[k, k]) if fit.covariance[k, k] > 0 else math.nan
        grid = scan_grid(float(solver.lower[k]), float(solver.upper[k]), float(fit.u[k]), error)
        scanned = profile(solver, [k], grid[:, None], fit.u, free)
        starts.append(scanned.u[lowest_points(scanned.chi2)])
    return minima(solver, fit, free, np.concatenate(starts))


def lowest_points(chi2: Float[np.ndarray, " point"]) -> np.ndarray:
    """Return which points of a curve are not above their neighbours."""
    padded = np.concatenate([[np.inf], chi2, [np.inf]])
    return np.flatnonzero(np.isfinite(chi2) & (chi2 <= padded[:-2]) & (chi2 <= padded[2:]))


@dataclasses.dataclass(frozen=True)
class Construction:
    """The toys at each point, and what they say."""

    points: Float[np.ndarray, "point scanned"]
    u: Float[np.ndarray, "point coordinate"]
    """Coordinates at which the toys are drawn."""
    observed: Float[np.ndarray, " point"]
    """t of the data."""
    statistics: tuple[np.ndarray, ...]
    """t of the toys that converged, at each point."""
    lost: np.ndarray
    """Toys at each point that did not converge."""
    log: bool = False
    """Whether edges between points are interpolated in the logarithm of the parameter."""

    def critical(self, cl: float) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"]]:
        """Return the critical value of t at each point, and its error; `cl` between 0 and 1."""
        estimates = np.array([critical_value(values, cl) for values in self.statistics])
        return estimates[:, 0], estimates[:, 1]

    def p_values(self) -> tuple[Float[np.ndarray, " point"], Float[np.ndarray, " point"]]:
        """Return the share of the toys with t as large as that of the data at each point, and its standard error."""
        count = np.array([len(values) for values in self.statistics])
        passed = [at_least(values, t) for values, t in zip(self.statistics, self.observed, strict=True)]
        with np.errstate(invalid="ignore"):  # not a number where no toy converged
            share = np.array(passed) / count
        # The error of a fraction of 0 or 1 is that of a toy more or less.
        middle = np.clip(share, 1.0 / (count + 1.0), count / (count + 1.0))
        return share, np.sqrt(middle * (1.0 - middle) / count)


class _Toys:
    """Blocks of toys at points that are added in turn."""

    def __init__(self, finished: Finished, engine: Any, progress: Progress | None) -> None:
        self.finished, self.engine, self.progress = finished, engine, progress
        self.truths: list[np.ndarray] = []
        self.blocks: list[list[dict[str, np.ndarray]]] = []
        self.done = 0

    def add(self, truths: np.ndarray) -> range:
        """Take in further points; return their numbers, which decide their random numbers."""
        first = len(self.truths)
        self.truths += list(truths)
        self.blocks += [[] for _ in truths]
        return range(first, len(self.truths))

    def draw(self, wanted: dict[int, int]) -> None:
        """Draw toys until each of the points in `wanted` has as many as it says."""
        tasks = [
            Task(self.truths[point], point, block, min(BLOCK, count - block * BLOCK))
            for point, count in wanted.items()
            for block in range(len(self.blocks[point]), -(-count // BLOCK))
        ]
        results: dict[int, dict[str, np.ndarray]] = {}
        for index, result in self.finished.run(tasks, self.engine):
            results[index] = result
            self.done += 1
            if self.progress is not None:
                self.progress(self.done, self.done + len(tasks) - len(results))
        for index, task in enumerate(tasks):
            self.blocks[task.stream].append(results[index])

    def statistics(self, point: int) -> tuple[np.ndarray, int]:
        """Return t of the toys of a point that converged, and how many did not."""
        toys = joined(self.blocks[point])
        return np.maximum(toys["null"][:, 0] - toys["chi2"], 0.0)[toys["converged"]], int(np.sum(~toys["converged"]))


def construct(
    solver: Solver,
    fit: BestFit,
    free: np.ndarray,
    scanned: Sequence[int],
    points: Float[np.ndarray, "point scanned"],
    levels: Sequence[float],
    count: int,
    seed: int,
    refine: int = 0,
    log: bool = False,
    engine: Any = None,
    progress: Progress | None = None,
    threads: int = 1,
    checkpoint: Path | None = None,
) -> Construction:
    """Return the construction at `points` of the coordinates `scanned`, for confidence `levels` between 0 and 1.

    Every point gets `BLOCK` toys, and up to `count` if its p-value is within `UNDECIDED` errors of a level. With a
    single coordinate scanned, a point is then added at each edge that is farther from all points than its error,
    `refine` times; `log` says that edges are to be interpolated in the logarithm. `checkpoint` keeps the toys of a run
    that is stopped, and is where the next run takes them from.
    """
    first = profile(solver, scanned, np.asarray(points, float), fit.u, free)
    others = minima(solver, fit, free, first.u[:: -(-len(first.u) // MANY_POINTS)])
    work = Work(solver.problem, (tuple(scanned),), others, free, seed, threads)
    finished = Finished(work, checkpoint)
    toys = _Toys(finished, engine, progress)
    where, heights = np.empty((0, len(scanned))), np.empty(0)

    def extend(new: np.ndarray, profiled: Profile) -> None:
        nonlocal where, heights
        where, heights = np.concatenate([where, new]), np.concatenate([heights, profiled.chi2])
        toys.draw(dict.fromkeys(toys.add(profiled.u), min(count, BLOCK)))
        while True:
            so_far = current()
            share, error = so_far.p_values()
            near = np.any([np.abs(share - (1.0 - cl)) < UNDECIDED * error for cl in levels], axis=0)
            drawn = {k: sum(len(block["chi2"]) for block in toys.blocks[k]) for k in np.flatnonzero(near)}
            more = {int(k): min(count, number + 2 * BLOCK) for k, number in drawn.items() if number < count}
            if not more:
                return
            toys.draw(more)

    def current() -> Construction:
        statistics, lost = zip(*(toys.statistics(k) for k in range(len(where))), strict=True)
        observed = np.maximum(heights - min(fit.value, heights.min()), 0.0)
        return Construction(where, np.array(toys.truths), observed, statistics, np.array(lost), log)

    with finished:
        extend(first.points, first)
        for _ in range(refine if len(scanned) == 1 else 0):
            construction = ordered(current())
            by_level = ((edge, error) for cl in levels for edge, error in edges(construction, cl))
            new = list(dict.fromkeys(edge for edge, error in by_level if np.abs(where[:, 0] - edge).min() > error))
            if not new:
                break
            more = np.array(new)[:, None]
            extend(more, profile(solver, scanned, more, fit.u, free))
    return ordered(current()) if len(scanned) == 1 else current()


def ordered(construction: Construction) -> Construction:
    """Return the same with the points in increasing order."""
    order = np.argsort(construction.points[:, 0])
    return dataclasses.replace(
        construction,
        points=construction.points[order],
        u=construction.u[order],
        observed=construction.observed[order],
        statistics=tuple(construction.statistics[k] for k in order),
        lost=construction.lost[order],
    )


def edges(construction: Construction, cl: float) -> list[tuple[float, float]]:
    """Return where t of the data crosses its critical value, between points in increasing order, and the error of that.

    The difference is taken as linear between two points; the error is that of the critical values.
    """
    critical, error = construction.critical(cl)
    above = construction.observed - critical
    outside = above > SAME
    x = construction.points[:, 0]
    x = np.log(x) if construction.log else x
    crossings = []
    for k in np.flatnonzero(outside[1:] != outside[:-1]):
        share = float(np.clip(above[k] / (above[k] - above[k + 1]), 0.0, 1.0))
        slope = (above[k + 1] - above[k]) / (x[k + 1] - x[k])
        noise = float(abs(math.hypot((1.0 - share) * error[k], share * error[k + 1]) / slope))
        edge = float(x[k] + share * (x[k + 1] - x[k]))
        crossings.append((math.exp(edge), math.exp(edge) * noise) if construction.log else (edge, noise))
    return crossings


def pieces(construction: Construction, cl: float) -> tuple[tuple[tuple[float, float], ...], tuple[bool, bool]]:
    """Return the pieces of the interval at `cl`, and whether the first and the last end where the points do."""
    critical, _ = construction.critical(cl)
    inside = construction.observed - critical <= SAME
    x = construction.points[:, 0]
    inner = [edge for edge, _ in edges(construction, cl)]
    ends = [float(x[0])] * bool(inside[0]) + inner + [float(x[-1])] * bool(inside[-1])
    return tuple(zip(ends[::2], ends[1::2], strict=True)), (bool(inside[0]), bool(inside[-1]))
