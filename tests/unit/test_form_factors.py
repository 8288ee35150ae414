"""Form factors against mpmath: closed forms, Fourier transforms of the densities, radii, small q, derivatives."""

from functools import cache

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from tolerance import assert_close

from cevnsjax._base.numerics import uniform_ball
from cevnsjax.nuclei.form_factors import FORM_FACTORS

HBARC = mp.mpf("197.3269804")
SKIN, RANGE = mp.mpf("0.9"), mp.mpf("0.7")
DIFFUSENESS = mp.mpf("2.30") / (4 * mp.log(3))
EXTENDED = ("helm", "symmetrised-fermi", "klein-nystrand")
RADII = (2.2, 4.766, 5.09, 12.0)
MOMENTA = (1e-6, 1e-3, 0.1, 1.0, 3.0, 10.0, 50.0, 100.0, 200.0)  # MeV


@pytest.fixture(autouse=True)
def _digits():
    with mp.workdps(40):
        yield


def ball(x):
    return 3 * (mp.sin(x) - x * mp.cos(x)) / x**3 if x else mp.mpf(1)


def half_density(radius):
    """Return c of the Fermi distribution: R² = (3/5) c² + (7/5) (πa)² (arXiv:2303.09360)."""
    return mp.sqrt(5 * mp.mpf(radius) ** 2 / 3 - 7 * (mp.pi * DIFFUSENESS) ** 2 / 3)


def closed_form(name, q, radius):
    """Return F(q) to 40 digits, with the formulas of arXiv:2303.09360 Eqs. 3 and 5 and Phys. Rev. C 60, 014903."""
    q, radius = mp.mpf(q) / HBARC, mp.mpf(radius)
    if name == "helm":
        return ball(q * mp.sqrt(5 * (radius**2 - 3 * SKIN**2) / 3)) * mp.exp(-((q * SKIN) ** 2) / 2)
    if name == "klein-nystrand":
        return ball(q * mp.sqrt(5 * (radius**2 - 6 * RANGE**2) / 3)) / (1 + (q * RANGE) ** 2)
    x, y = q * half_density(radius), mp.pi * q * DIFFUSENESS
    bracket = y * mp.sin(x) / mp.tanh(y) - x * mp.cos(x)
    return 3 / (x * (x**2 + y**2)) * y / mp.sinh(y) * bracket


def fermi_density(r, radius):
    """Return the symmetrised Fermi distribution, not normalised."""
    c, a = half_density(radius), DIFFUSENESS
    return mp.sinh(c / a) / (mp.cosh(r / a) + mp.cosh(c / a))


def fermi_moment(function, radius):
    """Return ∫ function(r) ρ(r) r² dr / ∫ ρ(r) r² dr."""
    c = half_density(radius)
    pieces = [0, c / 2, c, 2 * c, 4 * c, 4 * c + 40 * DIFFUSENESS]
    weight = mp.quad(lambda r: fermi_density(r, radius) * r**2, pieces)
    return mp.quad(lambda r: function(r) * fermi_density(r, radius) * r**2, pieces) / weight


@cache
def derivatives(name):
    """Return the compiled gradient and Hessian of F(q, R) at each row (q, R)."""

    def function(x):
        return FORM_FACTORS[name](x[0], x[1])

    return jax.jit(jax.vmap(lambda x: (jax.grad(function)(x), jax.hessian(function)(x))))


@pytest.mark.parametrize("name", FORM_FACTORS)
@pytest.mark.parametrize("radius", RADII)
def test_one_at_zero(name, radius):
    assert FORM_FACTORS[name](np.zeros(1), radius) == 1.0
    assert FORM_FACTORS[name](jnp.zeros(1), radius) == 1.0


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("name", EXTENDED)
def test_closed_form(name, radius):
    expected = np.array([float(closed_form(name, q, radius)) for q in MOMENTA])
    why = "the closed form cancels to (qc)² just above its switch to the series"
    assert_close(FORM_FACTORS[name](np.array(MOMENTA), radius), expected, 1e-11, why, scale=1.0)
    assert_close(FORM_FACTORS[name](jnp.array(MOMENTA), radius), expected, 1e-11, why, scale=1.0)


