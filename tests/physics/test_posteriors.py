"""Posteriors of COHERENT CsI 2021: against fine grids under the same priors, emcee, numpyro, ArviZ."""

import itertools
import json
import math

import jax
import numpy as np
import pytest
import xarray as xr
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.inference.minimise.solver import Solver

TIED = {"r_n_i": "r_n_cs"}
FREE = ["sin2_theta_w", "r_n_cs"]
NUISANCES = ("cevns_norm", "brn_norm", "nin_norm", "ss_norm")
FIXED = dict.fromkeys(NUISANCES, 1.0)


@pytest.fixture(scope="module")
def posterior(likelihood):
    """The 6-dimensional posterior, by the fast method."""
    return likelihood.sample(free=FREE, tie=TIED, method="hmc", seed=3)


def grid_marginal(likelihood, points, nodes):
    """The marginal of the two free parameters on a grid: the nuisances by Gauss-Hermite rules at each point.

    Each rule stands at the conditional mode and is scaled by the conditional curvature there.
    """
    problem = likelihood.problem(free=FREE, tie=TIED)
    low, high = problem.box
    axes = [np.linspace(low[k], high[k], count) for k, count in enumerate(points)]
    axes[0] = np.linspace(0.05, 0.75, points[0])
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    start = np.concatenate([grid, np.ones((len(grid), 4))], axis=1)
    found = Solver(problem)(start, np.arange(6) < 2)
    x, w = np.polynomial.hermite_e.hermegauss(nodes)
    rule = np.array(list(itertools.product(x, repeat=4)))
    weight = np.prod(np.array(list(itertools.product(w, repeat=4))), axis=1) * np.exp(0.5 * (rule**2).sum(axis=1))

    def marginal(u, hessian):
        factor = np.linalg.cholesky(np.linalg.inv(0.5 * hessian[2:, 2:]))
        shifted = u[2:] + rule @ factor.T
        return np.concatenate([np.repeat(u[None, :2], len(rule), 0), shifted], 1), abs(np.linalg.det(factor))

    @jax.jit
    def integrate(problem, rows, weights):
        inside = jax.numpy.all((rows >= low) & (rows <= high), axis=1)
        chi2 = jax.vmap(problem)(jax.numpy.clip(rows, low, high))
        return jax.numpy.sum(jax.numpy.where(inside, weights * jax.numpy.exp(-0.5 * (chi2 - found.value.min())), 0.0))

    density = np.zeros(len(grid))
    for k in np.flatnonzero(found.value < found.value.min() + 30.0):
        rows, scale = marginal(found.u[k], found.hessian[k])
        density[k] = integrate(problem, rows, scale * weight)
    return axes, density.reshape(points)


def moments(axis, density):
    """Mean and width of a density on a grid, by Simpson's rule."""
    from scipy.integrate import simpson

    norm = simpson(density, x=axis)
    mean = simpson(density * axis, x=axis) / norm
    return mean, math.sqrt(simpson(density * (axis - mean) ** 2, x=axis) / norm)


def test_the_posterior_is_that_of_a_fine_grid(likelihood, posterior):
    axes, density = grid_marginal(likelihood, (49, 37), 3)
    from scipy.integrate import simpson

    default = likelihood.sample(free=FREE, tie=TIED, seed=3)
    assert (posterior.attributes["method"], default.attributes["method"]) == ("hmc", "importance")
    for drawn, (k, name) in itertools.product((posterior, default), enumerate(FREE)):
        assert drawn.trusted, drawn.verdict
        mean, width = moments(axes[k], simpson(density, x=axes[1 - k], axis=1 - k))
        one = drawn.summary[name]
        assert one["ess_bulk"] > 5000
        assert one["sd"] == pytest.approx(width, rel=0.02)
        assert one["mean"] == pytest.approx(mean, abs=0.03 * width)
    # Quadrature in six dimensions: 1.8239 fm, mean 7.405 fm. The error of a width is that of its square.
    radius, size = default.draws("r_n_cs").ravel(), default.summary["r_n_cs"]["ess_bulk"]
    square = (radius - 7.405) ** 2
    assert radius.std() == pytest.approx(1.8239, abs=4.0 * square.std() / (2.0 * 1.8239 * math.sqrt(size)))
    assert radius.mean() == pytest.approx(7.405, abs=4.0 * 1.8239 / math.sqrt(size) + 5e-4)


def test_nuisances_keep_their_priors_or_learn(posterior):
    summary = posterior.summary
    for name, width in (("nin_norm", 0.35), ("brn_norm", 0.25)):
        assert summary[name]["sd"] == pytest.approx(width, rel=0.05)
    assert 0.017 < summary["ss_norm"]["sd"] < 0.021


