"""The posterior density of a problem, as pure functions for any sampler.

Priors: every free parameter is flat within its bounds, where a required order holds; every constraint is a Gaussian
factor, cut at the bounds; other priors are factors of their own (`priors`). ln p = -χ²/2 + ln of these + constant.

Samplers that need an unbounded space move in z, a number for each coordinate u:

    u = lower + s [softplus((z - lower)/s) - softplus((z - upper)/s)]

which is z itself but for a few `s` beside the bounds, where it bends so that z has no end: a posterior that is nearly
Gaussian in u stays so in z. ln p(z) has the Jacobian ln du/dz in it. Of a coordinate whose prior is flat in the
logarithm the same holds of ln u, with ln of the bounds: the Jacobian u takes away the 1/u of the prior.
"""

from collections.abc import Sequence

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._base.module import Module
from ..._base.numerics import namespace
from ..._base.typing import Array, Float, Scalar
from .cube import build_cube, separate_priors
from .priors import Prior
from .problem import Problem

WIDEST = 0.25
"""Largest scale of the bend at a bound, of the distance between the bounds."""


def _softplus(x: Float[Array, "..."]) -> Float[Array, "..."]:
    xp = namespace(x)
    return xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.abs(x)))


class Bounds(Module):
    """The map between the coordinates u within their bounds and unbounded numbers z."""

    lower: Float[Array, " coordinate"]
    upper: Float[Array, " coordinate"]
    scale: Float[Array, " coordinate"]
    """How far from a bound the map bends: about the width of the density."""
    logarithmic: tuple[int, ...] = eqx.field(static=True, default=())
    """Coordinates that are mapped in their logarithm."""

    def straight(self, u: Float[Array, "... coordinate"]) -> Float[Array, "... coordinate"]:
        """Return v of the coordinates `u`: what z is away from the bounds, their logarithm or themselves."""
        if not self.logarithmic:
            return u
        xp, chosen = namespace(u), np.isin(np.arange(len(self.lower)), self.logarithmic)
        return xp.where(chosen, xp.log(xp.where(chosen, u, 1.0)), u)

    def curved(self, v: Float[Array, "... coordinate"]) -> Float[Array, "... coordinate"]:
        """Return the coordinates of `v`, back from `straight`."""
        if not self.logarithmic:
            return v
        xp, chosen = namespace(v), np.isin(np.arange(len(self.lower)), self.logarithmic)
        return xp.where(chosen, xp.exp(xp.where(chosen, v, 0.0)), v)

    @property
    def ends(self) -> tuple[Float[Array, " coordinate"], Float[Array, " coordinate"]]:
        """Return the bounds of v."""
        return self.straight(self.lower), self.straight(self.upper)

    def _straight_of(self, z: Float[Array, "... coordinate"]) -> Float[Array, "... coordinate"]:
        xp, (lower, upper) = namespace(z), self.ends
        step = _softplus((z - lower) / self.scale) - _softplus((z - upper) / self.scale)
        return xp.clip(lower + self.scale * step, lower, upper)

    def bounded(self, z: Float[Array, "... coordinate"]) -> Float[Array, "... coordinate"]:
        """Return the coordinates of `z`, within their bounds."""
        u = self.curved(self._straight_of(z))
        return namespace(u).clip(u, self.lower, self.upper) if self.logarithmic else u

    def unbounded(self, u: Float[Array, "... coordinate"]) -> Float[Array, "... coordinate"]:
        """Return z of the coordinates `u`; infinite on a bound."""
        xp, (lower, upper) = namespace(u), self.ends
        r, w = (self.straight(u) - lower) / self.scale, (upper - lower) / self.scale
        with np.errstate(divide="ignore"):
            return lower + self.scale * (r + xp.log(-xp.expm1(-r)) - xp.log(-xp.expm1(r - w)))

    def log_jacobian(self, z: Float[Array, "... coordinate"]) -> Float[Array, "..."] | Scalar:
        """Return ln |du/dz|, summed over the coordinates."""
        xp, (lower, upper) = namespace(z), self.ends
        x, y, w = (z - lower) / self.scale, (z - upper) / self.scale, (upper - lower) / self.scale
        bent = (xp.log(-xp.expm1(-w)) + x - _softplus(x) - _softplus(y)).sum(axis=-1)
        if not self.logarithmic:
            return bent
        return bent + self._straight_of(z)[..., np.array(self.logarithmic)].sum(axis=-1)


