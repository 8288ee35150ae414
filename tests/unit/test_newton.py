"""The minimiser on problems whose minima are known in closed form, and its linear solver against NumPy's."""

import dataclasses
from functools import cache
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tolerance import assert_close

from cevnsjax._base import numerics
from cevnsjax._base.numerics import solve_symmetric
from cevnsjax.inference.minimise.elimination import solve_symmetric as solve_rows
from cevnsjax.inference.minimise.newton import LAST, MAX_STEPS, minimise

WHY = "the tolerance on the predicted decrease, 1e-10"
FREE2, FREE3 = np.zeros(2, bool), np.zeros(3, bool)
MATRIX = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 1.0]])
CENTRE = np.array([0.3, -1.2, 2.0])


def derivatives(objective):
    """Value, gradient and Hessian of a function, at many points."""
    return _compiled(objective)


@cache
def _compiled(objective):
    return jax.jit(jax.vmap(lambda u: (objective(u), jax.grad(objective)(u), jax.hessian(objective)(u))))


def minima(objective, starts, frozen, low, high, max_steps=MAX_STEPS, groups=()):
    at = derivatives(objective)
    frozen = np.broadcast_to(frozen, np.shape(starts))
    return minimise(lambda u, _: tuple(map(np.array, at(u))), np.array(starts), frozen, low, high, max_steps, groups)


def minimum(objective, start, frozen, low, high, max_steps=MAX_STEPS):
    found = minima(objective, np.array(start)[None], frozen, low, high, max_steps)
    return SimpleNamespace(**{field.name: getattr(found, field.name)[0] for field in dataclasses.fields(found)})


def box(n, low=-10.0, high=10.0):
    return np.full(n, low), np.full(n, high)


def quadratic(u):
    """Minimum 7 at `CENTRE`, Hessian 2 `MATRIX`."""
    return 7.0 + (u - CENTRE) @ jnp.asarray(MATRIX) @ (u - CENTRE)


def rosenbrock(u):
    """Minimum 0 at (1, 1) (Rosenbrock 1960)."""
    return (1.0 - u[0]) ** 2 + 100.0 * (u[1] - u[0] ** 2) ** 2


def double_well(u):
    """Minima -1/4 at (±1, 0), a saddle with Hessian diag(-1, 2) at the origin."""
    return 0.25 * u[0] ** 4 - 0.5 * u[0] ** 2 + u[1] ** 2


def barrier(u):
    """Minimum 1 at u = 1; infinite or not a number for u ≤ 0."""
    return jnp.sum(u - jnp.log(u))


def test_quadratic_in_one_step():
    found = minimum(quadratic, [5.0, 5.0, 5.0], FREE3, *box(3))
    assert found.converged
    # One step to the minimum, one more to see that nothing is left to gain.
    assert found.steps <= 2
    assert_close(found.u, CENTRE, scale=1.0)
    assert_close(found.value, 7.0)
    assert_close(found.gradient, np.zeros(3), scale=1.0)
    assert_close(found.hessian, 2.0 * MATRIX)


@pytest.mark.parametrize("start", [(-1.2, 1.0), (0.0, 0.0), (5.0, -5.0), (-9.0, 9.0), (1.0, 1.0)])
def test_rosenbrock(start):
    found = minimum(rosenbrock, start, FREE2, *box(2))
    assert found.converged
    assert found.steps < MAX_STEPS
    assert_close(found.u, np.ones(2), 1e-4, WHY)
    assert found.value < 1e-9


def test_rosenbrock_in_other_coordinates():
    """Scales that differ by 1e6 change nothing: the damping is relative to the diagonal."""
    unit = np.array([1e-3, 1e3])
    found = minimum(lambda u: rosenbrock(u / unit), np.array([-1.2, 1.0]) * unit, FREE2, -10 * unit, 10 * unit)
    assert found.converged
    assert_close(found.u / unit, np.ones(2), 1e-4, WHY)


