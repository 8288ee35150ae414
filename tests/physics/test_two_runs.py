"""An experiment of one's own, two runs in energy and time made of CSV tables alone: counts, fit, coverage of toys."""

import experiment_texts as texts
import independent_forecast
import numpy as np
import pytest
import two_runs
from tolerance import assert_close

import cevnsjax as cj

ALONE = (
    """
[source]
kind = "pion-decay-at-rest"
neutrinos_per_flavour_and_proton = { value = 0.09, unit = "1" }
protons_on_target = { value = PROTONS, unit = "1" }
distance = { value = 20, unit = "m" }
live_time = { value = 1, unit = "day" }
"""
    + texts.target("Ar", 30)
    + texts.kilovolts(texts.proportional(0.25), 0.5, 0.3)
    + """
[detector.efficiency]
kind = "table"
energy = { value = [2, 5, 8, 12, 40], unit = "keV" }
fraction = { value = [0, 0.35, 0.6, 0.7, 0.7], unit = "1" }
[binning]
energy = { value = EDGES, unit = "keV" }
"""
)
PROTONS = {"summer": "2e23", "winter": "1.2e23"}


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """Signal (energy, time) of each run by the second implementation, each run alone and by flavour."""
    found = {}
    for run, edges in two_runs.ENERGY.items():
        path = tmp_path_factory.mktemp(run) / "alone.toml"
        path.write_text(ALONE.replace("PROTONS", PROTONS[run]).replace("EDGES", str(edges)))
        energy = independent_forecast.signal(independent_forecast.File(path))
        shares = {"nu_mu": "nu_mu", "nu_e": "nu_e", "nu_mu_bar": "nu_e"}
        found[run] = sum(np.outer(energy[name], two_runs.SHARE[share]) for name, share in shares.items())
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory, expected):
    """The folder, with counts drawn about what is expected."""
    random = np.random.default_rng(5)
    counts = {run: random.poisson(expected[run] + two_runs.background(run)).astype(float) for run in expected}
    return two_runs.write_folder(tmp_path_factory.mktemp("two") / "two-runs", counts), counts


def joined(parts):
    return np.concatenate([parts[run] for run in two_runs.ENERGY])


def test_counts_are_those_of_the_second_implementation(folder, expected):
    path, counts = folder
    likelihood = cj.Likelihood(str(path))
    (measurement,) = likelihood.measurements
    assert measurement.observed.tolist() == joined(counts).tolist()
    (prediction,) = likelihood.predict()
    why = "knots of the efficiency between the nodes of the second implementation"
    assert_close(prediction.counts["cevns"], joined(expected), 1e-7, why)
    for shape in (-1.0, 0.0, 1.0):
        (moved,) = likelihood.predict({"steady_shape": shape, "steady_norm": 1.3})
        background = joined({run: two_runs.background(run, shape) for run in two_runs.ENERGY})
        assert_close(moved.counts["steady"], 1.3 * background, 1e-13, "")


def test_gradients_are_those_of_differences(folder):
    path, _ = folder
    problem = cj.Likelihood(str(path)).problem(free=["sin2_theta_w", "quenching_a", "resolution_norm"])
    at = np.array(
        [{"quenching_a": 0.26, "sin2_theta_w": 0.22, "steady_shape": 0.4}.get(n, 1.05) for n in problem.names]
    )
    import jax

    gradient = np.asarray(jax.grad(problem)(at))
    for k, slope in enumerate(gradient):
        step = np.zeros(len(at))
        step[k] = 1e-4 * at[k]
        near = [float(problem(at + j * step)) for j in (-2, -1, 1, 2)]
        difference = (near[0] - 8 * near[1] + 8 * near[2] - near[3]) / (12 * step[k])
        assert slope == pytest.approx(difference, rel=1e-6, abs=1e-6)


def test_a_thousand_toys_are_covered(folder):
    """Intervals hold the truth in 68.27 and 90 % of the toys, within three binomial errors."""
    path, _ = folder
    study = cj.Likelihood(str(path)).toys(1000, free=["sin2_theta_w"])
    for level in (0.6827, 0.90):
        share, low, high = study.coverage("sin2_theta_w", level)
        error = np.sqrt(level * (1 - level) / 1000)
        assert abs(share - level) < 3 * error
        assert low < share < high


def test_a_run_that_cannot_stand_beside_the_others_is_refused(folder, tmp_path):
    import shutil

    path, _ = folder
    copy = tmp_path / "copy"
    shutil.copytree(path, copy)
    document = copy / "experiment.toml"
    document.write_text(document.read_text() + '[runs.winter.target]\nformula = "Xe"\n')
    with pytest.raises(cj.DataError, match=r"runs\.winter\.target: expected the same substance in all runs"):
        cj.measurement(copy)
