"""The second implementation of the interactions, against published digits, closed forms and adaptive quadrature."""

from math import log, pi, sqrt

import independent_models as im
import independent_rates as rates
import numpy as np
import pytest
from independent_models import FLAVOURS, MASS, World
from scipy.integrate import quad
from tolerance import assert_close

DIGITS = {  # g_V^p of ν_e, ν_μ, ν_τ and g_V^n: arXiv:2005.01645, 2205.09484 and NuRecoil's page of it, 2402.16709
    ("2020", 0.23857): (0.0401, 0.0318, None, -0.5094),
    ("2022", 0.23863): (0.0382, 0.0300, 0.0256, -0.5117),
    ("2024", 0.23863): (0.0381, 0.0299, None, -0.5117),
}
ELECTRON_DIGITS = {"e": (0.9521, 0.4938), "mu": (-0.0397, -0.5062), "tau": (-0.0353, -0.5062)}  # arXiv:2207.05036
WHY = "scipy's adaptive quadrature"


@pytest.mark.parametrize(("case", "digits"), DIGITS.items())
def test_nucleon_couplings(case, digits):
    scheme, sin2 = case
    *protons, neutron = digits
    for lepton, proton in zip(FLAVOURS, protons, strict=True):
        found = im.nucleon_couplings(scheme, lepton, sin2, np.zeros(1))
        assert proton is None or round(float(found[0][0]), 4) == proton
        assert round(found[1], 4) == neutron


@pytest.mark.parametrize("lepton", FLAVOURS)
def test_electron_couplings(lepton):
    assert tuple(round(x, 4) for x in im.electron_couplings("2022", lepton, 0.23863)) == ELECTRON_DIGITS[lepton]


@pytest.mark.parametrize("momentum", [10.0, 50.0, 100.0])
@pytest.mark.parametrize("lepton", ["e", "mu"])
def test_loop_integral_is_the_vacuum_polarisation(lepton, momentum):
    """-2 ∫ x(1-x) ln[(m² + Q²x(1-x))/μ²] dx in closed form (arXiv:2011.05960, the function Π)."""
    mass, q2 = MASS[lepton], momentum**2
    a = sqrt(1 + 4 * mass**2 / q2)
    closed = log(rates.M_W**2 / mass**2) / 3 + 5 / 9 - 4 * mass**2 / (3 * q2)
    closed += (1 - 2 * mass**2 / q2) * a * log((a - 1) / (a + 1)) / 3
    assert_close(-2 * im.lepton_log(mass, np.array(q2)), closed, 1e-8, "the closed form loses digits for q < m")


def test_charge_radii():
    """-0.83, -0.48, -0.30 · 1e-32 cm² (arXiv:2005.01645), whose shift is the charge-radius term of the couplings."""
    assert [round(im.standard_radius(lepton), 2) for lepton in FLAVOURS] == [-0.83, -0.48, -0.30]
    for lepton in FLAVOURS:
        assert_close(im.radius_shift(im.standard_radius(lepton)), 2 * im.charge_radius_term(MASS[lepton], 0.0))


@pytest.mark.parametrize("threshold", [0.02, 1.0, 5.0])
def test_moments_of_the_flux(threshold):
    """Powers and logarithm of the energy over a tabulated and a polynomial spectrum."""
    for flux in (im.reactor_flux(1.0)[0], im.pion_flux(1.0)[1]):
        found = flux.moments(np.array([threshold]))[:, 0]
        for k, function in enumerate((lambda e: 1.0, lambda e: 1 / e, lambda e: 1 / e**2, log)):
            expected = sum(
                quad(lambda e, f=function, t=terms: f(e) * sum(c * e**p for p, c in t.items()), max(low, threshold), high, epsabs=1e-16, epsrel=1e-12)[0]
                for low, high, terms in flux.pieces
                if high > threshold
            )  # fmt: skip
            assert_close(found[k], expected, 1e-11, WHY)


def test_flux_averaged_cross_sections():
    """Of caesium, against the rates of another module."""
    nucleus = rates.Nucleus("133Cs")
    params = {"r_p_cs": 4.821, "r_n_cs": 5.09, "sin2_theta_w": 0.23863}
    moments = rates.adaptive(
        lambda t: rates.squared_amplitudes(nucleus, t, params, ("helm",)) * rates.flux_moments(t, nucleus.mass),
        nucleus,
        1e-11,
    )
    setup = im.Setup(im.pion_flux(1.0), [(nucleus, 1.0, 4.821, 5.09)], [1e-9, 1e-7, 1e-5, 1e-3, 0.01, 0.05], order=40)
    assert_close(setup.nuclear(World()).sum(axis=1), np.ravel(moments), 1e-6, "recoils below 1e-9 MeV are left out")


@pytest.mark.parametrize("anti", [False, True])
@pytest.mark.parametrize("lepton", FLAVOURS)
def test_total_cross_section_on_electrons(lepton, anti):
    """σ = (G_F² m_e/2π) ∫_0^T_max [...] dT in closed form (e.g. Giunti and Kim, Fundamentals of neutrino physics, 5.2)."""
    energy, sin2 = 10.0, 0.23122
    top = 2 * energy**2 / (rates.M_E + 2 * energy)
    low = 0.05
    g_v, g_a = im.electron_couplings("tree", lepton, sin2)
    g_a = -g_a if anti else g_a

    def primitive(t):
        right = -energy * (1 - t / energy) ** 3 / 3
        return (g_v + g_a) ** 2 * t + (g_v - g_a) ** 2 * right - (g_v**2 - g_a**2) * rates.M_E * t**2 / (2 * energy**2)

    expected = (rates.G_F * im.CM) ** 2 * rates.M_E / (2 * pi) * (primitive(top) - primitive(low))
    setup = im.Setup([im.Flux(lepton, anti, [(energy, 1.0)], [])], im.natural({"ar": 1}, 1.0), [low, 20.0], order=60)
    electrons = 18 * sum(number for _, number, *_ in setup.target)
    assert_close(setup.electrons(World(scheme="tree", sin2=sin2))[0, 0] / electrons, expected, 1e-10, "nodes in ln T")


def test_portal_to_a_massless_neutrino_is_a_magnetic_moment():
    setup = im.Setup(im.pion_flux(1.0), im.natural({"ar": 1}, 1.0), [0.005, 0.02, 0.1])
    portal = World(portal=({"e": 5.0, "mu": 5.0}, 1e-5))
    moment = World(moment={("e", "e"): 5.0, ("mu", "mu"): 5.0})
    assert_close(setup.nuclear(portal), setup.nuclear(moment), 1e-9, "the mass")


@pytest.mark.parametrize("lepton", ["e", "mu"])
def test_nothing_is_added_by_nothing(lepton):
    """All couplings at zero, all masses anything: the Standard Model."""
    setup = im.Setup(im.pion_flux(1.0), im.natural({"ar": 1}, 1.0), [0.005, 0.02, 0.1])
    charges = dict.fromkeys(("u", "d", *FLAVOURS), 1.0)
    nothing = World(
        nsi={(lepton, lepton, "u"): 0.0},
        vector=(0.0, 1.0, charges),
        loop=(0.0, 1.0, "mu", "tau", 1.0),
        scalar=(0.0, 1.0, 1.0, 1.0, 1.0),
        radii={(lepton, lepton): im.standard_radius(lepton)},
        millicharge={(lepton, lepton): 0.0},
        moment={(lepton, lepton): 0.0},
    )
    assert_close(setup.nuclear(nothing), setup.nuclear(World()))
    assert_close(setup.electrons(nothing), setup.electrons(World()))
