"""A damped Newton minimiser with exact Hessian and bounds, for many starting points in one compiled program.

Which to use when: this one for batches (profiles, contours, many starts), where every point of a batch takes its own
path inside one XLA loop. No library minimiser for JAX has bounds and an exact Hessian and runs under `jax.vmap`.

The step solves (H + λ diag|H|) d = -g on the coordinates that are neither frozen nor held at a bound (projected
Newton; Bertsekas, SIAM J. Control Optim. 20, 221 (1982)), with a modified L D Lᵀ factorisation where H is indefinite,
and λ raised until χ² falls. It ends when the predicted decrease of χ² is below a tolerance, with λ = 0.
"""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp

from .._numerics import solve_symmetric
from .._typing import Array, Float

TOLERANCE = 1e-10
"""Predicted decrease of χ² below which a minimum is reached."""
MAX_STEPS = 100


class Minimum(eqx.Module):
    """Where a minimisation ended."""

    u: Float[Array, "*batch coordinate"]
    value: Float[Array, "*batch"]
    gradient: Float[Array, "*batch coordinate"]
    hessian: Float[Array, "*batch coordinate coordinate"]
    converged: Array
    """Whether the predicted decrease fell below the tolerance."""
    steps: Array


class _State(eqx.Module):
    u: Array
    value: Array
    gradient: Array
    hessian: Array
    damping: Array
    done: Array
    steps: Array


def minimise(
    objective: Callable[[Float[Array, " coordinate"]], Float[Array, ""]],
    start: Float[Array, " coordinate"],
    frozen: Array,
    lower: Float[Array, " coordinate"],
    upper: Float[Array, " coordinate"],
    max_steps: int = MAX_STEPS,
) -> Minimum:
    """Minimise `objective` from `start` over the coordinates that are not `frozen`, between `lower` and `upper`."""
    identity = jnp.eye(start.shape[0])

    def evaluate(u: Array) -> tuple[Any, Any, Any]:
        def gradient_with_value(v: Array) -> tuple[Any, Any]:
            value, gradient = jax.value_and_grad(objective)(v)
            return gradient, (value, gradient)

        hessian, (value, gradient) = jax.jacfwd(gradient_with_value, has_aux=True)(u)
        return value, gradient, hessian

    def step(state: _State) -> _State:
        held = frozen | ((state.u <= lower) & (state.gradient > 0)) | ((state.u >= upper) & (state.gradient < 0))
        gradient = jnp.where(held, 0.0, state.gradient)
        hessian = jnp.where(held[:, None] | held[None, :], identity, state.hessian)
        damped = hessian + state.damping * jnp.diag(jnp.abs(jnp.diag(hessian)))
        direction, pivot = solve_symmetric(damped, -gradient)
        trial = jnp.clip(state.u + direction, lower, upper)
        move = trial - state.u
        decrease = -(gradient @ move + 0.5 * move @ (hessian @ move))
        value, new_gradient, new_hessian = evaluate(trial)
        slack = 1e-14 * jnp.abs(state.value)
        better = jnp.isfinite(value) & (value <= state.value + slack)
        settled = (jnp.abs(decrease) < TOLERANCE) & (state.damping < 1e-6) & (pivot > -1e-8)
        accept = better & ~state.done
        keep = lambda new, old: jnp.where(accept, new, old)  # noqa: E731
        relaxed = jnp.where(state.damping > 1e-6, 0.1 * state.damping, 0.0)
        raised = jnp.maximum(10.0 * state.damping, 1e-3)
        return _State(
            u=keep(trial, state.u),
            value=keep(value, state.value),
            gradient=keep(new_gradient, state.gradient),
            hessian=keep(new_hessian, state.hessian),
            damping=jnp.where(better, relaxed, raised),
            done=state.done | settled | (raised > 1e12) & ~better,
            steps=state.steps + ~state.done,
        )

    value, gradient, hessian = evaluate(start)
    first = _State(
        u=start,
        value=value,
        gradient=gradient,
        hessian=hessian,
        damping=jnp.zeros_like(value),
        done=~jnp.isfinite(value),
        steps=jnp.zeros_like(value, dtype=int),
    )
    last = jax.lax.while_loop(lambda s: ~s.done & (s.steps < max_steps), step, first)
    converged = last.done & jnp.isfinite(last.value) & (last.damping <= 1e12)
    return Minimum(last.u, last.value, last.gradient, last.hessian, converged, last.steps)
