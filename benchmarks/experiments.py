"""The opponents in numba put together: χ² of one experiment or of several, profiled by MIGRAD of iminuit.

`Opponent` takes a problem of the engine with coupling and mass of a universal vector mediator free, and has the same χ²
over the same nuisances, with the gradient by hand. Its MIGRAD starts each point of a grid from the same values.
"""

import math
import time
from typing import Any

import iminuit
import numpy as np

from cevnsjax.detectors.templates import Morphed
from cevnsjax.folding.folded import Factor, FoldedMeasurement
from cevnsjax.inference.problem.problem import Problem
from cevnsjax.stages.backgrounds import BinLevels
from cevnsjax.stages.formulas import Formula
from cevnsjax.stages.products import Product
from cevnsjax.stages.stage import OnAxes

from .experiments_numba import linear_chi2, lines_chi2, moving_chi2
from .experiments_tables import NO_AXIS, SignalTables, signal_tables

LINES = (
    *("continuum_flat", "continuum_exponential", "continuum_slope"),
    *("l1_height", "l1_centre", "l1_width", "m_l1_ratio"),
)
"""What moves the background of Dresden-II."""
NUMBERS = ("l2_height", "l2_centre", "m_ratio", "m_centre", "noise")
"""The constants of its lines of electron capture."""
TOLERANCE = 1e-4
"""Of MIGRAD: 0.002 times as much in the distance to the minimum."""


class Counted:
    """χ² of one measurement: the rows of the signal at a point of the grid, then value and gradient over nuisances."""

    def __init__(self, folded: FoldedMeasurement, problem: Problem, params: dict[str, Any]) -> None:
        """Take the arrays of a folded measurement; `params` are values of all parameters."""
        self._params, self._problem, self._aliases = params, problem, dict(folded.aliases)
        self._observed = np.asarray(folded.observed, float).ravel()
        self._sigma = np.asarray(getattr(folded.term, "sigma", np.empty(0)), float).ravel()
        self._signals: list[SignalTables] = []
        self._morphed: list[np.ndarray] = []
        self._energy, self._lines = np.empty(0), np.empty(0)
        signals, morphed, fixed = list[Factor](), list[Factor](), list[tuple[Factor, np.ndarray]]()
        for factor, stage in zip(folded.factors, folded.stages, strict=True):
            inner: Any = stage.counts if isinstance(stage, OnAxes) else stage
            if isinstance(inner, Product) and isinstance(formula := inner.factors[0], Formula):
                self._energy = np.asarray(formula.values["energy"])
                if set(NUMBERS) <= set(formula.values):
                    self._lines = np.array([formula.values[name] for name in NUMBERS])
            elif isinstance(inner, BinLevels):
                fixed += _levels(inner)
            elif isinstance(inner, Morphed):
                templates = np.asarray(inner.templates.array)
                self._morphed.append(templates.reshape(templates.shape[0] * templates.shape[1], 1, -1))
                morphed.append(factor)
            elif stage.array is not None:
                fixed.append((factor, np.asarray(stage.array, float).ravel()))
            else:
                self._signals.append(signal_tables(stage, folded.local(params)))
                signals.append(factor)
        self._templates = np.array([own for _, own in fixed]).reshape(-1, len(self._observed))
        self._plan = [self._factor_plan(factor) for factor in (*signals, *morphed, *(own for own, _ in fixed))]
        signal = self._signals[0]
        self._moves = signal.axes[0] is not NO_AXIS
        self._axes = tuple(
            (np.array(axis.ends), axis.count, axis.knots, np.ascontiguousarray(axis.coefficients))
            for axis in signal.axes
        )
        self._moving = [self._index(name) for name in (*(axis.parameter for axis in signal.axes), signal.selecting)]
        self._background = [k for name in LINES if (k := self._index(name)) is not None]

    def _index(self, name: str) -> int | None:
        """Return the coordinate of a parameter of the measurement, None if it is fixed."""
        name = self._aliases.get(name, name)
        return self._problem.names.index(name) if name in self._problem.names else None

    def _factor_plan(self, factor: Factor) -> tuple[list[int], float, list[int]]:
        """Return the coordinates that a factor adds, the number beside them, and the coordinates that scale it."""
        added, constant, scales = [], 0.0, []
        for k, name in enumerate((factor.strength, *factor.shared)):
            index = None if name is None else self._index(name)
            fixed = 1.0 if name is None else float(self._params[self._aliases.get(name, name)])
            constant += -1.0 if k else 0.0
            if index is None:
                constant += fixed
            else:
                added.append(index)
        for name in factor.scales:
            index = self._index(name)
            if index is not None:
                scales.append(index)
        return added, constant, scales

    def at(self, coupling: float, mass: float) -> None:
        """Compute what a point of the grid gives."""
        rows = [signal.rows(coupling, mass) for signal in self._signals]
        if self._moves:
            self._rows = np.ascontiguousarray(np.stack([*rows, *self._morphed]))
            return
        spread = [
            np.einsum("cb,cbt->bt", row[0], signal.spread).ravel()
            for row, signal in zip(rows, self._signals, strict=True)
        ]
        self._flat = np.ascontiguousarray(np.vstack([*spread, self._templates]))

    def add(self, u: np.ndarray, gradient: np.ndarray) -> float:
        """Return χ² at the coordinates; add its derivatives to `gradient`."""
        factors = np.empty(len(self._plan))
        for k, (added, constant, scales) in enumerate(self._plan):
            factors[k] = constant + sum(u[i] for i in added)
            for i in scales:
                factors[k] *= u[i]
        slope = np.zeros(len(factors) + 3)
        if len(self._lines) > 0:  # the strength of the signal is fixed
            own = np.empty(len(LINES))
            signal, background = factors @ self._flat, u[self._background]
            value = lines_chi2(background, signal, self._energy, self._lines, self._observed, self._sigma, own)
            gradient[self._background] += own
            return value
        if self._moves:
            value = self._moved(u, factors, slope)
            for k, i in enumerate(self._moving):
                if i is not None:
                    gradient[i] += slope[len(factors) + k]
        else:
            value = linear_chi2(factors, self._flat, self._observed, self._sigma, slope)
        for k, (added, _, scales) in enumerate(self._plan):
            whole = math.prod(u[i] for i in scales)
            for i in added:
                gradient[i] += slope[k] * whole
            for i in scales:
                gradient[i] += slope[k] * factors[k] / u[i]
        return value

    def _moved(self, u: np.ndarray, factors: np.ndarray, slope: np.ndarray) -> float:
        """Return χ² where nuisances move the response; write its derivatives to `slope`."""
        moving = np.array([0.0 if i is None else u[i] for i in self._moving])
        signal = self._signals[0]
        return moving_chi2(
            *(factors, moving, self._rows, self._axes, signal.degrees, signal.selection, signal.bins, signal.spread),
            *(self._templates, self._observed, self._sigma, slope),
        )


