"""Minimisation without derivatives, against closed forms and a narrow valley."""

import numpy as np
import pytest

from cevnsjax.inference.minimise.quadratic import minimise_quadratic


def run(function, start, spacing=0.1, low=-10.0, high=10.0):
    start = np.atleast_2d(np.asarray(start, float))
    n = start.shape[1]
    return minimise_quadratic(function, start, np.full(start.shape, spacing), np.full(n, low), np.full(n, high))


def test_a_quadratic():
    turned = np.array([[2.0, 1.9], [1.9, 2.0]])
    centre = np.array([0.3, -4.0])
    x, value, done = run(lambda p: np.einsum("ki,ij,kj->k", p - centre, turned, p - centre), [[5.0, 5.0], [-9.0, 1.0]])
    assert done.all()
    np.testing.assert_allclose(x, [centre, centre], atol=1e-4)
    np.testing.assert_allclose(value, 0.0, atol=1e-8)


def test_two_minima_of_one_parameter():
    x, value, done = run(lambda p: (p[:, 0] ** 2 - 4.0) ** 2 + 0.1 * p[:, 0], [[-1.0], [1.0]])
    assert done.all()
    np.testing.assert_allclose(x[:, 0], [-2.003, 1.997], atol=1e-3)
    assert value[0] < value[1]


def test_a_curved_valley():
    # Rosenbrock's function.
    x, value, _ = run(lambda p: 100.0 * (p[:, 1] - p[:, 0] ** 2) ** 2 + (1.0 - p[:, 0]) ** 2, [[-1.2, 1.0]])
    assert value[0] < 1e-6
    np.testing.assert_allclose(x, [[1.0, 1.0]], atol=2e-3)


def test_a_minimum_at_a_bound_and_far_away():
    x, _, done = run(lambda p: p[:, 0] + (p[:, 1] - 9.0) ** 2, [[3.0, -9.0]], spacing=0.01)
    assert done.all()
    np.testing.assert_allclose(x, [[-10.0, 9.0]], atol=1e-3)


def test_where_the_function_is_infinite():
    def function(p):
        with np.errstate(invalid="ignore"):
            return np.where(p[:, 0] > 0.0, p[:, 0] - np.log(np.abs(p[:, 0])) + p[:, 1] ** 2, np.inf)

    x, value, done = run(function, [[0.05, 2.0]])
    assert done.all()
    np.testing.assert_allclose(x, [[1.0, 0.0]], atol=1e-3)
    assert value[0] == pytest.approx(1.0, abs=1e-7)
