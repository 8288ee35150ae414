"""Efficiencies: of the selection against reconstructed energy, and against time."""

import abc
from collections.abc import Sequence
from typing import ClassVar

import equinox as eqx
import numpy as np

from .._base.module import Module
from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from ..parameters.parameter import Parameter

EFFICIENCY = ("efficiency_a", "efficiency_b", "efficiency_c", "efficiency_d")
EFFICIENCY_SHAPE = "efficiency_shape"
SLOPE, MIDPOINT = (0.15, 4.0), (0.45, 2.5)
"""Range of slope and midpoint of a curve relative to the nominal values: what the short sum for the response covers."""
STEEPEST = 700.0
"""Exponent beyond which an exponential is infinite."""


class Efficiency(Module):
    """Probability that an event of a reconstructed energy is selected."""

    complete: ClassVar[bool] = False
    """Whether everything is selected."""

    @abc.abstractmethod
    def parameters(self) -> tuple[Parameter, ...]:
        """Return the parameters that it depends on."""

    @abc.abstractmethod
    def threshold(self, params: Params) -> Scalar:
        """Return the reconstructed energy below which nothing is selected."""

    @abc.abstractmethod
    def knots(self) -> tuple[float, ...]:
        """Return the reconstructed energies where it has a kink, the threshold left out."""

    @abc.abstractmethod
    def __call__(self, x: Float[Array, "..."], params: Params) -> Float[Array, "..."]:
        """Return the efficiency at reconstructed energies `x` above the threshold."""


def logistic_efficiency(photoelectrons: Float[Array, "..."], coefficients: Sequence[Scalar]) -> Float[Array, "..."]:
    """Return ε(x) = a / (1 + exp(-b (x - c))) + d for x at or above `logistic_threshold`.

    The form of COHERENT's CsI[Na] release (arXiv:2110.07730 ancillary files); x in reconstructed photo-electrons.
    Below the threshold the efficiency is zero: integrate from there.
    """
    a, b, c, d = coefficients
    xp = namespace(photoelectrons, a, b, c, d)
    return a / (1.0 + xp.exp(xp.minimum(-b * (photoelectrons - c), STEEPEST))) + d


def logistic_threshold(coefficients: Sequence[Scalar]) -> Scalar:
    """Return the number of photo-electrons where the efficiency with these coefficients crosses zero.

    Defined for d < 0 and a > -d.
    """
    a, b, c, d = coefficients
    return c - namespace(a, d).log(-a / d - 1.0) / b


