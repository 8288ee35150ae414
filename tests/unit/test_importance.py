"""Importance sampling: its mixture, weights and evidence against closed forms and quadrature; which method draws."""

import json
import math

import numpy as np
import pytest
from numpyro import distributions
from scipy import integrate, stats
from test_posterior_tools import gaussian
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.inference.problem.chi_square import ChiSquare
from cevnsjax.inference.problem.density import build_density
from cevnsjax.inference.problem.problem import Problem
from cevnsjax.inference.sample import automatic
from cevnsjax.inference.sample.importance import ImportanceRun, kish, smoothed
from cevnsjax.inference.sample.mixture import draw, fit, joined, mixture
from cevnsjax.inference.sample.modes import Mode
from cevnsjax.inference.sample.run import sample
from cevnsjax.parameters.constraints import Constraints


def two_components():
    factor = np.array([[[1.0, 0.0], [0.5, 2.0]], [[0.3, 0.0], [0.0, 0.4]]])
    return mixture(np.array([0.7, 0.3]), np.array([[0.0, 1.0], [4.0, -2.0]]), factor, np.array([5.0, 9.0]))


def log_density(mixed, z):
    rows = np.einsum("kij,nkj->nki", mixed.inverse, z[:, None, :] - mixed.mean)
    return np.logaddexp.reduce(mixed.terms((rows**2).sum(axis=2)), axis=1)


def test_the_density_of_a_mixture_is_that_of_scipy():
    mixed, z = two_components(), np.random.default_rng(1).normal(size=(50, 2)) * 3.0
    parts = zip(mixed.share, mixed.mean, mixed.factor, mixed.freedom, strict=True)
    expected = sum(s * stats.multivariate_t(m, f @ f.T, df=nu).pdf(z) for s, m, f, nu in parts)
    assert_close(np.exp(log_density(mixed, z)), expected, 1e-11, "two codes")
    both = joined(mixed, mixed, 0.25)
    assert_close(log_density(both, z), log_density(mixed, z), 1e-11, "sums in another order", scale=1.0)


def test_points_of_a_mixture_are_distributed_like_it():
    """The distances are F-distributed, the components as many as their shares say, in any part of the points."""
    mixed = two_components()
    component, y = draw(mixed, 20000, np.random.default_rng(2))
    assert abs(np.sum(component == 0) - 14000) <= 1
    assert np.mean(component[:2000] == 0) == pytest.approx(0.7, abs=4.0 * math.sqrt(0.21 / 2000))
    for k, freedom in enumerate(mixed.freedom):
        distances = 0.5 * (y[component == k] ** 2).sum(axis=1)
        assert stats.kstest(distances, stats.f(2, freedom).cdf).pvalue > 1e-3


def test_a_mixture_of_one_component_has_the_moments_of_the_points():
    """With as good as infinite degrees of freedom: the weighted mean and covariance, in a single step."""
    random = np.random.default_rng(3)
    z, weight = random.normal(size=(500, 2)), random.uniform(size=500)
    weight /= weight.sum()
    start = mixture(np.ones(1), np.zeros((1, 2)), np.eye(2)[None], np.array([1e9]))
    found = fit(start, z, weight, steps=1, held=0.0)
    assert_close(found.mean[0], weight @ z, 1e-6, "a Student t with 1e9 degrees of freedom", scale=1.0)
    expected = np.cov(z.T, aweights=weight, ddof=0)
    assert_close(
        found.factor[0] @ found.factor[0].T, expected, 1e-6, "a Student t with 1e9 degrees of freedom", scale=1.0
    )


def test_a_mixture_finds_two_heaps():
    random = np.random.default_rng(4)
    z = np.concatenate([random.normal(-5.0, 1.0, (3000, 1)), random.normal(5.0, 0.5, (1000, 1))])
    start = mixture(np.full(2, 0.5), np.array([[-1.0], [1.0]]), np.full((2, 1, 1), 3.0), np.full(2, 1e6))
    found = fit(start, z, np.full(4000, 1.0 / 4000), steps=30, held=2.0)
    assert_close(found.share, [0.75, 0.25], 1e-6, "the heaps are apart by ten widths", scale=1.0)
    assert_close(found.mean[:, 0], [z[:3000].mean(), z[3000:].mean()], 1e-6, "the heaps are apart", scale=1.0)


