"""χ² on a grid of coupling and mass of a vector mediator, the four pulls profiled: the engine, NumPy and MINUIT.

The opponent in NumPy is that of block 5 with the amplitude of a universal mediator: everything that no parameter of the
grid touches is an array, one matrix product for each flavour of lepton, the Newton steps over the pulls in closed form.
"NumPy Newton, batched" takes them for many points side by side, each with its own damping; "NumPy Newton" is what an
analyst writes: a loop over the points, Newton steps over the four pulls at each. numba has the same loop compiled, on
all cores. MINUIT minimises the same function over the pulls. The last two in Python run at some points of the grid.
"""

import dataclasses
from typing import Any

import iminuit
import jax
import numpy as np

import cevnsjax as cj
from cevnsjax._base.constants import FERMI_CONSTANT, HBAR_C
from cevnsjax.inference.minimise.solver import Solver

from .case import Case
from .numba_opponent import NumbaMediator
from .numpy_opponent import NumpyLikelihood, numpy_likelihood, pull_widths
from .pulls import TOLERANCE, profile_pulls
from .table import Table
from .timing import compete, peak_memory

POINTS, QUICK_POINTS = 100, 10
"""Values of each parameter."""
COUPLINGS, MASSES = (1e-6, 1e-2), (1.0, 1e4)
"""Ranges of g and of m [MeV], evenly in the logarithm."""
SOME_POINTS, NEAR = 50, 50.0
"""MINUIT and the loop in Python run at so many points, where χ² is within `NEAR` of the lowest: far away undamped
steps diverge, and the pulls of MINUIT end anywhere."""
STEPS, STEP = 8, 1e-8
"""Newton steps at each point at most, and the length of the last one."""


@dataclasses.dataclass(frozen=True)
class NumpyMediator:
    """The opponent with a universal vector mediator: columns are g and m [MeV]."""

    base: NumpyLikelihood
    standard: tuple[np.ndarray, np.ndarray]
    """Amplitude of the Standard Model for ν_e and for ν_μ at each node."""
    charge: np.ndarray
    """3 (Z F_Z + N F_N) / (√2 G_F) at each node [MeV²]."""
    q2: np.ndarray
    """Squared momentum transfer at each node [MeV²]."""

    @property
    def backgrounds(self) -> np.ndarray:
        """Return the expected counts of each background at pull 1, an array (background, bin)."""
        return self.base.backgrounds

    @property
    def observed(self) -> np.ndarray:
        """Return the observed counts."""
        return self.base.observed

    @property
    def constant(self) -> float:
        """Return 2 Σ (n ln n - n)."""
        return self.base.constant

    @property
    def widths(self) -> np.ndarray:
        """Return the widths of the pulls about 1."""
        return self.base.widths

    def signal(self, coupling: np.ndarray, mass: np.ndarray) -> np.ndarray:
        """Return the signal [counts] at pull 1, an array (point, bin)."""
        added = coupling**2 / (self.q2 + mass**2)
        added *= self.charge
        electron, muon = ((amplitude + added) ** 2 for amplitude in self.standard)
        bins = self.base.fold_electron.shape[1]
        spectrum = np.empty((len(electron), bins, 3))
        spectrum[:, :, :2] = (muon @ self.base.fold_muon).reshape(-1, bins, 2)
        spectrum[:, :, 2] = electron @ self.base.fold_electron
        return (spectrum.reshape(-1, 3) @ self.base.arrivals).reshape(len(spectrum), -1)


def numpy_mediator(case: Case) -> NumpyMediator:
    """Return the opponent; the neutron radii are those of the defaults, the pull on the signal has its full width."""
    base = numpy_likelihood(case.measurement, case.likelihood.interaction)
    values = case.likelihood.parameters.complete()
    nodes = len(base.q) // 2
    radius = np.repeat([values["r_n_cs"], values["r_n_i"]], nodes)[None, :]
    electron, muon = base.amplitude(np.array([[values["sin2_theta_w"]]]), radius)
    slope = (electron - muon) / (base.coupling[0] - base.coupling[1])
    neutrons = electron - base.coupling[0] * slope
    charge = 3.0 * (slope + neutrons / case.likelihood.interaction.standard.couplings.neutron)
    return NumpyMediator(
        base=dataclasses.replace(base, widths=pull_widths(case.measurement, set())),
        standard=(electron, muon),
        charge=charge / (np.sqrt(2.0) * FERMI_CONSTANT),
        q2=(base.q * HBAR_C) ** 2,
    )


def minuit(opponent: NumpyMediator, points: np.ndarray, limits: tuple[float, float]) -> np.ndarray:
    """Return χ² minimised over the pulls by MIGRAD at each row (g, m [MeV])."""
    return np.array([_migrad(opponent, opponent.signal(row[None, :1], row[None, 1:])[0], limits) for row in points])


