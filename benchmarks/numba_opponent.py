"""The opponent in numba: the loops of one likelihood written out, χ² and its gradient by hand, compiled by LLVM.

It starts from the arrays of the NumPy opponent. A batch runs on all cores, a point of it in one thread; bins without
events need no logarithm. Nothing is left to differentiate or to profile for it: whoever changes the model writes it
again.
"""

import math
import time
from typing import TYPE_CHECKING

import numba
import numpy as np

from cevnsjax.nuclei.form_factors import HELM_SKIN

from .numpy_opponent import NumpyLikelihood

if TYPE_CHECKING:
    from .mediator_grid import NumpyMediator


@numba.njit(fastmath=True)
def add_spectrum(electron, muon, fold_electron, fold_muon, spectrum):
    """Add the counts of ν_e (row 2), ν_μ and ν̄_μ (rows 0 and 1) in each energy bin to `spectrum` (flavour, bin)."""
    bins = fold_electron.shape[1]
    for k in range(len(electron)):
        squared = electron[k] * electron[k]
        for b in range(bins):
            spectrum[2, b] += squared * fold_electron[k, b]
        squared = muon[k] * muon[k]
        for b in range(bins):
            spectrum[0, b] += squared * fold_muon[k, b, 0]
            spectrum[1, b] += squared * fold_muon[k, b, 1]


@numba.njit(fastmath=True)
def spread(spectrum, arrivals, signal):
    """Write the counts of each energy bin at each time, all flavours together, to `signal`."""
    times = arrivals.shape[1]
    for b in range(spectrum.shape[1]):
        for t in range(times):
            signal[b * times + t] = (
                spectrum[0, b] * arrivals[0, t] + spectrum[1, b] * arrivals[1, t] + spectrum[2, b] * arrivals[2, t]
            )


@numba.njit(fastmath=True)
def pulled_chi2(signal, pulls, backgrounds, observed, constant, widths, slope):
    """Return χ² and write its derivative with respect to the counts of each bin to `slope`."""
    value = 0.0
    for b in range(len(signal)):
        expected = pulls[0] * signal[b]
        for j in range(len(backgrounds)):
            expected += pulls[1 + j] * backgrounds[j, b]
        value += expected
        slope[b] = 2.0
        if observed[b] > 0:
            value -= observed[b] * math.log(expected)
            slope[b] = 2.0 - 2.0 * observed[b] / expected
    value = constant + 2.0 * value
    for j in range(len(pulls)):
        value += ((pulls[j] - 1.0) / widths[j]) ** 2
    return value


@numba.njit(fastmath=True)
def _chi2(u, arrays, gradient):
    """Return χ² at one vector of coordinates; write its gradient to `gradient` unless that is empty."""
    q, proton, neutron, fold_electron, fold_muon, arrivals, backgrounds, observed, widths, numbers = arrays
    at_electron, at_muon, steepness, anchor, constant = numbers
    nodes, bins, times = len(q), fold_electron.shape[1], arrivals.shape[1]
    box = math.sqrt(5.0 / 3.0 * (u[1] * u[1] - 3.0 * HELM_SKIN**2))
    move = steepness * (u[0] - anchor)
    electron, muon, sine = np.empty(nodes), np.empty(nodes), np.empty(nodes)
    for k in range(nodes):
        x = box * q[k]
        sine[k] = math.sin(x)
        ball = neutron[k] * (sine[k] - x * math.cos(x)) / box**3
        electron[k] = (at_electron + move) * proton[k] + ball
        muon[k] = (at_muon + move) * proton[k] + ball
    spectrum, signal, slope = np.zeros((3, bins)), np.empty(bins * times), np.empty(bins * times)
    add_spectrum(electron, muon, fold_electron, fold_muon, spectrum)
    spread(spectrum, arrivals, signal)
    value = pulled_chi2(signal, u[2:], backgrounds, observed, constant, widths, slope)
    if len(gradient) == 0:
        return value
    back = np.zeros((3, bins))
    gradient[:] = 0.0
    for b in range(bins):
        for t in range(times):
            here = slope[b * times + t]
            gradient[2] += here * signal[b * times + t]
            for j in range(len(backgrounds)):
                gradient[3 + j] += here * backgrounds[j, b * times + t]
            for f in range(3):
                back[f, b] += here * u[2] * arrivals[f, t]
    by_box = 0.0
    for k in range(nodes):
        of_electron = of_muon = 0.0
        for b in range(bins):
            of_electron += fold_electron[k, b] * back[2, b]
            of_muon += fold_muon[k, b, 0] * back[0, b] + fold_muon[k, b, 1] * back[1, b]
        of_electron *= 2.0 * electron[k]
        of_muon *= 2.0 * muon[k]
        gradient[0] += steepness * proton[k] * (of_electron + of_muon)
        ball = electron[k] - (at_electron + move) * proton[k]
        by_box += (of_electron + of_muon) * (neutron[k] * sine[k] * q[k] * q[k] / box**2 - 3.0 * ball / box)
    gradient[1] = by_box * 5.0 / 3.0 * u[1] / box
    for j in range(len(widths)):
        gradient[2 + j] += 2.0 * (u[2 + j] - 1.0) / widths[j] ** 2
    return value


