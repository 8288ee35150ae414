"""The evidence of a posterior with two modes: importance and nested sampling of ours, dynesty on numba, a fine grid.

A coupling ε_ee^u of electron neutrinos to up quarks changes the amplitude by a number, so that either sign of it gives
the same events: two modes, with the four strengths free beside it. The counts are a parabola in the coupling, which
numba has as three arrays. The grid has the coupling evenly, and the strengths by quadrature about their minimum.
"""

import math
import time
from typing import Any

import numpy as np

import cevnsjax as cj
from cevnsjax.inference.minimise.solver import Solver
from cevnsjax.inference.problem.evaluate import Evaluator
from cevnsjax.inference.problem.problem import Problem

from .case import Case
from .experiments_numba import linear_chi2
from .table import Table, verdict

COUPLING = "eps_ee_u"
BETWEEN = 0.19
"""Between both modes, where the posterior is lowest."""
RANGE, VALUES = (-0.6, 1.0), 321
"""Where the posterior is, of the bounds -10 to 10, and how many values of the coupling the grid has there."""
ORDERS, REACH, FAR = (32, 8), 7.0, 40.0
"""Nodes of the strength that is cut and of each of the others; standard deviations about the minimum that the former
reaches; χ² above the lowest beyond which there is nothing."""
STRENGTHS = ("nin_norm", "cevns_norm", "brn_norm", "ss_norm")
"""The strengths, the one that is cut first."""
DRAWS, LIVE = 200_000, 1000
QUICK_DRAWS, QUICK_LIVE = 4000, 50
WITHIN = 3.0
"""Errors within which evidence and weights are to agree with the grid."""


class Modes:
    """χ² in numba against the coupling and the strengths of signal and backgrounds."""

    def __init__(self, likelihood: cj.Likelihood, problem: Problem) -> None:
        """Take the parabola, the backgrounds and the pulls of the engine."""
        folded = problem.chi2.measurements[0]
        params = problem.params(np.array(problem.coordinates(likelihood.parameters.complete())))
        below, at, above = (np.ravel(folded.stages[0](params | {COUPLING: x})) for x in (-1.0, 0.0, 1.0))
        self._parabola = np.array([at, 0.5 * (above - below), 0.5 * (above + below) - at])
        self._backgrounds = [np.ravel(stage(params)) for stage in folded.stages[1:]]
        self._observed = np.ravel(np.asarray(folded.observed, float))
        constraints = problem.chi2.constraints
        self.widths = 1.0 / np.diag(np.asarray(constraints.weights))
        self.box = problem.box

    def chi2(self, u: np.ndarray) -> float:
        """Return χ² of the data alone."""
        signal = u[0] ** np.arange(3) @ self._parabola
        templates = np.vstack([signal, *self._backgrounds])
        return linear_chi2(u[1:], templates, self._observed, np.empty(0), np.empty(len(templates)))

    def log_room(self) -> float:
        """Return ln of the volume of the priors: the bounds of the coupling, the Gaussians within theirs."""
        low, high = (np.asarray(end, float) for end in self.box)
        ends = [(end[1:] - 1.0) / self.widths / math.sqrt(2.0) for end in (low, high)]
        shares = [0.5 * (math.erf(b) - math.erf(a)) for a, b in zip(*ends, strict=True)]
        gaussian = np.log(self.widths * math.sqrt(2.0 * math.pi) * np.array(shares)).sum()
        return float(np.log(high[0] - low[0]) + gaussian)

    def from_cube(self, x: np.ndarray) -> np.ndarray:
        """Return the coordinates at places of the unit cube, where the prior is flat."""
        from scipy.special import ndtr, ndtri

        low, high = (np.asarray(end, float) for end in self.box)
        u = low + x * (high - low)
        first, last = (ndtr((end[1:] - 1.0) / self.widths) for end in (low, high))
        u[1:] = np.clip(1.0 + self.widths * ndtri(first + x[1:] * (last - first)), low[1:], high[1:])
        return u


