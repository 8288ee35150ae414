"""The density and its transforms, the diagnostics, the samplers on densities with a closed form, the checkpoints."""

import dataclasses
import functools
import math

import jax
import numpy as np
import pytest
from scipy import integrate, stats
from tolerance import assert_close

from cevnsjax import InputError
from cevnsjax._base import checkpoint
from cevnsjax._base.checkpoint import Checkpoint, fingerprint
from cevnsjax.inference.minimise.widths import conditional_width
from cevnsjax.inference.problem.chi_square import ChiSquare
from cevnsjax.inference.problem.cube import build_cube, separate_priors
from cevnsjax.inference.problem.density import Bounds, build_density
from cevnsjax.inference.problem.problem import Problem
from cevnsjax.inference.sample.diagnostics import ess_bulk, ess_tail, regions, rhat
from cevnsjax.inference.sample.hmc import HmcRun, efficiency
from cevnsjax.inference.sample.importance import ImportanceRun
from cevnsjax.inference.sample.modes import find_modes
from cevnsjax.inference.sample.nested import NestedRun, log_volumes
from cevnsjax.inference.sample.nuts import NutsRun
from cevnsjax.inference.sample.run import run, sample
from cevnsjax.inference.sample.shear import curved_map
from cevnsjax.parameters.constraints import Constraints

CORRELATION = 0.9


def gaussian(lower=(-50.0, -50.0, -50.0), upper=(50.0, 50.0, 50.0), orders=()):
    """A problem whose density is a Gaussian of widths 1, 2, 1, the first two correlated, cut at bounds."""
    covariance = np.array([[1.0, 2.0 * CORRELATION, 0.0], [2.0 * CORRELATION, 4.0, 0.0], [0.0, 0.0, 1.0]])
    weights = np.linalg.inv(np.linalg.cholesky(covariance))
    names = ("a", "b", "c")
    return Problem(
        chi2=ChiSquare((), Constraints(names, weights, weights @ np.array([1.0, -1.0, 0.5]))),
        fixed={},
        names=names,
        ties=(),
        placement=(0, 1, 2),
        orders=orders,
        lower=np.array(lower),
        upper=np.array(upper),
    ), covariance


@pytest.fixture(scope="module")
def cut():
    """The Gaussian cut where c ≥ 0 and a ≤ 2."""
    problem, _ = gaussian(lower=(-50.0, -50.0, 0.0), upper=(2.0, 50.0, 50.0))
    return problem


def cut_moments():
    """Mean and width of a and c of the Gaussian cut at a ≤ 2 and c ≥ 0: truncated normal distributions."""
    a = stats.truncnorm(-np.inf, 1.0, loc=1.0)
    c = stats.truncnorm(-0.5, np.inf, loc=0.5)
    return {"a": (a.mean(), a.std()), "c": (c.mean(), c.std())}


def test_diagnostics_are_those_of_arviz():
    import arviz

    random = np.random.default_rng(1)
    for chains, count, phi in ((4, 1000, 0.0), (4, 500, 0.9), (64, 40, 0.3), (8, 251, -0.5), (1, 300, 0.5)):
        x = random.standard_normal((chains, count))
        for k in range(1, count):
            x[:, k] = phi * x[:, k - 1] + math.sqrt(1.0 - phi**2) * x[:, k]
        x[0] += 0.3
        assert_close(rhat(x), float(arviz.rhat(x)), 1e-9, "sums in another order") if chains > 1 else None
        assert_close(ess_bulk(x), float(arviz.ess(x, method="bulk")), 1e-6, "sums in another order")
        assert_close(ess_tail(x), float(arviz.ess(x, method="tail")), 0.01, "another definition of a quantile")
    assert math.isnan(rhat(x[:, :3]))


def test_regions_of_chains():
    x = np.random.default_rng(1).standard_normal((6, 200))
    assert len(regions(x)) == 1
    x[:2] += 10.0
    (low, first), (second, high) = regions(x)
    assert low < first < 5.0 < second < high


