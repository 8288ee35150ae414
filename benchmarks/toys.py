"""Toy experiments drawn and fitted again, the four pulls with them: the engine, and MINUIT with careful NumPy.

MINUIT fits some of the same toys from the same start, the pulls constrained to the centres of the toy.
"""

import dataclasses
import time
from typing import Any

import iminuit
import jax
import numpy as np

from cevnsjax.inference.problem.problem import Problem
from cevnsjax.inference.toys.draw import asimov, fluctuate
from cevnsjax.inference.toys.refit import refit

from .case import FREE, TIE, Case
from .numpy_opponent import NumpyLikelihood, numpy_likelihood
from .table import Table
from .timing import peak_memory

COUNT, SOME = 10_000, 20
"""Toys of the engine, and of MINUIT."""


@dataclasses.dataclass(frozen=True)
class NumpyToy:
    """χ² of one toy: other counts, other centres of the pulls; coordinates as in `NumpyLikelihood`."""

    base: NumpyLikelihood
    observed: np.ndarray
    centres: np.ndarray

    def __call__(self, u: np.ndarray) -> float:
        """Return χ²."""
        signal = self.base.signal(u[None, :1], u[None, 1:2])[0]
        pulls = u[2:]
        expected = signal * pulls[0] + pulls[1:] @ self.base.backgrounds
        total = expected.sum() - np.log(expected) @ self.observed
        seen = self.observed[self.observed > 0]
        constant = 2.0 * float(np.sum(seen * np.log(seen) - seen))
        return constant + 2.0 * total + float((((pulls - self.centres) / self.base.widths) ** 2).sum())


def minuit(base: NumpyLikelihood, problem: Problem, toys: Problem, start: np.ndarray, some: int) -> np.ndarray:
    """Return the lowest χ² that MIGRAD finds of the first `some` of `toys`, sin²θ_W and R_n free."""
    found = []
    chi2 = toys.chi2
    for k in range(some):
        centres = np.ones(4)
        for row, name in enumerate(chi2.constraints.names):
            weight = chi2.constraints.weights[row, row]
            centres[problem.names.index(name) - 2] = chi2.constraints.centres[k, row] / weight
        # A function of an array: the types of iminuit know functions of numbers alone.
        function: Any = NumpyToy(base, np.asarray(chi2.measurements[0].observed[k]).ravel(), centres)
        fit = iminuit.Minuit(function, start)
        fit.limits = list(zip(*np.maximum(problem.box, 1e-6), strict=True))
        fit.errordef, fit.tol = 1.0, 1e-4
        found.append(fit.migrad().fval)
    return np.array(found)


def toys(case: Case) -> Table:
    """Return the times with sin²θ_W free, and with R_n beside it."""
    count, some = (256, 2) if case.quick else (COUNT, SOME)
    rows = []
    for free in (FREE[:1], FREE):
        tie = TIE if len(free) == 2 else {}
        problem = case.likelihood.problem(free=free, tie=tie)
        base = numpy_likelihood(case.measurement, case.likelihood.interaction)
        truth = problem.coordinates(case.likelihood.parameters.complete())
        jax.clear_caches()
        seconds, kept = [], []

        def run(problem: Problem = problem, truth: np.ndarray = truth, kept: list[Any] = kept) -> None:
            drawn = fluctuate(asimov(problem, truth), count, 1)
            kept[:] = [drawn, refit(problem, drawn, np.tile(truth, (count, 1)))]

        for _ in range(3):
            started = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started)
        memory = peak_memory(run)
        drawn, fitted = kept
        named = ", ".join(free)
        best = min(seconds[1:])
        compiled, converged = seconds[0] - best, float(np.mean(fitted.converged))
        rows.append((named, "cevnsjax", count, compiled, best, 1e6 * best / count, memory, converged, 0.0))
        started = time.perf_counter()
        if len(free) == 2:
            values = minuit(base, problem, drawn, truth, some)
            each = (time.perf_counter() - started) / some
            distance = float(np.max(np.abs(values - fitted.chi2[:some])))
            rows.append((named, "MINUIT, NumPy", some, None, each * count, 1e6 * each, None, None, distance))
    columns = ("free", "who", "toys", "compile s", f"s for {count}", "us/toy", "memory MiB", "converged", "chi2 off")
    return Table(f"12. Toys drawn and fitted, {count} of them; MINUIT from {some}", columns, rows)
