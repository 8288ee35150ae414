"""Nuclear densities and form factors of the user's against mpmath: transforms, radii, derivatives, conventions."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from independent_form_factors import helm
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax._base.numerics import bessel_j0
from cevnsjax.nuclei.charges import InputCharge
from cevnsjax.nuclei.conventions import CONVENTIONS
from cevnsjax.nuclei.nuclide import nuclide
from cevnsjax.nuclei.target import nuclear_charges, target_of

LEAD = (
    *(0.62732e-1, 0.38542e-1, -0.55105e-1, -0.26990e-2, 0.31016e-1, -0.99486e-2, -0.93012e-2, 0.76653e-2, 0.20886e-2),
    *(-0.17840e-2, 0.74876e-4, 0.32278e-3, -0.11353e-3),
)
"""Coefficients [1/fm³] of the charge of 208Pb, cutoff 11 fm: H. de Vries, C. W. de Jager, C. de Vries, At. Data Nucl. Data
Tables 36, 495 (1987). `test_the_charge_of_lead` adds them up to 82 charges and to the published radius."""
CUTOFF = 11.0
MOMENTA = (0.01, 0.1, 0.25, 0.4, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0)  # 1/fm
C, A, W = 5.6, 0.52, 0.1
RADII, SHARES, WIDTH = (0.5, 2.2, 4.1, 5.6), (0.05, 0.25, 0.45, 0.25), 1.1
HBARC = 197.3269804


@pytest.fixture(autouse=True)
def _digits():
    with mp.workdps(30):
        yield


def transform(density, pieces, q):
    """Return F(q) of a density by adaptive quadrature."""
    norm = mp.quad(lambda r: r**2 * density(r), pieces)
    return float(mp.quad(lambda r: r**2 * density(r) * mp.sinc(q * r), pieces) / norm)


def fermi(w):
    return lambda r: (1 + w * (r / C) ** 2) / (1 + mp.exp((r - C) / A))


def series(r):
    return mp.fsum(a * mp.sinc(k * mp.pi * r / CUTOFF) for k, a in enumerate(LEAD, 1))


def series_closed_form(q):
    """Return F(q) of the Fourier-Bessel series: its terms are integrated one by one."""
    x = mp.mpf(q) * CUTOFF

    def term(k, a):
        return (-1) ** (k + 1) * a / ((k * mp.pi) ** 2 - x**2)

    norm = mp.fsum((-1) ** (k + 1) * a / (k * mp.pi) ** 2 for k, a in enumerate(LEAD, 1))
    return float(mp.sin(x) / x * mp.fsum(term(k, a) for k, a in enumerate(LEAD, 1)) / norm)


def gaussians_closed_form(q):
    """Return exp(-q²γ²/4) Σ Q/(1 + 2u) [cos qR + 2u sin(qR)/(qR)], u = R²/γ²."""
    total = mp.mpf(0)
    for r, share in zip(RADII, SHARES, strict=True):
        u = (mp.mpf(r) / WIDTH) ** 2
        total += share / (1 + 2 * u) * (mp.cos(q * r) + 2 * u * mp.sinc(mp.mpf(q) * r))
    return float(mp.exp(-((q * WIDTH) ** 2) / 4) * total)


def table(step=0.02, convention="physical"):
    q = np.arange(0.0, 2.0 + step / 2, step)
    return cj.TabulatedFormFactor(q, helm(q, 4.9), convention=convention)


def inputs():
    r = np.linspace(0.0, 15.0, 301)
    return {
        "two parameters": cj.FermiDensity(C, A, convention="physical"),
        "three parameters": cj.FermiDensity(C, A, W, convention="physical"),
        "gaussians": cj.GaussianSum(RADII, SHARES, WIDTH, convention="physical"),
        "series": cj.FourierBessel(LEAD, CUTOFF, normalisation=82, convention="physical"),
        "table of a density": cj.TabulatedDensity(
            r, 0.1 / (1 + np.exp((r - C) / A)), normalisation=80, convention="point"
        ),
        "table": table(),
        "function": cj.FormFactorFunction(lambda q: helm(q, 4.9), convention="physical", up_to=4.0),
        "function of the radius": cj.FormFactorOfRadius(lambda q, r: helm(q, r, jnp), 4.9, convention="physical"),
    }


INPUTS = inputs()


def given(name, q):
    """Return F at the radius that a distribution was given with."""
    return INPUTS[name].form_factor(np.asarray(q), float(INPUTS[name].rms_radius))


def test_bessel_function():
    x = np.concatenate([[0.0], np.geomspace(1e-8, 400.0, 301), [0.1 - 1e-15, 0.1, 0.1 + 1e-15]])
    assert_close(bessel_j0(x), np.array([float(mp.sinc(mp.mpf(value))) for value in x]), scale=1.0)


def test_the_charge_of_lead():
    """82 charges to the digits of the coefficients, and the rms radius of 5.499 fm that the tables give."""
    density = INPUTS["series"]
    assert abs(float(density.integral) - 82.0) < 0.01
    assert abs(float(density.rms_radius) - 5.499) < 0.001
    r = np.array([0.0, 3.0, 6.6, 10.9, 11.1])
    expected = [float(series(mp.mpf(value))) if value < CUTOFF else 0.0 for value in r]
    assert_close(density.density(r), np.array(expected), 1e-12, scale=0.06)


def test_series_of_lead_at_ten_momenta():
    pieces = [0, 3, 6, 9, CUTOFF]
    by_quadrature = np.array([transform(series, pieces, mp.mpf(q)) for q in MOMENTA])
    assert_close(given("series", MOMENTA), by_quadrature, 1e-12, scale=1.0)
    assert_close(np.array([series_closed_form(q) for q in MOMENTA]), by_quadrature, 1e-12, scale=1.0)
    at_its_own_waves = np.arange(1, 5) * np.pi / CUTOFF  # where the closed form is 0/0
    expected = [transform(series, pieces, mp.mpf(q)) for q in at_its_own_waves]
    assert_close(given("series", at_its_own_waves), np.array(expected), 1e-12, scale=1.0)


@pytest.mark.parametrize(("name", "w"), [("two parameters", 0), ("three parameters", W)])
def test_fermi(name, w):
    pieces = [0, 3, C - 1, C + 1, C + 5, C + 15, C + 30]
    expected = np.array([transform(fermi(w), pieces, mp.mpf(q)) for q in MOMENTA])
    assert_close(given(name, MOMENTA), expected, 1e-12, scale=1.0)


def test_radii_of_fermi_densities():
    """Sommerfeld's expansion, exact but for terms of exp(-c/a) = 2e-5."""
    t = (np.pi * A / C) ** 2
    i2, i4 = C**3 / 3 * (1 + t), C**5 / 5 * (1 + 10 * t / 3 + 7 * t**2 / 3)
    i6 = C**7 / 7 * (1 + 7 * t + 49 * t**2 / 3 + 31 * t**3 / 3)
    why = "the expansion leaves out terms of exp(-c/a)"
    assert_close(float(INPUTS["two parameters"].rms_radius) ** 2, i4 / i2, 1e-5, why)
    assert_close(
        float(INPUTS["three parameters"].rms_radius) ** 2, (i4 + W * i6 / C**2) / (i2 + W * i4 / C**2), 1e-5, why
    )