def test_unity():
    assert np.all(FORM_FACTORS["unity"](np.array(MOMENTA), 5.0) == 1.0)


@pytest.mark.parametrize("name", EXTENDED)
def test_continuous_where_the_series_takes_over(name):
    """Dense momenta on both sides of the switch to the series, where the closed form cancels most."""
    radius = 5.09
    q = np.geomspace(0.1, 10.0, 201)
    expected = np.array([float(closed_form(name, value, radius)) for value in q])
    assert_close(FORM_FACTORS[name](q, radius), expected, 1e-12)


def test_uniform_ball():
    x = np.concatenate([[0.0], np.geomspace(1e-8, 50.0, 301), [0.1 - 1e-15, 0.1, 0.1 + 1e-15]])
    assert_close(uniform_ball(x), np.array([float(ball(mp.mpf(value))) for value in x]), 1e-13, scale=1.0)


@pytest.mark.parametrize(
    ("name", "radius", "expected"),
    [
        ("helm", 5.09, (0.98896, 0.90393, 0.75052, 0.55756, 0.26651)),
        ("symmetrised-fermi", 5.09, (0.98896, 0.90399, 0.75093, 0.55884, 0.26977)),
        ("klein-nystrand", 5.09, (0.98896, 0.90403, 0.75121, 0.55964, 0.27157)),
        ("klein-nystrand", 5.1567152, (0.98867, 0.90159, 0.74530, 0.55026, 0.25968)),
        ("helm", 4.821, (0.99009, 0.91350, 0.77391, 0.59519, 0.31566)),
        ("symmetrised-fermi", 4.821, (0.99009, 0.91356, 0.77431, 0.59646, 0.31906)),
    ],
)
def test_values(name, radius, expected):
    """Five digits at 10, 30, 50, 70 and 100 MeV, computed apart."""
    assert np.all(np.abs(FORM_FACTORS[name](np.array([10.0, 30.0, 50.0, 70.0, 100.0]), radius) - expected) < 5.1e-6)


def test_radius_of_klein_and_nystrand():
    """R_A = 1.23 A^(1/3) fm and a_k = 0.7 fm are an rms radius of 5.157 fm of 133Cs; 5.695 fm is c of Fermi's at 4.821."""
    assert abs(np.sqrt(0.6 * (1.23 * 133 ** (1 / 3)) ** 2 + 6 * 0.49) - 5.1567152) < 1e-7
    assert abs(float(half_density(4.821)) - 5.694583) < 1e-6


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("name", EXTENDED)
def test_rms_radius_is_the_slope_at_zero(name, radius):
    """F = 1 - q² R²/6 + …: the second derivative at q = 0 is -R²/3, in both ways to evaluate it."""
    _, ((curvature, *_), *_) = (array[0] for array in derivatives(name)(np.array([[0.0, radius]])))
    assert_close(-3.0 * curvature * float(HBARC) ** 2, radius**2)
    # Of the closed form itself, without the engine: what makes `radius` the rms radius.
    slope = mp.diff(lambda q: closed_form(name, q * HBARC, radius), mp.mpf("1e-9"), 2)
    assert_close(float(-3 * slope), radius**2)


@pytest.mark.parametrize("radius", [2.2, 5.09])
def test_symmetrised_fermi_is_the_transform_of_the_density(radius):
    q = np.array([1e-3, 0.5, 20.0, 60.0, 120.0])
    with mp.workdps(25):
        expected = [fermi_moment(lambda r, k=k: mp.sinc(k * r), radius) for k in (mp.mpf(v) / HBARC for v in q)]
    assert_close(FORM_FACTORS["symmetrised-fermi"](q, radius), np.array(expected, float), 1e-12, scale=1.0)


