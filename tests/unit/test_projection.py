"""The general path: projected moments against integrals by scipy, limits, and derivatives."""

from itertools import pairwise

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad

from cevnsjax._base.constants import ELECTRON_MASS, FINE_STRUCTURE, HBAR_C_CM
from cevnsjax.folding.projection import flux_rule, projected
from cevnsjax.interactions.dipole_portal import Upscattering, threshold_energy
from cevnsjax.interactions.interaction import Fixed, Vertex
from cevnsjax.interactions.kinematics import maximum_recoil, minimum_energy
from cevnsjax.interactions.process import Process
from cevnsjax.sources.pion_decay import ENDPOINT, LINE_ENERGY, pion_decay_at_rest
from cevnsjax.sources.reactor import ISOTOPES, reactor
from cevnsjax.sources.solar import YEAR, solar_neutrinos
from cevnsjax.sources.source import Component
from cevnsjax.sources.spectrum import Continuum, Line

ORDER = 24
MASSES = np.array([37215.5, 123772.8])
"""Roughly argon and caesium [MeV]."""
PORTAL = Upscattering("proton", "leading")
PION_DECAY = pion_decay_at_rest(0.09, 1e23, 20.0).components


def panels(*energies):
    return np.array([[0.0, *(maximum_recoil(energy, mass) for energy in energies)] for mass in MASSES])


def seen(recoil, mass):
    """Return a response that is T times a polynomial in √T, of the degree that the projection is exact for."""
    x = np.sqrt(recoil / maximum_recoil(ENDPOINT, mass))
    return recoil * (1.0 - 0.7 * x + 0.3 * x**4 - 0.1 * x**9)


def counted(moments, stage):
    return np.array([[own @ seen(stage.recoil[i], MASSES[i]) for i, own in enumerate(row)] for row in moments])


def direct(component, mass, hnl_mass, process=PORTAL):
    """Return the integral over T and E by scipy, in √T between the limits of the ends of the spectrum."""
    params, spectrum = {"m_hnl": hnl_mass}, component.spectrum

    def inner(recoil):
        least = float(process.minimum_energy(recoil, mass, params))
        value = sum(share * process.kernel(e, recoil, mass, params) for e, share in spectrum.lines() if least < e)
        pieces = spectrum.pieces()
        for low, high in pairwise(pieces):
            if least < high:
                value += quad(
                    lambda e: float(spectrum.continuum(np.array([e]))[0]) * process.kernel(e, recoil, mass, params),
                    max(low, least), high, epsabs=0.0, epsrel=1e-11,
                )[0]  # fmt: skip
        return value

    ends = [energy for energy in (*spectrum.pieces(), *(e for e, _ in spectrum.lines())) if energy > 0]
    low, high = process.recoil_limits(np.array(ends), mass, params)
    kinks = np.unique(np.sqrt([*np.asarray(low), *np.asarray(high)]))
    total = 0.0
    for start, end in pairwise(kinks):
        # √T = start + u² (end - start): nodes where the rate of small masses rises
        total += quad(
            lambda u, a=start, d=end - start: (
                4.0 * (a + d * u * u) * d * u * seen((a + d * u * u) ** 2, mass) * inner((a + d * u * u) ** 2)
            ),
            0.0, 1.0, epsabs=0.0, epsrel=1e-9, limit=200,
        )[0]  # fmt: skip
    return component.fluence * total


@pytest.mark.parametrize("hnl_mass", [1e-3, 3.0, 20.0, 29.7, 45.0, 52.7])
def test_moments_agree_with_scipy(hnl_mass):
    stage = projected(PION_DECAY, MASSES, np.ones(2), panels(LINE_ENERGY, ENDPOINT), ORDER, PORTAL)
    found = counted(stage({"m_hnl": hnl_mass}), stage)
    for row, component in enumerate(PION_DECAY):
        for i, mass in enumerate(MASSES):
            possible = component.spectrum.breaks()[-1] > threshold_energy(mass, hnl_mass)
            expected = direct(component, mass, hnl_mass) if possible else 0.0
            np.testing.assert_allclose(found[row, i], expected, rtol=1e-7)


