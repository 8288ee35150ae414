"""Derivatives of χ² with respect to every parameter: forward = reverse = finite differences, finite at every edge."""

import dataclasses
from functools import cache

import jax
import numpy as np
import pytest
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.measuring.terms.poisson import PoissonCounts

VARIANTS = ("flat", "shape")


@cache
def likelihood(variant):
    return cj.Likelihood([cj.measurements.coherent_csi_2021(variant=variant)])


@cache
def problem(variant):
    """Return the problem with every parameter free, on the device."""
    everything = likelihood(variant)
    # The pulls of parameters that are free are dropped: constrain them again, so that they are differentiated too.
    constrain = {name: (c.centre, c.width) for name, c in everything.constraints().items()}
    return jax.device_put(everything.problem(free=list(everything.parameters), constrain=constrain))


# One compiled program for each, whatever the point: the problem is an argument.
VALUE = jax.jit(lambda problem, u: problem(u))
REVERSE = jax.jit(lambda problem, u: jax.grad(problem)(u))
FORWARD = jax.jit(lambda problem, u: jax.jacfwd(problem)(u))
HESSIAN = jax.jit(lambda problem, u: jax.jacfwd(jax.grad(problem))(u))


def at(variant, values=()):
    """Return the coordinates of the defaults with `values` in their place."""
    posed = problem(variant)
    complete = {name: parameter.default for name, parameter in likelihood(variant).parameters.items()}
    return np.array([{**complete, **dict(values)}[name] for name in posed.names])


def steps(variant, relative):
    """Return a step for each coordinate: `relative` times a scale on which χ² changes."""
    table = likelihood(variant).parameters
    scales = []
    for name in problem(variant).names:
        low, high = table[name].bounds
        scales.append(abs(table[name].default) or 0.1 * (high - low))
    return relative * np.array(scales)


def central_difference(function, u, step):
    """Return the derivative of `function` along each coordinate from six points: the error is of order step⁶."""
    columns = []
    for k, h in enumerate(step):
        e = h * np.eye(len(u))[k]
        pairs = [np.asarray(function(u + m * e)) - np.asarray(function(u - m * e)) for m in (1, 2, 3)]
        columns.append((45 * pairs[0] - 9 * pairs[1] + pairs[2]) / (60 * h))
    return np.stack(columns, axis=-1)


# Away from the defaults, where no gradient vanishes by symmetry and no shift puts an edge on a knot.
GENERIC = {
    "sin2_theta_w": 0.22,
    "cevns_norm": 1.07,
    "brn_norm": 0.9,
    "nin_norm": 1.2,
    "ss_norm": 0.98,
    "r_n_cs": 5.3,
    "r_n_i": 4.8,
    "r_p_cs": 4.85,
    "r_p_i": 4.7,
    "quenching_shape_0": 0.6,
    "quenching_shape_1": -0.4,
    "efficiency_shape": 0.3,
    "time_efficiency_onset": 0.551,
    "time_shift_nu": 0.0431,
    "time_shift_brn": -0.0272,
    "time_shift_nin": 0.0118,
}
POINTS = {"default": {}, "generic": GENERIC}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_forward_is_reverse(variant, point):
    u, posed = at(variant, POINTS[point]), problem(variant)
    reverse = np.asarray(REVERSE(posed, u))
    found = np.asarray(FORWARD(posed, u)) * np.abs(steps(variant, 1.0))
    expected = reverse * np.abs(steps(variant, 1.0))
    assert np.all(expected != 0.0), "a parameter has no effect"
    assert_close(found, expected, 1e-9, "the gradient is a sum of terms of both signs")


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_gradient_is_the_finite_difference(variant, point):
    u, posed, step = at(variant, POINTS[point]), problem(variant), steps(variant, 1e-3)
    expected = central_difference(lambda v: VALUE(posed, v), u, step)
    scale = np.abs(steps(variant, 1.0))
    found = np.asarray(REVERSE(posed, u))
    why = "six-point differences: rounding of a χ² of 100 over a step of 1e-3, and h⁶ truncation"
    assert_close(found * scale, expected * scale, 1e-6, why, scale=np.maximum(1.0, np.abs(expected * scale)))


@pytest.mark.parametrize("variant", [pytest.param(v, marks=pytest.mark.slow if v == "shape" else ()) for v in VARIANTS])
def test_hessian_is_the_finite_difference_of_the_gradient(variant):
    u, posed, step = at(variant, GENERIC), problem(variant), steps(variant, 1e-3)
    expected = central_difference(lambda v: REVERSE(posed, v), u, step)
    unit = np.outer(steps(variant, 1.0), steps(variant, 1.0))
    found = np.asarray(HESSIAN(posed, u)) * unit
    assert_close(found, found.T, 1e-9, "sums of terms of both signs", scale=np.abs(found).max())
    size = np.sqrt(np.abs(np.outer(np.diag(found), np.diag(found))))
    why = "six-point differences of the gradient"
    assert_close(found, expected * unit, 1e-5, why, scale=np.maximum(1.0, size))


EDGES = {
    "smallest neutron radii": {"r_n_cs": 2.2, "r_n_i": 2.2},
    "largest neutron radii": {"r_n_cs": 12.0, "r_n_i": 12.0},
    "no signal": {"cevns_norm": 0.0},
    "earliest": {"time_shift_nu": -0.5, "time_shift_brn": -0.5, "time_shift_nin": -0.5},
    "latest": {"time_shift_nu": 0.5, "time_shift_brn": 0.5, "time_shift_nin": 0.5},
    "quenching -5 sigma": {"quenching_shape_0": -5.0, "quenching_shape_1": -5.0},
    "quenching +5 sigma": {"quenching_shape_0": 5.0, "quenching_shape_1": 5.0},
    "quenching -5 and +5 sigma": {"quenching_shape_0": -5.0, "quenching_shape_1": 5.0},
    "efficiency -3 sigma": {"efficiency_shape": -3.0},
    "efficiency +3 sigma": {"efficiency_shape": 3.0},
}