def _rule(quick: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes and weights over the unit interval and three standard normal variables, the weights exp(½ z²) in."""
    legendre, hermite = (8, 4) if quick else ORDERS
    x, w = np.polynomial.legendre.leggauss(legendre)
    z, v = np.polynomial.hermite_e.hermegauss(hermite)
    axes, own = [0.5 * (x + 1.0), z, z, z], [0.5 * w, *[v * np.exp(0.5 * z**2)] * 3]
    nodes, weights = (np.stack(np.meshgrid(*each, indexing="ij"), axis=-1).reshape(-1, 4) for each in (axes, own))
    return nodes, weights.prod(axis=1)


def on_grid(problem: Problem, modes: Modes, quick: bool) -> tuple[float, float]:
    """Return ln of the evidence and the weight of the first mode by the grid.

    The strength of the neutrinos from lead comes first, by Gauss and Legendre: its prior is cut at 0. The others are
    turned and scaled by the curvature at each minimum, and shifted with the first, by Gauss and Hermite.
    """
    low, high = (np.asarray(end, float) for end in problem.box)
    axis, step = np.linspace(*RANGE, 41 if quick else VALUES, retstep=True)
    starts = np.concatenate([axis[:, None], np.ones((len(axis), 4))], axis=1)
    evaluator, order = Evaluator(problem), np.array([problem.names.index(name) for name in STRENGTHS])
    found = Solver(problem).lowest(starts, np.arange(5) < 1)
    nodes, weights = _rule(quick)
    density, lowest = np.zeros(len(axis)), found.value.min()
    for k in np.flatnonzero(found.value < lowest + FAR):
        covariance = 2.0 * np.linalg.inv(np.asarray(evaluator.hessian(found.u[k]))[1:, 1:])
        factor = np.linalg.cholesky(covariance[np.ix_(order - 1, order - 1)])
        middle = found.u[k, order]
        ends = max(low[order[0]], middle[0] - REACH * factor[0, 0]), middle[0] + REACH * factor[0, 0]
        z = nodes.copy()
        z[:, 0] = (ends[0] + (ends[1] - ends[0]) * nodes[:, 0] - middle[0]) / factor[0, 0]
        u = np.full((len(z), 5), axis[k])
        u[:, order] = middle + z @ factor.T
        chi2 = np.asarray(evaluator.chi2(u))
        inside = np.all((u >= low) & (u <= high), axis=1) & np.isfinite(chi2)
        size = (ends[1] - ends[0]) * np.diag(factor)[1:].prod()
        density[k] = size * (weights[inside] @ np.exp(-0.5 * (chi2[inside] - lowest)))
    total = density.sum() * step
    share = float(density[axis < BETWEEN].sum() / density.sum())
    return math.log(total) - 0.5 * float(lowest) - modes.log_room(), share


def _dynesty(modes: Modes, live: int) -> tuple[float, float, float, float]:
    """Return ln of the evidence, its error, the weight of the first mode, and its error, by dynesty."""
    import dynesty

    def log_likelihood(u: np.ndarray) -> float:
        value = modes.chi2(u)
        return -0.5 * value if math.isfinite(value) else -1e300

    make: Any = dynesty.NestedSampler  # whose class makes an object of another
    sampler = make(log_likelihood, modes.from_cube, 5, nlive=live, bound="multi", rstate=np.random.default_rng(1))
    sampler.run_nested(print_progress=False)
    found: Any = sampler.results
    weight = np.exp(found.logwt - found.logz[-1])
    share = float(weight[found.samples[:, 0] < BETWEEN].sum() / weight.sum())
    return float(found.logz[-1]), float(found.logzerr[-1]), share, math.sqrt(share * (1.0 - share) / live)


def _ours(likelihood: cj.Likelihood, method: Any) -> tuple[float, float, float, float]:
    """Return the same by a method of the engine."""
    posterior = likelihood.sample([COUPLING], method=method, seed=1)
    content = posterior.as_dict()
    draws = posterior.draws(COUPLING).ravel()
    share = float(np.mean(draws < BETWEEN))
    count = getattr(method, "live", None) or content.get("effective_draws") or len(draws)
    return content["log_evidence"], content["log_evidence_error"], share, math.sqrt(share * (1.0 - share) / count)


def evidence(case: Case) -> Table:
    """Return ln of the evidence and the weight of the first mode by all, beside the grid."""
    likelihood = cj.Likelihood([case.measurement], cj.nsi())
    problem = likelihood.problem(free=[COUPLING])
    modes = Modes(likelihood, problem)
    modes.chi2(np.r_[0.0, np.ones(4)])  # compiles
    draws, live = (QUICK_DRAWS, QUICK_LIVE) if case.quick else (DRAWS, LIVE)
    begun = time.perf_counter()
    reference, weight = on_grid(problem, modes, case.quick)
    rows: list[tuple[Any, ...]] = [
        ("fine grid", reference, None, weight, None, time.perf_counter() - begun, None, None, None)
    ]
    calls = {
        "cevnsjax importance": lambda: _ours(likelihood, cj.Importance(draws=draws)),
        "cevnsjax nested": lambda: _ours(likelihood, cj.Nested(live=live)),
        "dynesty on numba": lambda: _dynesty(modes, live),
    }
    for name, call in calls.items():
        begun = time.perf_counter()
        logarithm, error, share, share_error = call()
        seconds = time.perf_counter() - begun
        off, share_off = (logarithm - reference) / error, (share - weight) / share_error
        good = abs(off) < WITHIN and abs(share_off) < WITHIN
        bar = verdict(good) if name.startswith("cevnsjax") else None
        rows.append((name, f"{logarithm:.4f}", f"{error:.4f}", f"{share:.4f}", f"{share_error:.4f}"))
        rows[-1] += (seconds, off, share_off, bar)
    rows[0] = (rows[0][0], f"{reference:.4f}", None, f"{weight:.4f}", *rows[0][4:])
    columns = ("who", "ln Z", "error", "weight below", "its error", "s", "ln Z off [errors]", "weight off [errors]")
    title = f"16. Evidence of {COUPLING} on CsI 2021, four strengths free, compiling in; weight of the mode below "
    return Table(f"{title}{BETWEEN}; bar: within {WITHIN:.0f} errors of the grid", (*columns, "verdict"), rows)
