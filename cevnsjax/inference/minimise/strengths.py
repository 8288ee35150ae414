"""Minimise over strengths alone, at many points side by side: counts are linear in them, and χ² is convex.

    μ_b = μ_b0 + Σ_k A_kb x_k,   ∂χ²/∂x_k = Σ_b A_kb f'(μ_b),   ∂²χ²/∂x_k∂x_j = Σ_b A_kb A_jb f''(μ_b)

with χ² = Σ_b f(μ_b), beside the constraints, which are quadratic. Rows of A that are the same at every point (those of
the backgrounds) enter by matrix products. Each point takes Newton steps within the bounds; a step is shortened where
the slope along it has turned round, so that χ² itself, with a logarithm of every bin, is needed at the end alone.
"""

import itertools
from collections.abc import Sequence
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..._base.module import Module
from ..._base.numerics import solve_symmetric
from ..._base.typing import Array, Float
from ...folding.folded import FoldedMeasurement
from ...measuring.terms.term import BinTerm, is_binned
from ..problem.chi_square import measurement_chi2
from ..problem.problem import Problem

STEPS = 6
"""Steps of a call: most points need fewer, and those that need more are better taken together."""
DECREASE = 1e-7
"""Predicted decrease of χ² with which the last step is taken: what it leaves is of the order of the square."""
TURNED, SHORTEST, LONGEST = 0.7, 0.2, 0.7
"""Slope after a step, relative to that before, from which it is taken back, and what is kept of its length."""


def is_linear(problem: Problem) -> bool:
    """Return whether no component is scaled by two of the strengths: then the counts are linear in them.

    Strengths may not scale what enters a term that is not a sum over bins.
    """
    chosen = {problem.names[k] for k in problem.strengths}
    for folded in problem.chi2.measurements:
        if not (folded.term.binned or chosen.isdisjoint(folded.scaling())):
            return False
        for factor in folded.factors:
            added = {*factor.shared} if factor.strength is None else {factor.strength, *factor.shared}
            groups = [added, *({scale} for scale in factor.scales)]
            names = [folded.renamed(group) for group in groups]
            if sum(not chosen.isdisjoint(group) for group in names) > 1:
                return False
    return True


class Lines(Module):
    """The counts of a measurement, whitened, as a linear function of the strengths, at each point."""

    term: BinTerm
    """With bins in a single row: of the whitened counts."""
    offset: Float[Array, "point bin"]
    """Counts at strengths of zero."""
    common: Float[Array, "shared bin"]
    """What a unit of a strength adds, the same at every point."""
    own: tuple[Float[Array, "point bin"], ...]
    """What a unit of a strength adds, point by point."""
    of_common: tuple[int, ...] = eqx.field(static=True)
    of_own: tuple[int, ...] = eqx.field(static=True)
    """The strengths of the rows."""

    def __call__(self, x: Float[Array, "point strength"]) -> Float[Array, "point bin"]:
        """Return the expected counts."""
        counts = self.offset + x[:, np.array(self.of_common, int)] @ self.common
        for k, row in zip(self.of_own, self.own, strict=True):
            counts = counts + x[:, k, None] * row
        return counts

    def add_derivatives(
        self, counts: Float[Array, "point bin"], gradient: list[Array], hessian: dict[tuple[int, int], Array]
    ) -> None:
        """Add the first and the second derivatives of this measurement's χ² by the strengths."""
        first, root = self.term.derivatives(counts)
        second = root * root
        pairs = list(itertools.combinations_with_replacement(range(len(self.of_common)), 2))
        if self.of_common:
            slopes = first @ self.common.T
            curvatures = second @ jnp.stack([self.common[i] * self.common[j] for i, j in pairs]).T
            for i, k in enumerate(self.of_common):
                gradient[k] += slopes[:, i]
            for column, (i, j) in enumerate(pairs):
                hessian[self.of_common[i], self.of_common[j]] += curvatures[:, column]
        for a, (k, row) in enumerate(zip(self.of_own, self.own, strict=True)):
            gradient[k] += (first * row).sum(axis=1)
            weighted = second * row
            mixed = weighted @ self.common.T
            for i, j in enumerate(self.of_common):
                hessian[min(k, j), max(k, j)] += mixed[:, i]
            for j, other in zip(self.of_own[a:], self.own[a:], strict=True):
                hessian[min(k, j), max(k, j)] += (weighted * other).sum(axis=1)