def test_the_same_seed_gives_the_same_draws(likelihood, posterior):
    again = likelihood.sample(free=FREE, tie=TIED, method="hmc", seed=3, draws=2560)
    np.testing.assert_array_equal(again.draws("r_n_cs"), posterior.draws("r_n_cs")[:, :20])
    np.testing.assert_array_equal(again.draws("r_n_i"), again.draws("r_n_cs"))
    other = likelihood.sample(free=FREE, tie=TIED, method="hmc", seed=4, draws=2560)
    assert np.all(other.draws("r_n_cs") != again.draws("r_n_cs"))


def test_files_that_arviz_reads(posterior, tmp_path):
    import arviz

    path = tmp_path / "posterior.nc"
    posterior.save(path)
    assert [one.name for one in tmp_path.iterdir()] == ["posterior.nc"]
    read = arviz.from_netcdf(path)
    np.testing.assert_array_equal(read["posterior"]["r_n_cs"], posterior.draws("r_n_cs"))
    rhat = arviz.rhat(read["posterior"][["r_n_cs"]] if hasattr(arviz, "InferenceData") else read, var_names=["r_n_cs"])
    assert float(rhat["r_n_cs"]) == pytest.approx(posterior.summary["r_n_cs"]["r_hat"], abs=1e-6)
    assert "diverging" in read["sample_stats"]
    loaded = cj.Posterior.load(path)
    assert loaded.as_dict() == posterior.as_dict() | {"seconds": {}}  # the same draws make the same file
    assert loaded.labels == posterior.labels
    with pytest.raises(cj.InputError, match="it exists already"):
        posterior.save(path)
    xr.DataTree.from_dict({"posterior": xr.Dataset({"a": ("draw", np.zeros(5))})}).to_netcdf(tmp_path / "other.nc")
    with pytest.raises(cj.InputError, match=r"holds no .*posterior"):
        cj.Posterior.load(tmp_path / "other.nc")


def test_the_predicted_counts(likelihood, posterior, both_fit):
    expected = posterior.predicted()
    assert expected.shape == (400, 9, 11)
    best = both_fit.prediction().total
    assert_close(expected.sum(axis=(1, 2)).mean(), best.sum(), 0.02, "a mean over the posterior is not the best fit")
    figure = posterior.plot_predictive()
    assert len(figure.axes) == 2
    assert len(posterior.plot().axes) == 4


def test_intervals_of_the_posterior(posterior):
    draws = posterior.draws("r_n_cs").ravel()
    low, high = posterior.interval("r_n_cs", 0.9)
    assert np.mean((draws > low) & (draws < high)) == pytest.approx(0.9, abs=1e-3)
    shortest = posterior.highest_density("r_n_cs", 0.9)
    assert np.mean((draws >= shortest[0]) & (draws <= shortest[1])) == pytest.approx(0.9, abs=1e-3)
    assert shortest[1] - shortest[0] < high - low
    for cl in (0.0, 1.0, 95.0):
        with pytest.raises(cj.InputError, match="between 0 and 1"):
            posterior.interval("r_n_cs", cl)
    with pytest.raises(cj.InputError, match="no draws of 'm_zp'"):
        posterior.draws("m_zp")


def test_the_bound_is_named(posterior):
    assert any("r_n_cs reaches its bound 12" in note for note in posterior.notes)
    assert json.dumps(posterior.as_dict(), allow_nan=False)


@pytest.fixture(scope="module")
def nsi(csi):
    """The likelihood with non-standard interactions, all nuisances fixed."""
    return cj.Likelihood([csi], interaction=cj.nsi())


MODES = {"free": ["eps_ee_u"], "tie": {"eps_mumu_u": "eps_ee_u"}, "values": FIXED}
BETWEEN = 0.2
"""Between the two minima of a common coupling of electron and muon neutrinos to up quarks."""


@pytest.fixture(scope="module")
def weight_above(nsi):
    """The posterior probability of the region at large couplings, by a grid of 4001 points."""
    axis = np.linspace(-1.0, 1.5, 4001)
    chi2 = np.asarray(nsi.evaluator(**MODES).chi2(axis[:, None]))
    density = np.exp(-0.5 * (chi2 - chi2.min()))
    return density[axis > BETWEEN].sum() / density.sum()


