"""Measured numbers that a folder's signal predicts: strengths and cross sections, and covariances among numbers."""

import dataclasses

import independent_ge_mini as independent
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from independent_rates import E_END, E_LINE, FLAVOURS, LEPTON_MASS, couplings_2022, flux_moments, form_factor
from scipy.integrate import quad_vec
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.joint.checking import checked

SOURCE = """
name = "array"
[source]
kind = "pion-decay-at-rest"
neutrinos_per_flavour_and_proton = { value = 0.096, unit = "1" }
protons_times_mass = { value = 2.09e23, unit = "kg" }
distance = { value = 19.2, unit = "m" }
[target]
formula = "Ge"
mass = { value = 10.66, unit = "kg" }
"""
DETECTOR = """
[detector]
unit = "keV"
efficiency = "unity"
quenching = { kind = "lindhard", k = { value = 0.157, unit = "1" }, width = { value = 0.004, unit = "1" } }
[detector.resolution]
kind = "two-widths"
noise = { value = 0.115, unit = "keV" }
line = { value = 0.25, unit = "keV" }
line_energy = { value = 10.37, unit = "keV" }
[binning]
energy = { value = [1.5, 3.5, 8.5], unit = "keV" }
[signal]
width = "parts"
parts.flux = { width = { value = 0.08, unit = "1" }, shared = "sns_flux_norm" }
"""
EXCESS = """
[measured.excess]
kind = "strength"
value = { value = 1.05, unit = "1", uncertainty = 0.10 }
systematic_error = { value = 0.06, unit = "1" }
"""
SECTION = """
[measured.section]
kind = "cross-section"
value = { value = 55e-40, unit = "cm^2", uncertainty = 6e-40 }
threshold = { value = 2, unit = "keV" }
"""
RADIUS = """
[measured.radius]
kind = "point-neutron-radius"
nuclide = "133Cs"
value = { value = 4.86, unit = "fm", uncertainty = 0.21 }
"""
CORRELATION = [[1.0, 0.3, 0.1], [0.3, 1.0, -0.2], [0.1, -0.2, 1.0]]
MOVED = {"sin2_theta_w": 0.21, "r_n_ge": 4.4, "lindhard_k_ge": 0.159, "cevns_norm": 1.1}
NUCLEON = 0.8409
"""Size of the nucleon [fm] in the physical radius of a nucleus: the charge radius of the proton (CODATA 2018)."""
WHY = "the engine's fixed nodes of recoil energy"


def entry(name, matrix):
    return f"[measured]\n{name} = {{ value = {matrix}, unit = '1' }}\n"


