"""The opponent: the same χ² in careful NumPy, everything precomputed that does not depend on the free parameters.

Of the engine it takes what is made once, before any fit: flux moments, detector response, arrival fractions, background
templates, couplings. What a fit evaluates is written here, in the cheapest form we know: one sine and one cosine for
each recoil-energy node, one matrix product for each flavour of lepton, one logarithm for each bin.
"""

import dataclasses
import math
from collections.abc import Set

import numpy as np

from cevnsjax._base.constants import HBAR_C
from cevnsjax.detectors.response import BinnedDetector
from cevnsjax.folding.fold import BIN_ORDER, flux_moments
from cevnsjax.folding.nodes import RECOIL_ORDER, Nodes, recoil_nodes
from cevnsjax.folding.scatterers import nuclei
from cevnsjax.interactions.combination import Combination
from cevnsjax.interactions.kinematics import maximum_recoil, momentum_transfer
from cevnsjax.measuring.measurement import Measurement
from cevnsjax.nuclei.form_factors import HELM_SKIN

BLOCK = 128
"""Points evaluated side by side: their arrays stay in the cache of a processor core."""


def midpoint_nodes(measurement: Measurement, count: int) -> Nodes:
    """Return `count` midpoints in recoil energy [MeV] up to the largest one, for each nuclide: the usual quick way."""
    scattering = measurement.counted()
    energy = max(edge for component in scattering.source.components for edge in component.spectrum.breaks())
    recoil, weight, edges = [], [], []
    for nucleus in scattering.target.nuclides:
        step = maximum_recoil(energy, nucleus.mass) / count
        nodes = (np.arange(count) + 0.5) * step
        recoil.append(nodes)
        weight.append(np.full(count, step))
        edges.append([0.0, count * step])
    return Nodes(np.array(recoil), np.array(weight), np.array(edges), count)


