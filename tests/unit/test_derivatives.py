"""Derivatives of χ² part by part, through the counts, beside those of all of χ² by automatic differentiation."""

import dataclasses

import equinox as eqx
import jax
import numpy as np
import pytest
from closed_form_problems import linear
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.inference.problem.priors import LogShape, Weighted
from cevnsjax.inference.problem.programs import Evaluation
from cevnsjax.measuring.terms.finite_templates import FiniteTemplates

ROUNDING = "both sum some hundred terms, in different orders"


def derivatives(problem, u, held=()):
    """Return χ², gradient and Hessian at `u` part by part, of the coordinates that are not `held`."""
    evaluation, row, number = Evaluation(problem, jax.devices()[:1], held=held), np.asarray(u)[None], np.zeros(1, int)
    value, gradient, hessian = evaluation.at(row, number)(row, number)
    left = np.delete(np.arange(len(u)), list(held))
    return value[0], gradient[0, left], hessian[0][np.ix_(left, left)]


def check_derivatives(problem, u):
    """Compare derivatives through the counts with the differentiation of all of χ², and that with differences."""
    u = np.asarray(u)
    value, gradient, hessian = derivatives(problem, u)
    expected, slope = jax.jit(jax.value_and_grad(problem))(u)
    bent = np.asarray(jax.jit(jax.hessian(problem))(u))
    assert_close(value, expected, 1e-12, ROUNDING)
    assert_close(gradient, slope, 1e-12, ROUNDING, scale=np.abs(slope).max())
    assert_close(hessian, bent, 1e-12, ROUNDING, scale=np.abs(bent).max())
    evaluate, steps = jax.jit(jax.grad(problem)), np.diag(1e-5 * np.maximum(np.abs(u), 1.0))
    second = np.array([(evaluate(u + e) - evaluate(u - e)) / (2 * e.max()) for e in steps])
    assert_close(hessian, second, 1e-7, "central differences of the gradient", scale=np.abs(second).max())


def moved(likelihood, problem, seed=1, **values):
    """Return the coordinates of the defaults and of `values`, each moved a little."""
    u = problem.coordinates(likelihood.parameters.complete(values))
    shift = np.random.default_rng(seed).uniform(0.01, 0.03, len(u))
    return np.clip(u + shift * np.minimum(np.maximum(np.abs(u), 0.1), np.ptp(problem.box, axis=0)), *problem.box)


def test_a_tied_radius(likelihood):
    problem = likelihood.problem(free=["sin2_theta_w", "r_n_cs"], tie={"r_n_i": "r_n_cs"})
    check_derivatives(problem, [0.22, 5.3, 1.1, 0.9, 1.2, 1.03])


def test_ordered_coordinates():
    problem = linear([7.0, 3.0, 0.0], None, [[1.0, 2.0, 0.5], [2.0, 1.0, 0.1]], [0.0] * 2, [9.0] * 2, {"x1": 0.5})
    ordered = eqx.tree_at(lambda p: p.lower, problem, np.array([0.5, 0.2]))
    check_derivatives(dataclasses.replace(ordered, orders=(("x2", "x1"),)), [2.5, 0.3])


def test_a_flux_times_a_strength():
    """The solar neutrinos are scaled by the flux of ⁸B and by a strength: a factor that is a product."""
    likelihood = cj.Likelihood("xenonnt-8b")
    problem = likelihood.problem(free=["b8_flux_norm"])
    assert {"b8_flux_norm", "cevns_norm"} <= set(problem.names)
    check_derivatives(problem, moved(likelihood, problem))


def test_measurements_that_share():
    """A tie and a constraint from one measurement to another, and a flux that two of three share."""
    likelihood = cj.Likelihood(["coherent-csi-2021", "coherent-lar-2020", "apv-cs"])
    problem = likelihood.problem(
        free=["r_n_cs", "r_n_ar"], tie={"r_n_i": "r_n_cs"}, constrain={"r_n_cs-r_n_ar": (1.5, 0.2)}
    )
    check_derivatives(problem, moved(likelihood, problem))


def test_a_term_that_is_no_sum_over_bins():
    problem = linear([7.0, 3.0, 0.0], None, [[1.0, 2.0, 0.5], [2.0, 1.0, 0.1]], [0.0] * 2, [9.0] * 2, {"x1": 0.5})
    term = FiniteTemplates(np.array([7.0, 3.0, 0.0]), np.array([[0.1, 0.2, 0.3], [0.2, 0.1, 0.0]]))
    check_derivatives(eqx.tree_at(lambda p: p.chi2.measurements[0].term, problem, term), [2.5, 0.3])


def test_priors_of_other_shapes():
    problem = linear([7.0, 3.0], None, [[1.0, 2.0], [2.0, 1.0]], [0.1] * 2, [9.0] * 2, {"x1": 0.5})
    weighted = Weighted(problem.chi2.constraints, (LogShape("x2", 0.1, 9.0),))
    check_derivatives(eqx.tree_at(lambda p: p.chi2.constraints, problem, weighted), [2.5, 0.3])


@pytest.mark.parametrize("measurement", ["xenonnt-8b", pytest.param("coherent-ge-mini-2024", marks=pytest.mark.slow)])
def test_what_is_held_is_evaluated_once(measurement):
    """On a grid of coupling and mass the derivatives by all else are those without any parameter held."""
    likelihood = cj.Likelihood(measurement, cj.light_vector("universal"))
    problem = likelihood.problem(free=["g_zp", "m_zp"])
    u = moved(likelihood, problem, g_zp=3e-5, m_zp=20.0)
    value, gradient, hessian = derivatives(problem, u, held=[0, 1])
    expected, slope = jax.jit(jax.value_and_grad(problem))(u)
    assert_close(value, expected, 1e-12, ROUNDING)
    assert_close(gradient, slope[2:], 1e-11, ROUNDING, scale=np.abs(slope).max())
    evaluate, steps = jax.jit(jax.grad(problem)), np.diag(1e-5 * np.maximum(np.abs(u), 1.0))[2:]
    second = np.array([(evaluate(u + e)[2:] - evaluate(u - e)[2:]) / (2 * e.max()) for e in steps])
    assert_close(hessian, second, 1e-6, "central differences of the gradient", scale=np.abs(second).max())