def written(folder, text):
    folder.mkdir(exist_ok=True)
    (folder / "experiment.toml").write_text(text)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The likelihood of a strength, a cross section and a number that no signal predicts, correlated."""
    text = SOURCE + DETECTOR + EXCESS + SECTION + RADIUS + entry("correlation", CORRELATION)
    return cj.Likelihood(cj.measurement(written(tmp_path_factory.mktemp("numbers"), text)))


def total(params):
    """The signal in both bins, by independent quadrature."""
    return independent.signal({**params, "cevns_norm": 1.0}, np.array([1.5, 8.5])).sum()


def section(params, threshold):
    """The mean cross section of germanium [cm²] above a threshold [MeV], by adaptive quadrature."""
    mean = 0.0
    for isotope in independent.ISOTOPES:
        proton_radius, neutron_radius = (
            params[f"r_{p}_ge"] + getattr(isotope, f"radius_{p}") - getattr(independent.REFERENCE, f"radius_{p}")
            for p in "pn"
        )

        def function(recoil, isotope=isotope, proton_radius=proton_radius, neutron_radius=neutron_radius):
            q = np.sqrt(2 * isotope.mass * recoil)
            proton = 32 * form_factor("helm", q, proton_radius)
            neutron = isotope.neutrons * form_factor("helm", q, neutron_radius)
            couplings = [couplings_2022(LEPTON_MASS[flavour]) for flavour in FLAVOURS]
            shift = 2 * 1.00063 * (params["sin2_theta_w"] - 0.23863)
            squared = np.array([((g_p - shift) * proton + g_n * neutron) ** 2 for g_p, g_n in couplings])
            return 1e38 * squared * flux_moments(recoil, isotope.mass)

        line, end = (2 * e**2 / (isotope.mass + 2 * e) for e in (E_LINE, E_END))
        parts = [quad_vec(function, low, high, epsrel=1e-11)[0] for low, high in ((threshold, line), (line, end))]
        mean += isotope.abundance * sum(parts).mean()
    return 1e-38 * mean / sum(isotope.abundance for isotope in independent.ISOTOPES)


@pytest.mark.parametrize("values", [{}, MOVED], ids=["default", "moved"])
def test_predictions_by_independent_quadrature(whole, values):
    params, nominal = whole.parameters.complete(values), whole.parameters.complete()
    found = whole.predict(values)[0].total
    assert_close(found[0], params["cevns_norm"] * total(params) / total(nominal), 1e-7, WHY)
    assert_close(found[1], params["cevns_norm"] * section(params, 2e-3), 1e-8, WHY)
    assert_close(found[2], np.sqrt(params["r_n_cs"] ** 2 - NUCLEON**2), 1e-12)


def test_a_threshold_of_zero_is_the_flux_averaged_cross_section(tmp_path):
    """Of source and target alone: no detector is needed."""
    text = SOURCE + SECTION.replace("value = 2,", "value = 0,")
    prediction = cj.Likelihood(cj.measurement(written(tmp_path / "array", text))).predict({})[0]
    assert_close(prediction.total[0], prediction.cross_section, 1e-12)
    params = prediction.params
    assert_close(prediction.total[0], section(params, 0.0), 1e-8, WHY)


def test_any_model_acts_on_a_strength_as_on_counts(tmp_path):
    """Counts of the same folder in its bins, with a light vector, over those of the Standard Model."""
    model, values = cj.light_vector("B-L"), {"g_zp": 1e-4, "m_zp": 30.0}
    text = SOURCE + DETECTOR + EXCESS
    strength = cj.Likelihood(cj.measurement(written(tmp_path / "array", text)), model)
    counted = cj.measurement(written(tmp_path / "counted", SOURCE + DETECTOR))
    counts = [cj.Likelihood(counted, *chosen).predict(given)[0].total.sum() for chosen, given in (((model,), values), ((), {}))]  # fmt: skip
    found = strength.predict(values)[0].total[0]
    assert_close(found, counts[0] / counts[1], 1e-9, "rounding, and other panels of nodes")
    assert abs(found - 1.0) > 0.05


def test_chi2_is_the_quadratic_form_of_all_numbers_and_pulls(whole):
    """(μ - x)ᵀ C⁻¹ (μ - x) with C = σ ρ σ, and the pulls of the strength and the quenching."""
    problem = whole.problem(free=["sin2_theta_w", "r_n_ge"])
    assert {"cevns_norm", "lindhard_k_ge"} <= set(problem.names)
    errors = np.array([np.hypot(0.10, 0.06), 6e-40, 0.21])
    covariance = np.array(CORRELATION) * np.outer(errors, errors)
    shift = (whole.predict(MOVED)[0].total - [1.05, 55e-40, 4.86]) / errors
    expected = shift @ np.linalg.solve(covariance / np.outer(errors, errors), shift)
    expected += (0.1 / 0.08) ** 2 + (0.002 / 0.004) ** 2
    u = problem.coordinates(dict.fromkeys(problem.names, 1.0) | whole.parameters.complete() | MOVED)
    assert_close(float(problem(u)), expected, 1e-9, "a response that moves, as a short sum")
    function, gradient = jax.jit(problem), np.asarray(jax.jit(jax.grad(problem))(jnp.asarray(u)))
    moved = dict(zip(problem.names, u, strict=True))
    steps = np.diag([1e-4 * abs(moved[name]) for name in problem.names])
    differences = [(float(function(u + s)) - float(function(u - s))) / 2.0 for s in steps]
    assert_close(gradient * np.diag(steps), differences, 1e-6, "central differences", scale=np.abs(differences).max())


def test_a_covariance_is_added_to_the_squares_of_the_errors(tmp_path):
    """And holds them all where the numbers have no uncertainty of their own."""
    covariance = [[0.02, 0.001], [0.001, 0.05]]
    both = SOURCE + DETECTOR + EXCESS + RADIUS + entry("covariance", covariance)
    errors = np.array([np.hypot(0.10, 0.06), 0.21])
    term = cj.measurement(written(tmp_path / "array", both)).term
    assert_close(term.covariance(), np.array(covariance) + np.diag(errors**2))
    bare = (
        both.replace(", uncertainty = 0.10", "")
        .replace(", uncertainty = 0.21", "")
        .replace("value = 0.06", "value = 1e-9")
    )
    term = cj.measurement(written(tmp_path / "array", bare)).term
    assert_close(term.covariance(), np.array(covariance))


def test_the_flux_is_shared(tmp_path):
    """A part of the width of the signal that two folders name alike is a nuisance of both."""
    one = cj.measurement(written(tmp_path / "array", SOURCE + DETECTOR + EXCESS))
    other = dataclasses.replace(one, name="other", dataset="other")
    both = cj.Likelihood([one, other])
    assert both.shared == {"lindhard_k_ge": ["array", "other"], "sns_flux_norm": ["array", "other"]}
    problem = both.problem(free=["sin2_theta_w"])
    values = {"sns_flux_norm": 1.06, "cevns_norm@array": 1.0, "cevns_norm@other": 1.0, "sin2_theta_w": 0.23863}
    u = problem.coordinates(both.parameters.complete() | values)
    # Of each strength the flux is the whole width: prediction 1.06, measured 1.05 ± 0.10 ± 0.06, and one pull.
    expected = 2.0 * (0.01 / np.hypot(0.10, 0.06)) ** 2 + (0.06 / 0.08) ** 2
    assert_close(float(problem(u)), expected, 1e-7, "the fixed nodes of the ratio")


def test_what_is_shown_of_it(whole, tmp_path):
    text = SOURCE + DETECTOR + EXCESS + SECTION
    content, likelihood = checked(written(tmp_path / "array", text))
    assert content["problems"] == []
    assert content["events"] == {}
    assert content["shared"] == ["sns_flux_norm"]
    numbers = content["numbers"]["excess: signal over that of the Standard Model"]
    assert_close(
        [numbers["value"], numbers["error"], numbers["expected"]], [1.05, np.hypot(0.10, 0.06), 1.0], 1e-9, WHY
    )
    assert likelihood is not None
    panel = whole.predict({})[0].panel()
    assert list(panel.counts) == ["prediction"]
    assert len(panel.labels) == 3
    assert "excess: signal over that of the Standard Model" in str(whole.measurements[0])
    with pytest.raises(cj.InputError, match="electrons"):
        cj.Likelihood(whole.measurements[0], electrons=True)


BOTH = SOURCE + DETECTOR + EXCESS + RADIUS
FAULTY = {
    "shape": (BOTH + entry("covariance", [[0.1]]), r"measured.covariance: .*expected .*2.*found"),
    "symmetric": (
        BOTH + entry("covariance", [[0.1, 0.02], [0.01, 0.1]]),
        r"measured.covariance: .*expected a symmetric covariance, found entries that differ by 0.01",
    ),
    "positive": (
        BOTH + entry("covariance", [[0.1, 0.2], [0.2, 0.1]]),
        r"measured.covariance: .*expected a covariance without negative eigenvalues, found -0.1",
    ),
    "correlation": (
        BOTH + entry("correlation", [[1, 1.2], [1.2, 1]]),
        r"measured.correlation: .*expected a covariance without negative eigenvalues",
    ),
    "correlation shape": (BOTH + entry("correlation", [[1]]), r"measured.correlation: expected 2 x 2 numbers, found \(1, 1\)"),
    "diagonal": (
        BOTH + entry("correlation", [[1, 0.2], [0.2, 0.9]]),
        r"measured.correlation: expected 1 on its diagonal, found \[1.0, 0.9\]",
    ),
    "both": (
        BOTH + entry("correlation", [[1, 0], [0, 1]]) + entry("covariance", [[1, 0], [0, 1]]).partition("\n")[2],
        r"measured.correlation: expected a covariance or a correlation, found both",
    ),
    "error": (BOTH.replace(", uncertainty = 0.10", ""), r"measured.excess.value.uncertainty: "),
    "detector": (SOURCE + EXCESS, r"detector.quenching.kind: expected .*, found no such entry"),
    "background": (
        BOTH + "[backgrounds.flat]\ntotal = { value = 3, unit = 'counts' }\n",
        r"backgrounds: expected no such table beside measured numbers, found one",
    ),
    "idle": (SOURCE + RADIUS, r"source: expected entries that are used, found one that is not"),
    "unit": (SOURCE + SECTION.replace("cm^2", "cm^4"), r"measured.section.value.unit: expected 'cm\^2', found 'cm\^4'"),
    "size": (SOURCE + SECTION.replace("55e-40", "55e-10"), r"measured.section.value: expected a magnitude from 1e-60"),
    "reach": (
        BOTH.replace("[1.5, 3.5, 8.5]", "[1500, 3500]"),
        r"binning.energy: expected bins that the signal reaches, found no signal in any of them",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", FAULTY)
def test_what_is_wrong_is_said_in_a_line(tmp_path, what):
    text, message = FAULTY[what]
    with pytest.raises(cj.DataError, match=message) as error:
        cj.measurement(written(tmp_path / "array", text))
    assert "\n" not in str(error.value)
