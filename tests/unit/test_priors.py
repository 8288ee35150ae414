"""Priors of parameters: what the samplers draw under them, against quadrature and SciPy."""

import copy
import math
import pickle
from typing import Any

import jax
import numpy as np
import pytest
from numpyro import distributions, infer
from scipy import stats
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax import InputError
from cevnsjax.inference.problem.priors import describe, is_written, parse_prior
from cevnsjax.inference.problem.specification import Request

SAMPLERS = [cj.Nuts(draws=8000), cj.Hmc(draws=25600), cj.Nested(draws=2000, live=300), cj.Importance(draws=20000)]
COUPLING: Request = {"free": ["g_zp"], "values": {"m_zp": 10.0}}
LOW, HIGH = 1e-6, 1e-3


@pytest.fixture(scope="module")
def germanium():
    """A coupling that few counts bound from above: χ² is flat below."""
    likelihood = cj.Likelihood(["conus-plus-2025"], cj.light_vector("B-L"))
    nuisances = likelihood.specify(**COUPLING).nuisances
    fixed = {name: likelihood.parameters[name].default for name in nuisances}
    return likelihood, {"free": ["g_zp"], "values": {"m_zp": 10.0, **fixed}}


@pytest.fixture(scope="module")
def radius():
    return cj.Likelihood(["csre-cs"])


def on_grid(chi2, points, log_prior=0.0):
    """The weights of points on a fine grid of what is even there."""
    weight = np.exp(-0.5 * (chi2 - chi2.min()) + log_prior)
    return weight / weight.sum()


def agree(x, effective, points, weight):
    """Mean, and the shares below quantiles, within four standard errors of those on the grid."""
    mean = weight @ points
    width = math.sqrt(weight @ (points - mean) ** 2)
    assert abs(x.mean() - mean) < 4.0 * width / math.sqrt(effective)
    below = np.cumsum(weight)
    for share in (0.05, 0.25, 0.5, 0.75, 0.95):
        edge = points[np.searchsorted(below, share)]
        assert abs(np.mean(x < edge) - share) < 4.0 * math.sqrt(share * (1.0 - share) / effective)


@pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda one: one.name)
def test_a_coupling_that_is_flat_in_its_logarithm(germanium, sampler):
    likelihood, asked = germanium
    posterior = likelihood.sample(**asked, method=sampler, seed=2, priors={"g_zp": cj.LogFlat(LOW, HIGH)})
    assert posterior.trusted, posterior.verdict
    assert posterior.as_dict()["priors"] == {"g_zp": "flat in the logarithm from 1e-06 to 0.001"}
    logs = np.linspace(math.log(LOW), math.log(HIGH), 4001)
    chi2 = np.asarray(likelihood.evaluator(**asked).chi2(np.exp(logs)[:, None]))
    summary = posterior.summary["g_zp"]
    effective = min(summary["ess_bulk"], summary["ess_tail"])
    agree(np.log(posterior.draws("g_zp").ravel()), effective, logs, on_grid(chi2, logs))


@pytest.mark.parametrize("sampler", [SAMPLERS[0], SAMPLERS[2]], ids=lambda one: one.name)
def test_a_distribution_of_numpyro(radius, sampler):
    prior = distributions.LogNormal(math.log(5.2), 0.05)
    posterior = radius.sample(["r_n_cs"], method=sampler, seed=4, priors={"r_n_cs": prior})
    assert posterior.trusted, posterior.verdict
    assert posterior.as_dict()["priors"]["r_n_cs"] == "LogNormal(loc=1.64866, scale=0.05) from 2.2 to 12"
    points = np.linspace(2.2, 12.0, 8001)
    chi2 = np.asarray(radius.evaluator(free=["r_n_cs"]).chi2(points[:, None]))
    log_prior = stats.lognorm(0.05, scale=5.2).logpdf(points)
    summary = posterior.summary["r_n_cs"]
    effective = min(summary["ess_bulk"], summary["ess_tail"])
    agree(posterior.draws("r_n_cs").ravel(), effective, points, on_grid(chi2, points, log_prior))


