"""MINUIT on a problem, with the exact gradient and Hessian: MIGRAD, HESSE and MINOS as the field knows them.

F. James and M. Roos, Comput. Phys. Commun. 10, 343 (1975); H. Dembinski and P. Ongmongkolkul, iminuit,
doi:10.5281/zenodo.3949207.
"""

import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._base.clock import CLOCK
from ..._base.typing import Float
from ..problem.evaluate import Evaluator
from ..problem.problem import Problem
from .newton import Minimum
from .settling import EARLY, settle
from .widths import conditional_width

if TYPE_CHECKING:
    from iminuit import Minuit

STEEP = 100.0
"""Rise of χ² over a step from which on the curvature that it comes from says nothing."""
TIGHT = 1e-4
"""Tolerance of MIGRAD where its minima are compared: an estimated distance of 2e-7 to the minimum of χ²."""


def first_steps(
    start: Float[np.ndarray, " coordinate"],
    hessian: Float[np.ndarray, "coordinate coordinate"],
    box: tuple[np.ndarray, np.ndarray],
) -> Float[np.ndarray, " coordinate"]:
    """Return the step of each coordinate over which χ² bends by 1 at `start`, at most a tenth of its range."""
    longest = 0.1 * (box[1] - box[0])
    curvature = np.abs(np.diag(hessian))
    known = np.isfinite(curvature) & (curvature > 2.0 / longest**2)
    return np.where(known, np.sqrt(2.0 / np.where(known, curvature, 1.0)), longest)


def seen_steps(
    chi2: Callable[[Float[np.ndarray, " coordinate"]], float],
    start: Float[np.ndarray, " coordinate"],
    steps: Float[np.ndarray, " coordinate"],
    box: tuple[np.ndarray, np.ndarray],
) -> Float[np.ndarray, " coordinate"]:
    """Return `steps`, shorter where χ² rises far more over a step than its curvature says: of a coupling at zero."""
    shortened, value = steps.copy(), chi2(start)
    for k, step in enumerate(steps):
        moved = [np.clip(start + sign * step * np.eye(len(start))[k], *box) for sign in (1.0, -1.0)]
        if not max(chi2(point) for point in moved) < value + STEEP:
            shortened[k] = min(step, conditional_width(chi2, start, k, float(box[0][k]), float(box[1][k])))
    return shortened


def inside(
    start: Float[np.ndarray, "*start coordinate"],
    steps: Float[np.ndarray, "*start coordinate"],
    box: tuple[np.ndarray, np.ndarray],
) -> Float[np.ndarray, "*start coordinate"]:
    """Return `start` a tenth of a step away from the bounds, where the sine transform of MINUIT has no slope."""
    return np.clip(start, box[0] + 0.1 * steps, box[1] - 0.1 * steps)


def to_minuit(
    problem: Problem, start: Float[np.ndarray, " coordinate"], evaluator: Evaluator | None = None
) -> "Minuit":
    """Return MINUIT set up for `problem` at `start`: names, limits, steps, and exact derivatives; nothing is fitted."""
    from iminuit import Minuit
    from iminuit.warnings import IMinuitWarning

    chi2 = evaluator or Evaluator(problem)
    start = np.asarray(start, float)
    steps = first_steps(start, chi2.hessian(start), problem.box)
    steps = seen_steps(lambda u: float(chi2.chi2(u)), start, steps, problem.box)
    # Its types know functions of a number for each parameter, not of an array, which it calls if the start is one.
    set_up: Any = Minuit
    with warnings.catch_warnings():
        # It warns that g2 has no effect beside the Hessian, and fails without it where curvature is negative.
        warnings.simplefilter("ignore", IMinuitWarning)
        minuit: Minuit = set_up(
            lambda u: float(chi2.chi2(u)),
            inside(start, steps, problem.box),
            grad=lambda u: np.asarray(chi2.value_and_gradient(u)[1]),
            g2=lambda u: np.diag(chi2.hessian(u)),
            hessian=chi2.hessian,
            name=problem.names,
        )
    minuit.errordef = Minuit.LEAST_SQUARES
    minuit.limits = list(zip(*problem.box, strict=True))
    minuit.errors = steps
    return minuit


class MinuitSearch:
    """Minimises a problem with MIGRAD, start after start: slow, and independent of the other minimisers."""

    @CLOCK.during("compile")
    def __init__(self, problem: Problem, tolerance: float = TIGHT) -> None:
        """Compile χ², its gradient and its Hessian; `tolerance` is that of MIGRAD."""
        started, self._tolerance = time.perf_counter(), tolerance
        self.problem = problem
        self.lower, self.upper = problem.box
        self._evaluator = Evaluator(problem)
        middle = 0.5 * (self.lower + self.upper)
        self._evaluator.chi2(middle)
        self._evaluator.value_and_gradient(middle)
        self._evaluator.hessian(middle)
        self.compile_seconds, self.run_seconds = time.perf_counter() - started, 0.0

    def __call__(self, start: Float[np.ndarray, "start coordinate"], frozen: np.ndarray) -> Minimum:
        """Return the minimum reached from each row of `start`, the coordinates marked in `frozen` held."""
        started = time.perf_counter()
        minima = [
            self._minimise(row, held) for row, held in zip(start, np.broadcast_to(frozen, start.shape), strict=True)
        ]
        self.run_seconds += time.perf_counter() - started
        columns = zip(*minima, strict=True)
        return Minimum(*(np.array(column) for column in columns))

    def _derivatives(self, u: Float[np.ndarray, " coordinate"]) -> tuple[float, np.ndarray, np.ndarray]:
        value, gradient = self._evaluator.value_and_gradient(u)
        return float(value), np.asarray(gradient), self._evaluator.hessian(u)

    def _minimise(
        self, start: np.ndarray, frozen: np.ndarray
    ) -> tuple[np.ndarray, float, np.ndarray, np.ndarray, bool, int]:
        """Return where MIGRAD ended: place, χ², gradient, Hessian, whether it converged, and how often it called."""
        u, calls = start, 0
        if np.isfinite(self._evaluator.chi2(start)) and not frozen.all():
            minuit = to_minuit(self.problem, start, self._evaluator)
            minuit.tol = self._tolerance
            minuit.fixed = frozen
            minuit.values = np.where(frozen, start, np.array(minuit.values))
            level, minuit.print_level = minuit.print_level, -1  # it warns of starts where χ² bends down
            minuit.migrad()
            minuit.print_level = level
            u, calls = np.where(frozen, start, np.array(minuit.values)), minuit.nfcn
        u, reached = settle(u, *self._derivatives(u)[1:], frozen, (self.lower, self.upper), EARLY)
        return u, *self._derivatives(u), reached, calls
