"""Block 5: χ² on a grid of (sin²θ_W, R_n), the four pulls profiled: the engine beside a hand-written Newton in NumPy.

The counts are linear in the pulls, so that the opponent evaluates the form factor once for each point of the grid and
has gradient and Hessian in closed form. Every point has its own damping; points that have converged leave the batch.
"""

from typing import Protocol

import jax
import numpy as np

from cevnsjax.inference.minimise.solver import Solver

from .case import Case
from .numpy_opponent import numpy_likelihood
from .table import Table
from .timing import compete

POINTS = 50
"""Values of each parameter."""
RANGES = ((0.10, 0.50), (3.0, 9.0))
"""Ranges of sin²θ_W [1] and of R_n [fm]: about the 3σ region."""
BLOCK = 250
"""Points of the grid that iterate side by side."""
TOLERANCE = 1e-10
"""Predicted decrease of χ² at which a point has converged, as in the engine."""


class Pulled(Protocol):
    """An opponent with counts that are linear in the pulls, as `numpy_opponent.NumpyLikelihood` has them."""

    @property
    def backgrounds(self) -> np.ndarray: ...

    @property
    def observed(self) -> np.ndarray: ...

    @property
    def constant(self) -> float: ...

    @property
    def widths(self) -> np.ndarray: ...

    def signal(self, first: np.ndarray, second: np.ndarray, /) -> np.ndarray: ...


def grid() -> np.ndarray:
    """Return the points of the grid, an array (point, 2)."""
    axes = [np.linspace(low, high, POINTS) for low, high in RANGES]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


def _chi2(opponent: Pulled, expected: np.ndarray, pulls: np.ndarray) -> np.ndarray:
    """Return χ² of rows of expected counts, infinite where one is not positive."""
    good = np.all(expected > 0, axis=1)
    logarithm = np.log(np.where(good[:, None], expected, 1.0))
    value = opponent.constant + 2.0 * (expected.sum(axis=1) - logarithm @ opponent.observed)
    return np.where(good, value + (((pulls - 1.0) / opponent.widths) ** 2).sum(axis=1), np.inf)


def profile_pulls(opponent: Pulled, points: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Return χ² minimised over the four pulls, between `limits`, at each row (sin²θ_W [1], R_n [fm])."""
    return np.concatenate(
        [_profile_block(opponent, points[k : k + BLOCK], limits) for k in range(0, len(points), BLOCK)]
    )


def _profile_block(opponent: Pulled, points: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    count, strengths = len(points), len(opponent.widths)
    templates = np.empty((count, strengths, opponent.observed.size))
    templates[:, 0] = opponent.signal(points[:, :1], points[:, 1:])
    templates[:, 1:] = opponent.backgrounds
    result = np.empty(count)
    rows, pulls = np.arange(count), np.ones((count, strengths))
    expected = templates.sum(axis=1)
    value = _chi2(opponent, expected, pulls)
    for _ in range(50):
        ratio = opponent.observed / expected
        slope = 2.0 * (templates @ (1.0 - ratio)[:, :, None])[:, :, 0] + 2.0 * (pulls - 1.0) / opponent.widths**2
        scaled = templates * (ratio / expected)[:, None, :]
        hessian = 2.0 * scaled @ templates.transpose(0, 2, 1) + np.diag(2.0 / opponent.widths**2)
        held = ((pulls <= limits[0]) & (slope > 0)) | ((pulls >= limits[1]) & (slope < 0))
        if held.any():
            slope = np.where(held, 0.0, slope)
            hessian = np.where(held[:, :, None] | held[:, None, :], np.eye(strengths), hessian)
        step = -np.linalg.solve(hessian, slope[:, :, None])[:, :, 0]
        decrease = -0.5 * (slope * step).sum(axis=1)
        going = decrease > TOLERANCE
        result[rows[~going]] = value[~going]
        if not going.any():
            return result
        rows, templates, pulls, value = rows[going], templates[going], pulls[going], value[going]
        step, length = step[going], np.ones(len(rows))
        for _ in range(30):
            trial = np.clip(pulls + length[:, None] * step, *limits)
            expected = (trial[:, None, :] @ templates)[:, 0]
            found = _chi2(opponent, expected, trial)
            worse = found > value * (1.0 + 1e-14)
            if not worse.any():
                break
            length = np.where(worse, 0.5 * length, length)
        pulls, value = trial, found
    result[rows] = np.nan
    return result


def pulls(case: Case) -> Table:
    """Return the times of both, and how far they are apart."""
    points = grid()
    problem = case.problem()
    jax.clear_caches()
    solver = Solver(problem)
    opponent = numpy_likelihood(case.measurement, case.likelihood.interaction)
    starts = np.concatenate([points, np.ones((len(points), len(case.centre) - 2))], axis=1)
    frozen = np.arange(starts.shape[1]) < 2
    limits = (float(solver.lower[2]), float(solver.upper[2]))
    calls = {
        "cevnsjax Newton": lambda: solver.lowest(starts, frozen).value,
        "NumPy Newton": lambda: profile_pulls(opponent, points, limits),
    }
    values = {name: call() for name, call in calls.items()}
    found = compete(calls, rounds=5)
    distance = float(np.max(np.abs(values["cevnsjax Newton"] - values["NumPy Newton"])))
    compiled = {"cevnsjax Newton": solver.compile_seconds}
    rows = [
        (name, compiled.get(name, 0.0), timed.median, timed.best, timed.median / len(points) * 1e6, distance)
        for name, timed in found.items()
    ]
    return Table(
        f"5. Profile of {POINTS} x {POINTS} points over the four pulls",
        ("who", "compile s", "time s", "best turn", "us/point", "largest chi2 distance"),
        rows,
    )