@pytest.mark.parametrize("shape", [0.3, 0.9])
def test_khat_is_the_shape_of_pareto_weights(shape):
    weight = np.random.default_rng(5).uniform(size=40000) ** -shape
    found, log_mean, khat = smoothed(np.log(weight))
    assert khat == pytest.approx(shape, abs=0.12)
    assert found.sum() == pytest.approx(1.0)
    if shape < 0.5:  # of a Pareto distribution the mean is 1/(1 - k)
        assert math.exp(log_mean) == pytest.approx(1.0 / (1.0 - shape), rel=0.02)


def test_effective_draws_of_weights():
    assert kish(np.zeros(100)) == pytest.approx(100.0)
    assert kish(np.log(np.array([1.0, 2.0, 3.0]))) == pytest.approx(36.0 / 14.0)
    assert kish(np.full(3, -np.inf)) == 0.0


def drawn(problem, draws=20000, seed=1, **settings):
    count = len(problem.names)
    return sample(problem, np.full(count, 0.5), np.ones(count, bool), "importance", draws=draws, seed=seed, **settings)


def test_a_required_order():
    """b - a is Gaussian: the mean of a where it is positive has the inverse Mills ratio."""
    problem, covariance = gaussian(orders=(("a", "b"),))
    found = drawn(problem)
    a, b = (found.density.values(found.u)[name].ravel() for name in "ab")
    assert np.all(b >= a)
    width = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2.0 * covariance[0, 1])
    cut = stats.norm(-2.0, width)
    mills = stats.norm.pdf(2.0 / width) / cut.sf(0.0)
    expected = 1.0 + (covariance[0, 1] - covariance[0, 0]) / width * mills
    assert a.mean() == pytest.approx(expected, abs=4.0 * a.std() / math.sqrt(found.extra["effective_draws"]))
    volume = (2.0 * np.pi) ** 1.5 * math.sqrt(np.linalg.det(covariance)) / math.sqrt(2.0 * np.pi)
    expected = math.log(cut.sf(0.0) * volume / 100.0)  # b is a position from 0 to 1 between a and its bound
    assert abs(found.extra["log_evidence"] - expected) < 4.0 * found.extra["log_evidence_error"]
    assert found.extra["log_evidence_error"] < 0.02


def test_ten_coordinates_that_are_cut():
    """Ten half Gaussians: far from any Student t, yet their map to the bounds makes them nearly so."""
    names = tuple(f"x{k}" for k in range(10))
    constraints = Constraints(names, np.eye(10), np.zeros(10))
    problem = Problem(ChiSquare((), constraints), {}, names, (), tuple(range(10)), (), np.zeros(10), np.full(10, 50.0))
    found = drawn(problem)
    assert found.extra["khat"] < 0.7
    error = math.sqrt((1.0 - 2.0 / np.pi) / found.extra["effective_draws"])
    assert np.abs(found.u[0].mean(axis=0) - math.sqrt(2.0 / np.pi)).max() < 4.5 * error
    # All that is known of a coordinate is its prior, which is normalised.
    assert abs(found.extra["log_evidence"]) < 4.0 * found.extra["log_evidence_error"]


@pytest.fixture(scope="module")
def radius():
    return cj.Likelihood(["csre-cs"])


FREE = ["r_n_cs"]
PRIORS = {
    "flat": (None, stats.uniform(2.2, 9.8)),
    "log": (cj.LogFlat(4.0, 6.0), stats.loguniform(4.0, 6.0)),
    "normal": (cj.Normal(5.0, 0.1), stats.norm(5.0, 0.1)),
    "numpyro": (distributions.LogNormal(math.log(5.2), 0.05), stats.lognorm(0.05, scale=5.2)),
}


@pytest.mark.parametrize("prior", PRIORS)
def test_moments_and_evidence_under_a_prior(radius, prior):
    """Against adaptive quadrature; Kish's effective draws are what the error of the mean is made of."""
    ours, theirs = PRIORS[prior]
    posterior = radius.sample(
        FREE, method="importance", draws=20000, seed=2, priors=None if ours is None else {FREE[0]: ours}
    )
    assert posterior.trusted, posterior.verdict
    evaluator = radius.evaluator(free=FREE)

    def moment(power):
        low, high = max(2.2, theirs.support()[0]), min(12.0, theirs.support()[1])
        points, width = np.linspace(low, high, 4001, retstep=True)
        density = np.exp(-0.5 * np.asarray(evaluator.chi2(points[:, None]))) * theirs.pdf(points)
        return integrate.simpson(points**power * density, dx=width)

    norm, mean, square = (moment(power) for power in range(3))
    mean, square = mean / norm, square / norm
    content = posterior.as_dict()
    assert abs(content["log_evidence"] - math.log(norm)) < 4.0 * content["log_evidence_error"] + 1e-6
    assert content["log_evidence_error"] < 0.02
    error = math.sqrt((square - mean**2) / content["effective_draws"])
    assert abs(posterior.summary["r_n_cs"]["mean"] - mean) < 4.0 * error


