"""Loops of charged leptons against quadratures of 30 digits."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from tolerance import assert_close

from cevnsjax._base.constants import LEPTON_MASSES
from cevnsjax.interactions.light_vector import LeptonLoop, light_vector
from cevnsjax.interactions.loops import running, running_of_leptons
from cevnsjax.interactions.standard_model import RunningChargeRadius

ALPHA = 1 / 137.035999084
M_E, M_MU, M_TAU, M_W = 0.51099895, 105.6583755, 1776.86, 80379.0
MASSES = {"e": M_E, "mu": M_MU, "tau": M_TAU}
MOMENTA = np.array([1e-6, 1e-3, 0.1, 0.36, 0.3613, 0.37, 1.0, 3.0, 10.0, 30.0, 50.0, 80.0, 200.0, 300.0])
"""0.3613 MeV is where the series of the electron ends and the closed form begins."""


def integral(function):
    """Return the integral of function(x(1-x)) from 0 to 1 with 30 digits."""
    with mpmath.workdps(30):
        return (
            mpmath.quad(lambda x: function(x * (1 - x)), [0, mpmath.mpf("1e-8"), mpmath.mpf("1e-4"), 0.01, 0.1, 0.5])
            * 2
        )


def exact_running(t):
    return float(6 * integral(lambda w: w * mpmath.log1p(w * mpmath.mpf(t))))


@pytest.mark.parametrize("convert", [np.asarray, jnp.asarray], ids=["numpy", "jax"])
@pytest.mark.parametrize("lepton", MASSES)
def test_running_of_each_lepton(lepton, convert):
    """The shift of g_V^p of the 2024 scheme, -(α/3π) 6 ∫ x(1-x) ln(1 + x(1-x) q²/m²), to 1e-12 of itself."""
    found = RunningChargeRadius()(convert(MOMENTA**2), {})
    assert found.shape == (3, len(MOMENTA))
    expected = [-ALPHA / (3 * np.pi) * exact_running(q**2 / MASSES[lepton] ** 2) for q in MOMENTA]
    assert_close(found[list(MASSES).index(lepton)], expected)


@pytest.mark.parametrize("lepton", MASSES)
def test_running_is_the_difference_of_the_charge_radius_terms(lepton):
    """-2 [C(q²) - C(0)] with C(q²) = -(α/6π) {3/2 - 6 ∫ x(1-x) ln[(m² + q² x(1-x))/m_W²]}."""
    mass = mpmath.mpf(MASSES[lepton])

    def term(q):
        with mpmath.workdps(30):
            loop = integral(lambda w: w * mpmath.log((mass**2 + mpmath.mpf(q) ** 2 * w) / mpmath.mpf(M_W) ** 2))
            return -ALPHA / (6 * mpmath.pi) * (1.5 - 6 * loop)

    for k, q in enumerate((10.0, 50.0)):
        found = RunningChargeRadius()(np.array([10.0, 50.0]) ** 2, {})[list(MASSES).index(lepton)][k]
        assert_close(found, float(-2 * (term(q) - term(0.0))))


def test_nothing_at_rest():
    assert_close(RunningChargeRadius()(np.zeros(2), {}), np.zeros((3, 2)), scale=1e-300)


@pytest.mark.parametrize("t", [1e-14, 1e-3, 0.3, 0.4999, 0.5, 0.51, 2.0, 30.0, 1e3, 4e5])
def test_derivatives(t):
    """J' = 6 ∫ w²/(1 + wt), J'' = -6 ∫ w³/(1 + wt)², w = x(1-x)."""

    def one(x):
        return running(x[None])[0]

    first = float(6 * integral(lambda w: w**2 / (1 + w * mpmath.mpf(t))))
    second = float(-6 * integral(lambda w: w**3 / (1 + w * mpmath.mpf(t)) ** 2))
    assert_close(jax.grad(one)(jnp.asarray(t)), first)
    assert_close(jax.grad(jax.grad(one))(jnp.asarray(t)), second, 5e-12, "the closed form cancels at t = 1/2")


def test_derivatives_at_zero():
    """J = t/5 - 3t²/140 + …: 6 B(3,3) and 6 B(4,4)."""

    def one(x):
        return running(x[None])[0]

    assert_close(jax.grad(one)(jnp.asarray(0.0)), 1 / 5)
    assert_close(jax.hessian(one)(jnp.asarray(0.0)), -6 / 140)


def test_order_of_the_leptons():
    assert tuple(LEPTON_MASSES) == ("e", "mu", "tau")
    assert_close(running_of_leptons(np.array([900.0]))[:, 0], [exact_running(900 / m**2) for m in MASSES.values()])


def exact_charge(charges, q):
    """Return Q_p = -(2α/π) Σ Q_l ∫ x(1-x) ln(m_l² + x(1-x) q²)."""
    with mpmath.workdps(30):
        q2 = mpmath.mpf(q) ** 2
        logs = [
            c * integral(lambda w, m=m: w * mpmath.log(mpmath.mpf(m) ** 2 + w * q2))
            for c, m in zip(charges, MASSES.values(), strict=True)
            if c
        ]
        return float(-2 * ALPHA / mpmath.pi * sum(logs))


@pytest.mark.parametrize("convert", [np.asarray, jnp.asarray], ids=["numpy", "jax"])
@pytest.mark.parametrize(
    ("name", "charges"),
    [
        ("Lmu-Ltau", (0, 1, -1)),
        ("Le-Lmu", (1, -1, 0)),
        ("Le-Ltau", (1, 0, -1)),
        ("e=2,mu=-1.5,tau=-1/2", (2, -1.5, -0.5)),
    ],
)
def test_charge_of_the_proton_by_loops(name, charges, convert):
    propagator = light_vector(name).nuclear_terms()[0].propagator
    assert isinstance(propagator, LeptonLoop)
    momenta = np.array([0.0, 1e-3, 0.36, 1.0, 10.0, 50.0, 100.0, 300.0])
    expected = np.array([exact_charge(charges, q) for q in momenta])
    assert_close(propagator.charge(convert(momenta**2)), expected)
    full = propagator(convert(momenta**2), {"m_zp": 1e-3})
    assert_close(full, expected / (momenta**2 + 1e-6))


def test_loop_values_at_zero():
    """ε_βα(0) = ln(m_β²/m_α²)/6, Q_p = (2α/π) ε: 4.37e-3 for Lmu-Ltau (arXiv:2202.11002)."""
    for name, heavy, light in (("Lmu-Ltau", M_TAU, M_MU), ("Le-Lmu", M_MU, M_E), ("Le-Ltau", M_TAU, M_E)):
        propagator = light_vector(name).nuclear_terms()[0].propagator
        assert isinstance(propagator, LeptonLoop)
        assert_close(propagator.charge(np.zeros(1)), [ALPHA / (3 * np.pi) * np.log(heavy**2 / light**2)])
