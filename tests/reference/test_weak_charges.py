"""Atomic parity violation and weak form factors against an independent integration, and against the papers."""

import jax
import numpy as np
import pytest
from independent_weak_charges import (
    HBARC,
    Q_NEUTRON,
    Q_PROTON,
    SLOPE,
    amplitude,
    caesium,
    grid,
    numbers,
    overlap,
    weak_amplitude,
)
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.interactions.weak_charge import (
    NEUTRON_WEAK_CHARGE,
    PROTON_WEAK_CHARGE_SLOPE,
    proton_weak_charge,
    weak_charge,
)
from cevnsjax.measurements import load
from cevnsjax.nuclei.electron_overlap import (
    DENSITIES,
    dirac_overlap,
    electron_overlap,
    fermi_overlap,
    fermi_profile,
    skin_correction,
)

GRID = "the grid of the independent integration"
POINTS = [{}, {"sin2_theta_w": 0.21, "r_n_cs": 5.6}, {"r_n_cs": 4.3, "r_p_cs": 4.75, "q_w_sm_cs": -73.25}]


def test_weak_charges_of_the_papers():
    """Q_W^p = 0.0712 and Q_W(Cs) = -73.23 ± 0.01 (arXiv:2303.09360); dQ_W/ds² = -4Zρ(1 - α/2π)."""
    assert f"{proton_weak_charge(0.23863):.4f}" == "0.0712"
    assert abs(weak_charge(55, 78, 0.23863) + 73.23) < 0.01
    assert_close(
        [proton_weak_charge(0.23863), NEUTRON_WEAK_CHARGE, PROTON_WEAK_CHARGE_SLOPE], [Q_PROTON, Q_NEUTRON, SLOPE]
    )
    assert f"{55 * PROTON_WEAK_CHARGE_SLOPE:.2f}" == "-219.88"


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("rms", [2.6, 4.2, 4.804, 4.821, 5.09, 6.0, 8.0])
def test_overlap_of_the_electron(density, rms):
    expected = overlap(density, 55, 4.804, rms)
    assert_close(1 - electron_overlap(density, 55, 4.804)(rms), 1 - expected, 1e-7, GRID)


def test_the_uniform_charge_gives_the_polynomial_of_pollock():
    """f = 1 - (Zα)²/2 [x² - x⁴/5 + x⁶/75] inside (Phys. Rev. C 46, 2587 (1992)); q_p = 1 - 0.26 (Zα)² of a thin skin."""
    edge = 4.804 * np.sqrt(5 / 3)
    r = grid(edge)
    x = r[r <= edge] / edge
    f = amplitude("uniform", 55, 4.804)(r)[r <= edge]
    assert_close(f, 1 - (55 / 137.035999084) ** 2 / 2 * (x**2 - x**4 / 5 + x**6 / 75), 1e-9, GRID)
    q = electron_overlap("uniform", 55, 4.804)(4.804)
    assert f"{(1 - q) / (55 / 137.035999084) ** 2:.2f}" == "0.26"


def test_fermi_amplitude_at_the_nodes():
    found = fermi_overlap(55, 4.804)
    from cevnsjax._base.numerics import gauss_legendre
    from cevnsjax.nuclei.electron_overlap import LARGEST, ORDER, PANELS

    _, weights = gauss_legendre(np.linspace(0.0, LARGEST, PANELS + 1), ORDER)
    r = np.concatenate([[0.0], found.radii])
    fine = np.unique(np.concatenate([r, grid(5.0)]))
    f = amplitude("fermi", 55, 4.804)(fine)
    near = found.radii < 12.0
    assert_close((found.weights / weights)[near], np.interp(found.radii, fine, f)[near], 2e-7, GRID)