def test_minimum_at_a_bound():
    """With u_0 ≤ -1 the others minimise the rest: u_1, u_2 solve their block of MATRIX."""
    found = minimum(quadratic, [-3.0, 0.0, 0.0], FREE3, *(box(3)[0], np.array([-1.0, 10.0, 10.0])))
    shift = np.linalg.solve(MATRIX[1:, 1:], -MATRIX[1:, 0] * (-1.0 - CENTRE[0]))
    expected = np.array([-1.0, *(CENTRE[1:] + shift)])
    assert found.converged
    assert found.u[0] == -1.0
    assert_close(found.u, expected, 1e-6, WHY)
    assert_close(found.value, float(quadratic(expected)), 1e-10, WHY)


def test_minimum_in_a_corner():
    found = minimum(lambda u: u[0] + 2.0 * u[1] + u[0] * u[1], [0.5, 0.5], FREE2, *box(2, 0.0, 1.0))
    assert found.converged
    assert_close(found.u, np.zeros(2), scale=1.0)


def test_leaves_a_bound_that_does_not_hold_it():
    """Started on a bound with the gradient pointing inward, it ends inside."""
    found = minimum(quadratic, [-10.0, 10.0, -10.0], FREE3, *box(3))
    assert found.converged
    assert_close(found.u, CENTRE, 1e-8, WHY)


@pytest.mark.parametrize("start", [(0.1, 1.0), (-0.3, -2.0), (0.5, 0.0), (0.05, 3.0)])
def test_indefinite_start(start):
    """Inside |u_0| < 1/√3 the Hessian has a negative eigenvalue; the minimum on that side is found."""
    found = minimum(double_well, start, FREE2, *box(2))
    assert found.converged
    assert_close(found.u, np.array([np.sign(start[0]), 0.0]), 1e-4, WHY, scale=1.0)
    assert_close(found.value, -0.25, 1e-9, WHY)


@pytest.mark.parametrize(("lower", "upper"), [(-2.0, 2.0), (0.0, 2.0), (0.0, 1e4), (-1e4, 0.0)])
def test_saddle_is_left(lower, upper):
    """At the saddle the gradient vanishes and there is no Newton step, inside the bounds or at one of them."""
    found = minimum(double_well, [0.0, 0.0], FREE2, *box(2, lower, upper))
    assert found.converged
    assert_close(np.abs(found.u), np.array([1.0, 0.0]), 1e-5, WHY, scale=1.0)
    assert_close(found.value, -0.25, 1e-9, WHY)


def test_saddle_that_is_frozen_stays():
    found = minimum(double_well, [0.0, 0.5], np.array([True, False]), *box(2))
    assert found.converged
    assert_close(found.u, np.zeros(2), 1e-6, WHY, scale=1.0)


@pytest.mark.parametrize("start", [(-1.0, 1.0), (0.0, 1.0), (np.nan, 1.0)])
def test_start_that_is_not_finite(start):
    found = minimum(barrier, start, FREE2, *box(2))
    assert not found.converged
    assert found.steps <= 1


def test_step_out_of_the_domain_is_taken_back():
    """From u = 9 the Newton step of u - ln u leads to -63; the domain ends at 0, inside the bounds."""
    found = minimum(barrier, [9.0, 3.0], FREE2, *box(2, -100.0, 100.0))
    assert found.converged
    assert_close(found.u, np.ones(2), 1e-4, WHY)
    assert_close(found.value, 2.0, 1e-9, WHY)


def test_no_minimum_is_not_reported_as_one():
    """exp(-u) falls for ever; between bounds its minimum is the upper one."""
    falling = lambda u: jnp.exp(-u[0]) + u[1] ** 2  # noqa: E731
    bounded = minimum(falling, [0.0, 1.0], FREE2, *box(2))
    assert bounded.converged
    assert_close(bounded.u, np.array([10.0, 0.0]), 1e-4, WHY, scale=1.0)


def test_step_limit_is_reported():
    found = minimum(rosenbrock, [-9.0, 9.0], FREE2, *box(2), max_steps=3)
    assert not found.converged
    assert found.steps == 3


def test_all_frozen():
    start = np.array([5.0, 5.0, 5.0])
    found = minimum(quadratic, start, ~FREE3, *box(3))
    assert found.converged
    assert np.array_equal(found.u, start)
    assert_close(found.value, float(quadratic(start)))