@numba.njit(fastmath=True, parallel=True)
def _batch(u, arrays, gradients):
    values = np.empty(len(u))
    for k in numba.prange(len(u)):
        values[k] = _chi2(u[k], arrays, gradients[k])
    return values


class NumbaLikelihood:
    """χ² and gradient against the coordinates of the NumPy opponent, as it has them."""

    def __init__(self, base: NumpyLikelihood) -> None:
        """Take the arrays of `base` and compile."""
        self.arrays = self.arrays_of(base)
        self.dimension = 2 + len(base.widths)
        started = time.perf_counter()
        middle = np.r_[base.coupling[3], 5.0, np.ones(len(base.widths))]
        self.chi2(middle)
        self.gradient(middle)
        self.chi2_batch(middle[None, :])
        self.compile_seconds = time.perf_counter() - started

    @staticmethod
    def arrays_of(base: NumpyLikelihood) -> tuple[np.ndarray, ...]:
        """Return the arrays that the loops run over."""
        nodes, bins = base.fold_electron.shape
        return (
            base.q,
            base.proton,
            base.neutron,
            base.fold_electron,
            np.ascontiguousarray(base.fold_muon.reshape(nodes, bins, 2)),
            np.ascontiguousarray(base.arrivals),
            np.ascontiguousarray(base.backgrounds),
            base.observed,
            base.widths,
            np.array([*base.coupling, base.constant]),
        )

    def chi2(self, u: np.ndarray) -> float:
        """Return χ² at one vector of coordinates."""
        return _chi2(u, self.arrays, np.empty(0))

    def gradient(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Return χ² and its gradient at one vector of coordinates."""
        gradient = np.empty(self.dimension)
        return _chi2(u, self.arrays, gradient), gradient

    def chi2_batch(self, u: np.ndarray) -> np.ndarray:
        """Return χ² at each row of coordinates."""
        return _batch(u, self.arrays, np.empty((len(u), 0)))

    def gradient_batch(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return χ² and its gradient at each row of coordinates."""
        gradients = np.empty((len(u), self.dimension))
        return _batch(u, self.arrays, gradients), gradients


@numba.njit(fastmath=True)
def _derivatives(pulls, templates, observed, widths, slope, hessian):
    """Write gradient and Hessian of χ² with respect to the pulls, the templates being the counts at pulls of 1."""
    count, bins = templates.shape
    slope[:] = 0.0
    hessian[:] = 0.0
    for b in range(bins):
        expected = 0.0
        for j in range(count):
            expected += pulls[j] * templates[j, b]
        ratio = observed[b] / expected
        curvature = 2.0 * ratio / expected
        for j in range(count):
            slope[j] += 2.0 * templates[j, b] * (1.0 - ratio)
            for i in range(j + 1):
                hessian[j, i] += curvature * templates[j, b] * templates[i, b]
    for j in range(count):
        slope[j] += 2.0 * (pulls[j] - 1.0) / widths[j] ** 2
        hessian[j, j] += 2.0 / widths[j] ** 2


@numba.njit(fastmath=True)
def _value(pulls, templates, observed, widths, constant):
    """Return χ², very large where the expected counts are not positive."""
    value = 0.0
    for b in range(templates.shape[1]):
        expected = 0.0
        for j in range(len(pulls)):
            expected += pulls[j] * templates[j, b]
        if expected <= 0.0:
            return 1e300
        value += expected
        if observed[b] > 0:
            value -= observed[b] * math.log(expected)
    value = constant + 2.0 * value
    for j in range(len(pulls)):
        value += ((pulls[j] - 1.0) / widths[j]) ** 2
    return value


@numba.njit
def _solve(matrix, right):
    """Solve in place with the lower half of a positive definite matrix (Cholesky)."""
    count = len(right)
    for j in range(count):
        for i in range(j + 1):
            total = matrix[j, i]
            for k in range(i):
                total -= matrix[j, k] * matrix[i, k]
            matrix[j, i] = math.sqrt(total) if i == j else total / matrix[i, i]
    for j in range(count):
        for k in range(j):
            right[j] -= matrix[j, k] * right[k]
        right[j] /= matrix[j, j]
    for j in range(count - 1, -1, -1):
        for k in range(j + 1, count):
            right[j] -= matrix[k, j] * right[k]
        right[j] /= matrix[j, j]


@numba.njit
def minimise_pulls(templates, observed, widths, constant, low, high, tolerance):
    """Return χ² minimised over the pulls between `low` and `high`: Newton, halved until χ² falls."""
    count = len(widths)
    pulls, slope, hessian = np.ones(count), np.empty(count), np.empty((count, count))
    value = _value(pulls, templates, observed, widths, constant)
    for _ in range(50):
        _derivatives(pulls, templates, observed, widths, slope, hessian)
        for j in range(count):
            if (pulls[j] <= low and slope[j] > 0.0) or (pulls[j] >= high and slope[j] < 0.0):
                slope[j] = 0.0
                hessian[j, :] = 0.0
                hessian[:, j] = 0.0
                hessian[j, j] = 1.0
        step = -slope
        _solve(hessian, step)
        if -0.5 * slope @ step < tolerance:
            return value
        length = 1.0
        for _ in range(30):
            trial = np.minimum(np.maximum(pulls + length * step, low), high)
            found = _value(trial, templates, observed, widths, constant)
            if found <= value * (1.0 + 1e-14):
                break
            length *= 0.5
        pulls, value = trial, found
    return np.nan


@numba.njit(fastmath=True, parallel=True)
def _mediator_grid(points, arrays, standard, charge, q2, widths, limits, tolerance):
    _, _, _, fold_electron, fold_muon, arrivals, backgrounds, observed, _, numbers = arrays
    bins, cells = fold_electron.shape[1], len(observed)
    values = np.empty(len(points))
    for p in numba.prange(len(points)):
        added = points[p, 0] ** 2 / (q2 + points[p, 1] ** 2) * charge
        spectrum, templates = np.zeros((3, bins)), np.empty((len(widths), cells))
        add_spectrum(standard[0] + added, standard[1] + added, fold_electron, fold_muon, spectrum)
        spread(spectrum, arrivals, templates[0])
        templates[1:] = backgrounds
        values[p] = minimise_pulls(templates, observed, widths, numbers[4], limits[0], limits[1], tolerance)
    return values


class NumbaMediator:
    """χ² of a universal vector mediator, the four pulls profiled at each point of a grid."""

    def __init__(self, opponent: "NumpyMediator", limits: tuple[float, float], tolerance: float) -> None:
        """Take the arrays of the opponent in NumPy and compile; `tolerance` is the decrease at which a fit ends."""
        arrays = NumbaLikelihood.arrays_of(opponent.base)
        standard = np.array([each.ravel() for each in opponent.standard])
        self._rest = (arrays, standard, opponent.charge.ravel(), opponent.q2, opponent.base.widths, limits, tolerance)
        started = time.perf_counter()
        self(np.array([[1e-5, 100.0]]))
        self.compile_seconds = time.perf_counter() - started

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Return the profiled χ² at each row (g, m [MeV])."""
        return _mediator_grid(points, *self._rest)