@pytest.mark.parametrize("radius", [2.2, 5.09])
def test_moments_of_the_symmetrised_fermi_density(radius):
    """<r²> = R², and <r⁴>, which the series uses, is the fourth derivative at q = 0: F = … + q⁴ <r⁴>/120."""
    with mp.workdps(25):
        assert_close(float(fermi_moment(lambda r: r**2, radius)), radius**2)
        fourth_moment = float(fermi_moment(lambda r: r**4, radius))
    fourth = lambda q: FORM_FACTORS["symmetrised-fermi"](q, radius)  # noqa: E731
    for _ in range(4):
        fourth = jax.grad(fourth)
    assert_close(jax.jit(fourth)(0.0) * float(HBARC) ** 4 * 120 / 24, fourth_moment)


def test_first_zero_of_the_ball():
    """The first zero of j1 is 4.493409458 (Abramowitz and Stegun, table 10.6): Helm's is at q R0 = that."""
    r0 = float(mp.sqrt(5 * (mp.mpf("5.09") ** 2 - 3 * SKIN**2) / 3))
    assert abs(FORM_FACTORS["helm"](np.array([4.493409457909064 / r0 * float(HBARC)]), 5.09)[0]) < 1e-15


def test_parametrisations_agree_at_the_same_radius():
    """At the same rms radius they share the term in q²: within 1e-3 of each other up to 50 MeV, not the same."""
    q = np.linspace(0.0, 50.0, 11)
    helm, *others = [FORM_FACTORS[name](q, 5.09) for name in EXTENDED]
    for other in others:
        assert 1e-4 < np.max(np.abs(other - helm)) < 1e-3


@pytest.mark.parametrize("radius", RADII)
@pytest.mark.parametrize("name", EXTENDED)
def test_derivatives(name, radius):
    """First and second derivatives with respect to q and R against mpmath, times the q and R themselves."""
    points = np.array([(q, radius) for q in (1e-3, 0.3, 1.1, 4.0, 40.0, 110.0)])
    gradients, hessians = derivatives(name)(points)
    for (q, _), gradient, hessian in zip(points, gradients, hessians, strict=True):

        def exact(*order, q=q):
            value = mp.diff(lambda a, b: closed_form(name, a, b), (mp.mpf(q), mp.mpf(radius)), order)
            return float(value * mp.mpf(q) ** order[0] * mp.mpf(radius) ** order[1])

        unit = np.array([q, radius])
        first = np.array([exact(1, 0), exact(0, 1)])
        second = np.array([[exact(2, 0), exact(1, 1)], [exact(1, 1), exact(0, 2)]])
        why = "the closed forms cancel to (qR)² where they meet the series, at 1 MeV, their derivatives more"
        assert_close(np.asarray(gradient) * unit, first, 1e-8, why, scale=np.abs(first).max())
        assert_close(np.asarray(hessian) * np.outer(unit, unit), second, 1e-6, why, scale=np.abs(second).max())


@pytest.mark.parametrize("name", FORM_FACTORS)
def test_derivatives_are_finite_at_zero(name):
    for array in derivatives(name)(np.array([(0.0, radius) for radius in RADII])):
        assert np.all(np.isfinite(array))


SMALLEST = {"helm": mp.sqrt(3) * SKIN, "symmetrised-fermi": mp.sqrt(mp.mpf(7) / 5) * mp.pi * DIFFUSENESS}
SMALLEST["klein-nystrand"] = mp.sqrt(6) * RANGE


@pytest.mark.parametrize("name", EXTENDED)
def test_domain(name):
    """Where the box radius vanishes the surface is left alone; below there is no such distribution. 2.2 fm is above."""
    edge, q = float(SMALLEST[name]), jnp.array(60.0)
    assert edge < 2.2
    k = 60.0 / float(HBARC)
    y = float(mp.pi * DIFFUSENESS) * k
    surface = {
        "helm": np.exp(-0.5 * (0.9 * k) ** 2),
        "symmetrised-fermi": 3.0 / (y * np.sinh(y)) * (y / np.tanh(y) - 1.0),
        "klein-nystrand": 1.0 / (1.0 + (0.7 * k) ** 2),
    }[name]
    assert_close(FORM_FACTORS[name](q, edge + 1e-6), surface, 1e-5, "1e-6 fm above the edge")
    assert np.isnan(FORM_FACTORS[name](q, jnp.array(edge - 1e-3)))