def test_sum_of_gaussians():
    assert_close(given("gaussians", MOMENTA), np.array([gaussians_closed_form(q) for q in MOMENTA]), 1e-12, scale=1.0)
    assert_close(float(INPUTS["gaussians"].integral), 1.0)
    radii, shares = np.array(RADII), np.array(SHARES)
    u = (radii / WIDTH) ** 2
    mean_square = np.sum(shares * (1.5 * WIDTH**2 + radii**2 * (3 + 2 * u) / (1 + 2 * u)))
    assert_close(float(INPUTS["gaussians"].rms_radius) ** 2, mean_square)


def test_table_of_a_density():
    """Of the Fermi density that it was tabulated from: the cubic between points is off by the cube of their distance."""
    q, why = np.linspace(0.0, 2.0, 41), "a cubic between the points of a table"
    exact, errors = given("two parameters", q), []
    for points, tolerance in ((76, 2e-4), (151, 2e-5), (301, 2e-6)):
        r = np.linspace(0.0, 15.0, points)
        rho = 0.1 / (1 + np.exp((r - C) / A))
        made = cj.TabulatedDensity(r, rho, normalisation=80, convention="point")
        values = made.unstretched(q)
        assert_close(values, exact, tolerance, why, scale=1.0)
        errors.append(np.abs(values - exact).max())
        between = 0.5 * (r[1:] + r[:-1])
        assert np.all(made.density(between) <= np.maximum(rho[1:], rho[:-1]))  # monotone
    assert errors[0] > 6 * errors[1] > 36 * errors[2]