def test_small_mass_is_the_magnetic_moment():
    stage = projected(PION_DECAY[1:2], MASSES[:1], np.ones(1), panels(ENDPOINT)[:1], ORDER, PORTAL)
    found = stage({"m_hnl": 1e-3})[0, 0] @ seen(stage.recoil[0], MASSES[0])
    component, kappa = PION_DECAY[1], np.pi * (FINE_STRUCTURE * HBAR_C_CM / ELECTRON_MASS) ** 2
    assert isinstance(component.spectrum, Continuum)
    density = component.spectrum.density

    def rate(root):
        recoil = root**2
        flux = quad(lambda e: density(e) * (1.0 / recoil - 1.0 / e), minimum_energy(recoil, MASSES[0]), ENDPOINT)[0]
        return 2.0 * root * kappa * flux * seen(recoil, MASSES[0])

    expected = component.fluence * quad(rate, 0.0, np.sqrt(maximum_recoil(ENDPOINT, MASSES[0])), epsrel=1e-11)[0]
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_nothing_above_the_kinematic_limit():
    stage = projected(PION_DECAY, MASSES, np.ones(2), panels(LINE_ENERGY, ENDPOINT), ORDER, PORTAL)
    for hnl_mass in (52.9, 1e3, 1e6):
        assert np.all(stage({"m_hnl": hnl_mass}) == 0.0)
    assert np.all(stage({"m_hnl": 29.8})[0] == 0.0)


def test_host_and_traced_agree():
    stage = projected(PION_DECAY, MASSES, np.ones(2), panels(LINE_ENERGY, ENDPOINT), ORDER, PORTAL)
    masses = jnp.array([1e-3, 0.7, 12.0, 40.0])
    traced = jax.jit(jax.vmap(lambda m: stage({"m_hnl": m})))(masses)
    for mass, moments in zip(masses, traced, strict=True):
        host = stage({"m_hnl": float(mass)})
        assert isinstance(host, np.ndarray)
        np.testing.assert_allclose(moments, host, rtol=1e-9, atol=1e-11 * np.abs(host).max())


@pytest.fixture(scope="module")
def counts():
    """Return the counts of each component as a function of the mass, with its derivatives, compiled once."""
    stage = projected(PION_DECAY, MASSES[:1], np.ones(1), panels(LINE_ENERGY, ENDPOINT)[:1], 6, PORTAL)
    weights = seen(stage.recoil[0], MASSES[0])

    def function(m):
        return stage({"m_hnl": m})[:, 0] @ weights

    forward = jax.jacfwd(function)
    return (jax.jit(f) for f in (function, forward, jax.jacrev(function), jax.jacfwd(forward)))


def test_derivatives_in_the_mass(counts):
    function, forward, backward, second = counts
    for mass in (0.01, 2.0, 15.0, 29.5, 41.0, 52.5):
        slope, step = forward(mass), 1e-4 * mass
        np.testing.assert_allclose(backward(mass), slope, rtol=1e-10)
        size = np.abs(function(mass)).max() / mass
        around = [np.asarray(function(mass + k * step)) for k in (-2, -1, 1, 2)]
        difference = (around[0] - 8.0 * around[1] + 8.0 * around[2] - around[3]) / (12.0 * step)
        np.testing.assert_allclose(slope, difference, rtol=1e-6, atol=1e-9 * size)
        around = [np.asarray(forward(mass + k * step)) for k in (-2, -1, 1, 2)]
        difference = (around[0] - 8.0 * around[1] + 8.0 * around[2] - around[3]) / (12.0 * step)
        np.testing.assert_allclose(second(mass), difference, rtol=1e-5, atol=1e-8 * size / mass)
    # where the line or the continuum closes, the limits of the recoil move infinitely fast
    for energy in (LINE_ENERGY, ENDPOINT):
        closing = -MASSES[0] + np.sqrt(MASSES[0] ** 2 + 2.0 * MASSES[0] * energy)
        np.testing.assert_allclose(threshold_energy(MASSES[0], closing), energy, rtol=1e-12)
        for mass in (closing, closing * (1.0 - 1e-9), closing * (1.0 + 1e-9)):
            assert np.all(np.isfinite(forward(mass)))
            assert np.all(np.isfinite(backward(mass)))
    assert np.all(forward(1e6) == 0.0)