def test_a_distribution_without_quantiles(radius):
    prior = distributions.Gamma(400.0, 80.0)
    posterior = radius.sample(["r_n_cs"], method="hmc", draws=25600, priors={"r_n_cs": prior})
    points = np.linspace(2.2, 12.0, 8001)
    chi2 = np.asarray(radius.evaluator(free=["r_n_cs"]).chi2(points[:, None]))
    weight = on_grid(chi2, points, stats.gamma(400.0, scale=1.0 / 80.0).logpdf(points))
    agree(posterior.draws("r_n_cs").ravel(), posterior.summary["r_n_cs"]["ess_bulk"], points, weight)
    with pytest.raises(InputError, match=r"r_n_cs: expected a prior with quantiles .* found Gamma.* without icdf"):
        radius.sample(["r_n_cs"], method="nested", priors={"r_n_cs": prior})


def test_a_normal_prior_is_a_constraint(radius):
    one = radius.sample(["r_n_cs"], priors={"r_n_cs": cj.Normal(5.0, 0.1)}, draws=400, seed=3)
    other = radius.sample(["r_n_cs"], constrain={"r_n_cs": (5.0, 0.1)}, draws=400, seed=3)
    np.testing.assert_array_equal(one.draws("r_n_cs"), other.draws("r_n_cs"))
    assert one.as_dict()["priors"] == other.as_dict()["priors"] == {"r_n_cs": "Gaussian 5 ± 0.1 from 2.2 to 12"}


def test_the_constraint_of_a_nuisance_is_replaced(germanium):
    likelihood, _ = germanium
    name = likelihood.specify().nuisances[0]
    density = likelihood.log_density(priors={name: cj.Flat(0.9, 1.1)})
    assert str(dict(zip(density.names, density.priors, strict=True))[name]) == "flat from 0.9 to 1.1"
    density = likelihood.log_density(priors={name: cj.Normal(1.0, 0.5)})
    assert str(dict(zip(density.names, density.priors, strict=True))[name]).startswith("Gaussian 1 ± 0.5")


@pytest.fixture(scope="module")
def density(germanium):
    likelihood, _ = germanium
    nuisances = likelihood.specify(**COUPLING).nuisances
    priors = {"g_zp": cj.LogFlat(LOW, HIGH), nuisances[-1]: distributions.LogNormal(0.0, 0.2)}
    return likelihood.log_density(**COUPLING, priors=priors)


def test_the_map_to_the_logarithm(density):
    random = np.random.default_rng(1)
    z = density.unbounded(np.asarray(density.prior_transform(random.uniform(size=(50, len(density.names))))))
    u = np.asarray(density.coordinates(z))
    assert np.all((u[:, 0] > LOW) & (u[:, 0] < HIGH))
    assert_close(density.unbounded(u), z, 1e-7, "u holds z to rounding near a bound", scale=1.0)
    slopes = jax.vmap(jax.jacfwd(density.bounds.bounded))(z)
    expected = np.log(np.abs(np.linalg.det(slopes)))
    assert_close(density.bounds.log_jacobian(z), expected, 1e-9, "another order of products", scale=1.0)
    inner = jax.jit(jax.vmap(lambda v: density.within(density.coordinates(v)) + density.bounds.log_jacobian(v)))(z)
    found, slope = jax.jit(jax.vmap(jax.value_and_grad(density)))(z)
    assert_close(found, inner, 1e-12, "sums in another order", scale=np.maximum(np.abs(inner), 1.0))
    assert np.all(np.isfinite(slope))
    assert np.all(np.isfinite(jax.jit(jax.hessian(density))(z[0])))
    assert float(density.within(np.array([2.0 * HIGH, *u[0, 1:]]))) == -np.inf