@pytest.mark.parametrize("scale", [0.01, 1.0, 2.4])
def test_the_map_to_the_bounds(scale):
    bounds = Bounds(np.array([-1.0]), np.array([9.0]), np.array([scale]))
    z = np.linspace(-1.0 - 30.0 * scale, 9.0 + 30.0 * scale, 201)[:, None]
    u = bounds.bounded(z)
    assert np.all((u >= -1.0) & (u <= 9.0) & (np.diff(u, axis=0, prepend=-2.0) >= 0.0))
    inner = (u > -1.0 + 1e-6) & (u < 9.0 - 1e-6)
    assert_close(bounds.unbounded(u[inner][:, None]), z[inner][:, None], 1e-6, "u holds z to 1e-16 of 10 near a bound")
    slope = jax.vmap(jax.jacfwd(bounds.bounded))(z)[:, 0, 0]
    expected = np.log(slope)
    seen = slope > 1e-8
    assert_close(np.asarray(bounds.log_jacobian(z))[seen], expected[seen], 1e-6, "the slope is a difference", scale=1.0)
    # Away from the bounds z is u itself, where the scale is small.
    if scale == 0.01:
        assert_close(bounds.bounded(np.array([[2.0]])), [[2.0]])


def test_the_density_of_unbounded_numbers_is_normalised(cut):
    density = build_density(cut, [1.0, 2.0, 1.0])
    u = np.array([1.0, -1.0, 0.0])

    def of_c(z):
        return float(np.exp(density(np.array([density.unbounded(u)[0], density.unbounded(u)[1], z]))))

    def of_c_within(c):
        return float(np.exp(density.within(np.array([1.0, -1.0, c]))))

    rest = np.exp(float(density.bounds.log_jacobian(np.array([*density.unbounded(u)[:2], 25.0]))))
    there, _ = integrate.quad(of_c, -60.0, 60.0, epsabs=0, epsrel=1e-9, limit=200)
    back, _ = integrate.quad(of_c_within, 0.0, 50.0, epsabs=0, epsrel=1e-9, points=[1.0, 5.0])
    assert there == pytest.approx(back * rest, rel=1e-5)


def test_the_density_is_never_a_number_that_is_none(cut):
    density = build_density(cut)
    for u in ([3.0, 0.0, 1.0], [0.0, 0.0, -1e-9], [np.nan, 0.0, 1.0], [np.inf, 0.0, 1.0]):
        assert float(density.within(np.array(u))) == -np.inf
    assert np.isfinite(float(density.within(np.array([2.0, 0.0, 0.0]))))
    for z in ([1e4, 0.0, 1.0], [0.0, 0.0, -1e5], [np.nan, 0.0, 1.0]):
        assert not np.isnan(float(density(np.array(z))))
    assert np.all(np.isfinite(jax.grad(density)(np.array([1e3, 0.0, -1e3]))))


def test_priors_of_single_constraints_are_taken_out(likelihood):
    problem = likelihood.problem(free=["sin2_theta_w"], constrain={"r_n_cs-r_n_i": (0.06, 0.1)})
    priors, rest = separate_priors(problem)
    found = {prior.name: prior for prior in priors}
    assert str(found["sin2_theta_w"]) == "flat from 0 to 1"
    assert found["cevns_norm"].centre == pytest.approx(1.0)
    assert "Gaussian 1 ± 0.25" in str(found["brn_norm"])
    assert found["r_n_cs"].width is None
    u = problem.coordinates(likelihood.parameters.complete({"cevns_norm": 1.2, "ss_norm": 0.99, "r_n_cs": 5.0}))
    gaussians = sum(((x - p.centre) / p.width) ** 2 for x, p in zip(u, priors, strict=True) if p.width is not None)
    assert_close(float(rest(u)) + gaussians, float(problem(u)))


def test_the_volume_of_an_order():
    problem, _ = gaussian(lower=(0.0, 0.0, 0.0), upper=(4.0, 4.0, 4.0), orders=(("a", "b"),))
    u = np.array([1.0, 0.25, 2.0])
    params = problem.params(u)
    jacobian = jax.jacfwd(lambda u: jax.numpy.stack([problem.params(u)[n] for n in problem.names]))(u)
    assert params["b"] == 1.75
    assert_close(float(problem.log_volume(u)), float(np.log(np.abs(np.linalg.det(jacobian)))))


def test_width_of_a_coordinate():
    width = conditional_width(lambda u: float(((u[0] - 3.0) / 0.01) ** 2), np.array([3.0]), 0, 3.0, 100.0)
    assert 0.01 <= width < 0.0112
    assert conditional_width(lambda u: 0.0, np.array([3.0]), 0, 0.0, 10.0) == np.inf


