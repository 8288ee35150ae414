"""Templates that parameters α move between their variations at α = ±1, as HistFactory does (CERN-OPEN-2012-016).

    counts_b(α) = [nominal_b + Σ_p δ_pb(α_p)] · Π_p f_p(α_p) · Π levels_b                          (eq. 4 there)

δ adds what a ``histosys`` changes, with u = up - nominal and d = nominal - down, and f is the factor of a ``normsys``,
with U and D at α = ±1. Each has two forms, numbered as in pyhf (L. Heinrich et al., J. Open Source Softw. 6, 2823
(2021)):

    code 0     δ = α u above 0, α d below
    code 4p    δ = α/2 [(u + d) + (u - d) s(α)], s the polynomial `smooth_sign`
    code 1     f = U^α above 0, D^-α below
    code 4     the same beyond ±1, between 1 + Σ_k c_k α^k, k = 1 … 6, with the same two derivatives at ±1

Those of 4 and 4p are twice differentiable everywhere; those of 0 and 1 have a kink at 0 if up and down are not
symmetric.
"""

import equinox as eqx
import numpy as np

from .._base.numerics import namespace
from .._base.typing import Array, Float, Params, Scalar
from .morphing import smooth_sign
from .stage import Stage

POWERS = np.arange(1, 7)
"""Of the polynomial of code 4."""


def _value(params: Params, name: str) -> Float[Array, ""]:
    """Return the value of a parameter as an array."""
    return namespace(params[name]).asarray(params[name], dtype=float)


class Added(Stage):
    """Stage: what a parameter adds to a template, code 4p where it is smooth and code 0 otherwise."""

    up: Float[Array, "..."]
    """The template at α = 1 less the nominal one."""
    down: Float[Array, "..."]
    """The nominal template less that at α = -1."""
    name: str = eqx.field(static=True)
    smooth: bool = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset((self.name,))

    def __call__(self, params: Params) -> Float[Array, "..."]:
        x = _value(params, self.name)[None]
        sign = smooth_sign(x) if self.smooth else namespace(x).sign(x)
        return 0.5 * x * ((self.up + self.down) + (self.up - self.down) * sign)


class Scaled(Stage):
    """Stage: the factor of a parameter, code 4 where it is smooth and code 1 otherwise."""

    log_up: Float[Array, ""]
    """Logarithm of the factor at α = 1."""
    log_down: Float[Array, ""]
    coefficients: Float[Array, " power"]
    """Those of code 4; none of code 1."""
    name: str = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset((self.name,))

    def __call__(self, params: Params) -> Scalar:
        x = _value(params, self.name)
        xp = namespace(x, self.log_up)
        beyond = xp.exp(xp.where(x >= 0.0, x * self.log_up, -x * self.log_down))
        if not len(self.coefficients):
            return beyond
        inside, between = xp.clip(x, -1.0, 1.0), 0.0
        for k in reversed(range(len(POWERS))):
            between = inside * (self.coefficients[k] + between)
        between = 1.0 + between
        return xp.where(xp.abs(x) < 1.0, between, beyond)


def scaled(up: float, down: float, name: str, smooth: bool) -> Scaled:
    """Return the stage of a parameter that multiplies by the factors `up` and `down` at α = 1 and -1."""
    logs = np.log([up, down])
    coefficients = _coefficients(np.array([up, down]), np.array([1.0, -1.0]) * logs) if smooth else np.zeros(0)
    return Scaled(np.array(logs[0]), np.array(logs[1]), coefficients, name)


def _coefficients(factor: Float[np.ndarray, " end"], slope: Float[np.ndarray, " end"]) -> Float[np.ndarray, " power"]:
    """Return c_k of code 4 from the factors at α = 1 and -1, with the slopes of their logarithms."""
    ends = np.array([1.0, -1.0])[:, None]
    values, first, second = ends**POWERS, POWERS * ends ** (POWERS - 1), POWERS * (POWERS - 1) * ends**POWERS
    known = np.concatenate([factor - 1.0, slope * factor, slope**2 * factor])
    return np.linalg.solve(np.concatenate([values, first, second]), known)


class Levels(Stage):
    """Stage: a factor of each bin, a parameter or 1."""

    names: tuple[str | None, ...] = eqx.field(static=True)
    """Parameter of each bin, the last axis fastest; None of those that stay 1."""
    shape: tuple[int, ...] = eqx.field(static=True)

    def own_parameters(self) -> frozenset[str]:
        return frozenset(name for name in self.names if name is not None)

    def __call__(self, params: Params) -> Float[Array, "..."]:
        levels = [1.0 if name is None else params[name] for name in self.names]
        return namespace(*levels).stack([1.0 * level for level in levels]).reshape(self.shape)


class Interpolated(Stage):
    """Stage: a template with all that is added to it, times all its factors."""

    nominal: Float[Array, "..."]
    added: tuple[Stage, ...]
    factors: tuple[Stage, ...]

    def own_parameters(self) -> frozenset[str]:
        return frozenset()

    def __call__(self, params: Params) -> Float[Array, "..."]:
        counts = self.nominal
        for stage in self.added:
            counts = counts + stage(params)
        for stage in self.factors:
            counts = counts * stage(params)
        return counts
