"""The opponent in numba: the loops of one likelihood written out, χ² and its gradient by hand, compiled by LLVM.

It starts from the arrays of the NumPy opponent. A batch runs on all cores, a point of it in one thread; bins without
events need no logarithm. Nothing is left to differentiate or to profile for it: whoever changes the model writes it
again.
"""

import math
import time

import numba
import numpy as np

from cevnsjax.nuclei.form_factors import HELM_SKIN

from .numpy_opponent import NumpyLikelihood


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
        nodes, bins = base.fold_electron.shape
        self.arrays = (
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
        self.dimension = 2 + len(base.widths)
        started = time.perf_counter()
        middle = np.r_[base.coupling[3], 5.0, np.ones(len(base.widths))]
        self.chi2(middle)
        self.gradient(middle)
        self.chi2_batch(middle[None, :])
        self.compile_seconds = time.perf_counter() - started

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
