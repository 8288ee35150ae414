"""Numerical tools: our sine and cosine, and the digits of an error."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

from cevnsjax._numerics import error_digits, sine_cosine

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


@pytest.mark.parametrize(
    ("errors", "digits"), [((0.027, 0.024), 3), ((0.1, 0.097), 3), ((1.41, 1.04), 1), ((31.2, 32.0), 0), ((0.0,), 1)]
)
def test_error_digits(errors, digits):
    assert error_digits(*errors) == digits