def test_table_of_a_form_factor():
    """Of Helm's, to which it is a cubic spline: the error falls with the fourth power of the distance of points."""
    q, errors = np.linspace(0.0, 2.0, 401), []
    for step, tolerance in ((0.04, 2e-6), (0.02, 1e-7), (0.01, 5e-9)):
        made = table(step)
        assert_close(made.unstretched(q), helm(q, 4.9), tolerance, "a cubic between the points of a table", scale=1.0)
        assert_close(float(made.rms_radius), 4.9, 1e-4, "the slope of a spline at its end")
        errors.append(np.abs(made.unstretched(q) - helm(q, 4.9)).max())
    assert errors[0] > 10 * errors[1] > 100 * errors[2]
    points = np.sqrt(np.asarray(made.squares))
    assert_close(made.unstretched(points), helm(points, 4.9), 1e-12, scale=1.0)


def test_functions():
    q = np.linspace(0.0, 3.9, 79)
    for name in ("function", "function of the radius"):
        assert_close(
            given(name, q), helm(q, 4.9), 1e-11, "a polynomial of degree 64, and two ways near zero", scale=1.0
        )
        assert_close(float(INPUTS[name].rms_radius), 4.9, 1e-8, "the slope of the polynomials")
    traced = cj.FormFactorFunction(lambda k: helm(jnp.asarray(k), 4.9, jnp), convention="physical", up_to=4.0)
    assert_close(traced.unstretched(q), given("function", q), 1e-12, scale=1.0)
    assert_close(
        INPUTS["function of the radius"].form_factor(q, 5.5), helm(q, 5.5), 1e-11, "two ways near zero", scale=1.0
    )


@pytest.mark.parametrize("name", INPUTS)
def test_radius_is_the_slope_and_one_at_zero(name):
    shape, h = INPUTS[name], 1e-3
    assert given(name, [0.0])[0] == pytest.approx(1.0, abs=1e-14)
    for radius in (float(shape.rms_radius), 4.0, 6.0):
        near = shape.form_factor(np.array([h]), radius)[0]
        why = "rounding over q² = 1e-6, the term of q⁴, the slope of a table at its end"
        assert_close(6 * (1 - near) / h**2, radius**2, 2e-4 if "table" in name else 1e-5, why)


@pytest.mark.parametrize("name", [name for name in INPUTS if name != "function of the radius"])
def test_stretched(name):
    """F(q; R) = F_0(q R/R_0), on the host and traced."""
    shape, q = INPUTS[name], np.array([0.0, 0.05, 0.3, 0.9])
    stretched = shape.form_factor(q, 1.1 * float(shape.rms_radius))
    assert_close(stretched, given(name, 1.1 * q), 1e-12, scale=1.0)
    assert_close(jax.jit(shape.form_factor)(jnp.asarray(q), 1.1 * float(shape.rms_radius)), stretched, 1e-12, scale=1.0)


