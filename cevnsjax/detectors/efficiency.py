"""Efficiencies: of the selection against photo-electrons, and against time."""

from collections.abc import Sequence

from .._numerics import namespace
from .._typing import Array, Float, Scalar


def logistic_efficiency(photoelectrons: Float[Array, "..."], coefficients: Sequence[Scalar]) -> Float[Array, "..."]:
    """Return ε(x) = a / (1 + exp(-b (x - c))) + d for x at or above `logistic_threshold`.

    The form of COHERENT's CsI[Na] release (arXiv:2110.07730 ancillary files); x in reconstructed photo-electrons.
    Below the threshold the efficiency is zero: integrate from there.
    """
    a, b, c, d = coefficients
    xp = namespace(photoelectrons, a, b, c, d)
    return a / (1.0 + xp.exp(-b * (photoelectrons - c))) + d


def logistic_threshold(coefficients: Sequence[Scalar]) -> Scalar:
    """Return the number of photo-electrons where the efficiency with these coefficients crosses zero.

    Defined for d < 0 and a > -d.
    """
    a, b, c, d = coefficients
    return c - namespace(a, d).log(-a / d - 1.0) / b


def time_efficiency(time: Float[Array, "..."], onset: Scalar, rate: Scalar) -> Float[Array, "..."]:
    """Return ε_T(t) = 1 before `onset` [us], exp(-rate (t - onset)) after it; `rate` in 1/us, t after 0."""
    xp = namespace(time, onset, rate)
    return xp.exp(-rate * xp.maximum(time - onset, 0.0))