def _rows(
    folded: FoldedMeasurement, components: Sequence[int], problem: Problem
) -> tuple[Float[Array, " bin"], dict[int, Float[Array, " bin"]]]:
    """Return the counts of some components at strengths of 0, and what a unit of each strength adds to them."""
    n = len(problem.names)
    origin, units = jnp.zeros(n), jnp.eye(n)
    at_origin = folded.local(problem.params(origin))
    offset, rows = jnp.zeros(folded.observed.size), dict[int, Array]()
    for factor, stage in ((folded.factors[k], folded.stages[k]) for k in components):
        names, counts = folded.renamed(factor.names()), stage(at_origin).ravel()
        base = factor(at_origin)
        if names.isdisjoint(problem.names) or factor.shared:
            offset = offset + base * counts
        for k, name in enumerate(problem.names):
            if name in names:
                slope = factor(folded.local(problem.params(units[k]))) - base
                rows[k] = rows.get(k, 0.0) + slope * counts
    return offset, rows


def _lines(problem: Problem, points: Float[Array, "point coordinate"]) -> list[Lines]:
    """Return the counts of each measurement in bins as functions of the strengths, all else evaluated at `points`."""
    still = {problem.names[k] for k in problem.strengths}
    moving = {name for name in problem.names if name not in still} | {follower for follower, _ in problem.ties}
    lines = []
    for index, folded in enumerate(problem.chi2.measurements):
        if not is_binned(folded.term):
            continue
        depends = [
            not folded.renamed(stage.parameters() | factor.names()).isdisjoint(moving)
            for stage, factor in zip(folded.stages, folded.factors, strict=True)
        ]
        own, common = np.flatnonzero(depends), np.flatnonzero(np.logical_not(depends))

        def evaluated(u: Array, chosen: np.ndarray, index: int = index) -> Any:
            strengths = problem.of_strengths(u)
            return _rows(strengths.chi2.measurements[index], chosen.tolist(), strengths)

        flat = folded.term.reshaped((-1,))
        offset, shared = evaluated(points[0], common)
        offsets, owned = jax.vmap(lambda u, own=own, evaluated=evaluated: evaluated(u, own))(points)
        for k in shared.keys() & owned.keys():  # a strength of components of both kinds
            owned[k] = owned[k] + shared.pop(k)
        bins = folded.observed.size
        lines.append(
            Lines(
                term=flat.diagonal(),
                offset=flat.whitened(offset + offsets),
                common=flat.whitened(jnp.stack(list(shared.values())) if shared else jnp.zeros((0, bins))),
                own=tuple(map(flat.whitened, owned.values())),
                of_common=tuple(shared),
                of_own=tuple(owned),
            )
        )
    return lines


def _no_more_than_seen(
    lines: Sequence[Lines], x: Float[jax.Array, "point strength"]
) -> Float[jax.Array, "point strength"]:
    """Return `x` with strengths lowered that would have a component alone exceed all that was observed.

    Newton steps are slow from where far more is expected than was seen: χ² is nearly a line there. Strengths that are
    added to others (a shared flux) stay as they are.
    """
    for line in lines:
        seen = jnp.abs(line.term.observed).sum()
        for k, row in zip(line.of_own, line.own, strict=True) if len(line.own) == 1 else ():
            alone = jnp.abs(line.term.in_bins(row)).reshape(len(row), -1).sum(axis=1)
            most = jnp.where(alone > 0.0, seen / jnp.where(alone > 0.0, alone, 1.0), jnp.inf)
            x = x.at[:, k].set(jnp.minimum(x[:, k], most))
    return x


class _State(Module):
    x: Array
    """Where the slope is evaluated next."""
    left: Array
    """Where the last step set out from."""
    move: Array
    slope: Array
    """Slope along the last step where it set out."""
    done: Array
    steps: Array