def test_a_bent_valley_is_straightened():
    random = np.random.default_rng(2)
    w = random.standard_normal((20000, 3))
    bent = np.stack([w[:, 0], 2.0 * w[:, 0] + 0.3 * w[:, 0] ** 2 + 0.3 * w[:, 1], 5.0 * w[:, 2]], axis=1)
    whitening = curved_map(bent, np.full(3, 1e-3))
    back = np.asarray(jax.vmap(whitening.inverse)(bent))
    assert np.abs(np.cov(back.T) - np.eye(3)).max() < 0.03
    # The narrow direction across the valley: without the shear it is a parabola of the wide one.
    narrow = np.linalg.solve(np.linalg.cholesky(np.cov(bent.T)), (bent - bent.mean(axis=0)).T)[1]
    assert np.abs(stats.skew(back[:, 1:])).max() < 0.1 < 1.0 < np.abs(stats.skew(narrow))
    assert_close(np.asarray(jax.vmap(whitening)(back)), bent, 1e-9, "solution of a linear system", scale=1.0)
    slopes = jax.vmap(jax.jacfwd(whitening))(back[:50])
    assert_close(np.linalg.det(slopes), np.full(50, np.linalg.det(whitening.factor)), 1e-9, "determinants")


def test_effective_draws_of_a_transition():
    random = np.random.default_rng(3)
    x = np.zeros((40, 4000, 1))
    x[0] = random.standard_normal((4000, 1))
    for k in range(1, 40):
        x[k] = 0.6 * x[k - 1] + 0.8 * random.standard_normal((4000, 1))
    assert efficiency(x) == pytest.approx(0.4 / 1.6, rel=0.15)


def hamiltonian(kind, problem, draws, chains, seed=5):
    free = np.ones(3, bool)
    density, modes = find_modes(problem, np.array([1.0, -1.0, 0.5]), free)
    return kind(density, modes, draws, *(() if chains is None else (chains,)), seed)


@pytest.fixture(scope="module")
def prepared(cut):
    """A function that returns a sampler of a kind, of the Gaussian cut at bounds."""
    makers = {
        "hmc": lambda: hamiltonian(HmcRun, cut, 32000, 128),
        "nuts": lambda: hamiltonian(NutsRun, cut, 8000, 8),
        "importance": lambda: hamiltonian(ImportanceRun, cut, 240_000, None),
        "nested": lambda: NestedRun(build_density(cut), 4000, 5, live=400),
    }
    return functools.cache(lambda method: makers[method]())


@pytest.fixture(scope="module")
def ran(prepared):
    """A function that returns what a sampler did: only those that a test needs are run."""
    return functools.cache(lambda method: run(prepared(method)))


@pytest.mark.parametrize("method", ["hmc", "nuts", "importance", "nested"])
def test_moments_of_a_cut_gaussian(prepared, ran, method):
    state, blocks, _ = ran(method)
    drawn = prepared(method).collect(state, blocks)
    u = drawn.u
    if "effective_draws" in drawn.extra:
        effective = drawn.extra["effective_draws"]
    else:
        effective = min(ess_bulk(u[..., k]) for k in range(3))
        assert max(rhat(u[..., k]) for k in range(3)) < 1.01
        assert not np.any(drawn.stats["diverging"])
    assert effective > 500
    assert np.all((u[..., 0] <= 2.0) & (u[..., 2] >= 0.0))
    for k, name in ((0, "a"), (2, "c")):
        mean, width = cut_moments()[name]
        assert abs(u[..., k].mean() - mean) < 4.5 * width / math.sqrt(effective)
        assert u[..., k].std() == pytest.approx(width, abs=4.5 * width / math.sqrt(effective))


