"""Toy experiments: reproducible whatever the chunking, distributed as closed forms say, fitted as MINUIT fits them."""

import itertools
import json
import pickle

import equinox as eqx
import jax
import numpy as np
import pytest
from closed_form_problems import linear
from iminuit import Minuit
from scipy import stats
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.inference.toys.draw import asimov, fluctuate
from cevnsjax.inference.toys.frequencies import ONE_SIGMA, at_least, critical_value, fraction
from cevnsjax.inference.toys.refit import minimise_toys, refit
from cevnsjax.inference.toys.work import BLOCK, Work, joined, tasks

SEED = 8


def work_of(problem, tested, threads=1):
    number = len(problem.names)
    return Work(problem, tested, np.zeros((0, number)), np.zeros(number, bool), SEED, threads)


@pytest.fixture(scope="module")
def gaussian():
    """Two strengths and a constrained background over four numbers: everything is linear and Gaussian."""
    columns = [[5.0, 4.0, 1.0, 0.5], [0.3, 2.0, 3.0, 4.0], [1.0, 1.0, 1.0, 1.0]]
    return linear(np.full(4, 3.0), [0.7, 1.1, 0.9, 0.8], columns, [-50.0] * 3, [50.0] * 3, {"x3": 0.2})


def same(first, second):
    return all(np.array_equal(first[name], second[name], equal_nan=True) for name in first)


def test_the_same_toys_whatever_their_number_and_order(gaussian):
    truth = np.array([1.0, 0.8, 1.0])
    asked = tasks(truth, 2 * BLOCK + 130)
    work = work_of(gaussian, ((0,),))
    inside = pickle.loads(pickle.dumps(work))
    forwards = joined([work(task) for task in asked])
    backwards = joined(list(reversed([inside(task) for task in reversed(asked)])))
    threaded = joined([work_of(gaussian, ((0,),), threads=2)(task) for task in asked])
    assert same(forwards, backwards)
    assert same(forwards, threaded)
    fewer = joined([work(task) for task in tasks(truth, BLOCK + 40)])
    assert same(fewer, {name: values[: BLOCK + 40] for name, values in forwards.items()})
    (later,) = tasks(truth, 2 * BLOCK, first=BLOCK)
    assert same(work(later), {name: values[BLOCK : 2 * BLOCK] for name, values in forwards.items()})
    other = joined([work(task) for task in tasks(truth, BLOCK, stream=1)])
    assert not np.isclose(other["chi2"], forwards["chi2"][:BLOCK]).any()
    assert len(np.unique(forwards["chi2"])) == len(forwards["chi2"])


def test_gaussian_toys_follow_wilks_exactly(gaussian):
    """All of χ²_min and t are χ² distributed and the intervals cover exactly: the problem is linear and Gaussian."""
    truth, count = np.array([1.0, 0.8, 1.0]), 4000
    found = joined([work_of(gaussian, ((0,), (0, 1)))(task) for task in tasks(truth, count)])
    assert found["converged"].all()
    t = found["null"] - found["chi2"][:, None]
    for values, freedom in ((found["chi2"], 2), (t[:, 0], 1), (t[:, 1], 2)):
        assert stats.kstest(values, stats.chi2(freedom).cdf).pvalue > 1e-3
    pulls = (found["u"] - truth) / found["error"]
    assert stats.kstest(pulls[:, 0], stats.norm.cdf).pvalue > 1e-3
    for level, cl in ((1.0, ONE_SIGMA), (2.7055, 0.90)):
        assert abs(np.mean(t[:, 0] <= level) - cl) < 4 * np.sqrt(cl * (1 - cl) / count)


def test_gaussian_fits_are_least_squares(gaussian):
    toys = fluctuate(asimov(gaussian, np.ones(3)), 50, SEED)
    found = refit(gaussian, toys, np.zeros((50, 3)))
    folded, constraints = gaussian.chi2.measurements[0], gaussian.chi2.constraints
    matrix = np.stack([stage.value for stage in folded.stages], axis=1) / folded.term.sigma[:, None]
    matrix = np.concatenate([matrix, [[0.0, 0.0, 1.0 / 0.2]]])
    assert constraints.names == ("x3",)
    for k in range(50):
        data = np.append(
            toys.chi2.measurements[0].term.observed[k] / folded.term.sigma, toys.chi2.constraints.centres[k]
        )
        expected, residual, *_ = np.linalg.lstsq(matrix, data, rcond=None)
        assert_close(found.u[k], expected, 1e-8, "a fit ends where χ² would fall by less than 1e-12", scale=1.0)
        assert_close(found.chi2[k], residual[0], 1e-10, "χ² at the minimum", scale=1.0)
    assert_close(found.covariance, np.broadcast_to(np.linalg.inv(matrix.T @ matrix), (50, 3, 3)), 1e-12, scale=1.0)


def test_toys_are_fitted_as_minuit_fits_them(likelihood):
    problem = likelihood.problem(free=["sin2_theta_w"])
    truth = problem.coordinates(likelihood.parameters.complete())
    toys = fluctuate(asimov(problem, truth), 70, SEED)
    found = refit(problem, toys, np.tile(truth, (70, 1)))
    assert found.converged.all()
    (folded,), constraints = problem.chi2.measurements, problem.chi2.constraints
    evaluate = jax.jit(lambda toy, u: toy(u))

    def chi2(toy):
        return lambda u: float(evaluate(toy, u))

    for k in range(3):
        own = eqx.tree_at(
            lambda p: (p.chi2.measurements[0].term.observed, p.chi2.constraints.centres),
            problem,
            (toys.chi2.measurements[0].term.observed[k], toys.chi2.constraints.centres[k]),
        )
        minuit = Minuit(chi2(own), truth, name=problem.names)
        minuit.limits = list(zip(*problem.box, strict=True))
        minuit.strategy, minuit.tol = 2, 1e-4
        minuit.migrad()
        assert_close(found.chi2[k], minuit.fval, 1e-6, "what MINUIT leaves", scale=1.0)
    assert folded.term.observed.shape == (9, 11)
    assert constraints.centres.shape == (4,)