def _migrad(opponent: NumpyMediator, signal: np.ndarray, limits: tuple[float, float]) -> float:
    def chi2(pulls: np.ndarray) -> float:
        expected = signal * pulls[0] + pulls[1:] @ opponent.backgrounds
        total = expected.sum() - np.log(expected) @ opponent.observed
        return opponent.constant + 2.0 * total + (((pulls - 1.0) / opponent.widths) ** 2).sum()

    function: Any = chi2  # of an array: the types of iminuit know functions of numbers alone
    fit = iminuit.Minuit(function, np.ones(4))
    fit.limits = [(max(limits[0], 1e-6), limits[1])] * 4
    fit.tol, fit.errordef = 1e-4, 1.0
    lowest = fit.migrad().fval
    if lowest is None:
        raise RuntimeError("MIGRAD returned no value")
    return float(lowest)


def newton(opponent: NumpyMediator, points: np.ndarray) -> np.ndarray:
    """Return χ² minimised over the pulls at each row (g, m [MeV]), one after the other, by undamped Newton steps."""
    return np.array([_newton(opponent, opponent.signal(row[None, :1], row[None, 1:])[0]) for row in points])


def _newton(opponent: NumpyMediator, signal: np.ndarray) -> float:
    templates, observed = np.vstack([signal, opponent.backgrounds]), opponent.observed
    weights, pulls = 2.0 / opponent.widths**2, np.ones(len(opponent.widths))
    for _ in range(STEPS):
        expected = pulls @ templates
        ratio = observed / expected
        slope = 2.0 * (templates @ (1.0 - ratio)) + weights * (pulls - 1.0)
        hessian = 2.0 * (templates * (ratio / expected)) @ templates.T + np.diag(weights)
        step = np.linalg.solve(hessian, slope)
        pulls = pulls - step
        if np.abs(step).max() < STEP:
            break
    expected = pulls @ templates
    total = expected.sum() - np.log(expected) @ observed
    return opponent.constant + 2.0 * total + 0.5 * weights @ (pulls - 1.0) ** 2


def grid(points: int) -> np.ndarray:
    """Return the rows (g, m [MeV]) of a grid of `points` values of each."""
    axes = [np.geomspace(*COUPLINGS, points), np.geomspace(*MASSES, points)]
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)


def mediator_grid(case: Case) -> Table:
    """Return the times of all, and how far they are from the engine."""
    side, some, rounds = (QUICK_POINTS, 3, 1) if case.quick else (POINTS, SOME_POINTS, 3)
    points = grid(side)
    problem = cj.Likelihood([case.measurement], cj.light_vector("universal")).problem(free=["g_zp", "m_zp"])
    jax.clear_caches()
    solver = Solver(problem)
    opponent = numpy_mediator(case)
    starts = np.concatenate([points, np.ones((len(points), 4))], axis=1)
    frozen = np.arange(starts.shape[1]) < 2
    limits = (float(solver.lower[2]), float(solver.upper[2]))
    numba = NumbaMediator(opponent, limits, TOLERANCE)
    value = solver.lowest(starts, frozen).value
    near = np.flatnonzero(value < value.min() + NEAR)
    chosen = np.random.default_rng(0).choice(near, some, replace=len(near) < some)
    everywhere = np.arange(len(points))
    calls = {
        "cevnsjax Newton": (everywhere, lambda: solver.lowest(starts, frozen).value),
        "numba Newton": (everywhere, lambda: numba(points)),
        "NumPy Newton, batched": (everywhere, lambda: profile_pulls(opponent, points, limits)),
        "NumPy Newton": (chosen, lambda: newton(opponent, points[chosen])),
        "MINUIT": (chosen, lambda: minuit(opponent, points[chosen], limits)),
    }
    values = {name: call() for name, (_, call) in calls.items()}
    found = compete({name: call for name, (_, call) in calls.items()}, rounds)
    memory = {name: peak_memory(call) for name, (_, call) in calls.items()}
    compiled = {"cevnsjax Newton": solver.compile_seconds, "numba Newton": numba.compile_seconds}
    fastest = found["cevnsjax Newton"].median / len(points)
    rows = []
    for name, (where, _) in calls.items():
        each, best = found[name].median / len(where), found[name].best / len(where)
        distance = float(np.max(np.abs(values[name] - value[where]) / np.maximum(1.0, value[where])))
        whole, lowest, micro = each * len(points), best * len(points), 1e6 * each
        rows.append((name, compiled.get(name), whole, lowest, micro, each / fastest, memory[name], distance))
    columns = ("who", "compile s", "time s", "best turn", "us/point", "times slower", "memory MiB", "largest distance")
    return Table(
        f"8. Profile of {side} x {side} points (g, M) of a universal vector mediator over the four pulls; distance of "
        f"chi2, relative; MINUIT and NumPy Newton from {some} points",
        columns,
        rows,
    )