class LogisticEfficiency(Efficiency):
    """A logistic curve that crosses zero, with a released ±1σ variation of its coefficients."""

    coefficients: Float[np.ndarray, "4"]
    variation: Float[np.ndarray, "4"]
    unit: str = eqx.field(static=True, default="PE")

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the coefficients and the strength of the variation.

        The curve must cross zero, a > -d > 0, wherever both are within their bounds: 1 … 3 and -0.9 … -0.01, or for a
        nominal curve outside those, bounds that leave a tenth of its plateau a + d between them.
        """
        a, b, c, d = map(float, self.coefficients)
        height, depth = (1.0, 3.0), (-0.9, -0.01)
        if not (height[0] < a < height[1] and depth[0] < d < depth[1]):
            deepest = -d + 0.45 * (a + d)
            height, depth = (deepest + 0.1 * (a + d), 1.0 + deepest), (-deepest, max(-0.01, 0.1 * d))
        bounds = (height, (SLOPE[0] * b, SLOPE[1] * b), (MIDPOINT[0] * c, MIDPOINT[1] * c), depth)
        parameters = []
        for name, value, unit, limits in zip(
            EFFICIENCY, (a, b, c, d), ("1", f"1/{self.unit}", self.unit, "1"), bounds, strict=True
        ):
            text = f"coefficient {name[-1]} of the efficiency"
            parameters.append(Parameter(name, unit, value, limits, rf"{name[-1]}_\varepsilon", text, own=True))
        text = "strength of the released variation of the efficiency, ±1 at 1σ"
        parameters.append(Parameter(EFFICIENCY_SHAPE, "1", 0.0, (-3.0, 3.0), r"\xi_\varepsilon", text, own=True))
        return tuple(parameters)

    def _moved(self, params: Params) -> list[Scalar]:
        return [params[name] + params[EFFICIENCY_SHAPE] * self.variation[k] for k, name in enumerate(EFFICIENCY)]

    def threshold(self, params: Params) -> Scalar:
        """Return where the curve crosses zero."""
        return logistic_threshold(self._moved(params))

    def knots(self) -> tuple[float, ...]:
        """Return nothing."""
        return ()

    def __call__(self, x: Float[Array, "..."], params: Params) -> Float[Array, "..."]:
        return logistic_efficiency(x, self._moved(params))


class SigmoidEfficiency(Efficiency):
    """A logistic curve from 0 to a plateau, a / (1 + exp(-b (x - c))).

    The acceptance of COHERENT's first CsI[Na] data (arXiv:1804.09459), with x in photo-electrons.
    """

    coefficients: Float[np.ndarray, "3"]
    """Plateau a, slope b and midpoint c."""
    unit: str = eqx.field(static=True, default="PE")

    def parameters(self) -> tuple[Parameter, ...]:
        """Return the coefficients."""
        a, b, c = map(float, self.coefficients)
        bounds = ((0.0, 1.0), (SLOPE[0] * b, SLOPE[1] * b), (MIDPOINT[0] * c, MIDPOINT[1] * c))
        units = ("1", f"1/{self.unit}", self.unit)
        return tuple(
            Parameter(
                name,
                unit,
                value,
                limits,
                rf"{name[-1]}_\varepsilon",
                f"coefficient {name[-1]} of the efficiency",
                own=True,
            )
            for name, value, unit, limits in zip(EFFICIENCY[:3], (a, b, c), units, bounds, strict=True)
        )

    def threshold(self, params: Params) -> Scalar:
        """Return minus infinity: nothing is cut."""
        return -np.inf

    def knots(self) -> tuple[float, ...]:
        """Return nothing."""
        return ()

    def __call__(self, x: Float[Array, "..."], params: Params) -> Float[Array, "..."]:
        a, b, c = (params[name] for name in EFFICIENCY[:3])
        xp = namespace(x, a, b, c)
        return a / (1.0 + xp.exp(xp.minimum(-b * (x - c), STEEPEST)))


class TabulatedEfficiency(Efficiency):
    """An efficiency given at points, linear between them, constant beyond them, and 0 below a threshold."""

    x: Float[np.ndarray, " point"]
    """Reconstructed energies, increasing."""
    efficiency: Float[np.ndarray, " point"]
    lowest: float = 0.0
    """Reconstructed energy below which nothing is selected."""

    def parameters(self) -> tuple[Parameter, ...]:
        """Return nothing."""
        return ()

    def threshold(self, params: Params) -> Scalar:
        """Return the lowest energy."""
        return self.lowest

    def knots(self) -> tuple[float, ...]:
        """Return the points."""
        return tuple(map(float, self.x))

    def __call__(self, x: Float[Array, "..."], params: Params) -> Float[Array, "..."]:
        return namespace(x, self.x).interp(x, self.x, self.efficiency)


class UnitEfficiency(Efficiency):
    """Everything in a bin is selected."""

    complete = True

    def parameters(self) -> tuple[Parameter, ...]:
        """Return nothing."""
        return ()

    def threshold(self, params: Params) -> Scalar:
        """Return minus infinity: bins are complete."""
        return -np.inf

    def knots(self) -> tuple[float, ...]:
        """Return nothing."""
        return ()

    def __call__(self, x: Float[Array, "..."], params: Params) -> Float[Array, "..."]:
        return namespace(x).ones_like(x)


def time_efficiency(time: Float[Array, "..."], onset: Scalar, rate: Scalar) -> Float[Array, "..."]:
    """Return ε_T(t) = 1 before `onset` [us], exp(-rate (t - onset)) after it; `rate` in 1/us, t after 0."""
    xp = namespace(time, onset, rate)
    return xp.exp(-rate * xp.maximum(time - onset, 0.0))