def dirac_amplitude(protons, charge_radius, r):
    """Return f(r) of the Dirac equation at threshold by Runge-Kutta steps in the field of the printed 2pF charge."""
    grid_r, step = np.linspace(0.0, 14.0, 7001, retstep=True)
    density = np.asarray(fermi_profile(grid_r, charge_radius))
    charge = np.concatenate([[0.0], np.cumsum(0.5 * step * (density[1:] + density[:-1]))])
    field = np.divide(charge, grid_r**2, out=np.zeros_like(charge), where=grid_r > 0)
    rise = np.concatenate([[0.0], np.cumsum(0.5 * step * (field[1:] + field[:-1]))])
    z_alpha = protons / 137.035999084
    potential = z_alpha * (rise - rise[-1] - charge[-1] / grid_r[-1])
    mass = 2 * 0.51099895 / 197.3269804

    def slope(k, y):
        x, v = max(grid_r[k], 1e-9), potential[k]
        g_s, f_s, f_p, g_p = y
        return np.array([(mass - v) * f_s, v * g_s - 2 * f_s / x, v * g_p, (mass - v) * f_p - 2 * g_p / x])

    first = 2
    x, v = grid_r[first], potential[first]
    y, found = np.array([1.0, v * x / 3, 1.0, (mass - v) * x / 3]), {0: 1.0, first: 1.0}
    for k in range(first, len(grid_r) - 2, 2):
        a = slope(k, y)
        b = slope(k + 1, y + step * a)
        c = slope(k + 1, y + step * b)
        d = slope(k + 2, y + 2 * step * c)
        y = y + step / 3 * (a + 2 * b + 2 * c + d)
        found[k + 2] = y[0] * y[2] - y[1] * y[3]
    return np.interp(r, grid_r[list(found)], list(found.values()))


@pytest.mark.parametrize(
    ("protons", "charge_radius", "proton_radius", "published"),
    [(55, 4.804, 4.821, "0.003211"), (82, 5.5012, 5.5174, "0.006108")],
)
def test_overlap_with_the_electron_of_dirac(protons, charge_radius, proton_radius, published):
    """Against Runge-Kutta; caesium and lead at a skin of 0.2 fm, from an independent solution with these radii."""
    found = dirac_overlap(protons, charge_radius)
    assert f"{1 - found(proton_radius + 0.2) / found(proton_radius):.6f}" == published
    from cevnsjax._base.numerics import gauss_legendre
    from cevnsjax.nuclei.electron_overlap import LARGEST, ORDER, PANELS

    _, weights = gauss_legendre(np.linspace(0.0, LARGEST, PANELS + 1), ORDER)
    inner = (found.radii > 0.1) & (found.radii < 10.0)
    expected = dirac_amplitude(protons, charge_radius, found.radii[inner])
    assert_close((found.weights / weights)[inner], expected, 1e-5, "steps of the independent solution")


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("rms", [2.5, 4.803, 4.805, 5.3, 9.0])
def test_overlap_is_the_same_traced_and_smooth(density, rms):
    function = electron_overlap(density, 55, 4.804)
    assert_close(jax.jit(lambda x: function(x))(rms), function(rms))
    step = 1e-3
    at = [function(rms + m * step) for m in (-3, -2, -1, 1, 2, 3)]
    expected = (45 * (at[3] - at[2]) - 9 * (at[4] - at[1]) + at[5] - at[0]) / (60 * step)
    assert_close(jax.grad(function)(rms), expected, 1e-9, "six-point differences")


def test_skin_of_caesium_of_the_atomic_theory():
    """A skin of 0.13 ± 0.04 fm changes the amplitude 0.8995e-11 by -0.0018 ± 0.0005 (Dzuba et al. 2012)."""
    for density in DENSITIES:
        function = electron_overlap(density, 55, 4.804)
        change = 0.8995 * skin_correction(function, 78, -73.23, 4.821, 4.951)
        assert abs(change + 0.0018) < 0.0005


@pytest.mark.parametrize("density", DENSITIES)
@pytest.mark.parametrize("theory", ["dzuba2012", "sahoo2021"])
@pytest.mark.parametrize("values", POINTS)
def test_prediction_of_caesium(theory, density, values):
    name = theory if density == "uniform" else f"{theory}-fermi"
    likelihood = cj.Likelihood([load(f"apv-cs:{name}")])
    (prediction,) = likelihood.predict(values)
    short = {"sin2_theta_w": "sin2", "r_n_cs": "r_n", "r_p_cs": "r_p", "q_w_sm_cs": "q_sm"}
    predicted, measured, error = caesium(theory, density, **{short[k]: v for k, v in values.items()})
    assert_close(prediction.counts["prediction"], [predicted], 1e-8, GRID)
    assert_close(prediction.observed, [measured])
    assert_close(prediction.errors, [error])
    assert_close(likelihood.chi2(values), ((predicted - measured) / error) ** 2, 1e-5, "a difference of near numbers")