def test_a_slow_fit_does_not_change_the_others(gaussian):
    toys = fluctuate(asimov(gaussian, np.ones(3)), 100, SEED)
    starts, which = np.tile([0.0, 0.0, 0.0], (100, 1)), np.arange(100)
    together = minimise_toys(gaussian, toys, which, starts, np.zeros((100, 3), bool))
    alone = minimise_toys(gaussian, toys, which[70:71], starts[:1], np.zeros((1, 3), bool))
    assert np.array_equal(together.u[70], alone.u[0])
    assert together.value[70] == alone.value[0]


def test_shares_and_critical_values():
    for passed, count in itertools.product((0, 1, 7, 20), (20, 1000)):
        expected = stats.binomtest(passed, count).proportion_ci(ONE_SIGMA, method="exact")
        assert_close(fraction(passed, count), (passed / count, *expected), 1e-9, "scipy finds a root", scale=1.0)
    sample = stats.chi2(1).ppf((np.arange(1000) + 0.5) / 1000)
    value, error = critical_value(sample, 0.9)
    slope = stats.chi2(1).pdf(2.7055)
    assert_close(value, 2.7055, 4e-3, "the distance between two of the thousand values")
    assert_close(error, np.sqrt(0.09 / 1000) / slope, 0.1, "a finite difference over ten order statistics")
    assert at_least(np.array([1.0, 2.0, 3.0]), 2.0) == 2


@pytest.fixture(scope="module")
def study(likelihood):
    return likelihood.toys(600, seed=SEED, free=["sin2_theta_w"], test={"sin2_theta_w": 0.23863})


def test_study_of_the_data(study, angle_fit, tmp_path):
    """The p-value is that of Wilks to what 600 toys say; the statistic is Δχ² of the profile."""
    import xarray

    assert study.converged
    assert study.message == "converged"
    scanned = angle_fit.profile(["sin2_theta_w"], {"sin2_theta_w": (0.23863, 0.24)}, 2)
    why = "two minimisations, each to 1e-12 of χ²"
    assert_close(study.statistic, scanned.chi2[0] - angle_fit.chi2, 1e-9, why, scale=1.0)
    assert study.truth["sin2_theta_w"] == 0.23863
    value, low, high = study.p_value()
    assert low < value < high
    assert abs(value - study.wilks_p_value()) < 5 * np.sqrt(0.25 / 600)
    good, _, _ = study.goodness_of_fit()
    assert abs(good - stats.chi2(98).sf(angle_fit.chi2)) < 0.1
    for cl in (0.6827, 0.90):
        assert abs(study.coverage("sin2_theta_w", cl)[0] - cl) < 5 * np.sqrt(cl * (1 - cl) / 600)
    study.save(tmp_path / "toys.nc")
    with xarray.open_dataset(tmp_path / "toys.nc", engine="h5netcdf") as stored:
        assert stored.sizes["toy"] == 600
        assert stored.attrs["seed"] == SEED
        assert np.array_equal(stored["chi2"], study.chi2)
        assert np.array_equal(stored["value"].sel(coordinate="sin2_theta_w"), study.values["sin2_theta_w"])
    content = json.loads(json.dumps(study.as_dict(), allow_nan=False))
    assert content["test"]["p_value"]["value"] == value
    assert set(content["parameters"]["sin2_theta_w"]["coverage"]) == {"68.27", "90", "95.45"}
    assert content["truth"].keys() == {"sin2_theta_w", "cevns_norm", "brn_norm", "nin_norm", "ss_norm"}


def test_study_is_drawn(study, tmp_path):
    figure = study.plot()
    found = [study.goodness_of_fit()[0], study.p_value()[0]]
    for axes, p_value in zip(figure.axes, found, strict=True):
        assert axes.get_title().endswith(f"p = {p_value:.3f}")


def test_refusals(likelihood, tmp_path):
    with pytest.raises(cj.InputError, match="at least one toy, found 0"):
        likelihood.toys(0, free=["sin2_theta_w"])
    with pytest.raises(cj.InputError, match="seed of 0 or more"):
        likelihood.toys(10, seed=-1, free=["sin2_theta_w"])
    with pytest.raises(cj.InputError, match="value to test within 0 to 1"):
        likelihood.toys(10, test={"sin2_theta_w": 2.0})
    with pytest.raises(cj.InputError, match="unknown parameter 'sin_theta_w'"):
        likelihood.toys(10, test={"sin_theta_w": 0.2})
    with pytest.raises(cj.InputError, match="fewer than 5 would lie beyond"):
        likelihood.feldman_cousins({"sin2_theta_w": "0.1:0.3:5"}, levels=[0.9973], count=500)
    with pytest.raises(cj.InputError, match="within 0 to 1"):
        likelihood.feldman_cousins({"sin2_theta_w": "0.1:1.3:5"})
    with pytest.raises(cj.InputError, match="one or two different"):
        likelihood.feldman_cousins({})
