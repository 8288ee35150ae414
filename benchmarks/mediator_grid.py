"""χ² on a grid of coupling and mass of a vector mediator, the four pulls profiled: the engine, NumPy and MINUIT.

The opponent in NumPy is that of block 5 with the amplitude of a universal mediator: everything that no parameter of the
grid touches is an array, one matrix product for each flavour of lepton, the Newton steps over the pulls in closed form.
MINUIT minimises the same function over the pulls, at some points of the grid: its time is for each point.
"""

import dataclasses

import iminuit
import jax
import numpy as np

import cevnsjax as cj
from cevnsjax._constants import FERMI_CONSTANT, HBAR_C
from cevnsjax.inference.fit import Solver

from .case import Case
from .numpy_opponent import NumpyLikelihood, numpy_likelihood
from .pulls import profile_pulls
from .table import Table
from .timing import compete

POINTS = 100
"""Values of each parameter."""
COUPLINGS, MASSES = (1e-6, 1e-2), (1.0, 1e4)
"""Ranges of g and of m [MeV], evenly in the logarithm."""
MINUIT_POINTS, NEAR = 50, 50.0
"""MINUIT is run at so many points, where χ² is within `NEAR` of the lowest: far away its pulls end anywhere."""


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

    def __getattr__(self, name: str) -> object:
        return getattr(self.base, name)

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
    widths = [case.measurement.constraints(set())[s.parameter].width for s in case.measurement.strengths]
    return NumpyMediator(
        base=dataclasses.replace(base, widths=np.array(widths)),
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

    fit = iminuit.Minuit(chi2, np.ones(4))
    fit.limits = [(max(limits[0], 1e-6), limits[1])] * 4
    fit.tol, fit.errordef = 1e-4, 1.0
    return float(fit.migrad().fval)


def mediator_grid(case: Case) -> Table:
    """Return the times of all, and how far they are from the engine."""
    axes = [np.geomspace(*COUPLINGS, POINTS), np.geomspace(*MASSES, POINTS)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    problem = cj.Likelihood([case.measurement], cj.light_vector("universal")).problem(free=["g_zp", "m_zp"])
    jax.clear_caches()
    solver = Solver(problem)
    opponent = numpy_mediator(case)
    starts = np.concatenate([points, np.ones((len(points), 4))], axis=1)
    frozen = np.arange(starts.shape[1]) < 2
    limits = (float(solver.lower[2]), float(solver.upper[2]))
    value = solver(starts, frozen).value
    near = np.flatnonzero(value < value.min() + NEAR)
    some = np.random.default_rng(0).choice(near, MINUIT_POINTS, replace=False)
    calls = {
        "cevnsjax Newton": lambda: solver(starts, frozen).value,
        "NumPy Newton": lambda: profile_pulls(opponent, points, limits),
        "MINUIT": lambda: minuit(opponent, points[some], limits),
    }
    values = {name: call() for name, call in calls.items()}
    found = compete(calls, rounds=3)
    engine = values["cevnsjax Newton"]
    rows = []
    for name, timed in found.items():
        count = MINUIT_POINTS if name == "MINUIT" else len(points)
        compared = engine[some] if name == "MINUIT" else engine
        distance = float(np.max(np.abs(values[name] - compared) / np.maximum(1.0, compared)))
        compiled = solver.compile_seconds if name == "cevnsjax Newton" else 0.0
        whole = timed.median / count * len(points)
        rows.append((name, compiled, whole, timed.best / count * len(points), timed.median / count * 1e6, distance))
    return Table(
        f"8. Profile of {POINTS} x {POINTS} points (g, M) of a universal vector mediator over the four pulls",
        ("who", "compile s", "time s", "best turn", "us/point", "largest distance of chi2 (relative)"),
        rows,
    )
