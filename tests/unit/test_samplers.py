"""Samplers as objects: their settings, those of one's own, and the likelihood of each datum for ArviZ."""

import dataclasses
import math
from typing import ClassVar

import arviz
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray
from scipy import stats
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax import InputError
from cevnsjax.inference.problem.density import build_density
from cevnsjax.inference.sample.modes import find_modes, start_chains
from cevnsjax.inference.sample.sampler import AtOnce, Chains, Drawn


@dataclasses.dataclass(frozen=True)
class Metropolis(cj.Sampler):
    """A random walk of many chains."""

    draws: int = 64_000
    chains: int = 32
    name: ClassVar[str] = "metropolis"

    def prepare(self, problem, start, is_free, seed):
        density, modes = find_modes(problem, start, is_free)
        z, _ = start_chains(density, modes, self.chains, seed)
        step = 2.4 / math.sqrt(len(density.names)) * modes[0].factor

        def move(z, key):
            for_step, for_choice = jax.random.split(key)
            new = z + jax.random.normal(for_step, z.shape) @ step.T
            here, there = jax.vmap(density)(z), jax.vmap(density)(new)
            accepted = jnp.log(jax.random.uniform(for_choice, z.shape[:1])) < there - here
            z = jnp.where(accepted[:, None], new, z)
            return z, {"lp": jnp.where(accepted, there, here), "acceptance_rate": jnp.exp(jnp.minimum(there - here, 0))}

        return Chains(density, z, move, self.draws // self.chains, seed, warm_up=100, starts=len(modes))


@dataclasses.dataclass(frozen=True)
class FromPrior(cj.Sampler):
    """Points of the prior, drawn again by their likelihood."""

    points: int = 20_000
    name: ClassVar[str] = "from prior"
    independent: ClassVar[bool] = True

    def prepare(self, problem, start, is_free, seed):
        density = build_density(problem)

        def draw():
            random = np.random.default_rng(seed)
            u = np.asarray(density.prior_transform(random.uniform(size=(self.points, len(density.names)))))
            weight = np.exp(np.asarray(jax.vmap(density.log_likelihood)(u)))
            weight /= weight.sum()
            chosen = random.choice(len(u), 4000, p=weight)
            return Drawn(u[None, chosen], {}, {"effective_draws": 1.0 / np.sum(weight**2)})

        return AtOnce(density, draw)


@pytest.fixture(scope="module")
def radius():
    return cj.Likelihood(["csre-cs"])


@pytest.fixture(scope="module")
def expected(radius):
    """Mean and width of the radius, on a grid."""
    points = np.linspace(2.2, 12.0, 8001)
    weight = np.exp(-0.5 * np.asarray(radius.evaluator(free=["r_n_cs"]).chi2(points[:, None])))
    mean = weight @ points / weight.sum()
    return mean, math.sqrt(weight @ (points - mean) ** 2 / weight.sum())


@pytest.mark.parametrize("sampler", [Metropolis(), FromPrior()], ids=lambda one: one.name)
def test_a_sampler_of_ones_own(radius, expected, sampler, tmp_path):
    posterior = radius.sample(["r_n_cs"], method=sampler, seed=5)
    assert posterior.trusted, posterior.verdict
    mean, width = expected
    summary = posterior.summary["r_n_cs"]
    assert abs(summary["mean"] - mean) < 4.0 * width / math.sqrt(summary["ess_bulk"])
    assert posterior.independent == sampler.independent == (summary["r_hat"] is None)
    assert f"by {sampler.name}, seed 5" in str(posterior)
    posterior.save(tmp_path / "own.nc")
    again = cj.Posterior.load(tmp_path / "own.nc")
    np.testing.assert_array_equal(again.draws("r_n_cs"), posterior.draws("r_n_cs"))
    assert again.verdict == posterior.verdict
    assert {"method": sampler.name, "seed": 5}.items() <= again.attributes["run"].items()
    other = radius.sample(["r_n_cs"], method=sampler, seed=5)
    np.testing.assert_array_equal(other.draws("r_n_cs"), posterior.draws("r_n_cs"))


def test_an_object_is_its_name_with_settings(radius):
    one = radius.sample(["r_n_cs"], method=cj.Nuts(draws=200, chains=2, warm_up=100), seed=1)
    other = radius.sample(["r_n_cs"], draws=200, chains=2, warm_up=100, seed=1)
    np.testing.assert_array_equal(one.draws("r_n_cs"), other.draws("r_n_cs"))
    assert one.attributes["run"] == other.attributes["run"]
    assert one.attributes["run"] == {
        "method": "nuts", "draws": 200, "chains": 2, "seed": 1, "warm_up": 100, "live": 500,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: cj.Nuts(draws=0), "expected at least 1 draw, found 0"),
        (lambda: cj.Nuts(draws=3), "one draw for each of 4 chains"),
        (lambda: cj.Nuts(warm_up=0), "a warm-up of 1 to"),
        (lambda: cj.Hmc(chains=10**6), "at most 100000 chains"),
        (lambda: cj.Nested(live=1), "from 10 to 100000 live points, found 1"),
    ],
)
def test_settings_that_make_no_sense(call, message):
    with pytest.raises(InputError, match=message):
        call()