@pytest.mark.slow
def test_separated_modes_at_their_weights(nsi, weight_above):
    posterior = nsi.sample(**MODES, method="nested", seed=1, live=4000)
    above = np.mean(posterior.draws("eps_ee_u") > BETWEEN)
    # Of 4000 live points the share of a mode has 1.5 times the binomial error: points are replaced in both.
    assert above == pytest.approx(weight_above, abs=4.5 * math.sqrt(weight_above * (1.0 - weight_above) / 4000))
    assert posterior.trusted, posterior.verdict
    assert posterior.as_dict()["log_evidence_error"] < 0.2


def test_modes_and_evidence_of_importance_sampling(nsi):
    """Four regions of two couplings: the weight of each and the evidence, both on a grid of 281 by 281 points."""
    free = ["eps_ee_u", "eps_mumu_u"]
    posterior = nsi.sample(free, values=FIXED, method="importance", draws=50_000, seed=1)
    assert posterior.trusted, posterior.verdict
    axis, step = np.linspace(-1.2, 1.6, 281, retstep=True)
    points = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1).reshape(-1, 2)
    chi2 = np.asarray(nsi.evaluator(free=free, values=FIXED).chi2(points))
    weight = np.exp(-0.5 * (chi2 - chi2.min()))
    content = posterior.as_dict()
    expected = math.log(weight.sum() * step**2 / 20.0**2) - 0.5 * chi2.min()  # flat from -10 to 10
    assert abs(content["log_evidence"] - expected) < 4.0 * content["log_evidence_error"]
    assert content["log_evidence_error"] < 0.003
    draws = np.stack([posterior.draws(name).ravel() for name in free], axis=1)
    for above in itertools.product((False, True), repeat=2):
        share = weight[np.all((points > BETWEEN) == above, axis=1)].sum() / weight.sum()
        error = math.sqrt(share * (1.0 - share) / content["effective_draws"])
        assert np.mean(np.all((draws > BETWEEN) == above, axis=1)) == pytest.approx(share, abs=4.0 * error)


def test_chains_that_stay_in_separated_modes_say_so(nsi):
    posterior = nsi.sample(**MODES, method="nuts", draws=1000, warm_up=100, seed=1)
    assert not posterior.trusted
    assert "separate regions of eps_ee_u" in posterior.verdict
    assert "use the method importance or nested" in posterior.verdict


def test_the_numpyro_model_has_the_same_density(likelihood):
    from numpyro.infer.util import log_density

    asked = {"free": FREE, "tie": TIED}
    model, density = likelihood.numpyro_model(**asked), likelihood.log_density(**asked)
    random = np.random.default_rng(1)
    rows = np.stack([[random.uniform(0.2, 0.4), random.uniform(4.0, 8.0), *random.normal(1.0, 0.01, 4)] for _ in "abc"])
    sites = {}

    @jax.jit
    @jax.vmap
    def theirs(u):
        value, trace = log_density(model, (), {}, dict(zip(density.names, u, strict=True)))
        sites.update(trace)
        return value

    found, ours = np.asarray(theirs(rows)), np.asarray(jax.jit(jax.vmap(density.within))(rows))
    assert_close(np.diff(found), np.diff(ours), 1e-9, "priors are normalised there", scale=1.0)
    assert {name for name, site in sites.items() if site["type"] == "sample"} == {*density.names, "data"}
    assert sites["r_n_i"]["type"] == "deterministic"
    assert sites["cevns_norm"]["fn"].low == 0.0


def test_emcee_samples_the_log_density(likelihood):
    import emcee

    asked = {"free": ["sin2_theta_w"], "values": FIXED}
    density = likelihood.log_density(**asked)
    function = jax.jit(jax.vmap(density))
    start = np.random.default_rng(1).normal(density.unbounded(np.array([0.24])), 0.02, (64, 1))
    sampler = emcee.EnsembleSampler(64, 1, lambda z: np.asarray(function(z)), vectorize=True)
    sampler._random.seed(1)
    sampler.run_mcmc(start, 400)
    u = density.coordinates(sampler.get_chain(discard=100, flat=True))[:, 0]
    axis = np.linspace(0.0, 1.0, 2001)
    chi2 = np.asarray(likelihood.evaluator(**asked).chi2(axis[:, None]))
    mean, width = moments(axis, np.exp(-0.5 * (chi2 - chi2.min())))
    assert u.mean() == pytest.approx(mean, abs=0.1 * width)
    assert u.std() == pytest.approx(width, rel=0.1)


def test_nothing_to_sample_is_refused(likelihood):
    with pytest.raises(cj.InputError, match="nothing to sample"):
        likelihood.sample(values=FIXED)
    with pytest.raises(cj.InputError, match="at least 1 draw"):
        likelihood.sample(free=FREE, draws=0)