def minimise_strengths(
    problem: Problem,
    points: Float[jax.Array, "point coordinate"],
    lower: Float[Array, " coordinate"],
    upper: Float[Array, " coordinate"],
) -> tuple[Float[jax.Array, "point coordinate"], Float[jax.Array, " point"], jax.Array]:
    """Return `points` with the strengths at the minimum of χ² between the bounds, χ² there, and whether it was reached.

    Counts must be linear in the strengths (`is_linear`). They start at what `points` say, or lower. After `STEPS` steps
    a point that is not at its minimum is returned as near as it came: call again with it. Without any strength the
    points are where they are to be.
    """
    columns = np.array(problem.strengths, int)
    n, lower, upper = len(columns), lower[columns], upper[columns]
    if not n:
        value: Any = jax.vmap(problem)(points)
        return points, value, jnp.isfinite(value)
    lines = _lines(problem, points)
    identity = jnp.eye(n)

    def constraints(u: Array, x: Array) -> Array:
        strengths = problem.of_strengths(u)
        return jnp.asarray(strengths.chi2.constraints(strengths.params(x)), float)

    origin = jnp.zeros(n)
    constant, rise = jax.vmap(lambda u: jax.value_and_grad(lambda x: constraints(u, x))(origin))(points)
    bend = jax.hessian(lambda x: constraints(points[0], x))(origin)

    def slopes(x: Array) -> tuple[Array, Array, Array]:
        """Return gradient and Hessian, and whether they exist: no event where none is expected."""
        gradient = list((rise + x @ bend).T)
        hessian = {(i, j): bend[i, j] for i in range(n) for j in range(i, n)}
        possible = jnp.ones(len(x), bool)
        for line in lines:
            counts = line(x)
            line.add_derivatives(counts, gradient, hessian)
            possible &= line.term.possible(counts)
        rows = [[hessian[min(i, j), max(i, j)] for j in range(n)] for i in range(n)]
        full = jnp.stack([jnp.stack([jnp.broadcast_to(e, x.shape[:1]) for e in row], -1) for row in rows], -2)
        return jnp.stack(gradient, axis=-1), full, possible & jnp.all(jnp.isfinite(full), axis=(1, 2))

    def newton(x: Array, gradient: Array, hessian: Array) -> tuple[Array, Array]:
        """Return the step within the bounds of a point, and the decrease of χ² that it predicts."""
        held = ((x <= lower) & (gradient > 0)) | ((x >= upper) & (gradient < 0))
        slope = jnp.where(held, 0.0, gradient)

        def resolved(_: Any, carried: tuple[Array, Array]) -> tuple[Array, Array]:
            # What the last step would take beyond a bound stays there, and the others move for themselves.
            fixed, step = carried
            curvature = jnp.where(fixed[:, None] | fixed[None, :], identity, hessian)
            right = jnp.where(fixed, step, -slope - hessian @ jnp.where(fixed, step, 0.0))
            step, _ = solve_symmetric(curvature, right)
            beyond = (x + step < lower) | (x + step > upper)
            return fixed | beyond, jnp.clip(x + step, lower, upper) - x

        _, step = jax.lax.fori_loop(0, 3, resolved, (held, jnp.zeros(n)))
        return step, -(slope @ step + 0.5 * step @ (hessian @ step))

    def step(state: _State) -> _State:
        gradient, hessian, possible = slopes(state.x)
        slope = (gradient * state.move).sum(axis=1)
        before = jnp.abs(state.slope)
        back = ~state.done & (~possible | (slope > TURNED * before))
        share = jnp.where(possible, jnp.clip(before / (before + slope), SHORTEST, LONGEST), SHORTEST)
        move, decrease = jax.vmap(newton)(state.x, gradient, hessian)
        move = jnp.where(back[:, None], share[:, None] * state.move, move)
        left = jnp.where(back[:, None], state.left, state.x)
        return _State(
            x=jnp.where(state.done[:, None], state.x, left + move),
            left=left,
            move=move,
            slope=jnp.where(back, share * state.slope, (gradient * move).sum(axis=1)),
            done=state.done | (~back & (decrease < DECREASE)),
            steps=state.steps + 1,
        )

    x, none = jnp.clip(_no_more_than_seen(lines, points[:, columns]), lower, upper), jnp.zeros(len(points))
    first = _State(x, x, jnp.zeros_like(x), none, none > 0, jnp.asarray(0))
    last = jax.lax.while_loop(lambda s: jnp.any(~s.done) & (s.steps < STEPS), step, first)
    x = jnp.where(last.done[:, None], last.x, last.left)
    value = constant + (x * (rise + 0.5 * x @ bend)).sum(axis=1)
    for line in lines:
        value += jax.vmap(line.term.chi2)(line(x))
    for folded in problem.chi2.measurements:
        if not folded.term.binned:
            value += jax.vmap(lambda u, folded=folded: measurement_chi2(folded, problem.params(u)))(points)
    return points.at[:, columns].set(x), value, last.done & jnp.isfinite(value)