def assert_finite_and_consistent(posed, u, variant):
    value, gradient, hessian = VALUE(posed, u), np.asarray(REVERSE(posed, u)), np.asarray(HESSIAN(posed, u))
    names = np.array(posed.names)
    assert np.isfinite(value)
    assert np.all(np.isfinite(gradient)), names[~np.isfinite(gradient)]
    assert np.all(np.isfinite(hessian)), names[~np.isfinite(hessian).all(axis=0)]
    scale = np.abs(steps(variant, 1.0)) * np.abs(gradient)
    forward = np.asarray(FORWARD(posed, u)) * np.abs(steps(variant, 1.0))
    why = "the gradient is a sum of terms of both signs"
    assert_close(forward, gradient * np.abs(steps(variant, 1.0)), 1e-9, why, scale=np.maximum(1.0, scale))


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_finite_at_the_edges(variant, edge):
    assert_finite_and_consistent(problem(variant), at(variant, EDGES[edge]), variant)


@pytest.mark.parametrize("side", [0, 1])
def test_finite_at_both_bounds_of_every_parameter(side):
    for name, parameter in likelihood("shape").parameters.items():
        assert_finite_and_consistent(problem("shape"), at("shape", {name: parameter.bounds[side]}), "shape")


def without_counts(posed):
    """Return the problem with no event observed."""
    folded = tuple(dataclasses.replace(m, term=PoissonCounts(0.0 * m.observed)) for m in posed.chi2.measurements)
    return dataclasses.replace(posed, chi2=dataclasses.replace(posed.chi2, measurements=folded))


@pytest.mark.parametrize("variant", VARIANTS)
def test_finite_without_counts(variant):
    """With n = 0 everywhere χ² is 2 Σ μ plus the pulls: its gradient in the strengths is 2 Σ μ of each component."""
    posed = without_counts(problem(variant))
    u = at(variant, {"cevns_norm": 1.1, "brn_norm": 1.2})
    assert_finite_and_consistent(posed, u, variant)
    assert_finite_and_consistent(posed, at(variant, {"cevns_norm": 0.0}), variant)
    gradient = dict(zip(posed.names, np.asarray(REVERSE(posed, u)), strict=True))
    counts = likelihood(variant).predict()[0].counts
    constraints = likelihood(variant).constraints()
    for component, value in (("cevns", 1.1), ("brn", 1.2), ("nin", 1.0), ("ss", 1.0)):
        name = f"{component}_norm"
        pull = 2.0 * (value - 1.0) / constraints[name].width ** 2
        assert_close(gradient[name], 2.0 * counts[component].sum() + pull, 1e-11, "sums in another order")


def test_at_the_onset_on_a_bin_edge():
    """The time efficiency has a kink at the onset: the derivative of χ² is continuous even where that meets an edge."""
    posed = problem("flat")
    k = posed.names.index("time_efficiency_onset")
    at_edge, below, above = (
        np.asarray(REVERSE(posed, at("flat", {"time_efficiency_onset": 0.5 + d})))[k] for d in (0.0, -1e-9, 1e-9)
    )
    assert_close(at_edge, below, 1e-6, "a step of 1e-9 us")
    assert_close(at_edge, above, 1e-6, "a step of 1e-9 us")


def test_folding_leaves_each_parameter_its_derivative():
    """With one parameter free the rest is folded to arrays: χ² and its derivative stay the same."""
    full = likelihood("flat")
    # Given, not the likelihood's own: those of the signal narrow when a parameter that they contain is fitted.
    constrain = {name: (c.centre, c.width) for name, c in full.constraints().items()}
    params = {name: parameter.default for name, parameter in full.parameters.items()} | GENERIC
    reverse = dict(zip(problem("flat").names, np.asarray(REVERSE(problem("flat"), at("flat", params))), strict=True))
    total = full.chi2(params)
    for name in full.parameters:
        others = {other: value for other, value in params.items() if other != name}
        single = full.problem(free=[name], values=others, constrain=constrain)
        assert single.names == (name,)
        assert_close(single(np.array([params[name]])), total, 1e-10, "a response that moves is a sum of few terms")
        step = 1e-3 * abs(steps("flat", 1.0)[problem("flat").names.index(name)])
        slope = central_difference(single, np.array([params[name]]), [step])[0] * step
        why = "six-point differences, rounding of a χ² of 100"
        assert_close(slope, reverse[name] * step, 1e-6, why, scale=max(1e-3, abs(slope)))


@pytest.mark.parametrize("free", ["sin2_theta_w", "quenching_a", "time_shift_nu"])
def test_problem_as_a_function_for_jax(free):
    """`Likelihood.problem` promises a pure function for jit, vmap and grad, whichever parameter is free."""
    posed = likelihood("flat").problem(free=[free])
    u = posed.coordinates({name: p.default for name, p in likelihood("flat").parameters.items()})
    expected = likelihood("flat").chi2()
    assert_close(jax.jit(posed)(u), expected)
    assert_close(jax.jit(jax.vmap(posed))(np.array([u, u])), np.full(2, expected))
    assert np.all(np.isfinite(jax.jit(jax.grad(posed))(u)))