def test_some_frozen():
    """With u_0 held at 1 the minimum over the others solves their block."""
    found = minimum(quadratic, [1.0, 5.0, 5.0], np.array([True, False, False]), *box(3))
    expected = np.array([1.0, *(CENTRE[1:] - np.linalg.solve(MATRIX[1:, 1:], MATRIX[1:, 0] * (1.0 - CENTRE[0])))])
    assert found.converged
    assert_close(found.u, expected)


@pytest.mark.parametrize("objective", [rosenbrock, double_well, barrier])
def test_batch_equals_single(objective):
    """Each member of a batch takes its own path: those that end early, and those that fail, disturb no other."""
    starts = np.array([[-1.2, 1.0], [0.1, 1.0], [4.0, 3.0], [1.0, 1.0], [9.0, 0.3], [-2.0, -1.0]])
    frozen = np.array([[False, False]] * 4 + [[True, False], [False, False]])
    batch = minima(objective, starts, frozen, *box(2))
    assert not np.all(batch.steps == batch.steps[0])
    for k, (start, mask) in enumerate(zip(starts, frozen, strict=True)):
        alone = minimum(objective, start, mask, *box(2))
        assert bool(batch.converged[k]) == bool(alone.converged)
        if alone.converged:
            assert_close(
                batch.u[k], alone.u, 1e-6, "paths may differ by rounding, both end within the tolerance", scale=1.0
            )
            assert_close(batch.value[k], alone.value, 1e-9, WHY, scale=1.0)


def valley(u):
    """A narrow valley along 0.9 u_0 + u_1 = 1 that falls to u_0 = 20: between -10 and 10 the minimum is (10, -8)."""
    return 1e6 * (0.9 * u[0] + u[1] - 1.0) ** 2 + 1e-3 * (u[0] - 20.0) ** 2


@pytest.mark.parametrize("start", [(0.0, 1.0), (-9.9, 9.9), (9.999, -8.0), (5.0, 5.0), (-10.0, -10.0)])
def test_valley_that_ends_at_a_bound(start):
    """A step that is cut at a bound goes on along it with the others, and does not leave the valley."""
    found = minimum(valley, start, FREE2, *box(2))
    assert found.converged
    assert found.steps < 10
    assert found.u[0] == 10.0
    # The slope along u_0 shifts the floor by 0: with u_0 = 10 the other solves 0.9 · 10 + u_1 = 1.
    assert_close(found.u[1], -8.0, 1e-9, WHY)


def flat(u):
    """Every point of u_0 + u_1 + u_2 = 1 is a minimum: two directions have no curvature at all."""
    return (u[0] + u[1] + u[2] - 1.0) ** 2


@pytest.mark.parametrize("start", [(0.0, 0.0, 0.0), (9.0, 9.0, -9.0), (-10.0, 10.0, 10.0)])
def test_flat_directions_are_no_failure(start):
    found = minimum(flat, start, FREE3, *box(3))
    assert found.converged
    assert_close(found.u.sum(), 1.0, 1e-6, WHY)


def curved_valley(u):
    """A strength s and a coupling e of which only s e² is measured, s constrained to 1 ± 0.1: minima (1, ±1)."""
    return 1e4 * (u[0] * u[1] ** 2 - 1.0) ** 2 + 100.0 * (u[0] - 1.0) ** 2


@pytest.mark.parametrize("start", [(1.0, 9.0), (0.1, 3.1), (3.0, 0.1), (1.0, -5.0)])
def test_curved_valley(start):
    found = minimum(curved_valley, start, FREE2, np.array([0.0, -10.0]), np.full(2, 10.0))
    assert found.converged
    assert_close(np.abs(found.u), np.ones(2), 1e-5, WHY)


def apart(u):
    """Two groups of two coordinates, each coupled through u_4 alone."""
    shared = u[4] - 1.0
    first = rosenbrock(u[:2]) + (u[0] - u[4]) ** 2
    return first + double_well(u[2:4] - 3.0 * shared) + 4.0 * shared**2