@pytest.mark.parametrize(
    "source",
    [reactor("HMK", dict.fromkeys(ISOTOPES, 0.25)), solar_neutrinos(YEAR, ("pep", "be7", "b8"))],
    ids=["reactor", "solar"],
)
def test_flux_rule_is_the_flux_moment(source):
    """The quadrature with weights that depend on the lower end, against the moments that the elastic rates use."""
    components = [component for component in source.components if component.spectrum.pieces()]
    rule = flux_rule(components, 3)
    assert rule is not None
    lower = np.linspace(0.02, 0.999, 57) * rule.edges[-1]
    energies, weights = rule.energies(lower), rule.weights(lower[:, None], lower)[..., 0]
    for row, component in enumerate(components):
        for power in range(3):
            lines = sum(s * np.where(lower < e, e**-power, 0.0) for e, s in component.spectrum.lines())
            expected = component.spectrum.moment(lambda e, t, n=power: e**-n + 0.0 * t, lower, lower, 24) - lines
            found = (weights[row] * energies**-power).sum(axis=0)
            scale = component.spectrum.moment(lambda e, t, n=power: e**-n + 0.0 * t, lower[:1], lower[:1], 24)
            np.testing.assert_allclose(found, expected, rtol=0.0, atol=3e-7 * scale[0])


def test_spectra_are_normalised():
    for source in (reactor("HMK", dict.fromkeys(ISOTOPES, 0.25)), solar_neutrinos(YEAR, ("pep", "be7", "b8"))):
        for component in source.components:
            pieces = np.array(component.spectrum.pieces())
            x, w = np.polynomial.legendre.leggauss(16)
            energy = 0.5 * (pieces[1:, None] + pieces[:-1, None]) + 0.5 * np.diff(pieces)[:, None] * x
            density = component.spectrum.continuum(energy.ravel()).reshape(energy.shape)
            total = np.sum(0.5 * np.diff(pieces)[:, None] * w * density)
            lines = sum(share for _, share in component.spectrum.lines())
            np.testing.assert_allclose(total + lines, 1.0, rtol=1e-9)
            assert np.all(component.spectrum.continuum(pieces[[0, -1]] + [-1e-6, 1e-6]) == 0.0)


class Logarithmic(Process):
    """A process of one's own: elastic kinematics, and a kernel that is no polynomial in 1/E and moves with a mass."""

    charge: str = eqx.field(static=True, default="proton")
    vertex: Vertex = Fixed((1.0, 1.0, 1.0))

    def names(self):
        return ("m_hnl",)

    def energies(self):
        return 14

    def kernel(self, energy, recoil, mass, params):
        return (1.0 + energy**2 / params["m_hnl"] ** 2) ** -1.5 / recoil

    def minimum_energy(self, recoil, mass, params):
        return minimum_energy(recoil, mass)

    def recoil_limits(self, energy, mass, params):
        return 0.0 * energy * mass, maximum_recoil(energy, mass)


@pytest.mark.parametrize("scale", [5.0, 30.0, 200.0])
def test_a_kernel_of_ones_own(scale):
    stage = projected(PION_DECAY, MASSES, np.ones(2), panels(LINE_ENERGY, ENDPOINT), ORDER, Logarithmic())
    found = counted(stage({"m_hnl": scale}), stage)
    for row, component in enumerate(PION_DECAY):
        expected = direct(component, MASSES[1], scale, Logarithmic())
        np.testing.assert_allclose(found[row, 1], expected, rtol=1e-6)
    assert np.all(np.isfinite(jax.jacrev(lambda m: stage({"m_hnl": m}).sum())(scale)))


def test_a_line_alone():
    component = Component("nu_mu", 2.0, Line(10.0))
    stage = projected((component,), MASSES, np.ones(2), panels(10.0), ORDER, PORTAL)
    assert stage.flux.rule is None
    found = counted(stage({"m_hnl": 4.0}), stage)
    np.testing.assert_allclose(found[0], [direct(component, mass, 4.0) for mass in MASSES], rtol=1e-8)
