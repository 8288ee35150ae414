"""The one place where a test says how close is close."""

import numpy as np

RTOL = 1e-12
"""Relative tolerance of two ways to compute the same number in double precision."""


def assert_close(actual, expected, rtol=RTOL, why="", scale=None):
    """Fail unless |actual - expected| ≤ rtol · |expected| in each element, or ≤ rtol · `scale` where one is given.

    A tolerance looser than `RTOL` needs a reason `why`: what limits the agreement. Not-a-number agrees with nothing.
    """
    assert rtol <= RTOL or why, f"a tolerance of {rtol:g} needs a reason: what limits the agreement?"
    actual, expected = np.asarray(actual, float), np.asarray(expected, float)
    assert actual.shape == expected.shape, f"expected shape {expected.shape}, found {actual.shape}"
    allowed = rtol * (np.abs(expected) if scale is None else np.abs(scale)) * np.ones_like(expected)
    error = np.abs(actual - expected)
    wrong = ~(error <= allowed)
    if wrong.any():
        worst = np.unravel_index(np.argmax(np.where(wrong, error / np.maximum(allowed, 1e-300), 0.0)), error.shape)
        where = f" at {tuple(map(int, worst))}" if error.ndim else ""
        raise AssertionError(
            f"{wrong.sum()} of {error.size} differ; worst{where}: expected {expected[worst]}, found {actual[worst]}, "
            f"difference {error[worst]:.3g} > {allowed[worst]:.3g}" + (f" ({why})" if why else "")
        )