def test_groups_change_nothing_but_the_order_of_elimination():
    starts = np.random.default_rng(3).uniform(-3.0, 3.0, (20, 5))
    whole = minima(apart, starts, np.zeros(5, bool), *box(5))
    grouped = minima(apart, starts, np.zeros(5, bool), *box(5), groups=(np.array([0, 1]), np.array([2, 3])))
    assert whole.converged.all()
    assert grouped.converged.all()
    assert np.array_equal(whole.steps, grouped.steps)
    assert_close(grouped.u, whole.u, 1e-6, WHY, scale=1.0)
    assert_close(grouped.value, whole.value, 1e-10, WHY, scale=1.0)


# The linear solvers


@pytest.mark.parametrize("n", [1, 2, 5, 12])
def test_solve_symmetric_is_numpy_solve(n):
    rng = np.random.default_rng(n)
    root = rng.normal(size=(n, n))
    matrix, vector = root @ root.T + 0.1 * np.eye(n), rng.normal(size=n)
    scales = np.geomspace(1e-6, 1e6, n)  # of coordinates in different units
    for solve in (solve_symmetric, at_one):
        found, pivot = solve(jnp.asarray(matrix * np.outer(scales, scales)), jnp.asarray(vector * scales))
        assert pivot > 0
        expected = np.linalg.solve(matrix, vector)
        why = "condition number of the matrix"
        scale = np.abs(expected).max()
        assert_close(found * scales, expected, 1e-14 * np.linalg.cond(matrix) + 1e-12, why, scale=scale)


def at_one(matrix, vector):
    """The solver of many systems, of one."""
    matrix, vector = np.array(matrix), np.array(vector)
    size = np.maximum(np.abs(np.diag(matrix)), 1e-300)
    solution, pivot = solve_rows(matrix[None], vector[None], size[None])
    return solution[0], pivot[0]


@pytest.mark.parametrize("sizes", [(3,), (2, 4), (1, 3, 2)])
def test_groups_that_are_coupled_through_few_are_solved_as_a_whole(sizes):
    rng = np.random.default_rng(len(sizes))
    border, total = 2, sum(sizes) + 2
    matrix, first, groups = np.zeros((7, total, total)), 0, []
    for size in sizes:
        rows = rng.normal(size=(7, size + border + 3, size + border))
        index = np.array([*range(first, first + size), *range(total - border, total)])
        matrix[:, index[:, None], index] += rows.swapaxes(1, 2) @ rows
        groups.append(index[:size])
        first += size
    vector = rng.normal(size=(7, total))
    diagonal = np.einsum("pii->pi", matrix)
    found, pivot = solve_rows(matrix, vector, diagonal, groups)
    assert (pivot > 0).all()
    expected = np.linalg.solve(matrix, vector[:, :, None])[:, :, 0]
    assert_close(found, expected, 1e-9, "condition number of the matrices", scale=np.abs(expected).max())


@pytest.mark.parametrize("n", [2, 7])
def test_the_solvers_replace_the_same_pivots(n):
    rng = np.random.default_rng(n)
    for _ in range(10):
        root, vector = rng.normal(size=(n, n)), rng.normal(size=n)
        (one, least), (other, lowest) = (solve(root + root.T, vector) for solve in (solve_jax, at_one))
        assert_close(one, other, 1e-8, "condition number of the matrix", scale=np.abs(other).max())
        assert_close(least, lowest, 1e-8, "condition number of the matrix")


def solve_jax(matrix, vector):
    return solve_symmetric(jnp.asarray(matrix), jnp.asarray(vector))


def test_solve_symmetric_tells_an_indefinite_matrix():
    """A negative pivot is replaced by its modulus: diag(-2, 1) acts as diag(2, 1), a direction of descent."""
    found, pivot = solve_symmetric(jnp.diag(jnp.array([-2.0, 1.0])), jnp.array([3.0, 5.0]))
    assert pivot < 0
    assert_close(found, np.array([1.5, 5.0]))


@pytest.mark.parametrize("n", [4, 9])
def test_solve_symmetric_descends_on_any_symmetric_matrix(n):
    rng = np.random.default_rng(0)
    solve = jax.jit(solve_symmetric)
    for _ in range(20):
        root = rng.normal(size=(n, n))
        vector = rng.normal(size=n)
        found, pivot = solve(jnp.asarray(root + root.T), jnp.asarray(vector))
        assert (pivot > 0) == bool(np.all(np.linalg.eigvalsh(root + root.T) > 0))
        assert float(vector @ np.asarray(found)) > 0


