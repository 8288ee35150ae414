"""A problem on the unit cube of its prior, on which that is uniform: what nested sampling needs."""

import dataclasses

import equinox as eqx
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import ndtr, ndtri

from ..._base.module import Module
from ..._base.typing import Array, Float, Scalar
from .priors import Prior
from .problem import Problem


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
    shapes = {shape.name: shape for shape in problem.priors}
    gaussian: dict[str, tuple[float, float]] = {}
    kept = []
    for row, centre in zip(range(len(weights)), centres, strict=True):
        columns = np.flatnonzero(weights[row])
        names = [leaders.get(constraints.names[column], constraints.names[column]) for column in columns]
        alone = len(names) == 1 and names[0] in problem.names and names[0] not in {*gaussian, *ordered, *shapes}
        if alone:
            weight = float(weights[row, columns[0]])
            gaussian[names[0]] = float(centre) / weight, 1.0 / abs(weight)
        else:
            kept.append(row)
    rest = dataclasses.replace(constraints, weights=weights[kept], centres=centres[kept])
    priors = tuple(
        Prior(name, float(a), float(b), *gaussian.get(name, (None, None)), shapes.get(name))
        for name, a, b in zip(problem.names, low, high, strict=True)
    )
    return priors, eqx.tree_at(lambda p: p.chi2.constraints, problem, rest)


class Cube(Module):
    """A problem on the unit cube of its prior."""

    problem: Problem
    """Without the constraints that are in the prior."""
    lower: Float[Array, " coordinate"]
    upper: Float[Array, " coordinate"]
    centre: Float[Array, " coordinate"]
    width: Float[Array, " coordinate"]
    gaussian: tuple[bool, ...] = eqx.field(static=True)

    def check(self) -> None:
        """Raise `InputError` for priors whose quantiles are not known."""
        for shape in self.problem.priors:
            shape.check_quantiles()

    def coordinates(self, x: Float[Array, "... coordinate"]) -> Float[Array, "... coordinate"]:
        """Return the coordinates of a point of the cube."""
        a, b = ndtr((self.lower - self.centre) / self.width), ndtr((self.upper - self.centre) / self.width)
        gauss = self.centre + self.width * ndtri(a + x * (b - a))
        flat = self.lower + x * (self.upper - self.lower)
        u = jnp.where(np.array(self.gaussian), gauss, flat)
        for shape in self.problem.priors:
            k = self.problem.names.index(shape.name)
            u = u.at[..., k].set(shape.quantile(x[..., k]))
        return jnp.clip(u, self.lower, self.upper)

    def log_likelihood(self, x: Float[Array, " coordinate"]) -> Scalar:
        """Return -χ²/2 at a point, -∞ beyond the cube and where χ² is not a number."""
        inside = jnp.all((x > 0.0) & (x < 1.0))
        value = self.log_likelihood_at(self.coordinates(jnp.where(inside, x, 0.5)))
        return jnp.where(inside & jnp.isfinite(value), value, -jnp.inf)

    def log_likelihood_at(self, u: Float[Array, " coordinate"]) -> Scalar:
        """Return -χ²/2 at the coordinates `u`, with ln of the room that required orders leave."""
        return self.problem.log_volume(u) - 0.5 * self.problem(u)


def build_cube(problem: Problem) -> Cube:
    """Return the problem on the unit cube of its prior."""
    priors, rest = separate_priors(problem)
    gaussian = tuple(prior.width is not None for prior in priors)
    return Cube(
        problem=rest,
        lower=np.array([prior.low for prior in priors]),
        upper=np.array([prior.high for prior in priors]),
        centre=np.array([0.0 if p.centre is None else p.centre for p in priors]),
        width=np.array([1.0 if p.width is None else p.width for p in priors]),
        gaussian=gaussian,
    )
