"""A damped Newton minimiser with exact Hessian and bounds, for many starting points in a single compiled program.

Which to use when: this minimiser for batches (profiles, contours, many starts), where every point of a batch takes its
own path inside an XLA loop. No library minimiser for JAX has bounds and an exact Hessian and runs under `jax.vmap`.

The step solves (H + λ D) d = -g, D the moduli of the diagonal of H, on the coordinates that are neither frozen nor
held at a bound (projected Newton; Bertsekas, SIAM J. Control Optim. 20, 221 (1982)), with a modified L D Lᵀ
factorisation where H is indefinite, and λ raised until χ² falls. A coordinate with no slope and negative curvature (a
coupling that enters squared, at zero) is pushed off. It ends when the predicted decrease of χ² is below a tolerance,
with λ = 0.
χ², gradient and Hessian are evaluated at a single place in the program: they are what takes long to compile.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import equinox as eqx
import jax
import jax.numpy as jnp

from ..._base.numerics import solve_symmetric
from ..._base.typing import Array, Float, Scalar

TOLERANCE = 1e-12
"""Predicted decrease of χ² below which a minimum is reached."""
ROUNDING = 1e-12
"""Increase of χ² that may be rounding of its terms, far below `TOLERANCE`."""
CLEAR = 1e-8
"""Predicted decrease of χ² from which on the actual decrease says how good the quadratic model is."""
MAX_STEPS = 200
FIRST_STEP = 1e-2
"""First step off a saddle, in parts of the range: shorter ones follow until χ² falls."""

_Values = TypeVar("_Values", bound=Array)
"""Arrays of JAX while a minimisation is traced, of NumPy where its result is back on the host."""


class Minimum(eqx.Module, Generic[_Values]):
    """Where a minimisation ended."""

    u: Float[_Values, "*batch coordinate"]
    value: Float[_Values, "*batch"]
    gradient: Float[_Values, "*batch coordinate"]
    hessian: Float[_Values, "*batch coordinate coordinate"]
    converged: _Values
    """Whether the predicted decrease fell below the tolerance."""
    steps: _Values


class _State(eqx.Module):
    u: Array
    value: Array
    gradient: Array
    hessian: Array
    trial: Array
    """Where χ² is evaluated next."""
    damping: Array
    decrease: Array
    """Of χ² that the quadratic model predicts for the trial."""
    done: Array
    failed: Array
    steps: Array


class _Step(eqx.Module):
    """The step within the bounds: the others are solved for again whenever a coordinate is stopped at its bound."""

    part: Array
    """Moves of the coordinates that are stopped; 0 of the others."""
    move: Array
    trial: Array
    stopped: Array
    pivot: Array
    ready: Array


def minimise(
    objective: Callable[[Float[Array, " coordinate"]], Scalar],
    start: Float[Array, " coordinate"],
    frozen: Array,
    lower: Float[Array, " coordinate"],
    upper: Float[Array, " coordinate"],
    max_steps: int | Array = MAX_STEPS,
    derivatives: Callable[[Float[Array, " coordinate"]], tuple[Any, Any, Any]] | None = None,
) -> Minimum[Array]:
    """Minimise `objective` from `start` over the coordinates that are not `frozen`, between `lower` and `upper`.

    `derivatives` returns value, gradient and Hessian; by default they are those of `objective` by differentiation.
    Where `objective` is not finite at `start` the search has failed at once; a step to such a point is taken back.
    """
    n = start.shape[0]
    if n == 0:
        value = jnp.asarray(objective(start), float)
        return Minimum(start, value, start, jnp.zeros((0, 0)), jnp.isfinite(value), jnp.asarray(0))
    least = 1e-6 / (upper - lower) ** 2  # curvature of a coordinate that matters less than 1e-6 over its whole range
    identity = jnp.eye(n)

    def gradient_with_value(u: Array) -> tuple[Any, Any]:
        value, gradient = jax.value_and_grad(objective)(u)
        return gradient, (value, gradient)

    def differentiated(u: Array) -> tuple[Any, Any, Any]:
        hessian, (value, gradient) = jax.jacfwd(gradient_with_value, has_aux=True)(u)
        return value, gradient, hessian

    def step(state: _State) -> _State:
        value, gradient, hessian = (derivatives or differentiated)(state.trial)
        # χ² is a difference of counts, which are up to 1e3: a step that stays within its rounding is no worse.
        better = jnp.isfinite(value) & (value <= state.value + 1e-14 * jnp.abs(state.value) + ROUNDING)
        u = jnp.where(better, state.trial, state.u)
        value = jnp.where(better, value, state.value)
        gradient = jnp.where(better, gradient, state.gradient)
        hessian = jnp.where(better, hessian, state.hessian)
        gain = jnp.where(state.decrease > CLEAR, (state.value - value) / jnp.maximum(state.decrease, CLEAR), 1.0)
        relaxed = jnp.where(state.damping > 1e-6, 0.1 * state.damping, 0.0)
        adjusted = jnp.where(gain > 0.3, 0.5 * state.damping, jnp.maximum(2.0 * state.damping, 1e-4))
        damping = jnp.where(gain > 0.8, relaxed, adjusted)
        damping = jnp.where(better, damping, jnp.maximum(10.0 * state.damping, 1e-3))

        held = frozen | ((u <= lower) & (gradient > 0)) | ((u >= upper) & (gradient < 0))
        slope = jnp.where(held, 0.0, gradient)
        curvature = jnp.where(held[:, None] | held[None, :], identity, hessian)
        size = jnp.maximum(jnp.abs(jnp.diag(curvature)), least)
        saddle = ~frozen & (gradient == 0.0) & (jnp.diag(hessian) < 0.0)
        outward = jnp.where(u < upper, -1.0, 1.0)
        slope = jnp.where(saddle, FIRST_STEP * outward * size * (upper - lower), slope)
        damped = curvature + damping * jnp.diag(size)

        def bounded(inner: _Step) -> _Step:
            among = inner.stopped[:, None] | inner.stopped[None, :]
            pull = jnp.where(inner.stopped, 0.0, -slope - damped @ inner.part)
            solution, pivot = solve_symmetric(jnp.where(among, jnp.diag(size), damped), pull, size)
            end = jnp.clip(u + solution, lower, upper)
            beyond = ~inner.stopped & (end != u + solution)
            share = jnp.where(beyond, (end - u) / jnp.where(beyond, solution, 1.0), jnp.inf)
            beyond = beyond & (share == share.min())
            stopped = inner.stopped | beyond
            part = jnp.where(beyond, end - u, inner.part)
            trial = jnp.where(inner.stopped, inner.trial, end)
            return _Step(part, jnp.where(inner.stopped, inner.part, solution), trial, stopped, pivot, ~beyond.any())

        whole = _Step(jnp.zeros(n), jnp.zeros(n), u, held, jnp.asarray(jnp.inf), jnp.asarray(False))
        whole = jax.lax.while_loop(lambda inner: ~inner.ready, bounded, whole)
        move, trial, pivot = whole.move, whole.trial, whole.pivot
        decrease = -(slope @ move + 0.5 * move @ (curvature @ move))
        return _State(
            u=u,
            value=value,
            gradient=gradient,
            hessian=hessian,
            trial=trial,
            damping=damping,
            decrease=decrease,
            done=(jnp.abs(decrease) < TOLERANCE) & (damping <= 1e-2) & (pivot > damping - 1e-8),
            failed=~jnp.isfinite(value) | (damping > 1e12),
            steps=state.steps + 1,
        )

    first = _State(
        u=start,
        value=jnp.asarray(jnp.inf),
        gradient=jnp.zeros(n),
        hessian=jnp.zeros((n, n)),
        trial=start,
        damping=jnp.asarray(0.0),
        decrease=jnp.asarray(0.0),
        done=jnp.asarray(False),
        failed=jnp.asarray(False),
        steps=jnp.asarray(0),
    )
    last = jax.lax.while_loop(lambda s: ~s.done & ~s.failed & (s.steps < max_steps), step, first)
    return Minimum(last.u, last.value, last.gradient, last.hessian, last.done & ~last.failed, last.steps)