def test_no_evidence_where_a_prior_is_not_normalised(radius):
    """A distribution that is cut, and cannot tell how much of it is left."""
    wide = distributions.transforms.AffineTransform(2.0, 10.0)
    prior = distributions.TransformedDistribution(distributions.Kumaraswamy(2.0, 2.0), wide)
    posterior = radius.sample(FREE, method="importance", draws=4000, priors={"r_n_cs": prior})
    content = posterior.as_dict()
    assert (content["log_evidence"], content["log_evidence_error"]) == (None, None)
    assert content["khat"] < 0.7
    assert not [block for block in posterior.blocks() if "evidence" in str(block)]


def test_the_same_draws_whatever_the_number_of_cores(radius, monkeypatch):
    monkeypatch.setenv("NPROC", "1")
    one = radius.sample(FREE, method=cj.Importance(draws=20000), seed=3)
    monkeypatch.setenv("NPROC", "4")
    other = radius.sample(FREE, method=cj.Importance(draws=20000), seed=3)
    np.testing.assert_array_equal(one.draws("r_n_cs"), other.draws("r_n_cs"))
    assert one.as_dict() | {"seconds": {}} == other.as_dict() | {"seconds": {}}
    assert np.any(radius.sample(FREE, method="importance", draws=20000).draws("r_n_cs") != one.draws("r_n_cs"))


def test_the_default_takes_importance_sampling_where_its_weights_are_good(radius):
    posterior, requested = (
        radius.sample(FREE, draws=5000, seed=4, **asked) for asked in ({}, {"method": "importance"})
    )
    np.testing.assert_array_equal(posterior.draws("r_n_cs"), requested.draws("r_n_cs"))
    assert posterior.attributes["run"] == requested.attributes["run"]
    assert posterior.as_dict()["method"] == "importance"
    assert posterior.as_dict()["reason"].startswith("k-hat is ")
    assert requested.as_dict()["reason"] == ""
    assert f"method importance: {posterior.reason}" in str(posterior)


def test_the_default_takes_chains_where_they_are_not(radius, monkeypatch, tmp_path):
    monkeypatch.setattr(automatic, "WORST_KHAT", -10.0)
    posterior = radius.sample(FREE, draws=12800, seed=4)
    requested = radius.sample(FREE, draws=12800, seed=4, method="hmc")
    np.testing.assert_array_equal(posterior.draws("r_n_cs"), requested.draws("r_n_cs"))
    assert posterior.attributes["run"] == requested.attributes["run"]
    content = posterior.as_dict()
    assert (content["method"], content["khat"], content["log_evidence"]) == ("hmc", None, None)
    assert "method hmc: k-hat is" in str(posterior)
    posterior.save(tmp_path / "p.nc")
    assert cj.Posterior.load(tmp_path / "p.nc").reason == posterior.reason


def test_weights_with_a_heavy_tail_are_not_trusted(radius):
    posterior = radius.sample(FREE, method="importance", draws=4000)
    about = posterior.attributes | {"extra": posterior.attributes["extra"] | {"khat": 0.83}}
    posterior.tree.attrs["cevnsjax"] = json.dumps(about)
    doubted = cj.Posterior(posterior.tree, posterior.labels)
    assert not doubted.trusted
    assert "few large weights decide: k-hat is 0.83, not below 0.7; use the method hmc or nested" in doubted.verdict


def test_a_mixture_that_meets_no_density_says_so():
    problem, _ = gaussian()
    far = Mode(np.full(3, 1e3), np.full(3, 1e3), 1e-3 * np.eye(3), 0.0)
    centres = np.full(3, np.nan)
    broken = Constraints(problem.names, np.eye(3), centres)
    run = ImportanceRun(
        build_density(
            Problem(ChiSquare((), broken), {}, problem.names, (), (0, 1, 2), (), problem.lower, problem.upper)
        ),
        (far,),
        1000,
        1,
    )
    state, block = run.advance(run.begin())
    assert block is None
    assert math.isinf(float(state["khat"]))
    with pytest.raises(cj.InputError, match="none of the points"):
        run.advance(state)