def test_likelihood_and_prior_are_the_posterior(density):
    x = np.random.default_rng(2).uniform(size=(20, len(density.names)))
    parts = [
        (float(density.within(u)), float(density.log_likelihood(u)) + float(density.log_prior(u)))
        for u in np.asarray(density.prior_transform(x))
    ]
    both = np.array([one for one in parts if one[0] > -1e4])  # beyond, rounding of χ² is what is seen
    assert len(both) > 5
    offsets = both[:, 0] - both[:, 1]
    assert_close(offsets, np.full(len(offsets), offsets[0]), 1e-9, "sums in another order", scale=10.0)
    beyond = np.array([2.0 * HIGH, *np.ones(len(density.names) - 1)])
    assert float(density.log_likelihood(beyond)) == float(density.log_prior(beyond)) == -np.inf


def test_quantiles_of_the_unit_cube(density):
    x = np.linspace(0.01, 0.99, 25)
    u = np.asarray(density.prior_transform(np.repeat(x[:, None], len(density.names), axis=1)))
    for k, prior in enumerate(density.priors):
        if k == 0:
            expected = stats.loguniform(LOW, HIGH).ppf(x)
        elif k == len(density.priors) - 1:
            whole = stats.lognorm(0.2)
            low, high = whole.cdf([prior.low, prior.high])
            expected = whole.ppf(low + x * (high - low))
        else:
            ends = [(end - prior.centre) / prior.width for end in (prior.low, prior.high)]
            expected = stats.truncnorm(*ends, loc=prior.centre, scale=prior.width).ppf(x)
        assert_close(u[:, k], expected, 1e-9, "two codes for the quantile")


def test_densities_of_priors_are_slopes_of_the_unit_cube(density):
    for share in (0.05, 0.4, 0.9):
        x = np.full(len(density.names), share)
        slopes = np.diag(jax.jacfwd(density.prior_transform)(x))
        u = np.asarray(density.prior_transform(x))
        found = [float(prior.log_density(one)) for prior, one in zip(density.priors, u, strict=True)]
        assert_close(np.exp(found) * slopes, np.ones(len(x)), 1e-8, "derivatives of a quantile")
        assert_close(float(density.log_prior(u)), sum(found), 1e-12, "sums in another order")


def test_a_density_with_priors_is_copied(density):
    z = density.unbounded(np.asarray(density.prior_transform(np.full(len(density.names), 0.4))))
    for other in (copy.deepcopy(density), pickle.loads(pickle.dumps(density))):
        assert float(other(z)) == float(density(z))
        assert [str(one) for one in other.priors] == [str(one) for one in density.priors]


def test_a_numpyro_model_with_priors(density, germanium):
    likelihood, _ = germanium
    names = density.names
    priors = {"g_zp": cj.LogFlat(LOW, HIGH), names[-1]: distributions.LogNormal(0.0, 0.2)}
    model = likelihood.numpyro_model(**COUPLING, priors=priors)
    offsets = []
    for share in (0.3, 0.6, 0.7):
        u = np.asarray(density.prior_transform(np.full(len(names), share)))
        log_density, _ = infer.util.log_density(model, (), {}, dict(zip(names, u, strict=True)))
        offsets.append(float(log_density) - float(density.within(u)))
    assert_close(offsets, np.full(3, offsets[0]), 1e-9, "sums in another order", scale=10.0)