@pytest.mark.parametrize("n", [5, 9])
def test_solve_symmetric_in_a_loop_is_the_unrolled_one(n, monkeypatch):
    """The two ways of factorising replace the same pivots by the same moduli."""
    rng = np.random.default_rng(n)
    root, vector = rng.normal(size=(n, n)), rng.normal(size=n)
    found = {}
    for unrolled in (0, n):
        monkeypatch.setattr(numerics, "UNROLLED", unrolled)
        found[unrolled] = solve_symmetric(jnp.asarray(root + root.T), jnp.asarray(vector))
    assert found[0][1] < 0
    assert_close(found[0][0], found[n][0], 1e-9, "condition number of the matrix", scale=np.abs(found[n][0]).max())
    assert_close(found[0][1], found[n][1], 1e-9, "condition number of the matrix")


def test_solve_symmetric_of_a_singular_matrix_is_finite():
    found, pivot = solve_symmetric(jnp.ones((2, 2)), jnp.array([1.0, 0.0]))
    assert np.abs(pivot) < 1e-12
    assert np.all(np.isfinite(found))


def test_derivative_of_solve_symmetric():
    """d(A⁻¹b)/db = A⁻¹."""
    found = jax.jacfwd(lambda b: solve_symmetric(jnp.asarray(MATRIX), b)[0])(jnp.asarray(CENTRE))
    assert_close(found, np.linalg.inv(MATRIX), scale=1.0)


def test_a_frozen_coordinate_stays_where_it_is_even_outside_the_box():
    found = minimum(
        lambda u: (u[0] - u[1]) ** 2, [7.0, 0.0], np.array([True, False]), np.zeros(2), np.array([5.0, 9.0])
    )
    assert found.converged
    assert found.u[0] == 7.0
    assert found.u[1] == pytest.approx(7.0, abs=1e-8)


def test_the_last_step_is_taken_unseen():
    """A Poisson count of 4 with a pull: χ² = 2 (μ - 4 ln μ) + (μ - 6)²/4, whose minimum solves μ² - 2 μ - 16 = 0."""

    def count(u):
        return 2.0 * (u[0] - 4.0 * jnp.log(u[0])) + 0.25 * (u[0] - 6.0) ** 2

    starts, (low, high) = np.linspace(1.0, 10.0, 19)[:, None], box(1, 0.1, 100.0)
    at, still = derivatives(count), np.zeros((19, 1), bool)
    found = minimise(lambda u, _: tuple(map(np.array, at(u))), starts, still, low, high, last=LAST)
    exact = minima(count, starts, still, low, high)
    assert found.converged.all()
    assert (found.steps < exact.steps).any()
    lowest = 1.0 + np.sqrt(17.0)
    assert_close(found.u[:, 0], np.full(19, lowest), 1e-7, "the square of a step that gains 1e-7")
    assert_close(found.value, np.full(19, float(count(np.array([lowest])))), 1e-11, "the power 3/2 of 1e-7", scale=1.0)


def test_a_step_to_where_nothing_is_known_is_taken_again_shorter():
    """A bound that no box states: n ln μ of a count μ = S (u0 + u1 - 1), with the sum of both pulled to far below."""
    scale, count, widths = 1e4, 5.0, np.array([0.1, 0.2])

    def edge(u):
        mean = scale * (u[0] + u[1] - 1.0)
        return 2.0 * (mean - count * jnp.log(mean)) + (((u - 1.0) / widths) ** 2).sum()

    found = minima(edge, [[1.0, 1.0], [0.3, 1.5]], FREE2, *box(2, 0.0, 5.0))
    assert found.converged.all()
    # With F = u0 + u1 - 1 and u_i = 1 - w_i² (1 - F)/Σw²: F² + (S Σw² - 1) F - n Σw² = 0.
    total = (widths**2).sum()
    share = np.roots([1.0, scale * total - 1.0, -count * total]).max()
    expected = 1.0 - widths**2 * (1.0 - share) / total
    assert_close(found.u, np.stack([expected] * 2), 1e-9, "a predicted decrease of 1e-12", scale=1.0)
