"""The posterior density of a problem, as pure functions for any sampler.

Priors: every free parameter is flat within its bounds, where a required order holds; every constraint is a Gaussian
factor, cut at the bounds. ln p = -χ²/2 up to a constant.

Samplers that need an unbounded space move in z, one number for each coordinate u:

    u = lower + s [softplus((z - lower)/s) - softplus((z - upper)/s)]

which is z itself but for a few `s` beside the bounds, where it bends so that z has no end: a posterior that is nearly
Gaussian in u stays so in z. ln p(z) has the Jacobian ln du/dz in it.
"""

import dataclasses
from collections.abc import Sequence

import equinox as eqx
import jax.numpy as jnp
import numpy as np

from ..._base.numerics import namespace
from ..._base.typing import Array, Float, Scalar
from .problem import Problem

WIDEST = 0.25
"""Largest scale of the bend at a bound, of the distance between the bounds."""


def _softplus(x: Float[Array, "..."]) -> Float[Array, "..."]:
    xp = namespace(x)
    return xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x)))


class Bounds(eqx.Module):
    """The map between the coordinates u within their bounds and unbounded numbers z."""

    lower: Float[Array, " coordinate"]
    upper: Float[Array, " coordinate"]
    scale: Float[Array, " coordinate"]
    """How far from a bound the map bends: about the width of the density."""

    def bounded(self, z: Float[Array, "... coordinate"]) -> Float[Array, "... coordinate"]:
        """Return the coordinates of `z`, within their bounds."""
        xp = namespace(z)
        step = _softplus((z - self.lower) / self.scale) - _softplus((z - self.upper) / self.scale)
        return xp.clip(self.lower + self.scale * step, self.lower, self.upper)

    def unbounded(self, u: Float[Array, "... coordinate"]) -> Float[Array, "... coordinate"]:
        """Return z of the coordinates `u`; infinite on a bound."""
        xp = namespace(u)
        r, w = (u - self.lower) / self.scale, (self.upper - self.lower) / self.scale
        with np.errstate(divide="ignore"):
            return self.lower + self.scale * (r + xp.log(-xp.expm1(-r)) - xp.log(-xp.expm1(r - w)))

    def log_jacobian(self, z: Float[Array, "... coordinate"]) -> Float[Array, "..."] | Scalar:
        """Return ln |du/dz|, summed over the coordinates."""
        xp = namespace(z)
        x, y, w = (z - self.lower) / self.scale, (z - self.upper) / self.scale, (self.upper - self.lower) / self.scale
        return (xp.log(-xp.expm1(-w)) + x - _softplus(x) - _softplus(y)).sum(axis=-1)


@dataclasses.dataclass(frozen=True)
class Prior:
    """The prior of one coordinate: flat within the bounds, or a Gaussian cut at them."""

    name: str
    low: float
    high: float
    centre: float | None = None
    width: float | None = None

    def __str__(self) -> str:
        bounds = f"{self.low:g} to {self.high:g}"
        if self.width is None:
            return f"flat from {bounds}"
        return f"Gaussian {self.centre:g} ± {self.width:.4g}, cut at {bounds}"


def separate_priors(problem: Problem) -> tuple[tuple[Prior, ...], Problem]:
    """Return the prior of each coordinate, and the problem without the constraints that are in these.

    Constraints on combinations, or with correlations, stay in the problem. A coordinate that is a position between
    others, because an order is required, is flat from 0 to 1; see `Problem.log_volume` for what that leaves out.
    """
    low, high = problem.box
    constraints = problem.chi2.constraints
    weights, centres = np.asarray(constraints.weights), np.asarray(constraints.centres)
    ordered = {name for pair in problem.orders for name in pair}
    leaders = dict(problem.ties)
    gaussian: dict[str, tuple[float, float]] = {}
    kept = []
    for row, centre in zip(range(len(weights)), centres, strict=True):
        columns = np.flatnonzero(weights[row])
        names = [leaders.get(constraints.names[column], constraints.names[column]) for column in columns]
        alone = len(names) == 1 and names[0] in problem.names and names[0] not in {*gaussian, *ordered}
        if alone:
            weight = float(weights[row, columns[0]])
            gaussian[names[0]] = float(centre) / weight, 1.0 / abs(weight)
        else:
            kept.append(row)
    rest = dataclasses.replace(constraints, weights=weights[kept], centres=centres[kept])
    priors = tuple(
        Prior(name, float(a), float(b), *gaussian.get(name, (None, None)))
        for name, a, b in zip(problem.names, low, high, strict=True)
    )
    return priors, eqx.tree_at(lambda p: p.chi2.constraints, problem, rest)


class Density(eqx.Module):
    """ln p of a problem under its priors, in the unbounded numbers z or in the coordinates u. Pure: jit, vmap, grad."""

    problem: Problem
    bounds: Bounds

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the coordinates."""
        return self.problem.names

    __hash__ = object.__hash__  # so that jax.jit(density) works, as for a problem

    def within(self, u: Float[Array, " coordinate"]) -> Scalar:
        """Return ln p at the coordinates `u`: -∞ beyond the bounds and where χ² is not a number, never NaN."""
        lower, upper = self.bounds.lower, self.bounds.upper
        inside = jnp.all((u >= lower) & (u <= upper))
        safe = jnp.where(inside, u, 0.5 * (jnp.asarray(lower) + upper))
        value = self.problem.log_volume(safe) - 0.5 * self.problem(safe)
        return jnp.where(inside & jnp.isfinite(value), value, -jnp.inf)

    def __call__(self, z: Float[Array, " coordinate"]) -> Scalar:
        """Return ln p(z) with the Jacobian of the map to the bounds; -∞ where χ² is not a number, never NaN."""
        value = self.within(self.bounds.bounded(z)) + self.bounds.log_jacobian(z)
        return jnp.where(jnp.isnan(value), -jnp.inf, value)

    def coordinates(self, z: Float[Array, "... coordinate"]) -> Float[Array, "... coordinate"]:
        """Return the coordinates u of `z`."""
        return self.bounds.bounded(z)

    def unbounded(self, u: Float[Array, "... coordinate"]) -> Float[Array, "... coordinate"]:
        """Return z of the coordinates `u`."""
        return self.bounds.unbounded(u)

    def values(self, u: Float[np.ndarray, "*point coordinate"]) -> dict[str, np.ndarray]:
        """Return the value of each coordinate's parameter, and of those tied to it, at each row of `u`."""
        found = self.problem.values(u)
        return found | {follower: found[leader] for follower, leader in self.problem.ties if leader in found}

    @property
    def priors(self) -> tuple[Prior, ...]:
        """Return the prior of each coordinate."""
        return separate_priors(self.problem)[0]


def build_density(problem: Problem, widths: Sequence[float] | np.ndarray | None = None) -> Density:
    """Return the posterior density of `problem`.

    `widths` says how wide the density is in each coordinate, about: the map to the bounds bends over as much. By
    default the width of its constraint, or `WIDEST` of the distance between the bounds.
    """
    lower, upper = problem.box
    widest = WIDEST * (upper - lower)
    if widths is None:
        priors, _ = separate_priors(problem)
        widths = [most if p.width is None else p.width for p, most in zip(priors, widest, strict=True)]
    scale = np.where(np.isfinite(widths), widths, widest)
    return Density(problem, Bounds(lower, upper, np.clip(scale, 1e-9 * widest, widest)))