@pytest.mark.parametrize("name", INPUTS)
def test_derivatives_in_the_radius(name):
    """Against central differences of fourth order."""
    shape, q = INPUTS[name], jnp.array([0.02, 0.1, 0.3, 0.5, 0.8])

    def function(radius):
        return shape.form_factor(q, radius)

    radius, h = 1.05 * float(shape.rms_radius), 1e-2
    first, second = jax.jacfwd(function)(radius), jax.jacfwd(jax.jacfwd(function))(radius)
    f = [np.asarray(function(radius + k * h)) for k in (-2, -1, 0, 1, 2)]
    why = "differences over a step of 0.01 fm"
    jumps = 1e-3 if name == "table" else 1e-7  # the third derivative of a spline jumps at its points
    assert_close(first, (f[0] - 8 * f[1] + 8 * f[3] - f[4]) / (12 * h), jumps * 1e-2, why, scale=1.0)
    assert_close(second, (-f[0] + 16 * f[1] - 30 * f[2] + 16 * f[3] - f[4]) / (12 * h**2), jumps, why, scale=1.0)


def test_no_value_beyond_a_table():
    made = table()
    values = made.form_factor(np.array([1.0, 2.0, 2.01]), float(made.rms_radius))
    assert np.all(np.isfinite(values[:2]))
    assert np.isnan(values[2])
    assert np.isnan(made.form_factor(jnp.array([1.9]), 1.1 * made.rms_radius))[0]
    assert_close(made.largest_radius(1.0), 2.0 * float(made.rms_radius))


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_conventions(convention):
    """The physical radius is the slope of the physical form factor, whatever the distribution is of."""
    lead = nuclide("208Pb")
    given_radius, ratio, h = 5.5, 126 / 82, 1e-3
    physical = np.sqrt(given_radius**2 + CONVENTIONS[convention].added(ratio))
    expected = {
        "point": np.sqrt(5.5**2 + 0.8409**2),
        "charge": np.sqrt(5.5**2 + 0.1161 * ratio),
        "physical": 5.5,
    }[convention]
    assert_close(physical, expected)
    shape = cj.FormFactorFunction(lambda q: np.exp(-((q * given_radius) ** 2) / 6), convention=convention)
    charge = InputCharge(
        q=np.array([[h * HBARC]]), number=np.asarray(82.0), ratio=np.asarray(ratio), shape=shape, radius="r_p_pb", offset=np.asarray(0.0)
    )  # fmt: skip
    near = float(charge({"r_p_pb": physical})[0, 0]) / lead.protons
    assert_close(6 * (1 - near) / h**2, physical**2, 1e-5, "the term of q⁴")


def test_a_point_radius_of_caesium():
    """4.999 fm of point neutrons is 5.0692 fm with their size (arXiv:2102.06153, Table I: 5.07)."""
    assert abs(np.sqrt(4.999**2 + CONVENTIONS["point"].added(1.0)) - 5.0692) < 1e-4


def test_the_charge_of_lead_has_the_radius_of_the_package():
    """R_p² = R_ch² + 0.1161 N/Z, which the package's radii are made with too (R_ch = 5.5012 fm, Angeli and Marinova)."""
    density = cj.FourierBessel(LEAD, CUTOFF, normalisation=82, convention="charge")
    target = target_of("208Pb", 1.0, {"Pb:p": density})
    (default,) = [p.default for p in target.parameters() if p.name == "r_p_pb"]
    assert abs(default - nuclide("208Pb").proton_radius) < 0.003  # the charge radii differ by 0.002 fm
    q = np.linspace(1.0, 100.0, 20)[None]
    radii = {p.name: p.default for p in target.parameters()}
    protons = nuclear_charges(target, q)["proton"](radii)
    neutron_charge = 126 / 82 * 0.1161 * (q / HBARC) ** 2 / 6
    expected = 82 * np.array([[series_closed_form(value / HBARC) for value in q[0]]]) / (1 + neutron_charge)
    assert_close(protons, expected, 1e-11, "the closed form cancels", scale=82.0)
