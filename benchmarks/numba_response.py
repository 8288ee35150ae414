"""The opponent in numba with the response of the detector in the loop: COHERENT CsI 2021, twelve coordinates.

Quenching, smearing and efficiency are computed again at every call, at the engine's own nodes; arrival times are tables
against the delays, linear between points 1 ns apart. The coordinates are sin²θ_W, R_n of both nuclides, four pulls, two
variations of the quenching, one of the efficiency, and the delays of neutrinos, BRN and NIN.
"""

import math
import time

import numba
import numpy as np

from cevnsjax.detectors.efficiency import LogisticEfficiency
from cevnsjax.detectors.quenching import PolynomialQuenching
from cevnsjax.detectors.resolution import GammaSmearing
from cevnsjax.folding.fold import BIN_ORDER, flux_moments
from cevnsjax.folding.nodes import RECOIL_ORDER, recoil_nodes
from cevnsjax.folding.scatterers import nuclei
from cevnsjax.interactions.combination import Combination
from cevnsjax.measuring.measurement import Measurement
from cevnsjax.nuclei.form_factors import HELM_SKIN

from .numba_opponent import pulled_chi2, spread
from .numpy_opponent import NumpyLikelihood, binned_detector, numpy_likelihood

NAMES = (
    "sin2_theta_w",
    "r_n_cs",
    "cevns_norm",
    "brn_norm",
    "nin_norm",
    "ss_norm",
    "quenching_shape_0",
    "quenching_shape_1",
    "efficiency_shape",
    "time_shift_nu",
    "time_shift_brn",
    "time_shift_nin",
)
LARGEST_SHIFT, SHIFT_STEP = 0.5, 1e-3
"""Range and spacing [us] of the tables."""


@numba.njit(fastmath=True)
def _response(recoil, quenching, smearing, efficiency, edges, nodes, weights, response):
    """Write the probability that a recoil of each energy is selected in each bin to `response` (node, bin)."""
    a, b, c, d = efficiency
    threshold = c - math.log(-a / d - 1.0) / b
    bins, order = len(edges) - 1, len(nodes)
    x, logarithm, weight = np.empty((bins, order)), np.empty((bins, order)), np.empty((bins, order))
    for bin_ in range(bins):
        low = min(max(threshold, edges[bin_]), edges[bin_ + 1])
        width = edges[bin_ + 1] - low
        for k in range(order):
            x[bin_, k] = low + width * nodes[k]
            logarithm[bin_, k] = math.log(x[bin_, k])
            weight[bin_, k] = width * weights[k] * (a / (1.0 + math.exp(-b * (x[bin_, k] - c))) + d)
    for n in range(len(recoil)):
        energy = 0.0
        for k in range(len(quenching) - 1, -1, -1):
            energy = (energy + quenching[k]) * recoil[n]
        energy *= 1e3
        if energy <= 0.0:
            response[n] = 0.0
            continue
        power = smearing[1] * energy
        rate = smearing[0] / energy * (1.0 + power)
        norm = (1.0 + power) * math.log(rate) - math.lgamma(1.0 + power)
        for bin_ in range(bins):
            total = 0.0
            for k in range(order):
                total += weight[bin_, k] * math.exp(norm + power * logarithm[bin_, k] - rate * x[bin_, k])
            response[n, bin_] = total


@numba.njit(fastmath=True)
def _at_shift(table, shift, out):
    """Write the row of a table at a delay [us] to `out`."""
    position = (shift + LARGEST_SHIFT) / (2.0 * LARGEST_SHIFT) * (len(table) - 1)
    row = min(max(int(position), 0), len(table) - 2)
    part = position - row
    for k in range(table.shape[1]):
        out[k] = (1.0 - part) * table[row, k] + part * table[row + 1, k]


