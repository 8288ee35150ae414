"""Numerical tools: our sine, cosine and logarithm, and the digits of an error."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from tolerance import assert_close

from cevnsjax._base.digits import error_digits
from cevnsjax._base.numerics import (
    chebyshev_points,
    chebyshev_polynomials,
    lagrange,
    logarithm,
    sine_cosine,
)

POINTS = np.concatenate(
    [np.linspace(-12.0, 12.0, 97), np.arange(-8, 9) * np.pi / 4, [1e-300, 1e-9, 123.456, -9876.5, 99999.9]]
)


def test_sine_and_cosine_against_mpmath():
    sine, cosine = jax.jit(sine_cosine)(jnp.asarray(POINTS))
    with mpmath.workdps(40):
        exact = np.array([[float(mpmath.sin(mpmath.mpf(x))), float(mpmath.cos(mpmath.mpf(x)))] for x in POINTS])
    assert np.abs(sine - exact[:, 0]).max() < 3e-16
    assert np.abs(cosine - exact[:, 1]).max() < 3e-16


def test_derivatives_of_sine_and_cosine():
    x = jnp.asarray(POINTS)
    for order, (of_sine, of_cosine) in enumerate(
        [(jnp.cos, lambda y: -jnp.sin(y)), (lambda y: -jnp.sin(y), lambda y: -jnp.cos(y))], 1
    ):
        for k, expected in enumerate((of_sine, of_cosine)):
            function = lambda y, k=k: sine_cosine(y)[k]  # noqa: E731
            for derivative in (jax.grad, jax.jacfwd):
                differentiated = function
                for _ in range(order):
                    differentiated = derivative(differentiated)
                # Term by term, the derivative of the series ends two orders before the series: below 5e-15 at pi/4.
                assert np.abs(jax.vmap(differentiated)(x) - expected(x)).max() < 5e-15 * 10 ** (order - 1)


@pytest.mark.parametrize("scale", [1e-206, 1e-89, 1.0, 1e150])
def test_derivatives_of_the_logarithm(scale):
    """ln(s (a + 2b)) has the derivatives (1, 2)/(a + 2b) and -(1, 2)⊗(1, 2)/(a + 2b)², whatever s is."""
    at, ways = jnp.array([0.7, 1.9]), np.array([1.0, 2.0])
    whole = float(at @ ways)

    def function(u):
        return logarithm(scale * (u[0] + 2.0 * u[1]))

    with mpmath.workdps(40):
        expected = float(mpmath.log(mpmath.mpf(scale) * mpmath.mpf(whole)))
    assert float(function(at)) == pytest.approx(expected, rel=1e-14)
    for slope in (jax.grad(function), jax.jacfwd(function)):
        assert_close(np.asarray(slope(at)), ways / whole)
        for bend in (jax.jacfwd(slope), jax.jacrev(slope)):
            assert_close(np.asarray(jax.jit(bend)(at)), -np.outer(ways, ways) / whole**2)
            third = np.asarray(jax.jacfwd(bend)(at))
            assert_close(third, 2.0 * np.einsum("i,j,k", ways, ways, ways) / whole**3)


@pytest.mark.parametrize(
    ("errors", "digits"), [((0.027, 0.024), 3), ((0.1, 0.097), 3), ((1.41, 1.04), 1), ((31.2, 32.0), 0), ((0.0,), 1)]
)
def test_error_digits(errors, digits):
    assert error_digits(*errors) == digits


@pytest.mark.parametrize("x", [-1.0, -0.613, 0.0, 0.37, 1.0])
def test_chebyshev_polynomials(x):
    """T_n(x) = cos(n arccos x)."""
    n = np.arange(201)
    found = chebyshev_polynomials(np.float64(x), 201)
    assert_close(found, np.cos(n * np.arccos(x)), 1e-12, "rounding grows with the degree", scale=1.0)
    assert_close(np.asarray(chebyshev_polynomials(jnp.asarray(x), 201)), found, 1e-12, "as above", scale=1.0)


def test_chebyshev_polynomials_are_differentiable():
    """T_n' = n U_(n-1), at ±1 too: T_n'(±1) = (±1)^(n+1) n²."""
    slope = np.asarray(jax.jacfwd(lambda x: chebyshev_polynomials(x, 33))(1.0))
    assert_close(slope, np.arange(33.0) ** 2)


def test_lagrange_polynomials_interpolate():
    """Polynomials of degree below the number of points come out, at the points and between."""
    points = chebyshev_points(-0.2, 1.7, 9)
    x = np.array([-0.2, 0.0, 0.33, points[4], 1.7])
    assert_close((points**7 - points) @ lagrange(points, x), x**7 - x, 1e-13, "rounding", scale=10.0)