@dataclasses.dataclass(frozen=True)
class NumpyLikelihood:
    """χ² against (sin²θ_W [1], R_n [fm] of both nuclides, pulls of signal, BRN, NIN, SS [1])."""

    q: np.ndarray
    """Momentum transfer [1/fm] at each node, all nuclides in one row."""
    proton: np.ndarray
    """Z F_Z at each node."""
    neutron: np.ndarray
    """3 g_V^n N exp(-q² s²/2) / q³ [fm³] at each node: what remains of g_V^n N F_N is (sin x - x cos x) / R_0³."""
    fold_electron: np.ndarray
    """Counts per squared amplitude in each energy bin from each node: ν_e, an array (node, bin)."""
    fold_muon: np.ndarray
    """The same for ν_μ and ν̄_μ, an array (node, 2 bins)."""
    arrivals: np.ndarray
    """Fraction of ν_μ, ν̄_μ, ν_e in each time bin, an array (flavour, time)."""
    backgrounds: np.ndarray
    """Expected counts of each background at pull 1, an array (background, bin)."""
    observed: np.ndarray
    constant: float
    """2 Σ (n ln n - n)."""
    widths: np.ndarray
    """Widths of the pulls about 1."""
    coupling: tuple[float, float, float, float]
    """g_V^p of ν_e and of ν_μ at the anchor, its slope, and the anchor sin²θ_W."""

    def amplitude(self, sin2: np.ndarray, radius: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the amplitude for ν_e and for ν_μ at each node; `sin2` and `radius` [fm] are columns."""
        box = np.sqrt(5.0 / 3.0 * (radius**2 - 3.0 * HELM_SKIN**2))
        x = box * self.q
        neutron = np.cos(x)
        neutron *= x
        np.subtract(np.sin(x, out=x), neutron, out=neutron)
        neutron *= self.neutron
        neutron /= box**3
        electron, muon, slope, anchor = self.coupling
        move = slope * (sin2 - anchor)
        return (electron + move) * self.proton + neutron, (muon + move) * self.proton + neutron

    def spectrum(self, sin2: np.ndarray, radius: np.ndarray) -> np.ndarray:
        """Return the signal of ν_μ, ν̄_μ, ν_e [counts] in each energy bin, an array (point, bin, flavour)."""
        electron, muon = self.amplitude(sin2, radius)
        bins = self.fold_electron.shape[1]
        spectrum = np.empty((len(electron), bins, 3))
        np.square(muon, out=muon)
        np.square(electron, out=electron)
        spectrum[:, :, :2] = (muon @ self.fold_muon).reshape(-1, bins, 2)
        spectrum[:, :, 2] = electron @ self.fold_electron
        return spectrum

    def signal(self, sin2: np.ndarray, radius: np.ndarray) -> np.ndarray:
        """Return the signal [counts] at pull 1, an array (point, bin); `sin2` and `radius` [fm] are columns."""
        spectrum = self.spectrum(sin2, radius)
        return (spectrum.reshape(-1, 3) @ self.arrivals).reshape(len(spectrum), -1)

    def _block(self, u: np.ndarray) -> np.ndarray:
        expected = self.signal(u[:, :1], u[:, 1:2])
        expected *= u[:, 2:3]
        expected += u[:, 3:] @ self.backgrounds
        total = expected.sum(axis=1)
        pulls = (u[:, 2:] - 1.0) / self.widths
        return self.constant + 2.0 * (total - np.log(expected, out=expected) @ self.observed) + (pulls**2).sum(axis=1)

    def chi2(self, u: np.ndarray) -> float:
        """Return χ² at one vector of coordinates."""
        return float(self._block(u[None, :])[0])

    def chi2_batch(self, u: np.ndarray) -> np.ndarray:
        """Return χ² at each row of coordinates."""
        return np.concatenate([self._block(u[k : k + BLOCK]) for k in range(0, len(u), BLOCK)])

    def gradient_batch(self, u: np.ndarray, step: float = 1e-5) -> tuple[np.ndarray, np.ndarray]:
        """Return χ² and its gradient at each row, by central differences with `step` relative to each coordinate."""
        dimension = u.shape[1]
        width = step * np.maximum(np.abs(u), 0.1)
        shifts = np.concatenate([np.zeros((1, dimension)), np.eye(dimension), -np.eye(dimension)])
        values = self.chi2_batch((u[:, None, :] + shifts * width[:, None, :]).reshape(-1, dimension))
        values = values.reshape(len(u), -1)
        return values[:, 0], (values[:, 1 : dimension + 1] - values[:, dimension + 1 :]) / (2.0 * width)

    def gradient(self, u: np.ndarray) -> tuple[float, np.ndarray]:
        """Return χ² and its gradient at one vector of coordinates: all shifted points in one block."""
        value, gradient = self.gradient_batch(u[None, :])
        return float(value[0]), gradient[0]


def _form_factor(q: np.ndarray, radius: float) -> np.ndarray:
    """Return the Helm form factor at `q` [1/fm] for the rms radius [fm]; precomputed, so speed does not matter."""
    box = math.sqrt(5.0 / 3.0 * (radius**2 - 3.0 * HELM_SKIN**2))
    x = box * q
    return 3.0 * (np.sin(x) - x * np.cos(x)) / x**3 * np.exp(-0.5 * (q * HELM_SKIN) ** 2)


def binned_detector(measurement: Measurement) -> BinnedDetector:
    """Return the detector; raise TypeError if it has no bins of reconstructed energy."""
    detector = measurement.counted().detector
    if not isinstance(detector, BinnedDetector):
        raise TypeError(f"{measurement.name}: expected a detector with bins of energy, found {type(detector).__name__}")
    return detector


def pull_widths(measurement: Measurement, fitted: Set[str]) -> np.ndarray:
    """Return the widths of the pulls on the strengths where the parameters `fitted` are free."""
    constraints, widths = measurement.constraints(fitted), []
    for strength in measurement.strengths:
        pull = constraints[strength.parameter]
        if pull is None:
            raise ValueError(f"{measurement.name}: expected a pull on {strength.parameter}, found none")
        widths.append(pull.width)
    return np.array(widths)


def numpy_likelihood(measurement: Measurement, interaction: Combination, nodes: Nodes | None = None) -> NumpyLikelihood:
    """Return the opponent for `measurement`, at the engine's own nodes by default."""
    scattering, detector = measurement.counted(), binned_detector(measurement)
    targets = nuclei(scattering.target, interaction)
    nodes = recoil_nodes(scattering.source, targets, detector, RECOIL_ORDER) if nodes is None else nodes
    params = {p.name: np.float64(p.default) for p in (*interaction.parameters(), *measurement.parameters())}
    components, pair = scattering.source.components, ("vector", "vector")
    moments = flux_moments(components, pair, targets, nodes, RECOIL_ORDER)
    response = detector.response(nodes.recoil, BIN_ORDER)(params)
    nu_mu, nu_e, nu_mu_bar = np.einsum("lik,bik->likb", moments, response).reshape(3, nodes.recoil.size, -1)
    arrivals = detector.spread(params)
    nuclides = scattering.target.nuclides
    q = np.asarray(momentum_transfer(nodes.recoil, targets.masses[:, None])) / HBAR_C
    proton = [n.protons * _form_factor(row, n.proton_radius) for n, row in zip(nuclides, q, strict=True)]
    skin = np.exp(-0.5 * (q * HELM_SKIN) ** 2)
    neutrons = np.array([n.neutrons for n in nuclides], float)[:, None]
    observed = measurement.observed.ravel()
    seen = observed[observed > 0]
    couplings = interaction.standard.couplings
    return NumpyLikelihood(
        q=q.ravel(),
        proton=np.ravel(proton),
        neutron=(3.0 * couplings.neutron * neutrons * skin / q**3).ravel(),
        fold_electron=np.ascontiguousarray(nu_e),
        fold_muon=np.stack([nu_mu, nu_mu_bar], axis=-1).reshape(nodes.recoil.size, -1),
        arrivals=arrivals[[0, 2, 1]],
        backgrounds=np.array([background(params).ravel() for background in measurement.backgrounds]),
        observed=observed,
        constant=float(2.0 * np.sum(seen * np.log(seen) - seen)),
        widths=pull_widths(measurement, {"r_n_cs", "r_n_i"}),
        coupling=(
            couplings.proton_at_anchor["e"],
            couplings.proton_at_anchor["mu"],
            couplings.slope,
            couplings.anchor,
        ),
    )
