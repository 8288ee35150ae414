"""Bins in which next to nothing is expected, and components of no events: every number and derivative is finite."""

import json

import jax
import numpy as np
import pytest
from experiment_texts import DECAYS, IODIDE_RESPONSE, target

import cevnsjax as cj

STRENGTHS = ("cevns_norm", "background_norm")
DETECTOR = (
    """
name = "far-above"
title = "Bins far above the largest recoil"
"""
    + DECAYS
    + target("CsI", 20)
    + IODIDE_RESPONSE
    + """
[binning]
energy = { value = [0, 8, 16, 24, 40, 60, 200, 400, 700, 1000], unit = "PE" }
parts = { value = 6, unit = "1" }
[signal]
width = { value = 0.08, unit = "1" }
[uncertainties]
quenching_a = { value = 0.002, unit = "1" }
"""
)


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    path = tmp_path_factory.mktemp("far") / "far.toml"
    path.write_text(DETECTOR)
    return path


def test_bins_far_above_the_end_point(command, detector):
    """Counts of 1e-34, 1e-89, 1e-176: the forecast is that of the bins below, with and without a response that moves."""
    code, out, err = command("predict", detector, "--json")
    assert code == 0, err
    counts = json.loads(out)["counts"]["cevns"]
    assert counts[-1] < 1e-150
    assert counts[-2] < 1e-80
    near = detector.with_name("near.toml")
    near.write_text(DETECTOR.replace(", 400, 700, 1000]", "]"))
    found = {}
    for path in (detector, near):
        code, out, err = command("forecast", path, "--free", "sin2_theta_w", "--json")
        assert code == 0, err
        found[path] = json.loads(out)
    (whole, below) = found.values()
    assert whole["chi2_min"] == pytest.approx(0.0, abs=1e-9)
    assert whole["parameters"]["sin2_theta_w"]["error"] == pytest.approx(
        below["parameters"]["sin2_theta_w"]["error"], rel=1e-4
    )
    code, out, err = command("toys", detector, "--free", "sin2_theta_w", "--count", "5", "--json")
    assert code == 0, err
    assert json.loads(out)["not_converged"] == 0


@pytest.mark.parametrize("share", [1e-89, 1e-206])
def test_derivatives_where_next_to_nothing_is_expected(share):
    """With n events seen and μ e^t expected, χ² = 2 [μ - n + n ln(n/μ)] has the derivatives 2 (μ - n) and 2μ by t."""
    likelihood = cj.Likelihood([cj.measurements.lz_8b()])
    problem = likelihood.problem(free=STRENGTHS, values={"b8_flux_norm": 1.0})
    assert problem.names == STRENGTHS
    measurement = likelihood.measurements[0]
    seen = float(np.sum(measurement.observed))
    expected = share * sum(float(np.sum(counts)) for counts in likelihood.predict()[0].counts.values())

    def chi2(t):
        return problem(share * jax.numpy.exp(t) * np.ones(len(STRENGTHS)))

    assert seen > 0
    assert chi2(0.0) == pytest.approx(2.0 * (expected - seen + seen * (np.log(seen) - np.log(expected))), rel=1e-12)
    for slope in (jax.grad(chi2)(0.0), jax.jacfwd(chi2)(0.0)):
        assert slope == pytest.approx(2.0 * (expected - seen), rel=1e-12)
    for bend in (jax.grad(jax.grad(chi2))(0.0), jax.jacfwd(jax.jacfwd(chi2))(0.0)):
        assert bend == pytest.approx(2.0 * expected, abs=1e-12 * seen)


def test_component_of_no_events(command):
    none = ("--set", "cevns_norm=0")
    code, out, err = command("predict", "coherent-csi-2021", *none, "--json", "--plot", "none.png")
    assert code == 0, err
    assert "Warning" not in err
    found = json.loads(out)
    assert found["total"]["cevns"] == 0.0
    assert found["quadrature_error"] == 0.0
    code, out, err = command("predict", "coherent-csi-2021", *none)
    assert code == 0, err
    assert "nan" not in out
    assert "Warning" not in err
    code, out, err = command("forecast", "cryocsi-i", *none, "--json")
    assert code == 0, err
    events = json.loads(out)["events"]["cryocsi-i"]["cevns"]
    assert events == {"value": 0.0, "error": 0.0}


@pytest.mark.parametrize("mass", [pytest.param(1e4, marks=pytest.mark.slow), 1e5, 460940.4, 1e6])
def test_leptons_heavier_than_all_energies(mass):
    """Nothing is made of a lepton far heavier than the nucleus: the counts of the Standard Model, with derivatives."""
    measurement = cj.measurements.coherent_lar_2020()
    likelihood = cj.Likelihood([measurement], cj.model("dipole-portal"))
    heavy = {"dipole_moment_e": 100.0, "dipole_moment_mu": 100.0, "m_hnl": mass}
    assert likelihood.chi2(heavy) == pytest.approx(cj.Likelihood([measurement]).chi2(), rel=1e-12)
    problem = likelihood.problem(free=["dipole_moment_e", "m_hnl"], values=heavy)
    u = problem.coordinates(likelihood.parameters.complete(heavy))
    for part in (problem(u), *jax.value_and_grad(problem)(u), jax.hessian(problem)(u)):
        assert np.isfinite(part).all()