@pytest.mark.parametrize(
    ("name", "q", "nucleus", "a", "values"),
    [
        ("prex-ii:with-prex-i", (np.sqrt(0.00616) / HBARC, 0.475), (82, 126, "pb"), 0.605, {}),
        (
            "prex-ii:with-prex-i",
            (np.sqrt(0.00616) / HBARC, 0.475),
            (82, 126, "pb"),
            0.605,
            {"r_n_pb": 5.4, "sin2_theta_w": 0.25},
        ),
        ("crex", (0.8733,), (20, 28, "ca48"), 2.30 / (4 * np.log(3)), {}),
        (
            "crex",
            (0.8733,),
            (20, 28, "ca48"),
            2.30 / (4 * np.log(3)),
            {"r_n_ca48": 3.9, "r_p_ca48": 3.45, "sin2_theta_w": 0.22},
        ),
    ],
)
def test_weak_amplitudes(name, q, nucleus, a, values):
    likelihood = cj.Likelihood([load(name)])
    params = likelihood.parameters.complete(values)
    protons, neutrons, element = nucleus
    expected = [
        weak_amplitude(
            k, protons, neutrons, params[f"r_p_{element}"], params[f"r_n_{element}"], a, params["sin2_theta_w"]
        )
        for k in q
    ]
    (prediction,) = likelihood.predict(values)
    assert_close(prediction.counts["prediction"], expected, 1e-8, GRID)


def test_measured_form_factors():
    """The numbers of the abstracts of arXiv:2102.10767, 1202.1468 and 2205.11593, errors in quadrature."""
    lead, calcium = load("prex-ii:with-prex-i"), load("crex")
    assert lead.observed.tolist() == [0.368, 0.204]
    assert lead.errors.tolist() == [0.013, 0.028]
    assert load("prex-ii").observed.tolist() == [0.368]
    assert calcium.observed.tolist() == [0.1304]
    assert_close(calcium.errors, [np.sqrt(0.0052**2 + 0.0020**2 + 0.0057**2)])


def test_model_error_of_crex():
    """0.024 fm of skin (arXiv:2205.11593) at the slope of the form factor near the published skin of 0.121 fm."""
    r_p = 3.5004
    point = np.sqrt(r_p**2 - 0.8409**2)
    high, low = (
        weak_amplitude(0.8733, 20, 28, r_p, np.sqrt((point + skin) ** 2 + 0.8409**2), 2.30 / (4 * np.log(3)))
        for skin in (0.121 + 0.024, 0.121 - 0.024)
    )
    shipped = numbers("crex")["measured"]["weak_form_factor"]["model_error"]["value"]
    assert f"{(low - high) / 2:.4f}" == f"{shipped:.4f}" == "0.0057"


def test_finite_where_the_weak_radius_would_vanish():
    likelihood = cj.Likelihood([load("prex-ii"), load("crex")])
    problem = likelihood.problem(free=["r_n_pb", "r_n_ca48"])
    value, slope = jax.value_and_grad(problem)(np.array([2.2, 2.2]))
    assert np.isfinite(value)
    assert np.all(np.isfinite(slope))


def test_unknown_variants_and_densities():
    with pytest.raises(cj.InputError, match=r"unknown measurement 'apv-cs:sahoo' .*apv-cs:sahoo2021"):
        load("apv-cs:sahoo")
    with pytest.raises(cj.InputError, match="unknown variant 'fermi' of apv-cs"):
        cj.measurements.apv_cs("fermi")
    with pytest.raises(cj.InputError, match=r"unknown density 'fermy'.*did you mean 'fermi'"):
        electron_overlap("fermy", 55, 4.804)
    with pytest.raises(cj.InputError, match=r"unknown electron 'dirack'.*did you mean 'dirac'"):
        electron_overlap("fermi", 55, 4.804, "dirack")
    with pytest.raises(cj.InputError, match="expected the density fermi with 'dirac', found 'uniform'"):
        electron_overlap("uniform", 55, 4.804, "dirac")


def test_lead():
    """Q_W = -117 ± 5 (arXiv:1510.06679); Q_W^th = -118.77 - 327.8 (s² - s0); a skin of 0.28 fm moves it by -1.1."""
    likelihood = cj.Likelihood("apv-pb")
    (prediction,) = likelihood.predict({"r_n_pb": 5.5174})
    assert (prediction.observed[0], prediction.errors[0]) == (-117.0, 5.0)
    assert_close(prediction.counts["prediction"], [-118.77])
    (moved,) = likelihood.predict({"r_n_pb": 5.5174, "sin2_theta_w": 0.24863})
    assert f"{float(moved.counts['prediction'][0]) + 118.77:.3f}" == "-3.278"
    (skin,) = likelihood.predict({"r_n_pb": 5.5174 + 0.28})
    assert abs(float(skin.counts["prediction"][0]) + 118.77 - 1.1) < 0.05
    fit = likelihood.fit(["sin2_theta_w"])
    assert f"{fit.error('sin2_theta_w'):.4f}" == "0.0153"