class Density(Module):
    """ln p of a problem under its priors, in the unbounded numbers z or in the coordinates u. Pure: jit, vmap, grad."""

    problem: Problem
    bounds: Bounds

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the coordinates."""
        return self.problem.names

    __hash__ = object.__hash__  # so that jax.jit(density) works, as for a problem

    def within(self, u: Float[Array, " coordinate"]) -> Float[jax.Array, ""]:
        """Return ln p at the coordinates `u`: -∞ beyond the bounds and where χ² is not a number, never NaN."""
        lower, upper = self.bounds.lower, self.bounds.upper
        inside = jnp.all((u >= lower) & (u <= upper))
        safe = jnp.where(inside, u, 0.5 * (jnp.asarray(lower) + upper))
        value = self.problem.log_volume(safe) - 0.5 * self.problem(safe)
        for shape in self.problem.priors:
            value = value + shape.log_density(safe[self.names.index(shape.name)])
        return jnp.where(inside & jnp.isfinite(value), value, -jnp.inf)

    def __call__(self, z: Float[Array, " coordinate"]) -> Float[jax.Array, ""]:
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
        values = self.problem.values(u)
        return values | {follower: values[leader] for follower, leader in self.problem.ties if leader in values}

    @property
    def priors(self) -> tuple[Prior, ...]:
        """Return the prior of each coordinate."""
        return separate_priors(self.problem)[0]

    def log_likelihood(self, u: Float[Array, " coordinate"]) -> Float[jax.Array, ""]:
        """Return -χ²/2 at the coordinates `u` without the constraints that are `priors`; -∞ beyond the bounds.

        In it are constraints that are correlated or on combinations, and ln of the room that required orders leave.
        """
        lower, upper = self.bounds.lower, self.bounds.upper
        inside = jnp.all((u >= lower) & (u <= upper))
        value = build_cube(self.problem).log_likelihood_at(jnp.where(inside, u, 0.5 * (jnp.asarray(lower) + upper)))
        return jnp.where(inside & jnp.isfinite(value), value, -jnp.inf)

    def log_prior(self, u: Float[Array, " coordinate"]) -> Float[jax.Array, ""]:
        """Return ln of the normalised `priors` at the coordinates `u`; -∞ beyond the bounds.

        With `log_likelihood` it is `within`, up to a constant.
        """
        lower, upper = self.bounds.lower, self.bounds.upper
        inside = jnp.all((u >= lower) & (u <= upper))
        safe = jnp.where(inside, u, 0.5 * (jnp.asarray(lower) + upper))
        value = sum(prior.log_density(safe[k]) for k, prior in enumerate(self.priors))
        return jnp.where(inside & ~jnp.isnan(value), value, -jnp.inf)

    def prior_transform(self, x: Float[Array, "... coordinate"]) -> Float[Array, "... coordinate"]:
        """Return the coordinates of points of the unit cube, on which the prior is uniform: for nested samplers."""
        cube = build_cube(self.problem)
        cube.check()
        return cube.coordinates(jnp.asarray(x))


def build_density(problem: Problem, widths: Sequence[float] | np.ndarray | None = None) -> Density:
    """Return the posterior density of `problem`.

    `widths` says how wide the density is in each coordinate, about: the map to the bounds bends over as much. By
    default the width of its constraint, or `WIDEST` of the distance between the bounds, as always of a coordinate that
    is mapped in its logarithm.
    """
    lower, upper = problem.box
    logarithmic = tuple(problem.names.index(shape.name) for shape in problem.priors if shape.logarithmic)
    low, high = Bounds(lower, upper, np.ones(len(lower)), logarithmic).ends
    widest = WIDEST * (high - low)
    if widths is None:
        priors, _ = separate_priors(problem)
        widths = [most if p.width is None else p.width for p, most in zip(priors, widest, strict=True)]
    scale = np.clip(np.where(np.isfinite(widths), widths, widest), 1e-9 * widest, widest)
    scale = np.where(np.isin(np.arange(len(scale)), logarithmic), widest, scale)
    return Density(problem, Bounds(lower, upper, scale, logarithmic))