def test_settings_beside_an_object(radius):
    for given in ({"draws": 100}, {"chains": 2}, {"warm_up": 100}, {"live": 50}):
        (name,) = given
        with pytest.raises(InputError, match=f"expected the settings in the sampler nuts alone, found {name}="):
            radius.sample(["r_n_cs"], method=cj.Nuts(), **given)
    with pytest.raises(InputError, match=r"method: expected a sampler, found its class: Nuts\(...\)"):
        radius.sample(["r_n_cs"], method=cj.Nuts)


@pytest.fixture(scope="module")
def counted():
    """Draws of a measurement with many bins of counts and of one number."""
    likelihood = cj.Likelihood(["coherent-csi-2021", "apv-cs"])
    fixed = {name: likelihood.parameters[name].default for name in likelihood.specify(free=["sin2_theta_w"]).nuisances}
    return likelihood, likelihood.sample(["sin2_theta_w"], values=fixed, draws=400, chains=2, warm_up=100)


def test_the_likelihood_of_each_datum(counted):
    likelihood, posterior = counted
    group = posterior.tree["log_likelihood"]
    counts = posterior.predicted("coherent-csi-2021")
    values = posterior.attributes["fixed"] | {"sin2_theta_w": float(posterior.draws("sin2_theta_w")[1, 7])}
    predictions = likelihood.predict(values)
    found = np.asarray(group["observed:coherent-csi-2021"])
    assert found.shape == (2, 200, *counts.shape[1:])
    measurement = likelihood.measurements[0]
    expected = stats.poisson(predictions[0].total).logpmf(measurement.observed)
    assert_close(found[1, 7], expected, 1e-8, "a difference of logarithms", scale=1.0)
    charge = likelihood.measurements[1]
    normal = stats.norm(predictions[1].total, charge.errors).logpdf(charge.observed)
    assert_close(np.asarray(group["observed:apv-cs"])[1, 7], normal, 1e-8, "two codes", scale=1.0)


def test_data_of_three_axes_keep_them():
    """A problem holds them as rows; what a posterior says of each datum has their axes, and is scipy's probability."""
    likelihood = cj.Likelihood(["coherent-lar-2020:3d"])
    posterior = likelihood.sample(["sin2_theta_w"], method=FromPrior(points=50))
    (measurement,), tree = likelihood.measurements, posterior.tree
    axes = [f"{axis}:coherent-lar-2020:3d" for axis in ("energy", "F90", "time")]
    found, expected = tree["log_likelihood"]["observed:coherent-lar-2020:3d"], posterior.predicted(measurement.name)
    assert isinstance(found, xarray.DataArray)
    assert list(found.dims[2:]) == axes
    assert found.shape[2:] == expected.shape[1:] == measurement.shape == (12, 8, 10)
    values = posterior.attributes["fixed"] | {name: float(posterior.draws(name)[0, 7]) for name in posterior.names}
    counts = likelihood.predict(values)[0].total
    assert_close(np.asarray(found)[0, 7], stats.poisson(counts).logpmf(measurement.observed), 1e-8, "ln", scale=1.0)


def test_leaving_one_out(counted):
    _, posterior = counted
    found = arviz.loo(posterior.to_arviz(), var_name="observed:coherent-csi-2021")
    group = np.asarray(posterior.tree["log_likelihood"]["observed:coherent-csi-2021"]).reshape(400, -1)
    # Where no bin says much of the parameters, leaving it out is the harmonic mean of its probability.
    harmonic = -np.log(np.mean(np.exp(-group), axis=0))
    assert found.n_data_points == group.shape[1]
    assert float(found.elpd_loo) == pytest.approx(harmonic.sum(), abs=0.1)


def test_many_draws_are_thinned(radius):
    posterior = radius.sample(["r_n_cs"], method="hmc", draws=12800)
    group = posterior.tree["log_likelihood"]
    assert group["observed:csre-cs"].shape[:2] == (128, 31)
    thinned = posterior.to_arviz(thinned=True)
    np.testing.assert_array_equal(
        np.asarray(thinned["posterior"]["r_n_cs"]), posterior.draws("r_n_cs")[:, group["draw"].values]
    )
    assert posterior.to_arviz()["posterior"].sizes["draw"] == 100