@pytest.mark.parametrize(("method", "error"), [("importance", 0.002), ("nested", 0.2)])
def test_evidence_of_a_cut_gaussian(prepared, ran, cut, method, error):
    # The prior is flat between the bounds: Z is the Gaussian's mass within them over the prior's volume.
    extra = prepared(method).collect(*ran(method)[:2]).extra
    _, covariance = gaussian()
    mass = stats.norm.cdf(1.0) * stats.norm.cdf(0.5) * math.sqrt((2.0 * np.pi) ** 3 * np.linalg.det(covariance))
    # The third constraint stands alone: it is a normalised prior, cut at 0.
    assert separate_priors(cut)[0][2].width == pytest.approx(1.0)
    expected = math.log(mass / (52.0 * 100.0) / (math.sqrt(2.0 * np.pi) * stats.norm.cdf(0.5)))
    assert abs(extra["log_evidence"] - expected) < 4.0 * extra["log_evidence_error"]
    assert extra["log_evidence_error"] < error


def test_prior_of_the_unit_cube(cut):
    cube = build_cube(cut)
    x = np.array([0.25, 0.5, 0.3])
    u = cube.coordinates(x)
    assert_close(u[0], -50.0 + 0.25 * 52.0)
    assert_close(u[2], stats.truncnorm(-0.5, 49.5, loc=0.5).ppf(0.3), 1e-10, "two codes for the quantile")
    assert float(cube.log_likelihood(np.array([0.5, 0.5, 1.0]))) == -np.inf


def test_volumes_of_dead_points():
    # Without replacement n points die among n, n-1, ..., 1.
    volumes = log_volumes(np.arange(5.0), np.full(5, np.nan), None)
    after = np.exp(-np.cumsum(1.0 / np.arange(5, 0, -1)))
    assert_close(np.exp(volumes), np.concatenate([[1.0], after[:-1]]) - after)


class Interrupted(Exception):
    """Raised in the middle of a run."""


@pytest.mark.parametrize("method", ["hmc", "nuts", "importance", "nested"])
def test_a_resumed_run_is_the_uninterrupted_one(prepared, ran, cut, tmp_path, monkeypatch, method):
    monkeypatch.setattr(checkpoint, "SECONDS_BETWEEN", -1.0)
    monkeypatch.setattr(checkpoint, "MOST_OF_RUN", 1e9)
    sampler = prepared(method)
    store = Checkpoint(tmp_path / "run", fingerprint(cut, method=method))
    calls = 0

    def stop(done, wanted):
        nonlocal calls
        calls += 1
        if calls == 6:
            raise Interrupted

    with pytest.raises(Interrupted):
        run(sampler, store, stop)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]
    state, blocks, _ = run(sampler, store)
    expected_state, expected, _ = ran(method)
    for name in expected:
        np.testing.assert_array_equal(blocks[name], expected[name])
    for name in expected_state:
        np.testing.assert_array_equal(state[name], expected_state[name])


def test_a_checkpoint_of_something_else_is_refused(cut, tmp_path):
    settings = {"method": "nuts", "seed": 1}
    Checkpoint(tmp_path / "run", fingerprint(cut, **settings)).save({"done": np.array(1)}, [])
    assert Checkpoint(tmp_path / "run", fingerprint(cut, **settings)).load() is not None
    for other in (fingerprint(cut, method="nuts", seed=2), fingerprint(gaussian()[0], **settings)):
        with pytest.raises(InputError, match="other settings"):
            Checkpoint(tmp_path / "run", other).load()
    (tmp_path / "run").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError, match="no unfinished run"):
        Checkpoint(tmp_path / "run", "x").load()
    with pytest.raises(InputError, match="cannot write"):
        Checkpoint(tmp_path / "nowhere" / "run", "x").save({}, [])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"draws": 0}, "at least 1 draw"),
        ({"draws": -5}, "at least 1 draw"),
        ({"chains": 0}, "at least 1 chain"),
        ({"draws": 3, "chains": 4}, "one draw for each"),
        ({"method": "gibbs"}, "nuts, hmc, nested"),
        ({"method": "nested", "chains": 2}, "no chains"),
        ({"seed": -1}, "seed of 0 or more"),
    ],
)
def test_settings_that_make_no_sense(cut, settings, message):
    with pytest.raises(InputError, match=message):
        sample(cut, np.zeros(3), np.ones(3, bool), **settings)


def test_a_density_that_is_nowhere_finite_is_refused(cut):
    broken = dataclasses.replace(cut.chi2.constraints, centres=np.full(3, np.nan))
    problem = dataclasses.replace(cut, chi2=ChiSquare((), broken))
    with pytest.raises(InputError, match="not finite"):
        sample(problem, np.zeros(3), np.ones(3, bool), method="hmc")