@numba.njit(fastmath=True, parallel=True)
def _batch(u, q, recoil, proton, neutron, moments, coupling, detector, arrivals, brn, nin, steady, observed, fit):
    coefficients, variations, smearing, efficiency, variation, edges, nodes, weights = detector
    constant, widths = fit
    values, bins, times = np.empty(len(u)), len(edges) - 1, len(observed) // (len(edges) - 1)
    at_electron, at_muon, steepness, anchor = coupling
    for p in numba.prange(len(u)):
        box = math.sqrt(5.0 / 3.0 * (u[p, 1] * u[p, 1] - 3.0 * HELM_SKIN**2))
        move = steepness * (u[p, 0] - anchor)
        response = np.empty((len(recoil), bins))
        quenching = coefficients + u[p, 6] * variations[0] + u[p, 7] * variations[1]
        _response(recoil, quenching, smearing, efficiency + u[p, 8] * variation, edges, nodes, weights, response)
        spectrum = np.zeros((3, bins))
        for k in range(len(q)):
            x = box * q[k]
            ball = neutron[k] * (math.sin(x) - x * math.cos(x)) / box**3
            electron = ((at_electron + move) * proton[k] + ball) ** 2
            muon = ((at_muon + move) * proton[k] + ball) ** 2
            for b in range(bins):
                spectrum[0, b] += muon * moments[0, k] * response[k, b]
                spectrum[1, b] += muon * moments[2, k] * response[k, b]
                spectrum[2, b] += electron * moments[1, k] * response[k, b]
        shares, signal = np.empty(3 * times), np.empty(bins * times)
        _at_shift(arrivals, u[p, 9], shares)
        spread(spectrum, shares.reshape(3, times), signal)
        backgrounds = np.empty((3, bins * times))
        _at_shift(brn, u[p, 10], backgrounds[0])
        _at_shift(nin, u[p, 11], backgrounds[1])
        backgrounds[2] = steady
        value = pulled_chi2(signal, u[p, 2:6], backgrounds, observed, constant, widths[:4], np.empty(bins * times))
        for k in range(6, 12):
            value += (u[p, k] / widths[k - 2]) ** 2
        values[p] = value
    return values


class NumbaResponse:
    """χ² against the coordinates `NAMES`."""

    def __init__(
        self, measurement: Measurement, interaction: Combination, width: float, step: float = SHIFT_STEP
    ) -> None:
        """Take what no coordinate touches from the engine, and compile.

        `width` [us] is that of the priors on the delays, `step` [us] the spacing of their tables.
        """
        base: NumpyLikelihood = numpy_likelihood(measurement, interaction)
        scattering, detector = measurement.counted(), binned_detector(measurement)
        targets = nuclei(scattering.target, interaction)
        nodes = recoil_nodes(scattering.source, targets, detector, RECOIL_ORDER)
        components = scattering.source.components
        moments = flux_moments(components, ("vector", "vector"), targets, nodes, RECOIL_ORDER)
        curves = detector.energy
        quenching, smearing, efficiency = curves.quenching, curves.smearing, curves.efficiency
        if not (
            isinstance(quenching, PolynomialQuenching)
            and isinstance(smearing, GammaSmearing)
            and isinstance(efficiency, LogisticEfficiency)
        ):
            raise TypeError(f"{measurement.name}: expected the curves of COHERENT CsI 2021")
        x, w = np.polynomial.legendre.leggauss(BIN_ORDER)
        params = {p.name: np.float64(p.default) for p in (*interaction.parameters(), *measurement.parameters())}
        shifts = np.linspace(-LARGEST_SHIFT, LARGEST_SHIFT, round(2 * LARGEST_SHIFT / step) + 1)
        spread_of, backgrounds = detector.spread, measurement.backgrounds
        arrivals = np.array([spread_of(params | {"time_shift_nu": s})[[0, 2, 1]].ravel() for s in shifts])
        brn = np.array([backgrounds[0](params | {"time_shift_brn": s}).ravel() for s in shifts])
        nin = np.array([backgrounds[1](params | {"time_shift_nin": s}).ravel() for s in shifts])
        self._rest = (
            base.q,
            nodes.recoil.ravel(),
            base.proton,
            base.neutron,
            np.ascontiguousarray(moments.reshape(3, -1)),
            np.array(base.coupling),
            (
                np.array(quenching.coefficients),
                np.array(quenching.variations),
                np.array([smearing.mean_inverse, smearing.shape]),
                np.array(efficiency.coefficients),
                np.array(efficiency.variation),
                np.array(curves.edges, float),
                0.5 * (x + 1.0),
                0.5 * w,
            ),
            arrivals,
            brn,
            nin,
            base.backgrounds[2],
            base.observed,
            (base.constant, np.r_[base.widths, np.ones(3), np.full(3, width)]),
        )
        started = time.perf_counter()
        self.chi2_batch(np.r_[0.238, 5.0, np.ones(4), np.zeros(6)][None, :])
        self.compile_seconds = time.perf_counter() - started

    def chi2_batch(self, u: np.ndarray) -> np.ndarray:
        """Return χ² at each row of coordinates."""
        return _batch(u, *self._rest)
