"""Numbers with a covariance: against χ² written by hand in NumPy, closed forms of linear fits, SciPy's density."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from closed_form_problems import problem_of
from scipy import stats
from tolerance import assert_close

import cevnsjax as cj
from cevnsjax.inference.grid.intervals import intervals
from cevnsjax.inference.minimise.best_fit import best_fit
from cevnsjax.inference.minimise.solver import Solver
from cevnsjax.inference.minimise.strengths import minimise_strengths
from cevnsjax.inference.toys.refit import fit_toys
from cevnsjax.measuring.terms.correlated import correlated_numbers
from cevnsjax.stages.stage import Constant, Stage

SEEN = np.array([12.0, 30.0, 21.0, 8.0, 17.0])
ERRORS = np.array([2.0, 3.5, 3.0, 1.5, 2.5])
SHIFTS = np.array([[1.0, 2.0, 1.5, 0.5, 1.0], [-1.0, 0.0, 1.0, 0.5, -0.5]])
"""What two causes shift all numbers by at 1σ."""
SYSTEMATIC = SHIFTS.T @ SHIFTS
COVARIANCE = np.diag(ERRORS**2) + SYSTEMATIC
COLUMNS = np.array([[10.0, 25.0, 15.0, 4.0, 8.0], [3.0, 3.0, 6.0, 5.0, 9.0]])
EXPECTED = COLUMNS.sum(axis=0)


def term():
    return correlated_numbers("here", SEEN, np.diag(ERRORS**2), SYSTEMATIC)


def by_hand(expected):
    residual = expected - SEEN
    return residual @ np.linalg.solve(COVARIANCE, residual)


def test_chi2_is_that_of_numpy():
    assert_close(term().chi2(EXPECTED), by_hand(EXPECTED))
    assert_close(jax.jit(lambda e: term().chi2(e))(jnp.asarray(EXPECTED)), by_hand(EXPECTED))
    density = stats.multivariate_normal(EXPECTED, COVARIANCE).logpdf(SEEN)
    assert_close(term().log_saturated() - 0.5 * term().pointwise(EXPECTED), density)
    assert_close(term().errors(), np.sqrt(np.diag(COVARIANCE)))
    assert_close(term().covariance(), COVARIANCE)


def test_derivatives_go_through_the_whitened_numbers():
    """2 C⁻¹ (μ - x) and 2 C⁻¹: the first derivatives back through L⁻¹, the second with it on both sides."""
    one = term()
    slope, root = one.derivatives(one.whitened(EXPECTED))
    inverse = np.linalg.inv(COVARIANCE)
    assert_close(one.whitening.T @ slope, 2.0 * inverse @ (EXPECTED - SEEN), 1e-11, "an inverse in NumPy")
    rows = root * one.whitened(np.eye(5))
    assert_close(rows @ rows.T, 2.0 * inverse, 1e-11, "an inverse in NumPy", scale=np.abs(inverse).max())
    assert_close(one.diagonal().chi2(one.whitened(EXPECTED)), by_hand(EXPECTED))


def test_more_than_one_axis_is_a_single_row_with_the_last_fastest():
    wide = np.arange(6.0).reshape(2, 3)
    matrix = np.diag(np.arange(1.0, 7.0)) + 0.3
    one = correlated_numbers("here", wide, matrix)
    moved = wide + np.array([[1.0, 0.0, 2.0], [0.0, -1.0, 0.5]])
    residual = (moved - wide).ravel()
    assert_close(one.chi2(moved), residual @ np.linalg.solve(matrix, residual))
    assert_close(one.errors(), np.sqrt(np.arange(1.0, 7.0) + 0.3).reshape(2, 3))
    several = np.stack([moved, 2.0 * moved, wide])
    assert_close(one.whitened(several)[1], one.whitened(several[1]))
    assert one.reshaped((6,)).whitened(moved.ravel()).shape == (6,)


def least_squares():
    """The minimum of a linear model in closed form (Aitken): position, covariance, χ²."""
    inverse = np.linalg.inv(COVARIANCE)
    covariance = np.linalg.inv(COLUMNS @ inverse @ COLUMNS.T)
    best = covariance @ COLUMNS @ inverse @ SEEN
    return best, covariance, by_hand(best @ COLUMNS)


def linear_problem(one=None, widths=None, columns=COLUMNS):
    names = [f"x{k}" for k in range(len(columns))]
    bounds = dict.fromkeys(names, (-50.0, 50.0))
    return problem_of(term() if one is None else one, [Constant(c) for c in columns], names, bounds, widths)


def test_a_linear_fit_is_generalised_least_squares():
    best, covariance, lowest = least_squares()
    problem = linear_problem()
    solver = Solver(problem)
    found = best_fit(solver, np.ones(2), np.ones(2, bool))
    assert found.converged
    assert_close(found.u, best, 1e-9, "a minimum to 1e-9 of an error")
    assert_close(found.value, lowest, 1e-10, "rounding of an inverse")
    assert_close(found.covariance, covariance, 1e-9, "rounding of an inverse")
    for k in range(2):
        ((interval,), _) = intervals(solver, k, found, np.ones(2, bool), [1.0])
        error = np.sqrt(covariance[k, k])
        assert_close(np.array(interval.pieces), [[best[k] - error, best[k] + error]], 1e-6, "edges of an interval")


def test_strengths_alone_end_in_the_same_minimum():
    best, _, lowest = least_squares()
    problem = linear_problem()
    low, high = np.full(2, -50.0), np.full(2, 50.0)
    x, value, done = minimise_strengths(problem, jnp.array([[0.3, 4.0], [1.0, 1.0]]), low, high)
    assert np.all(done)
    assert_close(x, np.tile(best, (2, 1)), 1e-9, "a step of Newton in a quadratic")
    assert_close(value, np.full(2, lowest), 1e-10, "rounding of an inverse")


def test_a_systematic_covariance_is_a_nuisance_minimised_over():
    """C + s sᵀ beside a strength 1 ± 1 of the shift s: the same χ² after its minimum (Sherman and Morrison)."""
    shift = SHIFTS[0]
    beside = correlated_numbers("here", SEEN, np.diag(ERRORS**2), np.outer(shift, shift))
    inside = correlated_numbers("here", SEEN + shift, np.diag(ERRORS**2))
    columns = np.array([COLUMNS[0], shift])
    one = best_fit(Solver(linear_problem(beside, columns=COLUMNS[:1])), np.ones(1), np.ones(1, bool))
    other = best_fit(Solver(linear_problem(inside, {"x1": 1.0}, columns)), np.ones(2), np.ones(2, bool))
    assert_close(one.u[0], other.u[0], 1e-9, "minima to 1e-9 of an error")
    assert_close(one.value, other.value, 1e-9, "minima to 1e-9 of an error")
    assert_close(one.covariance[0, 0], other.covariance[0, 0], 1e-9, "rounding of an inverse")


class Falling(Stage):
    """Numbers exp(-t k), not linear in the parameter."""

    def own_parameters(self):
        return frozenset(("t",))

    def __call__(self, params):
        return jnp.exp(-params["t"] * jnp.arange(5.0))


def test_derivatives_of_what_is_not_linear():
    """Part by part as by JAX, forward over reverse and reverse over reverse, and by differences."""
    bounds = {"x": (0.0, 90.0), "t": (0.0, 2.0)}
    problem = problem_of(term(), [Falling()], ["x"], bounds)
    u = np.array([31.0, 0.23])
    from cevnsjax.inference.problem.programs import Evaluation

    rows = Evaluation(problem, jax.devices()[:1]).at(u[None], np.zeros(1, int))
    value, gradient, hessian = (each[0] for each in rows(u[None], np.zeros(1, int)))
    assert_close(value, problem(u))
    assert_close(gradient, jax.grad(problem)(jnp.asarray(u)), 1e-11, "rounding of sums")
    assert_close(hessian, jax.jacfwd(jax.grad(problem))(jnp.asarray(u)), 1e-11, "rounding of sums")
    assert_close(hessian, jax.jacrev(jax.grad(problem))(jnp.asarray(u)), 1e-11, "rounding of sums")
    steps = np.array([1e-4, 1e-6])
    differences = [(problem(u + s) - problem(u - s)) / (2.0 * s.sum()) for s in np.diag(steps)]
    assert_close(gradient, differences, 1e-6, "central differences")


def test_draws_have_the_covariance():
    drawn = term().draw(np.random.default_rng(5), np.broadcast_to(EXPECTED, (60_000, 5)))
    sigma = np.sqrt(np.diag(COVARIANCE))
    assert np.all(np.abs(drawn.mean(axis=0) - EXPECTED) < 5.0 * sigma / np.sqrt(len(drawn)))
    scale = np.outer(sigma, sigma)
    assert_close(np.cov(drawn.T) / scale, COVARIANCE / scale, 5.0 * np.sqrt(2 / 60_000), "60 000 draws", scale=1.0)


def test_toys_scatter_by_the_covariance_of_the_fit():
    best, covariance, _ = least_squares()
    toys = fit_toys(linear_problem(), best, 4000, 11)
    assert toys.converged.all()
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert_close(np.cov(toys.u.T) / scale, covariance / scale, 5.0 * np.sqrt(2 / 4000), "4000 toys", scale=1.0)
    assert abs(toys.chi2.mean() - 3.0) < 5.0 * np.sqrt(6.0 / 4000)  # χ² of 5 numbers less 2 parameters


def test_a_measurement_with_a_diagonal_covariance_is_the_one_with_errors():
    """Also its accuracy, its forecast and what it is shown as."""
    dresden = cj.measurements.dresden_ii()
    errors = dresden.errors
    matrix = np.diag(errors.ravel() ** 2)
    one = dataclasses.replace(dresden, term=correlated_numbers(dresden.name, dresden.observed, matrix))
    fits = [cj.Likelihood(m).fit(["sin2_theta_w"]) for m in (dresden, one)]
    assert_close(fits[1].values["sin2_theta_w"], fits[0].values["sin2_theta_w"], 1e-8, "minima to 1e-9 of an error")
    assert_close(fits[1].chi2, fits[0].chi2, 1e-9, "minima to 1e-9 of an error")
    assert_close(fits[1].error("sin2_theta_w"), fits[0].error("sin2_theta_w"), 1e-7, "edges of an interval")
    assert fits[1].dof == fits[0].dof
    assert_close(fits[1].quadrature_error, fits[0].quadrature_error, 1e-6, "differences of rounding", scale=1e-4)
    assert "with Gaussian errors" in str(one)
    forecast = fits[1].likelihood.forecast(free=["sin2_theta_w"])
    assert_close(forecast.chi2, 0.0, 1e-9, "rounding", scale=1.0)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: correlated_numbers("here", [1.0, np.nan], np.eye(2)), "finite observed numbers"),
        (lambda: correlated_numbers("here", [1.0, 2.0], np.eye(3)), r"covariance of shape \(2, 2\), found \(3, 3\)"),
        (lambda: correlated_numbers("here", [1.0, 2.0], np.ones(2)), r"covariance of shape \(2, 2\), found \(2,\)"),
        (lambda: correlated_numbers("here", [1.0, 2.0], np.diag([1.0, np.inf])), "a finite covariance"),
        (lambda: correlated_numbers("here", [1.0, 2.0], np.array([[1.0, 0.2], [0.3, 1.0]])), "symmetric .* by 0.1"),
        (lambda: correlated_numbers("here", [1.0, 2.0], np.array([[1.0, 2.0], [2.0, 1.0]])), "eigenvalues, found -1"),
        (lambda: correlated_numbers("here", [1.0, 2.0], np.eye(2), -2.0 * np.eye(2)), "eigenvalues, found -2"),
        (lambda: correlated_numbers("here", [1.0, 2.0], np.diag([1.0, 0.0])), "positive definite .* eigenvalue 0"),
        (lambda: correlated_numbers("here", [1.0, 2.0], np.eye(2)).check("here", (3,)), r"shape \(3,\), found \(2,\)"),
    ],
)
def test_what_is_no_covariance_is_refused(build, message):
    with pytest.raises(cj.InputError, match=f"here: expected .*{message}") as error:
        build()
    assert "\n" not in str(error.value)