@pytest.mark.parametrize(
    ("priors", "message"),
    [
        ([("r_n_cs", 1)], "priors: expected a dictionary such as"),
        ({"r_n_cs": (5.0, 0.1)}, r"priors, r_n_cs: expected a prior \(cj.Flat"),
        ({5: cj.Flat(1, 2)}, "priors: expected names as the keys"),
        ({"r_n_c": cj.Flat(4.0, 5.0)}, r"unknown parameter 'r_n_c' \(did you mean 'r_n_cs'\?\)"),
        (
            {"sin2_theta_w": cj.Flat(0.2, 0.3)},
            "sin2_theta_w: expected a prior of a free .*, found a parameter that is fixed",
        ),
        ({"r_n_cs": cj.Flat(1.0, 5.0)}, "r_n_cs: expected a prior within 2.2 to 12, its bounds, found 1 to 5"),
        ({"r_n_cs": cj.LogFlat(4.0, 50.0)}, "r_n_cs: expected a prior within 2.2 to 12"),
        ({"r_n_cs": cj.Normal(50.0, 0.1)}, "r_n_cs: expected a constraint within 2.2 to 12"),
        ({"r_n_cs": distributions.Uniform(20.0, 30.0)}, "r_n_cs: expected a prior with some probability"),
        ({"r_n_cs": distributions.Poisson(3.0)}, "priors, r_n_cs: expected a distribution of one real number"),
        ({"r_n_cs": distributions.Normal(np.zeros(2), 1.0)}, "priors, r_n_cs: expected a distribution of one real"),
    ],
)
def test_priors_that_make_no_sense(radius, priors, message):
    for call in (radius.sample, radius.log_density, radius.numpyro_model):
        with pytest.raises(InputError, match=message) as error:
            call(free=["r_n_cs"], priors=priors)
        assert "\n" not in str(error.value)


def test_priors_beside_what_else_is_asked():
    both = cj.Likelihood(["coherent-csi-2021"])
    slips: list[tuple[Request, dict[str, Any], str]] = [
        ({"free": ["r_n_cs"], "tie": {"r_n_i": "r_n_cs"}}, {"r_n_i": cj.Flat(4.0, 5.0)}, "r_n_i: .* tied to r_n_cs"),
        ({"free": ["r_n_cs"], "constrain": {"r_n_cs": (5.0, 0.1)}}, {"r_n_cs": cj.Flat(4.0, 5.0)}, "found both"),
        (
            {"free": ["r_n_cs", "r_n_i"], "require": ["r_n_i<=r_n_cs"]},
            {"r_n_cs": cj.LogFlat(4.0, 5.0)},
            "r_n_cs: expected a Gaussian prior where an order is required, found log:4.0:5.0",
        ),
        (
            {"correlate": {("cevns_norm", "brn_norm"): 0.5}},
            {"brn_norm": cj.Flat(0.5, 1.5)},
            "brn_norm: expected a prior of what is not correlated",
        ),
    ]
    for asked, priors, message in slips:
        with pytest.raises(InputError, match=message):
            both.log_density(**asked, priors=priors)


def test_numbers_of_priors():
    for make, message in (
        (lambda: cj.Flat(2.0, 1.0), "Flat: expected a lower and a higher number, found 2 and 1"),
        (lambda: cj.LogFlat(0.0, 1.0), "LogFlat: expected a lower end above 0, found 0"),
        (lambda: cj.Normal(1.0, 0.0), "Normal: expected a finite mean and a positive sd"),
        (lambda: cj.Normal(math.nan, 1.0), "Normal: expected a finite mean"),
    ):
        with pytest.raises(InputError, match=message):
            make()


def test_texts_of_priors():
    for prior in (cj.Flat(0.1, 0.3), cj.LogFlat(1e-6, 1e-3), cj.Normal(-73.2, 0.1)):
        assert parse_prior("x", describe(prior)) == prior
    assert parse_prior("x", "log:1e-6:1e-3") == cj.LogFlat(1e-6, 1e-3)
    cut = distributions.TruncatedNormal(5.0, 0.1, low=4.0)
    assert describe(cut) == "LeftTruncatedDistribution(low=4, Normal(loc=5, scale=0.1))"
    assert not is_written(describe(cut))
    for text, message in (
        ("flat", "x: expected a prior as flat:LO:HI, log:LO:HI or normal:MEAN,SD, found 'flat'"),
        ("flat:1", "x: expected a prior as"),
        ("gamma:1:2", "x: expected a prior as"),
        ("flat:a:2", "x: expected"),
        ("log:0:2", "x: expected a lower end above 0"),
        ("normal:1:2", "x: expected a prior as"),
    ):
        with pytest.raises(InputError, match=message):
            parse_prior("x", text)