def _levels(background: BinLevels) -> list[tuple[Factor, np.ndarray]]:
    """Return a background with a level in each bin of energy as one background for each of these."""
    counts = np.asarray(background.counts, float)
    found = []
    for k, level in enumerate(background.levels):
        own = np.zeros_like(counts)
        own[k] = counts[k]
        found.append((Factor(level), own.ravel()))
    return found


class Opponent:
    """χ² of all experiments with the constraints, and MIGRAD over the nuisances at each point of a grid."""

    def __init__(self, problem: Problem) -> None:
        """Take the arrays of a problem with `g_zp` and `m_zp` first, and compile."""
        if problem.names[:2] != ("g_zp", "m_zp"):
            raise ValueError(f"expected g_zp and m_zp free, found {problem.names[:2]}")
        self.names, (self._low, self._high) = problem.names, problem.box
        params = problem.params(np.asarray(problem.box[0], float))
        self._terms = [Counted(folded, problem, params) for folded in problem.chi2.measurements]
        constraints = problem.chi2.constraints
        self._pulled = np.array([problem.names.index(name) for name in constraints.names], int)
        self._weights, self._centres = np.asarray(constraints.weights), np.asarray(constraints.centres)
        started = time.perf_counter()
        self.at(1e-5, 100.0)
        self.chi2(np.r_[1e-5, 100.0, np.clip(np.ones(len(problem.names) - 2), self._low[2:], self._high[2:])])
        self.compile_seconds = time.perf_counter() - started

    def at(self, coupling: float, mass: float) -> None:
        """Compute what a point of the grid gives."""
        for term in self._terms:
            term.at(coupling, mass)

    def chi2(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Return χ² and its gradient over the nuisances at the point of the grid that `at` was called with."""
        gradient = np.zeros(len(u))
        value = sum(term.add(u, gradient) for term in self._terms)
        pulls = self._weights @ u[self._pulled] - self._centres
        gradient[self._pulled] += 2.0 * self._weights.T @ pulls
        return value + pulls @ pulls, gradient

    def profile(self, points: np.ndarray, start: np.ndarray) -> np.ndarray:
        """Return χ² minimised by MIGRAD over the nuisances, from those of `start`, at each row (g, m [MeV])."""
        return np.array([self._migrad(*row, start) for row in points])

    def _migrad(self, coupling: float, mass: float, start: np.ndarray) -> float:
        self.at(coupling, mass)
        known: list[Any] = [b"", 0.0, np.empty(0)]

        def both(nuisances: np.ndarray) -> list[Any]:
            if known[0] != nuisances.tobytes():
                value, gradient = self.chi2(np.concatenate([(coupling, mass), nuisances]))
                known[:] = nuisances.tobytes(), value, gradient[2:]
            return known

        function: Any = lambda nuisances: both(nuisances)[1]  # noqa: E731 (of an array, as its gradient is)
        slopes: Any = lambda nuisances: both(nuisances)[2]  # noqa: E731
        fit = iminuit.Minuit(function, start[2:], grad=slopes)
        fit.limits = list(zip(self._low[2:], self._high[2:], strict=True))
        fit.tol, fit.errordef, fit.strategy = TOLERANCE, 1.0, 1
        lowest = fit.migrad().fval
        if lowest is None:
            raise RuntimeError("MIGRAD returned no value")
        return float(lowest)
